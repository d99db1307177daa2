//! `backup --config FILE --to FILE`

use std::path::PathBuf;
use std::process::ExitCode;

use super::refuse;
use crate::config::{Config, Database};
use crate::store::back_up;

/// Of `backup`.
#[derive(clap::Args)]
pub struct Arguments {
    /// The configuration of the server whose books are copied; it may be running.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Where the copy goes: a file that does not exist.
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
}

pub(super) fn run(Arguments { config: file, to }: Arguments) -> ExitCode {
    let config = match Config::read(&file) {
        Ok(config) => config,
        Err(error) => return refuse(&format!("{}: {error}", file.display())),
    };
    let books = match config.database {
        Database::Sqlite(books) => books,
        Database::Postgres { .. } => {
            return refuse("backup copies SQLite files; of PostgreSQL, pg_dump makes a copy while servers run");
        }
    };
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return refuse(&format!("the program could not be set up: {error}")),
    };
    match runtime.block_on(back_up(&books, &to)) {
        Ok(bytes) => {
            println!("{}: {bytes} bytes, checked", to.display());
            ExitCode::SUCCESS
        }
        Err(error) => refuse(&error.to_string()),
    }
}
