//! What Prometheus reads, and what a load balancer asks.

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, StatusCode};
use serde_json::json;
use wx_checkout::domain::{Fen, OrderId};
use wx_checkout_server::bills::{self, Day};
use wx_checkout_server::checkout::RefundOrder;
use wx_checkout_server::jobs;
use wx_checkout_server::ledger::Of;
use wx_checkout_server::metrics::Round;

use crate::support::{Fault, MCHID, PAYER, Reply, World, assert_problem, tea, text};

/// As somebody at this address asks, with these headers.
async fn asked_from(world: &World, peer: &str, path: &str, headers: &[(&str, &str)]) -> Reply {
    let mut request = Request::get(path);
    if headers.iter().all(|(name, _)| *name != "host") {
        request = request.header("host", "127.0.0.1:8790");
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut request = request.body(Body::empty()).expect("a request");
    let peer: SocketAddr = format!("{peer}:4711").parse().expect("an address");
    request.extensions_mut().insert(ConnectInfo(peer));
    world.call(request).await
}

async fn metrics(world: &World) -> String {
    let reply = asked_from(world, "127.0.0.1", "/metrics", &[]).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert!(reply.headers["content-type"].to_str().expect("ascii").starts_with("application/openmetrics-text"));
    String::from_utf8(reply.body).expect("UTF-8")
}

#[track_caller]
fn assert_line(metrics: &str, line: &str) {
    assert!(metrics.lines().any(|said| said == line), "{line} is not in:\n{metrics}");
}

#[tokio::test]
async fn a_purchase_with_its_accidents_is_counted_and_nobody_is_named() {
    let world = World::new().await;
    let token = world.login(PAYER).await;
    world.wechat.fail_next("/jsapi", Fault::Refuse(502, "a word that anybody could make up"));
    world.wechat.fail_next("/jsapi", Fault::Refuse(502, "SYSTEM_ERROR"));
    world.create(&token, "key-1", &tea()).await;
    let order = world.buy(&token, "key-1").await;
    world.wechat.fail_next("out-trade-no", Fault::Probe);
    world.verify(&token, &order).await;
    let number = world.wechat.number();
    world.wechat.set(&number, "SUCCESS");
    world.notify_of(&number).await;
    world.notify((HeaderMap::new(), b"{}".to_vec())).await;
    world.wechat.twist(&number, json!({"transaction_id": "another", "amount": {"total": 1}}));
    world.notify_of(&number).await;
    world.wechat.twist(&number, json!({}));
    let id = OrderId::try_from(text(&order["orderId"])).expect("an id");
    let refund = RefundOrder {
        out_refund_no: "refund-1".to_owned(),
        of: Of::Kept,
        amount: Fen::new(100).expect("positive"),
        reason: String::new(),
    };
    world.checkout.refund(&id, refund).await.expect("decided");
    jobs::refunds(&world.checkout).await.expect("a round");

    let metrics = metrics(&world).await;
    for line in [
        "wx_checkout_build_info{version=\"0.1.0\"} 1",
        "wx_checkout_database_up 1",
        "wx_checkout_orders{state=\"paid\"} 1",
        "wx_checkout_orders{state=\"payable\"} 0",
        "wx_checkout_orders{state=\"closed\"} 0",
        "wx_checkout_orders_overdue 0",
        "wx_checkout_oldest_unresolved_order_age_seconds 0",
        "wx_checkout_frozen_payments 1",
        "wx_checkout_refunds{stage=\"processing\"} 1",
        "wx_checkout_refunds{stage=\"abnormal\"} 0",
        "wx_checkout_dead_letters{channel=\"webhook\"} 0",
        "wx_checkout_notifications_total{route=\"v3/payment\",outcome=\"accepted\"} 2",
        "wx_checkout_notifications_total{route=\"v3/payment\",outcome=\"not_verified\"} 1",
        "wx_checkout_notifications_total{route=\"v2/refund\",outcome=\"not_stored\"} 0",
        "wx_checkout_gateway_answers_total{api=\"v3\",call=\"prepay\",code=\"OK\"} 1",
        "wx_checkout_gateway_answers_total{api=\"v3\",call=\"prepay\",code=\"SYSTEM_ERROR\"} 1",
        "wx_checkout_gateway_answers_total{api=\"v3\",call=\"prepay\",code=\"OTHER_5XX\"} 1",
        "wx_checkout_gateway_answers_total{api=\"v3\",call=\"query\",code=\"NOT_VERIFIED\"} 1",
        "wx_checkout_gateway_answers_total{api=\"v3\",call=\"refund\",code=\"OK\"} 1",
        "wx_checkout_gateway_circuits_resting 0",
        "wx_checkout_http_requests_total{route=\"/orders/verify\",status=\"200\"} 1",
        "# TYPE wx_checkout_database_wait_seconds histogram",
    ] {
        assert_line(&metrics, line);
    }
    let transaction = world.wechat.transaction(&number)["transaction_id"].as_str().expect("a text").to_owned();
    for name in [PAYER, MCHID, id.as_str(), &number, &transaction, "refund-1", &token, "made_up", "made up"] {
        assert!(!metrics.contains(name), "{name} is shown");
    }
}

#[tokio::test]
async fn an_order_that_nobody_brought_to_its_end_is_seen() {
    let world = World::new().await;
    let token = world.login(PAYER).await;
    world.time.stop();
    world.buy(&token, "key-1").await;
    world.time.forward(121 * 60_000);
    let now = metrics(&world).await;
    assert_line(&now, "wx_checkout_orders{state=\"closing\"} 1");
    assert_line(&now, "wx_checkout_orders_overdue 0");
    assert_line(&now, "wx_checkout_oldest_unresolved_order_age_seconds 7260");
}

#[tokio::test]
async fn strangers_addresses_make_no_series_of_their_own() {
    let world = World::new().await;
    for number in 0..50 {
        world.get(&format!("/nothing/{number}"), "").await;
    }
    let metrics = metrics(&world).await;
    assert_line(&metrics, "wx_checkout_http_requests_total{route=\"-\",status=\"404\"} 50");
    assert!(!metrics.contains("/nothing"));
}

#[tokio::test]
async fn metrics_are_for_this_machine_alone() {
    let world = World::new().await;
    for peer in ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]"] {
        assert_eq!(asked_from(&world, peer, "/metrics", &[]).await.status, StatusCode::OK, "{peer}");
    }
    for peer in ["192.0.2.1", "10.0.0.1", "[2001:db8::1]"] {
        assert_problem(&asked_from(&world, peer, "/metrics", &[]).await, 404, "not_found");
    }
    for header in ["x-forwarded-for", "forwarded", "via", "x-real-ip"] {
        let reply = asked_from(&world, "127.0.0.1", "/metrics", &[(header, "127.0.0.1")]).await;
        assert_problem(&reply, 404, "not_found");
    }
    assert_problem(&world.get("/metrics", "").await, 404, "not_found");
    for (name, status) in [("localhost:8790", 200), ("[::1]:8790", 200), ("pay.example.com", 404), ("", 404)] {
        let reply = asked_from(&world, "127.0.0.1", "/metrics", &[("host", name)]).await;
        assert_eq!(reply.status.as_u16(), status, "{name}");
    }
    // A proxy on this machine that adds no header is a local peer, too.
    let mut world = world;
    world.reconfigure("notify_base_url", "behind_proxy = true\nnotify_base_url").await;
    assert_problem(&asked_from(&world, "127.0.0.1", "/metrics", &[]).await, 404, "not_found");
}

