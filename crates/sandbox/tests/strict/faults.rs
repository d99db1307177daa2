//! Answers that go wrong on purpose.

use std::time::{Duration, Instant};

use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use wechatpay::v3::{SignedHeaders, VerifyError};

use crate::merchant::{Draft, Merchant, PREPAY, REFUNDS};

fn prepay(merchant: &Merchant) -> Draft {
    merchant.post(PREPAY, &merchant.order("T-00000001"))
}

async fn state(merchant: &Merchant) -> Option<String> {
    let reply = merchant.query("T-00000001").await;
    reply.body["trade_state"].as_str().map(str::to_owned)
}

async fn once(merchant: &Merchant, fault: &str) {
    merchant.fault(json!({ "fault": fault, "path": PREPAY, "count": 1 })).await;
}

async fn verify(merchant: &Merchant, answer: Response) -> Result<(), Option<VerifyError>> {
    let headers = answer.headers().clone();
    let body = answer.bytes().await.expect("a body");
    let header = |name: &'static str| headers.get(name).and_then(|value| value.to_str().ok());
    let signed = SignedHeaders::read(header).map_err(|_| None)?;
    merchant.verifiers.verify(signed, &body, merchant.now()).map_err(Some)
}

#[tokio::test]
async fn a_dropped_answer_after_the_work_was_done() {
    let merchant = Merchant::start().await;
    once(&merchant, "drop_answer").await;
    let error = merchant.send_unverified(prepay(&merchant)).await.expect_err("no answer");
    assert!(!error.is_timeout(), "{error}");
    assert_eq!(state(&merchant).await.as_deref(), Some("NOTPAY"), "the order was made");
    assert_eq!(merchant.send(prepay(&merchant)).await.status, StatusCode::OK, "repeated with the same number");
}

#[tokio::test]
async fn a_dropped_request_before_anything_was_done() {
    let merchant = Merchant::start().await;
    once(&merchant, "drop_request").await;
    merchant.send_unverified(prepay(&merchant)).await.expect_err("no answer");
    assert_eq!(state(&merchant).await, None);
}

#[tokio::test]
async fn a_delay_holds_the_answer_and_nobody_else() {
    let merchant = Merchant::start().await;
    merchant.fault(json!({ "fault": "delay", "ms": 300, "path": PREPAY, "count": 1 })).await;
    let started = Instant::now();
    merchant.send(prepay(&merchant)).await;
    assert!(started.elapsed() >= Duration::from_millis(300));

    merchant.fault(json!({ "fault": "delay", "ms": 100_000, "path": PREPAY, "count": 1 })).await;
    let others = async {
        merchant.event(&format!("POST {PREPAY}: an arranged fault, delay")).await;
        assert_eq!(state(&merchant).await.as_deref(), Some("NOTPAY"), "done already");
    };
    tokio::select! {
        answer = merchant.send(prepay(&merchant)) => panic!("it was not delayed: {answer:?}"),
        () = others => {}
    }
}

#[tokio::test]
async fn a_rate_limit_does_nothing_and_says_429() {
    let merchant = Merchant::start().await;
    once(&merchant, "rate_limited").await;
    let reply = merchant.send(prepay(&merchant)).await;
    assert_eq!(reply.refused(429, "FREQUENCY_LIMITED").numeric, 268_447_840);
    assert_eq!(state(&merchant).await, None);
}

#[tokio::test]
async fn a_500_after_the_order_was_made() {
    let merchant = Merchant::start().await;
    once(&merchant, "error_after").await;
    merchant.send(prepay(&merchant)).await.refused(500, "SYSTEM_ERROR");
    assert_eq!(state(&merchant).await.as_deref(), Some("NOTPAY"));
}

#[tokio::test]
async fn a_502_of_something_that_is_not_wechat_pay() {
    let merchant = Merchant::start().await;
    once(&merchant, "bad_gateway").await;
    let answer = merchant.send_unverified(prepay(&merchant)).await.expect("an answer");
    assert_eq!((answer.status(), answer.headers().get("wechatpay-signature")), (StatusCode::BAD_GATEWAY, None));
    assert_eq!(state(&merchant).await, None);
}

