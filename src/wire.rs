//! The JSON between the client and the companion server: both sides are compiled from this file.
//!
//! Amounts are integer fen, lengths of time integer milliseconds, and no answer carries a clock
//! reading that the client would have to trust. Unknown fields of an answer are ignored, so that an
//! old client understands a newer server; unknown fields of a request are refused, so that a typing
//! mistake is not silently a different order.
//!
//! | call | request | answer |
//! |---|---|---|
//! | `POST /auth/exchange` | [`ExchangeRequest`] | [`ExchangeAnswer`] |
//! | `POST /payments/create`, header `Idempotency-Key` | [`CreateRequest`] | [`CreateAnswer`] |
//! | `GET /orders/verify?transactionId=ORDER_ID` | - | [`VerifyAnswer`] |
//! | `POST /orders/close` | [`CloseRequest`] | [`CloseAnswer`] |
//! | `GET /orders` | - | [`ListAnswer`] |
//! | `POST /orders/acknowledge` | [`AcknowledgeRequest`] | 204 |
//!
//! The caller shows `Authorization: Bearer TOKEN`: the session's token everywhere, or the order's
//! [`StatusToken`] for verify and acknowledge. Every refusal is a [`Problem`] (RFC 9457,
//! `application/problem+json`).

use serde::{Deserialize, Serialize};

use crate::domain::{Fen, IdempotencyKey, OrderId, SessionToken, StatusToken};

/// The header that carries the [`IdempotencyKey`].
pub const IDEMPOTENCY_KEY: &str = "Idempotency-Key";

/// The longest basket the server takes, in lines.
pub const MAX_LINES: usize = 50;

/// The largest quantity of one line.
pub const MAX_QUANTITY: u32 = 999;

/// `POST /auth/exchange`: a fresh code of wx.login, which works once.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExchangeRequest {
    /// The code itself.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 128, pattern = "^[!-~]+$"))]
    pub credential: String,
}

/// What a login code was exchanged for.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ExchangeAnswer {
    /// Shown as `Authorization: Bearer` from now on.
    pub token: SessionToken,
    /// How long the token is good for, from now.
    pub expires_in_ms: u64,
    /// The payer's openid for this mini program. Personal data: never logged, never stored by the client.
    pub user_open_id: String,
}

/// One line of a basket.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(all(test, not(target_arch = "wasm32")), derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Line {
    /// The article, as the server's catalogue names it.
    pub sku: String,
    /// How many, 1 to [`MAX_QUANTITY`].
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 999))]
    pub quantity: u32,
}

/// What is bought: the price of either comes from the server's side, never from the page.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(all(test, not(target_arch = "wasm32")), derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum Basket {
    /// Articles of the server's catalogue.
    Items(Vec<Line>),
    /// An order of the merchant's own backend, signed by it.
    OrderToken(String),
}

impl core::fmt::Debug for Basket {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Items(lines) => write!(f, "Items({} lines)", lines.len()),
            Self::OrderToken(_) => f.write_str("OrderToken(<hidden>)"),
        }
    }
}

/// `POST /payments/create`. In JSON the basket is a field of its own name: `items` or `orderToken`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(all(test, not(target_arch = "wasm32")), derive(ts_rs::TS), ts(rename = "Draft"))]
#[serde(rename_all = "camelCase")]
pub struct CreateRequest {
    /// What is bought.
    #[serde(flatten)]
    pub basket: Basket,
    /// What the payer saw. Another price is refused with `price_changed`, and no order is made.
    pub expected_amount: Fen,
    /// The payer said "buy again" about an order with the same lines.
    #[serde(default)]
    #[cfg_attr(all(test, not(target_arch = "wasm32")), ts(optional, as = "Option<bool>"))]
    pub separate: bool,
}

/// The order under the key, made now or before.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct CreateAnswer {
    /// The order.
    pub order_id: OrderId,
    /// Its state; parameters are there only when it is payable.
    pub state: OrderState,
    /// What the payer is charged.
    pub amount: Fen,
    /// Reads this order from now on, also after the session.
    pub status_token: StatusToken,
    /// How long a sheet can still be opened for this order, from now.
    pub payable_for_ms: u64,
    /// For wx.requestPayment, now; never stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub payment: Option<PaymentParams>,
}

/// Exactly what wx.requestPayment takes, signed by the server.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(all(test, not(target_arch = "wasm32")), derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct PaymentParams {
    /// Seconds since 1970, as text: WeChat wants a string.
    pub time_stamp: String,
    /// At most 32 characters.
    pub nonce_str: String,
    /// `prepay_id=...`, the prefix included.
    pub package: String,
    /// `RSA` with v3; `MD5` or `HMAC-SHA256` with v2.
    pub sign_type: String,
    /// The merchant's signature over the others.
    pub pay_sign: String,
}

impl core::fmt::Debug for PaymentParams {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("PaymentParams(<hidden>)")
    }
}

/// What the server knows of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(all(test, not(target_arch = "wasm32")), derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum OrderState {
    /// No payment was seen so far, and one is still possible.
    Payable,
    /// Money arrived; final.
    Paid,
    /// The server is closing it; a payment may still turn up.
    Closing,
    /// WeChat says that it cannot be paid any more; final.
    Closed,
    /// WeChat could not be asked. Says nothing about money. A state that a newer server invents is this one.
    #[serde(other)]
    Unknown,
}

/// How much of a paid order went back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(all(test, not(target_arch = "wasm32")), derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum RefundState {
    /// Nothing.
    #[default]
    None,
    /// A refund was asked for and its end is not known.
    Refunding,
    /// Money went back: `refundedAmount` says how much.
    #[serde(other)]
    Refunded,
}

