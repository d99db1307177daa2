//! From a configuration to a server that answers, and back to rest.

use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinHandle;

use crate::checkout::{Alerts, Checkout, Inbox};
use crate::clock::Clock;
use crate::config::{Admin, Config, ConfigError, Proxy, Transport};
use crate::gateway::{Gateway, http_client};
use crate::limits::Limits;
use crate::listen::{self, Patience};
use crate::login::Login;
use crate::looks::Looks;
use crate::metrics::Meters;
use crate::outbox::shipping::{App, Shipping};
use crate::outbox::webhook::Webhook;
use crate::outbox::{Outbox, Telling};
use crate::routes::{Addresses, Front};
use crate::stopping::Stopping;
use crate::store::{Channel, Store, StoreError};
use crate::{admin, jobs, routes};

/// Queries about one order begin at least this far apart.
const LOOKS_APART: Duration = Duration::from_secs(1);

/// For the step that each job is at when the end was asked for: a few calls of WeChat's.
const LAST_STEPS: Duration = Duration::from_secs(25);

/// For the database to let go.
const CLOSING: Duration = Duration::from_secs(5);

/// For letters under way when the end was asked for: above what one may take.
const LAST_LETTERS: Duration = Duration::from_secs(70);

/// Why the server did not start, or did not go on. One line each.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The configuration.
    #[error("{file}: {error}")]
    Config {
        /// The file.
        file: String,
        /// What is wrong in it.
        error: ConfigError,
    },
    /// The address cannot be listened on.
    #[error(
        "{setting}: {address} cannot be listened on ({cause}): stop what listens there, or choose another with --{} or the setting {setting}",
        .setting.replace('.', "-")
    )]
    Listen {
        /// The port's setting.
        setting: &'static str,
        /// Which.
        address: SocketAddr,
        /// The system's reason.
        cause: std::io::Error,
    },
    /// The database cannot be opened.
    #[error("database: {name} cannot be used ({cause}): check the setting, that it can be reached, and permissions")]
    Database {
        /// Which.
        name: String,
        /// Why.
        cause: StoreError,
    },
    /// The end was asked for a second time.
    #[error(
        "a second signal ended it at once: what was under way was cut off, and nothing that was answered is lost; what was not answered is asked for again"
    )]
    CutOff,
    /// The TLS library or the signal handlers.
    #[error("the server could not be set up: {0}")]
    SetUp(String),
}

/// Serves until SIGTERM or SIGINT, then finishes what it took.
///
/// # Errors
/// When it cannot start; nothing was made then.
pub async fn serve(config: Config) -> Result<(), ServeError> {
    // Before anybody can know that it runs: a signal that finds no handler kills at once.
    let handler = |kind| signal(kind).map_err(|error| ServeError::SetUp(error.to_string()));
    let signals = (handler(SignalKind::terminate())?, handler(SignalKind::interrupt())?);
    let http = http_client(None).map_err(|error| ServeError::SetUp(error.to_string()))?;
    // The port before the file: a second server on the same port must not touch a database.
    let (listener, address) = bind("listen", config.listen).await?;
    let desk = match config.admin.clone() {
        Some(admin) => Some((bind("admin.listen", admin.listen).await?, admin)),
        None => None,
    };
    let name = config.database.to_string();
    let store = config.database.open().await.map_err(|cause| ServeError::Database { name: name.clone(), cause })?;

    let (transport, front, drain) = (config.exposure.transport.clone(), front(&config), config.drain);
    let checkout = Arc::new(assemble(config, Arc::clone(&store), http, Clock::system(), LOOKS_APART));
    checkout.outbox.open().await.map_err(|cause| ServeError::Database { name, cause })?;
    let stopping = checkout.stopping.clone();
    let jobs = tokio::spawn(jobs::run(Arc::clone(&checkout)));
    let letters = tokio::spawn({
        let checkout = Arc::clone(&checkout);
        async move { checkout.outbox.run(checkout.stopping.watch()).await }
    });
    announce(address, &transport, desk.as_ref().map(|((_, address), admin)| (*address, admin)));
    let refuse_connections = || {
        let stopping = stopping.clone();
        async move {
            stopping.begun().await;
            // Whoever spreads requests over servers learns from /readyz to send them elsewhere.
            tokio::time::sleep(drain).await;
        }
    };
    let operate = {
        let (checkout, refuse_connections) = (Arc::clone(&checkout), refuse_connections());
        async move {
            let Some(((listener, _), admin)) = desk else { return };
            let router = admin::router(checkout, &admin);
            // Beside the clients' connections, within the same number of open files.
            let patience = Patience { connections: 64, ..Patience::default() };
            listen::serve(listener, &admin.transport, router, patience, refuse_connections).await;
        }
    };
    let router = routes::router(checkout, front);
    let to_the_end = async {
        tokio::join!(
            listen::serve(listener, &transport, router, Patience::default(), refuse_connections()),
            operate,
            finish(jobs, &stopping, LAST_STEPS, "background work"),
            finish(letters, &stopping, LAST_LETTERS, "letters"),
        );
        close(&*store).await;
    };
    tokio::select! {
        () = to_the_end => Ok(()),
        () = asked_twice(signals, &stopping) => Err(ServeError::CutOff),
    }
}

