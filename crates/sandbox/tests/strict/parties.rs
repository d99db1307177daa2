//! Two merchants, three mini programs, and whose is what.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::merchant::{Merchant, PREPAY, REFUNDS};

#[tokio::test]
async fn both_merchants_and_both_bound_mini_programs_take_orders() {
    let first = Merchant::start().await;
    for merchant in [&first, &first.second()] {
        for (at, app) in first.identity.apps[..2].iter().enumerate() {
            let mut order = merchant.order(&format!("T-0000000{at}"));
            order["appid"] = app.appid.as_str().into();
            order["payer"]["openid"] = app.users[1].openid.as_str().into();
            let reply = merchant.send(merchant.post(PREPAY, &order)).await;
            assert_eq!(reply.status, StatusCode::OK, "{}", reply.raw);
        }
    }
}

#[tokio::test]
async fn a_mini_program_that_exists_and_is_not_bound() {
    let merchant = Merchant::start().await;
    let app = &merchant.identity.apps[2];
    let mut order = merchant.order("T-00000001");
    order["appid"] = app.appid.as_str().into();
    order["payer"]["openid"] = app.users[0].openid.as_str().into();
    let reply = merchant.send(merchant.post(PREPAY, &order)).await;
    assert_eq!(reply.refused(400, "APPID_MCHID_NOT_MATCH").numeric, 268_445_527);
}

#[tokio::test]
async fn an_openid_of_the_other_mini_program() {
    let merchant = Merchant::start().await;
    let mut order = merchant.order("T-00000001");
    order["payer"]["openid"] = merchant.identity.apps[1].users[0].openid.as_str().into();
    let reply = merchant.send(merchant.post(PREPAY, &order)).await;
    assert!(reply.refused(500, "OPENID_MISMATCH").raw.contains("appid和openid不匹配"), "{}", reply.raw);
    merchant.query("T-00000001").await.refused(404, "ORDER_NOT_EXIST");
}

/// WeChat's own numbers are everybody's: whose payment it is, is told by the numeric code.
#[tokio::test]
async fn a_payment_of_another_merchant_is_told_as_such() {
    let first = Merchant::start().await;
    let second = first.second();
    let transaction_id = first.pay_for("T-00000001").await;
    let by_id = format!("/v3/pay/transactions/id/{transaction_id}?mchid={}", second.identity.mchid);
    let reply = second.send(second.get(&by_id)).await;
    assert_eq!(reply.refused(400, "INVALID_REQUEST").numeric, 268_447_843);
    let mut wish = second.refund("T-00000001", "R-1", 1);
    wish.as_object_mut().expect("an object").remove("out_trade_no");
    wish["transaction_id"] = transaction_id.into();
    let reply = second.send(second.post(REFUNDS, &wish)).await;
    assert_eq!(reply.refused(400, "INVALID_REQUEST").numeric, 268_447_843);
    let nobodys = format!("/v3/pay/transactions/id/4200002030010100000000000000?mchid={}", second.identity.mchid);
    second.send(second.get(&nobodys)).await.refused(404, "ORDER_NOT_EXIST");
}

#[tokio::test]
async fn a_merchant_does_not_see_the_other_ones_orders() {
    let first = Merchant::start().await;
    let second = first.second();
    let transaction_id = first.pay_for("T-00000001").await;
    second.query("T-00000001").await.refused(404, "ORDER_NOT_EXIST");
    let by_id = format!("/v3/pay/transactions/id/{transaction_id}?mchid={}", second.identity.mchid);
    assert!(!second.send(second.get(&by_id)).await.refused(400, "INVALID_REQUEST").raw.contains("6800"));
    second.ask_refund("T-00000001", "R-1", 1).await.refused(404, "RESOURCE_NOT_EXISTS");
    assert_eq!(second.close("T-00000001").await.status, StatusCode::NO_CONTENT);
    assert_eq!(first.query("T-00000001").await.body["trade_state"], "SUCCESS");
    assert!(second.prepay("T-00000001").await.starts_with("wx"), "numbers are unique per merchant");
}

#[tokio::test]
async fn a_merchant_signs_with_its_own_key_and_serial() {
    let first = Merchant::start().await;
    let second = first.second();
    let order = first.order("T-00000001");
    // The other merchant's key under this one's name.
    let header = second
        .post(PREPAY, &order)
        .authorization()
        .replacen(&second.identity.mchid, &first.identity.mchid, 1)
        .replacen(&second.identity.merchant_serial, &first.identity.merchant_serial, 1);
    let reply = first.send(first.post(PREPAY, &order).with("authorization", header)).await;
    assert_eq!(reply.refused(401, "SIGN_ERROR").body["detail"]["issue"], "sign not match");
    let event = first.event("POST /v3/pay/transactions/jsapi").await;
    assert!(event["signature"]["finding"].as_str().is_some_and(|said| said.contains("merchant")), "{event}");

    let header = first.post(PREPAY, &order);
    let header = header.authorization().replacen(&first.identity.merchant_serial, &second.identity.merchant_serial, 1);
    first.send(first.post(PREPAY, &order).with("authorization", header)).await.refused(401, "SIGN_ERROR");
}

#[tokio::test]
async fn wechats_own_serial_where_the_merchants_belongs_is_named_as_such() {
    let merchant = Merchant::start().await;
    let platform = merchant.identity.merchants[1].platform_certificates[0].serial.clone();
    for wrong in [merchant.identity.public_key_id.clone(), platform] {
        let draft = merchant.post(PREPAY, &merchant.order("T-00000001"));
        let header = draft.authorization().replacen(&merchant.identity.merchant_serial, &wrong, 1);
        let reply = merchant.send(draft.with("authorization", header)).await;
        assert!(reply.refused(401, "SIGN_ERROR").raw.contains("WeChat Pay's key"), "{}", reply.raw);
    }
}

async fn session(merchant: &Merchant, appid: &str, secret: &str, code: &Value) -> Value {
    let code = code.as_str().expect("a code");
    let url = format!(
        "{}/sns/jscode2session?appid={appid}&secret={secret}&js_code={code}&grant_type=authorization_code",
        merchant.identity.base_url
    );
    let answer = merchant.http.get(url).send().await.expect("an answer");
    serde_json::from_slice(&answer.bytes().await.expect("a body")).expect("JSON")
}

#[tokio::test]
async fn a_code_belongs_to_one_mini_program_and_gives_its_own_openid() {
    let merchant = Merchant::start().await;
    let [first, second] = [&merchant.identity.apps[0], &merchant.identity.apps[1]];
    let code = merchant.control("login", &json!({ "appid": second.appid })).await["code"].clone();
    let elsewhere = session(&merchant, &first.appid, &first.app_secret, &code).await;
    assert_eq!(elsewhere["errcode"], 40029);
    let here = session(&merchant, &second.appid, &second.app_secret, &code).await;
    assert_eq!(here["openid"], second.users[0].openid.as_str());

    let code = merchant.control("login", &json!({ "openid": second.users[2].openid })).await["code"].clone();
    let named = session(&merchant, &second.appid, &second.app_secret, &code).await;
    assert_eq!(named["openid"], second.users[2].openid.as_str());
}
