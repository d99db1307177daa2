//! Refusals of the operator's API: what happened, what happened to the money, what to do. RFC 9457.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;
use wx_checkout::wire::ProblemCode;

use crate::problem;
use crate::store::StoreError;

/// Why; programs decide by it, and the page has words for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AdminCode)]
pub enum Code {
    /// The request is not what the call takes.
    MalformedRequest,
    /// The body is too large.
    BodyTooLarge,
    /// The body is not JSON.
    UnsupportedMediaType,
    /// There is no such address.
    NotFound,
    /// The address takes another method.
    MethodNotAllowed,
    /// The token is missing or wrong.
    Unauthorized,
    /// Too many wrong tokens.
    RateLimited,
    /// The port is not called by this name.
    HostNotAllowed,
    /// No order has the id.
    OrderNotFound,
    /// The order has no such payment.
    NothingReceived,
    /// More than is left of the payment.
    OverRefund,
    /// WeChat takes no more refunds of the payment.
    TooManyRefunds,
    /// The last refund of the payment is less than a minute old.
    TooSoon,
    /// More than a year has passed.
    TooOld,
    /// The `outRefundNo` is another refund's.
    RefundNumberTaken,
    /// The `outRefundNo` is not one that may be chosen.
    BadRefundNumber,
    /// The reason is not one that WeChat takes.
    BadReason,
    /// No frozen payment has the number.
    PaymentNotFound,
    /// No letter has the name.
    LetterNotFound,
    /// The letter was delivered or given up before.
    LetterDone,
    /// Another letter of the same stream comes first.
    LetterBehind,
    /// The letter is under way at this moment.
    LetterBeingSent,
    /// The receiver did not take it.
    LetterNotTaken,
    /// The bill cannot be had yet.
    BillNotYet,
    /// WeChat does not keep the bill any more.
    BillTooOld,
    /// The server failed.
    Internal,
}

/// What became of the money by the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Money {
    /// Nothing: no money moved, and none will.
    Untouched,
    /// The request may or may not have been written down: asking again, with the same `outRefundNo`, is safe.
    Unknown,
}

/// A refusal as it is answered: `application/problem+json`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AdminProblem {
    /// `urn:wx-checkout:CODE`
    #[serde(rename = "type")]
    kind: String,
    /// The code in words.
    title: String,
    /// The HTTP status.
    status: u16,
    /// What happened, what happened to the money, what to do.
    detail: String,
    /// Why.
    code: Code,
    /// What became of the money.
    money: Money,
    /// The request's name in the log.
    request_id: String,
    /// When it is worth asking again, milliseconds; 0 where that does not depend on time.
    retry_after_ms: u64,
    /// Fen that are left of the payment; of `over_refund` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    left: Option<u32>,
}

/// A refusal before it knows the request's id.
#[derive(Clone, Debug)]
pub struct Refusal {
    code: Code,
    money: Money,
    detail: String,
    retry_after_ms: u64,
    left: Option<u32>,
}

/// What a call answers.
pub type Answer<T> = Result<axum::Json<T>, Refusal>;

impl Refusal {
    /// A refusal that changed nothing.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, money: Money::Untouched, detail: detail.into(), retry_after_ms: 0, left: None }
    }

    /// It is worth asking again after this.
    pub const fn after(mut self, retry_after_ms: u64) -> Self {
        self.retry_after_ms = retry_after_ms;
        self
    }

    /// What became of the money is not what it is usually.
    pub const fn money(mut self, money: Money) -> Self {
        self.money = money;
        self
    }

    /// So much would have been allowed.
    pub const fn left(mut self, fen: u32) -> Self {
        self.left = Some(fen);
        self
    }

    /// The server's own fault, with a cause that goes to the log.
    pub fn internal(cause: &dyn std::error::Error) -> Self {
        tracing::error!(cause = %cause, "internal error");
        Self::new(
            Code::Internal,
            "The server failed, and the log says why under this request's id. Whether a change was written down is not \
             known: look at the order, or repeat the request, a refund under the same outRefundNo: it is never made twice.",
        )
        .money(Money::Unknown)
    }

    /// There is no such order.
    pub fn no_such_order() -> Self {
        Self::new(Code::OrderNotFound, "There is no such order. Nothing was changed; search for it by another number.")
    }

    /// As it is written in JSON.
    pub fn name(&self) -> String {
        name(self.code)
    }

    /// The answer, with the request's id.
    pub fn answer(&self, request_id: &str) -> Response {
        let name = name(self.code);
        let status = status(self.code);
        let problem = AdminProblem {
            kind: format!("urn:wx-checkout:{name}"),
            title: name.replace('_', " "),
            status: status.as_u16(),
            detail: self.detail.clone(),
            code: self.code,
            money: self.money,
            request_id: request_id.to_owned(),
            retry_after_ms: self.retry_after_ms,
            left: self.left,
        };
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if status == StatusCode::TOO_MANY_REQUESTS {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(self.retry_after_ms.div_ceil(1000)));
        }
        response
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = status(self.code).into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NoSuchOrder => Self::no_such_order(),
            error => Self::internal(&error),
        }
    }
}

/// What reading a request refuses.
impl From<problem::Refusal> for Refusal {
    fn from(refusal: problem::Refusal) -> Self {
        let code = match refusal.code() {
            ProblemCode::BodyTooLarge => Code::BodyTooLarge,
            ProblemCode::UnsupportedMediaType => Code::UnsupportedMediaType,
            ProblemCode::Internal => Code::Internal,
            _ => Code::MalformedRequest,
        };
        Self::new(code, refusal.detail())
    }
}

/// The HTTP status of a code.
pub(super) const fn status(code: Code) -> StatusCode {
    match code {
        Code::MalformedRequest => StatusCode::BAD_REQUEST,
        Code::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Code::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Code::NotFound | Code::OrderNotFound | Code::PaymentNotFound | Code::LetterNotFound => StatusCode::NOT_FOUND,
        Code::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        Code::Unauthorized => StatusCode::UNAUTHORIZED,
        Code::HostNotAllowed => StatusCode::MISDIRECTED_REQUEST,
        Code::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        Code::OverRefund
        | Code::TooSoon
        | Code::RefundNumberTaken
        | Code::LetterDone
        | Code::LetterBehind
        | Code::LetterBeingSent => StatusCode::CONFLICT,
        Code::LetterNotTaken => StatusCode::BAD_GATEWAY,
        Code::NothingReceived
        | Code::TooManyRefunds
        | Code::TooOld
        | Code::BillNotYet
        | Code::BillTooOld
        | Code::BadRefundNumber
        | Code::BadReason => StatusCode::UNPROCESSABLE_ENTITY,
        Code::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// As it is written in JSON.
pub(super) fn name(code: Code) -> String {
    match serde_json::to_value(code) {
        Ok(serde_json::Value::String(name)) => name,
        _ => "internal".to_owned(),
    }
}
