//! Who gets in, and what is where.

use axum::body::Body;
use axum::http::Request;

use super::Office;
use crate::support::{ADMIN_TOKEN, Reply, assert_problem, call};

async fn ask(office: &Office, method: &str, path: &str, headers: &[(&str, &str)]) -> Reply {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    call(&office.desk, request.body(Body::empty()).expect("a request")).await
}

const HERE: (&str, &str) = ("host", "127.0.0.1:8791");

#[tokio::test]
async fn nothing_is_told_without_the_right_token() {
    let office = Office::open().await;
    let order = format!("/admin/api/orders/{}", office.id());
    let bearer = format!("Bearer {ADMIN_TOKEN}");
    let wrong = format!("Bearer {}", ADMIN_TOKEN.replace('0', "1"));
    let refund = format!("{order}/refunds");
    for (method, path) in [
        ("GET", "/admin/api/overview"),
        ("GET", "/admin/api/orders"),
        ("GET", &order),
        ("POST", &refund),
        ("GET", "/admin/api/openapi.json"),
    ] {
        for token in [None, Some(""), Some(wrong.as_str()), Some(ADMIN_TOKEN), Some("Basic YTpi")] {
            let office_now = office.world.desk();
            let request = Request::builder().method(method).uri(path).header(HERE.0, HERE.1);
            let request = token.map_or_else(
                || Request::builder().method(method).uri(path).header(HERE.0, HERE.1),
                |token| request.header("authorization", token),
            );
            let reply = call(&office_now, request.body(Body::empty()).expect("a request")).await;
            assert_problem(&reply, 401, "unauthorized");
            assert_eq!(reply.headers["www-authenticate"], "Bearer");
        }
    }
    let reply = ask(&office, "GET", "/admin/api/overview", &[HERE, ("authorization", &bearer)]).await;
    assert_eq!(reply.status.as_u16(), 200);
}

#[tokio::test]
async fn a_former_token_is_good_until_it_is_taken_out() {
    let office = Office::open().await;
    let mut office = office;
    let new = "ffeeddccbbaa99887766554433221100ffeeddccbbaa9988";
    let (from, to) =
        (format!("token = \"{ADMIN_TOKEN}\""), format!("token = \"{new}\"\nformer_token = \"{ADMIN_TOKEN}\""));
    office.world.reconfigure(&from, &to).await;
    office.desk = office.world.desk();
    for token in [new, ADMIN_TOKEN] {
        let bearer = format!("Bearer {token}");
        let reply = ask(&office, "GET", "/admin/api/overview", &[HERE, ("authorization", &bearer)]).await;
        assert_eq!(reply.status.as_u16(), 200);
    }
}

#[tokio::test]
async fn wrong_tokens_are_counted_and_then_nobody_at_that_address_gets_in_for_a_while() {
    let office = Office::open().await;
    office.world.time.stop();
    let bearer = format!("Bearer {ADMIN_TOKEN}");
    for _ in 0..20 {
        let reply = ask(&office, "GET", "/admin/api/overview", &[HERE, ("authorization", "Bearer guess")]).await;
        assert_problem(&reply, 401, "unauthorized");
    }
    let reply = ask(&office, "GET", "/admin/api/overview", &[HERE, ("authorization", &bearer)]).await;
    assert_problem(&reply, 429, "rate_limited");
    assert_eq!(reply.headers["retry-after"], "3");
    office.world.time.forward(3_000);
    let reply = ask(&office, "GET", "/admin/api/overview", &[HERE, ("authorization", &bearer)]).await;
    assert_eq!(reply.status.as_u16(), 200, "who is patient gets in; right tokens cost nothing");
}

