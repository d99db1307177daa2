//! `doctor --config FILE [--json]`

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use super::refuse;
use crate::doctor::{Instruments, examine};

/// Of `doctor`.
#[derive(clap::Args)]
pub struct Arguments {
    /// The configuration, TOML.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// The same as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(Arguments { config, json }: Arguments) -> ExitCode {
    let (runtime, instruments) = match (tokio::runtime::Runtime::new(), Instruments::new()) {
        (Ok(runtime), Ok(instruments)) => (runtime, instruments),
        (Err(error), _) => return refuse(&format!("the doctor could not be set up: {error}")),
        (_, Err(error)) => return refuse(&format!("the doctor could not be set up: {error}")),
    };
    let report = runtime.block_on(examine(&config, &instruments));
    // A name server that says nothing must not hold up the end.
    runtime.shutdown_background();
    let said = if json { format!("{:#}\n", report.json()) } else { report.text() };
    // Nobody may be reading any more; the exit code says it all the same.
    let _ = std::io::stdout().lock().write_all(said.as_bytes());
    ExitCode::from(report.exit_code())
}
