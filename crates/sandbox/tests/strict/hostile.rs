//! Garbage, floods and people who are slow: others are answered all the while.

use std::time::Duration;

use reqwest::StatusCode;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Mutex;

use crate::merchant::{Merchant, PREPAY};

/// A process may have a thousand files open, and each connection is two of them here: one crowd at a time.
static CROWD: Mutex<()> = Mutex::const_new(());

async fn connect(merchant: &Merchant) -> TcpStream {
    let address = merchant.identity.base_url.trim_start_matches("http://");
    TcpStream::connect(address).await.expect("connects")
}

async fn assert_serves(merchant: &Merchant) {
    let reply = merchant.query("T-99999999").await;
    reply.refused(404, "ORDER_NOT_EXIST");
}

#[tokio::test]
async fn silent_connections_by_the_hundred_give_way() {
    let _alone = CROWD.lock().await;
    let merchant = Merchant::start().await;
    let mut silent = Vec::new();
    for _ in 0..260 {
        let mut stream = connect(&merchant).await;
        // Half a request's head, and then nothing.
        stream.write_all(b"GET /v3/cert").await.expect("sends");
        silent.push(stream);
    }
    assert_serves(&merchant).await;
    let mut first = silent.remove(0);
    let mut rest = Vec::new();
    let closed = tokio::time::timeout(Duration::from_secs(30), first.read_to_end(&mut rest)).await;
    assert!(closed.is_ok(), "the oldest was let go");
}

#[tokio::test]
async fn a_body_that_comes_slowly_holds_nobody_up() {
    let _alone = CROWD.lock().await;
    let merchant = Merchant::start().await;
    let mut slow = Vec::new();
    for _ in 0..220 {
        let mut stream = connect(&merchant).await;
        let head = "POST /v3/pay/transactions/jsapi HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n{";
        stream.write_all(head.as_bytes()).await.expect("sends");
        slow.push(stream);
    }
    assert_serves(&merchant).await;
}

#[tokio::test]
async fn garbage_is_answered_or_let_go_and_others_are_served() {
    let merchant = Merchant::start().await;
    for garbage in [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".as_slice(),
        b"GET / HTTP/9.9\r\n\r\n",
        b"\0\0\0\0\0\0\0\0\r\n\r\n",
        b"POST /v3/pay/transactions/jsapi HTTP/1.1\r\ncontent-length: -1\r\n\r\n",
        b"POST /v3/pay/transactions/jsapi HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nZZ\r\n",
    ] {
        let mut stream = connect(&merchant).await;
        stream.write_all(garbage).await.expect("sends");
        let mut answer = Vec::new();
        let ended = tokio::time::timeout(Duration::from_secs(30), stream.read_to_end(&mut answer)).await;
        assert!(ended.is_ok(), "{garbage:?}");
    }
    assert_serves(&merchant).await;
}

#[tokio::test]
async fn huge_bodies_heads_and_paths_are_refused_with_a_reason() {
    let merchant = Merchant::start().await;
    let mut draft = merchant.post(PREPAY, &merchant.order("T-00000001"));
    draft.body = vec![b' '; 3_000_000];
    // The connection may end while the body is still under way: that is an answer, too.
    if let Ok(answer) = merchant.send_unverified(draft).await {
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
        assert!(answer.text().await.is_ok_and(|body| body.contains("65536")));
    }
    let long = format!("/v3/pay/transactions/out-trade-no/{}", "x".repeat(40_000));
    let _ = merchant.http.get(format!("{}{long}", merchant.identity.base_url)).send().await;
    let _ = merchant.http.get(&merchant.identity.base_url).header("x", "y".repeat(900_000)).send().await;
    assert_serves(&merchant).await;
    let events = serde_json::to_string(&merchant.events().await).expect("JSON");
    assert!(events.len() < 20_000, "events are cut");
}

