//! `/_sandbox/...`: what it does not understand it refuses, in JSON and with one sentence.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::merchant::Merchant;

/// The sentence; anything else than `{"error": "..."}` fails.
async fn refusal(merchant: &Merchant, method: Method, path: &str, body: &str) -> (StatusCode, String) {
    let url = format!("{}/_sandbox{path}", merchant.identity.base_url);
    let answer = merchant.http.request(method, url).body(body.to_owned()).send().await.expect("an answer");
    let status = answer.status();
    assert_eq!(answer.headers()["content-type"], "application/json", "{path} {body}");
    let said = answer.text().await.expect("a body");
    let said: Value = serde_json::from_str(&said).unwrap_or_else(|_| panic!("{path} {body}: {said}"));
    assert_eq!(said.as_object().map(serde_json::Map::len), Some(1), "{said}");
    (status, said["error"].as_str().unwrap_or_else(|| panic!("{said}")).to_owned())
}

#[tokio::test]
async fn a_body_that_makes_no_sense() {
    let merchant = Merchant::start().await;
    for call in ["login", "pay", "clock", "keys", "faults", "notify"] {
        for body in ["[", "[]", "{\"x\":1}", "\u{0}", "7", "a=1", "{}{}"] {
            let (status, error) = refusal(&merchant, Method::POST, &format!("/{call}"), body).await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "{call} {body}");
            assert!(error.len() > 20, "{call} {body}: {error}");
        }
    }
}

#[tokio::test]
async fn a_query_that_makes_no_sense() {
    let merchant = Merchant::start().await;
    for query in ["after=abc", "after=-1", "limit=-1", "limit=1.5", "wait=x", "after=1&after=2", "since=1", "after"] {
        let (status, error) = refusal(&merchant, Method::GET, &format!("/events?{query}"), "").await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{query}");
        assert!(error.contains("after, wait and limit"), "{query}: {error}");
    }
    for (method, path) in [
        (Method::GET, "/orders?x=1"),
        (Method::GET, "/faults?x=1"),
        (Method::DELETE, "/faults?id=1"),
        (Method::DELETE, "/faults/1?x"),
        (Method::POST, "/clock?advanceMs=1"),
        (Method::POST, "/login?openid=1"),
    ] {
        let (status, error) = refusal(&merchant, method, path, "").await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{path}");
        assert!(error.contains("no query"), "{path}: {error}");
    }
}

#[tokio::test]
async fn a_path_or_method_that_there_is_not() {
    let merchant = Merchant::start().await;
    for path in ["/nothing", "/Login", "/login/", "//", "/faults/1/2", "/events/1"] {
        let (status, error) = refusal(&merchant, Method::POST, path, "{}").await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
        assert!(error.contains("login, pay, clock"), "it says what there is: {error}");
    }
    for (method, path, takes) in [
        (Method::GET, "/login", "takes POST"),
        (Method::DELETE, "/clock", "takes POST"),
        (Method::POST, "/events", "takes GET"),
        (Method::PUT, "/faults", "takes GET, POST or DELETE"),
        (Method::GET, "/faults/1", "takes DELETE"),
        (Method::POST, "/", "takes GET"),
    ] {
        let (status, error) = refusal(&merchant, method, path, "{}").await;
        assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
        assert!(error.contains(takes), "{path}: {error}");
    }
    for id in ["abc", "-1", "1.5", "%ff"] {
        let (status, error) = refusal(&merchant, Method::DELETE, &format!("/faults/{id}"), "").await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{id}");
        assert!(error.contains("whole number"), "{error}");
    }
}

#[tokio::test]
async fn a_field_that_the_sheet_does_not_have() {
    let merchant = Merchant::start().await;
    let mut sheet = merchant.sheet(&merchant.prepay("T-00000001").await);
    sheet["outcom"] = "cancel".into();
    let (status, error) = refusal(&merchant, Method::POST, "/pay", &sheet.to_string()).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(error.contains("outcom") && error.contains("paySign"), "{error}");
    assert_eq!(merchant.query("T-00000001").await.body["trade_state"], "NOTPAY", "nothing was paid");
    sheet.as_object_mut().expect("an object").remove("outcom");
    sheet["appId"] = "wx0".into();
    assert_eq!(merchant.pay(&sheet).await, "requestPayment:ok", "wx.requestPayment does not look at appId");
}

#[tokio::test]
async fn any_content_type_will_do() {
    let merchant = Merchant::start().await;
    for kind in ["application/json", "text/plain", "application/x-www-form-urlencoded", "image/png"] {
        let url = format!("{}/_sandbox/clock", merchant.identity.base_url);
        let answer = merchant.http.post(url).header("content-type", kind).body("{}").send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK, "{kind}");
    }
}

/// It can be sent from there, and must neither move the clock nor pay.
#[tokio::test]
async fn a_web_page_of_another_origin_can_do_nothing() {
    let merchant = Merchant::start().await;
    let base = &merchant.identity.base_url;
    let sheet = merchant.sheet(&merchant.prepay("T-00000001").await);
    merchant.fault(json!({ "fault": "not_paid_yet" })).await;
    let foreign = [("origin", "https://evil.example.com"), ("sec-fetch-site", "cross-site"), ("origin", "null")];
    for (name, value) in foreign {
        for (method, path, body) in [
            (Method::POST, "pay", sheet.clone()),
            (Method::POST, "clock", json!({ "advanceMs": 1000 })),
            (Method::POST, "login", json!({})),
            (Method::POST, "faults", json!({ "fault": "rate_limited" })),
            (Method::DELETE, "faults", json!({})),
        ] {
            let request = merchant.http.request(method, format!("{base}/_sandbox/{path}")).header(name, value);
            let answer = request.body(body.to_string()).send().await.expect("an answer");
            assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{path} {name}: {value}");
            assert!(answer.text().await.expect("a body").contains("another origin"));
        }
    }
    assert_eq!(merchant.query("T-00000001").await.body["trade_state"], "NOTPAY");
    let listed = merchant.http.get(format!("{base}/_sandbox/faults")).send().await.expect("an answer");
    assert!(listed.text().await.expect("a body").contains("not_paid_yet"), "still there, and alone");

    for own in [base.clone(), base.replace("127.0.0.1", "localhost")] {
        let request = merchant.http.post(format!("{own}/_sandbox/clock")).header("origin", &own);
        let answer = request.header("sec-fetch-site", "same-origin").body("{}").send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK, "the sandbox's own page");
    }
}

#[tokio::test]
async fn a_notification_is_sent_again_for_one_of_two_merchants_with_the_same_number() {
    let merchant = Merchant::start().await;
    let other = merchant.second();
    merchant.pay_for("T-00000001").await;
    other.pay_for("T-00000001").await;
    let again = |mchid: &str| json!({ "outTradeNo": "T-00000001", "mchid": mchid });
    for known in [&merchant, &other] {
        let answer = merchant.control("notify", &again(&known.identity.mchid)).await;
        assert_eq!(answer["acknowledged"], false, "{answer}");
    }
    let answer = merchant.control("notify", &again("1900000000")).await;
    assert!(answer["error"].is_string(), "{answer}");
}
