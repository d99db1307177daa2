//! The older API, spoken by the merchant's half of this project and, for the digests, by openssl.

use std::io::Write as _;
use std::process::{Command, Stdio};

use reqwest::StatusCode;
use serde_json::json;
use wechatpay::Secret;
use wechatpay::codes::Advice;
use wechatpay::trade::{OutRefundNo, OutTradeNo, PaymentRef, RefundAmount, RefundState, TradeState};
use wechatpay::v2::{
    AnswerError, ApiV2Key, CLOSE_ORDER_PATH, Fields, Merchant as Signer, ORDER_QUERY_PATH, REFUND_PATH,
    REFUND_QUERY_PATH, RefundOrder, SignType, UNIFIED_ORDER_PATH, UnifiedOrder,
};

use crate::merchant::{Merchant, NONCE};
use crate::receiver::Receiver;

const ACKNOWLEDGED: &str =
    "<xml><return_code><![CDATA[SUCCESS]]></return_code><return_msg><![CDATA[OK]]></return_msg></xml>";

fn signer(merchant: &Merchant, kind: SignType) -> Signer {
    let key = ApiV2Key::new(merchant.identity.api_v2_key.clone());
    Signer::new(&merchant.identity.appid, &merchant.identity.mchid, key, kind).expect("a merchant")
}

async fn call(merchant: &Merchant, path: &str, body: Vec<u8>) -> Vec<u8> {
    let url = format!("{}{path}", merchant.identity.base_url);
    let answer = merchant.http.post(url).header("content-type", "text/xml").body(body).send().await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::OK, "v2 says everything in the body");
    answer.bytes().await.expect("a body").to_vec()
}

fn order(merchant: &Merchant, number: &str) -> UnifiedOrder {
    UnifiedOrder {
        body: "西湖龙井 50g".into(),
        out_trade_no: OutTradeNo::new(number).expect("a number"),
        total_fee: 6800,
        spbill_create_ip: "203.0.113.7".parse().expect("an address"),
        notify_url: "https://pay.example.com/notify/v2/payment".into(),
        time_expire: None,
        openid: Secret::new(merchant.openid().to_owned()),
    }
}

async fn prepay(merchant: &Merchant, kind: SignType, number: &str) -> String {
    let signer = signer(merchant, kind);
    let body = signer.unified_order(&order(merchant, number), NONCE).expect("sendable");
    let answer = call(merchant, UNIFIED_ORDER_PATH, body).await;
    signer.read_unified_order(&answer).expect("a prepay_id").expose().clone()
}

async fn pay(merchant: &Merchant, kind: SignType, prepay_id: &str) -> String {
    let signed = signer(merchant, kind).pay_sign(prepay_id, merchant.now(), NONCE).expect("signs");
    let mut sheet = serde_json::to_value(signed).expect("JSON");
    sheet["openid"] = merchant.openid().into();
    merchant.pay(&sheet).await
}

async fn state(merchant: &Merchant, number: &str) -> TradeState {
    let signer = signer(merchant, SignType::Md5);
    let which = PaymentRef::OutTradeNo(number.to_owned());
    let answer = call(merchant, ORDER_QUERY_PATH, signer.order_query(&which, NONCE).expect("sendable")).await;
    signer.read_order_query(&answer).expect("an order").state
}

