//! WeChat's shipping desk is told what was bought.

use crate::world::{Notifications, World};

const PICKUP: &str = "[shipping]\nupload = true\nlogistics = \"pickup\"\nitem_desc = \"茶叶\"\n";

#[tokio::test]
async fn a_paid_order_is_told_to_the_shipping_desk_by_the_number_that_wechat_gave_it() {
    let world = World::start_with(Notifications::Delivered, PICKUP).await;
    let phone = world.phone().await;
    let created = phone.create("key-00000001").await.ok();
    assert_eq!(phone.pay(&created["payment"]).await, "requestPayment:ok");
    world.event("was shipped").await;
    let told = world.happened("shipping").await;
    let shipped = told.iter().filter(|what| what.contains("was shipped")).count();
    assert_eq!((shipped, world.happened("refused").await.len()), (1, 0), "{told:?}");
    let log = world.server.log();
    assert!(!log.contains("access_token") && !log.contains(&phone.openid), "{log}");
}

#[tokio::test]
async fn a_purchase_is_told_to_nobody_unless_the_configuration_says_so() {
    let world = World::start(Notifications::Delivered).await;
    let phone = world.phone().await;
    let created = phone.create("key-00000001").await.ok();
    assert_eq!(phone.pay(&created["payment"]).await, "requestPayment:ok");
    world.event("notification acknowledged").await;
    assert!(world.happened("shipping").await.is_empty());
}
