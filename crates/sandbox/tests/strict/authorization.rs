//! Headers and the merchant's signature.

use reqwest::{Method, StatusCode};
use serde_json::json;
use wechatpay::v3::MerchantSigner;

use crate::merchant::{Merchant, NONCE, PREPAY};

#[tokio::test]
async fn a_request_that_follows_every_rule_passes() {
    let merchant = Merchant::start().await;
    assert!(merchant.prepay("T-00000001").await.starts_with("wx"));
}

#[tokio::test]
async fn the_headers_that_every_call_needs() {
    let merchant = Merchant::start().await;
    for header in ["accept", "user-agent", "content-type"] {
        let draft = merchant.post(PREPAY, &merchant.order("T-00000001")).without(header);
        let answer = merchant.send_bare(draft).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{header}: {answer}");
        assert!(answer.contains("INVALID_REQUEST") && answer.contains(header), "{header}: {answer}");
    }
    let whole = merchant.send_bare(merchant.post(PREPAY, &merchant.order("T-00000009"))).await;
    assert!(whole.starts_with("HTTP/1.1 200 "), "{whole}");
    let form =
        merchant.post(PREPAY, &merchant.order("T-00000001")).with("content-type", "application/x-www-form-urlencoded");
    merchant.send(form).await.refused(400, "INVALID_REQUEST");
    merchant.query("T-00000001").await.refused(404, "ORDER_NOT_EXIST");
}

#[tokio::test]
async fn a_malformed_authorization_is_told_from_a_wrong_one() {
    let merchant = Merchant::start().await;
    let good = merchant.post(PREPAY, &merchant.order("T-00000001"));
    let header = good.authorization().to_owned();
    let spoilt = [
        header.replacen("WECHATPAY2-SHA256-RSA2048", "Bearer", 1),
        header.replacen("WECHATPAY2-SHA256-RSA2048", "wechatpay2-sha256-rsa2048", 1),
        header.replacen("mchid=", "mch_id=", 1),
        header.replacen('"', "", 2),
        format!("{header},mchid=\"{}\"", merchant.identity.mchid),
        format!("{header},extra=\"1\""),
        header.rsplit_once(',').expect("items").0.to_owned(),
        String::new(),
    ];
    for header in spoilt {
        let draft = merchant.post(PREPAY, &merchant.order("T-00000001")).with("authorization", header);
        let reply = merchant.send(draft).await;
        reply.refused(401, "SIGN_ERROR");
        assert!(reply.raw.contains("malformed"), "{}", reply.raw);
    }
    let missing = merchant.post(PREPAY, &merchant.order("T-00000001")).without("authorization");
    merchant.send(missing).await.refused(401, "SIGN_ERROR");
}