#[tokio::test]
async fn what_somebody_is_called_for_is_counted_from_nothing_on() {
    let metrics = metrics(&World::new().await).await;
    assert_line(&metrics, "wx_checkout_gateway_answers_total{api=\"v3\",call=\"refund\",code=\"NOT_ENOUGH\"} 0");
    assert_line(&metrics, "wx_checkout_gateway_answers_total{api=\"v2\",call=\"query\",code=\"SIGN_ERROR\"} 0");
    assert_line(&metrics, "wx_checkout_gateway_answers_total{api=\"v3\",call=\"prepay\",code=\"NOT_TAKEN\"} 0");
}

#[tokio::test]
async fn alive_is_not_ready_when_the_database_is_gone_or_the_end_has_begun() {
    let world = World::new().await;
    assert_eq!(world.get("/readyz", "").await.status, StatusCode::OK);
    world.checkout.stopping.begin();
    let reply = world.get("/readyz", "").await;
    assert_eq!((reply.status.as_u16(), reply.body.as_slice()), (503, b"the server is being stopped\n".as_slice()));
    assert_eq!(world.get("/healthz", "").await.status, StatusCode::OK);

    let world = World::new().await;
    world.checkout.store.close().await.expect("closes");
    let reply = world.get("/readyz", "").await;
    assert_eq!((reply.status.as_u16(), reply.body.as_slice()), (503, b"the database does not answer\n".as_slice()));
    assert_eq!(world.get("/healthz", "").await.status, StatusCode::OK);
    let metrics = metrics(&world).await;
    assert_line(&metrics, "wx_checkout_database_up 0");
    assert!(!metrics.contains("wx_checkout_orders{"), "the books were not asked");
}

