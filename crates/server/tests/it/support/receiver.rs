//! A merchant's system: takes webhooks, remembers them, and answers as a test says.

use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde_json::Value;
use tokio::sync::{Notify, Semaphore};

/// What it answers.
#[derive(Clone)]
pub enum Answer {
    Status(u16),
    /// 302 to another path of its own.
    Elsewhere,
    /// 200, and a body without an end.
    Endless,
    /// 204, once the test lets it.
    Held(Arc<Semaphore>),
}

/// A webhook as it came in.
#[derive(Clone, Debug)]
pub struct Got {
    pub path: String,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    pub json: Value,
}

impl Got {
    pub fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().expect("ascii")
    }

    pub fn id(&self) -> &str {
        self.header("webhook-id")
    }

    pub fn order(&self) -> &str {
        self.json["data"]["orderId"].as_str().unwrap_or_default()
    }

    /// Type and number.
    pub fn what(&self) -> (String, u64) {
        let sequence = self.json["sequence"].as_u64().expect("a number");
        (self.json["type"].as_str().expect("a word").to_owned(), sequence)
    }
}

#[derive(Default)]
pub struct Receiver {
    got: Mutex<Vec<Got>>,
    next: Mutex<VecDeque<Answer>>,
    of_order: Mutex<HashMap<String, Answer>>,
    pub arrived: Notify,
}

impl Receiver {
    /// Listens; answers itself and its address.
    pub async fn listen() -> (Arc<Self>, String) {
        let receiver = Arc::new(Self::default());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/hooks", listener.local_addr().expect("bound"));
        let router = Router::new().fallback(take).with_state(Arc::clone(&receiver));
        tokio::spawn(async move { axum::serve(listener, router).await });
        (receiver, url)
    }

    /// What came in so far.
    pub fn got(&self) -> Vec<Got> {
        self.got.lock().expect("lock").clone()
    }

    /// Type and number of what came in so far.
    pub fn heard(&self) -> Vec<(String, u64)> {
        self.got().iter().map(Got::what).collect()
    }

    /// The next webhooks are answered so, those after with 204.
    pub fn answer_next(&self, answers: impl IntoIterator<Item = Answer>) {
        self.next.lock().expect("lock").extend(answers);
    }

    /// Those about this order are answered so from now on.
    pub fn answer_of(&self, order: &str, answer: Answer) {
        self.of_order.lock().expect("lock").insert(order.to_owned(), answer);
    }

    /// Waits until `wanted` is true of what came in.
    pub async fn until(&self, wanted: impl Fn(&[Got]) -> bool) {
        loop {
            let arrived = self.arrived.notified();
            if wanted(&self.got()) {
                return;
            }
            arrived.await;
        }
    }
}

async fn take(
    State(receiver): State<Arc<Receiver>>,
    uri: axum::http::Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let json = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let got = Got { path: uri.path().to_owned(), headers, body: body.to_vec(), json };
    let of_order = receiver.of_order.lock().expect("lock").get(got.order()).cloned();
    let answer = of_order.or_else(|| receiver.next.lock().expect("lock").pop_front());
    receiver.got.lock().expect("lock").push(got);
    receiver.arrived.notify_waiters();
    match answer.unwrap_or(Answer::Status(204)) {
        Answer::Status(status) => StatusCode::from_u16(status).expect("a status").into_response(),
        Answer::Elsewhere => (StatusCode::FOUND, [("location", "/elsewhere")]).into_response(),
        Answer::Endless => Body::new(Endless).into_response(),
        Answer::Held(gate) => {
            gate.acquire().await.expect("open").forget();
            StatusCode::NO_CONTENT.into_response()
        }
    }
}

/// Goes on for as long as somebody reads.
struct Endless;

impl hyper::body::Body for Endless {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<hyper::body::Frame<Bytes>, Infallible>>> {
        Poll::Ready(Some(Ok(hyper::body::Frame::data(Bytes::from_static(&[b' '; 1024])))))
    }
}
