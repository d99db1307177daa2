//! The books in PostgreSQL: several servers may share them.

use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{Connection as _, PgConnection, PgTransaction};

use super::{Looked, StoreError, StoreMeter, WhoseBooks};

// What `sql` calls the same in every database.
use {Postgres as Books, sqlx::PgConnection as Connection, sqlx::postgres::PgRow as Row};

static LAYOUT: Migrator = sqlx::migrate!("./migrations/postgres");

/// A database that says nothing stops the start.
const CONNECT: Duration = Duration::from_secs(10);

/// Who only looks waits less.
const LOOK: Duration = Duration::from_secs(5);

/// A transaction that changes an order holds that order's row from the moment it reads it.
#[derive(Clone, Debug)]
pub struct Postgres {
    pool: PgPool,
    meter: StoreMeter,
}

impl Postgres {
    /// Connects, and brings the layout up to date: servers that start together wait for each other.
    ///
    /// # Errors
    /// When the database cannot be reached, or is not such a database.
    pub async fn open(options: PgConnectOptions) -> Result<Self, StoreError> {
        let options = options.application_name("wx-checkout-server");
        // Without the limits below: a new layout of large tables takes its time.
        let mut migrating = tokio::time::timeout(CONNECT, PgConnection::connect_with(&options))
            .await
            .unwrap_or_else(|_| Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into())))?;
        LAYOUT.run(&mut migrating).await?;
        migrating.close().await?;
        let options = options.options([
            // A confirmed order must survive the machine's power, whatever the server's default is.
            ("synchronous_commit", "on"),
            // Below the deadline of a request, so that whoever holds a row cannot hold up everything.
            ("lock_timeout", "4000"),
            ("statement_timeout", "8000"),
            ("idle_in_transaction_session_timeout", "15000"),
        ]);
        let pool = PgPoolOptions::new()
            .max_connections(10)
            .acquire_timeout(Duration::from_secs(4))
            .connect_with(options)
            .await?;
        Ok(Self { pool, meter: StoreMeter::default() })
    }

    /// Looks at the database beside whoever serves it, and changes nothing.
    ///
    /// # Errors
    /// When it cannot be reached, or cannot be read.
    pub async fn look(options: PgConnectOptions, whose: WhoseBooks<'_>) -> Result<Looked, StoreError> {
        let options = options
            .application_name("wx-checkout-server doctor")
            .options([("default_transaction_read_only", "on"), ("statement_timeout", "8000")]);
        let mut db = tokio::time::timeout(LOOK, PgConnection::connect_with(&options))
            .await
            .unwrap_or_else(|_| Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into())))?;
        let mut looked = sql::look::look(&mut db, &LAYOUT, whose).await?;
        let writable: bool = sqlx::query_scalar(
            "SELECT NOT pg_is_in_recovery() AND has_schema_privilege(current_schema(), 'USAGE') \
             AND coalesce(has_table_privilege(to_regclass('orders'), 'INSERT, UPDATE'), \
             has_schema_privilege(current_schema(), 'CREATE'))",
        )
        .fetch_one(&mut db)
        .await?;
        looked.writable = writable;
        db.close().await?;
        Ok(looked)
    }

    /// Lets everything that has begun end, then disconnects.
    async fn end(&self) {
        self.pool.close().await;
    }

    /// READ COMMITTED, whatever the database's default is: each statement sees what was committed
    /// before it, so that a row is read as it is once its lock is held.
    async fn writing(&self) -> Result<PgTransaction<'_>, StoreError> {
        self.meter.timed("writing", self.pool.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED")).await
    }

    /// A transaction that sees the books as they were at one moment.
    async fn reading(&self) -> Result<PgTransaction<'_>, StoreError> {
        self.meter.timed("reading", self.pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")).await
    }
}

/// Nobody else with this name goes on until the transaction ends: for rules about rows that are not
/// there yet, so that there is nothing else to lock.
async fn alone_with(db: &mut PgConnection, name: &str) -> Result<(), StoreError> {
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))").bind(name).execute(db).await?;
    Ok(())
}

/// The rows that a query reads are the caller's until its transaction ends.
macro_rules! locking {
    ($query:expr) => {
        concat!($query, " FOR UPDATE")
    };
}

/// The same, and rows that somebody else holds are left out.
macro_rules! skipping_locked {
    ($query:expr) => {
        concat!($query, " FOR UPDATE SKIP LOCKED")
    };
}

/// The database's clock, milliseconds since 1970: now, and not when the transaction began.
macro_rules! now_ms {
    () => {
        "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)"
    };
}

/// Whether an error says that a table is not there.
fn is_no_table(error: &dyn sqlx::error::DatabaseError) -> bool {
    error.code().as_deref() == Some("42P01")
}

// Compiled once for each database: that is its purpose.
#[allow(clippy::duplicate_mod)]
#[path = "sql/mod.rs"]
mod sql;
