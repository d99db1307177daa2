//! How the answers of the server, and the snapshot, are read. See [`crate::json`] for why by hand.
//!
//! Fields that the machine has no use for are not taken over: the payer's openid among them.

use std::sync::Arc;

use super::desk::{Owed, Standing, Watched};
use super::error::{Fault, Reason};
use super::snapshot::{Kept, KeptSession, Memory};
use super::state::{Order, OrderFacts, Receipt, Sale, Sheet};
use crate::domain::{Fen, IdempotencyKey, Millis, OrderId, SessionToken, StatusToken};
use crate::json::{Json, Read, named};
use crate::wire::{
    Basket, CloseAnswer, CreateAnswer, Evidence, EvidenceSource, ExchangeAnswer, Line, ListAnswer, ListedOrder,
    ListedOrderRef, OrderState, PaymentParams, Problem, ProblemCode, RefundState, Retry, VerifyAnswer,
};

/// Reads structs whose fields have the names and kinds of their type.
macro_rules! fields {
    ($($type:ident { $($field:ident: $name:literal $(= $default:expr)?),* $(; $($left:ident: $value:expr),*)? })*) => { $(
        impl Read for $type {
            fn read(json: &Json) -> Option<Self> {
                Some(Self {
                    $($field: fields!(@ json $name $($default)?),)*
                    $($($left: $value,)*)?
                })
            }
        }
    )* };
    (@ $json:ident $name:literal) => { $json.field($name)? };
    (@ $json:ident $name:literal $default:expr) => { $json.field_or($name, $default)? };
}

fields! {
    ExchangeAnswer { token: "token", expires_in_ms: "expiresInMs"; user_open_id: String::new() }
    CreateAnswer {
        order_id: "orderId", state: "state", amount: "amount", status_token: "statusToken",
        payable_for_ms: "payableForMs", payment: "payment"
    }
    PaymentParams {
        time_stamp: "timeStamp", nonce_str: "nonceStr", package: "package", sign_type: "signType", pay_sign: "paySign"
    }
    VerifyAnswer {
        order_id: "orderId", is_valid: "isValid", state: "state", amount: "amount",
        refund: "refund" = RefundState::None, refunded_amount: "refundedAmount" = 0,
        wechat_transaction_id: "wechatTransactionId", paid_at: "paidAt", evidence: "evidence",
        retry_after_ms: "retryAfterMs"
    }
    Evidence { source: "source", age_ms: "ageMs" }
    CloseAnswer { state: "state" }
    ListAnswer { orders: "orders" }
    ListedOrder { order_id: "orderId", state: "state", amount: "amount", status_token: "statusToken" }
    ListedOrderRef { order_id: "orderId", state: "state" }
    Problem {
        code: "code", retry: "retry", request_id: "requestId" = String::new(), open_order: "openOrder",
        retry_after_ms: "retryAfterMs" = 0;
        kind: String::new(), title: String::new(), status: 0, detail: String::new()
    }
    Line { sku: "sku", quantity: "quantity" }
    Memory { session: "session", checkout: "checkout", watch: "watch", owed: "owed" }
    KeptSession { token: "token", until: "until" }
    Sale { key: "key", basket: "basket", expected_amount: "expected_amount", separate: "separate" }
    OrderFacts { sale: "sale", order_id: "order_id", amount: "amount", status_token: "status_token" }
    Receipt {
        refund: "refund", refunded_amount: "refunded_amount", wechat_transaction_id: "wechat_transaction_id",
        paid_at: "paid_at"
    }
    Watched { order_id: "order_id", amount: "amount", status_token: "status_token", standing: "standing" }
    Owed { order_id: "order_id", status_token: "status_token" }
    Fault { reason: "reason", request_id: "request_id" }
}

/// Reads names; what a newer server invents becomes the variant behind `else`.
macro_rules! names {
    ($($type:ident { $($name:literal => $variant:ident),* ; else $other:ident })*) => { $(
        impl Read for $type {
            fn read(json: &Json) -> Option<Self> {
                json.text()?;
                Some(named(json, &[$(($name, Self::$variant)),*]).unwrap_or(Self::$other))
            }
        }
    )* };
}