fn refused(error: AnswerError) -> String {
    match error {
        AnswerError::Refused(refusal) => refusal.code,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_purchase_with_either_digest() {
    for kind in [SignType::Md5, SignType::HmacSha256] {
        let merchant = Merchant::start().await;
        let prepay_id = prepay(&merchant, kind, "T-00000001").await;
        assert_eq!(state(&merchant, "T-00000001").await, TradeState::NotPay);
        assert_eq!(pay(&merchant, kind, &prepay_id).await, "requestPayment:ok");
        let TradeState::Success(payment) = state(&merchant, "T-00000001").await else { panic!("paid") };
        assert_eq!((payment.total, payment.payer.openid.expose().as_str()), (6800, merchant.openid()));
    }
}

#[tokio::test]
async fn the_sheet_speaks_the_digest_of_the_order() {
    let merchant = Merchant::start().await;
    let prepay_id = prepay(&merchant, SignType::Md5, "T-00000001").await;
    assert!(pay(&merchant, SignType::HmacSha256, &prepay_id).await.contains("支付验证签名失败"));
    assert!(merchant.pay(&merchant.sheet(&prepay_id)).await.contains("支付验证签名失败"), "RSA is v3's");
    assert_eq!(pay(&merchant, SignType::Md5, &prepay_id).await, "requestPayment:ok");
}

/// The digest alone does not do: what is said of it must be the order's, too.
#[tokio::test]
async fn a_sheet_of_v2_that_names_another_digest_than_it_is_signed_with() {
    let merchant = Merchant::start().await;
    let package = format!("prepay_id={}", prepay(&merchant, SignType::Md5, "T-00000001").await);
    let key = ApiV2Key::new(merchant.identity.api_v2_key.clone());
    let time_stamp = merchant.now().to_string();
    let sheet = |sign_type: &str| {
        let fields = Fields::new()
            .with("appId", merchant.identity.appid.as_str())
            .with("timeStamp", time_stamp.as_str())
            .with("nonceStr", NONCE)
            .with("package", package.as_str())
            .with("signType", sign_type);
        let signed = fields.signed(&key, SignType::Md5);
        json!({
            "timeStamp": time_stamp, "nonceStr": NONCE, "package": package, "signType": sign_type,
            "paySign": signed.get("sign").expect("signed"), "openid": merchant.openid(),
        })
    };
    assert!(merchant.pay(&sheet("HMAC-SHA256")).await.contains("支付验证签名失败"));
    assert_eq!(merchant.pay(&sheet("MD5")).await, "requestPayment:ok");
}

/// The string is written here by hand, and the digest is another program's.
#[tokio::test]
async fn openssl_signs_a_request_and_verifies_the_answer() {
    let merchant = Merchant::start().await;
    let key = &merchant.identity.api_v2_key;
    let (appid, mchid) = (&merchant.identity.appid, &merchant.identity.mchid);
    // Capitals come before small letters, and the empty value is left out.
    let string = format!("Zeta=1&appid={appid}&mch_id={mchid}&nonce_str=n1&out_trade_no=T-00000001&key={key}");
    let sign = openssl(&["dgst", "-md5"], &string);
    let xml = format!(
        "<xml><appid>{appid}</appid><mch_id>{mchid}</mch_id><attach></attach><nonce_str>n1</nonce_str><Zeta>1</Zeta><out_trade_no>T-00000001</out_trade_no><sign>{sign}</sign></xml>"
    );
    let answer = String::from_utf8(call(&merchant, ORDER_QUERY_PATH, xml.into_bytes()).await).expect("UTF-8");
    assert!(answer.contains("<err_code><![CDATA[ORDERNOTEXIST]]>"), "the signature passed: {answer}");

    let mut fields: Vec<(String, String)> = answer
        .split("]]></")
        .filter_map(|part| part.rsplit_once("<![CDATA["))
        .map(|(before, value)| {
            (before.rsplit_once('<').expect("a tag").1.trim_end_matches('>').to_owned(), value.to_owned())
        })
        .collect();
    fields.sort();
    let given = fields.iter().find(|(name, _)| name == "sign").expect("signed").1.clone();
    let string: String = fields
        .iter()
        .filter(|(name, value)| name != "sign" && !value.is_empty())
        .map(|(name, value)| format!("{name}={value}&"))
        .collect();
    assert_eq!(openssl(&["dgst", "-md5"], &format!("{string}key={key}")), given, "{answer}");
}

/// The digest, in capitals.
fn openssl(arguments: &[&str], input: &str) -> String {
    run_openssl(arguments, input).trim().rsplit(' ').next().expect("a digest").to_ascii_uppercase()
}

fn run_openssl(arguments: &[&str], input: &str) -> String {
    let mut child = Command::new("openssl")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("openssl runs");
    child.stdin.take().expect("piped").write_all(input.as_bytes()).expect("writes");
    let output = child.wait_with_output().expect("ends");
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[tokio::test]
async fn names_are_signed_in_byte_order_and_md5_is_the_default() {
    let merchant = Merchant::start().await;
    let key = ApiV2Key::new(merchant.identity.api_v2_key.clone());
    let fields = || {
        Fields::new()
            .with("appid", merchant.identity.appid.as_str())
            .with("mch_id", merchant.identity.mchid.as_str())
            .with("nonce_str", "n1")
            .with("Zeta", "1")
            .with("alpha", "2")
            .with("out_trade_no", "T-00000001")
    };
    for (signed, taken) in [
        (fields().signed(&key, SignType::Md5), true),
        (fields().with("sign_type", "HMAC-SHA256").signed(&key, SignType::HmacSha256), true),
        (fields().signed(&key, SignType::HmacSha256), false),
        (fields().with("sign_type", "HMAC-SHA256").signed(&key, SignType::Md5), false),
        (fields().with("sign_type", "SHA1").signed(&key, SignType::Md5), false),
    ] {
        let answer = call(&merchant, ORDER_QUERY_PATH, signed.write().expect("sendable").into_bytes()).await;
        let answer = String::from_utf8(answer).expect("UTF-8");
        assert_eq!(answer.contains("ORDERNOTEXIST"), taken, "{answer}");
        assert_eq!(answer.contains("<return_code><![CDATA[FAIL]]>"), !taken, "{answer}");
    }
    let unordered = fields().signed(&key, SignType::Md5);
    let sign = unordered.get("sign").expect("signed").to_ascii_lowercase();
    let lower = fields().with("sign", sign).write().expect("sendable");
    let answer = call(&merchant, ORDER_QUERY_PATH, lower.into_bytes()).await;
    assert!(String::from_utf8(answer).expect("UTF-8").contains("FAIL"), "capitals only");
}

#[tokio::test]
async fn a_doctype_is_refused_and_so_is_what_is_no_flat_xml() {
    let merchant = Merchant::start().await;
    let good =
        signer(&merchant, SignType::Md5).unified_order(&order(&merchant, "T-00000001"), NONCE).expect("sendable");
    let good = String::from_utf8(good).expect("UTF-8");
    let with_doctype =
        format!("<!DOCTYPE xml [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>{}", good.replacen("西湖龙井", "&x;", 1));
    let lower = format!("<!doctype xml>{good}");
    for (body, part) in [
        (with_doctype, "DOCTYPE"),
        (lower, "DOCTYPE"),
        ("{}".to_owned(), "XML_FORMAT_ERROR"),
        (String::new(), "POST_DATA_EMPTY"),
        (good.replacen("<xml>", "<xml><appid>x</appid>", 1), "twice"),
    ] {
        let answer = String::from_utf8(call(&merchant, UNIFIED_ORDER_PATH, body.into_bytes()).await).expect("UTF-8");
        assert!(answer.contains("<return_code><![CDATA[FAIL]]>") && answer.contains(part), "{answer}");
        assert!(!answer.contains("root:"), "nothing was resolved");
    }
    let error = signer(&merchant, SignType::Md5).read_order_query(
        &call(
            &merchant,
            ORDER_QUERY_PATH,
            signer(&merchant, SignType::Md5)
                .order_query(&PaymentRef::OutTradeNo("T-00000001".into()), NONCE)
                .expect("sendable"),
        )
        .await,
    );
    assert_eq!(refused(error.expect_err("never made")), "ORDERNOTEXIST");
}

#[tokio::test]
async fn a_refusal_is_signed_under_return_code_success() {
    let merchant = Merchant::start().await;
    let signer = signer(&merchant, SignType::Md5);
    let (long, longer, longest) = ("n".repeat(33), "x".repeat(128), "x".repeat(6001));
    let scene = format!("{{\"id\":\"{}\"}}", "x".repeat(256));
    let spoilt = [
        ("LACK_PARAMS", "nonce_str", ""),
        ("PARAM_ERROR", "nonce_str", long.as_str()),
        ("LACK_PARAMS", "appid", ""),
        ("LACK_PARAMS", "body", ""),
        ("PARAM_ERROR", "body", longer.as_str()),
        ("PARAM_ERROR", "out_trade_no", "T-001"),
        ("PARAM_ERROR", "out_trade_no", long.as_str()),
        ("PARAM_ERROR", "out_trade_no", "T 0000001"),
        ("PARAM_ERROR", "attach", longer.as_str()),
        ("PARAM_ERROR", "time_expire", "2030-01-01 10:00:00"),
        ("PARAM_ERROR", "time_expire", "20200101100000"),
        ("PARAM_ERROR", "total_fee", "100000000001"),
        ("PARAM_ERROR", "total_fee", "+1"),
        ("LACK_PARAMS", "openid", ""),
        ("PARAM_ERROR", "total_fee", "68.00"),
        ("PARAM_ERROR", "total_fee", "0"),
        ("PARAM_ERROR", "notify_url", "https://pay.example.com/n?a=1"),
        ("PARAM_ERROR", "spbill_create_ip", "here"),
        ("PARAM_ERROR", "openid", "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"),
        ("PARAM_ERROR", "trade_type", "NATIVE"),
        ("PARAM_ERROR", "device_info", long.as_str()),
        ("PARAM_ERROR", "goods_tag", long.as_str()),
        ("PARAM_ERROR", "product_id", long.as_str()),
        ("PARAM_ERROR", "detail", longest.as_str()),
        ("PARAM_ERROR", "fee_type", "USD"),
        ("PARAM_ERROR", "limit_pay", "xx"),
        ("PARAM_ERROR", "receipt", "yes"),
        ("PARAM_ERROR", "profit_sharing", "y"),
        ("PARAM_ERROR", "time_start", "2030-01-01"),
        ("PARAM_ERROR", "scene_info", "notjson"),
        ("PARAM_ERROR", "scene_info", "[]"),
        ("PARAM_ERROR", "scene_info", scene.as_str()),
        ("PARAM_ERROR", "sub_mch_id", merchant.identity.merchants[0].sub_mchid.as_str()),
        ("PARAM_ERROR", "sub_appid", merchant.identity.apps[1].appid.as_str()),
        ("PARAM_ERROR", "sub_openid", merchant.openid()),
        ("APPID_NOT_EXIST", "appid", "wx0000000000000001"),
        ("APPID_MCHID_NOT_MATCH", "appid", merchant.identity.apps[2].appid.as_str()),
    ];
    for (code, name, value) in spoilt {
        let body = signer.unified_order(&order(&merchant, "T-00000001"), NONCE).expect("sendable");
        let fields = Fields::read(&body).expect("XML");
        let key = ApiV2Key::new(merchant.identity.api_v2_key.clone());
        let changed = fields
            .iter()
            .filter(|(known, _)| *known != "sign")
            .fold(Fields::new(), |fields, (known, kept)| fields.with(known, if known == name { value } else { kept }));
        let changed = if fields.get(name).is_none() { changed.with(name, value) } else { changed };
        let body = changed.signed(&key, SignType::Md5).write().expect("sendable");
        let answer = call(&merchant, UNIFIED_ORDER_PATH, body.into_bytes()).await;
        let fields = Fields::read(&answer).expect("XML").verified(&key).expect("signed");
        assert_eq!(fields.fields().get("return_code"), Some("SUCCESS"));
        assert_eq!(
            (fields.fields().get("result_code"), fields.fields().get("err_code")),
            (Some("FAIL"), Some(code)),
            "{name}"
        );
    }
}

#[tokio::test]
async fn what_an_order_of_v2_may_have_passes_at_its_limits() {
    let merchant = Merchant::start().await;
    let signer = signer(&merchant, SignType::Md5);
    let key = ApiV2Key::new(merchant.identity.api_v2_key.clone());
    let body = signer.unified_order(&order(&merchant, "T-00000001"), NONCE).expect("sendable");
    let fields = Fields::read(&body).expect("XML");
    let fields = fields
        .iter()
        .filter(|(name, _)| *name != "sign")
        .fold(Fields::new(), |fields, (name, value)| fields.with(name, value))
        .with("device_info", "x".repeat(32))
        .with("goods_tag", "x".repeat(32))
        .with("product_id", "x".repeat(32))
        .with("detail", "茶".repeat(6000))
        .with("fee_type", "CNY")
        .with("limit_pay", "no_credit")
        .with("receipt", "Y")
        .with("profit_sharing", "N")
        .with("time_start", "20260101100000")
        .with("scene_info", format!("{{\"id\":\"{}\"}}", "x".repeat(247)));
    let body = fields.signed(&key, SignType::Md5).write().expect("sendable");
    let answer = call(&merchant, UNIFIED_ORDER_PATH, body.into_bytes()).await;
    assert!(signer.read_unified_order(&answer).is_ok(), "{}", String::from_utf8_lossy(&answer));
}

#[tokio::test]
async fn the_life_of_an_order() {
    let mut merchant = Merchant::start().await;
    let signer = signer(&merchant, SignType::Md5);
    let number = |text: &str| OutTradeNo::new(text).expect("a number");
    prepay(&merchant, SignType::Md5, "T-00000001").await;
    let again = prepay(&merchant, SignType::Md5, "T-00000001").await;
    let other = UnifiedOrder { total_fee: 1, ..order(&merchant, "T-00000001") };
    let answer = call(&merchant, UNIFIED_ORDER_PATH, signer.unified_order(&other, NONCE).expect("sendable")).await;
    assert_eq!(refused(signer.read_unified_order(&answer).expect_err("changed")), "OUT_TRADE_NO_USED");

    let close = || signer.close_order(&number("T-00000001"), NONCE).expect("sendable");
    let early = call(&merchant, CLOSE_ORDER_PATH, close()).await;
    assert_eq!(refused(signer.read_close_order(&early).expect_err("younger than five minutes")), "SYSTEMERROR");
    merchant.advance(301).await;
    let closed = call(&merchant, CLOSE_ORDER_PATH, close()).await;
    assert_eq!(signer.read_close_order(&closed), Ok(()));
    assert_eq!(state(&merchant, "T-00000001").await, TradeState::Closed);
    assert!(pay(&merchant, SignType::Md5, &again).await.contains("已关闭"));
    let twice = call(&merchant, CLOSE_ORDER_PATH, close()).await;
    assert_eq!(refused(signer.read_close_order(&twice).expect_err("closed")), "ORDERCLOSED");

    let prepay_id = prepay(&merchant, SignType::Md5, "T-00000002").await;
    pay(&merchant, SignType::Md5, &prepay_id).await;
    merchant.advance(301).await;
    let paid =
        call(&merchant, CLOSE_ORDER_PATH, signer.close_order(&number("T-00000002"), NONCE).expect("sendable")).await;
    assert_eq!(refused(signer.read_close_order(&paid).expect_err("paid")), "ORDERPAID");
    let answer = call(
        &merchant,
        UNIFIED_ORDER_PATH,
        signer.unified_order(&order(&merchant, "T-00000002"), NONCE).expect("sendable"),
    )
    .await;
    assert_eq!(refused(signer.read_unified_order(&answer).expect_err("paid")), "ORDERPAID");
}

#[tokio::test]
async fn both_apis_look_into_the_same_books() {
    let merchant = Merchant::start().await;
    let prepay_id = prepay(&merchant, SignType::Md5, "T-00000001").await;
    assert_eq!(merchant.query("T-00000001").await.body["trade_state"], "NOTPAY");
    pay(&merchant, SignType::Md5, &prepay_id).await;
    assert_eq!(merchant.query("T-00000001").await.body["trade_state"], "SUCCESS");
    merchant.pay_for("T-00000002").await;
    assert!(matches!(state(&merchant, "T-00000002").await, TradeState::Success(_)));
}

#[tokio::test]
async fn a_payment_is_notified_with_and_without_sign_type() {
    let mut receiver = Receiver::start_with_body(ACKNOWLEDGED).await;
    let merchant = Merchant::start_with(vec![receiver.route.clone()]).await;
    let mut with_sign_type = 0;
    for at in 0..16 {
        let kind = if at % 2 == 0 { SignType::Md5 } else { SignType::HmacSha256 };
        let number = format!("T-000000{at:02}");
        let prepay_id = prepay(&merchant, kind, &number).await;
        pay(&merchant, kind, &prepay_id).await;
        let received = receiver.next().await;
        assert_eq!(received.headers["content-type"], "text/xml");
        let transaction = signer(&merchant, kind).read_payment_notification(&received.body).expect("verifies");
        assert_eq!(transaction.out_trade_no, number);
        with_sign_type += usize::from(String::from_utf8_lossy(&received.body).contains("<sign_type>"));
        merchant.event(&format!("order {number}: notification acknowledged with 200 on try 1")).await;
    }
    assert!((1..16).contains(&with_sign_type), "{with_sign_type} of 16");
}

#[tokio::test]
async fn only_the_exact_bytes_acknowledge() {
    let almost = ACKNOWLEDGED.replace("OK", "ok");
    let mut receiver = Receiver::start_with_body(&almost).await;
    let merchant = Merchant::start_with(vec![receiver.route.clone()]).await;
    let prepay_id = prepay(&merchant, SignType::Md5, "T-00000001").await;
    pay(&merchant, SignType::Md5, &prepay_id).await;
    receiver.next().await;
    merchant.event("try 1: answered with 200, but not with exactly").await;
}

#[tokio::test]
async fn the_exact_bytes_acknowledge_with_200_alone() {
    let mut receiver = Receiver::start_with(StatusCode::CREATED, ACKNOWLEDGED).await;
    let merchant = Merchant::start_with(vec![receiver.route.clone()]).await;
    let prepay_id = prepay(&merchant, SignType::Md5, "T-00000001").await;
    pay(&merchant, SignType::Md5, &prepay_id).await;
    receiver.next().await;
    merchant.event("try 1: answered with 201").await;
}

#[tokio::test]
async fn another_address_of_the_payer_is_no_other_order() {
    let merchant = Merchant::start().await;
    let signer = signer(&merchant, SignType::Md5);
    prepay(&merchant, SignType::Md5, "T-00000001").await;
    let moved =
        UnifiedOrder { spbill_create_ip: "203.0.113.8".parse().expect("an address"), ..order(&merchant, "T-00000001") };
    let answer = call(&merchant, UNIFIED_ORDER_PATH, signer.unified_order(&moved, NONCE).expect("sendable")).await;
    assert!(signer.read_unified_order(&answer).is_ok(), "{}", String::from_utf8_lossy(&answer));
}

#[tokio::test]
async fn a_query_of_v2_does_not_see_a_payment_yet() {
    let merchant = Merchant::start().await;
    let prepay_id = prepay(&merchant, SignType::Md5, "T-00000001").await;
    merchant.fault(json!({ "fault": "not_paid_yet", "path": ORDER_QUERY_PATH, "count": 1 })).await;
    assert_eq!(state(&merchant, "T-00000001").await, TradeState::NotPay, "as it is");
    pay(&merchant, SignType::Md5, &prepay_id).await;
    assert_eq!(state(&merchant, "T-00000001").await, TradeState::NotPay, "not seen yet");
    assert!(matches!(state(&merchant, "T-00000001").await, TradeState::Success(_)));
}

/// In the query and in the notification alike.
#[tokio::test]
async fn a_coupon_of_v2_is_told_with_its_amounts() {
    let mut receiver = Receiver::start_with_body(ACKNOWLEDGED).await;
    let merchant = Merchant::start_with(vec![receiver.route.clone()]).await;
    let prepay_id = prepay(&merchant, SignType::Md5, "T-00000001").await;
    let signer = signer(&merchant, SignType::Md5);
    let mut sheet =
        serde_json::to_value(signer.pay_sign(&prepay_id, merchant.now(), NONCE).expect("signs")).expect("JSON");
    sheet["openid"] = merchant.openid().into();
    sheet["outcome"] = "pay_with_coupon".into();
    assert_eq!(merchant.pay(&sheet).await, "requestPayment:ok");
    let which = PaymentRef::OutTradeNo("T-00000001".into());
    let asked = call(&merchant, ORDER_QUERY_PATH, signer.order_query(&which, NONCE).expect("sendable")).await;
    for message in [asked, receiver.next().await.body.to_vec()] {
        let fields = Fields::read(&message).expect("XML");
        for (name, value) in [
            ("total_fee", "6800"),
            ("cash_fee", "3400"),
            ("coupon_fee", "3400"),
            ("coupon_count", "1"),
            ("coupon_type_0", "CASH"),
            ("coupon_fee_0", "3400"),
        ] {
            assert_eq!(fields.get(name), Some(value), "{name}");
        }
        assert_eq!(fields.get("coupon_id_0").map(str::len), Some(12));
    }
}

#[tokio::test]
async fn how_a_refund_of_v2_ended_is_told_in_its_own_words() {
    let mut receiver = Receiver::start_with_body(ACKNOWLEDGED).await;
    let mut merchant = Merchant::start_with(vec![receiver.route.clone()]).await;
    let signer = signer(&merchant, SignType::Md5);
    let prepay_id = prepay(&merchant, SignType::Md5, "T-00000001").await;
    pay(&merchant, SignType::Md5, &prepay_id).await;
    receiver.next().await;
    for (number, fault, word) in
        [("R-1", "refund_closed", "REFUNDCLOSE"), ("R-2", "refund_abnormal", "CHANGE"), ("R-3", "", "SUCCESS")]
    {
        if !fault.is_empty() {
            merchant.fault(json!({ "fault": fault, "count": 1 })).await;
        }
        let wish = RefundOrder {
            payment: PaymentRef::OutTradeNo("T-00000001".into()),
            out_refund_no: OutRefundNo::new(number).expect("a number"),
            amount: RefundAmount::cny(1, 6800).expect("an amount"),
            reason: None,
            notify_url: Some("https://pay.example.com/notify/v2/refund".into()),
        };
        let answer = call(&merchant, REFUND_PATH, signer.refund(&wish, NONCE).expect("sendable")).await;
        signer.read_refund(&answer).expect("accepted");
        merchant.advance(61).await;
        let opened = open_refund(&merchant, &receiver.next().await.body);
        assert!(opened.contains(&format!("<refund_status><![CDATA[{word}]]>")), "{opened}");
        let query = signer.refund_query(&wish.out_refund_no, NONCE).expect("sendable");
        let asked = call(&merchant, REFUND_QUERY_PATH, query).await;
        assert_eq!(Fields::read(&asked).expect("XML").get("refund_status_0"), Some(word));
    }
}

/// What is sealed in a refund's notification, opened by openssl.
fn open_refund(merchant: &Merchant, message: &[u8]) -> String {
    let text = String::from_utf8(message.to_vec()).expect("UTF-8");
    let sealed = text.split_once("<req_info><![CDATA[").expect("sealed").1.split_once("]]>").expect("its end").0;
    // The key is the lower-case hex MD5 of the API key: thirty-two characters, taken as they are.
    let hashed = openssl(&["dgst", "-md5"], &merchant.identity.api_v2_key).to_ascii_lowercase();
    let key = hex::encode(hashed);
    run_openssl(&["enc", "-d", "-aes-256-ecb", "-base64", "-A", "-K", &key], sealed)
}

#[tokio::test]
async fn a_refund_is_accepted_queried_and_notified_encrypted() {
    let mut receiver = Receiver::start_with_body(ACKNOWLEDGED).await;
    let mut merchant = Merchant::start_with(vec![receiver.route.clone()]).await;
    let signer = signer(&merchant, SignType::HmacSha256);
    let prepay_id = prepay(&merchant, SignType::HmacSha256, "T-00000001").await;
    pay(&merchant, SignType::HmacSha256, &prepay_id).await;
    receiver.next().await;
    let wish = RefundOrder {
        payment: PaymentRef::OutTradeNo("T-00000001".into()),
        out_refund_no: OutRefundNo::new("R-1").expect("a number"),
        amount: RefundAmount::cny(6800, 6800).expect("an amount"),
        reason: Some("不想要了".into()),
        notify_url: Some("https://pay.example.com/notify/v2/refund".into()),
    };
    let answer = call(&merchant, REFUND_PATH, signer.refund(&wish, NONCE).expect("sendable")).await;
    assert_eq!(signer.read_refund(&answer).expect("accepted").refund, 6800);
    merchant.advance(5).await;
    let received = receiver.next().await;
    assert_eq!(received.path, "/notify/v2/refund");
    signer.read_refund_notification(&received.body).expect("opens");
    let text = String::from_utf8(received.body.to_vec()).expect("UTF-8");
    assert!(!text.contains("<sign>") && !text.contains("R-1"), "{text}");
    let opened = open_refund(&merchant, &received.body);
    assert!(opened.starts_with("<root>") && opened.contains("<out_refund_no><![CDATA[R-1]]>"), "{opened}");

    let query = signer.refund_query(&wish.out_refund_no, NONCE).expect("sendable");
    let refunds = signer.read_refund_query(&call(&merchant, REFUND_QUERY_PATH, query).await).expect("refunds");
    assert_eq!(refunds.len(), 1);
    assert!(matches!(refunds[0].state, RefundState::Success { .. }), "{refunds:?}");
    assert!(matches!(state(&merchant, "T-00000001").await, TradeState::Refund(_)));

    let unknown = signer.refund_query(&OutRefundNo::new("R-2").expect("a number"), NONCE).expect("sendable");
    let error = signer.read_refund_query(&call(&merchant, REFUND_QUERY_PATH, unknown).await).expect_err("unknown");
    assert_eq!(refused(error), "REFUNDNOTEXIST");
}

#[tokio::test]
async fn arranged_refusals_reach_v2_too() {
    let merchant = Merchant::start().await;
    let signer = signer(&merchant, SignType::Md5);
    merchant.fault(json!({ "fault": "error_after", "path": UNIFIED_ORDER_PATH, "count": 1 })).await;
    let body = signer.unified_order(&order(&merchant, "T-00000001"), NONCE).expect("sendable");
    let answer = call(&merchant, UNIFIED_ORDER_PATH, body).await;
    let error = signer.read_unified_order(&answer).expect_err("arranged");
    assert_eq!(error.advice(), Advice::RetrySame, "{error:?}");
    assert_eq!(state(&merchant, "T-00000001").await, TradeState::NotPay, "it was made all the same");
}

#[tokio::test]
async fn forged_payments_do_not_verify_or_do_not_fit() {
    let mut receiver = Receiver::start_with_body(ACKNOWLEDGED).await;
    let merchant = Merchant::start_with(vec![receiver.route.clone()]).await;
    let prepay_id = prepay(&merchant, SignType::Md5, "T-00000001").await;
    pay(&merchant, SignType::Md5, &prepay_id).await;
    receiver.next().await;
    let signer = signer(&merchant, SignType::Md5);
    for forgery in ["wrong_key", "unsigned", "re_encoded_body", "other_merchant", "other_amount", "doctype"] {
        merchant.control("notify", &json!({ "outTradeNo": "T-00000001", "forgery": forgery })).await;
        let received = receiver.next().await;
        let read = signer.read_payment_notification(&received.body);
        match forgery {
            "other_amount" => {
                let TradeState::Success(payment) = read.expect("genuine otherwise").state else { panic!("paid") };
                assert_eq!(payment.total, 6801);
            }
            "other_merchant" => assert!(matches!(read, Err(AnswerError::OtherMerchant)), "{read:?}"),
            "doctype" => assert!(matches!(read, Err(AnswerError::Xml(_))), "{read:?}"),
            _ => assert!(matches!(read, Err(AnswerError::Signature(_))), "{forgery}: {read:?}"),
        }
    }
    let none = merchant.control("notify", &json!({ "outTradeNo": "T-00000001", "forgery": "stale" })).await;
    assert_eq!(none["acknowledged"], false, "a signature of v2 has no time: {none}");
}

/// Of whatever amount: what is changed after signing is never what was signed.
#[tokio::test]
async fn a_re_encoded_body_of_v2_never_verifies() {
    let mut receiver = Receiver::start_with_body(ACKNOWLEDGED).await;
    let merchant = Merchant::start_with(vec![receiver.route.clone()]).await;
    let signer = signer(&merchant, SignType::Md5);
    for (number, total_fee) in [("T-00000001", 1), ("T-00000002", 2)] {
        let order = UnifiedOrder { total_fee, ..order(&merchant, number) };
        let answer = call(&merchant, UNIFIED_ORDER_PATH, signer.unified_order(&order, NONCE).expect("sendable")).await;
        let prepay_id = signer.read_unified_order(&answer).expect("a prepay_id").expose().clone();
        pay(&merchant, SignType::Md5, &prepay_id).await;
        receiver.next().await;
        merchant.control("notify", &json!({ "outTradeNo": number, "forgery": "re_encoded_body" })).await;
        let read = signer.read_payment_notification(&receiver.next().await.body);
        assert!(matches!(read, Err(AnswerError::Signature(_))), "{total_fee} fen: {read:?}");
    }
}

#[tokio::test]
async fn what_was_signed_instead_is_named_without_the_key() {
    let merchant = Merchant::start().await;
    let key = ApiV2Key::new(merchant.identity.api_v2_key.clone());
    let fields = Fields::new()
        .with("appid", merchant.identity.appid.as_str())
        .with("mch_id", merchant.identity.mchid.as_str())
        .with("nonce_str", "n1")
        .with("out_trade_no", "T-00000001");
    let v3_key = ApiV2Key::new(merchant.identity.api_v3_key.clone());
    for (signed, part) in [
        (fields.clone().signed(&key, SignType::HmacSha256), "it is HMAC-SHA256"),
        (fields.signed(&v3_key, SignType::Md5), "the API v3 key was used"),
    ] {
        call(&merchant, ORDER_QUERY_PATH, signed.write().expect("sendable").into_bytes()).await;
        let events = merchant.events().await;
        let last = events.last().expect("an event");
        assert!(last["signature"]["finding"].as_str().is_some_and(|finding| finding.contains(part)), "{last}");
        assert!(last["signature"]["expected"].as_str().is_some_and(|text| text.ends_with("key=…")), "{last}");
        assert!(!last.to_string().contains(&merchant.identity.api_v2_key), "{last}");
    }
}

/// A call of v2 with the header that asks for a case.
async fn call_for(merchant: &Merchant, case: &str, number: &str) -> Vec<u8> {
    let body = signer(merchant, SignType::Md5).unified_order(&order(merchant, number), NONCE).expect("sendable");
    let url = format!("{}{UNIFIED_ORDER_PATH}", merchant.identity.base_url);
    let request = merchant.http.post(url).header("wechatpay-negative-test", case).body(body);
    request.send().await.expect("an answer").bytes().await.expect("a body").to_vec()
}

#[tokio::test]
async fn an_answer_without_a_signature_and_with_a_wrong_one() {
    let merchant = Merchant::start().await;
    let signer = signer(&merchant, SignType::Md5);
    for (at, fault) in ["unsigned_answer", "wrong_key"].into_iter().enumerate() {
        let number = format!("T-0000000{at}");
        merchant.fault(json!({ "fault": fault, "path": UNIFIED_ORDER_PATH, "count": 1 })).await;
        let body = || signer.unified_order(&order(&merchant, &number), NONCE).expect("sendable");
        for answer in [call(&merchant, UNIFIED_ORDER_PATH, body()).await, call_for(&merchant, fault, &number).await] {
            let text = String::from_utf8_lossy(&answer).into_owned();
            assert!(text.contains("<prepay_id>"), "{text}");
            assert_eq!(text.contains("<sign>"), fault == "wrong_key", "{text}");
            let error = signer.read_unified_order(&answer).expect_err(fault);
            assert!(matches!(error, AnswerError::Signature(_)), "{fault}: {error:?}");
        }
        let genuine = call(&merchant, UNIFIED_ORDER_PATH, body()).await;
        assert!(signer.read_unified_order(&genuine).is_ok(), "the work was done, and the genuine one follows");
    }
}

#[tokio::test]
async fn the_header_selects_a_documented_case_of_v2_or_is_refused() {
    let merchant = Merchant::start().await;
    let signer = signer(&merchant, SignType::Md5);
    for (case, code) in [
        ("SYSTEM_ERROR", "SYSTEMERROR"),
        ("NOT_ENOUGH", "NOTENOUGH"),
        ("OUT_TRADE_NO_USED", "OUT_TRADE_NO_USED"),
        ("SOMETHING", "INVALID_REQUEST"),
        ("stale_timestamp", "INVALID_REQUEST"),
        ("unknown_serial", "INVALID_REQUEST"),
        ("probe", "INVALID_REQUEST"),
    ] {
        let answer = call_for(&merchant, case, "T-00000001").await;
        assert_eq!(refused(signer.read_unified_order(&answer).expect_err(case)), code, "{case}");
    }
    let unknown = String::from_utf8(call_for(&merchant, "SOMETHING", "T-00000001").await).expect("UTF-8");
    assert!(unknown.contains("OUT_TRADE_NO_USED"), "it says which there are: {unknown}");
    assert_eq!(call_for(&merchant, "bad_gateway", "T-00000001").await.first(), Some(&b'<'));
    merchant.query("T-00000001").await.refused(404, "ORDER_NOT_EXIST");
    let after = call_for(&merchant, "error_after", "T-00000001").await;
    assert_eq!(refused(signer.read_unified_order(&after).expect_err("arranged")), "SYSTEMERROR");
    assert_eq!(state(&merchant, "T-00000001").await, TradeState::NotPay);

    // It takes a signature like any other request.
    let url = format!("{}{UNIFIED_ORDER_PATH}", merchant.identity.base_url);
    let forged = merchant.http.post(url).header("wechatpay-negative-test", "SYSTEM_ERROR").body("<xml></xml>");
    let answer = forged.send().await.expect("an answer").text().await.expect("a body");
    assert!(answer.contains("mch_id"), "{answer}");
}

#[tokio::test]
async fn an_address_or_method_that_v2_does_not_have_and_a_query_where_none_belongs() {
    let merchant = Merchant::start().await;
    let base = &merchant.identity.base_url;
    let body =
        signer(&merchant, SignType::Md5).unified_order(&order(&merchant, "T-00000001"), NONCE).expect("sendable");
    for (request, part) in [
        (merchant.http.get(format!("{base}{UNIFIED_ORDER_PATH}")), "REQUIRE_POST_METHOD"),
        (merchant.http.post(format!("{base}/pay/micropay")), "no such address"),
        (merchant.http.post(format!("{base}/pay/UnifiedOrder")), "case-sensitive"),
        (merchant.http.post(format!("{base}{UNIFIED_ORDER_PATH}?appid=1")).body(body), "no query"),
    ] {
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK);
        let answer = answer.text().await.expect("a body");
        assert!(answer.contains("<return_code><![CDATA[FAIL]]>") && answer.contains(part), "{answer}");
    }
    merchant.query("T-00000001").await.refused(404, "ORDER_NOT_EXIST");
}

/// Under the codes of v2; the arithmetic is the same for both APIs.
#[tokio::test]
async fn a_refund_that_is_not_accepted_says_why_in_the_codes_of_v2() {
    let mut merchant = Merchant::start().await;
    let signer = signer(&merchant, SignType::Md5);
    let prepay_id = prepay(&merchant, SignType::Md5, "T-00000001").await;
    let wish = |number: &str, out_refund_no: &str, fen: u32, total: u32| RefundOrder {
        payment: PaymentRef::OutTradeNo(number.into()),
        out_refund_no: OutRefundNo::new(out_refund_no).expect("a number"),
        amount: RefundAmount::cny(fen, total).expect("an amount"),
        reason: None,
        notify_url: None,
    };
    let ask = async |merchant: &Merchant, wish: RefundOrder| {
        let answer = call(merchant, REFUND_PATH, signer.refund(&wish, NONCE).expect("sendable")).await;
        signer.read_refund(&answer).map(|_| ()).map_err(refused)
    };
    let code = |code: &str| Err(code.to_owned());
    assert_eq!(ask(&merchant, wish("T-00000001", "R-1", 1, 6800)).await, code("TRADE_STATE_ERROR"));
    pay(&merchant, SignType::Md5, &prepay_id).await;
    assert_eq!(ask(&merchant, wish("T-99999999", "R-1", 1, 6800)).await, code("ORDERNOTEXIST"));
    assert_eq!(ask(&merchant, wish("T-00000001", "R-1", 1, 6799)).await, code("PARAM_ERROR"));
    assert_eq!(ask(&merchant, wish("T-00000001", "R-1", 4000, 6800)).await, Ok(()));
    assert_eq!(ask(&merchant, wish("T-00000001", "R-1", 4000, 6800)).await, Ok(()), "the same again is the same");
    assert_eq!(ask(&merchant, wish("T-00000001", "R-1", 4001, 6800)).await, code("REFUND_FEE_MISMATCH"));
    assert_eq!(ask(&merchant, wish("T-00000001", "R-2", 1, 6800)).await, code("FREQUENCY_LIMITED"));
    merchant.advance(61).await;
    assert_eq!(ask(&merchant, wish("T-00000001", "R-2", 2801, 6800)).await, code("ERROR"));
    merchant.advance(366 * 86_400).await;
    assert_eq!(ask(&merchant, wish("T-00000001", "R-2", 1, 6800)).await, code("TRADE_OVERDUE"));
}

#[tokio::test]
async fn a_refund_field_of_v2_out_of_its_characters_or_length() {
    let merchant = Merchant::start().await;
    let prepay_id = prepay(&merchant, SignType::Md5, "T-00000001").await;
    pay(&merchant, SignType::Md5, &prepay_id).await;
    let key = ApiV2Key::new(merchant.identity.api_v2_key.clone());
    let long = "x".repeat(81);
    for (name, value, code) in [
        ("out_refund_no", "R 1", "PARAM_ERROR"),
        ("out_refund_no", long.as_str(), "PARAM_ERROR"),
        ("out_refund_no", "", "LACK_PARAMS"),
        ("out_trade_no", "", "LACK_PARAMS"),
        ("refund_fee", "0", "PARAM_ERROR"),
        ("refund_fee", "1.5", "PARAM_ERROR"),
        ("refund_desc", long.as_str(), "PARAM_ERROR"),
        ("notify_url", "http://pay.example.com/n", "PARAM_ERROR"),
        ("refund_fee_type", "USD", "PARAM_ERROR"),
        ("refund_account", "MINE", "PARAM_ERROR"),
        ("sub_mch_id", "1900000109", "PARAM_ERROR"),
    ] {
        let fields = [
            ("appid", merchant.identity.appid.as_str()),
            ("mch_id", merchant.identity.mchid.as_str()),
            ("nonce_str", "n1"),
            ("out_trade_no", "T-00000001"),
            ("out_refund_no", "R-1"),
            ("total_fee", "6800"),
            ("refund_fee", "1"),
            ("refund_desc", "不想要了"),
            ("notify_url", "https://pay.example.com/n"),
            ("refund_fee_type", "CNY"),
            ("refund_account", "REFUND_SOURCE_RECHARGE_FUNDS"),
            ("sub_mch_id", ""),
        ];
        let all = fields
            .into_iter()
            .fold(Fields::new(), |all, (known, good)| all.with(known, if known == name { value } else { good }));
        let body = all.signed(&key, SignType::Md5).write().expect("sendable");
        let answer = String::from_utf8(call(&merchant, REFUND_PATH, body.into_bytes()).await).expect("UTF-8");
        assert!(answer.contains(&format!("<err_code><![CDATA[{code}]]>")), "{name} {value}: {answer}");
    }
}

/// Who verifies only the fields that are documented verifies nothing.
#[tokio::test]
async fn a_field_that_nobody_announced_is_signed_too() {
    let mut receiver = Receiver::start_with_body(ACKNOWLEDGED).await;
    let merchant = Merchant::start_with(vec![receiver.route.clone()]).await;
    let signer = signer(&merchant, SignType::Md5);
    let body = signer.unified_order(&order(&merchant, "T-00000001"), NONCE).expect("sendable");
    let answer = call(&merchant, UNIFIED_ORDER_PATH, body).await;
    let prepay_id = signer.read_unified_order(&answer).expect("verifies").expose().clone();
    pay(&merchant, SignType::Md5, &prepay_id).await;
    let key = ApiV2Key::new(merchant.identity.api_v2_key.clone());
    for message in [answer, receiver.next().await.body.to_vec()] {
        let fields = Fields::read(&message).expect("XML");
        assert!(fields.get("unannounced_field").is_some(), "{}", String::from_utf8_lossy(&message));
        fields.verified(&key).expect("signed with it");
    }
}
