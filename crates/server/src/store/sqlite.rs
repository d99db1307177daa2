//! The books in one SQLite file.

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection as _, SqliteConnection, SqliteTransaction};

use super::{Looked, StoreError, StoreMeter, WhoseBooks};

// What `sql` calls the same in every database.
use {Sqlite as Books, sqlx::SqliteConnection as Connection, sqlx::sqlite::SqliteRow as Row};

static LAYOUT: Migrator = sqlx::migrate!("./migrations");

/// SQLite has one writer at a time: one connection writes, so that writers queue here instead of
/// failing there, and readers do not wait for it.
#[derive(Clone, Debug)]
pub struct Sqlite {
    writer: SqlitePool,
    readers: SqlitePool,
    meter: StoreMeter,
}

impl Sqlite {
    /// Opens the file, makes it when it is missing, and brings its layout up to date.
    ///
    /// # Errors
    /// When the file cannot be opened or is not such a database.
    pub async fn open(file: &Path) -> Result<Self, StoreError> {
        // Whom payments are of is nobody else's business; the log and its index beside it take the file's rights.
        if let Err(error) = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)
            && error.kind() != ErrorKind::AlreadyExists
        {
            return Err(sqlx::Error::Io(error).into());
        }
        let options = SqliteConnectOptions::new()
            .filename(file)
            .journal_mode(SqliteJournalMode::Wal)
            // A confirmed order must survive the machine's power, not only the process.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(3));
        let pool = |size| SqlitePoolOptions::new().max_connections(size).acquire_timeout(Duration::from_secs(4));
        let writer = pool(1).connect_with(options.clone()).await?;
        LAYOUT.run(&writer).await?;
        let readers = pool(4).connect_with(options).await?;
        Ok(Self { writer, readers, meter: StoreMeter::default() })
    }

    /// Looks at the file beside whoever serves it, and changes nothing: neither it nor its directory.
    ///
    /// # Errors
    /// When it is no such database, or cannot be read.
    pub async fn look(file: &Path, whose: WhoseBooks<'_>) -> Result<Looked, StoreError> {
        let options = SqliteConnectOptions::new().filename(file).read_only(true).busy_timeout(Duration::from_secs(3));
        // Without a log beside it nobody has it open; reading it the usual way would make one.
        let log = file.with_file_name({
            let mut name = file.file_name().unwrap_or_default().to_owned();
            name.push("-wal");
            name
        });
        let mut db = SqliteConnection::connect_with(&options.immutable(!log.exists())).await?;
        let looked = sql::look::look(&mut db, &LAYOUT, whose).await;
        db.close().await?;
        looked
    }

    /// Lets every write that has begun end, then closes the file.
    async fn end(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    /// A transaction that holds the write lock from its first statement: what it reads stays true.
    async fn writing(&self) -> Result<SqliteTransaction<'_>, StoreError> {
        self.meter.timed("writing", self.writer.begin_with("BEGIN IMMEDIATE")).await
    }

    /// A transaction that sees the books as they were at one moment.
    async fn reading(&self) -> Result<SqliteTransaction<'_>, StoreError> {
        self.meter.timed("reading", self.readers.begin()).await
    }
}

/// Whoever writes has the whole file to itself.
async fn alone_with(_: &mut SqliteConnection, _: &str) -> Result<(), StoreError> {
    Ok(())
}

/// The rows that a query reads are the caller's until its transaction ends: as everything is here.
macro_rules! locking {
    ($query:expr) => {
        $query
    };
}

/// The same, and rows that somebody else holds are left out: nobody else holds any.
macro_rules! skipping_locked {
    ($query:expr) => {
        $query
    };
}

/// The database's clock, milliseconds since 1970.
macro_rules! now_ms {
    () => {
        "CAST(unixepoch('subsec') * 1000 AS INTEGER)"
    };
}

/// Whether an error says that a table is not there.
fn is_no_table(error: &dyn sqlx::error::DatabaseError) -> bool {
    error.message().starts_with("no such table")
}

// Compiled once for each database: that is its purpose.
#[allow(clippy::duplicate_mod)]
#[path = "sql/mod.rs"]
mod sql;

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_answered_survives_the_machines_power() {
        let directory = tempfile::tempdir().expect("a directory");
        let books = Sqlite::open(&directory.path().join("books.db")).await.expect("opens");
        let mode: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&books.writer).await.expect("a word");
        // 2 is FULL.
        let synchronous: i64 =
            sqlx::query_scalar("PRAGMA synchronous").fetch_one(&books.writer).await.expect("a number");
        assert_eq!((mode.as_str(), synchronous), ("wal", 2));
    }
}
