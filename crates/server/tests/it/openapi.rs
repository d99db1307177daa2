//! The OpenAPI document says what the server does: every route, every answer, every body.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use crate::support::{PAYER, World, assert_problem, post, tea};

async fn document(world: &World) -> Value {
    let reply = world.get("/openapi.json", "").await;
    assert_eq!(reply.status.as_u16(), 200);
    reply.json
}

/// What is wrong with `value`, as far as the keywords go that the document uses.
fn fault(document: &Value, schema: &Value, value: &Value) -> Option<String> {
    if let Some(reference) = schema["$ref"].as_str() {
        let pointer = reference.strip_prefix('#').expect("a place in the document");
        return fault(document, document.pointer(pointer).expect("it is there"), value);
    }
    if let Some(either) = schema["oneOf"].as_array() {
        let fits = either.iter().filter(|one| fault(document, one, value).is_none()).count();
        return (fits != 1).then(|| format!("{fits} of the alternatives fit {value}"));
    }
    let wrong = |what: &str| Some(format!("{what}: {value}"));
    let fits_type = match schema["type"].as_str().expect("each schema has one type") {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        other => panic!("the document has a type {other}"),
    };
    if !fits_type {
        return wrong("not of the type");
    }
    if schema["enum"].as_array().is_some_and(|listed| !listed.contains(value)) {
        return wrong("not listed");
    }
    let size = match value {
        Value::Number(number) => number.as_f64(),
        _ => None,
    };
    let beyond = |limit: &str, size: usize, sign: i64| {
        schema[limit].as_i64().is_some_and(|limit| (i64::try_from(size).expect("small") - limit) * sign > 0)
    };
    if size.is_some_and(|size| schema["minimum"].as_f64().is_some_and(|least| size < least))
        || size.is_some_and(|size| schema["maximum"].as_f64().is_some_and(|most| size > most))
    {
        return wrong("out of range");
    }
    let length = value.as_str().map_or(0, |text| text.chars().count());
    if value.is_string() && (beyond("minLength", length, -1) || beyond("maxLength", length, 1)) {
        return wrong("too short or too long");
    }
    if let Some(items) = value.as_array() {
        if beyond("minItems", items.len(), -1) || beyond("maxItems", items.len(), 1) {
            return wrong("too few or too many");
        }
        return items.iter().find_map(|item| fault(document, &schema["items"], item));
    }
    let fields = value.as_object()?;
    let required = schema["required"].as_array().into_iter().flatten();
    if let Some(missing) = required.map(|name| name.as_str().expect("a name")).find(|name| !fields.contains_key(*name))
    {
        return Some(format!("{missing} is missing: {value}"));
    }
    fields.iter().find_map(|(name, item)| match &schema["properties"][name] {
        // Answers may grow; the document of this version has to know everything that this version says.
        Value::Null => Some(format!("{name} is not described: {value}")),
        property => fault(document, property, item),
    })
}

pub fn assert_answer(document: &Value, path: &str, method: &str, status: u16, value: &Value) {
    let answer = &document["paths"][path][method]["responses"][status.to_string()];
    let kind = if status < 300 { "application/json" } else { "application/problem+json" };
    let schema = &answer["content"][kind]["schema"];
    assert!(schema.is_object(), "{method} {path} says nothing of {status} {kind}");
    assert_eq!(fault(document, schema, value), None, "{method} {path} {status}");
}

#[tokio::test]
async fn every_described_route_is_there_and_takes_no_other_method() {
    let world = World::new().await;
    let document = document(&world).await;
    let paths = document["paths"].as_object().expect("paths");
    for path in
        ["/auth/exchange", "/payments/create", "/orders", "/orders/verify", "/orders/close", "/orders/acknowledge"]
    {
        assert!(paths.contains_key(path), "{path} is not described");
    }
    for path in paths.keys() {
        let request = Request::delete(path).body(Body::empty()).expect("a request");
        let reply = world.call(request).await;
        assert_problem(&reply, 405, "method_not_allowed");
        let allowed = reply.headers["allow"].to_str().expect("ascii").to_lowercase();
        for method in paths[path].as_object().expect("methods").keys() {
            assert!(allowed.contains(method), "{path} allows {allowed}");
        }
    }
}

#[tokio::test]
async fn every_answer_of_a_purchase_is_as_described() {
    let world = World::new().await;
    let document = document(&world).await;
    let login = world.post("/auth/exchange", "", &json!({"credential": format!("code-{PAYER}")})).await;
    assert_answer(&document, "/auth/exchange", "post", 200, &login.json);
    let token = login.json["token"].as_str().expect("a token");
    let order = world.buy(token, "key-1").await;
    assert_answer(&document, "/payments/create", "post", 200, &order);
    let view = world.verify(token, &order).await;
    assert_answer(&document, "/orders/verify", "get", 200, &view);
    let in_the_way = world.create(token, "key-2", &tea()).await;
    assert_answer(&document, "/payments/create", "post", 409, &in_the_way.json);
    world.wechat.set(&world.wechat.number(), "REFUND");
    let paid = world.verify(token, &order).await;
    assert!(paid["wechatTransactionId"].is_string() && paid["paidAt"].is_string());
    assert_answer(&document, "/orders/verify", "get", 200, &paid);
    assert_answer(&document, "/orders", "get", 200, &world.get("/orders", token).await.json);
    let closed = world.post("/orders/close", token, &json!({"orderId": order["orderId"]})).await;
    assert_answer(&document, "/orders/close", "post", 200, &closed.json);
    let bad = world.post("/orders/close", token, &json!({})).await;
    assert_answer(&document, "/orders/close", "post", 400, &bad.json);
    assert_answer(&document, "/orders", "get", 401, &world.get("/orders", "").await.json);
}

