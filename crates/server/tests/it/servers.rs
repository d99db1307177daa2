//! Several servers on one database: what one does at a time is done by one of them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use tokio::sync::Notify;
use wx_checkout_server::jobs;
use wx_checkout_server::store::{Claimed, Duty};

use crate::support::{Fault, PAYER, World, assert_problem, call, create_request, tea};

const PREPAY: &str = "/jsapi";

#[tokio::test]
async fn m3_two_servers_ask_for_one_prepay() {
    let world = World::new().await;
    let (_, other) = world.beside(Duration::ZERO).await;
    let token = world.login(PAYER).await;
    let gate = Arc::new(Notify::new());
    world.wechat.fail_next(PREPAY, Fault::Hold(Arc::clone(&gate)));
    let arrived = world.wechat.arrived.notified();
    let second = async {
        arrived.await;
        let second = call(&other, create_request(&token, "key-1", &tea())).await;
        gate.notify_one();
        second
    };
    let body = tea();
    let (first, second) = tokio::join!(world.create(&token, "key-1", &body), second);
    assert!(first.json["payment"].is_object(), "{}", first.json);
    assert_problem(&second, 409, "in_progress");
    assert_eq!(second.json["retry"], "same");
    assert_eq!(world.wechat.count(PREPAY), 1);
    let third = call(&other, create_request(&token, "key-1", &tea())).await;
    assert!(third.json["payment"].is_object(), "the other server goes on when the first is done: {}", third.json);
    assert_eq!(world.wechat.count("GET"), 1, "and asks WeChat first, because parameters have left");
}

#[tokio::test]
async fn m3_a_create_that_was_hung_up_on_does_not_hold_up_the_next() {
    let world = World::new().await;
    let token = world.login(PAYER).await;
    world.wechat.fail_next(PREPAY, Fault::Hold(Arc::new(Notify::new())));
    let arrived = world.wechat.arrived.notified();
    let body = tea();
    tokio::select! {
        reply = world.create(&token, "key-1", &body) => panic!("WeChat does not answer: {}", reply.json),
        () = arrived => {}
    }
    // Far earlier than the lease would end by itself.
    let next = tokio::time::timeout(Duration::from_secs(10), async {
        loop {
            let reply = world.create(&token, "key-1", &tea()).await;
            if reply.status == StatusCode::OK {
                return reply;
            }
            assert_problem(&reply, 409, "in_progress");
        }
    });
    assert!(next.await.expect("the duty is let go of").json["payment"].is_object());
}

#[tokio::test]
async fn m5_looks_of_two_servers_begin_apart() {
    let apart = Duration::from_millis(700);
    let mut world = World::new().await;
    let token = world.login(PAYER).await;
    let order = world.buy(&token, "key-1").await;
    world.spread_out(apart).await;
    let (other, _) = world.beside(apart).await;
    let id = order["orderId"].as_str().expect("a name").to_owned().try_into().expect("fits");
    let stored = world.checkout.store.by_id(&id).await.expect("read").expect("there");
    let began = Instant::now();
    let (one, two) = tokio::join!(world.checkout.view(stored.clone()), other.view(stored));
    assert_eq!(world.wechat.count("GET"), 2, "each question has an answer that was asked for after it");
    assert!(began.elapsed() >= apart, "two servers asked at once");
    for view in [one, two] {
        assert_eq!(view.expect("answered").state, wx_checkout::wire::OrderState::Payable);
    }
}

#[tokio::test]
async fn an_order_that_another_server_looks_after_is_left_to_it() {
    let world = World::new().await;
    let (other, _) = world.beside(Duration::ZERO).await;
    let token = world.login(PAYER).await;
    let order = world.buy(&token, "key-1").await;
    let id = order["orderId"].as_str().expect("a name").to_owned().try_into().expect("fits");
    let claimed = other.store.claim(Duty::Care(&id), Duration::from_secs(600)).await.expect("asked");
    let Claimed::Held(lease) = claimed else { panic!("{claimed:?}") };
    world.time.forward(40_000);
    assert_eq!(jobs::round(&world.checkout).await.expect("a round"), 1);
    assert_eq!(world.wechat.count("GET"), 0, "two servers are at one order");
    other.store.release(lease).await.expect("written");
    world.time.forward(40_000);
    assert_eq!(jobs::round(&world.checkout).await.expect("a round"), 1);
    assert_eq!(world.wechat.count("GET"), 1);
}
