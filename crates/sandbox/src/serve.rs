//! Starting and stopping.

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::{oneshot, watch};

use crate::book::{Book, Opened, StoreError};
use crate::clock::{Clock, Setting};
use crate::connections;
use crate::courier::{self, Courier, Route};
use crate::crypto::sha256_hex;
use crate::dice::Cup;
use crate::dir::{self, DirError};
use crate::events::Events;
use crate::faults::Faults;
use crate::sandbox::Sandbox;

/// How long requests under way may take once the sandbox was told to stop.
const FAREWELL: Duration = Duration::from_secs(5);

/// How many connections may wait to be accepted.
const BACKLOG: u32 = 1024;

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
    tls: Arc<ServerConfig>,
    sandbox: Arc<Sandbox>,
}

/// Takes the port, so that a taken one leaves nothing behind; opens the directory; and listens last: who is let in
/// finds everything written.
///
/// # Errors
/// When the port is taken, or the directory or the store cannot be used.
pub async fn bind(options: Options) -> Result<Bound, StartError> {
    let Options { dir, port, seed, routes, store } = options;
    let taken = |source| StartError::Listen { port, source };
    let socket = take(port).map_err(taken)?;
    let base_url = format!("http://{}", socket.local_addr().map_err(taken)?);
    let store = store.map(|path| Opened::read(&path)).transpose()?;
    if let Some(store) = store.as_ref().filter(|_| !dir::is_old(&dir)) {
        store.check_new()?;
    }
    let life = store.as_ref().map_or(0, Opened::life);
    let setting = store.as_ref().map_or(Setting::Running { ahead_ms: 0 }, Opened::clock);
    let cup = Cup::new(seed, life).map_err(|_| DirError::Crypto)?;
    let dir::Contents { identity, keys, certificates, merchant_certificates, tls } = dir::open(&dir, &base_url, &cup)?;
    let merchants = merchant_certificates.iter().map(|(mchid, own)| (mchid.clone(), sha256_hex(own)));
    let book = store.map_or_else(|| Ok(Book::default()), |store| store.go_on(merchants.collect()))?;
    let sandbox = Sandbox {
        identity,
        keys,
        certificates,
        merchant_certificates,
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
    let listener = socket.listen(BACKLOG).map_err(taken)?;
    Ok(Bound { listener, tls, sandbox: Arc::new(sandbox) })
}

/// The port, on which nobody is let in yet.
fn take(port: u16) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    // One that was in use a moment ago can be had again; Windows means something else by it.
    if cfg!(unix) && port != 0 {
        socket.set_reuseaddr(true)?;
    }
    socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
    Ok(socket)
}

impl Bound {
    /// `http://127.0.0.1:PORT`
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.sandbox.identity.base_url
    }

    /// Serves until `stop` resolves; requests under way are finished, within a few seconds.
    pub async fn serve(self, stop: impl Future<Output = ()> + Send + 'static) {
        let Self { listener, tls, sandbox } = self;
        courier::resume(&sandbox);
        let (stopping, stopped) = oneshot::channel();
        let server = connections::serve(listener, tls, Arc::clone(&sandbox), async {
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