#[tokio::test]
async fn an_unsigned_2xx() {
    let merchant = Merchant::start().await;
    once(&merchant, "unsigned_answer").await;
    let answer = merchant.send_unverified(prepay(&merchant)).await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(verify(&merchant, answer).await, Err(None));
}

#[tokio::test]
async fn every_signature_that_must_not_verify() {
    let merchant = Merchant::start().await;
    let mut errors = Vec::new();
    for fault in ["stale_timestamp", "unknown_serial", "wrong_key", "probe"] {
        once(&merchant, fault).await;
        let answer = merchant.send_unverified(prepay(&merchant)).await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK);
        if fault == "probe" {
            let signature = answer.headers()["wechatpay-signature"].to_str().expect("text");
            assert!(signature.starts_with("WECHATPAY/SIGNTEST/"), "{signature}");
        }
        errors.push(verify(&merchant, answer).await.expect_err(fault));
    }
    errors.dedup();
    assert!(errors.len() >= 3, "different faults, different reasons: {errors:?}");
    assert_eq!(merchant.send(prepay(&merchant)).await.status, StatusCode::OK, "the genuine one follows");
}

#[tokio::test]
async fn a_stale_answer_is_genuine_otherwise() {
    let merchant = Merchant::start().await;
    once(&merchant, "stale_timestamp").await;
    let answer = merchant.send_unverified(prepay(&merchant)).await.expect("an answer");
    let headers = answer.headers().clone();
    let body = answer.bytes().await.expect("a body");
    let signed = SignedHeaders::read(|name| headers.get(name).and_then(|value| value.to_str().ok())).expect("signed");
    assert_eq!(merchant.verifiers.verify(signed, &body, merchant.now() - 600), Ok(()));
}

