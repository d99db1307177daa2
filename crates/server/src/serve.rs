//! From a configuration to a server that answers, and back to rest.

use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::checkout::{Checkout, Inbox};
use crate::clock::Clock;
use crate::config::{Admin, Config, ConfigError, Proxy, Transport};
use crate::gateway::{Gateway, http_client};
use crate::limits::Limits;
use crate::listen::{self, Patience};
use crate::login::Login;
use crate::looks::Looks;
use crate::metrics::Meters;
use crate::outbox::Outbox;
use crate::outbox::shipping::{App, Shipping};
use crate::outbox::webhook::Webhook;
use crate::routes::{Addresses, Front};
use crate::stopping::Stopping;
use crate::store::{Store, StoreError};
use crate::{admin, jobs, routes};

/// Queries about one order begin at least this far apart.
const LOOKS_APART: Duration = Duration::from_secs(1);

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
    let (mut terminate, mut interrupt) = (handler(SignalKind::terminate())?, handler(SignalKind::interrupt())?);
    let http = http_client(None).map_err(|error| ServeError::SetUp(error.to_string()))?;
    // The port before the file: a second server on the same port must not touch a database.
    let (listener, address) = bind("listen", config.listen).await?;
    let desk = match config.admin.clone() {
        Some(admin) => Some((bind("admin.listen", admin.listen).await?, admin)),
        None => None,
    };
    let name = config.database.to_string();
    let store = config.database.open().await.map_err(|cause| ServeError::Database { name: name.clone(), cause })?;

    let (transport, front) = (config.exposure.transport.clone(), front(&config));
    let checkout = Arc::new(assemble(config, Arc::clone(&store), http, Clock::system(), LOOKS_APART));
    checkout.outbox.open().await.map_err(|cause| ServeError::Database { name, cause })?;
    let looking_after = tokio::spawn(jobs::run(Arc::clone(&checkout)));
    let (stop, stopping) = watch::channel(false);
    let telling = tokio::spawn({
        let (checkout, stopping) = (Arc::clone(&checkout), stopping.clone());
        async move { checkout.outbox.run(stopping).await }
    });
    announce(address, &transport, desk.as_ref().map(|((_, address), admin)| (*address, admin)));
    let desk = desk.map(|((listener, _), admin)| {
        let (checkout, mut stopping) = (Arc::clone(&checkout), stopping.clone());
        tokio::spawn(async move {
            let router = admin::router(checkout, &admin);
            let stopped = async move { drop(stopping.wait_for(|stop| *stop).await) };
            // Beside the clients' connections, within the same number of open files.
            let patience = Patience { connections: 64, ..Patience::default() };
            listen::serve(listener, &admin.transport, router, patience, stopped).await;
        })
    });
    let stopped = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping: what was taken is finished first");
        stop.send_replace(true);
    };
    listen::serve(listener, &transport, routes::router(checkout, front), Patience::default(), stopped).await;
    if let Some(desk) = desk {
        // What the operator asked for is finished, too.
        let _ = desk.await;
    }
    // A round that is cut off loses nothing: its facts are in the books, or asked for again.
    looking_after.abort();
    // Each try ends by itself; what is cut off all the same is due again.
    if tokio::time::timeout(LAST_LETTERS, telling).await.is_err() {
        tracing::warn!("letters were cut off; they are due again");
    }
    if let Err(error) = store.close().await {
        tracing::warn!(cause = %error, "the database was not closed in order");
    }
    Ok(())
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
    if let Some(receiver) = webhook {
        outbox = outbox.with_webhook(Webhook::new(receiver, clock.clone()));
    }
    let gateway = Gateway::new(&http, &api_hosts, keys, clock.clone());
    if let Some(goods) = shipping {
        let app =
            App { host: login_host.clone(), appid: merchant.seller.appid().to_owned(), app_secret: app_secret.clone() };
        let (catalogue, store) = (catalogue.clone(), Arc::clone(&store));
        outbox = outbox.with_shipping(Shipping::new(http.clone(), app, goods, catalogue, store, clock.clone()));
    }
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
