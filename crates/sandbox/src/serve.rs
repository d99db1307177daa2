//! Starting and stopping.

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};

use crate::book::{Book, StoreError};
use crate::clock::{Clock, Setting};
use crate::courier::{self, Courier, Route};
use crate::dice::Cup;
use crate::dir::{self, DirError};
use crate::events::Events;
use crate::faults::Faults;
use crate::sandbox::Sandbox;
use crate::{connections, routes};

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
    /// Where orders outlive the process; without it, nowhere.
    pub store: Option<PathBuf>,
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
    let Options { dir, port, seed, routes, store } = options;
    let taken = |source| StartError::Listen { port, source };
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await.map_err(taken)?;
    let base_url = format!("http://{}", listener.local_addr().map_err(taken)?);
    let (book, life, setting) = match store {
        Some(path) => Book::open(&path).map(|(book, kept)| (book, kept.life, kept.clock))?,
        None => (Book::default(), 0, Setting::Running { ahead_ms: 0 }),
    };
    let cup = Cup::new(seed, life).map_err(|_| DirError::Crypto)?;
    let dir::Contents { identity, keys, certificates } = dir::open(&dir, &base_url, &cup)?;
    let sandbox = Sandbox {
        identity,
        keys,
        certificates,
        clock: Clock::new(setting),
        cup,
        events: Events::default(),
        faults: Faults::default(),
        courier: Courier::new(routes).map_err(StartError::Http)?,
        book: std::sync::Mutex::new(book),
        tokens: std::sync::Mutex::default(),
        desk: std::sync::Mutex::default(),
        over: watch::Sender::new(false),
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
    pub async fn serve(self, stop: impl Future<Output = ()> + Send + 'static) {
        let Self { listener, sandbox } = self;
        courier::resume(&sandbox);
        let (stopping, stopped) = oneshot::channel();
        let server = connections::serve(listener, routes::router(Arc::clone(&sandbox)), async {
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
            () = server => {}
            () = overdue => {}
        }
        sandbox.over.send_replace(true);
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
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The HTTP client.
    #[error("cannot make an HTTP client for notifications: {0}")]
    Http(reqwest::Error),
}
