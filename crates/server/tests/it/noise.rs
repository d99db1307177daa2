//! Noise: whatever is sent, the answer is the client's fault and says so, and nothing changes.

use axum::body::Body;
use axum::http::{HeaderValue, Request};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::support::{PAYER, World, assert_problem, post};

const ROUTES: [(&str, &str); 9] = [
    ("POST", "/auth/exchange"),
    ("POST", "/payments/create"),
    ("GET", "/orders/verify"),
    ("POST", "/orders/close"),
    ("GET", "/orders"),
    ("POST", "/orders/acknowledge"),
    ("POST", "/notify/v3/payment"),
    ("PATCH", "/orders"),
    ("POST", "/nothing"),
];

/// Bytes of every kind: nonsense, and JSON that somebody damaged.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let json = prop_oneof![
        Just(r#"{"items":[{"sku":"longjing-50g","quantity":1}],"expectedAmount":6800}"#),
        Just(r#"{"orderToken":"m1.e30.AAAA","expectedAmount":6800}"#),
        Just(r#"{"orderId":"wx00112233445566778899"}"#),
        Just(r#"{"idempotencyKey":"key"}"#),
        Just(r#"{"credential":"40029"}"#),
    ];
    let damaged = (json, any::<prop::sample::Index>(), any::<u8>(), any::<bool>()).prop_map(|(text, at, byte, cut)| {
        let mut bytes = text.as_bytes().to_vec();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if cut {
            bytes.truncate(at);
        }
        bytes
    });
    prop_oneof![prop::collection::vec(any::<u8>(), 0..200), damaged]
}

fn value() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..60)
}

#[tokio::test]
async fn noise_is_refused_as_noise_and_changes_nothing() {
    let world = World::new().await;
    let token = world.login(PAYER).await;
    // The same noise in every run.
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let strategy = (0..ROUTES.len(), body(), value(), value(), "[!-~]{0,60}", 0..4_u8);
    for number in 0..600 {
        let (route, body, key, authorization, query, with) = strategy.new_tree(&mut runner).expect("noise").current();
        let (method, path) = ROUTES[route];
        let uri = if with == 3 { format!("{path}?{}", query.replace(['#', '?'], "")) } else { path.to_owned() };
        let Ok(mut request) = Request::builder().method(method).uri(&uri).body(Body::from(body.clone())) else {
            continue;
        };
        let headers = request.headers_mut();
        headers.insert("content-type", HeaderValue::from_static("application/json"));
        if let Ok(key) = HeaderValue::from_bytes(&key) {
            headers.insert("idempotency-key", key);
        }
        let bearer = HeaderValue::from_str(&format!("Bearer {token}")).expect("ascii");
        headers.insert(
            "authorization",
            if with > 0 { bearer } else { HeaderValue::from_bytes(&authorization).unwrap_or(bearer) },
        );
        let reply = world.call(request).await;
        let status = reply.status.as_u16();
        let fine = path == "/orders" && status == 200;
        assert!(
            fine || (400..500).contains(&status),
            "{number}: {method} {uri} {body:?} answers {status} {}",
            reply.json
        );
        if path.starts_with("/notify/") {
            assert_eq!(reply.json["code"], "FAIL");
        } else if !fine {
            let code = reply.json["code"].as_str().expect("a problem").to_owned();
            assert_problem(&reply, status, &code);
        }
    }
    assert_eq!(world.number("SELECT count(*) FROM orders").await, 0);
    assert_eq!(world.number("SELECT count(*) FROM notifications").await, 0);
    assert_eq!(world.wechat.count("/v3/"), 0);
}

#[tokio::test]
async fn foreign_encodings_are_refused() {
    let world = World::new().await;
    let token = world.login(PAYER).await;
    let tea = crate::support::tea().to_string();
    let utf_16: Vec<u8> = tea.encode_utf16().flat_map(u16::to_le_bytes).collect();
    // 龙井 in GBK is no UTF-8.
    let gbk = [
        b"{\"items\":[{\"sku\":\"".as_slice(),
        &[0xc1, 0xfa, 0xbe, 0xae],
        b"\",\"quantity\":1}],\"expectedAmount\":1}",
    ]
    .concat();
    let marked = [&[0xef, 0xbb, 0xbf], tea.as_bytes()].concat();
    let deep = vec![b'['; 20_000];
    for body in [utf_16, gbk, marked, deep] {
        let request = post("/payments/create", &token).header("idempotency-key", "key-1").body(Body::from(body));
        assert_problem(&world.call(request.expect("a request")).await, 400, "malformed_request");
    }
    for (name, value) in
        [("content-encoding", "gzip"), ("content-encoding", "br"), ("content-type", "application/json; charset=gbk")]
    {
        let mut request =
            post("/payments/create", &token).header("idempotency-key", "key-1").body(Body::from(tea.clone()));
        request.as_mut().expect("a request").headers_mut().insert(name, value.parse().expect("a header"));
        assert_problem(&world.call(request.expect("a request")).await, 415, "unsupported_media_type");
    }
    assert_eq!(world.number("SELECT count(*) FROM orders").await, 0);
}
