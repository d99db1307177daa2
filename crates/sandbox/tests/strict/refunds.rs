//! Refunds: their arithmetic, and that a number refunds once.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::merchant::{Merchant, REFUNDS};

#[tokio::test]
async fn a_refund_is_accepted_first_and_done_later() {
    let mut merchant = Merchant::start().await;
    let transaction_id = merchant.pay_for("T-00000001").await;
    let accepted = merchant.ask_refund("T-00000001", "R-1", 6800).await;
    assert_eq!(accepted.status, StatusCode::OK, "{}", accepted.raw);
    assert_eq!(accepted.body["status"], "PROCESSING");
    assert_eq!(accepted.body["transaction_id"], transaction_id.as_str());
    assert!(accepted.body.get("success_time").is_none());
    assert_eq!(merchant.query("T-00000001").await.body["trade_state"], "REFUND");

    merchant.advance(5).await;
    let done = merchant.query_refund("R-1").await;
    assert_eq!((&done.body["status"], &done.body["refund_id"]), (&json!("SUCCESS"), &accepted.body["refund_id"]));
    assert!(done.body["success_time"].is_string());
    assert_eq!(done.body["amount"]["refund"], 6800);
}

#[tokio::test]
async fn the_same_refund_again_is_the_same_refund() {
    let merchant = Merchant::start().await;
    merchant.pay_for("T-00000001").await;
    let first = merchant.ask_refund("T-00000001", "R-1", 100).await;
    let again = merchant.ask_refund("T-00000001", "R-1", 100).await;
    assert_eq!(first.body["refund_id"], again.body["refund_id"]);
    let other = merchant.ask_refund("T-00000001", "R-1", 101).await;
    assert_eq!(other.refused(400, "INVALID_REQUEST").numeric, 268_498_688);
}

#[tokio::test]
async fn refunds_are_summed_and_never_exceed_what_was_paid() {
    let mut merchant = Merchant::start().await;
    merchant.pay_for("T-00000001").await;
    assert_eq!(merchant.ask_refund("T-00000001", "R-1", 4000).await.status, StatusCode::OK);
    merchant.advance(61).await;
    merchant.ask_refund("T-00000001", "R-2", 2801).await.refused(400, "INVALID_REQUEST");
    assert_eq!(merchant.ask_refund("T-00000001", "R-2", 2800).await.status, StatusCode::OK);
    merchant.advance(61).await;
    merchant.ask_refund("T-00000001", "R-3", 1).await.refused(400, "INVALID_REQUEST");
}

