//! What is read by hand is what the derived readers of the wire read, and what was written comes back.

use proptest::prelude::*;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::bench::Bench;
use crate::json::{Json, Read};
use crate::machine::snapshot::Memory;
use crate::wire::{CloseAnswer, CreateAnswer, ListAnswer, Problem, VerifyAnswer};

/// Values that belong in a field, and many that do not.
fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u32>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        Just(json!("payable")),
        Just(json!("price_changed")),
        Just(json!("\u{d7ff} 龙井 \" \\ \n")),
        Just(json!("")),
        Just(json!([])),
        Just(json!({})),
        Just(json!({ "source": "wechat", "ageMs": 3 })),
    ]
}

/// A good answer with some of its fields replaced, removed, or strangers added.
fn spoiled(good: Value) -> impl Strategy<Value = Value> {
    let names: Vec<String> = good.as_object().expect("an object").keys().cloned().chain(["stranger".into()]).collect();
    let change = (prop::sample::select(names), prop::option::of(any_value()));
    prop::collection::vec(change, 0..4).prop_map(move |changes| {
        let mut spoiled = good.clone();
        let fields = spoiled.as_object_mut().expect("an object");
        for (name, value) in changes {
            match value {
                Some(value) => fields.insert(name, value),
                None => fields.remove(&name),
            };
        }
        spoiled
    })
}

fn read<T: Read>(text: &str) -> Option<T> {
    T::read(&Json::from_text(text)?)
}

/// By hand, `null` is a field that is missing, whichever field it is.
fn agree<T: Read + DeserializeOwned>(value: &Value) {
    let text = value.to_string();
    let mut without_nulls = value.clone();
    without_nulls.as_object_mut().expect("an object").retain(|_, field| !field.is_null());
    let (by_hand, derived) = (read::<T>(&text).is_some(), serde_json::from_value::<T>(without_nulls).is_ok());
    assert_eq!(by_hand, derived, "{text}");
}

fn verify() -> Value {
    json!({ "orderId": "o", "isValid": true, "state": "paid", "amount": 6800, "refund": "none", "refundedAmount": 0,
        "wechatTransactionId": "4", "paidAt": "2026", "evidence": { "source": "wechat", "ageMs": 0 }, "retryAfterMs": 0 })
}

fn create() -> Value {
    json!({ "orderId": "o", "state": "payable", "amount": 6800, "statusToken": "t", "payableForMs": 1,
        "payment": { "timeStamp": "1", "nonceStr": "n", "package": "p", "signType": "RSA", "paySign": "s" } })
}

fn problem() -> Value {
    json!({ "type": "u", "title": "t", "status": 409, "detail": "d", "code": "open_order", "retry": "never",
        "requestId": "r", "openOrder": { "orderId": "o", "state": "payable" }, "retryAfterMs": 0 })
}

proptest! {
    #[test]
    fn a_verdict_is_read_as_the_wire_reads_it(value in spoiled(verify())) {
        agree::<VerifyAnswer>(&value);
    }

    #[test]
    fn an_order_is_read_as_the_wire_reads_it(value in spoiled(create())) {
        agree::<CreateAnswer>(&value);
    }

    #[test]
    fn a_list_is_read_as_the_wire_reads_it(value in spoiled(json!({ "orders": [
        { "orderId": "o", "state": "paid", "amount": 1, "statusToken": "t" }] }))) {
        agree::<ListAnswer>(&value);
        agree::<CloseAnswer>(&value);
    }

    /// The machine leaves the fields of a problem that are for people only.
    #[test]
    fn a_problem_that_the_wire_can_read_is_read(value in spoiled(problem())) {
        let text = value.to_string();
        if let Ok(derived) = serde_json::from_str::<Problem>(&text) {
            let by_hand = read::<Problem>(&text).expect("the wire reads it");
            prop_assert_eq!((by_hand.code, by_hand.retry, by_hand.request_id, by_hand.open_order, by_hand.retry_after_ms),
                (derived.code, derived.retry, derived.request_id, derived.open_order, derived.retry_after_ms));
        }
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "\\PC{0,200}") {
        let _ = read::<VerifyAnswer>(&text);
        let _ = read::<Memory>(&text);
    }
}