/// Where an answer about an order comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(all(test, not(target_arch = "wasm32")), derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum EvidenceSource {
    /// WeChat was asked after the question came in (or the state is final and WeChat had said so).
    Wechat,
    /// The server's own books.
    #[serde(other)]
    Ledger,
}

/// What an answer about an order rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Evidence {
    /// Who said it.
    pub source: EvidenceSource,
    /// How old it is.
    pub age_ms: u64,
}

/// `GET /orders/verify`: the only answer that can make an order paid on a screen.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct VerifyAnswer {
    /// The order asked about, echoed.
    pub order_id: OrderId,
    /// Paid, and not a word about delivery.
    pub is_valid: bool,
    /// The order's state.
    pub state: OrderState,
    /// What the order costs, echoed.
    pub amount: Fen,
    /// What went back.
    #[serde(default)]
    pub refund: RefundState,
    /// How many fen went back so far.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(format = Int64))]
    pub refunded_amount: u32,
    /// WeChat's number of the payment, for the payer's receipt and for support.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub wechat_transaction_id: Option<String>,
    /// When WeChat took the money: RFC 3339 as WeChat states it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub paid_at: Option<String>,
    /// What this rests on.
    pub evidence: Evidence,
    /// When a next look is worth while. The client never waits longer than 30 s.
    pub retry_after_ms: u64,
}

/// `POST /orders/close`: by order, or by key while the order's id is not known yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CloseRequest {
    /// The order.
    OrderId(OrderId),
    /// The key it was, or may have been, created under.
    IdempotencyKey(IdempotencyKey),
}

/// What closing came to.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct CloseAnswer {
    /// `closing` or `closed` as hoped; `paid` when the money was faster.
    pub state: OrderState,
}

/// `GET /orders`: the caller's unresolved orders, and those paid but not acknowledged.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ListAnswer {
    /// Newest first, at most 20.
    pub orders: Vec<ListedOrder>,
}

/// One order of a [`ListAnswer`].
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ListedOrder {
    /// The order.
    pub order_id: OrderId,
    /// From the server's books.
    pub state: OrderState,
    /// What it costs.
    pub amount: Fen,
    /// Reads this order.
    pub status_token: StatusToken,
}

/// `POST /orders/acknowledge`: the payer has seen the outcome.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AcknowledgeRequest {
    /// The order.
    pub order_id: OrderId,
}

/// A refusal, RFC 9457.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// Always `about:blank#CODE`-like and stable; here `urn:wx-checkout:CODE`.
    #[serde(rename = "type", default)]
    pub kind: String,
    /// One line for a developer.
    #[serde(default)]
    pub title: String,
    /// The HTTP status again.
    #[serde(default)]
    pub status: u16,
    /// What happened, what happened to the money, what to do.
    #[serde(default)]
    pub detail: String,
    /// What programs decide by.
    pub code: ProblemCode,
    /// What is worth trying.
    pub retry: Retry,
    /// Names this answer in the server's log.
    #[serde(default)]
    pub request_id: String,
    /// With `open_order`: the order that stands in the way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub open_order: Option<ListedOrderRef>,
    /// With `rate_limited`, `in_progress` and their like: how long to wait.
    #[serde(default)]
    pub retry_after_ms: u64,
}

/// The order that an `open_order` refusal names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ListedOrderRef {
    /// The order.
    pub order_id: OrderId,
    /// From the server's books.
    pub state: OrderState,
}

/// What is worth trying after a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(all(test, not(target_arch = "wasm32")), derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum Retry {
    /// Nothing: the same request will be refused again.
    Never,
    /// The same request, now or after `retryAfterMs`.
    Same,
    /// The same request after a fresh login.
    Login,
    /// The same request, in a while. A word that a newer server invents is this one.
    #[serde(other)]
    Later,
}

/// Why a request was refused. Stable: programs may match on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(all(test, not(target_arch = "wasm32")), derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ProblemCode {
    /// Not JSON, a missing or unknown field, or a value out of range.
    MalformedRequest,
    /// The body is larger than the server reads.
    BodyTooLarge,
    /// Not `application/json`.
    UnsupportedMediaType,
    /// No such address.
    NotFound,
    /// The address exists, the method does not.
    MethodNotAllowed,
    /// No token, one that does not verify, or one for something else.
    Unauthorized,
    /// The session has ended; log in again.
    SessionExpired,
    /// WeChat does not know the login code, or it was used before.
    LoginCodeInvalid,
    /// WeChat's login did not answer, or asks to slow down.
    LoginUnavailable,
    /// No order of the caller has this name.
    OrderNotFound,
    /// The price is not what the payer saw. No order was made.
    PriceChanged,
    /// The catalogue does not have this article.
    UnknownSku,
    /// The order token does not verify, has expired, or is another payer's.
    InvalidOrderToken,
    /// The header `Idempotency-Key` is missing or malformed.
    IdempotencyKeyMissing,
    /// The key belongs to another basket or amount.
    IdempotencyKeyReused,
    /// The caller has an unresolved or unacknowledged order with the same lines.
    OpenOrder,
    /// The same create is under way.
    InProgress,
    /// The order cannot be paid any more; no money was taken.
    OrderClosed,
    /// WeChat Pay refused the order for good; no money was taken.
    PaymentRefused,
    /// WeChat Pay could not be reached or answered nonsense.
    GatewayUnavailable,
    /// WeChat Pay refuses the merchant's configuration: the operator must act.
    GatewayMisconfigured,
    /// Too many requests.
    RateLimited,
    /// The server is at fault. What happened to the money is what verify says.
    Internal,
    /// A code that a newer server invented.
    #[serde(other)]
    Other,
}
