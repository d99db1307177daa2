//! The JSON forms of what is read and written: answers, requests, the snapshot, and what pages see.
//! See [`crate::json`] for why by hand.
//!
//! Fields of an answer that the machine has no use for are not taken over: the payer's openid among them.

use std::sync::Arc;

use super::desk::{Owed, Standing, Watched};
use super::error::{Fault, Reason};
use super::event::Draft;
use super::messages::Text;
use super::snapshot::{Kept, KeptSession, Memory, Stored};
use super::state::{Order, OrderFacts, Receipt, Sale, Sheet};
use super::view::{
    Action, ClientCode, FaultCode, FaultView, OrderView, Outcome, Phase, ReceiptView, Refusal, RefusalCode,
    StorageHealth, View, WatchedView,
};
use crate::domain::{Fen, IdempotencyKey, Millis, OrderId, SessionToken, StatusToken};
use crate::json::{Json, Read, Write, Writer, named};
use crate::wire::{
    AcknowledgeRequest, Basket, CloseAnswer, CloseRequest, CreateAnswer, CreateRequest, Evidence, EvidenceSource,
    ExchangeAnswer, ExchangeRequest, Line, ListAnswer, ListedOrder, ListedOrderRef, OrderState, PaymentParams, Problem,
    ProblemCode, RefundState, Retry, VerifyAnswer,
};

/// Structs that are read; a field with a default may be missing, one behind the semicolon is not looked at.
macro_rules! read {
    ($($type:ident { $($field:ident: $name:literal $(= $default:expr)?),* $(; $($left:ident: $value:expr),*)? })*) => { $(
        impl Read for $type {
            fn read(json: &Json) -> Option<Self> {
                Some(Self {
                    $($field: read!(@ json $name $($default)?),)*
                    $($($left: $value,)*)?
                })
            }
        }
    )* };
    (@ $json:ident $name:literal) => { $json.field($name)? };
    (@ $json:ident $name:literal $default:expr) => {
        match $json.member($name) {
            Json::Null => $default,
            json => Read::read(json)?,
        }
    };
}

/// Structs that are written; an optional field is left out where there is nothing in it.
macro_rules! write {
    ($($type:ident { $($field:ident: $($optional:ident)? $name:literal),* })*) => { $(
        impl Write for $type {
            fn write(&self, out: &mut Writer) {
                out.raw("{");
                $(write!(@ self out $field $name $($optional)?);)*
                out.raw("}");
            }
        }
    )* };
    (@ $self:ident $out:ident $field:ident $name:literal) => {
        $out.name($name);
        $self.$field.write($out);
    };
    (@ $self:ident $out:ident $field:ident $name:literal optional) => {
        if let Some(value) = &$self.$field {
            $out.name($name);
            value.write($out);
        }
    };
}

/// Structs that are both.
macro_rules! keep {
    ($($type:ident { $($field:ident: $name:literal),* })*) => {
        read! { $($type { $($field: $name),* })* }
        write! { $($type { $($field: $name),* })* }
    };
}