#[tokio::test]
async fn what_the_description_refuses_the_server_refuses_and_the_other_way_round() {
    let world = World::new().await;
    let document = document(&world).await;
    let token = world.login(PAYER).await;
    let line = json!({"sku": "longjing-50g", "quantity": 1});
    let bodies = [
        ("/payments/create", json!({"items": [line], "expectedAmount": 6800})),
        ("/payments/create", json!({"items": [line], "expectedAmount": 6800, "separate": true})),
        ("/payments/create", json!({"items": [line], "expectedAmount": 4_294_967_295_u32})),
        ("/payments/create", json!({"items": [line], "expectedAmount": 4_294_967_296_u64})),
        ("/payments/create", json!({"items": [line], "expectedAmount": 0})),
        ("/payments/create", json!({"items": [line], "expectedAmount": 6800.5})),
        ("/payments/create", json!({"items": [line], "expectedAmount": null})),
        ("/payments/create", json!({"items": [line]})),
        ("/payments/create", json!({"items": [], "expectedAmount": 1})),
        ("/payments/create", json!({"items": vec![line.clone(); 51], "expectedAmount": 1})),
        ("/payments/create", json!({"items": null, "expectedAmount": 1})),
        ("/payments/create", json!({"items": [{"sku": "a", "quantity": 0}], "expectedAmount": 1})),
        ("/payments/create", json!({"items": [{"sku": "a", "quantity": 1000}], "expectedAmount": 1})),
        ("/payments/create", json!({"items": [{"sku": 1, "quantity": 1}], "expectedAmount": 1})),
        ("/payments/create", json!({"items": [{"sku": "a", "quantity": 1, "price": 1}], "expectedAmount": 1})),
        ("/payments/create", json!({"items": [line], "expectedAmount": 1, "uid": "x"})),
        ("/payments/create", json!({"items": [line], "expectedAmount": 1, "separate": null})),
        ("/payments/create", json!({"items": [line], "orderToken": "t", "expectedAmount": 1})),
        ("/payments/create", json!({"orderToken": "t", "expectedAmount": 1})),
        ("/payments/create", json!({"orderToken": 1, "expectedAmount": 1})),
        ("/payments/create", json!({"expectedAmount": 1})),
        ("/payments/create", json!([])),
        ("/orders/close", json!({"orderId": "a"})),
        ("/orders/close", json!({"idempotencyKey": "a"})),
        ("/orders/close", json!({"orderId": "a", "idempotencyKey": "b"})),
        ("/orders/close", json!({"orderId": "a", "more": 1})),
        ("/orders/close", json!({"orderId": "x".repeat(64)})),
        ("/orders/close", json!({"orderId": "x".repeat(65)})),
        ("/orders/close", json!({"orderId": ""})),
        ("/orders/close", json!({})),
        ("/orders/acknowledge", json!({"orderId": "a"})),
        ("/orders/acknowledge", json!({"orderId": "a", "b": 1})),
        ("/orders/acknowledge", json!({"orderId": null})),
        ("/auth/exchange", json!({"credential": "40029"})),
        ("/auth/exchange", json!({"credential": null})),
        ("/auth/exchange", json!({"credential": "40029", "uid": "b"})),
    ];
    for (path, body) in bodies {
        let schema = &document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"];
        let described = fault(&document, schema, &body);
        let request = post(path, &token).header("idempotency-key", "key-1").body(Body::from(body.to_string()));
        let reply = world.call(request.expect("a request")).await;
        let malformed = reply.json["code"] == "malformed_request";
        assert_eq!(described.is_some(), malformed, "{path} {body}: {described:?}, and the server: {}", reply.json);
    }
}

#[tokio::test]
async fn who_may_call_is_described_as_it_is() {
    let world = World::new().await;
    let document = document(&world).await;
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            let request =
                Request::builder().method(method.to_uppercase().as_str()).uri(format!("{path}?transactionId=a"));
            let request = request.header("content-type", "application/json").body(Body::from("{}"));
            let status = world.call(request.expect("a request")).await.status.as_u16();
            let wants_a_token = operation["security"].is_array();
            // WeChat's notifications are signed instead.
            let signed = path.starts_with("/notify/");
            assert_eq!(status == 401, wants_a_token || signed, "{method} {path} answers a stranger {status}");
        }
    }
}
