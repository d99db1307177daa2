//! What a refused request is told, and what whoever watches sees of it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::merchant::{Merchant, PREPAY};

/// Signs a string as an integrator might, with openssl, and sends the request with that signature.
async fn refused_with(
    merchant: &Merchant,
    target: &str,
    body: Option<&Value>,
    wrong: impl Fn(&str) -> String,
) -> Value {
    let draft = match body {
        Some(body) => merchant.post(target, body),
        None => merchant.get(target),
    };
    let item = |name: &str| {
        let after = draft.authorization().split_once(&format!("{name}=\"")).expect("an item").1;
        after.split_once('"').expect("quoted").0.to_owned()
    };
    let right = format!(
        "{}\n{target}\n{}\n{}\n{}\n",
        draft.method,
        item("timestamp"),
        item("nonce_str"),
        String::from_utf8_lossy(&draft.body)
    );
    let header = draft.authorization().replacen(&item("signature"), &sign(merchant, &wrong(&right)), 1);
    merchant.send(draft.with("authorization", header)).await.refused(401, "SIGN_ERROR");
    merchant.events().await.pop().expect("an event")
}

fn sign(merchant: &Merchant, message: &str) -> String {
    let file = merchant.dir().join("message");
    std::fs::write(&file, message).expect("writable");
    let output = std::process::Command::new("openssl")
        .args(["dgst", "-sha256", "-sign", "merchant_key.pem", "message"])
        .current_dir(merchant.dir())
        .output()
        .expect("openssl runs");
    assert!(output.status.success());
    STANDARD.encode(output.stdout)
}

#[tokio::test]
async fn the_usual_mistakes_are_named_with_the_string_that_was_signed() {
    let merchant = Merchant::start().await;
    let order = merchant.order("T-00000001");
    let query = format!("/v3/pay/transactions/out-trade-no/T-00000001?mchid={}", merchant.identity.mchid);
    type Wrong = fn(&str) -> String;
    let mistakes: [(&str, bool, Wrong); 8] = [
        ("the last line feed is missing", true, |right| right.trim_end().to_owned()),
        ("a GET has an empty one", false, |right| right.trim_end_matches('\n').to_owned() + "\n"),
        ("the query was left out", false, |right| {
            let (path, rest) = right.split_once('?').expect("a query");
            format!("{path}\n{}", rest.split_once('\n').expect("lines").1)
        }),
        ("the whole URL was signed", false, |right| right.replacen("GET\n", "GET\nhttps://api.mch.weixin.qq.com", 1)),
        ("another encoding of the same JSON", true, |right| right.replace("\":", "\": ").replace(",\"", ", \"")),
        ("something was signed as the body", false, |right| right.trim_end_matches('\n').to_owned() + "\n{}\n"),
        ("in capitals", true, |right| right.replacen("POST", "post", 1)),
        ("wrong way round", true, |right| {
            let lines: Vec<_> = right.split('\n').collect();
            [lines[0], lines[1], lines[3], lines[2], lines[4], ""].join("\n")
        }),
    ];
    for (finding, with_body, wrong) in mistakes {
        let (target, body) = if with_body { (PREPAY, Some(&order)) } else { (query.as_str(), None) };
        let event = refused_with(&merchant, target, body, wrong).await;
        let shown = &event["signature"];
        assert!(shown["finding"].as_str().is_some_and(|said| said.contains(finding)), "{finding}: {event}");
        assert!(shown["findingZh"].as_str().is_some_and(|said| !said.is_ascii()), "{event}");
        assert!(shown["signed"].is_string() && shown["signed"] != shown["expected"], "{event}");
        let method = if with_body { "POST\n" } else { "GET\n" };
        assert!(shown["expected"].as_str().is_some_and(|text| text.starts_with(method)), "{event}");
    }
}

#[tokio::test]
async fn the_right_key_over_an_unknown_string_is_told_from_a_wrong_key() {
    let merchant = Merchant::start().await;
    let order = merchant.order("T-00000001");
    let event = refused_with(&merchant, PREPAY, Some(&order), |_| "something else".to_owned()).await;
    let said = event["signature"]["finding"].as_str().expect("a finding");
    assert!(said.contains("your key signed another string"), "{said}");
    let output = std::process::Command::new("openssl")
        .args(["dgst", "-sha256", "message"])
        .current_dir(merchant.dir())
        .output()
        .expect("openssl runs");
    let digest = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(said.contains(digest.trim().rsplit(' ').next().expect("a digest")), "{said}");

    let draft = merchant.post(PREPAY, &order);
    let header = draft.authorization().replacen("signature=\"", "signature=\"AAAA", 1);
    merchant.send(draft.with("authorization", header)).await.refused(401, "SIGN_ERROR");
    let event = merchant.events().await.pop().expect("an event");
    let said = event["signature"]["finding"].as_str().expect("a finding");
    assert!(said.starts_with("no signature of this merchant's key"), "{said}");
}

#[tokio::test]
async fn events_tell_every_request_with_its_answer_in_both_languages() {
    let merchant = Merchant::start().await;
    merchant.prepay("T-00000001").await;
    merchant.close("T-00000001").await;
    merchant.send(merchant.post(PREPAY, &merchant.order("T-00000001"))).await.refused(400, "ORDER_CLOSED");
    let events = merchant.events().await;
    for (at, kind, status, code) in
        [(0, "prepay", 200, json!(null)), (1, "close", 204, json!(null)), (2, "refused", 400, json!("ORDER_CLOSED"))]
    {
        let event = &events[at];
        assert_eq!((&event["kind"], &event["status"]), (&json!(kind), &json!(status)), "{event}");
        assert_eq!(event.get("code").cloned().unwrap_or_default(), code, "{event}");
        assert!(event["requestId"].as_str().is_some_and(|id| id.starts_with("08")), "{event}");
        assert!(event["whatZh"].is_string() && event["seq"].is_u64() && event["atMs"].is_u64(), "{event}");
    }
    assert!(events[2]["ruleZh"].as_str().is_some_and(|rule| rule.contains("新单号")), "{}", events[2]);
    for part in ["after=2", "limit=1"] {
        let url = format!("{}/_sandbox/events?{part}", merchant.identity.base_url);
        let answer = merchant.http.get(url).send().await.expect("an answer");
        let some: Vec<Value> = serde_json::from_slice(&answer.bytes().await.expect("a body")).expect("a list");
        assert_eq!(some, events[2..], "{part}");
    }
}

#[tokio::test]
async fn who_waits_for_events_is_answered_when_there_is_one() {
    let merchant = Merchant::start().await;
    merchant.prepay("T-00000001").await;
    let url = format!("{}/_sandbox/events?after=1&wait=25", merchant.identity.base_url);
    let (answer, _) = tokio::join!(merchant.http.get(url).send(), merchant.prepay("T-00000002"));
    let events: Vec<Value> =
        serde_json::from_slice(&answer.expect("an answer").bytes().await.expect("a body")).expect("a list");
    assert_eq!(events.len(), 1, "{events:?}");
}
