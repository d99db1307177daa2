//! Which database: a path is SQLite's, an address is PostgreSQL's.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use reqwest::Url;
use sqlx::postgres::PgConnectOptions;
use wechatpay::Secret;

use super::ConfigError;
use crate::store::{Postgres, Sqlite, Store, StoreError};

/// What may stand in the address beside host, port, user, password and database. The driver would
/// only warn about others, and its warning would show their values.
const PARAMETERS: [&str; 8] =
    ["sslmode", "sslrootcert", "sslcert", "sslkey", "host", "port", "user", "statement-cache-capacity"];

/// Where the books are.
pub enum Database {
    /// One file, for one server.
    Sqlite(PathBuf),
    /// PostgreSQL, for several.
    Postgres {
        /// With the password: never shown.
        options: Box<PgConnectOptions>,
        /// Host and name, for messages.
        shown: String,
    },
}

impl Database {
    pub(super) fn parse(directory: &Path, setting: &Secret<String>) -> Result<Self, ConfigError> {
        let text = setting.expose();
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return postgres(text);
        }
        // Neither a file's name nor an address that is understood; it may hold a password.
        if text.is_empty() || text.contains("://") {
            return Err(ConfigError::new(
                "database",
                "must be a file's path (SQLite) or postgres://USER:PASSWORD@HOST/NAME",
            ));
        }
        Ok(Self::Sqlite(directory.join(text)))
    }

    /// Opens it, and brings its layout up to date.
    ///
    /// # Errors
    /// When it cannot be reached or is not such a database.
    pub async fn open(&self) -> Result<Arc<dyn Store>, StoreError> {
        Ok(match self {
            Self::Sqlite(file) => Arc::new(Sqlite::open(file).await?),
            Self::Postgres { options, .. } => Arc::new(Postgres::open((**options).clone()).await?),
        })
    }
}

fn postgres(text: &str) -> Result<Database, ConfigError> {
    // The parser's own messages may quote the address: they are left out.
    let wrong = || {
        ConfigError::new(
            "database",
            "the address must be postgres://USER:PASSWORD@HOST:PORT/NAME, special characters percent-encoded",
        )
    };
    let url = Url::parse(text).map_err(|_| wrong())?;
    if let Some((unknown, _)) = url.query_pairs().find(|(name, _)| !PARAMETERS.contains(&name.as_ref())) {
        let named: String = unknown.chars().filter(char::is_ascii_alphanumeric).take(32).collect();
        return Err(ConfigError::new(
            "database",
            format!("the address has a parameter {named:?}; it takes {}", PARAMETERS.join(", ")),
        ));
    }
    let options: PgConnectOptions = text.parse().map_err(|_| wrong())?;
    let name = options.get_database().filter(|name| !name.is_empty()).ok_or_else(wrong)?;
    let shown = match options.get_socket() {
        Some(socket) => format!("PostgreSQL database {name} at {}", socket.display()),
        None => format!("PostgreSQL database {name} at {}:{}", options.get_host(), options.get_port()),
    };
    Ok(Database::Postgres { options: Box::new(options), shown })
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(file) => write!(f, "{}", file.display()),
            Self::Postgres { shown, .. } => f.write_str(shown),
        }
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Database({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Database, ConfigError> {
        Database::parse(Path::new("/etc/shop"), &Secret::new(text.to_owned()))
    }

    #[test]
    fn a_path_is_a_file_beside_the_configuration_and_an_address_is_postgresqls() {
        assert_eq!(parsed("wx.db").expect("a file").to_string(), "/etc/shop/wx.db");
        let shown =
            parsed("postgres://shop:s3cret%2F@db.example.com:5433/books?sslmode=verify-full").expect("an address");
        assert_eq!(shown.to_string(), "PostgreSQL database books at db.example.com:5433");
        assert!(!format!("{shown:?}").contains("s3cret"));
    }

    #[test]
    fn what_cannot_be_used_is_named_without_the_password() {
        for bad in [
            "",
            "mysql://u:s3cret@h/d",
            "postgres://u:s3cret@h:port/d",
            "postgres://u:s3cret@h",
            "postgres://u@h/d?passwort=s3cret",
            "postgres://u:s3cret@h/d?sslmode=sometimes",
        ] {
            let line = parsed(bad).expect_err(bad).to_string();
            assert!(line.starts_with("database: ") && !line.contains("s3cret"), "{line}");
        }
    }
}
