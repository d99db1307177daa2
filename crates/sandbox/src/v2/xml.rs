//! v2's XML, read by hand: one root, fields in it, text in them, and nothing else. A document type is
//! refused before anything is resolved. (CVE-2018-13439, CVE-2018-20318)

use std::collections::BTreeMap;

use crate::text::{Text, text};

/// Fields by name; an empty one is there, and empty.
pub(crate) type Fields = BTreeMap<String, String>;

/// Reads a message, or says which rule it breaks.
pub(crate) fn read(body: &[u8]) -> Result<Fields, Text> {
    let whole = core::str::from_utf8(body).map_err(|_| text("the body is not UTF-8", "请求体不是 UTF-8 编码"))?;
    if whole.to_ascii_lowercase().contains("<!doctype") || whole.contains("<!ENTITY") {
        return Err(text(
            "the XML has a DOCTYPE, which is refused before anything is resolved",
            "XML 含有 DOCTYPE，一律拒绝",
        ));
    }
    let malformed =
        || text("the XML is not one xml element with a flat list of fields", "XML 不是一个 xml 根元素下的一层字段");
    let mut rest = whole.trim();
    if let Some(declared) = rest.strip_prefix("<?xml") {
        rest = declared.split_once("?>").ok_or_else(malformed)?.1.trim_start();
    }
    rest = rest.strip_prefix("<xml>").and_then(|rest| rest.strip_suffix("</xml>")).ok_or_else(malformed)?;
    let mut fields = Fields::new();
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            return Ok(fields);
        }
        let (name, after) = rest.strip_prefix('<').and_then(|rest| rest.split_once('>')).ok_or_else(malformed)?;
        let (name, value) = match name.strip_suffix('/') {
            Some(empty) => {
                rest = after;
                (empty.trim_end(), String::new())
            }
            None => {
                let (value, after) = read_value(after, name).ok_or_else(malformed)?;
                rest = after;
                (name, value)
            }
        };
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_$-.".contains(&b)) {
            return Err(malformed());
        }
        if fields.insert(name.to_owned(), value).is_some() {
            return Err(text(format!("the field {name} comes twice"), format!("字段 {name} 重复")));
        }
    }
}

/// Text and CDATA up to the closing tag, and what follows.
fn read_value<'a>(mut rest: &'a str, name: &str) -> Option<(String, &'a str)> {
    let closing = format!("</{name}>");
    let mut value = String::new();
    loop {
        if let Some(after) = rest.strip_prefix(&closing) {
            return Some((value, after));
        }
        if let Some(after) = rest.strip_prefix("<![CDATA[") {
            let (raw, after) = after.split_once("]]>")?;
            value.push_str(raw);
            rest = after;
            continue;
        }
        let end = rest.find('<')?;
        if end == 0 {
            return None;
        }
        value.push_str(&unescape(&rest[..end])?);
        rest = &rest[end..];
    }
}

/// The five entities that every XML has, and characters by number.
fn unescape(raw: &str) -> Option<String> {
    let mut parts = raw.split('&');
    let mut out = parts.next()?.to_owned();
    for part in parts {
        let (entity, after) = part.split_once(';')?;
        out.push(match entity {
            "lt" => '<',
            "gt" => '>',
            "amp" => '&',
            "quot" => '"',
            "apos" => '\'',
            number => {
                let number = number.strip_prefix('#')?;
                let code = match number.strip_prefix('x') {
                    Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                    None => number.parse().ok()?,
                };
                char::from_u32(code)?
            }
        });
        out.push_str(after);
    }
    Some(out)
}

/// Writes a message as WeChat does: every value in CDATA.
pub(crate) fn write(fields: &[(String, String)]) -> String {
    let field = |(name, value): &(String, String)| {
        let value = value.replace("]]>", "]]]]><![CDATA[>");
        format!("<{name}><![CDATA[{value}]]></{name}>")
    };
    format!("<xml>{}</xml>", fields.iter().map(field).collect::<String>())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{read, write};

    #[test]
    fn text_cdata_entities_and_empty_fields() {
        let fields = read(
            b"<?xml version=\"1.0\"?>\n<xml>\n <a>1 &lt; 2&#x4e2d;</a><b><![CDATA[<&>]]></b><c/><d></d>\n</xml>\n",
        )
        .expect("flat");
        let all: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(all, [("a", "1 < 2中"), ("b", "<&>"), ("c", ""), ("d", "")]);
    }

    #[test]
    fn what_is_refused() {
        for bad in [
            "",
            "<xml>",
            "<xml><a>1</a>",
            "<xml><a>1</b></xml>",
            "<xml><a><b>1</b></a></xml>",
            "<xml><a>1</a><a>2</a></xml>",
            "<xml><a>&x;</a></xml>",
            "<xml a=\"1\"><a>1</a></xml>",
            "<xml><a x=\"1\">1</a></xml>",
            "<json></json>",
            "<!DOCTYPE xml [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><xml><a>&x;</a></xml>",
            "<!doctype xml><xml></xml>",
        ] {
            assert!(read(bad.as_bytes()).is_err(), "{bad}");
        }
        assert!(read(&[b'<', 0xff]).is_err());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(value in "\\PC{0,40}") {
            let fields = read(write(&[("a".to_owned(), value.clone())]).as_bytes()).expect("flat");
            prop_assert_eq!(&fields["a"], &value);
        }

        #[test]
        fn nothing_received_makes_the_reader_panic(body in any::<Vec<u8>>(), text in "[<>/!a&;#x\\[\\]CDAT ]{0,60}") {
            let _ = read(&body);
            let _ = read(format!("<xml>{text}</xml>").as_bytes());
        }
    }
}
