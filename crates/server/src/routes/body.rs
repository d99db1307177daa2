//! Reading requests strictly: everything that is not exactly right is refused, and says why.

use axum::body::{Bytes, to_bytes};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use wx_checkout::domain::{Fen, IdempotencyKey};
use wx_checkout::wire::{Basket, CreateRequest, IDEMPOTENCY_KEY, Line, ProblemCode};

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
            Refusal::malformed(format!(
                "The body {what}, at line {} column {}. Nothing was changed; compare it with the documentation.",
                error.line(),
                error.column()
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

/// [`CreateRequest`] as it is read: exactly one basket, and no field that nobody knows.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Create {
    #[serde(default, deserialize_with = "present")]
    items: Option<Vec<Line>>,
    #[serde(default, deserialize_with = "present")]
    order_token: Option<String>,
    expected_amount: Fen,
    #[serde(default)]
    separate: bool,
}

/// A field that may be missing, and may not be null.
fn present<'de, D: serde::Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// A create request that was read strictly.
#[derive(Deserialize)]
#[serde(try_from = "Create")]
pub(super) struct StrictCreate(pub(super) CreateRequest);

impl TryFrom<Create> for StrictCreate {
    type Error = &'static str;

    fn try_from(create: Create) -> Result<Self, &'static str> {
        let Create { items, order_token, expected_amount, separate } = create;
        let basket = match (items, order_token) {
            (Some(items), None) => Basket::Items(items),
            (None, Some(token)) => Basket::OrderToken(token),
            _ => return Err("exactly one of items and orderToken"),
        };
        Ok(Self(CreateRequest { basket, expected_amount, separate }))
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
