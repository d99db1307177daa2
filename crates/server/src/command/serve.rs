//! `serve --config FILE`

use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use tracing_subscriber::EnvFilter;

use super::refuse;
use crate::config::Config;
use crate::serve::{ServeError, serve};

/// Of `serve`.
#[derive(clap::Args)]
pub struct Arguments {
    /// The configuration, TOML.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Where to listen, instead of the configuration's `listen`; port 0 takes any free one.
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
}

pub(super) fn run(arguments: Arguments) -> ExitCode {
    match start(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => refuse(&error.to_string()),
    }
}

fn start(Arguments { config: file, listen }: Arguments) -> Result<(), ServeError> {
    let in_file = |error| ServeError::Config { file: file.display().to_string(), error };
    let mut config = Config::read(&file).map_err(in_file)?;
    if let Some(listen) = listen {
        config.exposure.allows(listen).map_err(in_file)?;
        config.listen = listen;
    }
    start_log();
    tokio::runtime::Runtime::new().map_err(|error| ServeError::SetUp(error.to_string()))?.block_on(serve(config))
}

/// `RUST_LOG` chooses; the libraries' own details stay out, for addresses and bodies are in them.
fn start_log() {
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,hyper=warn,reqwest=warn,sqlx=warn"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if std::io::stderr().is_terminal() {
        log.init();
    } else {
        log.json().init();
    }
}
