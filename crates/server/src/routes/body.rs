//! Reading requests strictly: everything that is not exactly right is refused, and says why.

use std::time::Duration;

use axum::body::{Bytes, to_bytes};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;
use wx_checkout::domain::{Fen, IdempotencyKey, OrderId};
use wx_checkout::wire::{Basket, CreateRequest, IDEMPOTENCY_KEY, Line, ProblemCode, Retry};

use crate::checkout::Which;
use crate::problem::Refusal;

/// How much of a body is read, and how long it may take: whoever is slower than that does not send it.
#[derive(Clone, Copy)]
pub(super) struct Allowance {
    /// At most so much.
    pub(super) bytes: usize,
    /// Less than the route's deadline, so that it is the client's fault and not the server's.
    pub(super) time: Duration,
}

/// A client's largest request has 50 lines.
const CLIENT: Allowance = Allowance { bytes: 32 * 1024, time: Duration::from_secs(10) };

/// The body as `T`, from `application/json` only.
pub(crate) struct Json<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refusal> {
        if !is_json(request.headers()) {
            return Err(Refusal::new(
                ProblemCode::UnsupportedMediaType,
                "The body must be application/json in UTF-8, and not compressed. Nothing was changed; correct Content-Type and \
                 Content-Encoding.",
            ));
        }
        let body = read(request, CLIENT).await?;
        // A list would be read as the fields in their order, which nobody has promised.
        if body.trim_ascii_start().first() == Some(&b'[') {
            return Err(Refusal::malformed(
                "The body is a list and has to be an object. Nothing was changed; compare it with the documentation.",
            ));
        }
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

/// The raw body, if it is no more than allowed.
pub(super) async fn read(request: Request, allowed: Allowance) -> Result<Bytes, Refusal> {
    let Allowance { bytes, time } = allowed;
    let announced =
        request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > bytes) {
        return Err(too_large(bytes));
    }
    let Ok(read) = tokio::time::timeout(time, to_bytes(request.into_body(), bytes)).await else {
        let detail =
            format!("The body took longer than {} s. Nothing was changed; repeat the request.", time.as_secs());
        return Err(Refusal::malformed(detail).retry(Retry::Same, 0));
    };
    read.map_err(|error| {
        let over =
            std::error::Error::source(&error).is_some_and(|cause| cause.is::<http_body_util::LengthLimitError>());
        if over {
            too_large(bytes)
        } else {
            Refusal::malformed("The body ended early. Nothing was changed; repeat the request.").retry(Retry::Same, 0)
        }
    })
}

fn too_large(limit: usize) -> Refusal {
    Refusal::new(
        ProblemCode::BodyTooLarge,
        format!("The body is larger than {limit} bytes. Nothing was changed; send less."),
    )
}

/// JSON is UTF-8: a parameter may say so, and nothing else.
fn is_json(headers: &HeaderMap) -> bool {
    let plain = headers.get_all(header::CONTENT_ENCODING).iter().all(|coding| coding == "identity");
    let mut kinds = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(kind), None) = (kinds.next(), kinds.next()) else { return false };
    let mut parts = kind.to_str().unwrap_or_default().split(';').map(|part| part.trim().to_ascii_lowercase());
    let named = parts.next().is_some_and(|kind| kind == "application/json");
    let foreign = |part: &String| {
        part.split_once('=')
            .is_some_and(|(name, value)| name.trim() == "charset" && value.trim().trim_matches('"') != "utf-8")
    };
    plain && named && !parts.any(|part| foreign(&part))
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

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use axum::body::{Body, HttpBody};
    use axum::http::HeaderValue;

    use super::*;

    /// A body that never comes.
    struct Silent;

    impl HttpBody for Silent {
        type Data = Bytes;
        type Error = std::convert::Infallible;

        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<hyper::body::Frame<Bytes>, Self::Error>>> {
            Poll::Pending
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_come_is_the_clients_fault() {
        let refusal = read(Request::new(Body::new(Silent)), CLIENT).await.expect_err("nothing came");
        assert_eq!(refusal.name(), "malformed_request");
    }

    fn kind(content_type: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(content_type))])
    }

    #[test]
    fn json_is_utf_8_and_not_compressed() {
        for good in ["application/json", "Application/JSON; charset=UTF-8", "application/json;charset=\"utf-8\"; x=y"] {
            assert!(is_json(&kind(good)), "{good}");
        }
        for bad in
            ["", "text/json", "application/jsonp", "application/json; charset=gbk", "application/json;charset=utf-16"]
        {
            assert!(!is_json(&kind(bad)), "{bad}");
        }
        let mut compressed = kind("application/json");
        compressed.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        assert!(!is_json(&compressed));
        let mut twice = kind("application/json");
        twice.append(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        assert!(!is_json(&twice));
        assert!(!is_json(&HeaderMap::new()));
    }
}