/// Returns when the end was asked for a second time.
async fn asked_twice((mut terminate, mut interrupt): (Signal, Signal), stopping: &Stopping) {
    let mut next = async || {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    next().await;
    tracing::info!("stopping: what was taken is finished first; a second signal ends it at once");
    stopping.begin();
    next().await;
    tracing::warn!("a second signal: what is under way is cut off");
}

/// Lets a task that sees the end coming come to it, within bounds.
async fn finish(mut task: JoinHandle<()>, stopping: &Stopping, within: Duration, what: &str) {
    let late = async {
        stopping.begun().await;
        tokio::time::sleep(within).await;
    };
    tokio::select! {
        _ = &mut task => {}
        () = late => {
            // What is cut off loses nothing: its facts are in the books, or it is due again.
            tracing::warn!(what, "what took too long to end was cut off; it is due again");
            task.abort();
            let _ = task.await;
        }
    }
}

async fn close(store: &dyn Store) {
    match tokio::time::timeout(CLOSING, store.close()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(cause = %error, "the database was not closed in order"),
        Err(_) => tracing::warn!("the database was not closed in time"),
    }
}

async fn bind(setting: &'static str, address: SocketAddr) -> Result<(TcpListener, SocketAddr), ServeError> {
    let listener = TcpListener::bind(address).await.map_err(|cause| ServeError::Listen { setting, address, cause })?;
    let address = listener.local_addr().map_err(|error| ServeError::SetUp(error.to_string()))?;
    Ok((listener, address))
}

/// What stands between the network and the checkout.
#[must_use]
pub fn front(config: &Config) -> Front {
    let addresses = match config.exposure.proxy {
        Proxy::None => Addresses::OfPeers,
        Proxy::InFront => Addresses::Forwarded,
    };
    Front { limits: Limits::new(config.rates), addresses }
}

/// The parts, put together.
#[must_use]
pub fn assemble(
    config: Config,
    store: Arc<dyn Store>,
    http: reqwest::Client,
    clock: Clock,
    apart: Duration,
) -> Checkout {
    let Config {
        tokens,
        session_ms,
        merchant,
        app_secret,
        keys,
        api_hosts,
        login_host,
        catalogue,
        order_tokens,
        bills,
        webhook,
        shipping,
        ..
    } = config;
    let mut outbox = Outbox::new(Arc::clone(&store), clock.clone());
    outbox = match webhook {
        Telling::On(receiver) => outbox.with_webhook(Webhook::new(receiver, clock.clone())),
        Telling::Off => outbox.without(Channel::Webhook),
        Telling::Undecided => outbox,
    };
    let gateway = Gateway::new(&http, &api_hosts, keys, clock.clone());
    outbox = match shipping {
        Telling::On(goods) => {
            let (host, appid) = (login_host.clone(), merchant.seller.appid().to_owned());
            let app = App { host, appid, app_secret: app_secret.clone() };
            let (catalogue, store) = (catalogue.clone(), Arc::clone(&store));
            outbox.with_shipping(Shipping::new(http.clone(), app, goods, catalogue, store, clock.clone()))
        }
        Telling::Off => outbox.without(Channel::Shipping),
        Telling::Undecided => outbox,
    };
    let login = Login::new(http, login_host, merchant.seller.appid().to_owned(), app_secret);
    Checkout {
        inbox: Inbox::new(Arc::clone(&store)),
        store,
        outbox,
        gateway,
        login,
        tokens,
        catalogue,
        order_tokens,
        meters: Meters::default(),
        stopping: Stopping::default(),
        clock,
        merchant,
        session_ms,
        looks: Looks::new(apart),
        apart,
        bills,
        alerts: Alerts::default(),
    }
}

/// The one line on stdout that scripts wait for, and behind it where the operator's page is.
fn announce(address: SocketAddr, transport: &Transport, desk: Option<(SocketAddr, &Admin)>) {
    let scheme = |transport: &Transport| match transport {
        Transport::Plain => "http",
        Transport::Tls(_) => "https",
    };
    let desk = desk.map_or_else(String::new, |(address, admin)| {
        format!("wx-checkout-server operator's page on {}://{address}/admin/\n", scheme(&admin.transport))
    });
    let lines = format!("wx-checkout-server listening on {}://{address}\n{desk}", scheme(transport));
    let mut out = std::io::stdout().lock();
    // Nobody may be reading any more; the server works all the same.
    let _ = out.write_all(lines.as_bytes()).and_then(|()| out.flush());
}
