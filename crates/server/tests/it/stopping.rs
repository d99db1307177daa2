//! The end of the program: what it took is finished, what it did not begin is left to others, and
//! whoever insists gets it at once.

use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStderr, Command};

use crate::support::{Arc, Fault, PAYER, World, tea};

struct Program {
    child: Child,
    /// `127.0.0.1:PORT`
    address: String,
    log: Lines<BufReader<ChildStderr>>,
}

impl Program {
    async fn start(world: &World) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_wx-checkout-server"))
            .args(["serve", "--config"])
            .arg(world.directory.path().join("server.toml"))
            .kill_on_drop(true)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("starts");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let line = lines.next_line().await.expect("readable").expect("a line");
        let address = line.rsplit("//").next().expect("an address").to_owned();
        let log = BufReader::new(child.stderr.take().expect("piped")).lines();
        Self { child, address, log }
    }

    /// SIGTERM; returns when the program says that it saw it.
    async fn terminate(&mut self) {
        self.signal().await;
        self.says("stopping").await;
    }

    async fn signal(&self) {
        let id = self.child.id().expect("running").to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().await.expect("kill").success());
    }

    async fn says(&mut self, part: &str) {
        while !self.log.next_line().await.expect("readable").expect("it says so").contains(part) {}
    }

    /// Its exit code, and the rest of what it said.
    async fn end(mut self) -> (Option<i32>, String) {
        let mut rest = String::new();
        while let Some(line) = self.log.next_line().await.expect("readable") {
            rest.push_str(&line);
            rest.push('\n');
        }
        (self.child.wait().await.expect("ends").code(), rest)
    }

    async fn status(&self, path: &str) -> u16 {
        let answer = reqwest::get(format!("http://{}{path}", self.address)).await.expect("answers");
        answer.status().as_u16()
    }
}

#[tokio::test]
async fn a_notification_that_was_half_there_is_booked() {
    let world = World::new().await;
    let token = world.login(PAYER).await;
    world.buy(&token, "key-1").await;
    let number = world.wechat.number();
    world.wechat.set(&number, "SUCCESS");
    let (headers, body) = world.wechat.notification(&world.wechat.transaction(&number));
    let mut head = format!("POST /notify/v3/payment HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in &headers {
        head.push_str(&format!("{name}: {}\r\n", value.to_str().expect("ascii")));
    }
    head.push_str("\r\n");

    let mut program = Program::start(&world).await;
    let mut stream = TcpStream::connect(&program.address).await.expect("connects");
    stream.write_all(head.as_bytes()).await.expect("sent");
    stream.write_all(&body[..100]).await.expect("sent");
    // A request on another connection is answered only after the program has read what came before it here.
    while program.status("/healthz").await != 200 {}
    program.terminate().await;
    stream.write_all(&body[100..]).await.expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("answered");
    assert!(answer.starts_with("HTTP/1.1 204"), "{answer}");
    assert_eq!(program.end().await.0, Some(0));
    assert_eq!(world.number("SELECT count(*) FROM payments").await, 1);
}

#[tokio::test]
async fn readiness_ends_before_connections_are_refused() {
    let mut world = World::new().await;
    world.reconfigure("notify_base_url = ", "drain_seconds = 60\nnotify_base_url = ").await;
    let mut program = Program::start(&world).await;
    assert_eq!(program.status("/readyz").await, 200);
    program.terminate().await;
    // New connections are still taken in, and told to go elsewhere.
    assert_eq!((program.status("/readyz").await, program.status("/healthz").await), (503, 200));
    // Nobody here waits for the minute.
    program.signal().await;
    let (code, said) = program.end().await;
    assert_eq!(code, Some(1), "{said}");
}

#[tokio::test]
async fn a_second_signal_ends_it_at_once_and_says_so() {
    let world = World::new().await;
    let token = world.login(PAYER).await;
    // Nobody ever opens this gate: WeChat hangs, and so does the create.
    world.wechat.fail_next("/jsapi", Fault::Hold(Arc::new(tokio::sync::Notify::new())));
    let mut program = Program::start(&world).await;
    let arrived = world.wechat.arrived.notified();
    let create = tokio::spawn(
        reqwest::Client::new()
            .post(format!("http://{}/payments/create", program.address))
            .header("content-type", "application/json")
            .header("authorization", format!("Bearer {token}"))
            .header("idempotency-key", "key-1")
            .body(tea().to_string())
            .send(),
    );
    arrived.await;
    program.terminate().await;
    program.signal().await;
    let (code, said) = program.end().await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("a second signal"), "{said}");
    assert!(create.await.expect("joined").is_err(), "nobody answered");
    // The order is there under its key, and no parameters left.
    assert_eq!(world.number("SELECT count(*) FROM orders WHERE parameters_left = FALSE").await, 1);
}

#[tokio::test]
async fn a_job_ends_after_its_step_and_leaves_no_lease() {
    let world = World::new().await;
    for payer in [PAYER, "oSecondPayer", "oThirdPayer"] {
        let token = world.login(payer).await;
        world.buy(&token, &format!("key-of-{payer}")).await;
    }
    world.database.execute("UPDATE orders SET looked_ms = created_ms - 600000, created_ms = created_ms - 600000").await;
    let gate = Arc::new(tokio::sync::Notify::new());
    world.wechat.fail_next("out-trade-no", Fault::Hold(Arc::clone(&gate)));
    let before = world.wechat.count("out-trade-no");
    let arrived = world.wechat.arrived.notified();
    let mut program = Program::start(&world).await;
    // The first round begins by itself, and WeChat takes its time with the first of three orders.
    arrived.await;
    program.terminate().await;
    gate.notify_one();
    assert_eq!(program.end().await.0, Some(0));
    assert_eq!(world.wechat.count("out-trade-no") - before, 1, "another step was begun");
    assert_eq!(world.number("SELECT count(*) FROM leases WHERE duty LIKE 'care %'").await, 0);
}
