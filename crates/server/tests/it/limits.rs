//! M13: who asks too often waits, and whoever wants to know about money does not.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::json;

use crate::support::{PAYER, Reply, World, assert_problem, post, text};

/// A server with these limits, a minute.
async fn limited(limits: &str) -> World {
    let mut world = World::new().await;
    world.reconfigure("[session]", &format!("[limits]\n{limits}\n\n[session]")).await;
    world
}

fn assert_limited(reply: &Reply) {
    assert_problem(reply, 429, "rate_limited");
    assert_eq!(reply.json["retry"], "later");
    let ms = reply.json["retryAfterMs"].as_u64().expect("a number");
    assert!((1..=60_000).contains(&ms), "{ms}");
    assert_eq!(reply.headers["retry-after"], ms.div_ceil(1000).to_string());
}

#[tokio::test]
async fn m13_an_address_that_asks_too_often_waits() {
    let world = limited("per_address = 2").await;
    let token = world.login(PAYER).await;
    let order = world.buy(&token, "key-1").await;
    assert_limited(&world.get("/orders", &token).await);
    assert_limited(&world.post("/auth/exchange", "", &json!({"credential": "code-o1"})).await);
    assert_limited(&world.post("/orders/close", &token, &json!({"orderId": order["orderId"]})).await);
    assert_eq!(world.verify(&token, &order).await["state"], "payable", "nothing was closed");
    world.time.forward(60_000);
    assert_eq!(world.get("/orders", &token).await.status, StatusCode::OK);
}

#[tokio::test]
async fn m13_verify_and_notifications_are_spared() {
    let world = limited("per_address = 2\nper_caller = 1").await;
    let token = world.login(PAYER).await;
    let order = world.buy(&token, "key-1").await;
    assert_limited(&world.get("/orders", &token).await);
    for _ in 0..20 {
        assert_eq!(world.verify(&token, &order).await["state"], "payable");
    }
    let number = world.wechat.number();
    world.wechat.set(&number, "SUCCESS");
    for _ in 0..20 {
        assert_eq!(world.notify_of(&number).await.status, StatusCode::NO_CONTENT);
    }
    assert_eq!(world.verify(&text(&order["statusToken"]), &order).await["state"], "paid");
}

#[tokio::test]
async fn m13_a_payer_who_asks_too_often_waits_and_others_do_not() {
    let world = limited("per_caller = 2").await;
    let token = world.login(PAYER).await;
    let other = world.login("oSomebodyElse").await;
    for _ in 0..2 {
        assert_eq!(world.get("/orders", &token).await.status, StatusCode::OK);
    }
    assert_limited(&world.create(&token, "key-1", &crate::support::tea()).await);
    assert_eq!(world.number("SELECT count(*) FROM orders").await, 0);
    // A fresh session of the same payer is the same payer.
    let again = world.login(PAYER).await;
    assert_limited(&world.get("/orders", &again).await);
    world.buy(&other, "key-1").await;
}

#[tokio::test]
async fn m13_looks_are_limited_per_order_and_nobody_uses_up_anothers() {
    let world = limited("per_order = 2").await;
    let token = world.login(PAYER).await;
    let first = world.buy(&token, "key-1").await;
    let body = json!({"items": [{"sku": "sample-5g", "quantity": 1}], "expectedAmount": 1});
    let second = world.create(&token, "key-2", &body).await.json;
    let path = format!("/orders/verify?transactionId={}", text(&first["orderId"]));
    let stranger = world.login("oSomebodyElse").await;
    for _ in 0..5 {
        world.get(&path, &stranger).await;
    }
    assert_limited(&world.get(&path, &stranger).await);
    for _ in 0..2 {
        world.verify(&token, &first).await;
    }
    assert_limited(&world.get(&path, &token).await);
    world.verify(&token, &second).await;
}

#[tokio::test]
async fn m13_addresses_behind_a_proxy_are_told_apart_by_what_the_proxy_says() {
    let listed = |token: &str, forwarded: &str| {
        Request::get("/orders")
            .header("authorization", format!("Bearer {token}"))
            .header("x-forwarded-for", forwarded)
            .body(Body::empty())
            .expect("a request")
    };
    let mut world = limited("per_address = 1").await;
    let token = world.login(PAYER).await;
    let spoofed = world.call(listed(&token, "198.51.100.1")).await;
    assert_limited(&spoofed);

    world.reconfigure("[limits]", "[limits] # behind a proxy").await;
    world.reconfigure("database = ", "behind_proxy = true\ndatabase = ").await;
    assert_eq!(world.call(listed(&token, "198.51.100.1")).await.status, StatusCode::OK);
    assert_eq!(world.call(listed(&token, "198.51.100.2")).await.status, StatusCode::OK);
    assert_limited(&world.call(listed(&token, "198.51.100.99, 198.51.100.2")).await);
}

#[tokio::test]
async fn m13_what_is_refused_for_its_form_counts_too() {
    let world = limited("per_address = 3").await;
    for _ in 0..3 {
        let request = post("/auth/exchange", "").body(Body::from("{")).expect("a request");
        assert_problem(&world.call(request).await, 400, "malformed_request");
    }
    assert_limited(&world.post("/auth/exchange", "", &json!({"credential": "code-o1"})).await);
}
