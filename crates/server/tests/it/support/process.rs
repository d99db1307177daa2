//! The program itself, as a process that can be killed.

use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};

use super::text;

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_wx-checkout-server");

/// A running server; dropped, it is killed.
pub struct Server {
    child: Child,
    pub url: String,
    _log: Lines<BufReader<ChildStderr>>,
}

impl Server {
    pub async fn start(config: &Path) -> Self {
        let mut child = Command::new(PROGRAM)
            .args(["serve", "--config"])
            .arg(config)
            .env("RUST_LOG", "error")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("starts");
        let line = BufReader::new(child.stdout.take().expect("piped")).lines().next_line().await;
        let line = line.expect("readable").expect("a line");
        let log = BufReader::new(child.stderr.take().expect("piped")).lines();
        Self { child, url: line.rsplit(' ').next().expect("an address").to_owned(), _log: log }
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Value {
        let answer = request.send().await.expect("an answer").text().await.expect("a body");
        serde_json::from_str(&answer).unwrap_or(Value::Null)
    }

    pub async fn post(&self, path: &str, token: &str, key: &str, body: &Value) -> Value {
        let request = client().post(format!("{}{path}", self.url)).header("content-type", "application/json");
        self.send(request.bearer_auth(token).header("idempotency-key", key).body(body.to_string())).await
    }

    pub async fn login(&self, openid: &str) -> String {
        text(&self.post("/auth/exchange", "", "", &json!({"credential": format!("code-{openid}")})).await["token"])
    }

    pub async fn verify(&self, order: &Value) -> Value {
        let id = text(&order["orderId"]);
        let request = client().get(format!("{}/orders/verify?transactionId={id}", self.url));
        self.send(request.bearer_auth(text(&order["statusToken"]))).await
    }

    /// SIGKILL: nothing is finished, nothing is let go of.
    pub async fn kill(mut self) {
        self.child.kill().await.expect("it was running");
    }
}

pub fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().expect("a client")
}
