//! The operator's commands: the real program, asking a real port.

use std::net::SocketAddr;
use std::process::{Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::response::Redirect;
use axum::routing::{any, get};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;
use wx_checkout_server::jobs;

use crate::admin::Office;
use crate::support::ADMIN_TOKEN;

async fn listen(desk: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("bound");
    tokio::spawn(async move { axum::serve(listener, desk).await });
    address
}

/// The command, with its standard input closed.
async fn run(office: &Office, at: SocketAddr, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wx-checkout-server"));
    command.arg(arguments[0]).arg("--config").arg(office.world.directory.path().join("server.toml"));
    command.args(["--at", &format!("http://{at}")]).args(&arguments[1..]);
    command.stdin(Stdio::null()).output().await.expect("runs")
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

/// The one line of a command that did not get to its end.
fn complained(output: &Output, code: i32) -> String {
    let line = String::from_utf8(output.stderr.clone()).expect("UTF-8");
    assert_eq!((output.status.code(), line.lines().count()), (Some(code), 1), "{line}");
    assert!(!line.contains(ADMIN_TOKEN));
    line
}

fn number(said: &str) -> String {
    said.lines().find_map(|line| line.strip_prefix("number   ")).expect("the number is said").to_owned()
}

#[tokio::test]
async fn orders_are_listed_and_shown_and_given_as_json() {
    let office = Office::paid().await;
    let at = listen(office.desk.clone()).await;
    let list = said(&run(&office, at, &["orders"]).await);
    assert!(list.contains(&office.id()) && list.contains("68.00") && list.contains("paid"), "{list}");
    let none = said(&run(&office, at, &["orders", "--state", "frozen"]).await);
    assert_eq!(none, "no such orders\n");
    let one = said(&run(&office, at, &["orders", &office.transaction()]).await);
    assert!(one.contains("notify/v3/payment") && one.contains("success"), "{one}");
    let json = said(&run(&office, at, &["orders", &office.number, "--json"]).await);
    let json: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["summary"]["orderId"], office.order["orderId"]);
    let page: Value = serde_json::from_str(&said(&run(&office, at, &["orders", "--json"]).await)).expect("JSON");
    assert_eq!(page["orders"][0]["state"], "paid");

    let unknown = run(&office, at, &["orders", "nothing"]).await;
    assert!(complained(&unknown, 1).contains("order_not_found"));
    complained(&run(&office, at, &["orders", "--state", "lost"]).await, 2);
}

#[tokio::test]
async fn m10_a_refund_by_command_wants_a_yes_and_the_same_number_is_the_same_refund() {
    let office = Office::paid().await;
    let at = listen(office.desk.clone()).await;
    let asked = ["refund", &office.id(), "--amount", "6800", "--reason", "缺货"];
    let unasked = run(&office, at, &asked).await;
    assert!(complained(&unasked, 2).contains("--yes"));
    assert!(said(&unasked).contains("68.00 yuan (6800 fen)"), "what it comes to is said first");
    assert_eq!(office.world.number("SELECT count(*) FROM refunds").await, 0);

    let done = run(&office, at, &[&asked[..], &["--yes"]].concat()).await;
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    let number = number(&said(&done));
    jobs::refunds(&office.world.checkout).await.expect("a round");
    let again = run(&office, at, &[&asked[..], &["--yes", "--number", &number]].concat()).await;
    assert_eq!(again.status.code(), Some(0), "{again:?}");
    assert!(said(&again).contains("asked for before"));
    assert_eq!(office.world.number("SELECT count(*) FROM refunds").await, 1);

    let over = run(&office, at, &[&asked[..], &["--yes"]].concat()).await;
    assert!(complained(&over, 1).contains("over_refund"));
    let nobody = run(&office, at, &["refund", "nothing", "--all", "--reason", "", "--yes"]).await;
    assert!(complained(&nobody, 1).contains("order_not_found"));
    for usage in [
        &["refund", "x", "--reason", ""][..],
        &["refund", "x", "--amount", "0", "--reason", ""],
        &["refund", "x", "--amount", "1", "--all", "--reason", ""],
    ] {
        complained(&run(&office, at, usage).await, 2);
    }
}

#[tokio::test]
async fn all_that_is_left_goes_back_by_a_word() {
    let office = Office::paid().await;
    let at = listen(office.desk.clone()).await;
    office.refund("refund-1", 800).await;
    office.world.time.forward(61_000);
    let done = run(&office, at, &["refund", &office.id(), "--all", "--reason", "", "--yes", "--number", "rest"]).await;
    assert!(said(&done).contains("60.00 yuan (6000 fen)"), "{done:?}");
    let again = run(&office, at, &["refund", &office.id(), "--all", "--reason", "", "--yes", "--number", "rest"]).await;
    assert_eq!(again.status.code(), Some(0), "asked again, the rest is what it was: {again:?}");
}

/// On a terminal: what is typed decides.
#[tokio::test]
async fn on_a_terminal_the_amount_is_typed_once_more() {
    let office = Office::paid().await;
    let at = listen(office.desk.clone()).await;
    let program = env!("CARGO_BIN_EXE_wx-checkout-server");
    let config = office.world.directory.path().join("server.toml");
    let line = format!(
        "{program} refund --config {} --at http://{at} {} --amount 6800 --reason x --number typed",
        config.display(),
        office.id()
    );
    for (typed, code, refunds) in [("yes\n", 2, 0), ("68\n", 2, 0), ("\n", 2, 0), ("6800\n", 0, 1)] {
        let mut terminal = Command::new("script")
            .args(["--quiet", "--return", "--command", &line, "/dev/null"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("script, of every Debian");
        let mut keyboard = terminal.stdin.take().expect("piped");
        let mut screen = terminal.stdout.take().expect("piped");
        let mut seen = vec![];
        while !String::from_utf8_lossy(&seen).contains("in fen: ") {
            assert_ne!(screen.read_buf(&mut seen).await.expect("readable"), 0, "{}", String::from_utf8_lossy(&seen));
        }
        keyboard.write_all(typed.as_bytes()).await.expect("typed");
        screen.read_to_end(&mut seen).await.expect("readable");
        let status = terminal.wait().await.expect("ends");
        assert_eq!(status.code(), Some(code), "{typed:?}: {}", String::from_utf8_lossy(&seen));
        assert_eq!(office.world.number("SELECT count(*) FROM refunds").await, refunds, "{typed:?}");
    }
}

#[tokio::test]
async fn closing_says_what_it_came_to() {
    let office = Office::open().await;
    let at = listen(office.desk.clone()).await;
    let closed = run(&office, at, &["close", &office.number]).await;
    assert!(closed.status.success() && said(&closed).contains("is closed"), "{closed:?}");
    let paid = Office::paid().await;
    let at = listen(paid.desk.clone()).await;
    assert!(complained(&run(&paid, at, &["close", &paid.id()]).await, 1).contains("order_paid"));
}

/// A port that answers as the operator's would on days that are hard to bring about.
async fn answering(path: &str, answer: Value) -> SocketAddr {
    let order = json!({"orders": [{"orderId": "wx1"}]});
    let router = Router::new()
        .route("/admin/api/orders", get(|| async { Json(order) }))
        .route(path, any(|| async { Json(answer) }));
    listen(router).await
}

#[tokio::test]
async fn closing_that_wechat_has_not_confirmed_is_not_closed() {
    let office = Office::open().await;
    let closing = json!({"summary": {"orderId": "wx1", "state": "closing", "frozen": false}});
    let at = answering("/admin/api/orders/wx1/close", closing).await;
    assert!(complained(&run(&office, at, &["close", "wx1"]).await, 1).contains("order_closing"));
}

#[tokio::test]
async fn m12_lines_that_were_only_counted_are_no_agreement() {
    let office = Office::open().await;
    for (unlisted, code) in [(0, 0), (1, 1)] {
        let report = json!({"day": "2026-11-23", "mchid": "1900000001", "state": "compared", "standing": 0, "unlisted": unlisted});
        let day = json!({"reports": [{"report": report, "differences": []}]});
        let at = answering("/admin/api/comparisons/2026-11-23", day).await;
        let read = run(&office, at, &["reconcile", "--day", "2026-11-23", "--read"]).await;
        assert_eq!(read.status.code(), Some(code), "{read:?}");
    }
}

#[tokio::test]
async fn the_token_follows_no_redirect() {
    let office = Office::open().await;
    let asked = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&asked);
    let elsewhere = Router::new().fallback(move || {
        seen.store(true, Ordering::Relaxed);
        async { Json(json!({"orders": []})) }
    });
    let to = format!("http://{}/", listen(elsewhere).await);
    let at = listen(Router::new().fallback(move || async move { Redirect::temporary(&to) })).await;
    complained(&run(&office, at, &["orders"]).await, 2);
    assert!(!asked.load(Ordering::Relaxed), "it was sent on");
}

#[tokio::test]
async fn without_a_server_nothing_happens_and_the_line_says_so() {
    let office = Office::paid().await;
    // Nobody listens on the discard port.
    let nobody: SocketAddr = "127.0.0.1:9".parse().expect("an address");
    for arguments in [&["orders"][..], &["refund", "x", "--all", "--reason", "", "--yes"], &["close", "x"]] {
        let line = complained(&run(&office, nobody, arguments).await, 2);
        assert!(line.contains("no server answers") && line.contains("Nothing happened to any money"), "{line}");
    }
}

#[tokio::test]
async fn a_configuration_without_the_port_or_with_another_token_is_one_line() {
    let office = Office::open().await;
    let at = listen(office.desk.clone()).await;
    let file = office.world.directory.path().join("server.toml");
    let text = std::fs::read_to_string(&file).expect("readable");
    std::fs::write(&file, text.replace(ADMIN_TOKEN, &ADMIN_TOKEN.replace('0', "1"))).expect("written");
    assert!(complained(&run(&office, at, &["orders"]).await, 2).contains("unauthorized"));
    std::fs::write(&file, text.replace("[admin]\nlisten = '127.0.0.1:0'", "").replace("token = ", "# token = "))
        .expect("written");
    assert!(complained(&run(&office, at, &["orders"]).await, 2).contains("[admin]"));
    std::fs::write(&file, &text).expect("written");
    let program =
        Command::new(env!("CARGO_BIN_EXE_wx-checkout-server")).args(["orders", "--config"]).arg(&file).output();
    assert!(complained(&program.await.expect("runs"), 2).contains("--at"), "port 0 says nothing");
    let program = Command::new(env!("CARGO_BIN_EXE_wx-checkout-server"))
        .args(["orders", "--at", "http://192.0.2.1:8791", "--config"])
        .arg(&file)
        .output();
    assert!(complained(&program.await.expect("runs"), 2).contains("https"), "the token is not sent in the clear");
}

/// Passes everything on, but for the answer to a refund.
async fn losing_answers(to: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("bound");
    tokio::spawn(async move {
        while let Ok((mut near, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut far = TcpStream::connect(to).await.expect("connects");
                let mut buffer = vec![0; 1 << 16];
                while let Ok(length @ 1..) = near.read(&mut buffer).await {
                    let lost = String::from_utf8_lossy(&buffer[..length]).contains("/refunds HTTP/1.1");
                    far.write_all(&buffer[..length]).await.expect("passed on");
                    let length = far.read(&mut buffer).await.expect("answered");
                    if lost {
                        return;
                    }
                    near.write_all(&buffer[..length]).await.expect("passed back");
                }
            });
        }
    });
    address
}

#[tokio::test]
async fn m10_a_lost_answer_says_how_to_ask_again_and_nothing_goes_back_twice() {
    let office = Office::paid().await;
    let at = listen(office.desk.clone()).await;
    let asked = ["refund", &office.id(), "--all", "--reason", "缺货", "--yes"];
    let lost = run(&office, losing_answers(at).await, &asked).await;
    let number = number(&said(&lost));
    let line = complained(&lost, 3);
    assert!(line.contains(&format!("--number {number}")) && line.contains("will not refund twice"), "{line}");
    let again = run(&office, at, &[&asked[..], &["--number", &number]].concat()).await;
    assert_eq!(again.status.code(), Some(0), "{again:?}");
    assert_eq!(office.world.number("SELECT count(*) FROM refunds").await, 1);
    jobs::refunds(&office.world.checkout).await.expect("a round");
    assert_eq!(office.world.wechat.count("POST /v3/refund/domestic/refunds"), 1);
}

#[tokio::test]
async fn m11_dead_letters_are_listed_replayed_and_skipped_by_command() {
    let (shop, first, second) = crate::webhooks_operated::stopped().await;
    let desk = shop.world.desk();
    let at = listen(desk.clone()).await;
    let office = Office { number: shop.world.wechat.number(), world: shop.world, desk, order: Value::Null };
    let listed = said(&run(&office, at, &["webhooks", "list"]).await);
    assert!(listed.contains(&first) && listed.contains("1 behind it") && listed.contains("410"), "{listed}");
    assert!(complained(&run(&office, at, &["webhooks", "replay", &second]).await, 1).contains("letter_behind"));
    let done = run(&office, at, &["webhooks", "replay", &first]).await;
    assert!(said(&done).contains("is due"), "{done:?}");
    let done = run(&office, at, &["webhooks", "skip", &first, "--why", "told by telephone"]).await;
    assert!(said(&done).contains("given up"), "{done:?}");
    assert_eq!(said(&run(&office, at, &["webhooks", "replay-all"]).await), "1 streams go on\n");
    assert_eq!(said(&run(&office, at, &["webhooks", "list"]).await), "no dead letters\n");
}

#[tokio::test]
async fn m12_a_day_is_compared_and_read_by_command() {
    let mut shop = crate::bills::Shop::new().await;
    let sold = shop.paid_there().await;
    let day = shop.day.to_string();
    shop.world.wechat.bill(&day, vec![shop.world.wechat.paid_line(&sold.number)]);
    shop.morning_after();
    let desk = shop.world.desk();
    let at = listen(desk.clone()).await;
    let office = Office { number: shop.world.wechat.number(), world: shop.world, desk, order: Value::Null };
    let done = run(&office, at, &["reconcile"]).await;
    let text = said(&done);
    assert!(done.status.success() && text.contains(&day) && text.contains("(mended)"), "{done:?}");
    let read = run(&office, at, &["reconcile", "--day", &day, "--read", "--json"]).await;
    assert!(read.status.success() && said(&read).contains("\"compared\""), "{read:?}");
    assert!(said(&run(&office, at, &["reconcile", "--list"]).await).contains("1 differences, 0 of them stand"));
    assert!(complained(&run(&office, at, &["reconcile", "--day", "2999-01-01"]).await, 1).contains("bill_not_yet"));
    assert!(complained(&run(&office, at, &["reconcile", "--day", "2001-01-01", "--read"]).await, 1).contains("never"));
    complained(&run(&office, at, &["reconcile", "--read"]).await, 2);
}
