//! The payment sheet: what wx.requestPayment is given, and what the payer does.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::merchant::{Merchant, NONCE};

const BAD_SIGNATURE: &str = "requestPayment:fail 支付验证签名失败";

async fn assert_unpaid(merchant: &Merchant) {
    assert_eq!(merchant.query("T-00000001").await.body["trade_state"], "NOTPAY");
}

#[tokio::test]
async fn one_flipped_byte_of_pay_sign_is_refused() {
    let merchant = Merchant::start().await;
    let prepay_id = merchant.prepay("T-00000001").await;
    let sheet = merchant.sheet(&prepay_id);
    let signature = STANDARD.decode(sheet["paySign"].as_str().expect("signed")).expect("base64");
    for at in [0, signature.len() / 2, signature.len() - 1] {
        let mut flipped = signature.clone();
        flipped[at] ^= 1;
        let mut sheet = sheet.clone();
        sheet["paySign"] = STANDARD.encode(flipped).into();
        assert_eq!(merchant.pay(&sheet).await, BAD_SIGNATURE);
    }
    assert_unpaid(&merchant).await;
    assert_eq!(merchant.pay(&sheet).await, "requestPayment:ok");
}

#[tokio::test]
async fn every_signed_parameter_counts() {
    let merchant = Merchant::start().await;
    let prepay_id = merchant.prepay("T-00000001").await;
    let other = merchant.prepay("T-00000002").await;
    for (name, value) in [
        ("timeStamp", json!("1554208460")),
        ("nonceStr", json!("593BEC0C930BF1AFEB40B4A08C8FB243")),
        ("package", json!(format!("prepay_id={other}"))),
        ("appid", json!("wx0000000000000001")),
        ("signType", json!("MD5")),
        ("paySign", json!("not base64")),
    ] {
        let mut sheet = merchant.sheet(&prepay_id);
        sheet[name] = value;
        assert_eq!(merchant.pay(&sheet).await, BAD_SIGNATURE, "{name}");
    }
    assert_unpaid(&merchant).await;
}

#[tokio::test]
async fn every_parameter_is_a_text_in_its_own_form() {
    let merchant = Merchant::start().await;
    let prepay_id = merchant.prepay("T-00000001").await;
    let good = merchant.sheet(&prepay_id);
    for name in ["timeStamp", "nonceStr", "package", "signType", "paySign"] {
        for value in [Value::Null, json!(1), json!(""), json!({})] {
            let mut sheet = good.clone();
            sheet[name] = value;
            let message = merchant.pay(&sheet).await;
            assert!(message.starts_with("requestPayment:fail ") && message.contains(name), "{message}");
        }
        let mut sheet = good.clone();
        sheet.as_object_mut().expect("an object").remove(name);
        assert!(merchant.pay(&sheet).await.contains(name));
    }
    for (name, value) in
        [("timeStamp", json!("1554208460000")), ("timeStamp", json!("now")), ("nonceStr", json!("n".repeat(33)))]
    {
        let mut sheet = good.clone();
        sheet[name] = value;
        assert!(merchant.pay(&sheet).await.contains("参数错误"));
    }
    assert_unpaid(&merchant).await;
}

#[tokio::test]
async fn the_prefix_of_package_is_part_of_it() {
    let merchant = Merchant::start().await;
    let prepay_id = merchant.prepay("T-00000001").await;
    let mut sheet = merchant.sheet(&prepay_id);
    sheet["package"] = prepay_id.into();
    assert_eq!(merchant.pay(&sheet).await, "requestPayment:fail 调用支付JSAPI缺少参数: package");
    assert_unpaid(&merchant).await;
}

#[tokio::test]
async fn a_prepay_id_opens_the_sheet_for_two_hours() {
    let mut merchant = Merchant::start().await;
    let old = merchant.prepay("T-00000001").await;
    merchant.advance(7200 - 60).await;
    let mut cancelled = merchant.sheet(&old);
    cancelled["outcome"] = "cancel".into();
    assert_eq!(merchant.pay(&cancelled).await, "requestPayment:fail cancel");
    merchant.advance(120).await;
    assert!(merchant.pay(&merchant.sheet(&old)).await.contains("已过期"));
    assert_unpaid(&merchant).await;
    let fresh = merchant.prepay("T-00000001").await;
    assert_eq!(merchant.pay(&merchant.sheet(&fresh)).await, "requestPayment:ok");
}

#[tokio::test]
async fn only_the_payer_of_the_order_pays_it() {
    let merchant = Merchant::start().await;
    let mut sheet = merchant.sheet(&merchant.prepay("T-00000001").await);
    sheet["openid"] = merchant.identity.users[1].openid.as_str().into();
    assert!(merchant.pay(&sheet).await.contains("下单账号与支付账号不一致"));
    assert_unpaid(&merchant).await;
}

#[tokio::test]
async fn an_appid_that_signed_for_itself_is_still_not_the_orders() {
    let merchant = Merchant::start().await;
    let prepay_id = merchant.prepay("T-00000001").await;
    let signed = merchant.signer.pay_sign("wx0000000000000001", &prepay_id, merchant.now(), NONCE).expect("signs");
    let mut sheet = serde_json::to_value(signed).expect("JSON");
    sheet["openid"] = merchant.openid().into();
    sheet["appid"] = "wx0000000000000001".into();
    assert!(merchant.pay(&sheet).await.contains("appid不一致"));
    assert_unpaid(&merchant).await;
}

#[tokio::test]
async fn a_prepay_id_that_was_never_made() {
    let merchant = Merchant::start().await;
    let sheet = merchant.sheet("wx201410272009395522657a690389285100");
    assert!(merchant.pay(&sheet).await.contains("预支付交易会话标识无效"));
}

