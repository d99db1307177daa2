//! Starting and stopping.

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::clock::Clock;
use crate::courier::{Courier, Route};
use crate::dice::Dice;
use crate::dir::{self, DirError};
use crate::events::Events;
use crate::routes;
use crate::sandbox::Sandbox;

/// How long requests under way may take once the sandbox was told to stop.
const FAREWELL: Duration = Duration::from_secs(5);

/// How to start.
pub struct Options {
    /// Where keys and settings are kept; made when missing.
    pub dir: PathBuf,
    /// On 127.0.0.1; 0 takes any.
    pub port: u16,
    /// Makes ids and nonces the same in every run.
    pub seed: Option<u64>,
    /// Where notifications really go.
    pub routes: Vec<Route>,
}

/// A sandbox that has its port and its directory.
pub struct Bound {
    listener: TcpListener,
    sandbox: Arc<Sandbox>,
}

/// Takes the port, then opens the directory, so that a taken port leaves nothing behind.
///
/// # Errors
/// When the port is taken, or the directory cannot be used.
pub async fn bind(options: Options) -> Result<Bound, StartError> {
    let Options { dir, port, seed, routes } = options;
    let taken = |source| StartError::Listen { port, source };
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await.map_err(taken)?;
    let base_url = format!("http://{}", listener.local_addr().map_err(taken)?);
    let dice = Dice::new(seed).map_err(|_| DirError::Crypto)?;
    let dir::Contents { identity, keys } = dir::open(&dir, &base_url, &dice)?;
    let sandbox = Sandbox {
        identity,
        keys,
        clock: Clock::new(),
        dice,
        events: Events::default(),
        courier: Courier::new(routes).map_err(StartError::Http)?,
        book: std::sync::Mutex::default(),
    };
    Ok(Bound { listener, sandbox: Arc::new(sandbox) })
}

impl Bound {
    /// `http://127.0.0.1:PORT`
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.sandbox.identity.base_url
    }

    /// Serves until `stop` resolves; requests under way are finished, within a few seconds.
    ///
    /// # Errors
    /// When the socket fails.
    pub async fn serve(self, stop: impl Future<Output = ()> + Send + 'static) -> Result<(), StartError> {
        let Self { listener, sandbox } = self;
        let (stopping, stopped) = oneshot::channel();
        let server = axum::serve(listener, routes::router(sandbox)).with_graceful_shutdown(async {
            stop.await;
            // The receiver is gone only when the server is, too.
            let _ = stopping.send(());
        });
        let overdue = async {
            if stopped.await.is_err() {
                core::future::pending::<()>().await;
            }
            tokio::time::sleep(FAREWELL).await;
        };
        tokio::select! {
            result = async { server.await } => result.map_err(StartError::Serve),
            () = overdue => Ok(()),
        }
    }
}

/// Why the sandbox does not run.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The port.
    #[error("cannot listen on 127.0.0.1:{port}: {source}; stop what uses it, or give another --port (0 takes any)")]
    Listen {
        /// Which.
        port: u16,
        /// Why.
        source: io::Error,
    },
    /// The directory.
    #[error(transparent)]
    Dir(#[from] DirError),
    /// The HTTP client.
    #[error("cannot make an HTTP client for notifications: {0}")]
    Http(reqwest::Error),
    /// The socket, later.
    #[error("the socket failed: {0}; start again")]
    Serve(io::Error),
}
