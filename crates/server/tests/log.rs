//! The log of a whole purchase shows nothing that is secret or personal. A process of its own: what
//! is logged is decided per process, and other tests must not decide it.

#[allow(dead_code)] // Shared with the tests in it/, which use the rest.
#[path = "it/support/mod.rs"]
mod support;

use std::io::Write;
use std::sync::{Arc, Mutex};

use serde_json::json;

use support::{API_V3_KEY, APP_SECRET, Fault, PAYER, SESSION_KEY, World, tea, text};

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
    // Everything of ours, down to the last detail.
    let filter = tracing_subscriber::EnvFilter::new("wx_checkout_server=trace");
    let log = tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(move || writer.clone()).finish();
    tracing::subscriber::set_global_default(log).expect("the first in this process");
    let secrets = purchase().await;
    let log = String::from_utf8(captured.0.lock().expect("lock").clone()).expect("UTF-8");
    for expected in
        ["an order was made", "an order was paid", "answered", "/orders/verify", "does not fit", "could not be asked"]
    {
        assert!(log.contains(expected), "{expected:?} is missing: the log was not captured");
    }
    for (name, secret) in secrets {
        let shown = log.lines().find(|line| line.contains(&secret));
        assert!(secret.len() >= 5 && shown.is_none(), "the log shows the {name}: {shown:?}");
    }
}

/// A purchase with its accidents; answers what must not show.
async fn purchase() -> Vec<(&'static str, String)> {
    let world = World::new().await;
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
    world.verify(&token, &order).await;
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
        ("app secret", APP_SECRET.to_owned()),
        ("session_key", "c2Vzc2lvbl9rZXk=".to_owned()),
        ("APIv3 key", API_V3_KEY.to_owned()),
        ("session signing key", SESSION_KEY.to_owned()),
        ("private key", key.lines().nth(3).expect("a line").to_owned()),
    ]
}