names! {
    OrderState { "payable" => Payable, "paid" => Paid, "closing" => Closing, "closed" => Closed; else Unknown }
    RefundState { "none" => None, "refunding" => Refunding; else Refunded }
    EvidenceSource { "wechat" => Wechat; else Ledger }
    Retry { "never" => Never, "same" => Same, "login" => Login; else Later }
    ProblemCode {
        "malformed_request" => MalformedRequest, "body_too_large" => BodyTooLarge,
        "unsupported_media_type" => UnsupportedMediaType, "not_found" => NotFound,
        "method_not_allowed" => MethodNotAllowed, "unauthorized" => Unauthorized,
        "session_expired" => SessionExpired, "login_code_invalid" => LoginCodeInvalid,
        "login_unavailable" => LoginUnavailable, "order_not_found" => OrderNotFound,
        "price_changed" => PriceChanged, "unknown_sku" => UnknownSku, "invalid_order_token" => InvalidOrderToken,
        "idempotency_key_missing" => IdempotencyKeyMissing, "idempotency_key_reused" => IdempotencyKeyReused,
        "open_order" => OpenOrder, "in_progress" => InProgress, "order_closed" => OrderClosed,
        "payment_refused" => PaymentRefused, "gateway_unavailable" => GatewayUnavailable,
        "gateway_misconfigured" => GatewayMisconfigured, "rate_limited" => RateLimited, "internal" => Internal;
        else Other
    }
}

macro_rules! identifiers {
    ($($type:ident)*) => { $(
        impl Read for $type {
            fn read(json: &Json) -> Option<Self> {
                json.text()?.to_owned().try_into().ok()
            }
        }
    )* };
}

identifiers! { OrderId IdempotencyKey SessionToken StatusToken }

impl Read for Order {
    fn read(json: &Json) -> Option<Self> {
        Some(Self { facts: Read::read(json)?, sheet: Sheet::Gone })
    }
}

impl<T: Read> Read for Arc<T> {
    fn read(json: &Json) -> Option<Self> {
        T::read(json).map(Self::new)
    }
}

impl Read for Fen {
    fn read(json: &Json) -> Option<Self> {
        u32::read(json).and_then(Self::new)
    }
}

impl Read for Millis {
    fn read(json: &Json) -> Option<Self> {
        u64::read(json).map(Self)
    }
}

impl Read for Basket {
    fn read(json: &Json) -> Option<Self> {
        match json.variant()? {
            ("items", lines) => Read::read(lines).map(Self::Items),
            ("orderToken", token) => Read::read(token).map(Self::OrderToken),
            _ => None,
        }
    }
}

impl Read for Kept {
    fn read(json: &Json) -> Option<Self> {
        Some(match json.variant()? {
            ("Nothing", _) => Self::Nothing,
            ("Intent", sale) => Self::Intent(Read::read(sale)?),
            ("Order", order) => Self::Order(Read::read(order)?),
            ("Closed", order) => Self::Closed(Read::read(order)?),
            ("Paid", paid) => {
                let (order, receipt) = paid.pair()?;
                Self::Paid(Read::read(order)?, Read::read(receipt)?)
            }
            ("Failed", fault) => Self::Failed(Read::read(fault)?),
            _ => return None,
        })
    }
}

impl Read for Standing {
    fn read(json: &Json) -> Option<Self> {
        Some(match json.variant()? {
            ("Open", _) => Self::Open,
            ("Paid", receipt) => Self::Paid(Read::read(receipt)?),
            _ => return None,
        })
    }
}

impl Read for Reason {
    fn read(json: &Json) -> Option<Self> {
        Some(match json.variant()? {
            ("LoginFailed", _) => Self::LoginFailed,
            ("Unauthorized", _) => Self::Unauthorized,
            ("Unreachable", _) => Self::Unreachable,
            ("AmountDiffers", _) => Self::AmountDiffers,
            ("OpenOrder", open) => Self::OpenOrder(Read::read(open)?),
            ("Refused", code) => Self::Refused(Read::read(code)?),
            _ => return None,
        })
    }
}
