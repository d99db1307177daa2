//! A service provider and its sub-merchant.

use reqwest::StatusCode;
use serde_json::{Value, json};
use wechatpay::v3::notification::{ApiV3Key, Resource, open};

use crate::merchant::{Merchant, REFUNDS};
use crate::receiver::Receiver;

const PARTNER: &str = "/v3/pay/partner/transactions";

/// An order in the sub-merchant's own mini program.
fn order(merchant: &Merchant, number: &str) -> Value {
    let app = &merchant.identity.apps[1];
    json!({
        "sp_appid": merchant.identity.appid, "sp_mchid": merchant.identity.mchid,
        "sub_appid": app.appid, "sub_mchid": sub_mchid(merchant), "description": "西湖龙井 50g",
        "out_trade_no": number, "notify_url": "https://pay.example.com/notify/v3/payment",
        "amount": { "total": 6800 }, "payer": { "sub_openid": app.users[0].openid },
    })
}

fn sub_mchid(merchant: &Merchant) -> &str {
    &merchant.identity.merchant(&merchant.identity.mchid).expect("known").sub_mchid
}

async fn ask(merchant: &Merchant, order: &Value) -> crate::merchant::Reply {
    merchant.send(merchant.post(&format!("{PARTNER}/jsapi"), order)).await
}

fn query_of(merchant: &Merchant, number: &str) -> String {
    let (sp, sub) = (&merchant.identity.mchid, sub_mchid(merchant));
    format!("{PARTNER}/out-trade-no/{number}?sp_mchid={sp}&sub_mchid={sub}")
}

async fn pay(merchant: &Merchant, prepay_id: &Value) -> String {
    let app = &merchant.identity.apps[1];
    let prepay_id = prepay_id.as_str().expect("a prepay_id");
    let signed = merchant.signer.pay_sign(&app.appid, prepay_id, merchant.now(), crate::merchant::NONCE);
    let mut sheet = serde_json::to_value(signed.expect("signs")).expect("JSON");
    sheet["openid"] = app.users[0].openid.as_str().into();
    merchant.pay(&sheet).await
}

#[tokio::test]
async fn an_order_is_made_paid_queried_notified_and_refunded() {
    let mut receiver = Receiver::start(vec![]).await;
    let mut merchant = Merchant::start_with(vec![receiver.route.clone()]).await;
    let made = ask(&merchant, &order(&merchant, "T-00000001")).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.raw);
    assert_eq!(pay(&merchant, &made.body["prepay_id"]).await, "requestPayment:ok");

    let reply = merchant.send(merchant.get(&query_of(&merchant, "T-00000001"))).await;
    let app = &merchant.identity.apps[1];
    for (field, value) in [
        ("trade_state", json!("SUCCESS")),
        ("sp_mchid", json!(merchant.identity.mchid)),
        ("sub_mchid", json!(sub_mchid(&merchant))),
        ("sub_appid", json!(app.appid)),
        ("payer", json!({ "sp_openid": merchant.openid(), "sub_openid": app.users[0].openid })),
    ] {
        assert_eq!(reply.body[field], value, "{}", reply.raw);
    }
    assert!(reply.body.get("mchid").is_none(), "{}", reply.raw);

    let key = ApiV3Key::new(&merchant.identity.api_v3_key).expect("32 bytes");
    let notification = open(&receiver.next().await.body, &key).expect("opens");
    let Resource::Transaction(transaction) = notification.resource else { panic!("a payment") };
    assert_eq!(transaction.sub_mchid.as_deref(), Some(sub_mchid(&merchant)));

    let mut wish = merchant.refund("T-00000001", "R-1", 6800);
    merchant.send(merchant.post(REFUNDS, &wish)).await.refused(404, "RESOURCE_NOT_EXISTS");
    wish["sub_mchid"] = sub_mchid(&merchant).into();
    assert_eq!(merchant.send(merchant.post(REFUNDS, &wish)).await.body["status"], "PROCESSING");
    let target = format!("{REFUNDS}/R-1?sub_mchid={}", sub_mchid(&merchant));
    assert_eq!(merchant.send(merchant.get(&target)).await.body["out_refund_no"], "R-1");
    merchant.query_refund("R-1").await.refused(404, "RESOURCE_NOT_EXISTS");

    merchant.advance(5).await;
    let notification = open(&receiver.next().await.body, &key).expect("opens");
    assert_eq!(notification.event_type, "REFUND.SUCCESS");
    let Resource::Refund(notice) = notification.resource else { panic!("a refund") };
    assert_eq!((notice.refund.out_refund_no.as_str(), notice.refund.refund), ("R-1", 6800));
    assert_eq!(notice.sub_mchid.as_deref(), Some(sub_mchid(&merchant)));
}

#[tokio::test]
async fn an_unpaid_order_is_closed_under_both_numbers() {
    let merchant = Merchant::start().await;
    ask(&merchant, &order(&merchant, "T-00000001")).await;
    let target = format!("{PARTNER}/out-trade-no/T-00000001/close");
    let half = json!({ "sp_mchid": merchant.identity.mchid });
    merchant.send(merchant.post(&target, &half)).await.refused(400, "PARAM_ERROR");
    let whole = json!({ "sp_mchid": merchant.identity.mchid, "sub_mchid": sub_mchid(&merchant) });
    assert_eq!(merchant.send(merchant.post(&target, &whole)).await.status, StatusCode::NO_CONTENT);
    let reply = merchant.send(merchant.get(&query_of(&merchant, "T-00000001"))).await;
    assert_eq!(reply.body["trade_state"], "CLOSED");
}

