//! Things that get lost, and processes that die.

use serde_json::json;

use crate::phone::{Phone, sheet};
use crate::world::{Notifications, World};

#[tokio::test]
async fn a_lost_notification_is_made_up_for_by_verify_which_asks() {
    let world = World::start(Notifications::Lost).await;
    let phone = world.phone().await;
    let created = phone.create("key-00000001").await.ok();
    let before = phone.verify(&created["orderId"]).await;
    assert_eq!((&before["isValid"], &before["state"]), (&json!(false), &json!("payable")), "{before}");

    assert_eq!(phone.pay(&created["payment"]).await, "requestPayment:ok");
    world.event("lost: nothing says where").await;
    let verdict = phone.verify(&created["orderId"]).await;
    assert_eq!((&verdict["isValid"], &verdict["state"]), (&json!(true), &json!("paid")), "{verdict}");
    assert_eq!(verdict["evidence"]["source"], "wechat");
    assert!(world.happened("notification").await.iter().all(|what| !what.contains("acknowledged")));
}

#[tokio::test]
async fn a_server_killed_between_prepay_and_notification_hears_of_the_payment_when_it_is_back() {
    let world = World::start(Notifications::Delivered).await;
    let phone = world.phone().await;
    let created = phone.create("key-00000001").await.ok();
    let (openid, token) = (phone.openid.clone(), phone.token.clone());

    let stopped = world.kill_server().await;
    let paid = stopped.control("pay", &sheet(&created["payment"], &openid)).await;
    assert_eq!(paid["errMsg"], "requestPayment:ok");
    stopped.event("try 1: could not be delivered").await;

    let world = stopped.restart_server().await;
    world.control("clock", &json!({ "advanceMs": 15_000 })).await;
    world.event("notification acknowledged").await;
    let phone = Phone::again(&world, openid, token);
    let orders = phone.orders().await;
    assert_eq!(orders.len(), 1, "the order and the session outlived the process");
    assert_eq!((&orders[0]["orderId"], &orders[0]["state"]), (&created["orderId"], &json!("paid")));
    assert_eq!(phone.verify(&created["orderId"]).await["isValid"], true);

    // The key, too: the phone repeats its create and learns that it was paid.
    let repeated = phone.create("key-00000001").await.ok();
    assert_eq!((&repeated["orderId"], &repeated["state"]), (&created["orderId"], &json!("paid")));
}

#[tokio::test]
async fn a_server_killed_before_anybody_paid_lets_the_same_order_be_paid_afterwards() {
    let world = World::start(Notifications::Lost).await;
    let phone = world.phone().await;
    let created = phone.create("key-00000001").await.ok();
    let (openid, token) = (phone.openid.clone(), phone.token.clone());

    let world = world.kill_server().await.restart_server().await;
    let phone = Phone::again(&world, openid, token);
    let repeated = phone.create("key-00000001").await.ok();
    assert_eq!(repeated["orderId"], created["orderId"]);
    assert_eq!(phone.pay(&repeated["payment"]).await, "requestPayment:ok");
    // The parameters of the first life are the same order's: it takes one payment.
    assert!(phone.pay(&created["payment"]).await.contains("已支付"));
    assert_eq!(phone.verify(&created["orderId"]).await["state"], "paid");
    assert_eq!(world.happened("paid").await.len(), 1);
}
