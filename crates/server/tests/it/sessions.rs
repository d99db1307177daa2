//! Who may do what.

use serde_json::json;

use crate::support::{PAYER, World, assert_problem, tea, text};

#[tokio::test]
async fn each_answer_of_wechats_login_has_its_problem() {
    let world = World::new().await;
    let table = [
        ("40029", 400, "login_code_invalid", "login"),
        ("40163", 400, "login_code_invalid", "login"),
        ("40226", 400, "login_code_invalid", "never"),
        ("-1", 503, "login_unavailable", "later"),
        ("45011", 503, "login_unavailable", "later"),
        ("40125", 502, "gateway_misconfigured", "never"),
        ("", 400, "login_code_invalid", "login"),
    ];
    for (code, status, problem, retry) in table {
        let reply = world.post("/auth/exchange", "", &json!({"credential": code})).await;
        assert_problem(&reply, status, problem);
        assert_eq!(reply.json["retry"], retry, "{code}");
    }
}

#[tokio::test]
async fn a_session_ends_and_an_order_token_does_not() {
    let world = World::new().await;
    let token = world.login(PAYER).await;
    let order = world.buy(&token, "key-1").await;
    world.time.forward(121 * 60_000);
    assert_problem(&world.create(&token, "key-1", &tea()).await, 401, "session_expired");
    let status_token = text(&order["statusToken"]);
    world.verify(&status_token, &order).await;
    let in_query = format!("/orders/verify?transactionId={}&statusToken={status_token}", text(&order["orderId"]));
    assert_eq!(world.get(&in_query, "").await.json["orderId"], order["orderId"]);
}

#[tokio::test]
async fn an_order_token_reads_one_order_and_buys_nothing() {
    let world = World::new().await;
    let token = world.login(PAYER).await;
    let order = world.buy(&token, "key-1").await;
    let other = world.buy(&world.login("oSomebodyElse").await, "key-1").await;
    let status_token = text(&order["statusToken"]);
    for path in ["/orders/close", "/payments/create"] {
        let body = json!({"orderId": order["orderId"]});
        assert_problem(&world.post(path, &status_token, &body).await, 401, "unauthorized");
    }
    assert_problem(&world.get("/orders", &status_token).await, 401, "unauthorized");
    let path = format!("/orders/verify?transactionId={}", text(&other["orderId"]));
    for stranger in [&status_token, &token] {
        assert_problem(&world.get(&path, stranger).await, 404, "order_not_found");
        let body = json!({"orderId": other["orderId"]});
        assert_problem(&world.post("/orders/acknowledge", stranger, &body).await, 404, "order_not_found");
    }
    assert_problem(
        &world.post("/orders/close", &token, &json!({"orderId": other["orderId"]})).await,
        404,
        "order_not_found",
    );
    assert_problem(
        &world.post("/orders/close", &token, &json!({"idempotencyKey": "key-9"})).await,
        404,
        "order_not_found",
    );
}

#[tokio::test]
async fn keys_rotate_without_ending_sessions() {
    let mut world = World::new().await;
    let token = world.login(PAYER).await;
    let new = "ff".repeat(32);
    world.reconfigure("keys = [", &format!("keys = [\"{new}\", ")).await;
    world.buy(&token, "key-1").await;
}

#[tokio::test]
async fn what_has_no_outcome_cannot_be_acknowledged() {
    let world = World::new().await;
    let token = world.login(PAYER).await;
    let order = world.buy(&token, "key-1").await;
    let reply = world.post("/orders/acknowledge", &token, &json!({"orderId": order["orderId"]})).await;
    assert_problem(&reply, 409, "in_progress");
}

#[tokio::test]
async fn the_session_key_is_neither_sent_nor_stored() {
    let world = World::new().await;
    // What the WeChat of these tests answers to a login.
    let session_key = "c2Vzc2lvbl9rZXk=";
    let reply = world.post("/auth/exchange", "", &json!({"credential": format!("code-{PAYER}")})).await;
    assert!(reply.json["token"].is_string() && !reply.json.to_string().contains(session_key));
    world.buy(&text(&reply.json["token"]), "key-1").await;
    for entry in std::fs::read_dir(world.directory.path()).expect("readable") {
        let path = entry.expect("readable").path();
        let bytes = std::fs::read(&path).expect("readable");
        let found = bytes.windows(session_key.len()).any(|part| part == session_key.as_bytes());
        assert!(!found, "{} has it", path.display());
    }
}

#[tokio::test]
async fn a_dropped_key_ends_its_sessions() {
    let mut world = World::new().await;
    let token = world.login(PAYER).await;
    let new = "ff".repeat(32);
    world.reconfigure(crate::support::SESSION_KEY, &new).await;
    assert_problem(&world.get("/orders", &token).await, 401, "unauthorized");
}