#[tokio::test]
async fn whose_sub_merchant_it_is() {
    let merchant = Merchant::start().await;
    let of_the_other = merchant.identity.merchants[1].sub_mchid.clone();
    for (sub_mchid, status, code, numeric) in [
        (json!(merchant.identity.mchid), 400, "INVALID_REQUEST", 268_443_705),
        (json!(of_the_other), 403, "NO_AUTH", 268_443_701),
    ] {
        let mut order = order(&merchant, "T-00000001");
        order["sub_mchid"] = sub_mchid;
        assert_eq!(ask(&merchant, &order).await.refused(status, code).numeric, numeric);
    }
    let mut missing = order(&merchant, "T-00000001");
    missing.as_object_mut().expect("an object").remove("sub_mchid");
    assert_eq!(ask(&merchant, &missing).await.refused(400, "PARAM_ERROR").numeric, 268_443_704);
    let mut other = order(&merchant, "T-00000001");
    other["sp_mchid"] = merchant.identity.merchants[1].mchid.as_str().into();
    ask(&merchant, &other).await.refused(401, "SIGN_ERROR");
}

#[tokio::test]
async fn a_payer_is_named_once_and_in_the_right_mini_program() {
    let merchant = Merchant::start().await;
    let app = &merchant.identity.apps[1];
    for (payer, numeric) in [
        (json!({}), 268_501_013),
        (json!({ "sp_openid": merchant.openid(), "sub_openid": app.users[0].openid }), 268_435_461),
        (json!({ "sp_openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o" }), 268_435_461),
        (json!({ "openid": merchant.openid() }), 268_501_013),
    ] {
        let mut order = order(&merchant, "T-00000001");
        order["payer"] = payer.clone();
        let reply = ask(&merchant, &order).await;
        assert_eq!(reply.refused(400, "PARAM_ERROR").body["detail"]["location"], "body", "{payer}");
        assert_eq!(reply.numeric, numeric, "{payer}");
    }
    for payer in [json!({ "sub_openid": merchant.openid() }), json!({ "sp_openid": app.users[0].openid })] {
        let mut order = order(&merchant, "T-00000001");
        order["payer"] = payer.clone();
        ask(&merchant, &order).await.refused(500, "OPENID_MISMATCH");
    }
    let mut without = order(&merchant, "T-00000001");
    without.as_object_mut().expect("an object").remove("sub_appid");
    ask(&merchant, &without).await.refused(400, "PARAM_ERROR");
    without["payer"] = json!({ "sub_openid": merchant.openid() });
    ask(&merchant, &without).await.refused(400, "PARAM_ERROR");
    without["payer"] = json!({ "sp_openid": merchant.openid() });
    assert_eq!(ask(&merchant, &without).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_mini_program_that_is_bound_to_nobody_is_not_paid_in() {
    let merchant = Merchant::start().await;
    let unbound = &merchant.identity.apps[2];
    let mut order = order(&merchant, "T-00000001");
    order["sub_appid"] = unbound.appid.as_str().into();
    order["payer"] = json!({ "sub_openid": unbound.users[0].openid });
    let reply = ask(&merchant, &order).await;
    reply.refused(400, "APPID_MCHID_NOT_MATCH");
}

#[tokio::test]
async fn a_payment_that_is_not_this_sub_merchants_is_told_as_such() {
    let merchant = Merchant::start().await;
    let own = merchant.pay_for("T-00000001").await;
    let (sp, sub) = (&merchant.identity.mchid, sub_mchid(&merchant));
    let by_id = |id: &str| format!("{PARTNER}/id/{id}?sp_mchid={sp}&sub_mchid={sub}");
    let reply = merchant.send(merchant.get(&by_id(&own))).await;
    assert_eq!(reply.refused(400, "INVALID_REQUEST").numeric, 268_447_845);
    let mut wish = merchant.refund("T-00000001", "R-1", 1);
    wish["transaction_id"] = own.into();
    wish["sub_mchid"] = sub.into();
    let reply = merchant.send(merchant.post(REFUNDS, &wish)).await;
    assert_eq!(reply.refused(400, "INVALID_REQUEST").numeric, 268_447_845);

    let other = merchant.second();
    let elsewhere = other.pay_for("T-00000001").await;
    let reply = merchant.send(merchant.get(&by_id(&elsewhere))).await;
    assert_eq!(reply.refused(400, "INVALID_REQUEST").numeric, 268_447_843);
}

#[tokio::test]
async fn a_direct_order_and_a_partners_are_different_ones() {
    let merchant = Merchant::start().await;
    merchant.pay_for("T-00000001").await;
    merchant.send(merchant.get(&query_of(&merchant, "T-00000001"))).await.refused(404, "ORDER_NOT_EXIST");
    assert_eq!(ask(&merchant, &order(&merchant, "T-00000001")).await.status, StatusCode::OK);
    let reply = merchant.send(merchant.get(&query_of(&merchant, "T-00000001"))).await;
    assert_eq!(reply.body["trade_state"], "NOTPAY");
}
