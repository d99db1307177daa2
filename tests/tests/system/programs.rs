//! The programs under test, started and stopped as an operator would.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// Far more than a start takes: only a program that hangs is ended by it.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running program; dropped, it is killed.
pub(crate) struct Program {
    child: Child,
    /// `http://127.0.0.1:PORT`, as the program said.
    pub(crate) base_url: String,
    pub(crate) log: PathBuf,
}

impl Program {
    /// Starts `name` and waits for its line; `Err` has what it said when it did not come up.
    pub(crate) async fn start(name: &str, arguments: &[&str], log: &Path) -> Result<Self, String> {
        // A program that is started again goes on in its log.
        let stderr = File::options().create(true).append(true).open(log).expect("a log");
        let mut child = Command::new(find(name))
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(stderr)
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("{name} does not start: {error}"));
        let stdout = child.stdout.take().expect("piped");
        let mut lines = BufReader::new(stdout).lines();
        let line = timeout(PATIENCE, lines.next_line()).await.expect("the line in time").expect("readable");
        match line.as_deref().and_then(|line| line.strip_prefix(&format!("{name} listening on "))) {
            Some(base_url) => Ok(Self { child, base_url: base_url.to_owned(), log: log.to_owned() }),
            None => Err(format!("{name} said {line:?}; its log: {}", read(log))),
        }
    }

    /// SIGKILL: nothing is finished, nothing is said.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.expect("it was running");
    }

    pub(crate) fn log(&self) -> String {
        read(&self.log)
    }
}

/// Runs a program to its end: its exit code, and what it printed.
pub(crate) async fn run(name: &str, arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(find(name)).args(arguments).output().await.expect("runs");
    (output.status.code(), String::from_utf8(output.stdout).expect("UTF-8"))
}

fn read(log: &Path) -> String {
    std::fs::read_to_string(log).unwrap_or_default()
}

/// The programs lie where cargo put this test: `target/PROFILE/deps/THIS` and `target/PROFILE/NAME`.
fn find(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("this test has a path");
    let profile = test.ancestors().nth(2).expect("target/PROFILE/deps/THIS");
    let program = profile.join(name).with_extension(std::env::consts::EXE_EXTENSION);
    assert!(
        program.is_file(),
        "{} is missing: build it first (cargo build -p wx-checkout-server -p wx-checkout-sandbox), or run ./build.sh test",
        program.display()
    );
    program
}
