//! M6 and M7: closing, expiry, and money that comes late.

use axum::http::StatusCode;
use serde_json::{Value, json};
use wx_checkout_server::jobs;

use crate::support::{Fault, PAYER, World, tea};

const CLOSE: &str = "/close";

async fn close(world: &World, token: &str, order: &Value) -> Value {
    let reply = world.post("/orders/close", token, &json!({"orderId": order["orderId"]})).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.json);
    reply.json["state"].clone()
}

#[tokio::test]
async fn m6_closing_is_query_close_query() {
    let world = World::new().await;
    let token = world.login(PAYER).await;
    let order = world.buy(&token, "key-1").await;
    world.wechat.calls.lock().expect("lock").clear();
    assert_eq!(close(&world, &token, &order).await, "closed");
    let calls: Vec<bool> =
        world.wechat.calls.lock().expect("lock").iter().map(|(line, _)| line.contains(CLOSE)).collect();
    assert_eq!(calls, [false, true, false]);
    assert_eq!(world.verify(&token, &order).await["state"], "closed");
    let reply = world.create(&token, "key-1", &tea()).await;
    assert_eq!((&reply.json["state"], &reply.json["payment"]), (&json!("closed"), &Value::Null));
}

#[tokio::test]
async fn m6_without_a_query_that_says_so_nothing_is_closed() {
    for fault in [Fault::Accepted, Fault::Refuse(500, "OPENID_MISMATCH"), Fault::Refuse(503, "")] {
        let world = World::new().await;
        let token = world.login(PAYER).await;
        let order = world.buy(&token, "key-1").await;
        world.wechat.fail_next(CLOSE, fault);
        assert_eq!(close(&world, &token, &order).await, "closing");
        assert_eq!(world.verify(&token, &order).await["state"], "closing");
        let reply = world.create(&token, "key-1", &tea()).await;
        assert!(reply.json["payment"].is_null(), "parameters left although it is being closed");
        world.time.forward(60_000);
        assert_eq!(jobs::round(&world.checkout).await.expect("a round"), 1, "the server goes on closing");
        assert_eq!(world.verify(&token, &order).await["state"], "closed");
    }
}

#[tokio::test]
async fn m6_a_204_alone_closes_nothing() {
    let world = World::new().await;
    let token = world.login(PAYER).await;
    let order = world.buy(&token, "key-1").await;
    // Both queries are forged, the close is answered with a genuine 204.
    world.wechat.fail_next("out-trade-no", Fault::Unsigned);
    world.wechat.fail_next(CLOSE, Fault::DoneThen500);
    world.wechat.fail_next("out-trade-no", Fault::Unsigned);
    world.wechat.fail_next("out-trade-no", Fault::Probe);
    assert_eq!(close(&world, &token, &order).await, "closing");
}

#[tokio::test]
async fn m6_an_unknown_number_is_closed_only_if_no_parameters_left() {
    let world = World::new().await;
    let token = world.login(PAYER).await;
    world.wechat.fail_next("/jsapi", Fault::Refuse(503, ""));
    world.create(&token, "key-1", &tea()).await;
    let closed = world.post("/orders/close", &token, &json!({"idempotencyKey": "key-1"})).await;
    assert_eq!(closed.json["state"], "closed", "nobody ever could pay it");

    let order = world.buy(&token, "key-2").await;
    world.wechat.trades.lock().expect("lock").clear();
    assert_eq!(close(&world, &token, &order).await, "closing", "a sheet may be open for it");
}

#[tokio::test]
async fn m6_money_that_was_faster_is_paid() {
    let world = World::new().await;
    let token = world.login(PAYER).await;
    let order = world.buy(&token, "key-1").await;
    world.wechat.set(&world.wechat.number(), "SUCCESS");
    assert_eq!(close(&world, &token, &order).await, "paid");
    assert_eq!(world.wechat.count(CLOSE), 0);
}

#[tokio::test]
async fn m6_the_expiry_job_closes_five_minutes_after_the_deadline_and_not_before() {
    let world = World::new().await;
    let token = world.login(PAYER).await;
    let order = world.buy(&token, "key-1").await;
    world.time.forward(2 * 3600 * 1000 + 4 * 60_000);
    jobs::round(&world.checkout).await.expect("a round");
    assert_eq!(world.wechat.count(CLOSE), 0);
    let status_token = order["statusToken"].as_str().expect("a token");
    assert_eq!(world.verify(status_token, &order).await["state"], "closing");
    world.time.forward(20 * 60_000);
    jobs::round(&world.checkout).await.expect("a round");
    assert_eq!(world.wechat.count(CLOSE), 1);
    assert_eq!(world.verify(status_token, &order).await["state"], "closed");
    world.time.forward(3600 * 1000);
    assert_eq!(jobs::round(&world.checkout).await.expect("a round"), 0, "a closed order is left alone");
}

#[tokio::test]
async fn m7_a_payment_after_closing_is_recorded_and_never_called_closed() {
    let world = World::new().await;
    let token = world.login(PAYER).await;
    let order = world.buy(&token, "key-1").await;
    assert_eq!(close(&world, &token, &order).await, "closed");
    let number = world.wechat.number();
    world.wechat.set(&number, "SUCCESS");
    assert_eq!(world.notify_of(&number).await.status, StatusCode::NO_CONTENT);
    let view = world.verify(&token, &order).await;
    assert_eq!((&view["state"], &view["isValid"]), (&json!("paid"), &json!(true)));
    assert_eq!(world.number("SELECT count(*) FROM outbox WHERE action = 'paid_late'").await, 1);
    assert_eq!(world.get("/orders", &token).await.json["orders"][0]["state"], "paid");
}

#[tokio::test]
async fn m6_that_a_number_is_unknown_has_to_be_wechats_word() {
    let world = World::new().await;
    let token = world.login(PAYER).await;
    world.wechat.fail_next("/jsapi", Fault::Refuse(503, ""));
    world.create(&token, "key-1", &tea()).await;
    for _ in 0..2 {
        world.wechat.fail_next("out-trade-no", Fault::Unsigned);
        world.wechat.fail_next("/close", Fault::Accepted);
    }
    let closed = world.post("/orders/close", &token, &json!({"idempotencyKey": "key-1"})).await;
    assert_eq!(closed.json["state"], "closing", "anybody can say that there is no such order");
}
