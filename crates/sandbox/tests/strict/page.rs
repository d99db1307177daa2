//! The page for whoever integrates, and the JSON behind it.

use serde_json::{Value, json};

use crate::merchant::Merchant;

async fn get(merchant: &Merchant, path: &str) -> String {
    let url = format!("{}{path}", merchant.identity.base_url);
    merchant.http.get(url).send().await.expect("an answer").text().await.expect("a body")
}

#[tokio::test]
async fn the_page_is_small_needs_nothing_from_elsewhere_and_speaks_both_languages() {
    let merchant = Merchant::start().await;
    let page = get(&merchant, "/_sandbox/").await;
    assert!(page.len() < 24_000, "{} bytes", page.len());
    assert!(!page.contains("http://") && !page.contains("https://"), "nothing from elsewhere");
    for word in ["lang=\"zh-CN\"", "微信支付沙箱", "WeChat Pay sandbox", "应签名的串", "should have been signed"]
    {
        assert!(page.contains(word), "{word}");
    }
    assert!(!page.contains("innerHTML"), "what a merchant sends stays text");
    assert_eq!(get(&merchant, "/_sandbox").await, page, "with and without the slash");
}

#[tokio::test]
async fn every_kind_of_event_has_a_word_in_chinese() {
    let merchant = Merchant::start().await;
    let page = get(&merchant, "/_sandbox/").await;
    let chinese = page.split_once("zh: {").expect("words").1.split_once("en: {").expect("words").0;
    for kind in [
        "login",
        "prepay",
        "query",
        "close",
        "refund",
        "certificates",
        "bill",
        "sheet",
        "paid",
        "notification",
        "keys",
        "fault",
        "refused",
    ] {
        assert!(chinese.contains(&format!("{kind}: '")), "{kind}");
    }
}

#[tokio::test]
async fn the_books_are_there_as_json_and_name_no_payer() {
    let mut merchant = Merchant::start().await;
    merchant.pay_for("T-00000001").await;
    merchant.ask_refund("T-00000001", "R-1", 100).await;
    merchant.prepay("T-00000002").await;
    merchant.event("try 1: lost").await;
    merchant.advance(5).await;
    let text = get(&merchant, "/_sandbox/orders").await;
    let books: Value = serde_json::from_str(&text).expect("JSON");
    let of = |number: &str| {
        let all = books["orders"].as_array().expect("a list").iter();
        all.into_iter().find(|order| order["outTradeNo"] == number).expect("listed").clone()
    };
    assert_eq!((&of("T-00000001")["state"], &of("T-00000002")["state"]), (&json!("REFUND"), &json!("NOTPAY")));
    assert_eq!(of("T-00000001")["refunds"][0]["status"], "SUCCESS");
    assert!(books["notificationsOwed"].as_array().is_some_and(|owed| !owed.is_empty()), "{books}");
    assert!(!text.contains(merchant.openid()), "{text}");
}
