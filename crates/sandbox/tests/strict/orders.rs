//! The life of an order: ordered again, asked about, closed.

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::merchant::{Merchant, PREPAY};

#[tokio::test]
async fn the_same_order_again_gets_a_fresh_prepay_id_and_the_old_one_still_works() {
    let merchant = Merchant::start().await;
    let first = merchant.prepay("T-00000001").await;
    let second = merchant.prepay("T-00000001").await;
    assert_ne!(first, second);
    assert_eq!(merchant.pay(&merchant.sheet(&first)).await, "requestPayment:ok");
}

#[tokio::test]
async fn the_same_number_with_other_parameters() {
    let merchant = Merchant::start().await;
    merchant.prepay("T-00000001").await;
    for (field, value) in [
        ("amount", json!({ "total": 6801, "currency": "CNY" })),
        ("description", json!("碧螺春")),
        ("attach", json!("x")),
        ("payer", json!({ "openid": merchant.identity.users[1].openid })),
    ] {
        let mut order = merchant.order("T-00000001");
        order[field] = value;
        let reply = merchant.send(merchant.post(PREPAY, &order)).await;
        assert_eq!(reply.refused(400, "INVALID_REQUEST").numeric, 268_498_688);
    }
    assert_eq!(merchant.query("T-00000001").await.body["amount"]["total"], 6800);
}

#[tokio::test]
async fn a_closed_number_is_used_up() {
    let merchant = Merchant::start().await;
    let prepay_id = merchant.prepay("T-00000001").await;
    assert_eq!(merchant.close("T-00000001").await.status, StatusCode::NO_CONTENT);
    assert_eq!(merchant.query("T-00000001").await.body["trade_state"], "CLOSED");
    merchant.send(merchant.post(PREPAY, &merchant.order("T-00000001"))).await.refused(400, "ORDER_CLOSED");
    assert!(merchant.pay(&merchant.sheet(&prepay_id)).await.starts_with("requestPayment:fail 该订单已关闭"));
}

#[tokio::test]
async fn a_paid_number_is_used_up_and_cannot_be_closed() {
    let merchant = Merchant::start().await;
    merchant.pay_for("T-00000001").await;
    let again = merchant.send(merchant.post(PREPAY, &merchant.order("T-00000001"))).await;
    assert_eq!(again.refused(400, "ORDER_PAID").numeric, 268_498_689);
    assert_eq!(merchant.close("T-00000001").await.refused(400, "ORDER_PAID").numeric, 268_449_538);
    assert_eq!(merchant.query("T-00000001").await.body["trade_state"], "SUCCESS");
}

#[tokio::test]
async fn a_lapsed_order_stays_unpaid_until_it_is_closed() {
    let mut merchant = Merchant::start().await;
    let mut order = merchant.order("T-00000001");
    order["time_expire"] = "2098-01-01T10:00:00+08:00".into();
    let far = merchant.send(merchant.post(PREPAY, &order)).await;
    assert_eq!(far.status, StatusCode::OK);

    // The default limit is seven days; the order below gets ten minutes.
    let mut order = merchant.order("T-00000002");
    let expiry = jiff::Timestamp::from_second(i64::try_from(merchant.now() + 600).expect("fits")).expect("a time");
    order["time_expire"] = expiry.to_string().into();
    let prepay = merchant.send(merchant.post(PREPAY, &order)).await;
    let prepay_id = prepay.body["prepay_id"].as_str().expect("a prepay_id").to_owned();
    merchant.advance(660).await;

    assert_eq!(merchant.query("T-00000002").await.body["trade_state"], "NOTPAY");
    let again = merchant.send(merchant.post(PREPAY, &order)).await;
    assert_eq!(again.refused(400, "INVALID_REQUEST").numeric, 268_447_914);
    assert!(merchant.pay(&merchant.sheet(&prepay_id)).await.starts_with("requestPayment:fail 该订单已过期"));
    assert_eq!(merchant.close("T-00000002").await.status, StatusCode::NO_CONTENT);
    assert_eq!(merchant.query("T-00000002").await.body["trade_state"], "CLOSED");
}

#[tokio::test]
async fn an_abandoned_order_closes_by_itself_after_seven_days() {
    let mut merchant = Merchant::start().await;
    merchant.prepay("T-00000001").await;
    merchant.advance(7 * 86_400 - 60).await;
    assert_eq!(merchant.query("T-00000001").await.body["trade_state"], "NOTPAY");
    merchant.advance(120).await;
    assert_eq!(merchant.query("T-00000001").await.body["trade_state"], "CLOSED");
}

