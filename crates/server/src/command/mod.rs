//! The commands, each in a file of its own: its arguments, and what it does with them.
//!
//! What scripts see of the operator's commands: 0 done; 1 refused, and no money moves; 2 nobody was asked
//! (usage, configuration, no server), and no money moves; 3 asked, and nobody knows what became of it: the
//! line says how to ask again without harm.

mod backup;
mod client;
mod close;
mod doctor;
mod orders;
mod reconcile;
mod refund;
mod serve;
mod show;
mod webhooks;

use std::future::Future;
use std::io::Write as _;
use std::process::ExitCode;

use clap::Subcommand;
use client::Failure;

/// What the program is asked to do.
#[derive(Subcommand)]
pub enum Command {
    /// Serve until SIGTERM or SIGINT. Logs go to stderr, as JSON when that is not a terminal.
    Serve(serve::Arguments),
    /// List orders, or show one with everything that happened to it.
    Orders(orders::Arguments),
    /// Send money back. Says what it comes to, and asks once more.
    Refund(refund::Arguments),
    /// Close an order at WeChat, unless the money was faster.
    Close(close::Arguments),
    /// Compare a day with WeChat's bill, or read what was compared. Exits with 1 while something differs.
    Reconcile(reconcile::Arguments),
    /// Letters that could not be delivered: list them, send one again, give one up.
    Webhooks(webhooks::Arguments),
    /// Look at a configuration, WeChat and this machine, and say what stands in the way of going live.
    /// Changes nothing. Exits 0, 1 with warnings, 2 with failures.
    Doctor(doctor::Arguments),
    /// Copy a SQLite database, beside the server that uses it. Writes over nothing.
    Backup(backup::Arguments),
}

impl Command {
    /// Does it, and answers what scripts see of it.
    #[must_use]
    pub fn run(self) -> ExitCode {
        match self {
            Self::Serve(arguments) => serve::run(arguments),
            Self::Doctor(arguments) => doctor::run(arguments),
            Self::Backup(arguments) => backup::run(arguments),
            Self::Orders(arguments) => ask(orders::run(arguments)),
            Self::Refund(arguments) => ask(refund::run(arguments)),
            Self::Close(arguments) => ask(close::run(arguments)),
            Self::Reconcile(arguments) => ask(reconcile::run(arguments)),
            Self::Webhooks(arguments) => ask(webhooks::run(arguments)),
        }
    }
}

/// An operator's command, to its end.
fn ask(command: impl Future<Output = Result<String, Failure>>) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return refuse(&error.to_string()),
    };
    match runtime.block_on(command) {
        Ok(text) => {
            // Whoever reads only the first lines has closed the pipe, and that is well.
            let _ = writeln!(std::io::stdout().lock(), "{text}");
            ExitCode::SUCCESS
        }
        Err(failure) => {
            say(&failure.to_string());
            failure.code()
        }
    }
}

/// Usage, configuration, or nobody to ask: one line, whatever a cause has to say.
#[must_use]
pub fn refuse(cause: &str) -> ExitCode {
    say(cause);
    ExitCode::from(2)
}

fn say(cause: &str) {
    let line = cause.split_whitespace().collect::<Vec<_>>().join(" ");
    eprintln!("wx-checkout-server: {line}");
}
