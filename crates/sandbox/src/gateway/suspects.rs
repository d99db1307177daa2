//! What merchants sign instead of the request, in the order in which SDKs' issue threads tell of it.

use super::call::Call;
use crate::diagnosis::{Suspect, suspect};

pub(super) fn of_request(call: &Call, timestamp: &str, nonce: &str, base_url: &str) -> Vec<Suspect> {
    let method = call.method.as_str();
    let body = String::from_utf8_lossy(&call.body).into_owned();
    let five = |method: &str, target: &str, body: &str| format!("{method}\n{target}\n{timestamp}\n{nonce}\n{body}\n");
    let whole = five(method, &call.target, &body);
    let host = base_url.trim_start_matches("http://");
    let mut suspects = vec![
        suspect(
            whole.trim_end_matches('\n'),
            "the last line feed is missing: every line ends with one, the body's too",
            "缺少最后的换行：每一行都以换行结尾，请求体那一行也是",
        ),
        suspect(
            format!("{method}\n{}\n{timestamp}\n{nonce}\n", call.target),
            "the body's line is missing: a GET has an empty one",
            "缺少请求体那一行：GET 请求也要有一个空行",
        ),
        suspect(
            five(method, &call.path, &body),
            "the query was left out: the path is signed with its query",
            "漏了查询串：路径要连同查询串一起签名",
        ),
        suspect(
            five(method, &call.target, ""),
            "the body was left out: it is signed as it is sent",
            "漏了请求体：请求体要原样参与签名",
        ),
        suspect(
            five(&method.to_lowercase(), &call.target, &body),
            "the method must be in capitals",
            "请求方法必须大写",
        ),
        suspect(
            five(method, call.target.trim_start_matches('/'), &body),
            "the path begins with a slash",
            "路径要以 / 开头",
        ),
        suspect(
            whole.replace('\n', "\r\n"),
            "the lines end with carriage return and line feed: a line feed alone is right",
            "换行应为 \\n，而不是 \\r\\n",
        ),
        suspect(
            whole.replace('\n', "\\n"),
            "the line feeds are written as backslash and n",
            "换行被写成了反斜杠加 n 两个字符",
        ),
        suspect(
            format!("{method}\n{}\n{nonce}\n{timestamp}\n{body}\n", call.target),
            "timestamp and nonce are the wrong way round",
            "时间戳与随机串的顺序颠倒",
        ),
    ];
    for origin in [base_url.to_owned(), format!("https://{host}"), "https://api.mch.weixin.qq.com".to_owned()] {
        suspects.push(suspect(
            five(method, &format!("{origin}{}", call.target), &body),
            "the whole URL was signed: path and query alone are right",
            "签了完整的 URL：应只签路径与查询串",
        ));
    }
    for encoded in re_encodings(&body) {
        suspects.push(suspect(
            five(method, &call.target, &encoded),
            "another encoding of the same JSON was signed: sign the very bytes that are sent",
            "签名用的 JSON 与发送的不是同一份：应先序列化一次，再签名并发送同一份",
        ));
    }
    for nothing in ["{}", "null", "undefined", "[]", "\"\""] {
        suspects.push(suspect(
            five(method, &call.target, nothing),
            "something was signed as the body although none is sent",
            "没有请求体，却签了内容",
        ));
    }
    suspects
}

/// The same JSON as other programs write it.
fn re_encodings(body: &str) -> Vec<String> {
    let compact = respaced(body, ",", ":");
    let python = respaced(body, ", ", ": ");
    let escaped = |text: &str| -> String {
        let units = |c: char| match c.is_ascii() {
            true => c.to_string(),
            false => c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect(),
        };
        text.chars().map(units).collect()
    };
    let sorted = serde_json::from_str::<serde_json::Value>(body).map(|value| value.to_string()).unwrap_or_default();
    vec![escaped(&compact), escaped(&python), compact, python, sorted]
}

/// White space outside of texts replaced by these separators.
fn respaced(body: &str, comma: &str, colon: &str) -> String {
    let mut out = String::with_capacity(body.len());
    let (mut in_text, mut escape) = (false, false);
    for c in body.chars() {
        match c {
            _ if in_text => {
                in_text = escape || c != '"';
                escape = !escape && c == '\\';
                out.push(c);
            }
            '"' => {
                in_text = true;
                out.push(c);
            }
            ',' => out.push_str(comma),
            ':' => out.push_str(colon),
            c if c.is_ascii_whitespace() => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::respaced;

    #[test]
    fn only_what_is_between_the_texts_changes() {
        let body = "{ \"a b\": \"x, \\\" : y\" ,\n\"c\":[1,2] }";
        assert_eq!(respaced(body, ",", ":"), "{\"a b\":\"x, \\\" : y\",\"c\":[1,2]}");
        assert_eq!(respaced(body, ", ", ": "), "{\"a b\": \"x, \\\" : y\", \"c\": [1, 2]}");
    }
}