#[tokio::test]
async fn an_unpaid_order_has_no_payment_in_it() {
    let merchant = Merchant::start().await;
    merchant.prepay("T-00000001").await;
    let reply = merchant.query("T-00000001").await;
    assert_eq!(reply.body["trade_state"], "NOTPAY");
    assert_eq!(reply.body["payer"], json!({}));
    for absent in ["transaction_id", "success_time"] {
        assert!(reply.body.get(absent).is_none(), "{}", reply.raw);
    }
}

#[tokio::test]
async fn a_paid_order_is_found_by_both_numbers() {
    let merchant = Merchant::start().await;
    let transaction_id = merchant.pay_for("T-00000001").await;
    assert_eq!(transaction_id.len(), 28);
    let target = format!("/v3/pay/transactions/id/{transaction_id}?mchid={}", merchant.identity.mchid);
    let reply = merchant.send(merchant.get(&target)).await;
    for (field, value) in [
        ("out_trade_no", json!("T-00000001")),
        ("trade_state", json!("SUCCESS")),
        ("appid", json!(merchant.identity.appid)),
        ("mchid", json!(merchant.identity.mchid)),
        ("payer", json!({ "openid": merchant.openid() })),
        ("amount", json!({ "total": 6800, "payer_total": 6800, "currency": "CNY", "payer_currency": "CNY" })),
    ] {
        assert_eq!(reply.body[field], value, "{}", reply.raw);
    }
}

#[tokio::test]
async fn numbers_and_paths_are_case_sensitive() {
    let merchant = Merchant::start().await;
    merchant.prepay("T-0000000a").await;
    let reply = merchant.query("T-0000000A").await;
    assert_eq!(reply.refused(404, "ORDER_NOT_EXIST").numeric, 268_512_771);
    let target = format!("/v3/pay/transactions/Out-Trade-No/T-0000000a?mchid={}", merchant.identity.mchid);
    merchant.send(merchant.get(&target)).await.refused(404, "RESOURCE_NOT_EXISTS");
    merchant.send(merchant.draft(Method::PUT, PREPAY, "")).await.refused(404, "RESOURCE_NOT_EXISTS");
}

#[tokio::test]
async fn a_query_names_the_merchant() {
    let merchant = Merchant::start().await;
    merchant.prepay("T-00000001").await;
    for query in ["", "?", "?mchid="] {
        let draft = merchant.get(&format!("/v3/pay/transactions/out-trade-no/T-00000001{query}"));
        let reply = merchant.send(draft).await;
        assert_eq!(reply.refused(400, "PARAM_ERROR").body["detail"]["location"], "query");
    }
    let misnamed = format!("/v3/pay/transactions/out-trade-no/T-00000001?mch_id={}", merchant.identity.mchid);
    let reply = merchant.send(merchant.get(&misnamed)).await;
    assert_eq!(reply.refused(400, "PARAM_ERROR").body["detail"]["field"], "mch_id");
}

#[tokio::test]
async fn close_is_answered_alike_for_closed_and_unknown_numbers() {
    let merchant = Merchant::start().await;
    merchant.prepay("T-00000001").await;
    for number in ["T-00000001", "T-00000001", "T-99999999"] {
        assert_eq!(merchant.close(number).await.status, StatusCode::NO_CONTENT);
    }
    merchant.query("T-99999999").await.refused(404, "ORDER_NOT_EXIST");
}

/// Signed, with a Request-ID and in the gateway's own words, like every other refusal.
#[tokio::test]
async fn a_number_that_is_no_text_is_refused_by_the_gateway_itself() {
    let merchant = Merchant::start().await;
    let mchid = &merchant.identity.mchid;
    for target in [
        format!("/v3/pay/transactions/out-trade-no/%ff?mchid={mchid}"),
        format!("/v3/pay/transactions/id/%ff?mchid={mchid}"),
        "/v3/refund/domestic/refunds/%ff".to_owned(),
    ] {
        let reply = merchant.send(merchant.get(&target)).await;
        assert!(reply.status.is_client_error() && reply.body["code"].is_string(), "{target}: {}", reply.raw);
    }
    let close = "/v3/pay/transactions/out-trade-no/%ff/close";
    // As for any number that nobody knows; `send` has verified the signature.
    assert_eq!(merchant.send(merchant.post(close, &json!({ "mchid": mchid }))).await.status, StatusCode::NO_CONTENT);
}
