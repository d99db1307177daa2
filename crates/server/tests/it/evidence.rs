//! M5: what an answer rests on.

use serde_json::json;
use wx_checkout_server::jobs;

use crate::support::{Fault, PAYER, World};

const QUERY: &str = "out-trade-no";

#[tokio::test]
async fn m5_what_cannot_be_asked_is_unknown() {
    let world = World::new().await;
    let token = world.login(PAYER).await;
    let order = world.buy(&token, "key-1").await;
    let number = world.wechat.number();
    world.wechat.set(&number, "SUCCESS");
    let faults = [
        Fault::Unsigned,
        Fault::Probe,
        Fault::Refuse(429, "FREQUENCY_LIMITED"),
        Fault::Refuse(502, ""),
        Fault::Refuse(401, "SIGN_ERROR"),
    ];
    for fault in faults {
        world.wechat.fail_next(QUERY, fault.clone());
        let view = world.verify(&token, &order).await;
        assert_eq!((&view["state"], &view["isValid"]), (&json!("unknown"), &json!(false)), "{fault:?}");
        assert_eq!(view["evidence"]["source"], "ledger");
        assert!(view["retryAfterMs"].as_u64().is_some_and(|ms| ms > 0));
        // After a 429 nothing is sent for a while.
        world.time.forward(3_000);
    }
    assert_eq!(world.verify(&token, &order).await["state"], "paid", "the next look says what is true");
}

#[tokio::test]
async fn m5_a_word_of_another_product_says_nothing_about_money() {
    let world = World::new().await;
    let token = world.login(PAYER).await;
    let order = world.buy(&token, "key-1").await;
    world.wechat.set(&world.wechat.number(), "USERPAYING");
    assert_eq!(world.verify(&token, &order).await["state"], "unknown");
}

#[tokio::test]
async fn m5_a_verdict_about_another_order_is_nonsense() {
    let world = World::new().await;
    let token = world.login(PAYER).await;
    let order = world.buy(&token, "key-1").await;
    let number = world.wechat.number();
    world.wechat.set(&number, "CLOSED");
    for twist in [json!({"out_trade_no": "another"}), json!({"mchid": "1900000002"}), json!({"appid": "wxother"})] {
        world.wechat.twist(&number, twist);
        assert_eq!(world.verify(&token, &order).await["state"], "unknown");
    }
}

#[tokio::test]
async fn m5_the_sweeper_asks_when_no_notification_came() {
    let world = World::new().await;
    let token = world.login(PAYER).await;
    world.buy(&token, "key-1").await;
    world.wechat.set(&world.wechat.number(), "SUCCESS");
    assert_eq!(jobs::round(&world.checkout).await.expect("a round"), 0, "not yet: a notification may be on its way");
    world.time.forward(40_000);
    assert_eq!(jobs::round(&world.checkout).await.expect("a round"), 1);
    assert_eq!(world.get("/orders", &token).await.json["orders"][0]["state"], "paid");
    world.time.forward(400_000);
    assert_eq!(jobs::round(&world.checkout).await.expect("a round"), 0);
}

#[tokio::test]
async fn m9_refund_implies_success() {
    let world = World::new().await;
    let token = world.login(PAYER).await;
    let order = world.buy(&token, "key-1").await;
    world.wechat.set(&world.wechat.number(), "REFUND");
    let view = world.verify(&token, &order).await;
    assert_eq!((&view["state"], &view["refund"]), (&json!("paid"), &json!("refunding")));
}
