//! Bad input gets a problem, whole, and changes nothing.

use axum::body::Body;
use axum::http::Request;

use crate::support::{PAYER, World, assert_problem, post};

#[tokio::test]
async fn bad_bodies_are_refused_and_change_nothing() {
    let world = World::new().await;
    let token = world.login(PAYER).await;
    let bodies = [
        "",
        "{",
        "null",
        "[]",
        "\u{0}",
        "{\"items\":null,\"expectedAmount\":6800}",
        "{\"expectedAmount\":6800}",
        "{\"items\":[],\"expectedAmount\":6800}",
        "{\"items\":[{\"sku\":\"longjing-50g\",\"quantity\":1}]}",
        "{\"items\":[{\"sku\":\"longjing-50g\",\"quantity\":1}],\"expectedAmount\":null}",
        "{\"items\":[{\"sku\":\"longjing-50g\",\"quantity\":1}],\"expectedAmount\":0}",
        "{\"items\":[{\"sku\":\"longjing-50g\",\"quantity\":1}],\"expectedAmount\":-6800}",
        "{\"items\":[{\"sku\":\"longjing-50g\",\"quantity\":1}],\"expectedAmount\":68.00}",
        "{\"items\":[{\"sku\":\"longjing-50g\",\"quantity\":1}],\"expectedAmount\":9007199254740992}",
        "{\"items\":[{\"sku\":\"longjing-50g\",\"quantity\":1}],\"expectedAmount\":\"6800\"}",
        "{\"items\":[{\"sku\":\"longjing-50g\",\"quantity\":0}],\"expectedAmount\":6800}",
        "{\"items\":[{\"sku\":\"longjing-50g\",\"quantity\":-1}],\"expectedAmount\":6800}",
        "{\"items\":[{\"sku\":\"longjing-50g\",\"quantity\":9007199254740992}],\"expectedAmount\":6800}",
        "{\"items\":[{\"sku\":\"longjing-50g\",\"quantity\":1,\"price\":1}],\"expectedAmount\":6800}",
        "{\"items\":[{\"sku\":\"longjing-50g\",\"quantity\":1}],\"expectedAmount\":6800,\"uid\":\"x\"}",
        "{\"items\":[{\"sku\":\"longjing-50g\",\"quantity\":1}],\"orderToken\":\"t\",\"expectedAmount\":6800}",
        "{\"items\":[{\"sku\":\"longjing-50g\",\"quantity\":1}],\"expectedAmount\":6800,\"separate\":null}",
        "{\"items\":[{\"sku\":\"longjing-50g\",\"quantity\":1}],\"expectedAmount\":6800,\"expectedAmount\":1}",
    ];
    for body in bodies {
        let request = post("/payments/create", &token).header("idempotency-key", "key-1");
        let reply = world.call(request.body(Body::from(body)).expect("a request")).await;
        assert_problem(&reply, 400, "malformed_request");
    }
    for (path, body) in [
        ("/orders/close", "{\"orderId\":\"a\",\"idempotencyKey\":\"b\"}"),
        ("/orders/close", "{\"orderId\":\"\"}"),
        ("/orders/close", "{}"),
        ("/orders/acknowledge", "{\"orderId\":\"a\",\"b\":1}"),
        ("/auth/exchange", "{\"credential\":null}"),
        ("/auth/exchange", "{\"credential\":\"a\",\"uid\":\"b\"}"),
    ] {
        let reply = world.call(post(path, &token).body(Body::from(body)).expect("a request")).await;
        assert_problem(&reply, 400, "malformed_request");
    }
    assert_eq!(world.number("SELECT count(*) FROM orders").await, 0);
    assert_eq!(world.wechat.count("/v3/"), 0);
}

#[tokio::test]
async fn large_and_foreign_bodies_are_refused() {
    let world = World::new().await;
    let token = world.login(PAYER).await;
    let large = Body::from(vec![b' '; 40_000]);
    let request = post("/payments/create", &token).header("idempotency-key", "k");
    assert_problem(&world.call(request.body(large).expect("a request")).await, 413, "body_too_large");
    let announced = post("/auth/exchange", "").header("content-length", "999999999");
    assert_problem(&world.call(announced.body(Body::from("{}")).expect("a request")).await, 413, "body_too_large");
    for kind in ["text/plain", "application/x-www-form-urlencoded", "application/json2", ""] {
        let request =
            Request::post("/auth/exchange").header("content-type", kind).body(Body::from("{}")).expect("a request");
        assert_problem(&world.call(request).await, 415, "unsupported_media_type");
    }
    let request = Request::post("/auth/exchange").header("content-type", "application/json; charset=utf-8");
    let reply = world.call(request.body(Body::from("{\"credential\":\"code-o1\"}")).expect("a request")).await;
    assert_eq!(reply.status.as_u16(), 200);
}

#[tokio::test]
async fn wrong_addresses_methods_keys_and_tokens() {
    let world = World::new().await;
    let token = world.login(PAYER).await;
    assert_problem(&world.get("/nothing", &token).await, 404, "not_found");
    assert_problem(&world.get("/payments/create", &token).await, 405, "method_not_allowed");
    for path in [
        "/orders/verify",
        "/orders/verify?transactionId=",
        "/orders/verify?transactionId=a&x=1",
        "/orders/verify?transactionId=%ff",
        "/orders/verify?transactionId=a&transactionId=b",
    ] {
        assert_problem(&world.get(path, &token).await, 400, "malformed_request");
    }
    assert_problem(&world.get("/orders/verify?transactionId=nothing", &token).await, 404, "order_not_found");
    assert_problem(&world.get("/orders", "s1.x").await, 401, "unauthorized");
    let bare = Request::get("/orders").body(Body::empty()).expect("a request");
    let reply = world.call(bare).await;
    assert_problem(&reply, 401, "unauthorized");
    assert_eq!(reply.headers["www-authenticate"], "Bearer");
    for key in [None, Some(""), Some("a b"), Some(&*"k".repeat(65))] {
        let mut request = post("/payments/create", &token);
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let body = Body::from(crate::support::tea().to_string());
        assert_problem(&world.call(request.body(body).expect("a request")).await, 400, "idempotency_key_missing");
    }
}

#[tokio::test]
async fn every_answer_has_safe_headers_and_a_name() {
    let world = World::new().await;
    let mut names = std::collections::BTreeSet::new();
    for path in ["/healthz", "/nothing", "/orders"] {
        let reply = world.get(path, "").await;
        assert_eq!(reply.headers["x-content-type-options"], "nosniff");
        assert_eq!(reply.headers["cache-control"], "no-store");
        assert!(reply.headers.contains_key("strict-transport-security"));
        assert!(reply.headers.contains_key("content-security-policy"));
        assert_eq!(reply.headers["referrer-policy"], "no-referrer");
        assert!(names.insert(reply.headers["x-request-id"].clone()));
    }
    assert_eq!(world.get("/healthz", "").await.status.as_u16(), 200);
}
