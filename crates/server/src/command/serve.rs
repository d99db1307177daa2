//! `serve --config FILE`

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use super::refuse;
use crate::config::{Config, ConfigError};
use crate::log;
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
    /// Where the operator's port is, instead of the configuration's `admin.listen`. With --listen and without
    /// this, any free port of that address: two servers on one configuration do not get into each other's way.
    #[arg(long, value_name = "ADDRESS:PORT")]
    admin_listen: Option<SocketAddr>,
}

pub(super) fn run(arguments: Arguments) -> ExitCode {
    match start(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error @ ServeError::CutOff) => {
            let _ = refuse(&error.to_string());
            ExitCode::FAILURE
        }
        Err(error) => refuse(&error.to_string()),
    }
}

fn start(Arguments { config: file, listen, admin_listen }: Arguments) -> Result<(), ServeError> {
    let in_file = |error| ServeError::Config { file: file.display().to_string(), error };
    let mut config = Config::read(&file).map_err(in_file)?;
    if let Some(listen) = listen {
        config.exposure.allows(listen).map_err(in_file)?;
        config.listen = listen;
    }
    if let Some(admin) = config.admin.take() {
        let elsewhere = listen.map(|_| SocketAddr::new(admin.listen.ip(), 0));
        let address = admin_listen.or(elsewhere).unwrap_or(admin.listen);
        config.admin = Some(admin.moved_to(address, &config.exposure).map_err(in_file)?);
    } else if admin_listen.is_some() {
        let fix = "--admin-listen needs [admin] in the configuration: a token, at least";
        return Err(in_file(ConfigError::new("admin", fix)));
    }
    log::start();
    let runtime = tokio::runtime::Runtime::new().map_err(|error| ServeError::SetUp(error.to_string()))?;
    let ended = runtime.block_on(serve(config));
    // A name server that says nothing must not hold up the end.
    runtime.shutdown_background();
    ended
}
