//! Platform certificates that change while the server runs.

use std::sync::Arc;

use axum::http::{HeaderMap, StatusCode};
use tokio::sync::Notify;

use crate::support::{Fault, NEXT_PLATFORM_SERIAL, PAYER, PLATFORM_SERIAL, PUBLIC_KEY_ID, World};

const MINUTE: u64 = 60_000;
const HALF_A_DAY: u64 = 12 * 60 * MINUTE;
const LIST: &str = "GET /v3/certificates";

/// A server that knows WeChat by the first platform certificate alone, and has just asked for the list.
async fn world() -> World {
    let mut world = World::new().await;
    std::fs::write(world.directory.path().join("platform_cert.pem"), world.wechat.platform_pem()).expect("written");
    let public = format!("public_key_id = \"{PUBLIC_KEY_ID}\"\npublic_key_file = \"wechatpay_public_key.pem\"\n");
    world.reconfigure(&public, "platform_certificate_files = [\"platform_cert.pem\"]\n").await;
    world.time.stop();
    world
}

/// A payment notification, signed under this serial.
fn notification(world: &World, serial: &str) -> (HeaderMap, Vec<u8>) {
    let (_, body) = world.wechat.notification(&world.wechat.transaction(&world.wechat.number()));
    (world.wechat.sign_as(serial, &body), body)
}

impl World {
    async fn renew(&self) -> usize {
        self.checkout.gateway.renew_certificates().await
    }
}

#[tokio::test]
async fn an_answer_under_a_certificate_that_is_not_known_brings_it_and_is_believed_the_next_time() {
    let world = world().await;
    let token = world.login(PAYER).await;
    let order = world.buy(&token, "key-1").await;
    world.wechat.set(&world.wechat.number(), "SUCCESS");
    world.wechat.rotate();
    assert_eq!(world.verify(&token, &order).await["state"], "unknown", "nobody knows who says so");
    assert_eq!(world.renew().await, 1);
    assert_eq!(world.verify(&token, &order).await["state"], "paid");
}

#[tokio::test]
async fn a_notification_under_a_certificate_that_is_not_known_is_taken_when_it_comes_again() {
    let world = world().await;
    let token = world.login(PAYER).await;
    let order = world.buy(&token, "key-1").await;
    world.wechat.set(&world.wechat.number(), "SUCCESS");
    let early = world.notify(notification(&world, NEXT_PLATFORM_SERIAL)).await;
    assert_eq!(early.status, StatusCode::UNAUTHORIZED);
    assert_eq!(world.renew().await, 1);
    for serial in [NEXT_PLATFORM_SERIAL, PLATFORM_SERIAL] {
        let reply = world.notify(notification(&world, serial)).await;
        assert_eq!(reply.status, StatusCode::NO_CONTENT, "both are good, side by side: {serial}");
    }
    assert_eq!(world.verify(&token, &order).await["state"], "paid");
}

#[tokio::test]
async fn a_notification_that_came_before_the_certificate_asks_for_it() {
    let world = world().await;
    let token = world.login(PAYER).await;
    world.buy(&token, "key-1").await;
    assert_eq!(world.renew().await, 1, "at the start");
    // A stranger's serial, and then the genuine thing under a key that was listed before.
    let mut forged = notification(&world, PLATFORM_SERIAL);
    forged.0.insert("wechatpay-serial", "5157F09EFDC096DE15EBE81A47057A7200000000".parse().expect("ascii"));
    let reply = world.notify((forged.0.clone(), forged.1.clone())).await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    assert_eq!(world.renew().await, 0, "asked for less than a minute ago");
    world.time.forward(MINUTE);
    assert_eq!(world.renew().await, 1);
    for _ in 0..50 {
        world.notify((forged.0.clone(), forged.1.clone())).await;
        world.renew().await;
    }
    assert_eq!(world.wechat.count(LIST), 2, "whoever sends what, once a minute at most");
}

#[tokio::test]
async fn they_are_asked_for_every_twelve_hours_and_not_at_all_with_the_public_key_alone() {
    let world = world().await;
    assert_eq!((world.renew().await, world.renew().await), (1, 0));
    world.time.forward(HALF_A_DAY - 1);
    assert_eq!(world.renew().await, 0);
    world.time.forward(1);
    assert_eq!(world.renew().await, 1);
    let with_public_key = World::new().await;
    assert_eq!((with_public_key.renew().await, with_public_key.wechat.count(LIST)), (0, 0));
}

#[tokio::test]
async fn a_list_that_is_not_wechats_changes_nothing_and_is_asked_for_again() {
    let world = world().await;
    let token = world.login(PAYER).await;
    let order = world.buy(&token, "key-1").await;
    *world.wechat.listed_under.lock().expect("lock") = "another-key-of-thirty-two-bytes!".to_owned();
    assert_eq!(world.renew().await, 0);
    *world.wechat.listed_under.lock().expect("lock") = crate::support::API_V3_KEY.to_owned();
    for fault in [Fault::Unsigned, Fault::Probe, Fault::Refuse(404, "RESOURCE_NOT_EXISTS")] {
        world.time.forward(10 * MINUTE);
        world.wechat.fail_next("/v3/certificates", fault.clone());
        assert_eq!(world.renew().await, 0, "{fault:?}");
    }
    world.wechat.set(&world.wechat.number(), "SUCCESS");
    assert_eq!(world.verify(&token, &order).await["state"], "paid", "those held so far go on being good");
    assert_eq!(world.renew().await, 0, "not at once");
    world.time.forward(10 * MINUTE);
    assert_eq!(world.renew().await, 1);
}

#[tokio::test]
async fn one_fetch_is_under_way_at_a_time() {
    let world = world().await;
    let gate = Arc::new(Notify::new());
    world.wechat.fail_next("/v3/certificates", Fault::Hold(Arc::clone(&gate)));
    let second = async {
        while world.wechat.count(LIST) == 0 {
            world.wechat.arrived.notified().await;
        }
        let second = world.renew().await;
        gate.notify_one();
        second
    };
    assert_eq!(tokio::join!(world.renew(), second), (1, 0));
    assert_eq!(world.wechat.count(LIST), 1);
}
