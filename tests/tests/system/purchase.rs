//! Buying tea.

use reqwest::StatusCode;
use serde_json::json;

use crate::phone::with_flipped_signature;
use crate::world::{Notifications, World};

#[tokio::test]
async fn a_purchase_is_paid_by_the_notification_and_verified_by_a_query() {
    let world = World::start(Notifications::Delivered).await;
    let phone = world.phone().await;
    let created = phone.create("key-00000001").await.ok();
    assert_eq!((&created["state"], &created["amount"]), (&json!("payable"), &json!(6800)));
    assert_eq!(created["payment"]["signType"], "RSA");
    assert_eq!(phone.pay(&created["payment"]).await, "requestPayment:ok");

    // Nobody has asked: what the books say now, the notification said.
    world.event("notification acknowledged").await;
    let asked = world.happened("query").await;
    assert!(!asked.iter().any(|what| what.ends_with("SUCCESS")), "the server asked by itself: {asked:?}");
    let orders = phone.orders().await;
    assert_eq!(orders.len(), 1);
    assert_eq!((&orders[0]["orderId"], &orders[0]["state"]), (&created["orderId"], &json!("paid")));

    let verdict = phone.verify(&created["orderId"]).await;
    assert_eq!((&verdict["isValid"], &verdict["state"]), (&json!(true), &json!("paid")), "{verdict}");
    assert_eq!((&verdict["orderId"], &verdict["amount"]), (&created["orderId"], &json!(6800)));
    assert_eq!(verdict["wechatTransactionId"].as_str().map(str::len), Some(28));
    assert_eq!(world.happened("paid").await.len(), 1);

    let secrets = [
        ("token", phone.token.as_str()),
        ("openid", phone.openid.as_str()),
        ("paySign", created["payment"]["paySign"].as_str().expect("signed")),
        ("package", created["payment"]["package"].as_str().expect("a package")),
        ("statusToken", created["statusToken"].as_str().expect("a token")),
        ("Idempotency-Key", "key-00000001"),
    ];
    let identity = world.identity();
    for log in [world.server.log(), world.sandbox.log()] {
        assert!(log.lines().count() > 1, "there is something to look through: {log}");
        for (name, secret) in secrets {
            assert!(!log.contains(secret), "{name} is in a log: {log}");
        }
        for name in ["appSecret", "apiV3Key", "apiV2Key"] {
            assert!(!log.contains(identity[name].as_str().expect("a text")), "{name} is in a log: {log}");
        }
    }
}

#[tokio::test]
async fn one_flipped_byte_of_pay_sign_is_refused_and_the_order_stays_payable() {
    let world = World::start(Notifications::Delivered).await;
    let phone = world.phone().await;
    let created = phone.create("key-00000001").await.ok();
    let refused = phone.pay(&with_flipped_signature(&created["payment"])).await;
    assert_eq!(refused, "requestPayment:fail 支付验证签名失败");
    assert!(world.happened("paid").await.is_empty());

    let verdict = phone.verify(&created["orderId"]).await;
    assert_eq!((&verdict["isValid"], &verdict["state"]), (&json!(false), &json!("payable")), "{verdict}");
    assert_eq!(phone.pay(&created["payment"]).await, "requestPayment:ok");
}

#[tokio::test]
async fn a_price_that_the_page_made_up_makes_no_order_anywhere() {
    let world = World::start(Notifications::Delivered).await;
    let phone = world.phone().await;
    for fen in [1, 6799, 6801] {
        let answer = phone.create_expecting("key-00000001", fen).await;
        assert!(answer.status.is_client_error(), "{answer:?}");
        assert_eq!((&answer.body["code"], &answer.body["retry"]), (&json!("price_changed"), &json!("never")));
        assert!(answer.body.get("payment").is_none(), "{answer:?}");
    }
    assert!(phone.orders().await.is_empty());
    assert!(world.happened("prepay").await.is_empty());
    // The key was bound by none of them.
    let created = phone.create("key-00000001").await;
    assert_eq!(created.status, StatusCode::OK, "{created:?}");
}

#[tokio::test]
async fn the_same_key_is_the_same_order_also_at_the_same_time() {
    let world = World::start(Notifications::Delivered).await;
    let phone = world.phone().await;
    let (a, b) = tokio::join!(phone.create("key-00000001"), phone.create("key-00000001"));
    let later = phone.create("key-00000001").await.ok();
    for answer in [a, b] {
        match answer.status {
            StatusCode::OK => assert_eq!(answer.body["orderId"], later["orderId"]),
            // One create of a key at a time; the other is told to repeat.
            StatusCode::CONFLICT => {
                assert_eq!((&answer.body["code"], &answer.body["retry"]), (&json!("in_progress"), &json!("same")));
            }
            _ => panic!("{answer:?}"),
        }
    }
    assert_eq!(phone.orders().await.len(), 1);
    let mut numbers = world.happened("prepay").await;
    numbers.dedup();
    assert_eq!(numbers.len(), 1, "one number at WeChat: {numbers:?}");

    assert_eq!(phone.pay(&later["payment"]).await, "requestPayment:ok");
    let paid = phone.verify(&later["orderId"]).await;
    assert_eq!(paid["state"], "paid");
    let after = phone.create("key-00000001").await.ok();
    assert_eq!((&after["orderId"], &after["state"]), (&later["orderId"], &json!("paid")));
    assert!(after.get("payment").is_none(), "a paid order opens no sheet: {after}");
}