#[test]
fn a_field_given_twice_is_malformed() {
    let text = r#"{"state":"paid","state":"closed"}"#;
    assert!(read::<CloseAnswer>(text).is_none());
    assert!(serde_json::from_str::<CloseAnswer>(text).is_err());
}

fn writes_alike(value: &(impl crate::json::Write + serde::Serialize)) {
    assert_eq!(crate::json::written(value), serde_json::to_string(value).expect("plain data"));
}

#[test]
fn views_and_refusals_are_written_as_their_types_say() {
    use crate::machine::error::Rejected;
    use crate::machine::view::Refusal;
    for (_, bench) in Bench::everywhere() {
        writes_alike(&bench.view());
        let order_id = || "ord-1".to_owned().try_into().expect("an order id");
        for rejected in [
            Rejected::NotRestored,
            Rejected::AlreadyRestored,
            Rejected::Busy,
            Rejected::OrderOpen(order_id()),
            Rejected::NotAcknowledged(order_id()),
            Rejected::OldView,
            Rejected::NotNow,
            Rejected::UnknownOrder(order_id()),
            Rejected::WatchListFull,
        ] {
            writes_alike(&Refusal::new(&rejected, &bench.machine));
        }
        writes_alike(&Refusal::of_draft("items: a list".into(), &bench.machine));
    }
}

#[test]
fn names_are_written_as_their_types_say() {
    use crate::wire::{OrderState, ProblemCode, RefundState, Retry};
    for code in [
        "malformed_request",
        "body_too_large",
        "unsupported_media_type",
        "not_found",
        "method_not_allowed",
        "unauthorized",
        "session_expired",
        "login_code_invalid",
        "login_unavailable",
        "order_not_found",
        "price_changed",
        "unknown_sku",
        "invalid_order_token",
        "idempotency_key_missing",
        "idempotency_key_reused",
        "open_order",
        "in_progress",
        "order_closed",
        "payment_refused",
        "gateway_unavailable",
        "gateway_misconfigured",
        "rate_limited",
        "internal",
        "other",
    ] {
        let derived: ProblemCode = serde_json::from_value(json!(code)).expect("a code");
        writes_alike(&derived);
        assert_eq!(crate::json::written(&derived), format!("\"{code}\""), "the list above holds every code");
        assert_eq!(read::<ProblemCode>(&format!("\"{code}\"")), Some(derived));
    }
    for state in [OrderState::Payable, OrderState::Paid, OrderState::Closing, OrderState::Closed, OrderState::Unknown] {
        writes_alike(&state);
    }
    for refund in [RefundState::None, RefundState::Refunding, RefundState::Refunded] {
        writes_alike(&refund);
    }
    for retry in [Retry::Never, Retry::Same, Retry::Login, Retry::Later] {
        writes_alike(&retry);
    }
}

#[test]
fn requests_are_written_as_the_server_reads_them() {
    use crate::domain::Fen;
    use crate::wire::{AcknowledgeRequest, Basket, CloseRequest, CreateRequest, ExchangeRequest, Line, PaymentParams};
    let expected_amount = Fen::new(6800).expect("positive");
    let line = Line { sku: "龙井 \"50g\"".into(), quantity: 2 };
    for basket in [Basket::Items(vec![line.clone(), line]), Basket::OrderToken("token".into())] {
        writes_alike(&CreateRequest { basket, expected_amount, separate: true });
    }
    writes_alike(&ExchangeRequest { credential: "code".into() });
    writes_alike(&AcknowledgeRequest { order_id: "o".to_owned().try_into().expect("fits") });
    writes_alike(&CloseRequest::OrderId("o".to_owned().try_into().expect("fits")));
    writes_alike(&CloseRequest::IdempotencyKey("k".to_owned().try_into().expect("fits")));
    let [time_stamp, nonce_str, package, sign_type, pay_sign] = ["1", "n", "p", "RSA", "s"].map(String::from);
    writes_alike(&PaymentParams { time_stamp, nonce_str, package, sign_type, pay_sign });
}

#[test]
fn what_was_written_comes_back_from_every_state() {
    for (name, bench) in Bench::everywhere() {
        let text = bench.written();
        if !text.is_empty() {
            let json = Json::from_text(text).expect("it is JSON");
            let memory = Memory::from_json(&json).unwrap_or_else(|_| panic!("{name}: {text}"));
            assert_eq!(memory.to_text().0, text, "{name}");
        }
    }
}
