//! WeChat's login.

use serde_json::{Value, json};

use crate::merchant::Merchant;

async fn exchange(merchant: &Merchant, parameters: &[(&str, &str)]) -> Value {
    let query: Vec<_> = parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let url = format!("{}/sns/jscode2session?{}", merchant.identity.base_url, query.join("&"));
    let answer = merchant.http.get(url).send().await.expect("an answer");
    assert_eq!(answer.status(), 200, "faults come as 200, too");
    assert_eq!(answer.headers()["content-type"], "text/plain");
    serde_json::from_slice(&answer.bytes().await.expect("a body")).expect("JSON")
}

async fn with_code(merchant: &Merchant, code: &str) -> Value {
    let (appid, secret) = (merchant.identity.appid.as_str(), merchant.identity.app_secret.as_str());
    let all = [("appid", appid), ("secret", secret), ("js_code", code), ("grant_type", "authorization_code")];
    exchange(merchant, &all).await
}

async fn code(merchant: &Merchant, body: Value) -> String {
    merchant.control("login", &body).await["code"].as_str().expect("a code").to_owned()
}

#[tokio::test]
async fn a_code_works_once() {
    let merchant = Merchant::start().await;
    let code = code(&merchant, json!({})).await;
    let session = with_code(&merchant, &code).await;
    assert_eq!(session["openid"], merchant.openid());
    assert_eq!(session["session_key"].as_str().map(str::len), Some(24));
    assert!(session.get("errcode").is_none(), "only failures have one");
    assert_eq!(with_code(&merchant, &code).await["errcode"], 40163);
}

#[tokio::test]
async fn a_code_whose_answer_was_lost_is_spent() {
    let merchant = Merchant::start().await;
    merchant.fault(json!({ "fault": "drop_answer", "path": "/sns/jscode2session", "count": 1 })).await;
    let code = code(&merchant, json!({})).await;
    let (appid, secret) = (&merchant.identity.appid, &merchant.identity.app_secret);
    let query = format!("appid={appid}&secret={secret}&js_code={code}&grant_type=authorization_code");
    let url = format!("{}/sns/jscode2session?{query}", merchant.identity.base_url);
    merchant.http.get(url).send().await.expect_err("no answer");
    assert_eq!(with_code(&merchant, &code).await["errcode"], 40163);
}

#[tokio::test]
async fn a_code_lives_five_minutes() {
    let mut merchant = Merchant::start().await;
    let (young, old) = (code(&merchant, json!({})).await, code(&merchant, json!({})).await);
    merchant.advance(280).await;
    assert!(with_code(&merchant, &young).await.get("openid").is_some());
    merchant.advance(30).await;
    assert_eq!(with_code(&merchant, &old).await["errcode"], 40029);
}

#[tokio::test]
async fn an_unknown_code_and_every_missing_or_wrong_parameter() {
    let merchant = Merchant::start().await;
    assert_eq!(with_code(&merchant, "0123").await["errcode"], 40029);
    let (appid, secret) = (merchant.identity.appid.as_str(), merchant.identity.app_secret.as_str());
    let code = code(&merchant, json!({})).await;
    let good = [("appid", appid), ("secret", secret), ("js_code", code.as_str()), ("grant_type", "authorization_code")];
    for (missing, errcode) in [("appid", 41002), ("secret", 41004), ("js_code", 41008), ("grant_type", 40002)] {
        let rest: Vec<_> = good.into_iter().filter(|(name, _)| *name != missing).collect();
        assert_eq!(exchange(&merchant, &rest).await["errcode"], errcode);
    }
    for (spoilt, errcode) in [("appid", 40013), ("secret", 40125), ("grant_type", 40002)] {
        let all: Vec<_> =
            good.into_iter().map(|(name, value)| (name, if name == spoilt { "x" } else { value })).collect();
        assert_eq!(exchange(&merchant, &all).await["errcode"], errcode);
    }
    assert!(with_code(&merchant, &code).await.get("openid").is_some(), "a refusal uses no code up");
}

#[tokio::test]
async fn a_phone_logs_in_as_whom_it_belongs_to() {
    let merchant = Merchant::start().await;
    let openid = &merchant.identity.users[2].openid;
    let code = code(&merchant, json!({ "openid": openid })).await;
    assert_eq!(with_code(&merchant, &code).await["openid"], openid.as_str());
    let stranger = merchant.control("login", &json!({ "openid": "o1" })).await;
    assert!(stranger["error"].as_str().is_some_and(|error| error.contains("sandbox.json")), "{stranger}");
}

#[tokio::test]
async fn a_busy_login_and_too_many_of_them_on_request() {
    let merchant = Merchant::start().await;
    let code = code(&merchant, json!({})).await;
    for (rule, errcode) in [
        (json!({ "fault": "rate_limited", "path": "/sns/*", "count": 1 }), 45011),
        (json!({ "fault": "refuse", "code": "RULE_LIMIT", "path": "/sns/*", "count": 1 }), 40226),
        (json!({ "fault": "refuse", "code": "SYSTEM_ERROR", "path": "/sns/*", "count": 1 }), -1),
    ] {
        merchant.fault(rule).await;
        assert_eq!(with_code(&merchant, &code).await["errcode"], errcode);
    }
    assert!(with_code(&merchant, &code).await.get("openid").is_some(), "the code is as good as before");
}

#[tokio::test]
async fn a_busy_answer_can_have_spent_the_code() {
    let merchant = Merchant::start().await;
    let code = code(&merchant, json!({})).await;
    merchant.fault(json!({ "fault": "error_after", "path": "/sns/jscode2session", "count": 1 })).await;
    assert_eq!(with_code(&merchant, &code).await["errcode"], -1);
    assert_eq!(with_code(&merchant, &code).await["errcode"], 40163);
}
