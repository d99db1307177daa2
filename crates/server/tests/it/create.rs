//! M1 to M4: one sale, one order; keys; attempts.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::support::{Fault, PAYER, World, assert_problem, tea, text};

const PREPAY: &str = "/jsapi";

#[tokio::test]
async fn m1_the_same_lines_under_another_key_are_refused_by_name() {
    let world = World::new().await;
    let token = world.login(PAYER).await;
    let first = world.buy(&token, "key-1").await;
    let split = json!({"items": [{"sku": "longjing-50g", "quantity": 1}], "expectedAmount": 6800, "separate": false});
    let refused = world.create(&token, "key-2", &split).await;
    assert_problem(&refused, 409, "open_order");
    assert_eq!(refused.json["openOrder"], json!({"orderId": first["orderId"], "state": "payable"}));
    assert_eq!(world.number("SELECT count(*) FROM orders").await, 1);

    let mut again = tea();
    again["separate"] = json!(true);
    assert_eq!(world.create(&token, "key-3", &again).await.json["state"], "payable");
    let other = json!({"items": [{"sku": "sample-5g", "quantity": 2}], "expectedAmount": 2});
    assert_eq!(world.create(&token, "key-4", &other).await.json["state"], "payable", "other lines are another sale");
    let somebody = world.login("oSomebodyElse").await;
    world.buy(&somebody, "key-1").await;
}

#[tokio::test]
async fn m1_concurrent_creates_under_different_keys_make_one_order() {
    let world = World::new().await;
    let token = world.login(PAYER).await;
    let body = tea();
    let (a, b, c) = tokio::join!(
        world.create(&token, "key-0", &body),
        world.create(&token, "key-1", &body),
        world.create(&token, "key-2", &body)
    );
    let made = [&a, &b, &c].iter().filter(|reply| reply.status.is_success()).count();
    assert_eq!((made, world.number("SELECT count(*) FROM orders").await), (1, 1));
}

#[tokio::test]
async fn m1_a_closed_order_is_not_in_the_way() {
    let world = World::new().await;
    let token = world.login(PAYER).await;
    let order = world.buy(&token, "key-1").await;
    let closed = world.post("/orders/close", &token, &json!({"orderId": order["orderId"]})).await;
    assert_eq!(closed.json["state"], "closed");
    world.buy(&token, "key-2").await;
}

#[tokio::test]
async fn m2_a_repeat_gives_the_same_order_even_when_the_price_changed_meanwhile() {
    let mut world = World::new().await;
    let token = world.login(PAYER).await;
    let first = world.buy(&token, "key-1").await;
    world.reconfigure("price = 6800", "price = 9900").await;
    let repeat = world.buy(&token, "key-1").await;
    assert_eq!((&repeat["orderId"], &repeat["amount"]), (&first["orderId"], &json!(6800)));
}

#[tokio::test]
async fn m2_another_basket_or_amount_under_the_key_is_refused() {
    let world = World::new().await;
    let token = world.login(PAYER).await;
    world.buy(&token, "key-1").await;
    let others = [
        json!({"items": [{"sku": "longjing-50g", "quantity": 2}], "expectedAmount": 13600}),
        json!({"items": [{"sku": "longjing-50g", "quantity": 1}], "expectedAmount": 6801}),
    ];
    for other in others {
        assert_problem(&world.create(&token, "key-1", &other).await, 422, "idempotency_key_reused");
    }
}

#[tokio::test]
async fn m2_refusals_bind_no_key_and_write_no_order() {
    let world = World::new().await;
    let token = world.login(PAYER).await;
    let wrong = json!({"items": [{"sku": "longjing-50g", "quantity": 1}], "expectedAmount": 1});
    assert_problem(&world.create(&token, "key-1", &wrong).await, 409, "price_changed");
    let unknown = json!({"items": [{"sku": "nothing", "quantity": 1}], "expectedAmount": 1});
    assert_problem(&world.create(&token, "key-1", &unknown).await, 422, "unknown_sku");
    let signed = json!({"orderToken": "t", "expectedAmount": 1});
    let refused = world.create(&token, "key-1", &signed).await;
    assert_problem(&refused, 422, "invalid_order_token");
    assert!(text(&refused.json["detail"]).contains("not configured for order tokens"));
    assert_eq!(world.number("SELECT count(*) FROM orders").await, 0);
    world.buy(&token, "key-1").await;
}

#[tokio::test]
async fn m2_a_definite_refusal_of_wechat_frees_the_key() {
    let world = World::new().await;
    let token = world.login(PAYER).await;
    world.wechat.fail_next(PREPAY, Fault::Refuse(400, "PARAM_ERROR"));
    assert_problem(&world.create(&token, "key-1", &tea()).await, 422, "payment_refused");
    world.wechat.fail_next(PREPAY, Fault::Refuse(403, "NO_AUTH"));
    assert_problem(&world.create(&token, "key-1", &tea()).await, 502, "gateway_misconfigured");
    world.buy(&token, "key-1").await;
    assert_eq!(world.number("SELECT count(*) FROM orders WHERE bound_key IS NOT NULL").await, 1);
}

