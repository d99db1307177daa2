//! WeChat's clock: moved, set, stopped, and what hangs on it.

use reqwest::StatusCode;
use serde_json::json;
use wx_checkout_sandbox::RETRY_SECONDS;

use crate::merchant::{Merchant, NONCE, PREPAY};
use crate::receiver::Receiver;

/// 2030-01-01 00:00:00 in Beijing.
const THEN_MS: u64 = 1_893_427_200_000;

#[tokio::test]
async fn a_frozen_clock_stands_and_goes_on_when_told() {
    let merchant = Merchant::start().await;
    let frozen = merchant.control("clock", &json!({ "setMs": THEN_MS, "frozen": true })).await;
    assert_eq!(frozen, json!({ "nowMs": THEN_MS, "frozen": true }));
    assert_eq!(merchant.control("clock", &json!({})).await["nowMs"], THEN_MS);
    let moved = merchant.control("clock", &json!({ "advanceMs": 1500 })).await;
    assert_eq!(moved, json!({ "nowMs": THEN_MS + 1500, "frozen": true }));
    let running = merchant.control("clock", &json!({ "frozen": false })).await;
    assert_eq!(running["frozen"], false);
    let shown = running["nowMs"].as_u64().expect("a time");
    assert!((THEN_MS + 1500..THEN_MS + 60_000).contains(&shown), "{shown}");
    let reset = merchant.control("clock", &json!({ "reset": true })).await["nowMs"].as_u64().expect("a time");
    assert!(reset.abs_diff(merchant.now() * 1000) < 60_000, "{reset}");
}

#[tokio::test]
async fn a_time_that_is_no_date_is_refused_and_changes_nothing() {
    let merchant = Merchant::start().await;
    merchant.control("clock", &json!({ "setMs": THEN_MS, "frozen": true })).await;
    // Microseconds, say.
    for wrong in [json!({ "setMs": 9_000_000_000_000_000_u64 }), json!({ "advanceMs": 9_000_000_000_000_000_u64 })] {
        let refused = merchant.control("clock", &wrong).await;
        assert!(refused["error"].as_str().is_some_and(|error| error.contains("milliseconds")), "{refused}");
    }
    assert_eq!(merchant.control("clock", &json!({})).await["nowMs"], THEN_MS);
}

#[tokio::test]
async fn signatures_are_judged_by_wechats_clock() {
    let merchant = Merchant::start().await;
    merchant.control("clock", &json!({ "setMs": THEN_MS, "frozen": true })).await;
    let body = merchant.order("T-00000001").to_string();
    for (seconds, status) in [(THEN_MS / 1000, 200), (THEN_MS / 1000 + 300, 200), (THEN_MS / 1000 + 301, 401)] {
        let signed = merchant.signer.authorization("POST", PREPAY, seconds, NONCE, body.as_bytes()).expect("signs");
        let draft = merchant.draft(reqwest::Method::POST, PREPAY, &body).with("authorization", signed);
        let answer = merchant.send_unverified(draft).await.expect("an answer");
        assert_eq!(answer.status().as_u16(), status);
        assert_eq!(answer.headers()["wechatpay-timestamp"], (THEN_MS / 1000).to_string().as_str());
    }
}

#[tokio::test]
async fn the_ladder_runs_on_the_clock_and_ends_after_a_day() {
    let refuse_all = vec![StatusCode::INTERNAL_SERVER_ERROR; RETRY_SECONDS.len() + 1];
    let mut receiver = Receiver::start(refuse_all).await;
    let mut merchant = Merchant::start_with(vec![receiver.route.clone()]).await;
    merchant.pay_for("T-00000001").await;
    receiver.next().await;
    for (tries, seconds) in RETRY_SECONDS.into_iter().enumerate() {
        merchant.event(&format!("try {}: answered with 500", tries + 1)).await;
        merchant.advance(seconds).await;
        receiver.next().await;
    }
    merchant.event("it was the last").await;
    merchant.advance(100 * 86_400).await;
    let orders = merchant.http.get(format!("{}/_sandbox/orders", merchant.identity.base_url)).send().await;
    let books: serde_json::Value =
        serde_json::from_slice(&orders.expect("an answer").bytes().await.expect("a body")).expect("JSON");
    assert_eq!(books["notificationsOwed"], json!([]), "given up");
    assert!(receiver.received.try_recv().is_err());
}

#[tokio::test]
async fn what_the_clock_does_not_take() {
    let merchant = Merchant::start().await;
    for bad in [json!({ "advanceMs": -1 }), json!({ "frozen": "yes" }), json!({ "speed": 2 }), json!([1])] {
        assert!(merchant.control("clock", &bad).await["error"].is_string(), "{bad}");
    }
}

#[tokio::test]
async fn an_order_that_closed_by_itself_stays_closed_when_the_clock_goes_back() {
    let mut merchant = Merchant::start().await;
    let prepay_id = merchant.prepay("T-00000001").await;
    merchant.advance(8 * 86_400).await;
    assert_eq!(merchant.query("T-00000001").await.body["trade_state"], "CLOSED");
    merchant.prepay("T-00000002").await;
    merchant.control("clock", &json!({ "reset": true })).await;
    let merchant = merchant.at_the_machines_time();
    assert_eq!(merchant.query("T-00000001").await.body["trade_state"], "CLOSED");
    merchant.send(merchant.post(PREPAY, &merchant.order("T-00000001"))).await.refused(400, "ORDER_CLOSED");
    assert!(merchant.pay(&merchant.sheet(&prepay_id)).await.contains("已关闭"));
    assert_eq!(merchant.query("T-00000002").await.body["trade_state"], "NOTPAY", "made later, and open");
}
