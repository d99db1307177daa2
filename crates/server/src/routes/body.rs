//! Reading requests strictly: everything that is not exactly right is refused, and says why.

use axum::body::{Bytes, to_bytes};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;
use wx_checkout::domain::{Fen, IdempotencyKey, OrderId};
use wx_checkout::wire::{Basket, CreateRequest, IDEMPOTENCY_KEY, Line, ProblemCode};

use crate::checkout::Which;
use crate::problem::Refusal;

/// A client's largest request has 50 lines.
const CLIENT_BYTES: usize = 32 * 1024;

/// The body as `T`, from `application/json` only.
pub(super) struct Json<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refusal> {
        if !is_json(request.headers()) {
            return Err(Refusal::new(
                ProblemCode::UnsupportedMediaType,
                "The body must be application/json. Nothing was changed; set Content-Type.",
            ));
        }
        let body = read(request, CLIENT_BYTES).await?;
        // serde quotes unknown fields and wrong values, and a value may be a secret: only the place is told.
        serde_json::from_slice(&body).map(Self).map_err(|error| {
            let what = if error.is_data() {
                "has a missing, unknown or misplaced field or a value out of range"
            } else {
                "is not JSON"
            };
            // 0 where the fault is in no single place.
            let place = match error.line() {
                0 => String::new(),
                line => format!(", at line {line} column {}", error.column()),
            };
            Refusal::malformed(format!(
                "The body {what}{place}. Nothing was changed; compare it with the documentation.",
            ))
        })
    }
}

/// The raw body, at most `limit` bytes of it.
pub(super) async fn read(request: Request, limit: usize) -> Result<Bytes, Refusal> {
    let announced =
        request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(too_large(limit));
    }
    to_bytes(request.into_body(), limit).await.map_err(|error| {
        let over =
            std::error::Error::source(&error).is_some_and(|cause| cause.is::<http_body_util::LengthLimitError>());
        if over {
            too_large(limit)
        } else {
            Refusal::malformed("The body ended early. Nothing was changed; repeat the request.")
        }
    })
}

fn too_large(limit: usize) -> Refusal {
    Refusal::new(
        ProblemCode::BodyTooLarge,
        format!("The body is larger than {limit} bytes. Nothing was changed; send less."),
    )
}

fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

/// What is bought: exactly one of a basket of articles and an order token.
#[derive(Deserialize, ToSchema)]
#[schema(as = CreateRequest)]
#[serde(untagged)]
pub(super) enum StrictCreate {
    /// Articles of the server's catalogue.
    Items(CreateOfItems),
    /// An order of the merchant's own backend.
    OrderToken(CreateOfOrderToken),
}

/// A create of articles.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct CreateOfItems {
    /// 1 to 50 lines; a sku may stand in several, up to 999 in all.
    #[schema(min_items = 1, max_items = 50)]
    items: Vec<Line>,
    /// What the payer saw. Another price is refused with `price_changed`, and no order is made.
    expected_amount: Fen,
    /// The payer said "buy again" about an order with the same lines.
    #[serde(default)]
    separate: bool,
}

/// A create of an order that the merchant's backend signed.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct CreateOfOrderToken {
    /// `m1.PAYLOAD.MAC`
    order_token: String,
    /// What the payer saw. Another price is refused with `price_changed`, and no order is made.
    expected_amount: Fen,
    /// Without effect: the token's `merchantOrderId` says which order it is.
    #[serde(default)]
    separate: bool,
}

impl From<StrictCreate> for CreateRequest {
    fn from(create: StrictCreate) -> Self {
        match create {
            StrictCreate::Items(CreateOfItems { items, expected_amount, separate }) => {
                Self { basket: Basket::Items(items), expected_amount, separate }
            }
            StrictCreate::OrderToken(CreateOfOrderToken { order_token, expected_amount, separate }) => {
                Self { basket: Basket::OrderToken(order_token), expected_amount, separate }
            }
        }
    }
}

/// Which order is meant: by its name, or by the key it was, or may have been, created under.
#[derive(Deserialize, ToSchema)]
#[schema(as = CloseRequest)]
#[serde(untagged)]
pub(super) enum StrictClose {
    /// By its name.
    Order(CloseOfOrder),
    /// By its key, while its name is not known yet.
    Key(CloseOfKey),
}

/// A close of an order.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct CloseOfOrder {
    order_id: OrderId,
}

/// A close of whatever a key stands for.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct CloseOfKey {
    idempotency_key: IdempotencyKey,
}

impl From<StrictClose> for Which {
    fn from(close: StrictClose) -> Self {
        match close {
            StrictClose::Order(CloseOfOrder { order_id }) => Self::Order(order_id),
            StrictClose::Key(CloseOfKey { idempotency_key }) => Self::Key(idempotency_key),
        }
    }
}

/// The idempotency key of a request.
pub(super) fn key(headers: &HeaderMap) -> Result<IdempotencyKey, Refusal> {
    let mut values = headers.get_all(IDEMPOTENCY_KEY).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return Err(bad_key()) };
    let text = value.to_str().map_err(|_| bad_key())?;
    IdempotencyKey::try_from(text.to_owned()).map_err(|_| bad_key())
}

fn bad_key() -> Refusal {
    Refusal::new(
        ProblemCode::IdempotencyKeyMissing,
        "The header Idempotency-Key must be there once, with 1 to 64 printable ASCII characters. No order was made.",
    )
}

/// The bearer token of a request.
pub(super) fn bearer(headers: &HeaderMap) -> Result<&str, Refusal> {
    headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .ok_or_else(no_token)
}

/// No token at all.
pub(super) fn no_token() -> Refusal {
    Refusal::new(
        ProblemCode::Unauthorized,
        "The header Authorization: Bearer TOKEN is missing. No money moved by this request; log in first.",
    )
}
