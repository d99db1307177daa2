//! A merchant's server, as far as notifications see it.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::routing::post;
use tokio::net::TcpListener;
use tokio::sync::{Barrier, mpsc};
use wx_checkout_sandbox::Route;

pub(crate) struct Received {
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// A merchant's server that answers with one status after the other, and then with 204; or always with
/// 200 and one body.
pub(crate) struct Receiver {
    pub(crate) route: Route,
    pub(crate) received: mpsc::UnboundedReceiver<Received>,
}

#[derive(Clone)]
enum Answers {
    /// Acknowledged once so many are there.
    Together(Arc<Barrier>),
    Never,
    Statuses(Arc<Mutex<Vec<StatusCode>>>),
    Always(StatusCode, Arc<str>),
}

type Inbox = mpsc::UnboundedSender<Received>;

impl Receiver {
    pub(crate) async fn start(mut statuses: Vec<StatusCode>) -> Self {
        statuses.reverse();
        Self::serve(Answers::Statuses(Arc::new(Mutex::new(statuses)))).await
    }

    pub(crate) async fn start_with_body(body: &str) -> Self {
        Self::start_with(StatusCode::OK, body).await
    }

    pub(crate) async fn start_with(status: StatusCode, body: &str) -> Self {
        Self::serve(Answers::Always(status, body.into())).await
    }

    /// Acknowledges only what comes `count` at a time.
    pub(crate) async fn start_for(count: usize) -> Self {
        Self::serve(Answers::Together(Arc::new(Barrier::new(count)))).await
    }

    /// Takes everything and says nothing.
    pub(crate) async fn start_silent() -> Self {
        Self::serve(Answers::Never).await
    }

    async fn serve(answers: Answers) -> Self {
        let (inbox, received) = mpsc::unbounded_channel();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let app = Router::new().route("/{*path}", post(receive)).with_state((answers, inbox));
        tokio::spawn(async move { axum::serve(listener, app).await });
        let route = format!("https://pay.example.com=http://{address}").parse().expect("a route");
        Self { route, received }
    }

    pub(crate) async fn next(&mut self) -> Received {
        self.received.recv().await.expect("the receiver runs")
    }
}

async fn receive(
    State((answers, inbox)): State<(Answers, Inbox)>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, [(&'static str, &'static str); 1], String) {
    inbox.send(Received { path: uri.path().to_owned(), headers, body }).expect("the test listens");
    let (status, body) = match answers {
        Answers::Statuses(statuses) => {
            let status = statuses.lock().expect("not poisoned").pop().unwrap_or(StatusCode::NO_CONTENT);
            (status, String::new())
        }
        Answers::Together(barrier) => {
            barrier.wait().await;
            (StatusCode::NO_CONTENT, String::new())
        }
        Answers::Never => core::future::pending().await,
        Answers::Always(status, body) => (status, body.to_string()),
    };
    // For those that redirect: nobody must follow.
    (status, [("location", "/elsewhere")], body)
}
