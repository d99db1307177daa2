//! The way to WeChat: hosts, deadlines, and silence after a 429.

use std::sync::Arc;

use axum::http::StatusCode;
use serde_json::json;
use tokio::sync::Notify;

use crate::support::{Fault, PAYER, World, assert_problem, tea};

const QUERY: &str = "out-trade-no";

#[tokio::test]
async fn after_a_429_nothing_is_sent_for_a_while() {
    let world = World::new().await;
    let token = world.login(PAYER).await;
    let order = world.buy(&token, "key-1").await;
    world.wechat.fail_next(QUERY, Fault::Refuse(429, "FREQUENCY_LIMITED"));
    assert_eq!(world.verify(&token, &order).await["state"], "unknown");
    let calls = world.wechat.count("/v3/");
    for _ in 0..5 {
        let view = world.verify(&token, &order).await;
        assert_eq!((&view["state"], &view["isValid"]), (&json!("unknown"), &json!(false)));
    }
    let other = json!({"items": [{"sku": "sample-5g", "quantity": 1}], "expectedAmount": 1});
    let refused = world.create(&token, "key-2", &other).await;
    assert_problem(&refused, 503, "gateway_unavailable");
    assert_eq!(refused.json["retry"], "later");
    assert!(refused.json["retryAfterMs"].as_u64().is_some_and(|ms| (1..=2_000).contains(&ms)), "{}", refused.json);
    assert_eq!(world.wechat.count("/v3/"), calls, "WeChat is hammered");
    world.time.forward(2_000);
    assert_eq!(world.verify(&token, &order).await["state"], "payable");
    assert_eq!(
        world.create(&token, "key-2", &other).await.json["state"],
        "payable",
        "the order was kept under its key"
    );
}

#[tokio::test]
async fn a_429_that_goes_on_makes_the_pause_longer() {
    let world = World::new().await;
    let token = world.login(PAYER).await;
    let order = world.buy(&token, "key-1").await;
    for _ in 0..2 {
        world.wechat.fail_next(QUERY, Fault::Refuse(429, ""));
    }
    world.verify(&token, &order).await;
    world.time.forward(2_000);
    world.verify(&token, &order).await;
    assert_eq!(world.wechat.count("GET"), 2);
    world.time.forward(3_900);
    assert_eq!(world.verify(&token, &order).await["state"], "unknown");
    assert_eq!(world.wechat.count("GET"), 2);
    world.time.forward(100);
    assert_eq!(world.verify(&token, &order).await["state"], "payable");
}

#[tokio::test]
async fn a_host_that_helped_is_asked_first_for_a_minute() {
    let mut world = World::new().await;
    let token = world.login(PAYER).await;
    // A host that takes connections and says nothing.
    let mute = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = mute.local_addr().expect("bound");
    let knocks = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = Arc::clone(&knocks);
    tokio::spawn(async move {
        while let Ok((socket, _)) = mute.accept().await {
            count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            drop(socket);
        }
    });
    let knocked = || knocks.load(std::sync::atomic::Ordering::Relaxed);
    world.reconfigure("api_base_urls = [", &format!("api_base_urls = [\"http://{address}\", ")).await;
    let order = world.buy(&token, "key-1").await;
    let first = knocked();
    assert!(first >= 1, "the main host is tried first");
    for _ in 0..3 {
        assert_eq!(world.verify(&token, &order).await["state"], "payable");
    }
    assert_eq!(knocked(), first, "the one that helped is asked first");
    world.time.forward(61_000);
    assert_eq!(world.verify(&token, &order).await["state"], "payable");
    assert!(knocked() > first, "the main host gets another chance");
}

#[tokio::test]
async fn a_refusal_is_not_asked_of_the_second_host() {
    let mut world = World::new().await;
    let token = world.login(PAYER).await;
    world.reconfigure("api_base_urls = [", "api_base_urls = [\"http://127.0.0.1:9\", ").await;
    world.wechat.fail_next("/jsapi", Fault::Refuse(400, "PARAM_ERROR"));
    assert_problem(&world.create(&token, "key-1", &tea()).await, 422, "payment_refused");
    assert_eq!(world.wechat.count("/jsapi"), 1);
}

#[tokio::test]
async fn a_wechat_that_says_nothing_is_given_up_in_time() {
    let mut world = World::new().await;
    let token = world.login(PAYER).await;
    let order = world.buy(&token, "key-1").await;
    // Two hosts, and neither says anything: a call takes as long as it may.
    let text = std::fs::read_to_string(world.directory.path().join("server.toml")).expect("readable");
    let line = text.lines().find(|line| line.starts_with("api_base_urls")).expect("the hosts").to_owned();
    let host = line.split('"').nth(1).expect("a host");
    world.reconfigure(&line, &format!("api_base_urls = [\"{host}\", \"{host}\"]")).await;
    for _ in 0..8 {
        world.wechat.fail_next(QUERY, Fault::Hold(Arc::new(Notify::new())));
    }
    let close = json!({"orderId": order["orderId"]});
    let closed = world.post("/orders/close", &token, &close).await;
    assert_eq!((closed.status, &closed.json["state"]), (StatusCode::OK, &json!("closing")), "{}", closed.json);
}