#[tokio::test]
async fn a_closed_refund_gives_its_part_back() {
    let mut merchant = Merchant::start().await;
    merchant.pay_for("T-00000001").await;
    merchant.fault(json!({ "fault": "refund_closed", "path": REFUNDS, "count": 1 })).await;
    merchant.ask_refund("T-00000001", "R-1", 6800).await;
    merchant.advance(61).await;
    assert_eq!(merchant.query_refund("R-1").await.body["status"], "CLOSED");
    assert_eq!(merchant.ask_refund("T-00000001", "R-2", 6800).await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_abnormal_refund_keeps_its_part() {
    let mut merchant = Merchant::start().await;
    merchant.pay_for("T-00000001").await;
    merchant.fault(json!({ "fault": "refund_abnormal", "path": REFUNDS, "count": 1 })).await;
    merchant.ask_refund("T-00000001", "R-1", 6800).await;
    merchant.advance(61).await;
    assert_eq!(merchant.query_refund("R-1").await.body["status"], "ABNORMAL");
    merchant.ask_refund("T-00000001", "R-2", 1).await.refused(400, "INVALID_REQUEST");
}

#[tokio::test]
async fn two_refunds_of_one_payment_are_a_minute_apart() {
    let mut merchant = Merchant::start().await;
    merchant.pay_for("T-00000001").await;
    merchant.ask_refund("T-00000001", "R-1", 100).await;
    merchant.ask_refund("T-00000001", "R-2", 100).await.refused(429, "FREQUENCY_LIMITED");
    merchant.advance(61).await;
    assert_eq!(merchant.ask_refund("T-00000001", "R-2", 100).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_refund_that_was_closed_starts_the_pause_as_well() {
    let mut merchant = Merchant::start().await;
    merchant.pay_for("T-00000001").await;
    merchant.fault(json!({ "fault": "refund_closed", "count": 1 })).await;
    merchant.ask_refund("T-00000001", "R-1", 100).await;
    merchant.advance(10).await;
    assert_eq!(merchant.query_refund("R-1").await.body["status"], "CLOSED");
    merchant.ask_refund("T-00000001", "R-2", 100).await.refused(429, "FREQUENCY_LIMITED");
    merchant.advance(51).await;
    assert_eq!(merchant.ask_refund("T-00000001", "R-2", 100).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_refund_that_will_be_closed_keeps_its_part_until_then() {
    let mut merchant = Merchant::start().await;
    merchant.control("clock", &json!({ "frozen": true })).await;
    merchant.pay_for("T-00000001").await;
    merchant.fault(json!({ "fault": "refund_closed", "count": 1 })).await;
    merchant.ask_refund("T-00000001", "R-1", 6800).await;
    assert_eq!(merchant.query_refund("R-1").await.body["status"], "PROCESSING");
    // The sum is looked at before the pause.
    merchant.ask_refund("T-00000001", "R-2", 1).await.refused(400, "INVALID_REQUEST");
    merchant.advance(10).await;
    merchant.ask_refund("T-00000001", "R-2", 1).await.refused(429, "FREQUENCY_LIMITED");
}

#[tokio::test]
async fn a_payment_is_refunded_in_fifty_parts_at_most() {
    let mut merchant = Merchant::start().await;
    merchant.pay_for("T-00000001").await;
    for number in 1..=50 {
        let reply = merchant.ask_refund("T-00000001", &format!("R-{number}"), 1).await;
        assert_eq!(reply.status, StatusCode::OK, "{number}: {}", reply.raw);
        merchant.advance(61).await;
    }
    let reply = merchant.ask_refund("T-00000001", "R-51", 1).await;
    assert!(reply.refused(400, "INVALID_REQUEST").raw.contains("50"), "{}", reply.raw);
}

#[tokio::test]
async fn a_payment_is_refunded_within_a_year() {
    let mut merchant = Merchant::start().await;
    merchant.pay_for("T-00000001").await;
    merchant.advance(365 * 86_400 + 60).await;
    merchant.ask_refund("T-00000001", "R-1", 1).await.refused(400, "INVALID_REQUEST");
}

/// Of the payment, not of the order.
#[tokio::test]
async fn the_year_begins_with_the_payment() {
    let mut merchant = Merchant::start().await;
    merchant.prepay("T-00000001").await;
    merchant.advance(6 * 86_400).await;
    merchant.pay_for("T-00000001").await;
    merchant.advance(362 * 86_400).await;
    assert_eq!(merchant.ask_refund("T-00000001", "R-1", 1).await.status, StatusCode::OK);
    merchant.advance(4 * 86_400).await;
    merchant.ask_refund("T-00000001", "R-2", 1).await.refused(400, "INVALID_REQUEST");
}

#[tokio::test]
async fn only_what_was_paid_is_refunded_and_under_its_own_total() {
    let merchant = Merchant::start().await;
    merchant.prepay("T-00000001").await;
    merchant.ask_refund("T-00000001", "R-1", 1).await.refused(400, "INVALID_REQUEST");
    merchant.ask_refund("T-99999999", "R-1", 1).await.refused(404, "RESOURCE_NOT_EXISTS");
    merchant.query_refund("R-1").await.refused(404, "RESOURCE_NOT_EXISTS");
    merchant.pay_for("T-00000002").await;
    let mut wish = merchant.refund("T-00000002", "R-1", 1);
    wish["amount"]["total"] = 6799.into();
    let reply = merchant.send(merchant.post(REFUNDS, &wish)).await;
    assert_eq!(reply.refused(400, "PARAM_ERROR").body["detail"]["field"], "/amount/total");
    assert_eq!(reply.body["detail"]["value"], "6799");
}

#[tokio::test]
async fn a_refund_field_out_of_its_type_length_or_characters() {
    let merchant = Merchant::start().await;
    merchant.pay_for("T-00000001").await;
    for (path, value) in [
        ("out_refund_no", json!("")),
        ("out_refund_no", json!("R 1")),
        ("out_refund_no", json!("R".repeat(65))),
        ("reason", json!("x".repeat(81))),
        ("notify_url", json!("http://pay.example.com/n")),
        ("funds_account", json!("OTHER")),
        ("surplus", json!("1")),
    ] {
        let mut wish = merchant.refund("T-00000001", "R-1", 1);
        wish[path] = value;
        let reply = merchant.send(merchant.post(REFUNDS, &wish)).await;
        assert_eq!(reply.refused(400, "PARAM_ERROR").body["detail"]["field"], format!("/{}", path.replace('.', "/")));
    }
    for (name, value) in [
        ("refund", json!(0)),
        ("refund", json!("1")),
        ("refund", json!(1.0)),
        ("refund", json!(6801)),
        ("total", Value::Null),
        ("currency", json!("USD")),
    ] {
        let mut wish = merchant.refund("T-00000001", "R-1", 1);
        wish["amount"][name] = value;
        let reply = merchant.send(merchant.post(REFUNDS, &wish)).await;
        assert_eq!(reply.refused(400, "PARAM_ERROR").body["detail"]["field"], format!("/amount/{name}"));
    }
    let mut wish = merchant.refund("T-00000001", "R-1", 1);
    wish.as_object_mut().expect("an object").remove("out_trade_no");
    merchant.send(merchant.post(REFUNDS, &wish)).await.refused(400, "PARAM_ERROR");
    merchant.query_refund("R-1").await.refused(404, "RESOURCE_NOT_EXISTS");
}

#[tokio::test]
async fn a_refund_may_name_wechats_number_instead() {
    let merchant = Merchant::start().await;
    let transaction_id = merchant.pay_for("T-00000001").await;
    let mut wish = merchant.refund("T-00000001", "R-1", 1);
    wish.as_object_mut().expect("an object").remove("out_trade_no");
    wish["transaction_id"] = transaction_id.into();
    let reply = merchant.send(merchant.post(REFUNDS, &wish)).await;
    assert_eq!(reply.body["out_trade_no"], "T-00000001", "{}", reply.raw);
}
