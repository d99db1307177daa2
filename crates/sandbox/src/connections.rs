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
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;

use crate::events::Draft;
use crate::sandbox::Sandbox;
use crate::watched::{Begun, Watched};
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

/// How a request came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Line {
    #[default]
    Plain,
    /// With the certificate that the client showed, if it did.
    Tls { certificate: Option<Arc<[u8]>> },
}

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
pub(crate) async fn serve(
    listener: TcpListener,
    tls: Arc<ServerConfig>,
    sandbox: Arc<Sandbox>,
    stop: impl Future<Output = ()>,
) {
    let house = House { router: routes::router(Arc::clone(&sandbox)), tls: TlsAcceptor::from(tls), sandbox };
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
                let (house, stopped) = (house.clone(), stopped.clone());
                tokio::spawn(async move {
                    tokio::select! {
                        () = connection(stream, &house, &state, stopped) => {}
                        () = state.give_way.notified() => {}
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

/// What every connection is answered with.
#[derive(Clone)]
struct House {
    router: Router,
    tls: TlsAcceptor,
    sandbox: Arc<Sandbox>,
}

impl House {
    fn tell(&self, draft: Draft) {
        self.sandbox.events.record(self.sandbox.clock.now_ms(), draft);
    }
}

/// The first byte tells TLS from HTTP.
async fn connection(stream: TcpStream, house: &House, state: &Arc<State>, mut stopped: watch::Receiver<()>) {
    /// A TLS record that begins a handshake.
    const HANDSHAKE: u8 = 0x16;
    let mut first = [0];
    let begun = Begun::default();
    let watch = Arc::clone(&begun);
    let peeked = tokio::select! {
        peeked = tokio::time::timeout(SLOWEST_HEAD, stream.peek(&mut first)) => peeked,
        _ = stopped.changed() => return,
    };
    let ended = match peeked {
        Ok(Ok(1)) if first[0] == HANDSHAKE => {
            match tokio::time::timeout(SLOWEST_HEAD, house.tls.accept(stream)).await {
                Ok(Ok(stream)) => {
                    let shown = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
                    let certificate = shown.map(|certificate| Arc::from(certificate.as_ref()));
                    talk(Watched { stream, begun: watch }, Line::Tls { certificate }, house, state, stopped).await
                }
                Ok(Err(error)) => return house.tell(head::no_handshake(&error)),
                Err(_) => return,
            }
        }
        Ok(Ok(1)) => talk(Watched { stream, begun: watch }, Line::Plain, house, state, stopped).await,
        // Gone, or silent for too long.
        _ => return,
    };
    match ended {
        Err(error) if error.is_parse() => house.tell(head::not_http(&error)),
        // One that only waits for its next request is let go without a word.
        Err(error) if error.is_timeout() && begun.load(Ordering::Relaxed) => house.tell(head::endless(SLOWEST_HEAD)),
        // How else a connection ended is its client's business.
        _ => {}
    }
}

async fn talk<S: AsyncRead + AsyncWrite + Unpin>(
    stream: Watched<S>,
    line: Line,
    house: &House,
    state: &Arc<State>,
    mut stopped: watch::Receiver<()>,
) -> hyper::Result<()> {
    let begun = Arc::clone(&stream.begun);
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let (router, state, line) = (house.router.clone(), Arc::clone(state), line.clone());
        let begun = Arc::clone(&begun);
        async move {
            let mut request: Request = request.map(Body::new);
            request.extensions_mut().insert(line);
            request.extensions_mut().insert(Connection(Arc::clone(&state)));
            let answer: Result<Response, Infallible> = router.oneshot(request).await;
            state.answering.store(false, Ordering::Relaxed);
            begun.store(false, Ordering::Relaxed);
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
            _ = stopped.changed(), if !leaving => {
                leaving = true;
                serving.as_mut().graceful_shutdown();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::Ordering;
    use std::time::Duration;

    use super::{MOST, Open, State};

    /// Whether a connection was told to go.
    async fn gives_way(state: &State) -> bool {
        // What was told before is there at once.
        tokio::time::timeout(Duration::ZERO, state.give_way.notified()).await.is_ok()
    }

    #[tokio::test]
    async fn the_oldest_that_only_waits_gives_way_to_one_too_many() {
        let open = Open::default();
        let states: Vec<_> = (0..MOST).map(|_| Arc::new(State::default())).collect();
        for state in &states {
            open.add(state);
        }
        assert!(!gives_way(&states[0]).await, "there is room for so many");
        states[0].answering.store(true, Ordering::Relaxed);
        let newest = Arc::new(State::default());
        open.add(&newest);
        for (state, expected) in [(&states[0], false), (&states[1], true), (&states[2], false), (&newest, false)] {
            assert_eq!(gives_way(state).await, expected);
        }
    }
}
