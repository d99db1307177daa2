//! The program itself: its one line, its exit codes.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::{TcpListener, TcpStream};
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

/// Who waits for the port finds everything that it needs.
#[test]
fn the_port_is_open_when_the_directory_is_written() {
    let dir = TempDir::new().expect("a temporary directory");
    let new = dir.path().join("new");
    let free = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let mut child = Command::new(PROGRAM)
        .args(["serve", "--port", &free.port().to_string(), "--dir"])
        .arg(&new)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map(Running)
        .expect("runs");
    while TcpStream::connect(free).is_err() {
        assert!(child.0.try_wait().expect("a child").is_none(), "it did not start");
        std::thread::sleep(core::time::Duration::from_millis(1));
    }
    assert!(new.join("sandbox.json").exists() && new.join("server.toml").exists());
}

/// A file that may not grow, as on a full disk: what was not written down is not promised.
#[cfg(target_os = "linux")]
#[test]
fn a_store_that_is_full_refuses_and_goes_on_when_there_is_room() {
    let dir = TempDir::new().expect("a temporary directory");
    let path = |name: &str| dir.path().join(name).to_str().expect("UTF-8").to_owned();
    let limited = format!(
        "trap '' XFSZ; ulimit -f 12; exec {PROGRAM} serve --port 0 --dir {} --store {}",
        path("d"),
        path("store.jsonl")
    );
    let mut child = Command::new("sh")
        .args(["-c", &limited])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map(Running)
        .expect("runs");
    let mut stdout = BufReader::new(child.0.stdout.take().expect("piped"));
    let mut line = String::new();
    stdout.read_line(&mut line).expect("a line");
    let address = line.trim_end().rsplit("http://").next().expect("an address").to_owned();
    // Everything that is kept is written down, the clock as well.
    let mut said = String::new();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        let post = |call: &str, body: String| http.post(format!("http://{address}/_sandbox/{call}")).body(body).send();
        for at in 0..2000_u64 {
            let moved = post("clock", format!("{{\"advanceMs\":{}}}", at + 1)).await.expect("an answer");
            let text = moved.text().await.expect("a body");
            if text.contains("store") {
                said = text;
                break;
            }
        }
        let events = http.get(format!("http://{address}/_sandbox/events")).send().await;
        assert!(events.is_ok(), "it goes on answering");
    });
    assert!(said.contains("cannot be written"), "{said}");
    let text = std::fs::read_to_string(path("store.jsonl")).expect("written");
    assert!(text.ends_with('\n'), "no half line: {:?}", &text[text.len().saturating_sub(60)..]);
}

/// Killed in the middle of its work: what it answered is there when it starts again.
#[cfg(unix)]
#[test]
fn a_sandbox_that_is_killed_forgets_nothing_that_it_answered() {
    let dir = TempDir::new().expect("a temporary directory");
    let start = || {
        let mut child = Command::new(PROGRAM)
            .args(["serve", "--port", "0", "--dir"])
            .arg(dir.path().join("d"))
            .arg("--store")
            .arg(dir.path().join("store.jsonl"))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map(Running)
            .expect("runs");
        let mut line = String::new();
        BufReader::new(child.0.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
        (child, format!("http://{}/_sandbox/clock", line.trim_end().rsplit("http://").next().expect("an address")))
    };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let now = |answer: serde_json::Value| answer["nowMs"].as_u64().expect("a time");
    let mut answered = 0;
    for life in 0..3 {
        let (mut child, clock) = start();
        let ask = async |body: &str| -> Option<serde_json::Value> {
            let answer = http.post(&clock).body(body.to_owned()).send().await.ok()?;
            serde_json::from_slice(&answer.bytes().await.ok()?).ok()
        };
        if life > 0 {
            let kept = now(runtime.block_on(ask("{}")).expect("an answer"));
            // The change under way may have been written down and not answered any more.
            assert!(kept == answered || kept == answered + 1000, "life {life}: {kept}, answered {answered}");
        }
        let freeze = runtime.block_on(ask("{\"frozen\":true}")).expect("an answer");
        answered = now(freeze);
        runtime.block_on(async {
            let id = child.0.id().to_string();
            let mut killer = None;
            for at in 0.. {
                if at == 50 {
                    killer = Some(Command::new("kill").args(["-KILL", &id]).spawn().expect("kill runs"));
                }
                let Some(answer) = ask("{\"advanceMs\":1000}").await else { break };
                answered = now(answer);
            }
            killer.expect("it was killed").wait().expect("ends");
        });
        child.0.wait().expect("ends");
    }
}