#[tokio::test]
async fn the_items_may_come_in_any_order() {
    let merchant = Merchant::start().await;
    let draft = merchant.post(PREPAY, &merchant.order("T-00000001"));
    let (scheme, items) = draft.authorization().split_once(' ').expect("a scheme");
    let mut items: Vec<_> = items.split(',').collect();
    items.reverse();
    let header = format!("{scheme} {}", items.join(","));
    assert_eq!(merchant.send(draft.with("authorization", header)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_unknown_merchant_and_a_serial_that_is_not_its_own() {
    let merchant = Merchant::start().await;
    for (of, to) in [(&merchant.identity.mchid, "1900000001"), (&merchant.identity.merchant_serial, "4000000001")] {
        let draft = merchant.post(PREPAY, &merchant.order("T-00000001"));
        let header = draft.authorization().replacen(of.as_str(), to, 1);
        merchant.send(draft.with("authorization", header)).await.refused(401, "SIGN_ERROR");
    }
}

#[tokio::test]
async fn a_timestamp_more_than_five_minutes_off() {
    let merchant = Merchant::start().await;
    let body = merchant.order("T-00000001").to_string();
    let sign =
        |timestamp| merchant.signer.authorization("POST", PREPAY, timestamp, NONCE, body.as_bytes()).expect("signs");
    // A minute of room on both sides: the test's own clock goes on.
    for stale in [merchant.now() - 360, merchant.now() + 360] {
        let draft = merchant.draft(Method::POST, PREPAY, &body).with("authorization", sign(stale));
        let reply = merchant.send(draft).await;
        reply.refused(401, "SIGN_ERROR");
        assert!(reply.raw.contains("5 minutes"), "{}", reply.raw);
    }
    for fresh in [merchant.now() - 240, merchant.now() + 240] {
        let draft = merchant.draft(Method::POST, PREPAY, &body).with("authorization", sign(fresh));
        assert_eq!(merchant.send(draft).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn what_was_signed_is_what_came_byte_for_byte() {
    let merchant = Merchant::start().await;
    let mchid = &merchant.identity.mchid;

    let mut body = merchant.post(PREPAY, &merchant.order("T-00000001"));
    body.body.push(b' ');
    let mut method = merchant.get(&format!("{PREPAY}/"));
    method.target = format!("/v3/pay/transactions/id/1?mchid={mchid}");
    let mut query = merchant.get("/v3/pay/transactions/out-trade-no/T-00000001");
    query.target = format!("/v3/pay/transactions/out-trade-no/T-00000001?mchid={mchid}");
    let mut encoded = merchant.get(&format!("/v3/pay/transactions/out-trade-no/T%7C0000001?mchid={mchid}"));
    encoded.target = format!("/v3/pay/transactions/out-trade-no/T%7c0000001?mchid={mchid}");
    for draft in [body, method, query, encoded] {
        let reply = merchant.send(draft).await;
        reply.refused(401, "SIGN_ERROR");
        assert_eq!(reply.body["detail"]["issue"], "sign not match");
        assert_eq!(reply.numeric, 268_443_699);
    }
    let mut body = merchant.post(PREPAY, &merchant.order("T-00000001"));
    body.body.push(b' ');
    let length = body.body.len();
    let reply = merchant.send(body).await;
    assert_eq!(reply.body["detail"]["detail"]["issue"], "sign not match", "as the gateway nests it");
    let told = &reply.body["detail"]["sign_information"];
    assert_eq!((&told["method"], &told["url"]), (&"POST".into(), &PREPAY.into()), "{told}");
    let message = format!("POST\n{PREPAY}\n{}\n{NONCE}\n", merchant.now());
    assert_eq!(told["sign_message_length"], message.len() + length + 1, "{told}");
    let shown = told["truncated_sign_message"].as_str().expect("text");
    let (head, body) = shown.rsplit_once("\n{").expect("the beginning of the body");
    assert!(head.starts_with(&format!("POST\n{PREPAY}\n")) && head.ends_with(NONCE) && body.len() == 8, "{shown:?}");
    let raw = merchant.get(&format!("/v3/pay/transactions/out-trade-no/T%7C0000001?mchid={mchid}"));
    merchant.send(raw).await.refused(404, "ORDER_NOT_EXIST");
}

#[tokio::test]
async fn a_signature_by_another_key_or_no_base64() {
    let merchant = Merchant::start().await;
    let other = include_bytes!("../../../wechatpay/vectors/documentation_merchant_key.pem");
    let other =
        MerchantSigner::new(&merchant.identity.mchid, &merchant.identity.merchant_serial, other).expect("a key");
    let body = merchant.order("T-00000001").to_string();
    let header = other.authorization("POST", PREPAY, merchant.now(), NONCE, body.as_bytes()).expect("signs");
    let forged = merchant.draft(Method::POST, PREPAY, &body).with("authorization", header);
    merchant.send(forged).await.refused(401, "SIGN_ERROR");

    let draft = merchant.post(PREPAY, &merchant.order("T-00000001"));
    let header = draft.authorization().replacen("signature=\"", "signature=\"***", 1);
    merchant.send(draft.with("authorization", header)).await.refused(401, "SIGN_ERROR");
    merchant.query("T-00000001").await.refused(404, "ORDER_NOT_EXIST");
}

#[tokio::test]
async fn the_merchant_of_the_header_is_the_merchant_of_the_call() {
    let merchant = Merchant::start().await;
    let mut order = merchant.order("T-00000001");
    order["mchid"] = "1900000001".into();
    merchant.send(merchant.post(PREPAY, &order)).await.refused(401, "SIGN_ERROR");

    let of_another = merchant.get("/v3/pay/transactions/out-trade-no/T-00000001?mchid=1900000001");
    merchant.send(of_another).await.refused(401, "SIGN_ERROR");

    let close = "/v3/pay/transactions/out-trade-no/T-00000001/close";
    merchant.send(merchant.post(close, &json!({ "mchid": "1900000001" }))).await.refused(401, "SIGN_ERROR");
}

#[tokio::test]
async fn the_broken_rule_is_told_to_whoever_watches_and_no_secret_is() {
    let merchant = Merchant::start().await;
    let mut draft = merchant.post(PREPAY, &merchant.order("T-00000001"));
    draft.body.push(b' ');
    merchant.send(draft).await;
    let event = merchant.event("POST /v3/pay/transactions/jsapi").await;
    assert_eq!(event["kind"], "refused");
    assert!(event["rule"].as_str().is_some_and(|rule| rule.contains("does not verify")), "{event}");

    merchant.pay_for("T-00000002").await;
    let all = serde_json::to_string(&merchant.events().await).expect("JSON");
    for secret in [merchant.openid(), &merchant.identity.app_secret, &merchant.identity.api_v3_key, "prepay_id="] {
        assert!(!all.contains(secret), "{all}");
    }
}

#[tokio::test]
async fn a_nonce_has_one_to_thirty_two_characters() {
    let merchant = Merchant::start().await;
    for nonce in [String::new(), "n".repeat(33)] {
        let draft = merchant.get("/v3/certificates");
        let header = draft.authorization().replacen(NONCE, &nonce, 1);
        let reply = merchant.send(draft.with("authorization", header)).await;
        assert!(reply.refused(401, "SIGN_ERROR").raw.contains("1 to 32 characters"), "{}", reply.raw);
    }
}

#[tokio::test]
async fn a_get_has_no_body() {
    let merchant = Merchant::start().await;
    let target = format!("/v3/pay/transactions/out-trade-no/T-00000001?mchid={}", merchant.identity.mchid);
    let reply = merchant.send(merchant.draft(reqwest::Method::GET, &target, "{}")).await;
    assert!(reply.refused(400, "INVALID_REQUEST").raw.contains("GET has no body"), "{}", reply.raw);
}

#[tokio::test]
async fn a_timestamp_is_written_in_one_way() {
    let merchant = Merchant::start().await;
    let draft = || merchant.post(PREPAY, &merchant.order("T-00000001"));
    for before in ["0", "+", " "] {
        let header = draft().authorization().replacen("timestamp=\"", &format!("timestamp=\"{before}"), 1);
        let reply = merchant.send(draft().with("authorization", header)).await;
        assert!(reply.refused(401, "SIGN_ERROR").raw.contains("must be a number of seconds"), "{}", reply.raw);
    }
}
