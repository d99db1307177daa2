//! How long the database keeps us waiting, and what it fails with.

use std::sync::LazyLock;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use tokio::time::Instant;

use super::StoreError;
use crate::metrics::{Labels, seconds};

/// Of the whole process: an error becomes ours in many places, and passes through here in each.
static FAILURES: LazyLock<Family<Labels<1>, Counter>> = LazyLock::new(Family::default);

/// Waits for connections and for the right to write.
#[derive(Clone, Debug)]
pub struct StoreMeter {
    waits: Family<Labels<1>, Histogram, fn() -> Histogram>,
}

impl Default for StoreMeter {
    fn default() -> Self {
        Self { waits: Family::new_with_constructor(seconds) }
    }
}

impl StoreMeter {
    /// Measures a transaction's beginning.
    pub(super) async fn timed<T>(
        &self,
        what: &'static str,
        begin: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, StoreError> {
        let began = Instant::now();
        let begun = begin.await;
        self.waits.get_or_create(&[("for", what.into())]).observe(began.elapsed().as_secs_f64());
        Ok(begun?)
    }

    pub(crate) fn register(&self, registry: &mut Registry) {
        registry.register(
            "database_wait_seconds",
            "How long a transaction waited for a connection, and on SQLite for the right to write",
            self.waits.clone(),
        );
        for kind in KINDS {
            drop(FAILURES.get_or_create(&[("kind", kind.into())]));
        }
        registry.register("database_failures", "What the database failed with, by kind", FAILURES.clone());
    }
}

const KINDS: [&str; 6] = ["busy", "no_connection", "full", "io", "stopped", "other"];

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        FAILURES.get_or_create(&[("kind", kind(&error).into())]).inc();
        Self::Database(error)
    }
}

fn kind(error: &sqlx::Error) -> &'static str {
    match error {
        sqlx::Error::PoolTimedOut => "no_connection",
        sqlx::Error::PoolClosed => "stopped",
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) => "io",
        sqlx::Error::Database(error) => match error.code().as_deref().unwrap_or_default() {
            // PostgreSQL's: a lock, a deadlock, a statement that took too long, a serialization failure.
            "55P03" | "40P01" | "57014" | "40001" => "busy",
            "53100" => "full",
            code => match code.parse::<u32>().map(|code| code & 0xFF) {
                // SQLite's primary codes: BUSY, LOCKED, FULL, IOERR.
                Ok(5 | 6) => "busy",
                Ok(13) => "full",
                Ok(10) => "io",
                _ => "other",
            },
        },
        _ => "other",
    }
}
