//! The program itself: its one line, its exit codes.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpListener;
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_wx-checkout-sandbox");

fn run(arguments: &[&str]) -> Output {
    Command::new(PROGRAM).args(arguments).output().expect("runs")
}

/// Kills what a failed assertion would leave behind.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn bad_input_is_one_line_and_exit_code_2() {
    let dir = TempDir::new().expect("a temporary directory");
    let new = dir.path().join("new");
    let new = new.to_str().expect("UTF-8");
    let file = dir.path().join("file");
    std::fs::write(&file, "").expect("writable");
    let file = file.to_str().expect("UTF-8");
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let taken = taken.local_addr().expect("an address").port().to_string();
    for arguments in [
        vec![],
        vec!["fly"],
        vec!["serve"],
        vec!["serve", "--dir", new, "--port", "99999"],
        vec!["serve", "--dir", new, "--port", "0", "--seed", "x"],
        vec!["serve", "--dir", new, "--port", "0", "--deliver", "pay.example.com"],
        vec!["serve", "--dir", new, "--port", &taken],
        vec!["serve", "--dir", file, "--port", "0"],
    ] {
        let output = run(&arguments);
        let stderr = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {stderr}");
        assert_eq!(stderr.lines().count(), 1, "{arguments:?}: {stderr}");
        assert_eq!(output.stdout, b"", "{arguments:?}");
    }
    assert!(!std::path::Path::new(new).exists(), "nothing was half-written");
}

#[test]
fn help_is_no_failure() {
    let output = run(&["serve", "--help"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8(output.stdout).expect("UTF-8").contains("--deliver"));
}

#[cfg(unix)]
#[test]
fn it_says_where_it_listens_and_stops_when_told() {
    let dir = TempDir::new().expect("a temporary directory");
    let mut child = Command::new(PROGRAM)
        .args(["serve", "--port", "0", "--dir"])
        .arg(dir.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map(Running)
        .expect("runs");
    let mut stdout = BufReader::new(child.0.stdout.take().expect("piped"));
    let mut line = String::new();
    stdout.read_line(&mut line).expect("a line");
    let port = line.trim_end().strip_prefix("wx-checkout-sandbox listening on http://127.0.0.1:").expect("the line");
    port.parse::<u16>().expect("a port");

    let kill = Command::new("kill").args(["-TERM", &child.0.id().to_string()]).status().expect("kill runs");
    assert!(kill.success());
    assert_eq!(child.0.wait().expect("ends").code(), Some(0));
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).expect("reads");
    assert_eq!(rest, "", "exactly one line");
}
