//! The command line of the sandbox.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;
use wx_checkout_sandbox::{Options, Route, bind};

/// WeChat's side of a mini program payment, offline.
#[derive(Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serves login, gateway and payer on one port until it is stopped.
    Serve(Serve),
}

#[derive(clap::Args)]
struct Serve {
    /// Where keys, certificate, sandbox.json and server.toml are; made when missing, reused when not.
    #[arg(long)]
    dir: PathBuf,
    /// The port on 127.0.0.1; 0 takes any that is free.
    #[arg(long, default_value_t = 8792)]
    port: u16,
    /// Makes ids and nonces the same in every run with the same requests.
    #[arg(long)]
    seed: Option<u64>,
    /// Where notifications for a host really go: https://HOST=http://127.0.0.1:PORT. Repeatable.
    #[arg(long, value_name = "HOST=TARGET")]
    deliver: Vec<Route>,
    /// Keeps orders, refunds and notifications in this file; without it they are gone with the process.
    #[arg(long, value_name = "FILE")]
    store: Option<PathBuf>,
}

/// The input or the environment is at fault.
const BAD_INPUT: u8 = 2;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            // Nobody reading is no failure.
            let _ = error.print();
            return ExitCode::SUCCESS;
        }
        Err(error) => return refuse(&one_line(&error)),
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();

    let Command::Serve(Serve { dir, port, seed, deliver, store }) = cli.command;
    let bound = match bind(Options { dir, port, seed, routes: deliver, store }).await {
        Ok(bound) => bound,
        Err(error) => return refuse(&error.to_string()),
    };
    // Before the line: who has read it may stop the program.
    let stop = match stop_signal() {
        Ok(stop) => stop,
        Err(error) => return refuse(&format!("cannot listen for signals: {error}; try again")),
    };
    // Whoever does not read this line can still use the port.
    let _ = writeln!(std::io::stdout(), "wx-checkout-sandbox listening on {}", bound.base_url());
    bound.serve(stop).await;
    ExitCode::SUCCESS
}

fn refuse(why: &str) -> ExitCode {
    eprintln!("wx-checkout-sandbox: {why}");
    ExitCode::from(BAD_INPUT)
}

/// The first paragraph of clap's report, which names the fault; the rest is usage.
fn one_line(error: &clap::Error) -> String {
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return "say what to do: wx-checkout-sandbox serve --dir DIR --port PORT".to_owned();
    }
    let report = error.to_string();
    let fault: Vec<_> = report.lines().take_while(|line| !line.trim().is_empty()).map(str::trim).collect();
    format!("{} (see wx-checkout-sandbox serve --help)", fault.join(" ").trim_start_matches("error: "))
}

/// From now on SIGTERM and SIGINT resolve this, instead of ending the program.
#[cfg(unix)]
fn stop_signal() -> std::io::Result<impl Future<Output = ()> + Send + 'static> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
    })
}

/// Ctrl-C resolves this.
#[cfg(not(unix))]
fn stop_signal() -> std::io::Result<impl Future<Output = ()> + Send + 'static> {
    Ok(async {
        if tokio::signal::ctrl_c().await.is_err() {
            core::future::pending::<()>().await;
        }
    })
}
