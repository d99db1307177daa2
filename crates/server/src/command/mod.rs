//! The commands, each in a file of its own: its arguments, and what it does with them.

mod backup;
mod doctor;
mod serve;

use std::process::ExitCode;

use clap::Subcommand;

/// What the program is asked to do.
#[derive(Subcommand)]
pub enum Command {
    /// Serve until SIGTERM or SIGINT. Logs go to stderr, as JSON when that is not a terminal.
    Serve(serve::Arguments),
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
        }
    }
}

/// Usage, configuration, or nobody to ask: one line, whatever a cause has to say.
#[must_use]
pub fn refuse(cause: &str) -> ExitCode {
    let line = cause.split_whitespace().collect::<Vec<_>>().join(" ");
    eprintln!("wx-checkout-server: {line}");
    ExitCode::from(2)
}
