//! One merchant's server, one WeChat, and the cable between them.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::Client;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::phone::Phone;
use crate::programs::Program;

/// Whether notifications reach the server.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Notifications {
    Delivered,
    Lost,
}

pub(crate) struct World {
    pub(crate) sandbox: Program,
    pub(crate) server: Program,
    pub(crate) http: Client,
    dir: TempDir,
}

impl World {
    pub(crate) async fn start(notifications: Notifications) -> Self {
        let mut said = String::new();
        // Where notifications go is settled before the server runs, so its port is chosen first; in the
        // rare case that somebody else takes it in between, all of it is started anew.
        for _ in 0..5 {
            let dir = TempDir::new().expect("a temporary directory");
            let address = free_address();
            let sandbox = start_sandbox(dir.path(), &address, notifications).await;
            match start_server(dir.path(), &address).await {
                Ok(server) => {
                    let http = Client::builder().no_proxy().build().expect("a client");
                    return Self { sandbox, server, http, dir };
                }
                Err(error) => said = error,
            }
        }
        panic!("the server does not come up: {said}");
    }

    /// SIGKILL. Nothing but what was committed survives.
    pub(crate) async fn kill_server(self) -> Stopped {
        let Self { sandbox, server, http, dir } = self;
        let address = server.base_url.trim_start_matches("http://").to_owned();
        server.kill().await;
        Stopped { sandbox, http, dir, address }
    }

    /// A payer's phone, logged in.
    pub(crate) async fn phone(&self) -> Phone<'_> {
        Phone::log_in(self).await
    }

    /// The server's configuration, as the sandbox wrote it.
    pub(crate) fn config(&self) -> PathBuf {
        self.dir.path().join("server.toml")
    }

    /// What sandbox.json says.
    pub(crate) fn identity(&self) -> Value {
        let text = std::fs::read_to_string(self.dir.path().join("sandbox.json")).expect("written by the sandbox");
        serde_json::from_str(&text).expect("JSON")
    }

    pub(crate) async fn control(&self, call: &str, body: &Value) -> Value {
        control(&self.http, &self.sandbox, call, body).await
    }

    pub(crate) async fn events(&self) -> Vec<Value> {
        events(&self.http, &self.sandbox).await
    }

    /// The sandbox's events of one kind, as text.
    pub(crate) async fn happened(&self, kind: &str) -> Vec<String> {
        let of_kind = self.events().await.into_iter().filter(|event| event["kind"] == kind);
        of_kind.map(|event| event["what"].as_str().expect("a text").to_owned()).collect()
    }

    pub(crate) async fn event(&self, part: &str) {
        event(&self.http, &self.sandbox, part).await;
    }
}

/// A world whose server is down.
pub(crate) struct Stopped {
    pub(crate) sandbox: Program,
    http: Client,
    dir: TempDir,
    address: String,
}

impl Stopped {
    /// The server's configuration.
    pub(crate) fn config(&self) -> PathBuf {
        self.dir.path().join("server.toml")
    }

    /// The same server again: same files, same address.
    pub(crate) async fn restart_server(self) -> World {
        let Self { sandbox, http, dir, address } = self;
        let server = start_server(dir.path(), &address).await.unwrap_or_else(|error| panic!("{error}"));
        World { sandbox, server, http, dir }
    }

    pub(crate) async fn control(&self, call: &str, body: &Value) -> Value {
        control(&self.http, &self.sandbox, call, body).await
    }

    pub(crate) async fn event(&self, part: &str) {
        event(&self.http, &self.sandbox, part).await;
    }
}

fn free_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").to_string()
}

async fn start_sandbox(dir: &Path, server: &str, notifications: Notifications) -> Program {
    let route = format!("https://pay.example.com=http://{server}");
    let mut arguments = vec!["serve", "--port", "0", "--dir", utf8(dir)];
    if notifications == Notifications::Delivered {
        arguments.extend(["--deliver", &route]);
    }
    let started = Program::start("wx-checkout-sandbox", &arguments, &dir.join("sandbox.log")).await;
    started.unwrap_or_else(|error| panic!("{error}"))
}

async fn start_server(dir: &Path, address: &str) -> Result<Program, String> {
    let config: PathBuf = dir.join("server.toml");
    let arguments = ["serve", "--config", utf8(&config), "--listen", address];
    Program::start("wx-checkout-server", &arguments, &dir.join("server.log")).await
}

fn utf8(path: &Path) -> &str {
    path.to_str().expect("temporary directories are UTF-8")
}

async fn control(http: &Client, sandbox: &Program, call: &str, body: &Value) -> Value {
    let url = format!("{}/_sandbox/{call}", sandbox.base_url);
    let answer = http.post(url).body(body.to_string()).send().await.expect("an answer");
    serde_json::from_slice(&answer.bytes().await.expect("a body")).expect("JSON")
}

async fn events(http: &Client, sandbox: &Program) -> Vec<Value> {
    let answer = http.get(format!("{}/_sandbox/events", sandbox.base_url)).send().await.expect("an answer");
    serde_json::from_slice(&answer.bytes().await.expect("a body")).expect("a list")
}

/// Waits until the sandbox tells of something.
async fn event(http: &Client, sandbox: &Program, part: &str) {
    let told = async {
        loop {
            let events = events(http, sandbox).await;
            if events.iter().any(|event| event["what"].as_str().is_some_and(|what| what.contains(part))) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let in_time = tokio::time::timeout(Duration::from_secs(60), told).await;
    assert!(in_time.is_ok(), "the sandbox told of no {part:?}: {}", json!(events(http, sandbox).await));
}
