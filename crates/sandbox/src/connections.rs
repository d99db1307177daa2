//! Connections: many at once, none for ever. Who is slow or silent gives way to who comes.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use tower::ServiceExt as _;

use crate::sandbox::Sandbox;
use crate::{head, routes};

/// Fewer than the files that a process may have open on any system.
const MOST: usize = 200;
/// Who has not sent a request's head by then is let go.
const SLOWEST_HEAD: Duration = Duration::from_secs(10);
/// After a failed accept (too many open files) others are given time to close.
const BREATH: Duration = Duration::from_millis(50);

/// An answer that ends the connection instead of being sent: it was arranged to get lost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HangUp;

impl IntoResponse for HangUp {
    fn into_response(self) -> Response {
        let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
        response.extensions_mut().insert(Self);
        response
    }
}

impl fmt::Display for HangUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the answer was arranged to get lost")
    }
}

impl std::error::Error for HangUp {}

/// A connection, as whoever answers a request on it knows it.
#[derive(Clone)]
pub(crate) struct Connection(Arc<State>);

#[derive(Default)]
struct State {
    /// A whole request is there, and its answer is being made.
    answering: AtomicBool,
    give_way: Notify,
}

impl Connection {
    /// From now on it does not give way.
    pub(crate) fn is_being_answered(&self) {
        self.0.answering.store(true, Ordering::Relaxed);
    }
}

/// The open ones, the oldest first.
#[derive(Default)]
struct Open(Mutex<Vec<Weak<State>>>);

impl Open {
    fn add(&self, state: &Arc<State>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|state| state.strong_count() > 0);
        if all.len() >= MOST {
            // The oldest that only waits. If all are being answered, they soon end by themselves.
            let idle = all
                .iter()
                .position(|state| state.upgrade().is_some_and(|state| !state.answering.load(Ordering::Relaxed)));
            if let Some(state) = idle.and_then(|at| all.remove(at).upgrade()) {
                state.give_way.notify_one();
            }
        }
        all.push(Arc::downgrade(state));
    }
}

/// Serves until `stop` resolves, then finishes what is under way.
pub(crate) async fn serve(listener: TcpListener, sandbox: Arc<Sandbox>, stop: impl Future<Output = ()>) {
    let router = routes::router(Arc::clone(&sandbox));
    let open = Open::default();
    let (stopping, stopped) = watch::channel(());
    tokio::pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        match accepted {
            Ok((stream, _)) => {
                let state = Arc::new(State::default());
                open.add(&state);
                let (router, sandbox, stopped) = (router.clone(), Arc::clone(&sandbox), stopped.clone());
                tokio::spawn(async move {
                    match connection(stream, router, state, stopped).await {
                        Err(error) if error.is_parse() => {
                            sandbox.events.record(sandbox.clock.now_ms(), head::not_http(&error));
                        }
                        // How else a connection ended is its client's business.
                        _ => {}
                    }
                });
            }
            Err(error) => {
                tracing::warn!("a connection could not be accepted: {error}");
                tokio::time::sleep(BREATH).await;
            }
        }
    }
    drop((listener, stopped));
    // Each connection holds a receiver while it lives.
    stopping.send_replace(());
    stopping.closed().await;
}

async fn connection(
    stream: TcpStream,
    router: Router,
    state: Arc<State>,
    mut stopped: watch::Receiver<()>,
) -> hyper::Result<()> {
    let answering = Arc::clone(&state);
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let (router, state) = (router.clone(), Arc::clone(&answering));
        async move {
            let mut request: Request = request.map(Body::new);
            request.extensions_mut().insert(Connection(Arc::clone(&state)));
            let answer: Result<Response, Infallible> = router.oneshot(request).await;
            state.answering.store(false, Ordering::Relaxed);
            match answer {
                Ok(response) if response.extensions().get::<HangUp>().is_some() => Err(HangUp),
                Ok(response) => Ok(response),
                Err(never) => match never {},
            }
        }
    });
    let mut http = http1::Builder::new();
    // As the real gateway writes them; some clients compare names letter by letter.
    http.timer(TokioTimer::new()).header_read_timeout(SLOWEST_HEAD).title_case_headers(true);
    http.max_headers(head::MOST_HEADERS_READ);
    let serving = http.serve_connection(TokioIo::new(stream), service);
    tokio::pin!(serving);
    let mut leaving = false;
    loop {
        tokio::select! {
            ended = &mut serving => return ended,
            () = state.give_way.notified() => return Ok(()),
            _ = stopped.changed(), if !leaving => {
                leaving = true;
                serving.as_mut().graceful_shutdown();
            }
        }
    }
}