#[tokio::test]
async fn whoever_watches_is_not_limited() {
    let mut world = World::new().await;
    world.reconfigure("[session]", "[limits]\nper_address = 1\n\n[session]").await;
    for path in ["/healthz", "/readyz", "/metrics"] {
        for _ in 0..5 {
            assert_eq!(asked_from(&world, "127.0.0.1", path, &[]).await.status, StatusCode::OK, "{path}");
        }
    }
    assert_eq!(asked_from(&world, "127.0.0.1", "/openapi.json", &[]).await.status, StatusCode::OK);
    assert_problem(&asked_from(&world, "127.0.0.1", "/openapi.json", &[]).await, 429, "rate_limited");
    assert_line(&metrics(&world).await, "wx_checkout_rate_limited_total{by=\"address\"} 1");
}

#[tokio::test]
async fn every_metric_in_the_example_alerts_is_there() {
    let world = World::new().await;
    // Some are there once something happened.
    let token = world.login(PAYER).await;
    world.buy(&token, "key-1").await;
    world.checkout.meters.limited("order");
    world.checkout.meters.went_round(Round::Orders, world.time.ms());
    let told = metrics(&world).await;
    let known: Vec<&str> = told.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    let alerts = include_str!("../../../../docs/alerts.yml");
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let named: Vec<&str> = alerts.split(|c| !is_name(c)).filter(|word| word.starts_with("wx_checkout_")).collect();
    assert!(named.len() > 20, "{named:?}");
    for name in named {
        let base = ["_total", "_bucket", "_sum", "_count"].into_iter().find_map(|end| name.strip_suffix(end));
        assert!(known.contains(&base.unwrap_or(name)), "{name} is in docs/alerts.yml and in no metrics:\n{told}");
    }
    // What the documentation lists is what there is.
    let operations = include_str!("../../../../docs/operations.md");
    for name in known {
        assert!(operations.contains(&format!("| `{name}` |")), "docs/operations.md does not list {name}");
    }
}

#[tokio::test]
async fn a_bills_file_which_is_never_signed_is_no_answer_that_does_not_verify() {
    let world = World::new().await;
    let token = world.login(PAYER).await;
    world.buy(&token, "key-1").await;
    let number = world.wechat.number();
    world.wechat.set(&number, "SUCCESS");
    let day = Day::last_ready(world.time.ms());
    world.wechat.bill(&day.to_string(), vec![world.wechat.paid_line(&number)]);
    world.database.execute("UPDATE orders SET created_ms = created_ms - 172800000").await;
    bills::round(&world.checkout).await.expect("a round");
    let metrics = metrics(&world).await;
    assert_eq!(world.wechat.count("billdownload"), 1);
    assert!(metrics.contains(r#"call="bill",code="OK""#), "{metrics}");
    assert!(!metrics.contains("NOT_VERIFIED"), "{metrics}");
}
