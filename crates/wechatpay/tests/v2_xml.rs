//! The XML of v2, both ways, and everything that is refused.

use proptest::prelude::*;
use wechatpay::v2::{Fields, MAX_BYTES, XmlError};

fn read(text: &str) -> Result<Fields, XmlError> {
    Fields::read(text.as_bytes())
}

fn refused(text: &str) -> XmlError {
    read(text).expect_err(text)
}

#[test]
fn a_message_as_wechat_writes_it() {
    let fields = read(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<xml>\n  <return_code><![CDATA[SUCCESS]]></return_code>\n\
         <total_fee>6800</total_fee><attach><![CDATA[a<b>&amp;]]></attach><body>&lt;龙井&gt; &amp; &#x8336;&#33;</body>\
         <empty></empty><none/></xml>\n",
    )
    .expect("reads");
    let all: Vec<_> = fields.iter().collect();
    assert_eq!(
        all,
        [
            ("attach", "a<b>&amp;"),
            ("body", "<龙井> & 茶!"),
            ("empty", ""),
            ("none", ""),
            ("return_code", "SUCCESS"),
            ("total_fee", "6800"),
        ]
    );
}

#[test]
fn spaces_within_a_field_belong_to_it() {
    assert_eq!(read("<xml><a> 1 \n</a></xml>").expect("reads").get("a"), Some(" 1 \n"));
    assert_eq!(read("<xml><a>x<![CDATA[]]]]><![CDATA[>]]>y</a></xml>").expect("reads").get("a"), Some("x]]>y"));
}

#[test]
fn a_byte_order_mark_is_not_part_of_the_message() {
    assert_eq!(read("\u{feff}<xml><a>1</a></xml>").expect("reads").get("a"), Some("1"));
}

#[test]
fn any_doctype_is_refused_and_nothing_of_it_is_resolved() {
    for doctype in [
        "<!DOCTYPE xml>",
        "<!DOCTYPE xml SYSTEM \"http://127.0.0.1:1/x.dtd\">",
        "<!DOCTYPE xml [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>",
        "<!DOCTYPE xml [<!ENTITY % p SYSTEM \"http://127.0.0.1:1/p\"> %p;]>",
        "<!DOCTYPE lolz [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\">]>",
        "<!doctype xml>",
    ] {
        let body = "<xml><return_code>&x;</return_code></xml>";
        assert_eq!(refused(&format!("{doctype}{body}")), XmlError::Doctype, "{doctype}");
        assert_eq!(refused(&format!("<?xml version=\"1.0\"?>\n{doctype}\n{body}")), XmlError::Doctype, "{doctype}");
        assert_eq!(refused(&format!("<xml>{doctype}<a>1</a></xml>")), XmlError::Doctype, "inside, too");
        assert_eq!(refused(&format!("{body}{doctype}").replace("&x;", "1")), XmlError::Doctype, "behind, too");
    }
    assert_eq!(refused("<!DOCTYPE xml [<!ENTITY x"), XmlError::Malformed, "cut off before it could do anything");
}

#[test]
fn entities_that_are_not_predefined_are_refused() {
    for reference in ["&x;", "&nbsp;", "&xxe;", "&", "&#0;", "&#xD800;", "&#x110000;", "&#;"] {
        assert_eq!(refused(&format!("<xml><a>{reference}</a></xml>")), XmlError::Malformed, "{reference}");
    }
}

#[test]
fn what_is_not_a_flat_list_of_fields_is_refused() {
    for message in [
        "<xml><a><b>1</b></a></xml>",
        "<xml><a>1</a>text</xml>",
        "<xml><a>1</a>&amp;</xml>",
        "<xml><a>1</a><![CDATA[x]]></xml>",
        "<xml></xml><xml></xml>",
        "<html><a>1</a></html>",
        "<xml/>",
        "text<xml></xml>",
        "<xml></xml>text",
        "<xml><?php system('x') ?></xml>",
        "<xml><total_fee>68<!-- -->00</total_fee></xml>",
        "<xml><?xml version=\"1.0\"?></xml>",
    ] {
        assert_eq!(refused(message), XmlError::NotFlat, "{message}");
    }
}

#[test]
fn a_field_that_appears_twice_is_refused() {
    assert_eq!(refused("<xml><total_fee>1</total_fee><total_fee>6800</total_fee></xml>"), XmlError::Duplicate);
    assert_eq!(refused("<xml><a/><a>1</a></xml>"), XmlError::Duplicate);
}