#[tokio::test]
async fn a_flood_of_bad_requests_fills_nothing() {
    let _alone = CROWD.lock().await;
    let merchant = Merchant::start().await;
    let mut refused = 0;
    for wave in 0..20 {
        let mut flood = tokio::task::JoinSet::new();
        for at in 0..100 {
            let request = merchant.http.get(format!("{}/v3/flood/{wave}/{at}", merchant.identity.base_url));
            flood.spawn(async move { request.send().await.map(|answer| answer.status()) });
        }
        assert_serves(&merchant).await;
        while let Some(answer) = flood.join_next().await {
            refused += usize::from(answer.expect("no panic").is_ok_and(|status| status == StatusCode::NOT_FOUND));
        }
    }
    assert_eq!(refused, 2000);
    assert_serves(&merchant).await;
}

/// While HTTP itself still knows what they are, the gateway, v2 and the control calls say it in their own words.
#[tokio::test]
async fn a_head_beyond_what_any_call_needs_is_refused_in_the_words_of_its_world() {
    let merchant = Merchant::start().await;
    let long = format!("/v3/pay/transactions/out-trade-no/{}?mchid=1", "x".repeat(9000));
    merchant.send(merchant.get(&long)).await.refused(414, "INVALID_REQUEST");
    let fat = merchant.get("/v3/certificates").with("x-filler", "y".repeat(40_000));
    merchant.send(fat).await.refused(431, "INVALID_REQUEST");
    let mut many = merchant.get("/v3/certificates");
    many.headers.extend((0..120).map(|_| ("x-filler", "y".to_owned())));
    merchant.send(many).await.refused(431, "INVALID_REQUEST");

    let base = &merchant.identity.base_url;
    for (path, part) in [("/_sandbox/orders", "{\"error\":\""), ("/pay/orderquery", "<return_code><![CDATA[FAIL]]>")] {
        let request = merchant.http.post(format!("{base}{path}?{}", "x".repeat(9000)));
        let answer = request.send().await.expect("an answer").text().await.expect("a body");
        assert!(answer.contains(part) && answer.contains("8192"), "{answer}");
    }
    merchant.event("GET /v3/certificates").await;
}

/// The HTTP library has answered by then, with a bare status; the reason is an event.
#[tokio::test]
async fn what_is_no_http_is_told_in_an_event() {
    let merchant = Merchant::start().await;
    for (sent, status) in [
        (b"\x80\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n".to_vec(), 400),
        (b"GET /v3/certificates HTTP/1.1\r\nno colon\r\n\r\n".to_vec(), 400),
        ([b"GET / HTTP/1.1\r\nx: ".to_vec(), vec![b'y'; 500_000], b"\r\n\r\n".to_vec()].concat(), 431),
    ] {
        let seen = merchant.events().await.len();
        let mut stream = connect(&merchant).await;
        // It may hang up while the rest is still under way.
        let _ = stream.write_all(&sent).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        let told = async {
            loop {
                if let Some(event) = merchant.events().await.into_iter().nth(seen) {
                    return event;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let event = tokio::time::timeout(Duration::from_secs(30), told).await.expect("an event");
        assert_eq!(
            (&event["kind"], &event["status"]),
            (&serde_json::json!("refused"), &serde_json::json!(status)),
            "{event}"
        );
        assert!(event["rule"].as_str().is_some_and(|rule| rule.contains("not HTTP/1.1")), "{event}");
    }
}

/// And who only keeps a connection open for the next request is not.
#[tokio::test]
async fn a_head_that_never_ends_is_told_in_an_event() {
    let merchant = Merchant::start().await;
    let address = merchant.identity.base_url.trim_start_matches("http://").to_owned();
    let mut ends = Vec::new();
    for sent in ["GET /_sandbox/orders HTTP/1.1\r\nhost: x\r\n\r\n", "POST /v3/pay HTTP/1.1\r\nhost: x\r\n"] {
        let mut stream = TcpStream::connect(&address).await.expect("connects");
        stream.write_all(sent.as_bytes()).await.expect("sends");
        ends.push(async move {
            let mut answer = Vec::new();
            // However it ends.
            let _ = stream.read_to_end(&mut answer).await;
        });
    }
    let (idle, endless) = (ends.remove(0), ends.remove(0));
    tokio::join!(idle, endless);
    let is_it = |event: &serde_json::Value| event.to_string().contains("did not come whole within 10 s");
    merchant.event("a connection").await;
    assert_eq!(merchant.events().await.iter().filter(|event| is_it(event)).count(), 1);
}