#[tokio::test]
async fn m3_the_attempt_is_on_disk_before_it_goes_out_and_a_repeat_sends_its_bytes() {
    let mut world = World::new().await;
    let token = world.login(PAYER).await;
    for fault in [Fault::Unsigned, Fault::Probe, Fault::Refuse(502, "")] {
        world.wechat.fail_next(PREPAY, fault);
        let lost = world.create(&token, "key-1", &tea()).await;
        assert_problem(&lost, 503, "gateway_unavailable");
        assert_ne!(lost.json["retry"], "never");
    }
    assert_eq!(world.number("SELECT count(*) FROM orders WHERE parameters_left").await, 0);
    world.restart().await;
    world.buy(&token, "key-1").await;
    let bodies = world.wechat.bodies(PREPAY);
    assert_eq!(bodies.len(), 4);
    assert!(bodies.iter().all(|body| *body == bodies[0]), "a repeat differs");
    let sent: Value = serde_json::from_slice(&bodies[0]).expect("JSON");
    assert_eq!(text(&sent["out_trade_no"]).len(), 32);
    assert_eq!(sent["notify_url"], "https://pay.example.com/notify/v3/payment");
    assert!(text(&sent["time_expire"]).ends_with("+08:00"));
}

#[tokio::test]
async fn m3_a_500_after_the_work_is_repeated_with_the_same_bytes() {
    let world = World::new().await;
    let token = world.login(PAYER).await;
    world.wechat.fail_next(PREPAY, Fault::DoneThen500);
    world.buy(&token, "key-1").await;
    let bodies = world.wechat.bodies(PREPAY);
    assert_eq!((bodies.len(), &bodies[0]), (2, &bodies[1]));
}

#[tokio::test]
async fn m3_the_second_host_gets_the_same_bytes_when_the_first_is_down() {
    let mut world = World::new().await;
    let token = world.login(PAYER).await;
    // Nobody listens on the discard port.
    world.reconfigure("api_base_urls = [", "api_base_urls = [\"http://127.0.0.1:9\", ").await;
    let order = world.buy(&token, "key-1").await;
    assert_eq!(world.verify(&token, &order).await["state"], "payable");
    world.reconfigure("login_base_url = ", "login_base_url = \"http://127.0.0.1:9\" # ").await;
    let reply = world.post("/auth/exchange", "", &json!({"credential": "code-o1"})).await;
    assert_problem(&reply, 503, "login_unavailable");
}

#[tokio::test]
async fn m3_one_prepay_at_a_time() {
    let world = World::new().await;
    let token = world.login(PAYER).await;
    let gate = Arc::new(Notify::new());
    world.wechat.fail_next(PREPAY, Fault::Hold(Arc::clone(&gate)));
    let arrived = world.wechat.arrived.notified();
    let body = tea();
    let second = async {
        arrived.await;
        let second = world.create(&token, "key-1", &body).await;
        gate.notify_one();
        second
    };
    let (first, second) = tokio::join!(world.create(&token, "key-1", &body), second);
    assert!(first.json["payment"].is_object(), "{}", first.json);
    assert_problem(&second, 409, "in_progress");
    assert_eq!(second.json["retry"], "same");
    assert_eq!(world.wechat.count(PREPAY), 1);
}

#[tokio::test]
async fn m3_parameters_leave_a_second_time_only_after_a_query() {
    let world = World::new().await;
    let token = world.login(PAYER).await;
    world.buy(&token, "key-1").await;
    assert_eq!(world.wechat.count("GET"), 0);
    world.buy(&token, "key-1").await;
    assert_eq!(world.wechat.count("GET"), 1);

    world.wechat.fail_next("out-trade-no", Fault::Unsigned);
    assert_problem(&world.create(&token, "key-1", &tea()).await, 503, "gateway_unavailable");
    world.wechat.set(&world.wechat.number(), "SUCCESS");
    let paid = world.create(&token, "key-1", &tea()).await;
    assert_eq!((&paid.json["state"], &paid.json["payment"]), (&json!("paid"), &Value::Null));
    assert_eq!(world.wechat.count(PREPAY), 2, "nothing is asked for once it is paid");
}

#[tokio::test]
async fn m3_used_and_closed_lead_to_a_query_and_never_to_an_error() {
    for (state, expected) in [("SUCCESS", "paid"), ("REFUND", "paid"), ("CLOSED", "closed")] {
        let world = World::new().await;
        let token = world.login(PAYER).await;
        // The answer is lost, so that no query comes before the repeat.
        world.wechat.fail_next(PREPAY, Fault::Unsigned);
        world.create(&token, "key-1", &tea()).await;
        world.wechat.set(&world.wechat.number(), state);
        let reply = world.create(&token, "key-1", &tea()).await;
        assert_eq!((reply.status.as_u16(), &reply.json["state"]), (200, &json!(expected)), "{}", reply.json);
        assert!(reply.json["payment"].is_null());
    }
}

#[tokio::test]
async fn m3_a_refusal_after_parameters_left_keeps_the_order() {
    let world = World::new().await;
    let token = world.login(PAYER).await;
    let order = world.buy(&token, "key-1").await;
    world.wechat.fail_next(PREPAY, Fault::Refuse(401, "SIGN_ERROR"));
    assert_problem(&world.create(&token, "key-1", &tea()).await, 503, "gateway_unavailable");
    assert_eq!(world.verify(&token, &order).await["state"], "payable");
}

#[tokio::test]
async fn m4_one_number_for_every_sheet_and_none_after_the_deadline() {
    let world = World::new().await;
    let token = world.login(PAYER).await;
    world.buy(&token, "key-1").await;
    world.buy(&token, "key-1").await;
    world.wechat.number();
    world.time.forward(2 * 3600 * 1000 - 30_000);
    let token = world.login(PAYER).await;
    let late = world.create(&token, "key-1", &tea()).await;
    assert_eq!((&late.json["state"], &late.json["payment"]), (&json!("closing"), &Value::Null));
}