#[tokio::test]
async fn an_order_takes_one_payment() {
    let merchant = Merchant::start().await;
    let first = merchant.prepay("T-00000001").await;
    let second = merchant.prepay("T-00000001").await;
    let (first, second) = (merchant.sheet(&first), merchant.sheet(&second));
    let (a, b) = tokio::join!(merchant.pay(&first), merchant.pay(&second));
    let paid = [&a, &b].into_iter().filter(|message| *message == "requestPayment:ok").count();
    assert_eq!(paid, 1, "{a} / {b}");
    assert!(merchant.pay(&first).await.contains("已支付"));
}

#[tokio::test]
async fn what_the_payer_does() {
    let merchant = Merchant::start().await;
    let prepay_id = merchant.prepay("T-00000001").await;
    let mut sheet = merchant.sheet(&prepay_id);
    sheet["outcome"] = "cancel".into();
    assert_eq!(merchant.pay(&sheet).await, "requestPayment:fail cancel");
    assert_unpaid(&merchant).await;
    sheet["outcome"] = "pay_then_report_cancel".into();
    assert_eq!(merchant.pay(&sheet).await, "requestPayment:fail cancel");
    assert_eq!(merchant.query("T-00000001").await.body["trade_state"], "SUCCESS");
    sheet["outcome"] = "fly".into();
    assert!(merchant.control("pay", &sheet).await["error"].as_str().is_some_and(|error| error.contains("fly")));
    assert!(merchant.control("pay", &json!([])).await["error"].is_string());
}

/// What was ordered is `total`, what the payer paid is less: a merchant compares the former.
#[tokio::test]
async fn a_coupon_pays_half_and_total_stays_what_was_ordered() {
    let mut merchant = Merchant::start().await;
    let mut sheet = merchant.sheet(&merchant.prepay("T-00000001").await);
    sheet["outcome"] = "pay_with_coupon".into();
    assert_eq!(merchant.pay(&sheet).await, "requestPayment:ok");
    let paid = merchant.query("T-00000001").await;
    assert_eq!(paid.body["trade_state"], "SUCCESS");
    assert_eq!((&paid.body["amount"]["total"], &paid.body["amount"]["payer_total"]), (&json!(6800), &json!(3400)));
    let coupon = &paid.body["promotion_detail"][0];
    assert_eq!((&coupon["amount"], &coupon["type"]), (&json!(3400), &json!("CASH")), "{}", paid.raw);

    let refund = merchant.ask_refund("T-00000001", "R-1", 1001).await;
    let amount = &refund.body["amount"];
    assert_eq!(
        (&amount["refund"], &amount["payer_refund"], &amount["discount_refund"]),
        (&json!(1001), &json!(501), &json!(500))
    );
    merchant.advance(61).await;
    assert_eq!(merchant.ask_refund("T-00000001", "R-2", 5799).await.status, 200, "all of the total can go back");
}

#[tokio::test]
async fn a_payer_without_money_pays_nothing_and_may_try_again() {
    let merchant = Merchant::start().await;
    let mut sheet = merchant.sheet(&merchant.prepay("T-00000001").await);
    sheet["outcome"] = "insufficient".into();
    assert_eq!(merchant.pay(&sheet).await, "requestPayment:fail 余额不足");
    assert_unpaid(&merchant).await;
    sheet["outcome"] = "pay".into();
    assert_eq!(merchant.pay(&sheet).await, "requestPayment:ok");
}

#[tokio::test]
async fn money_moves_and_the_phone_never_answers() {
    let merchant = Merchant::start().await;
    let mut sheet = merchant.sheet(&merchant.prepay("T-00000001").await);
    sheet["outcome"] = "pay_then_hang".into();
    let url = format!("{}/_sandbox/pay", merchant.identity.base_url);
    let mut hanging = Box::pin(merchant.http.post(url).body(sheet.to_string()).send());
    tokio::select! {
        answer = &mut hanging => panic!("the phone answered: {answer:?}"),
        _ = merchant.event("order T-00000001: money moved") => {}
    }
    assert_eq!(merchant.query("T-00000001").await.body["trade_state"], "SUCCESS");
    let answered = tokio::time::timeout(core::time::Duration::from_millis(300), hanging).await;
    assert!(answered.is_err(), "still nothing");
}

#[tokio::test]
async fn the_string_that_was_signed_instead_is_shown_beside_the_right_one() {
    let merchant = Merchant::start().await;
    let prepay_id = merchant.prepay("T-00000001").await;
    let mut sheet = merchant.sheet(&prepay_id);
    let other = merchant.signer.pay_sign(&merchant.identity.apps[1].appid, &prepay_id, merchant.now(), NONCE);
    let other = serde_json::to_value(other.expect("signs")).expect("JSON");
    for name in ["timeStamp", "nonceStr", "package", "signType", "paySign"] {
        sheet[name] = other[name].clone();
    }
    assert_eq!(merchant.pay(&sheet).await, BAD_SIGNATURE);
    let event = merchant.event("wx.requestPayment").await;
    let shown = &event["signature"];
    assert!(shown["finding"].as_str().is_some_and(|finding| finding.contains("another appid")), "{event}");
    assert!(shown["expected"].as_str().is_some_and(|text| text.starts_with(&merchant.identity.appid)), "{event}");
    assert!(shown["signed"].as_str().is_some_and(|text| text.starts_with(&merchant.identity.apps[1].appid)), "{event}");
    assert!(!event.to_string().contains(&prepay_id), "shortened: {event}");
}
