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

#[tokio::test]
async fn control_calls_that_make_no_sense_say_why() {
    let merchant = Merchant::start().await;
    for call in ["login", "pay", "clock", "keys", "faults", "notify"] {
        for body in ["[", "[]", "{\"x\":1}", "\u{0}", "7"] {
            let url = format!("{}/_sandbox/{call}", merchant.identity.base_url);
            let answer = merchant.http.post(url).body(body).send().await.expect("an answer");
            assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{call} {body}");
            let said = answer.text().await.expect("a body");
            assert!(said.contains("error") && said.len() > 20, "{call} {body}: {said}");
        }
    }
}
