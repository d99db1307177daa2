//! From connections to requests: TLS where it is configured, and patience that ends. Whoever is slow
//! costs one connection for a bounded time.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;

use crate::config::Transport;

/// How long the server waits for whom.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For a TLS handshake.
    pub handshake: Duration,
    /// For the head of a request, on a new connection and on one that is kept. A body has the deadline
    /// of its route.
    pub head: Duration,
    /// For the last answers after the end was asked for. Every request ends by its deadline; what still
    /// hangs after this is a connection that never asked.
    pub last_answers: Duration,
    /// Connections at a time: below the 1024 files that a process may usually have open. More wait.
    pub connections: usize,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            handshake: Duration::from_secs(5),
            head: Duration::from_secs(20),
            last_answers: Duration::from_secs(20),
            connections: 768,
        }
    }
}

/// Serves until `stopped`, then finishes what it took.
pub async fn serve(
    listener: TcpListener,
    transport: &Transport,
    router: Router,
    patience: Patience,
    stopped: impl Future<Output = ()>,
) {
    let places = Arc::new(Semaphore::new(patience.connections));
    let open = GracefulShutdown::new();
    let tls = match transport {
        Transport::Plain => None,
        Transport::Tls(config) => Some(TlsAcceptor::from(Arc::clone(config))),
    };
    tokio::pin!(stopped);
    loop {
        let (stream, address, place) = tokio::select! {
            next = next(&listener, &places) => next,
            () = &mut stopped => break,
        };
        let (tls, router, watcher) = (tls.clone(), router.clone(), open.watcher());
        tokio::spawn(async move {
            let _place: OwnedSemaphorePermit = place;
            match tls {
                None => answer(stream, address, router, patience, watcher).await,
                Some(tls) => {
                    let Ok(Ok(stream)) = tokio::time::timeout(patience.handshake, tls.accept(stream)).await else {
                        tracing::debug!("a TLS handshake failed");
                        return;
                    };
                    answer(stream, address, router, patience, watcher).await;
                }
            }
        });
    }
    // New ones are refused from here on.
    drop(listener);
    if tokio::time::timeout(patience.last_answers, open.shutdown()).await.is_err() {
        tracing::warn!("connections that asked for nothing were cut off");
    }
}

/// The next connection, once there is a place for it.
async fn next(listener: &TcpListener, places: &Arc<Semaphore>) -> (TcpStream, SocketAddr, OwnedSemaphorePermit) {
    loop {
        let Ok(place) = Arc::clone(places).acquire_owned().await else {
            // Nobody closes the semaphore.
            std::future::pending::<Infallible>().await;
            continue;
        };
        match listener.accept().await {
            Ok((stream, address)) => return (stream, address, place),
            // The client was gone before it was taken in.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) => {
                // Too many open files, say: others must end first.
                tracing::error!(cause = %error, "a connection could not be taken in; the next try is in a second");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

async fn answer(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    address: SocketAddr,
    router: Router,
    patience: Patience,
    watcher: hyper_util::server::graceful::Watcher,
) {
    let service = hyper::service::service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(address));
        let router = router.clone();
        router.oneshot(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(patience.head)
        .serve_connection(TokioIo::new(stream), service);
    if let Err(error) = watcher.watch(connection).await {
        // What the other end did, with no word of what it said.
        tracing::debug!(timeout = error.is_timeout(), cut = error.is_incomplete_message(), "a connection broke off");
    }
}
