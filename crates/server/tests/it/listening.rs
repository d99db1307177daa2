//! Connections: TLS, slow clients, crowds.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};
use tokio::sync::Notify;
use wx_checkout_server::config::Transport;
use wx_checkout_server::listen::{self, Patience};

use crate::support::{PAYER, World};

/// A server that is asked to end by `end`.
struct Listening {
    address: SocketAddr,
    end: Arc<Notify>,
    task: tokio::task::JoinHandle<()>,
}

async fn listening(world: &World, patience: Patience) -> Listening {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let (address, end) = (listener.local_addr().expect("bound"), Arc::new(Notify::new()));
    let (router, ended) = (world.router.clone(), Arc::clone(&end));
    let task = tokio::spawn(async move {
        listen::serve(listener, &Transport::Plain, router, patience, ended.notified()).await;
    });
    Listening { address, end, task }
}

async fn ask(stream: &mut TcpStream) -> String {
    stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("sent");
    let mut answer = vec![0; 4096];
    let length = stream.read(&mut answer).await.expect("answered");
    String::from_utf8_lossy(&answer[..length]).into_owned()
}

#[tokio::test]
async fn who_sends_half_a_head_is_hung_up_on() {
    let world = World::new().await;
    let server = listening(&world, Patience { head: Duration::from_secs(2), ..Patience::default() }).await;
    for said in ["", "GET /healthz HT", "GET /healthz HTTP/1.1\r\nhost:"] {
        let mut stream = TcpStream::connect(server.address).await.expect("connects");
        stream.write_all(said.as_bytes()).await.expect("sent");
        let mut rest = Vec::new();
        // Ends only when the server lets go.
        let _ = stream.read_to_end(&mut rest).await;
        assert!(!rest.starts_with(b"HTTP/1.1 200"), "{said:?}");
    }
    // A connection that is kept and says nothing more, too.
    let mut stream = TcpStream::connect(server.address).await.expect("connects");
    assert!(ask(&mut stream).await.starts_with("HTTP/1.1 200"));
    let _ = stream.read_to_end(&mut Vec::new()).await;
}

#[tokio::test]
async fn in_a_crowd_the_next_connection_waits_for_a_place() {
    let world = World::new().await;
    let server = listening(&world, Patience { connections: 1, ..Patience::default() }).await;
    let mut first = TcpStream::connect(server.address).await.expect("connects");
    assert!(ask(&mut first).await.starts_with("HTTP/1.1 200"));
    let mut second = TcpStream::connect(server.address).await.expect("connects");
    second.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("sent");
    let mut answer = [0; 12];
    let early = tokio::time::timeout(Duration::from_millis(200), second.read_exact(&mut answer)).await;
    assert!(early.is_err(), "there was no place");
    drop(first);
    second.read_exact(&mut answer).await.expect("answered");
    assert_eq!(&answer, b"HTTP/1.1 200");
}

#[tokio::test]
async fn at_the_end_idle_connections_are_let_go_of_and_new_ones_refused() {
    let world = World::new().await;
    let server = listening(&world, Patience::default()).await;
    let mut kept = TcpStream::connect(server.address).await.expect("connects");
    assert!(ask(&mut kept).await.starts_with("HTTP/1.1 200"));
    server.end.notify_one();
    server.task.await.expect("ends");
    let _ = kept.read_to_end(&mut Vec::new()).await;
    // The port may be another test's by now: whoever answers there, it is not this server.
    if let Ok(mut other) = TcpStream::connect(server.address).await {
        let stranger = tokio::time::timeout(Duration::from_millis(200), ask(&mut other)).await;
        assert!(!stranger.is_ok_and(|answer| answer.starts_with("HTTP/1.1 200")), "it still answers");
    }
}

#[tokio::test]
async fn a_body_that_ends_early_is_a_problem_and_changes_nothing() {
    let world = World::new().await;
    let token = world.login(PAYER).await;
    let server = listening(&world, Patience::default()).await;
    let mut stream = TcpStream::connect(server.address).await.expect("connects");
    let head = format!(
        "POST /payments/create HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer {token}\r\nidempotency-key: k\r\n\
         content-type: application/json\r\ncontent-length: 500\r\n\r\n{{\"items\":"
    );
    stream.write_all(head.as_bytes()).await.expect("sent");
    stream.shutdown().await.expect("half closed");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("answered or closed");
    // A client that hung up may not be answered at all.
    assert!(answer.is_empty() || (answer.starts_with("HTTP/1.1 400") && answer.contains("ended early")), "{answer}");
    assert_eq!(world.number("SELECT count(*) FROM orders").await, 0);
}

/// A certificate for localhost, in the files that the configuration names.
fn write_certificate(directory: &Path) -> String {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    std::fs::write(directory.join("tls_cert.pem"), made.cert.pem()).expect("written");
    std::fs::write(directory.join("tls_key.pem"), made.signing_key.serialize_pem()).expect("written");
    made.cert.pem()
}

async fn program(directory: &Path, listen: &str) -> (Child, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_wx-checkout-server"))
        .args(["serve", "--listen", listen, "--config"])
        .arg(directory.join("server.toml"))
        .kill_on_drop(true)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("starts");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let line = lines.next_line().await.expect("readable").expect("a line");
    (child, line)
}

fn with_tls(directory: &Path) {
    let file = directory.join("server.toml");
    let text = std::fs::read_to_string(&file).expect("readable");
    let tls = "[tls]\ncertificate_file = \"tls_cert.pem\"\nkey_file = \"tls_key.pem\"\n\n[session]";
    std::fs::write(&file, text.replace("[session]", tls)).expect("written");
}

#[tokio::test]
async fn tls_is_spoken_where_a_certificate_is_configured() {
    let world = World::new().await;
    let directory = world.directory.path();
    let certificate = write_certificate(directory);
    with_tls(directory);
    // Others may reach it: what they read is encrypted.
    let (mut child, line) = program(directory, "0.0.0.0:0").await;
    let address = line.strip_prefix("wx-checkout-server listening on https://").expect("https").to_owned();
    let port = address.rsplit(':').next().expect("a port");
    let url = format!("https://localhost:{port}/healthz");

    let trusting = reqwest::Client::builder()
        .tls_certs_only([reqwest::Certificate::from_pem(certificate.as_bytes()).expect("PEM")])
        .build()
        .expect("a client");
    let answer = trusting.get(&url).send().await.expect("the handshake succeeds");
    assert_eq!((answer.status().as_u16(), answer.text().await.expect("a body").as_str()), (200, "ok\n"));
    assert!(reqwest::get(&url).await.is_err(), "a client that does not know the certificate refuses it");

    let mut plain = TcpStream::connect(("127.0.0.1", port.parse().expect("a port"))).await.expect("connects");
    plain.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("sent");
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer).await;
    assert!(!answer.starts_with(b"HTTP"), "plain HTTP was answered");
    child.kill().await.expect("ends");
}

#[tokio::test]
async fn a_key_of_another_certificate_stops_the_start() {
    let world = World::new().await;
    let directory = world.directory.path();
    write_certificate(directory);
    let key = std::fs::read(directory.join("tls_key.pem")).expect("readable");
    write_certificate(directory);
    std::fs::write(directory.join("tls_key.pem"), key).expect("written");
    with_tls(directory);
    let output = Command::new(env!("CARGO_BIN_EXE_wx-checkout-server"))
        .args(["serve", "--config"])
        .arg(directory.join("server.toml"))
        .output()
        .await
        .expect("runs");
    let line = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(output.status.code(), Some(2), "{line}");
    assert!(line.contains("tls.key_file") && line.lines().count() == 1, "{line}");
}