#[tokio::test]
async fn a_port_with_listed_names_takes_these_and_addresses_and_no_other_name() {
    let mut office = Office::open().await;
    let (from, to) = ("[admin]\nlisten = '127.0.0.1:0'", "[admin]\nlisten = '0.0.0.0:0'\nhosts = ['desk.example.com']");
    office.world.reconfigure("notify_base_url", "behind_proxy = true\nnotify_base_url").await;
    office.world.reconfigure(from, to).await;
    office.desk = office.world.desk();
    for name in
        ["desk.example.com", "DESK.example.com:443", "127.0.0.1:8791", "10.0.0.7", "[2001:db8::1]:8791", "localhost"]
    {
        for path in ["/admin/", "/healthz", "/readyz"] {
            assert_eq!(ask(&office, "GET", path, &[("host", name)]).await.status.as_u16(), 200, "{name} {path}");
        }
    }
    for name in ["evil.example.com", "desk.example.com.evil.example.com", "10.0.0.7.evil.example.com", ""] {
        assert_problem(&ask(&office, "GET", "/admin/", &[("host", name)]).await, 421, "host_not_allowed");
    }
    // Behind a proxy, each client has a count of its own.
    office.world.time.stop();
    let guess = async |client: &'static str| {
        ask(
            &office,
            "GET",
            "/admin/api/overview",
            &[HERE, ("authorization", "Bearer guess"), ("x-forwarded-for", client)],
        )
        .await
    };
    for _ in 0..20 {
        assert_problem(&guess("192.0.2.1").await, 401, "unauthorized");
    }
    assert_problem(&guess("192.0.2.1").await, 429, "rate_limited");
    assert_problem(&guess("198.51.100.1").await, 401, "unauthorized");
}

#[tokio::test]
async fn a_name_that_is_not_this_ports_gets_nothing_not_even_the_page() {
    let office = Office::open().await;
    for name in ["evil.example.com", "evil.example.com:8791", "127.0.0.1.evil.example.com", "10.0.0.1:8791", ""] {
        let reply = ask(&office, "GET", "/admin/", &[("host", name)]).await;
        assert_problem(&reply, 421, "host_not_allowed");
    }
    for name in ["127.0.0.1:8791", "localhost:9", "LOCALHOST", "[::1]:8791", "127.0.0.1"] {
        assert_eq!(ask(&office, "GET", "/admin/", &[("host", name)]).await.status.as_u16(), 200, "{name}");
    }
}

#[tokio::test]
async fn each_port_serves_its_own_routes_and_none_of_the_others() {
    let office = Office::open().await;
    for path in ["/", "/admin/", "/admin/api/overview", "/admin/api/orders", "/admin/main.js"] {
        assert_problem(&office.world.get(path, ADMIN_TOKEN).await, 404, "not_found");
    }
    for path in ["/orders", "/orders/verify", "/openapi.json", "/payments/create", "/notify/v3/payment"] {
        assert_problem(&office.get(path).await, 404, "not_found");
    }
    for path in ["/healthz", "/readyz"] {
        assert_eq!(ask(&office, "GET", path, &[HERE]).await.status.as_u16(), 200, "{path}");
    }
    assert_problem(&ask(&office, "GET", "/metrics", &[HERE]).await, 401, "unauthorized");
    let metrics = String::from_utf8(office.get("/metrics").await.body).expect("UTF-8");
    assert!(metrics.contains("wx_checkout_build_info"), "{metrics}");
}

#[tokio::test]
async fn the_page_loads_nothing_of_others_and_is_kept_by_nobody() {
    let office = Office::open().await;
    for path in ["/admin/", "/admin/main.js", "/admin/style.css"] {
        let reply = ask(&office, "GET", path, &[HERE]).await;
        assert_eq!(reply.status.as_u16(), 200, "{path}");
        let policy = reply.headers["content-security-policy"].to_str().expect("ascii");
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(!policy.contains("unsafe") && !policy.contains('*'), "{policy}");
        assert_eq!(reply.headers["referrer-policy"], "no-referrer");
        assert_eq!(reply.headers["x-content-type-options"], "nosniff");
        assert_eq!(reply.headers["cache-control"], "no-store");
        assert!(reply.headers.get("set-cookie").is_none());
        let text = String::from_utf8_lossy(&reply.body).into_owned();
        assert!(!text.contains("https://") && !text.contains("innerHTML"), "{path} reaches out, or writes HTML");
    }
}
