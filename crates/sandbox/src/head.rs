//! What is wrong with a request before anybody reads it: its first line and its headers are too much, or it
//! is not HTTP at all.

use std::time::Duration;

use axum::extract::Request;
use axum::http::StatusCode;

use crate::events::{Answered, Draft};
use crate::text::{Text, text};

/// Far more than any call needs.
const LONGEST_TARGET: usize = 8 * 1024;
const MOST_HEADERS: usize = 100;
const LONGEST_HEADERS: usize = 32 * 1024;

/// What an HTTP library takes in before it gives up by itself: more than that.
pub(crate) const MOST_HEADERS_READ: usize = 4 * MOST_HEADERS;

/// Why the head is not taken, if it is not.
pub(crate) fn fault(request: &Request) -> Option<(StatusCode, Text)> {
    let target = request.uri().path_and_query().map_or(0, |target| target.as_str().len());
    if target > LONGEST_TARGET {
        let rule = text(
            format!("path and query have {target} bytes: {LONGEST_TARGET} are taken"),
            format!("路径与查询串共 {target} 字节，最多 {LONGEST_TARGET} 字节"),
        );
        return Some((StatusCode::URI_TOO_LONG, rule));
    }
    let count = request.headers().len();
    let length: usize = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if count > MOST_HEADERS || length > LONGEST_HEADERS {
        let rule = text(
            format!("{count} headers with {length} bytes: {MOST_HEADERS} with {LONGEST_HEADERS} are taken"),
            format!("{count} 个请求头共 {length} 字节，最多 {MOST_HEADERS} 个共 {LONGEST_HEADERS} 字节"),
        );
        return Some((StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, rule));
    }
    None
}

/// What came was no HTTP. The HTTP library has answered already, with a status and nothing else.
pub(crate) fn not_http(error: &hyper::Error) -> Draft {
    let status =
        if error.is_parse_too_large() { StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE } else { StatusCode::BAD_REQUEST };
    let rule = text(format!("what came is not HTTP/1.1: {error}"), format!("收到的不是 HTTP/1.1 请求：{error}"));
    let request = "a connection".to_owned();
    let answered = Answered { request, status: status.as_u16(), code: String::new(), request_id: String::new() };
    Draft::refused("a connection", &rule).answered(answered)
}

/// A head of which no more came.
pub(crate) fn endless(patience: Duration) -> Draft {
    let seconds = patience.as_secs();
    let rule = text(
        format!("a request's first line and headers did not come whole within {seconds} s: the connection was let go"),
        format!("请求行和请求头未在 {seconds} 秒内发送完：连接已断开"),
    );
    Draft::refused("a connection", &rule)
}

/// TLS that came to nothing: most often the client does not trust the sandbox's authority.
pub(crate) fn no_handshake(error: &std::io::Error) -> Draft {
    let rule = text(
        format!(
            "the TLS handshake failed ({error}): the client has to trust ca.pem of the sandbox's directory, and to ask for one of the names in its certificate"
        ),
        format!("TLS 握手失败（{error}）：客户端需要信任沙箱目录里的 ca.pem，且访问的域名须在证书内"),
    );
    Draft::refused("a connection", &rule)
}
