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

fn agree<T: Read + DeserializeOwned>(value: &Value) {
    let text = value.to_string();
    let (by_hand, derived) = (read::<T>(&text).is_some(), serde_json::from_str::<T>(&text).is_ok());
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
