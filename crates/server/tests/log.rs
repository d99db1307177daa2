//! The log of a whole purchase shows nothing that is secret or personal. A process of its own: what
//! is logged is decided per process, and other tests must not decide it.

#[allow(dead_code)] // Shared with the tests in it/, which use the rest.
#[path = "it/support/mod.rs"]
mod support;

use std::io::Write;
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use axum::http::HeaderMap;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tracing::Instrument as _;
use tracing_subscriber::EnvFilter;
use wx_checkout_server::bills::{self, Day};
use wx_checkout_server::{jobs, log};

use support::receiver::{Answer, Receiver};
use support::wechat::bill::Spoilt;
use support::{API_V2_KEY, API_V3_KEY, APP_SECRET, Fault, PAYER, SESSION_KEY, World, tea, text};

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("lock").write(bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_secret_and_nothing_personal_is_logged() {
    let captured = Captured::default();
    let writer = captured.clone();
    // As the program writes it, down to the last detail that it can be asked for.
    let log = log::json(EnvFilter::new("trace"), move || writer.clone());
    tracing::subscriber::set_global_default(log).expect("the first in this process");
    let secrets = purchase().await;
    let log = String::from_utf8(captured.0.lock().expect("lock").clone()).expect("UTF-8");
    for expected in [
        "an order was made",
        "an order was paid",
        "answered",
        "/orders/verify",
        "does not fit",
        "could not be asked",
        "balance is too low",
        "refund ended without",
        "sent back",
        "a letter was delivered",
        "it is sent again",
        "a letter is dead",
        "as the operator says",
        "bill could not be compared",
        "bill and the books differ",
    ] {
        assert!(log.contains(expected), "{expected:?} is missing: the log was not captured");
    }
    let refusals = |text: &str| log.lines().filter(|line| line.contains(text)).count();
    assert_eq!(refusals("WeChat Pay refused a refund"), 3);
    assert_eq!(refusals("ALERT: WeChat Pay refuses a refund"), 1, "the second one within a day is no alert");
    assert_requests_are_told_apart(&log);
    for (name, secret) in secrets {
        let shown = log.lines().find(|line| line.contains(&secret));
        assert!(secret.len() >= 5 && shown.is_none(), "the log shows the {name}: {shown:?}");
    }
}

/// Each request has one line of its own, and what was said while it was handled has its id.
fn assert_requests_are_told_apart(log: &str) {
    let mut answered = std::collections::BTreeSet::new();
    for line in log.lines() {
        let event: Value = serde_json::from_str(line).expect("one JSON object a line");
        let Some(id) = event["span"]["requestId"].as_str() else {
            let known = [
                "wx_checkout_server::jobs",
                "wx_checkout_server::bills",
                "wx_checkout_server::outbox",
                "wx_checkout_server::checkout::refunds",
            ];
            let of_a_job =
                event["spans"].as_array().is_some_and(|spans| spans.iter().any(|span| span["name"] == "a job"));
            let target = event["target"].as_str().expect("a target");
            assert!(of_a_job || known.iter().any(|known| target.starts_with(known)), "whose is this? {line}");
            continue;
        };
        assert!(event["span"]["route"].is_string() && event["span"]["method"].is_string(), "{line}");
        if event["fields"]["message"] == "answered" {
            assert!(event["fields"]["status"].is_u64() && event["fields"]["ms"].is_u64(), "{line}");
            assert!(answered.insert(id.to_owned()), "two lines for one request: {line}");
        }
    }
    assert!(answered.len() > 12, "{answered:?}");
    let of = |message: &str| {
        let line = log.lines().find(|line| line.contains(message)).expect("it was said");
        let event: Value = serde_json::from_str(line).expect("JSON");
        event["span"]["requestId"].as_str().map(str::to_owned)
    };
    for message in
        ["an order was made", "an order was paid", "could not be asked", "a notification was not acknowledged"]
    {
        let id = of(message).unwrap_or_else(|| panic!("{message:?} has no requestId"));
        assert!(answered.contains(&id), "{message:?} is of no request");
    }
}

const WEBHOOK_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const WEBHOOK_PATH: &str = "t0ken-in-the-path";
const SHIPPING: &str = "[shipping]\nupload = true\nlogistics = \"pickup\"\nitem_desc = \"茶叶\"\n\n";

/// The merchant's system is told, and takes it badly and well.
async fn tell(world: &World, receiver: &Receiver, order: &serde_json::Value) {
    receiver.answer_next([Answer::Elsewhere, Answer::Status(410)]);
    let outbox = &world.checkout.outbox;
    outbox.round().await.expect("a round");
    world.time.forward(10_000);
    outbox.round().await.expect("a round");
    let id = text(&order["orderId"]).try_into().expect("fits");
    let first = world.checkout.store.letters_of(&id).await.expect("read").remove(0);
    outbox.replay(&first.id).await.expect("asked");
    outbox.round().await.expect("a round");
    assert_eq!(world.wechat.shipping.lock().expect("lock").tokens, 1, "WeChat was told of the goods");
    assert!(receiver.got().iter().any(|got| String::from_utf8_lossy(&got.body).contains(PAYER)), "told whose it is");
}

/// The day's bill, which is unreadable first and then differs.
async fn compare(world: &World, number: &str) {
    let day = Day::of(world.time.ms());
    let mut line = world.wechat.paid_line(number);
    line.total = 7;
    world.time.forward(day.ready_ms() - world.time.ms());
    for spoilt in [Spoilt::OtherBytes, Spoilt::No] {
        world.wechat.spoilt_bill(&day.to_string(), vec![line.clone()], spoilt);
        bills::round(&world.checkout)
            .instrument(tracing::info_span!(target: "wx_checkout_server", "a job"))
            .await
            .expect("a round");
        world.time.forward(3_600_000);
    }
}

/// A purchase with its accidents; answers what must not show.
async fn purchase() -> Vec<(&'static str, String)> {
    let mut world = World::new().await;
    let (receiver, url) = Receiver::listen().await;
    let webhook =
        format!("[webhook]\nurl = \"{url}/{WEBHOOK_PATH}\"\nsecrets = [\"{WEBHOOK_SECRET}\"]\n\n{SHIPPING}[session]");
    world.reconfigure("[session]", &webhook).await;
    let token = world.login(PAYER).await;
    world.post("/auth/exchange", "", &json!({"credential": "40029"})).await;
    world.wechat.fail_next("/jsapi", Fault::Refuse(502, ""));
    world.create(&token, "a-key-of-one-checkout", &tea()).await;
    let order = world.buy(&token, "a-key-of-one-checkout").await;
    world.wechat.fail_next("out-trade-no", Fault::Probe);
    world.verify(&token, &order).await;
    let status_token = text(&order["statusToken"]);
    world
        .get(&format!("/orders/verify?transactionId={}&statusToken={status_token}", text(&order["orderId"])), "")
        .await;
    let number = world.wechat.number();
    world.wechat.set(&number, "SUCCESS");
    world.notify_of(&number).await;
    world.wechat.twist(&number, json!({"payer": {"openid": "oAnotherPayer"}}));
    world.notify_of(&number).await;
    // Paid twice, refunded with accidents, and told of in version 2 as well.
    world.wechat.twist(&number, json!({"transaction_id": format!("second-{}", &number[..8])}));
    world.notify_of(&number).await;
    world.wechat.twist(&number, json!({}));
    let v2 = format!("api_v2_key = \"{API_V2_KEY}\"\ncertificate_file = \"merchant_cert.pem\"\nserial = ");
    world.reconfigure("serial = ", &v2).await;
    let refused = Fault::Refuse(400, "PARAM_ERROR");
    for fault in [Fault::Refuse(403, "NOT_ENOUGH"), refused.clone(), refused, Fault::Probe] {
        world.wechat.fail_next("domestic/refunds", fault);
        jobs::refunds(&world.checkout)
            .instrument(tracing::info_span!(target: "wx_checkout_server", "a job"))
            .await
            .expect("a round");
        world.time.forward(3_600_000);
    }
    jobs::refunds(&world.checkout)
        .instrument(tracing::info_span!(target: "wx_checkout_server", "a job"))
        .await
        .expect("a round");
    let refund = format!("dup-second-{}", &number[..8]);
    world.wechat.end_refund(&refund, "ABNORMAL");
    world.notify_of_refund(&refund).await;
    let told = world.wechat.notification_v2(&number, false, None);
    world.notify_at("/notify/v2/payment", (HeaderMap::new(), told.clone())).await;
    world.notify_at("/notify/v2/payment", (HeaderMap::new(), told[..40].to_vec())).await;
    world
        .notify_at("/notify/v2/refund", (HeaderMap::new(), world.wechat.refund_notification_v2(&refund, API_V2_KEY)))
        .await;
    world
        .notify_at("/notify/v2/refund", (HeaderMap::new(), world.wechat.refund_notification_v2(&refund, "another")))
        .await;
    world.verify(&status_token, &order).await;
    tell(&world, &receiver, &order).await;
    compare(&world, &number).await;
    let payment = &order["payment"];
    let key = std::fs::read_to_string(world.directory.path().join("merchant_key.pem")).expect("readable");
    vec![
        ("openid", PAYER.to_owned()),
        ("other openid", "oAnotherPayer".to_owned()),
        ("login code", format!("code-{PAYER}")),
        ("session token", token),
        ("order's token", status_token),
        ("idempotency key", "a-key-of-one-checkout".to_owned()),
        ("prepay_id", text(&payment["package"])["prepay_id=".len()..].to_owned()),
        ("package", "prepay_id".to_owned()),
        ("paySign", text(&payment["paySign"])),
        ("nonce", text(&payment["nonceStr"])),
        ("order number", number),
        ("webhook's secret", WEBHOOK_SECRET["whsec_".len()..].to_owned()),
        ("webhook's path", WEBHOOK_PATH.to_owned()),
        ("access token", "access-token-1".to_owned()),
        ("receiver's answer", "/elsewhere".to_owned()),
        ("app secret", APP_SECRET.to_owned()),
        ("session_key", "c2Vzc2lvbl9rZXk=".to_owned()),
        ("APIv3 key", API_V3_KEY.to_owned()),
        ("v2 API key", API_V2_KEY.to_owned()),
        ("payer's account", "招商银行信用卡".to_owned()),
        ("session signing key", SESSION_KEY.to_owned()),
        ("private key", key.lines().nth(3).expect("a line").to_owned()),
    ]
}

/// The program itself, asked for all that it can say.
#[tokio::test]
async fn the_program_says_no_secret_at_its_loudest() {
    let world = World::new().await;
    let mut child = tokio::process::Command::new(env!("CARGO_BIN_EXE_wx-checkout-server"))
        .args(["serve", "--config"])
        .arg(world.directory.path().join("server.toml"))
        .env("RUST_LOG", "trace")
        .kill_on_drop(true)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let line = lines.next_line().await.expect("readable").expect("a line");
    let url = line.rsplit(' ').next().expect("an address").to_owned();
    let mut said = child.stderr.take().expect("piped");
    let reading = tokio::spawn(async move {
        let mut log = String::new();
        said.read_to_string(&mut log).await.expect("UTF-8");
        log
    });

    let http = reqwest::Client::new();
    let post = |path: &str, body: &Value| {
        http.post(format!("{url}{path}")).header("content-type", "application/json").body(body.to_string())
    };
    let json = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).expect("JSON");
    let session =
        post("/auth/exchange", &json!({"credential": format!("code-{PAYER}")})).send().await.expect("answered");
    let session = json(&session.bytes().await.expect("a body"));
    let token = text(&session["token"]);
    let create =
        post("/payments/create", &tea()).bearer_auth(&token).header("idempotency-key", "a-key-of-one-checkout");
    let order = json(&create.send().await.expect("answered").bytes().await.expect("a body"));
    let status_token = text(&order["statusToken"]);
    let address = format!("{url}/orders/verify?transactionId={}&statusToken={status_token}", text(&order["orderId"]));
    assert_eq!(http.get(address).send().await.expect("answered").status().as_u16(), 200);
    let number = world.wechat.number();
    world.wechat.set(&number, "SUCCESS");
    let (headers, body) = world.wechat.notification(&world.wechat.transaction(&number));
    let told = http.post(format!("{url}/notify/v3/payment")).headers(headers.clone()).body(body.clone());
    assert_eq!(told.send().await.expect("answered").status().as_u16(), 204);
    let broken = http.post(format!("{url}/notify/v3/payment")).headers(headers).body(body[1..].to_vec());
    assert_eq!(broken.send().await.expect("answered").status().as_u16(), 401);

    let id = child.id().expect("running").to_string();
    assert!(tokio::process::Command::new("kill").args(["-TERM", &id]).status().await.expect("kill").success());
    assert_eq!(child.wait().await.expect("ends").code(), Some(0));
    let log = reading.await.expect("read");
    assert!(log.contains("an order was made") && log.contains("an order was paid"), "{log}");
    let payment = &order["payment"];
    for (name, secret) in [
        ("openid", PAYER.to_owned()),
        ("login code", format!("code-{PAYER}")),
        ("session token", token),
        ("order's token", status_token),
        ("idempotency key", "a-key-of-one-checkout".to_owned()),
        ("prepay_id", text(&payment["package"])["prepay_id=".len()..].to_owned()),
        ("paySign", text(&payment["paySign"])),
        ("order number", number),
        ("app secret", APP_SECRET.to_owned()),
        ("APIv3 key", API_V3_KEY.to_owned()),
        ("session signing key", SESSION_KEY.to_owned()),
        ("signature of a request", "WECHATPAY2-SHA256-RSA2048".to_owned()),
    ] {
        let shown = log.lines().find(|line| line.contains(&secret));
        assert!(shown.is_none(), "the log shows the {name}: {shown:?}");
    }
}
