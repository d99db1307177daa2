//! Who may call, and what is said at the wrong door.

use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::body::BadCall;
use crate::text::Text;

/// What may be asked for, by path; `{id}` is a number.
const CALLS: [(&str, &str); 10] = [
    ("/_sandbox/", "GET"),
    ("/_sandbox/login", "POST"),
    ("/_sandbox/pay", "POST"),
    ("/_sandbox/clock", "POST"),
    ("/_sandbox/keys", "POST"),
    ("/_sandbox/notify", "POST"),
    ("/_sandbox/events", "GET"),
    ("/_sandbox/orders", "GET"),
    ("/_sandbox/faults", "GET, POST or DELETE"),
    ("/_sandbox/faults/{id}", "DELETE"),
];

/// Whether a path is one of these and not WeChat's.
pub(crate) fn is_control(path: &str) -> bool {
    path == "/_sandbox" || path.starts_with("/_sandbox/")
}

/// For every path and method under `/_sandbox` that there is not.
pub(crate) fn no_such_call(request: &Request) -> Response {
    let path = request.uri().path();
    let known = CALLS.iter().find(|(known, _)| match known.strip_suffix("{id}") {
        Some(head) => path.strip_prefix(head).is_some_and(|id| !id.is_empty() && !id.contains('/')),
        None => *known == path || known.strip_suffix('/') == Some(path),
    });
    match known {
        Some((_, methods)) => BadCall::with_status(
            StatusCode::METHOD_NOT_ALLOWED,
            format!("{path} takes {methods}, not {}", request.method()),
        ),
        None => {
            let all = CALLS.map(|(known, _)| known.trim_start_matches("/_sandbox/"));
            BadCall::with_status(
                StatusCode::NOT_FOUND,
                format!("there is no such call; under /_sandbox/ there are {}", all[1..].join(", ")),
            )
        }
    }
    .into_response()
}

/// Refuses a call before it is read.
pub(crate) fn refuse(status: StatusCode, rule: Text) -> Response {
    BadCall::with_status(status, rule.en).into_response()
}

/// A page of another origin, open in the same browser, can send requests here, though it cannot read
/// the answers: it must not move the clock or pay. Programs send neither of the two headers.
pub(crate) async fn refuse_other_origins(request: Request, next: Next) -> Response {
    let changes_nothing = matches!(*request.method(), Method::GET | Method::HEAD);
    if changes_nothing || is_from_here(request.headers()) {
        return next.run(request).await;
    }
    let error = "a web page of another origin cannot do this; do it from a program, or from the sandbox's own page";
    BadCall::with_status(StatusCode::FORBIDDEN, error).into_response()
}

fn is_from_here(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    if text("sec-fetch-site").is_some_and(|site| !matches!(site, "same-origin" | "none")) {
        return false;
    }
    let Some(origin) = text(header::ORIGIN.as_str()) else { return true };
    // A name that somebody else publishes can be made to lead here: then origin and host are the same.
    let host = text(header::HOST.as_str()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let is_this_machine = matches!(name, "127.0.0.1" | "localhost" | "[::1]");
    is_this_machine && origin.split_once("://").is_some_and(|(_, authority)| authority == host)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderMap;

    use super::is_from_here;

    #[test]
    fn whose_requests_are_taken() {
        let own = "127.0.0.1:8792";
        for (host, origin, site, taken) in [
            (own, None, None, true),
            (own, Some("http://127.0.0.1:8792"), Some("same-origin"), true),
            (own, Some("http://127.0.0.1:8792"), None, true),
            (own, None, Some("none"), true),
            ("localhost:9000", Some("http://localhost:9000"), Some("same-origin"), true),
            (own, Some("https://evil.example.com"), Some("cross-site"), false),
            (own, Some("https://evil.example.com"), None, false),
            (own, Some("http://127.0.0.1:3000"), Some("same-site"), false),
            (own, Some("http://127.0.0.1:3000"), None, false),
            (own, Some("http://localhost:8792"), None, false),
            (own, Some("null"), None, false),
            (own, None, Some("cross-site"), false),
            (own, None, Some("same-site"), false),
            // A name that was made to lead to this machine.
            ("evil.example.com:8792", Some("http://evil.example.com:8792"), None, false),
        ] {
            let mut headers = HeaderMap::new();
            for (name, value) in [("host", Some(host)), ("origin", origin), ("sec-fetch-site", site)] {
                if let Some(value) = value {
                    headers.insert(name, value.parse().expect("a header"));
                }
            }
            assert_eq!(is_from_here(&headers), taken, "{host} {origin:?} {site:?}");
        }
    }
}
