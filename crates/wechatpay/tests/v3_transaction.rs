//! How a queried order is read.

use serde_json::{Value, json};
use wechatpay::v3::types::{TradeState, Transaction};

fn paid() -> Value {
    json!({
        "appid": "wxd678efh567hg6787", "mchid": "1230000109", "out_trade_no": "T-1",
        "trade_state": "SUCCESS", "transaction_id": "42000001", "success_time": "2026-01-01T10:00:00+08:00",
        "payer": {"openid": "o-1"}, "amount": {"total": 6800, "payer_total": 6300, "currency": "CNY"},
        "a_field_of_tomorrow": {"x": [1, null]},
    })
}

fn read(value: Value) -> Result<Transaction, String> {
    serde_json::from_value(value).map_err(|error| error.to_string())
}

#[test]
fn the_amount_is_what_was_ordered_and_unknown_fields_pass() {
    let transaction = read(paid()).expect("reads");
    assert_eq!(transaction.payment().expect("paid").total, 6800, "not what was paid after coupons");
}

#[test]
fn a_refunded_order_was_paid() {
    let mut value = paid();
    value["trade_state"] = "REFUND".into();
    let transaction = read(value).expect("reads");
    assert!(matches!(transaction.state, TradeState::Refund(_)));
    assert!(transaction.payment().is_some());
}

#[test]
fn every_other_state_says_nothing_about_money() {
    for (word, state) in [
        ("NOTPAY", TradeState::NotPay),
        ("CLOSED", TradeState::Closed),
        ("USERPAYING", TradeState::Other("USERPAYING".into())),
        ("REVOKED", TradeState::Other("REVOKED".into())),
        ("PAYERROR", TradeState::Other("PAYERROR".into())),
        ("ACCEPT", TradeState::Other("ACCEPT".into())),
    ] {
        let value = json!({"appid": "wx1", "mchid": "1", "out_trade_no": "T-1", "trade_state": word, "payer": {}, "amount": {"total": 1}});
        let transaction = read(value).expect("reads");
        assert_eq!(transaction.state, state);
        assert!(transaction.payment().is_none());
    }
}

#[test]
fn a_payment_without_its_parts_is_not_guessed_at() {
    for field in ["transaction_id", "success_time", "payer", "amount"] {
        let mut value = paid();
        value.as_object_mut().expect("an object").remove(field);
        let error = read(value).expect_err("incomplete");
        assert!(error.contains(field), "{error}");
    }
}

#[test]
fn an_amount_is_a_whole_number() {
    for bad in [json!(68.5), json!("6800"), json!(-1), json!(null)] {
        let mut value = paid();
        value["amount"]["total"] = bad;
        read(value).expect_err("not an amount");
    }
}
