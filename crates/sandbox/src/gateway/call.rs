//! A request as it came over the wire, before anything is believed.

use std::time::Duration;

use axum::body::{Bytes, to_bytes};
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};

use super::refusal::Refusal;
use crate::connections::{Connection, Line};
use crate::text::text;

/// Far more than any call needs.
const LARGEST_BODY: usize = 64 * 1024;
/// Who sends slower than this is let go, so that others are served.
const SLOWEST: Duration = Duration::from_secs(10);

pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) path: String,
    /// Path and query, raw: what the merchant signed.
    pub(crate) target: String,
    /// The query alone, raw.
    pub(crate) query: String,
    pub(crate) line: Line,
    headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// Why a body was not read whole.
pub(crate) enum BodyFault {
    TooLarge,
    TooSlow,
}

/// Reads a request whole, however slowly somebody sends it.
pub(crate) async fn read_whole(request: Request) -> (Parts, Result<Bytes, BodyFault>) {
    let (parts, body) = request.into_parts();
    let body = match tokio::time::timeout(SLOWEST, to_bytes(body, LARGEST_BODY)).await {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(_)) => Err(BodyFault::TooLarge),
        Err(_) => Err(BodyFault::TooSlow),
    };
    if let Some(connection) = parts.extensions.get::<Connection>() {
        connection.is_being_answered();
    }
    (parts, body)
}

impl Call {
    /// Reads the request; what is wrong with the body is told apart from the rest.
    pub(crate) async fn receive(request: Request) -> (Self, Result<(), Refusal>) {
        let (parts, body) = read_whole(request).await;
        let target = parts.uri.path_and_query().map_or_else(|| parts.uri.path().to_owned(), ToString::to_string);
        let query = parts.uri.query().unwrap_or_default().to_owned();
        let path = parts.uri.path().to_owned();
        let (body, fault) = match body {
            Ok(body) => (body, Ok(())),
            Err(BodyFault::TooLarge) => (Bytes::new(), Err(too_large())),
            Err(BodyFault::TooSlow) => (Bytes::new(), Err(too_slow())),
        };
        let line = parts.extensions.get::<Line>().cloned().unwrap_or_default();
        (Self { method: parts.method, path, target, query, line, headers: parts.headers, body }, fault)
    }

    /// Where an address that is given out begins: over TLS, with the host that was asked.
    pub(crate) fn base_url(&self, own: &str) -> String {
        match (&self.line, self.header(header::HOST.as_str())) {
            (Line::Tls { .. }, Some(host)) => format!("https://{host}"),
            _ => own.to_owned(),
        }
    }

    /// The headers that every call needs. (v3 documentation 4012365336)
    pub(crate) fn check_headers(&self) -> Result<(), Refusal> {
        self.need(header::ACCEPT.as_str())?;
        self.need(header::USER_AGENT.as_str())?;
        if self.method == Method::POST {
            let kind = self.need(header::CONTENT_TYPE.as_str())?;
            // Parameters may follow, as `; charset=utf-8`; another type that only begins alike may not.
            let kind = kind.split(';').next().unwrap_or_default().trim();
            if !kind.eq_ignore_ascii_case("application/json") {
                let rule = text("content-type must be application/json", "content-type 应为 application/json");
                return Err(Refusal::request(rule));
            }
        }
        Ok(())
    }

    /// The parameters of the query, raw.
    pub(crate) fn parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        let parts = self.query.split('&').filter(|part| !part.is_empty());
        parts.map(|part| part.split_once('=').unwrap_or((part, "")))
    }

    /// What is posted stands in the body, and nowhere else.
    pub(crate) fn check_query(&self) -> Result<(), Refusal> {
        match self.parameters().next().filter(|_| self.method == Method::POST) {
            Some((name, value)) => Err(Refusal::extra_field(name, "query").with_value(value)),
            None => Ok(()),
        }
    }

    /// A header's text, if it came exactly once and is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut all = self.headers.get_all(name).iter();
        match (all.next(), all.next()) {
            (Some(only), None) => only.to_str().ok(),
            _ => None,
        }
    }

    fn need(&self, name: &str) -> Result<&str, Refusal> {
        self.header(name).filter(|value| !value.trim().is_empty()).ok_or_else(|| {
            Refusal::request(text(format!("the header {name} is required"), format!("缺少请求头 {name}")))
        })
    }
}

fn too_large() -> Refusal {
    Refusal::request(text(
        format!("the body is larger than {LARGEST_BODY} bytes, or was cut off"),
        format!("请求体超过 {LARGEST_BODY} 字节，或不完整"),
    ))
}

fn too_slow() -> Refusal {
    let seconds = SLOWEST.as_secs();
    Refusal::request(text(
        format!("the body did not come whole within {seconds} s"),
        format!("请求体未在 {seconds} 秒内发送完"),
    ))
}
