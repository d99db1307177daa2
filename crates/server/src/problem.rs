//! Refusals: what happened, what happened to the money, what to do. RFC 9457.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use wx_checkout::wire::{ListedOrderRef, Problem, ProblemCode, Retry};

/// A refusal before it knows the request's id: the outermost layer writes it.
#[derive(Clone, Debug)]
pub struct Refusal {
    status: StatusCode,
    code: ProblemCode,
    retry: Retry,
    detail: String,
    retry_after_ms: u64,
    open_order: Option<ListedOrderRef>,
}

impl Refusal {
    /// A refusal with `code`; its status and what to retry follow from the code.
    #[must_use]
    pub fn new(code: ProblemCode, detail: impl Into<String>) -> Self {
        let (status, retry) = meaning(code);
        Self { status, code, retry, detail: detail.into(), retry_after_ms: 0, open_order: None }
    }

    /// Says that another retry than the code's usual one is worth while, after `retry_after_ms`.
    #[must_use]
    pub const fn retry(mut self, retry: Retry, retry_after_ms: u64) -> Self {
        self.retry = retry;
        self.retry_after_ms = retry_after_ms;
        self
    }

    /// Names the order that stands in the way.
    #[must_use]
    pub fn naming(mut self, order: ListedOrderRef) -> Self {
        self.open_order = Some(order);
        self
    }

    /// The request's body is not what the call takes.
    #[must_use]
    pub fn malformed(detail: impl Into<String>) -> Self {
        Self::new(ProblemCode::MalformedRequest, detail)
    }

    /// The server's own fault. The cause goes to the log, which has the same request id.
    #[must_use]
    pub fn internal(cause: &dyn std::error::Error) -> Self {
        tracing::error!(cause = %cause, "internal error");
        Self::new(
            ProblemCode::Internal,
            "The server failed. What happened to the money is what /orders/verify says; try again later.",
        )
    }

    /// The code that programs decide by, as it is written in JSON.
    #[must_use]
    pub fn name(&self) -> String {
        name(self.code)
    }

    /// Why, for the operator's port, which answers in a form of its own.
    pub(crate) const fn code(&self) -> ProblemCode {
        self.code
    }

    /// In words.
    pub(crate) fn detail(&self) -> &str {
        &self.detail
    }

    /// The answer, with the request's id.
    #[must_use]
    pub fn answer(&self, request_id: &str) -> Response {
        let name = name(self.code);
        let problem = Problem {
            kind: format!("urn:wx-checkout:{name}"),
            title: name.replace('_', " "),
            status: self.status.as_u16(),
            detail: self.detail.clone(),
            code: self.code,
            retry: self.retry,
            request_id: request_id.to_owned(),
            open_order: self.open_order.clone(),
            retry_after_ms: self.retry_after_ms,
        };
        // Serialising these fields cannot fail; an empty body with the right status is still an answer.
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        let mut response = (self.status, body).into_response();
        let kind = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        // In whole seconds, for whoever does not read the body.
        if self.retry_after_ms > 0 && matches!(self.status.as_u16(), 429 | 503) {
            let seconds = HeaderValue::from(self.retry_after_ms.div_ceil(1000));
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        if self.status == StatusCode::UNAUTHORIZED {
            let scheme = HeaderValue::from_static("Bearer");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
        }
        response
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// The HTTP status of a code.
pub(crate) const fn status(code: ProblemCode) -> StatusCode {
    meaning(code).0
}

/// The HTTP status of a code, and what is worth trying after it.
const fn meaning(code: ProblemCode) -> (StatusCode, Retry) {
    use ProblemCode as P;
    match code {
        P::MalformedRequest | P::IdempotencyKeyMissing => (StatusCode::BAD_REQUEST, Retry::Never),
        P::BodyTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, Retry::Never),
        P::UnsupportedMediaType => (StatusCode::UNSUPPORTED_MEDIA_TYPE, Retry::Never),
        P::NotFound | P::OrderNotFound => (StatusCode::NOT_FOUND, Retry::Never),
        P::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, Retry::Never),
        P::Unauthorized | P::SessionExpired => (StatusCode::UNAUTHORIZED, Retry::Login),
        P::LoginCodeInvalid => (StatusCode::BAD_REQUEST, Retry::Login),
        P::LoginUnavailable | P::GatewayUnavailable => (StatusCode::SERVICE_UNAVAILABLE, Retry::Later),
        P::PriceChanged | P::OpenOrder | P::OrderClosed => (StatusCode::CONFLICT, Retry::Never),
        P::InProgress => (StatusCode::CONFLICT, Retry::Same),
        P::UnknownSku | P::InvalidOrderToken | P::IdempotencyKeyReused | P::PaymentRefused => {
            (StatusCode::UNPROCESSABLE_ENTITY, Retry::Never)
        }
        P::GatewayMisconfigured => (StatusCode::BAD_GATEWAY, Retry::Never),
        P::RateLimited => (StatusCode::TOO_MANY_REQUESTS, Retry::Later),
        P::Internal | P::Other => (StatusCode::INTERNAL_SERVER_ERROR, Retry::Later),
    }
}

/// The code as it is written in JSON.
pub(crate) fn name(code: ProblemCode) -> String {
    match serde_json::to_value(code) {
        Ok(serde_json::Value::String(name)) => name,
        _ => "internal".to_owned(),
    }
}