#[tokio::test]
async fn a_payment_just_made_is_not_seen_yet() {
    let merchant = Merchant::start().await;
    merchant.pay_for("T-00000001").await;
    merchant.fault(json!({ "fault": "not_paid_yet", "path": "/v3/pay/transactions/out-trade-no/*", "count": 2 })).await;
    for seen in ["NOTPAY", "NOTPAY", "SUCCESS"] {
        assert_eq!(state(&merchant).await.as_deref(), Some(seen));
    }
    let lagging = json!({ "fault": "refuse", "code": "RESOURCE_NOT_EXISTS", "path": REFUNDS, "count": 1 });
    merchant.fault(lagging).await;
    merchant.ask_refund("T-00000001", "R-1", 1).await.refused(404, "RESOURCE_NOT_EXISTS");
    assert_eq!(merchant.ask_refund("T-00000001", "R-1", 1).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_rule_waits_for_a_request_that_its_fault_can_happen_to() {
    let merchant = Merchant::start().await;
    for fault in ["not_paid_yet", "refund_abnormal"] {
        merchant.fault(json!({ "fault": fault, "count": 1 })).await;
    }
    merchant.fault(json!({ "fault": "stale_timestamp", "path": "/pay/*" })).await;
    let url = format!("{}/pay/closeorder", merchant.identity.base_url);
    merchant.http.post(url).send().await.expect("an answer");
    let prepay_id = merchant.prepay("T-00000001").await;
    assert_eq!(merchant.pay(&merchant.sheet(&prepay_id)).await, "requestPayment:ok");
    for seen in ["NOTPAY", "SUCCESS"] {
        assert_eq!(state(&merchant).await.as_deref(), Some(seen), "not used up by the prepay");
    }
    merchant.ask_refund("T-00000001", "R-1", 1).await;
    let url = format!("{}/_sandbox/faults", merchant.identity.base_url);
    let answer = merchant.http.get(url).send().await.expect("an answer").bytes().await.expect("a body");
    let listed: Value = serde_json::from_slice(&answer).expect("JSON");
    let happened = |fault: &str| {
        let rules = listed.as_array().or_else(|| listed["faults"].as_array()).expect("a list");
        rules.iter().find(|rule| rule["fault"] == fault).expect("listed")["happened"].clone()
    };
    assert_eq!((happened("not_paid_yet"), happened("refund_abnormal")), (json!(1), json!(1)), "{listed}");
    assert_eq!(happened("stale_timestamp"), 0, "a signature of v2 has no time");
}

#[tokio::test]
async fn a_documented_refusal_by_rule() {
    let merchant = Merchant::start().await;
    merchant.pay_for("T-00000001").await;
    for (code, status) in
        [("NOT_ENOUGH", 403), ("SYSTEM_ERROR", 500), ("USERPAYING", 202), ("SERVICE_UNAVAILABLE", 503)]
    {
        merchant.fault(json!({ "fault": "refuse", "code": code, "path": REFUNDS, "count": 1 })).await;
        merchant.ask_refund("T-00000001", "R-1", 1).await.refused(status, code);
    }
    merchant.query_refund("R-1").await.refused(404, "RESOURCE_NOT_EXISTS");
}

#[tokio::test]
async fn the_header_selects_a_documented_case_for_one_request() {
    let merchant = Merchant::start().await;
    let with = |case: &str| prepay(&merchant).with("wechatpay-negative-test", case);
    for (code, status) in [
        ("PARAM_ERROR", 400),
        ("SIGN_ERROR", 401),
        ("OUT_TRADE_NO_USED", 403),
        ("ORDER_NOT_EXIST", 404),
        ("RATELIMIT_EXCEEDED", 429),
        ("BANK_ERROR", 500),
    ] {
        merchant.send(with(code)).await.refused(status, code);
    }
    assert_eq!(state(&merchant).await, None, "nothing was done");
    let answer = merchant.send_unverified(with("unsigned_answer")).await.expect("an answer");
    assert_eq!(verify(&merchant, answer).await, Err(None));
    let reply = merchant.send(with("SOMETHING")).await;
    assert!(reply.refused(400, "INVALID_REQUEST").raw.contains("OUT_TRADE_NO_USED"), "{}", reply.raw);
    // It takes a signature like any other request.
    let forged = with("PARAM_ERROR").with("authorization", "WECHATPAY2-SHA256-RSA2048 x");
    merchant.send(forged).await.refused(401, "SIGN_ERROR");
    assert_eq!(merchant.send(prepay(&merchant)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_rule_ends_after_its_count_and_starts_after_others() {
    let merchant = Merchant::start().await;
    merchant
        .fault(json!({ "fault": "rate_limited", "path": "/v3/pay/*", "method": "GET", "after": 1, "count": 2 }))
        .await;
    let mut seen = Vec::new();
    for _ in 0..5 {
        seen.push(merchant.query("T-00000001").await.status.as_u16());
    }
    assert_eq!(seen, [404, 429, 429, 404, 404]);
    assert!(merchant.prepay("T-00000001").await.starts_with("wx"), "another method");
    let url = format!("{}/_sandbox/faults", merchant.identity.base_url);
    let listed = merchant.http.get(&url).send().await.expect("an answer").bytes().await.expect("a body");
    let listed: Value = serde_json::from_slice(&listed).expect("JSON");
    assert_eq!((&listed[0]["fault"], &listed[0]["happened"]), (&json!("rate_limited"), &json!(2)));
}

#[tokio::test]
async fn the_list_has_every_field_of_a_rule() {
    let merchant = Merchant::start().await;
    merchant
        .fault(json!({
            "fault": "delay", "ms": 5, "path": "/v3/*", "method": "GET", "after": 1, "count": 2, "probability": 0.5, "seed": 7,
        }))
        .await;
    merchant.fault(json!({ "fault": "probe" })).await;
    let url = format!("{}/_sandbox/faults", merchant.identity.base_url);
    let listed = merchant.http.get(&url).send().await.expect("an answer").bytes().await.expect("a body");
    let listed: Value = serde_json::from_slice(&listed).expect("JSON");
    assert_eq!(
        listed,
        json!([
            { "id": 1, "fault": "delay", "ms": 5, "path": "/v3/*", "method": "GET", "after": 1, "count": 2,
              "probability": 0.5, "seed": 7, "matched": 0, "happened": 0 },
            { "id": 2, "fault": "probe", "path": null, "method": null, "after": 0, "count": null, "probability": 1.0,
              "seed": null, "matched": 0, "happened": 0 },
        ])
    );
}

#[tokio::test]
async fn a_probability_falls_the_same_way_with_the_same_seed() {
    let run = |seed: u64| async move {
        let merchant = Merchant::start().await;
        merchant.fault(json!({ "fault": "rate_limited", "path": "/v3/pay/*", "probability": 0.5, "seed": seed })).await;
        let mut seen = String::new();
        for _ in 0..24 {
            seen.push(if merchant.query("T-00000001").await.status == 429 { 'x' } else { '.' });
        }
        seen
    };
    let (first, again, other) = (run(1).await, run(1).await, run(2).await);
    assert_eq!(first, again);
    assert_ne!(first, other);
    assert!(first.contains('x') && first.contains('.'), "{first}");
}

#[tokio::test]
async fn rules_are_taken_away() {
    let merchant = Merchant::start().await;
    let url = format!("{}/_sandbox/faults", merchant.identity.base_url);
    for target in [url.clone(), format!("{url}/3")] {
        merchant.fault(json!({ "fault": "rate_limited" })).await;
        merchant.query("T-00000001").await.refused(429, "FREQUENCY_LIMITED");
        if target.ends_with('3') {
            merchant.fault(json!({ "fault": "bad_gateway", "path": "/never" })).await;
            merchant.http.delete(format!("{url}/2")).send().await.expect("an answer");
        } else {
            merchant.http.delete(target).send().await.expect("an answer");
        }
        merchant.query("T-00000001").await.refused(404, "ORDER_NOT_EXIST");
    }
}

#[tokio::test]
async fn a_rule_that_says_nothing_useful_is_refused() {
    let merchant = Merchant::start().await;
    for bad in [
        json!({}),
        json!({ "fault": "fly" }),
        json!({ "fault": "delay" }),
        json!({ "fault": "rate_limited", "ms": 1 }),
        json!({ "fault": "refuse", "code": "NONSENSE" }),
        json!({ "fault": "probe", "probability": 2 }),
        json!({ "fault": "probe", "path": "/*/*" }),
        json!({ "fault": "notification_forged" }),
        json!({ "fault": "notification_concurrent", "times": 0 }),
        json!({ "fault": "probe", "colour": "red" }),
        json!({ "fault": "probe", "method": "post" }),
        json!({ "fault": "probe", "method": "PUT" }),
        json!({ "fault": "probe", "path": "v3/pay/*" }),
        json!({ "fault": "probe", "path": "" }),
        json!({ "fault": "probe", "count": 0 }),
        json!({ "fault": "probe", "probability": 0 }),
        json!({ "fault": "delay", "ms": 120_001 }),
        json!({ "fault": "delay", "ms": 1_000_000_000_000_000_u64 }),
        json!({ "fault": "delay", "ms": 1e15 }),
        json!({ "fault": "notification_late", "ms": 1_000_000_000_000_000_u64 }),
    ] {
        let answer = merchant.control("faults", &bad).await;
        assert!(answer["error"].as_str().is_some_and(|error| error.len() > 10), "{bad}: {answer}");
    }
}

/// What the list of rules says of each.
async fn counts(merchant: &Merchant) -> Vec<(String, u64)> {
    let url = format!("{}/_sandbox/faults", merchant.identity.base_url);
    let listed = merchant.http.get(url).send().await.expect("an answer").bytes().await.expect("a body");
    let listed: Vec<Value> = serde_json::from_slice(&listed).expect("a list");
    let count = |rule: &Value| {
        (rule["fault"].as_str().expect("a name").to_owned(), rule["happened"].as_u64().expect("a number"))
    };
    listed.iter().map(count).collect()
}

#[tokio::test]
async fn a_rule_is_not_used_up_by_requests_to_which_nothing_happened() {
    let merchant = Merchant::start().await;
    for fault in ["error_after", "unsigned_answer"] {
        once(&merchant, fault).await;
    }
    let mut spoilt = merchant.order("T-00000001");
    spoilt["colour"] = "red".into();
    let reply = merchant.send(merchant.post(PREPAY, &spoilt)).await;
    assert_eq!(reply.refused(400, "PARAM_ERROR").numeric, 270_924_358, "signed, and refused for its own reason");
    assert_eq!(counts(&merchant).await, [("error_after".to_owned(), 0), ("unsigned_answer".to_owned(), 0)]);
    merchant.send(prepay(&merchant)).await.refused(500, "SYSTEM_ERROR");
    assert_eq!(counts(&merchant).await, [("error_after".to_owned(), 1), ("unsigned_answer".to_owned(), 0)]);
    let answer = merchant.send_unverified(prepay(&merchant)).await.expect("an answer");
    assert_eq!(verify(&merchant, answer).await, Err(None), "a 2xx at last");
    assert_eq!(counts(&merchant).await, [("error_after".to_owned(), 1), ("unsigned_answer".to_owned(), 1)]);

    // An arranged refusal is not one for another reason.
    merchant.control("faults", &json!({ "fault": "refuse", "code": "NOT_ENOUGH", "count": 1 })).await;
    let unsigned = prepay(&merchant).without("authorization");
    merchant.send(unsigned).await.refused(401, "SIGN_ERROR");
    merchant.send(prepay(&merchant)).await.refused(403, "NOT_ENOUGH");
}

#[tokio::test]
async fn a_query_is_not_late_before_there_is_a_payment() {
    let merchant = Merchant::start().await;
    merchant.fault(json!({ "fault": "not_paid_yet", "count": 2 })).await;
    merchant.query("T-00000001").await.refused(404, "ORDER_NOT_EXIST");
    let prepay_id = merchant.prepay("T-00000001").await;
    assert_eq!(state(&merchant).await.as_deref(), Some("NOTPAY"), "as it is");
    assert_eq!(counts(&merchant).await[0].1, 0);
    assert_eq!(merchant.pay(&merchant.sheet(&prepay_id)).await, "requestPayment:ok");
    assert_eq!(state(&merchant).await.as_deref(), Some("NOTPAY"), "not seen yet");
    merchant.fault(json!({ "fault": "not_paid_yet", "count": 1, "path": "/v3/pay/transactions/id/*" })).await;
    assert_eq!(state(&merchant).await.as_deref(), Some("NOTPAY"), "not seen yet");
    let paid = merchant.query("T-00000001").await;
    let target = format!(
        "/v3/pay/transactions/id/{}?mchid={}",
        paid.body["transaction_id"].as_str().expect("paid"),
        merchant.identity.mchid
    );
    merchant.send(merchant.get(&target)).await.refused(404, "ORDER_NOT_EXIST");
    assert_eq!(merchant.send(merchant.get(&target)).await.body["trade_state"], "SUCCESS");
    assert_eq!(counts(&merchant).await.iter().map(|(_, happened)| *happened).collect::<Vec<_>>(), [2, 1]);
}

#[tokio::test]
async fn an_arranged_end_waits_for_a_refund_that_is_accepted() {
    let mut merchant = Merchant::start().await;
    merchant.pay_for("T-00000001").await;
    merchant.ask_refund("T-00000001", "R-1", 1).await;
    merchant.fault(json!({ "fault": "refund_abnormal", "count": 1 })).await;
    merchant.ask_refund("T-99999999", "R-9", 1).await.refused(404, "RESOURCE_NOT_EXISTS");
    merchant.ask_refund("T-00000001", "R-2", 6800).await.refused(400, "INVALID_REQUEST");
    assert_eq!(merchant.ask_refund("T-00000001", "R-1", 1).await.status, StatusCode::OK, "accepted before");
    assert_eq!(counts(&merchant).await[0].1, 0);
    merchant.advance(61).await;
    merchant.ask_refund("T-00000001", "R-2", 1).await;
    assert_eq!(counts(&merchant).await[0].1, 1);
    merchant.advance(5).await;
    assert_eq!(merchant.query_refund("R-2").await.body["status"], "ABNORMAL");
}
