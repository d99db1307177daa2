//! A request as it came over the wire, before anything is believed.

use axum::body::{Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, Method, header};

use super::refusal::Refusal;

/// Far more than any call needs.
const LARGEST_BODY: usize = 64 * 1024;

pub(crate) struct Call {
    pub(crate) method: Method,
    /// Path and query, raw: what the merchant signed.
    pub(crate) target: String,
    /// The query alone, raw.
    pub(crate) query: String,
    headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Call {
    /// Reads the request and checks the headers that every call needs. (v3 documentation 4012365336)
    pub(crate) async fn receive(request: Request) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, LARGEST_BODY).await.map_err(|_| {
            Refusal::request(format!("the body could not be read whole, or is larger than {LARGEST_BODY} bytes"))
        })?;
        let target = parts.uri.path_and_query().map_or_else(|| parts.uri.path().to_owned(), ToString::to_string);
        let query = parts.uri.query().unwrap_or_default().to_owned();
        let call = Self { method: parts.method, target, query, headers: parts.headers, body };
        call.need(header::ACCEPT.as_str())?;
        call.need(header::USER_AGENT.as_str())?;
        if call.method == Method::POST {
            let kind = call.need(header::CONTENT_TYPE.as_str())?;
            if !kind.to_ascii_lowercase().starts_with("application/json") {
                return Err(Refusal::request("Content-Type must be application/json".to_owned()));
            }
        }
        Ok(call)
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
        self.header(name)
            .filter(|value| !value.trim().is_empty())
            .ok_or_else(|| Refusal::request(format!("the header {name} is required")))
    }
}