read! {
    ExchangeAnswer { token: "token", expires_in_ms: "expiresInMs"; user_open_id: String::new() }
    CreateAnswer {
        order_id: "orderId", state: "state", amount: "amount", status_token: "statusToken",
        payable_for_ms: "payableForMs", payment: "payment"
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
    Problem {
        code: "code", retry: "retry", request_id: "requestId" = String::new(), open_order: "openOrder",
        retry_after_ms: "retryAfterMs" = 0;
        kind: String::new(), title: String::new(), status: 0, detail: String::new()
    }
}

// Version 1 has no `closing`.
read! {
    Memory { session: "session", checkout: "checkout", watch: "watch", owed: "owed", closing: "closing" = vec![] }
}

write! {
    Memory { session: "session", checkout: "checkout", watch: "watch", owed: "owed", closing: "closing" }
    ExchangeRequest { credential: "credential" }
    AcknowledgeRequest { order_id: "orderId" }
    View {
        revision: "revision", phase: "phase", order: optional "order", actions: "actions", message: "message",
        next_look_in_ms: optional "nextLookInMs", outcome: optional "outcome", receipt: optional "receipt", fault: optional "fault",
        storage: "storage", watched: "watched"
    }
    Text { zh: "zh", en: "en" }
    OrderView { order_id: "orderId", amount: "amount" }
    ReceiptView {
        refund: "refund", refunded_amount: "refundedAmount", wechat_transaction_id: "wechatTransactionId",
        paid_at: "paidAt"
    }
    FaultView { code: "code", request_id: "requestId", open_order_id: "openOrderId" }
    WatchedView { order: "order", outcome: "outcome" }
    Refusal {
        code: "code", message: "message", detail: "detail", retry: "retry", order_id: "orderId", actions: "actions"
    }
}

keep! {
    PaymentParams {
        time_stamp: "timeStamp", nonce_str: "nonceStr", package: "package", sign_type: "signType", pay_sign: "paySign"
    }
    ListedOrderRef { order_id: "orderId", state: "state" }
    Line { sku: "sku", quantity: "quantity" }
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

/// Names; what a newer server invents becomes the variant behind `else`.
macro_rules! names {
    ($($type:ident { $($name:literal => $variant:ident),* ; else $other_name:literal => $other:ident })*) => { $(
        impl Read for $type {
            fn read(json: &Json) -> Option<Self> {
                json.text()?;
                Some(named(json, &[$(($name, Self::$variant)),*]).unwrap_or(Self::$other))
            }
        }
        written_names! { $type { $($name => $variant,)* $other_name => $other } }
    )* };
}

/// Names that are only written.
macro_rules! written_names {
    ($($type:ident { $($name:literal => $variant:ident),* })*) => { $(
        impl Write for $type {
            fn write(&self, out: &mut Writer) {
                out.quoted(match self { $(Self::$variant => $name),* });
            }
        }
    )* };
}

names! {
    OrderState { "payable" => Payable, "paid" => Paid, "closing" => Closing, "closed" => Closed; else "unknown" => Unknown }
    RefundState { "none" => None, "refunding" => Refunding; else "refunded" => Refunded }
    Retry { "never" => Never, "same" => Same, "login" => Login; else "later" => Later }
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
        else "other" => Other
    }
}

written_names! {
    Phase {
        "idle" => Idle, "recording" => Recording, "signingIn" => SigningIn, "creatingOrder" => CreatingOrder,
        "saving" => Saving, "paying" => Paying, "confirming" => Confirming, "unpaid" => Unpaid,
        "unconfirmed" => Unconfirmed, "closed" => Closed, "paid" => Paid, "failed" => Failed
    }
    Action {
        "pay" => Pay, "payAgain" => PayAgain, "checkAgain" => CheckAgain, "sheetClosed" => SheetClosed,
        "abandon" => Abandon, "setAside" => SetAside, "acknowledge" => Acknowledge, "buyAgain" => BuyAgain
    }
    Outcome { "paid" => Paid, "unpaid" => Unpaid, "unconfirmed" => Unconfirmed, "failed" => Failed }
    StorageHealth { "working" => Working, "failing" => Failing, "damaged" => Damaged, "newer" => Newer }
    ClientCode { "login_failed" => LoginFailed, "unreachable" => Unreachable, "amount_differs" => AmountDiffers }
    RefusalCode {
        "not_restored" => NotRestored, "already_restored" => AlreadyRestored, "busy" => Busy,
        "order_open" => OrderOpen, "not_acknowledged" => NotAcknowledged, "old_view" => OldView,
        "not_now" => NotNow, "unknown_order" => UnknownOrder, "watch_list_full" => WatchListFull,
        "bad_draft" => BadDraft
    }
}

impl Write for FaultCode {
    fn write(&self, out: &mut Writer) {
        match self {
            Self::Server(code) => code.write(out),
            Self::Client(code) => code.write(out),
        }
    }
}

impl Read for EvidenceSource {
    fn read(json: &Json) -> Option<Self> {
        Some(if json.text()? == "wechat" { Self::Wechat } else { Self::Ledger })
    }
}

macro_rules! identifiers {
    ($($type:ident)*) => { $(
        impl Read for $type {
            fn read(json: &Json) -> Option<Self> {
                json.text()?.to_owned().try_into().ok()
            }
        }
        impl Write for $type {
            fn write(&self, out: &mut Writer) {
                out.text(self.as_str());
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

/// The sheet is not of the order, but of the process that opened it.
impl Write for Order {
    fn write(&self, out: &mut Writer) {
        self.facts.write(out);
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

impl Write for Fen {
    fn write(&self, out: &mut Writer) {
        self.get().write(out);
    }
}

impl Write for Millis {
    fn write(&self, out: &mut Writer) {
        self.0.write(out);
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

impl Basket {
    /// The name of its field, and what that holds.
    fn field(&self) -> (&'static str, &dyn Write) {
        match self {
            Self::Items(lines) => ("items", lines),
            Self::OrderToken(token) => ("orderToken", token),
        }
    }
}

impl Write for Basket {
    fn write(&self, out: &mut Writer) {
        let (name, contents) = self.field();
        out.variant(name, contents);
    }
}

/// For the trace: what is bought is nobody's business, how it is asked for is.
impl Write for Draft {
    fn write(&self, out: &mut Writer) {
        out.raw("{");
        out.name("lines");
        self.lines().write(out);
        out.name("expectedAmount");
        self.expected_amount().write(out);
        out.raw("}");
    }
}

impl Write for Stored {
    fn write(&self, out: &mut Writer) {
        match self {
            Self::Missing => out.quoted("missing"),
            Self::NoJson => out.quoted("noJson"),
            Self::Unreadable => out.quoted("unreadable"),
            Self::Found(json) => json.write(out),
        }
    }
}

impl Write for CreateRequest {
    fn write(&self, out: &mut Writer) {
        let (name, contents) = self.basket.field();
        out.raw("{");
        out.name(name);
        contents.write(out);
        out.name("expectedAmount");
        self.expected_amount.write(out);
        out.name("separate");
        self.separate.write(out);
        out.raw("}");
    }
}

impl Read for CloseRequest {
    fn read(json: &Json) -> Option<Self> {
        match json.variant()? {
            ("orderId", order_id) => Read::read(order_id).map(Self::OrderId),
            ("idempotencyKey", key) => Read::read(key).map(Self::IdempotencyKey),
            _ => None,
        }
    }
}

impl Write for CloseRequest {
    fn write(&self, out: &mut Writer) {
        match self {
            Self::OrderId(order_id) => out.variant("orderId", order_id),
            Self::IdempotencyKey(key) => out.variant("idempotencyKey", key),
        }
    }
}

impl Write for Kept {
    fn write(&self, out: &mut Writer) {
        match self {
            Self::Nothing => out.quoted("Nothing"),
            Self::Intent(sale) => out.variant("Intent", sale),
            Self::Order(order) => out.variant("Order", order),
            Self::Closed(order) => out.variant("Closed", order),
            Self::Paid(order, receipt) => out.variant("Paid", &(order, receipt)),
            Self::Failed(fault) => out.variant("Failed", fault),
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

impl Write for Standing {
    fn write(&self, out: &mut Writer) {
        match self {
            Self::Open => out.quoted("Open"),
            Self::Paid(receipt) => out.variant("Paid", receipt),
        }
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

impl Write for Reason {
    fn write(&self, out: &mut Writer) {
        match self {
            Self::LoginFailed => out.quoted("LoginFailed"),
            Self::Unauthorized => out.quoted("Unauthorized"),
            Self::Unreachable => out.quoted("Unreachable"),
            Self::AmountDiffers => out.quoted("AmountDiffers"),
            Self::OpenOrder(open) => out.variant("OpenOrder", open),
            Self::Refused(code) => out.variant("Refused", code),
        }
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
