//! An empty database for one test: a SQLite file, or a PostgreSQL database where
//! `WX_CHECKOUT_TEST_POSTGRES` has the address of a server that they may be made on.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::migrate::Migrator;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};
use wx_checkout_server::store::{Postgres, Sqlite, Store};

static MADE: AtomicU32 = AtomicU32::new(0);

pub enum Database {
    Sqlite { file: PathBuf },
    Postgres { server: String, name: String },
}

/// A connection of the test's own.
pub enum Direct {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Database {
    pub async fn new(directory: &Path) -> Self {
        match std::env::var("WX_CHECKOUT_TEST_POSTGRES") {
            Err(_) => Self::Sqlite { file: directory.join("wx-checkout.db") },
            Ok(server) => {
                let name = format!("wx_checkout_test_{}_{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
                on_server(&server, format!("CREATE DATABASE {name}")).await;
                Self::Postgres { server, name }
            }
        }
    }

    /// As a configuration names it.
    pub fn setting(&self) -> String {
        match self {
            Self::Sqlite { file } => file.display().to_string(),
            Self::Postgres { server, name } => {
                let (address, query) = server.split_once('?').map_or((server.as_str(), None), |(a, q)| (a, Some(q)));
                let host = address.rsplit_once('/').expect("postgres://HOST/NAME").0;
                query.map_or_else(|| format!("{host}/{name}"), |query| format!("{host}/{name}?{query}"))
            }
        }
    }

    /// Lays it out as a former version did, with the migrations up to this number.
    pub async fn lay_out(&self, through: i64) {
        let folder = match self {
            Self::Sqlite { .. } => concat!(env!("CARGO_MANIFEST_DIR"), "/migrations"),
            Self::Postgres { .. } => concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/postgres"),
        };
        let former = tempfile::tempdir().expect("a directory");
        for entry in std::fs::read_dir(folder).expect("readable") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().and_then(|name| name.to_str()).expect("UTF-8");
            let number = name.split_once('_').and_then(|(number, _)| number.parse::<i64>().ok());
            if number.is_some_and(|number| number <= through) {
                std::fs::copy(&path, former.path().join(name)).expect("copied");
            }
        }
        let migrator = Migrator::new(former.path()).await.expect("readable");
        match self.direct().await {
            Direct::Sqlite(mut db) => migrator.run(&mut db).await.expect("runs"),
            Direct::Postgres(mut db) => migrator.run(&mut db).await.expect("runs"),
        }
    }

    /// Statements that both databases understand, but for `TRUE`, `FALSE` and bytes, which are written
    /// `BYTES(7b7d)BYTES`.
    pub async fn fill(&self, statements: &str) {
        match self.direct().await {
            Direct::Sqlite(mut db) => {
                let text = statements.replace("BYTES(", "x'").replace(")BYTES", "'");
                sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut db).await.expect("written");
            }
            Direct::Postgres(mut db) => {
                let text = statements.replace("BYTES(", "decode('").replace(")BYTES", "', 'hex')");
                sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut db).await.expect("written");
            }
        }
    }

    /// A server's store. Called twice, two servers share the database.
    pub async fn open(&self) -> Arc<dyn Store> {
        match self {
            Self::Sqlite { file } => Arc::new(Sqlite::open(file).await.expect("opens")),
            Self::Postgres { .. } => {
                let options = self.setting().parse().expect("an address");
                Arc::new(Postgres::open(options).await.expect("opens"))
            }
        }
    }

    pub async fn direct(&self) -> Direct {
        match self {
            Self::Sqlite { file } => Direct::Sqlite(
                SqliteConnection::connect(&format!("sqlite://{}?mode=rwc", file.display())).await.expect("opens"),
            ),
            Self::Postgres { .. } => Direct::Postgres(PgConnection::connect(&self.setting()).await.expect("connects")),
        }
    }

    /// A whole number out of the database.
    pub async fn number(&self, query: &'static str) -> i64 {
        match self.direct().await {
            Direct::Sqlite(mut db) => sqlx::query_scalar(query).fetch_one(&mut db).await.expect("a number"),
            Direct::Postgres(mut db) => sqlx::query_scalar(query).fetch_one(&mut db).await.expect("a number"),
        }
    }

    /// What the database's clock says, as the store asks it: milliseconds since 1970.
    pub async fn now_ms(&self) -> i64 {
        self.number(match self {
            Self::Sqlite { .. } => "SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER)",
            Self::Postgres { .. } => "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)",
        })
        .await
    }

    /// Changes the database behind the store's back.
    pub async fn execute(&self, statement: &'static str) {
        match self.direct().await {
            Direct::Sqlite(mut db) => drop(sqlx::query(statement).execute(&mut db).await.expect("done")),
            Direct::Postgres(mut db) => drop(sqlx::query(statement).execute(&mut db).await.expect("done")),
        }
    }
}

async fn on_server(server: &str, statement: String) {
    let mut db =
        PgConnection::connect(server).await.expect("WX_CHECKOUT_TEST_POSTGRES must be the address of a server");
    sqlx::query(AssertSqlSafe(statement)).execute(&mut db).await.expect("the address' user may make databases");
}

impl Drop for Database {
    /// Also when the test failed. On a thread of its own: a test's runtime may not be blocked.
    fn drop(&mut self) {
        let Self::Postgres { server, name } = self else { return };
        let (server, statement) = (server.clone(), format!("DROP DATABASE {name} WITH (FORCE)"));
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(on_server(&server, statement));
        });
        if dropped.join().is_err() {
            eprintln!("the test database {name} was left behind");
        }
    }
}