#[test]
fn what_is_cut_off_or_crossed_is_malformed() {
    let whole = "<xml><a><![CDATA[1]]></a><b>2</b></xml>";
    for end in 0..whole.len() {
        assert_eq!(refused(&whole[..end]), XmlError::Malformed, "{end}");
    }
    for message in ["<xml><a>1</b></xml>", "<xml><a>1</xml></a>", "</xml>", "<xml><a>1</a></xml></xml>"] {
        assert_eq!(refused(message), XmlError::Malformed, "{message}");
    }
}

#[test]
fn other_encodings_are_refused() {
    let gbk = [b"<xml><a>".as_slice(), &[0xc1, 0xfa, 0xbe, 0xae], b"</a></xml>"].concat();
    assert_eq!(Fields::read(&gbk), Err(XmlError::NotUtf8));
    let utf_16: Vec<u8> = "\u{feff}<xml></xml>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(Fields::read(&utf_16), Err(XmlError::NotUtf8));
    for name in ["GBK", "UTF-16", "utf-7"] {
        let message = format!("<?xml version=\"1.0\" encoding=\"{name}\"?><xml></xml>");
        assert_eq!(refused(&message), XmlError::NotUtf8, "{name}");
    }
}

#[test]
fn what_is_too_large_is_not_even_looked_at() {
    let message = |size: usize| format!("<xml><a>{}</a></xml>", "x".repeat(size - "<xml><a></a></xml>".len()));
    assert!(read(&message(MAX_BYTES)).is_ok());
    assert_eq!(refused(&message(MAX_BYTES + 1)), XmlError::TooLarge);
    assert_eq!(Fields::read(&vec![0xff; MAX_BYTES + 1]), Err(XmlError::TooLarge));
}

#[test]
fn characters_that_xml_cannot_carry_are_refused_both_ways() {
    for value in ["\u{0}", "\u{1}", "\u{b}", "\u{fffe}", "\u{ffff}"] {
        assert_eq!(Fields::new().with("a", value).write(), Err(XmlError::IllegalCharacter), "{value:?}");
        assert_eq!(refused(&format!("<xml><a>{value}</a></xml>")), XmlError::IllegalCharacter, "{value:?}");
    }
    assert_eq!(refused("<xml><a>&#1;</a></xml>"), XmlError::IllegalCharacter);
    for name in ["", "1a", "a b", "a>", "a:b", "名", "a="] {
        assert_eq!(Fields::new().with(name, "1").write(), Err(XmlError::IllegalCharacter), "{name:?}");
    }
    for name in ["a:b", "名", "-a"] {
        assert_eq!(refused(&format!("<xml><{name}>1</{name}></xml>")), XmlError::IllegalCharacter, "{name}");
    }
}

#[test]
fn markup_in_a_value_is_escaped() {
    let written = Fields::new().with("b", "]]></b><c>1</c>&'\"\r\n").with("a", "1").write().expect("writes");
    assert_eq!(written, "<xml><a>1</a><b>]]&gt;&lt;/b&gt;&lt;c&gt;1&lt;/c&gt;&amp;&apos;&quot;&#13;\n</b></xml>");
}

#[test]
fn debug_shows_names_and_no_values() {
    let fields = Fields::new().with("openid", "o-secret").with("sign", "S-SECRET");
    assert_eq!(format!("{fields:?}"), r#"{"openid", "sign"}"#);
}

/// Any text that XML can carry.
fn legal() -> impl Strategy<Value = String> {
    prop::collection::vec(
        any::<char>().prop_filter("legal in XML", |c| {
            matches!(c, '\t' | '\n' | '\r') || (*c >= ' ' && !matches!(c, '\u{fffe}' | '\u{ffff}'))
        }),
        0..40,
    )
    .prop_map(String::from_iter)
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(fields in prop::collection::btree_map("[A-Za-z_][A-Za-z0-9_.-]{0,12}", legal(), 0..12)) {
        let fields = fields.into_iter().fold(Fields::new(), |all, (name, value)| all.with(&name, value));
        let written = fields.write().expect("writes");
        prop_assert_eq!(read(&written).expect("reads"), fields);
    }

    #[test]
    fn arbitrary_bytes_never_make_the_reader_panic(bytes in any::<Vec<u8>>()) {
        let _ = Fields::read(&bytes);
    }

    #[test]
    fn nearly_xml_never_makes_the_reader_panic(text in "(<xml>|</xml>|<a>|</a>|<b/>|<!\\[CDATA\\[|\\]\\]>|&[a-z#0-9]{0,4};?|<!DOCTYPE|<!--|-->|<\\?|\\?>|[<>&'\"/ a1茶]){0,30}") {
        let _ = read(&text);
    }
}
