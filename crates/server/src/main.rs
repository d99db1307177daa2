//! The command line: `wx-checkout-server serve --config FILE`.

use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;
use wx_checkout_server::config::Config;
use wx_checkout_server::serve::{ServeError, serve};

/// The companion server of wx-checkout.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve until SIGTERM or SIGINT. Logs go to stderr, as JSON when that is not a terminal.
    Serve {
        /// The configuration, TOML.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
        /// Where to listen, instead of the configuration's `listen`; port 0 takes any free one.
        #[arg(long, value_name = "ADDRESS:PORT")]
        listen: Option<SocketAddr>,
    },
}

fn main() -> ExitCode {
    let Command::Serve { config, listen } = match Arguments::try_parse() {
        Ok(arguments) => arguments.command,
        Err(error) if !error.use_stderr() => error.exit(),
        Err(error) => return refuse(&error.to_string().replace("error: ", "")),
    };
    match run(&config, listen) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => refuse(&error.to_string()),
    }
}

/// One line, whatever a cause has to say.
fn refuse(cause: &str) -> ExitCode {
    let line = cause.split_whitespace().collect::<Vec<_>>().join(" ");
    eprintln!("wx-checkout-server: {line}");
    ExitCode::from(2)
}

fn run(file: &Path, listen: Option<SocketAddr>) -> Result<(), ServeError> {
    let in_file = |error| ServeError::Config { file: file.display().to_string(), error };
    let mut config = Config::read(file).map_err(in_file)?;
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
