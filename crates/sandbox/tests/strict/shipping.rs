//! WeChat's shipping desk.

use serde_json::{Value, json};

use crate::merchant::Merchant;

const UPLOAD: &str = "/wxa/sec/order/upload_shipping_info";
const STATE: &str = "/wxa/sec/order/get_order";

async fn post(merchant: &Merchant, target: &str, body: &Value) -> Value {
    let url = format!("{}{target}", merchant.identity.base_url);
    let answer = merchant.http.post(url).body(body.to_string()).send().await.expect("an answer");
    assert_eq!(answer.status(), 200, "faults come as 200, too");
    serde_json::from_slice(&answer.bytes().await.expect("a body")).expect("JSON")
}

fn asked(merchant: &Merchant) -> Value {
    json!({"grant_type": "client_credential", "appid": merchant.identity.appid, "secret": merchant.identity.app_secret})
}

async fn token(merchant: &Merchant) -> String {
    let answer = post(merchant, "/cgi-bin/stable_token", &asked(merchant)).await;
    answer["access_token"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

async fn call(merchant: &Merchant, path: &str, body: &Value) -> Value {
    post(merchant, &format!("{path}?access_token={}", token(merchant).await), body).await
}

fn pickup(merchant: &Merchant, transaction_id: &str) -> Value {
    json!({
        "order_key": {"order_number_type": 2, "transaction_id": transaction_id}, "logistics_type": 4, "delivery_mode": 1,
        "shipping_list": [{"item_desc": "西湖龙井 50g*1"}], "upload_time": "2026-11-24T13:29:35.120+08:00",
        "payer": {"openid": merchant.openid()},
    })
}

/// What the desk says to whoever comes with this token.
async fn by(merchant: &Merchant, token: &str) -> Value {
    let target = format!("{STATE}?access_token={token}");
    post(merchant, &target, &json!({"transaction_id": "4"})).await["errcode"].clone()
}

async fn state(merchant: &Merchant, transaction_id: &str) -> Value {
    call(merchant, STATE, &json!({"transaction_id": transaction_id})).await
}

#[tokio::test]
async fn a_token_stays_the_same_until_five_minutes_before_its_end() {
    let mut merchant = Merchant::start().await;
    let first = post(&merchant, "/cgi-bin/stable_token", &asked(&merchant)).await;
    assert_eq!(first["expires_in"], 7200);
    merchant.advance(6800).await;
    assert_eq!(token(&merchant).await, first["access_token"]);
    merchant.advance(150).await;
    let next = token(&merchant).await;
    assert_ne!(next, first["access_token"]);
    let old = first["access_token"].as_str().expect("a token");
    assert_eq!(
        (by(&merchant, old).await, by(&merchant, &next).await),
        (json!(10_060_001), json!(10_060_001)),
        "both are good meanwhile"
    );
    merchant.advance(300).await;
    assert_eq!((by(&merchant, old).await, by(&merchant, &next).await), (json!(42001), json!(10_060_001)));
}

#[tokio::test]
async fn a_forced_token_ends_the_one_before_and_is_given_out_sparingly() {
    let mut merchant = Merchant::start().await;
    let old = token(&merchant).await;
    let mut force = asked(&merchant);
    force["force_refresh"] = json!(true);
    let forced = async |merchant: &Merchant| post(merchant, "/cgi-bin/stable_token", &force).await;
    let new = forced(&merchant).await["access_token"].clone();
    assert_ne!(new, old);
    assert_eq!(forced(&merchant).await["access_token"], new, "within half a minute nothing is renewed");
    let body = json!({"transaction_id": "4"});
    assert_eq!(post(&merchant, &format!("{STATE}?access_token={old}"), &body).await["errcode"], 40001);
    for _ in 0..19 {
        merchant.advance(31).await;
        assert!(forced(&merchant).await["access_token"].is_string());
    }
    merchant.advance(31).await;
    assert_eq!(forced(&merchant).await["errcode"], 45009);
}

#[tokio::test]
async fn what_a_token_is_not_given_out_for() {
    let merchant = Merchant::start().await;
    for (name, value, errcode) in [
        ("grant_type", json!("password"), 40002),
        ("grant_type", Value::Null, 40002),
        ("appid", Value::Null, 41002),
        ("appid", json!("wx0000000000000000"), 40013),
        ("secret", Value::Null, 41004),
        ("secret", json!("0123"), 40125),
        ("force_refresh", json!("yes"), 47001),
    ] {
        let mut body = asked(&merchant);
        body[name] = value;
        assert_eq!(post(&merchant, "/cgi-bin/stable_token", &body).await["errcode"], errcode, "{name}");
    }
    assert_eq!(post(&merchant, STATE, &json!({})).await["errcode"], 41001);
    assert_eq!(post(&merchant, &format!("{STATE}?access_token=x"), &json!({})).await["errcode"], 40001);
}

#[tokio::test]
async fn a_paid_order_is_shipped_and_can_be_changed_once() {
    let merchant = Merchant::start().await;
    let id = merchant.pay_for("T-00000001").await;
    assert_eq!(state(&merchant, &id).await["order"]["order_state"], 1);
    let mut upload = pickup(&merchant, &id);
    assert_eq!(call(&merchant, UPLOAD, &upload).await["errcode"], 0);
    let order = state(&merchant, &id).await["order"].clone();
    assert_eq!((&order["order_state"], &order["shipping"]["finish_shipping_count"]), (&json!(2), &json!(1)));
    assert_eq!(order["shipping"]["shipping_list"][0]["goods_desc"], "西湖龙井 50g*1");
    upload["upload_time"] = json!("2026-11-24T13:30:35.120+08:00");
    assert_eq!(call(&merchant, UPLOAD, &upload).await["errcode"], 10_060_023, "nothing is new in it");
    upload["shipping_list"][0]["item_desc"] = json!("茶");
    upload["upload_time"] = json!("2026-11-24T13:00:00+08:00");
    assert_eq!(call(&merchant, UPLOAD, &upload).await["errcode"], 10_060_014, "it must be later than the one before");
    upload["upload_time"] = json!("2026-11-24T13:31:00+08:00");
    assert_eq!(call(&merchant, UPLOAD, &upload).await["errcode"], 0, "the one change");
    upload["logistics_type"] = json!(3);
    upload["upload_time"] = json!("2026-11-24T13:32:00+08:00");
    assert_eq!(call(&merchant, UPLOAD, &upload).await["errcode"], 10_060_003);
}

#[tokio::test]
async fn what_the_desk_does_not_ship() {
    let mut merchant = Merchant::start().await;
    let id = merchant.pay_for("T-00000001").await;
    merchant.prepay("T-00000002").await;
    let mut upload = pickup(&merchant, "4200000000000000000000000000");
    assert_eq!(call(&merchant, UPLOAD, &upload).await["errcode"], 10_060_001);
    upload["order_key"] =
        json!({"order_number_type": 1, "mchid": merchant.identity.mchid, "out_trade_no": "T-00000002"});
    assert_eq!(call(&merchant, UPLOAD, &upload).await["errcode"], 10_060_001, "it is not paid");
    let mut upload = pickup(&merchant, &id);
    upload["payer"]["openid"] = json!(merchant.identity.users[1].openid);
    assert_eq!(call(&merchant, UPLOAD, &upload).await["errcode"], 10_060_031);
    merchant.ask_refund("T-00000001", "R-00000001", 6800).await;
    merchant.advance(10).await;
    assert_eq!(call(&merchant, UPLOAD, &pickup(&merchant, &id)).await["errcode"], 10_060_004);
    assert_eq!(state(&merchant, &id).await["order"]["order_state"], 5);
    // Another mini program has no such payment.
    let app = &merchant.identity.apps[1];
    let other = json!({"grant_type": "client_credential", "appid": app.appid, "secret": app.app_secret});
    let token = post(&merchant, "/cgi-bin/stable_token", &other).await["access_token"].clone();
    let target = format!("{STATE}?access_token={}", token.as_str().expect("a token"));
    assert_eq!(post(&merchant, &target, &json!({"transaction_id": id})).await["errcode"], 10_060_001);
}

#[tokio::test]
async fn every_field_of_an_upload_has_its_rule() {
    let merchant = Merchant::start().await;
    let id = merchant.pay_for("T-00000001").await;
    let long = "茶".repeat(121);
    for (pointer, value, errcode) in [
        ("/order_key/order_number_type", json!(3), 268_485_194),
        ("/order_key/order_number_type", json!(1), 268_485_196),
        ("/order_key/transaction_id", json!(""), 268_485_195),
        ("/logistics_type", json!(5), 10_060_005),
        ("/logistics_type", json!("4"), 47001),
        ("/logistics_type", json!(1), 268_485_226),
        ("/delivery_mode", json!(3), 268_485_224),
        ("/delivery_mode", json!(2), 10_060_006),
        ("/shipping_list", json!([]), 268_485_228),
        ("/shipping_list", json!([{"item_desc": "a"}, {"item_desc": "b"}]), 268_485_228),
        ("/shipping_list/0/item_desc", json!(""), 10_060_008),
        ("/shipping_list/0/item_desc", json!(long), 10_060_009),
        ("/upload_time", json!("2026-11-24 13:29:35"), 268_485_216),
        ("/payer/openid", Value::Null, 10_060_014),
        ("/payer", Value::Null, 47001),
    ] {
        let mut upload = pickup(&merchant, &id);
        *upload.pointer_mut(pointer).expect("a field") = value;
        assert_eq!(call(&merchant, UPLOAD, &upload).await["errcode"], errcode, "{pointer}");
    }
    let parcel =
        |number: usize| json!({"item_desc": "茶", "tracking_no": number.to_string(), "express_company": "STO"});
    let mut parts = pickup(&merchant, &id);
    parts["logistics_type"] = json!(1);
    parts["delivery_mode"] = json!(2);
    parts["shipping_list"] = (0..16).map(parcel).collect();
    assert_eq!(call(&merchant, UPLOAD, &parts).await["errcode"], 10_060_007);
    parts["is_all_delivered"] = json!(false);
    assert_eq!(call(&merchant, UPLOAD, &parts).await["errcode"], 10_060_024);
    parts["shipping_list"] = (0..15).map(parcel).collect();
    assert_eq!(call(&merchant, UPLOAD, &parts).await["errcode"], 0);
    assert_eq!(state(&merchant, &id).await["order"]["order_state"], 1, "some is still to come");
    let mut longest = pickup(&merchant, &id);
    longest["shipping_list"][0]["item_desc"] = json!("茶".repeat(120));
    longest["upload_time"] = json!("2026-11-24T13:30:00+08:00");
    assert_eq!(call(&merchant, UPLOAD, &longest).await["errcode"], 0);
}

#[tokio::test]
async fn what_goes_wrong_with_the_desk_on_purpose() {
    let merchant = Merchant::start().await;
    let id = merchant.pay_for("T-00000001").await;
    merchant.fault(json!({"fault": "not_paid_yet", "path": STATE, "count": 1})).await;
    assert_eq!(state(&merchant, &id).await["errcode"], 10_060_001);
    assert_eq!(state(&merchant, &id).await["errcode"], 0);
    merchant.fault(json!({"fault": "rate_limited", "path": UPLOAD, "count": 1})).await;
    assert_eq!(call(&merchant, UPLOAD, &pickup(&merchant, &id)).await["errcode"], 45009);
    assert_eq!(state(&merchant, &id).await["order"]["order_state"], 1);
    merchant.fault(json!({"fault": "drop_answer", "path": UPLOAD, "count": 1})).await;
    let url = format!("{}{UPLOAD}?access_token={}", merchant.identity.base_url, token(&merchant).await);
    let body = pickup(&merchant, &id).to_string();
    merchant.http.post(url).body(body).send().await.expect_err("no answer");
    assert_eq!(state(&merchant, &id).await["order"]["order_state"], 2, "it was done");
    merchant.fault(json!({"fault": "error_after", "path": "/cgi-bin/stable_token", "count": 1})).await;
    assert_eq!(post(&merchant, "/cgi-bin/stable_token", &asked(&merchant)).await["errcode"], -1);
}
