//! The command line: `wx-checkout-server serve --config FILE`, and the operator's commands.

use std::process::ExitCode;

use clap::Parser;
use wx_checkout_server::command::{Command, refuse};

/// The companion server of wx-checkout.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    match Arguments::try_parse() {
        Ok(arguments) => arguments.command.run(),
        Err(error) if !error.use_stderr() => error.exit(),
        Err(error) => refuse(&error.to_string().replace("error: ", "")),
    }
}
