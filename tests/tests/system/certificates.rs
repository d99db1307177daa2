//! A merchant that knows WeChat by its platform certificates, which change while the server runs.

use std::time::Duration;

use serde_json::{Value, json};

use crate::world::{Notifications, World};

/// Turns the configuration of the first merchant, which has the public key, into the second one's.
fn second_merchant(config: &str, identity: &Value) -> String {
    let (first, second) = (&identity["merchants"][0], &identity["merchants"][1]);
    let quoted = |value: &Value| format!("\"{}\"", value.as_str().expect("a text"));
    let mut text = config.to_owned();
    for name in ["mchid", "merchantSerial", "apiV3Key"] {
        text = text.replace(&quoted(&first[name]), &quoted(&second[name]));
    }
    text = text.replace("\"merchant_key.pem\"", &quoted(&second["keyFile"]));
    let lines = text.lines().map(|line| match line.split_once(" = ") {
        Some(("public_key_id", _)) => "platform_certificate_files = [\"platform_cert.pem\"]\n".to_owned(),
        Some(("public_key_file", _)) => String::new(),
        _ => format!("{line}\n"),
    });
    lines.collect()
}

#[tokio::test]
async fn a_server_that_runs_goes_on_when_wechat_changes_its_certificate() {
    let world = World::start(Notifications::Delivered).await;
    let identity = world.identity();
    let stopped = world.kill_server().await;
    let config = std::fs::read_to_string(stopped.config()).expect("written by the sandbox");
    std::fs::write(stopped.config(), second_merchant(&config, &identity)).expect("written");
    let world = stopped.restart_server().await;
    let phone = world.phone().await;
    let created = phone.create("key-00000001").await.ok();
    // It knows the old one from its file, and the next one only because it asks for the list.
    world.event("platform certificates were listed").await;
    world.control("keys", &json!({ "certificate": "next" })).await;
    assert_eq!(phone.pay(&created["payment"]).await, "requestPayment:ok");
    let paid = async {
        while phone.verify(&created["orderId"]).await["state"] != "paid" {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let in_time = tokio::time::timeout(Duration::from_secs(60), paid).await;
    assert!(in_time.is_ok(), "{}", world.server.log());
    world.event("notification acknowledged").await;
}
