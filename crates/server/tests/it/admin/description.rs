//! The OpenAPI document of the operator's port says what the port does.

use serde_json::{Value, json};

use super::Office;
use crate::openapi::assert_answer;

#[tokio::test]
async fn answers_and_refusals_are_as_described() {
    let office = Office::paid().await;
    let document = office.read("/admin/api/openapi.json").await;
    let order = office.id();
    let one = "/admin/api/orders/{orderId}";
    for (path, described) in [
        ("/admin/api/overview", "/admin/api/overview"),
        ("/admin/api/orders", "/admin/api/orders"),
        ("/admin/api/orders?limit=0", "/admin/api/orders"),
        ("/admin/api/frozen", "/admin/api/frozen"),
        (&format!("/admin/api/orders/{order}"), one),
        ("/admin/api/orders/none", one),
    ] {
        let reply = office.get(path).await;
        assert_answer(&document, described, "get", reply.status.as_u16(), &reply.json);
    }
    let post = [
        ("look", Value::Null),
        ("close", Value::Null),
        ("refunds/preview", json!({})),
        ("refunds/preview", json!({"amount": 9999})),
        ("refunds", json!({"outRefundNo": "r", "amount": 5})),
        ("refunds", json!({"outRefundNo": "r", "amount": 6})),
    ];
    for (action, body) in post {
        let reply = office.post(&format!("/admin/api/orders/{order}/{action}"), body).await;
        assert_answer(&document, &format!("{one}/{action}"), "post", reply.status.as_u16(), &reply.json);
    }
    let frozen = Office::frozen().await;
    let reply = frozen.get("/admin/api/frozen").await;
    assert_answer(&document, "/admin/api/frozen", "get", 200, &reply.json);
    assert_answer(&document, one, "get", 200, &frozen.detail().await);
}

#[tokio::test]
async fn every_described_route_wants_the_token() {
    let office = Office::open().await;
    let document = office.read("/admin/api/openapi.json").await;
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("methods") {
            assert_eq!(operation["security"], json!([{"operator": []}]), "{method} {path}");
            assert!(operation["responses"]["401"].is_object(), "{method} {path}");
        }
    }
}
