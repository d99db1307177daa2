//! The doctor beside a running server, on the configuration that the sandbox wrote.

use serde_json::Value;

use crate::programs::run;
use crate::world::{Notifications, World};

#[tokio::test]
async fn the_doctor_finds_nothing_that_fails_in_the_sandboxs_own_configuration() {
    let world = World::start(Notifications::Delivered).await;
    let phone = world.phone().await;
    let created = phone.create("key-00000001").await.ok();
    phone.pay(&created["payment"]).await;
    world.event("notification acknowledged").await;

    let config = world.config();
    let config = config.to_str().expect("UTF-8");
    let (code, said) = run("wx-checkout-server", &["doctor", "--json", "--config", config]).await;
    assert_eq!(code, Some(1), "{said}");
    let report: Value = serde_json::from_str(&said).expect("JSON");
    let of = |status: &str| -> Vec<&str> {
        let checks = report["checks"].as_array().expect("a list").iter();
        checks.filter(|check| check["status"] == status).map(|check| check["id"].as_str().expect("an id")).collect()
    };
    assert_eq!(of("fail"), [""; 0], "{said}");
    // Beside a server that took a payment, the books prove what questions cannot.
    for proven in
        ["credentials.v3", "wechatpay.signature", "login", "api_v3_key.opens", "appid.bound", "database.layout"]
    {
        assert!(of("pass").contains(&proven), "{proven} did not pass: {said}");
    }
    assert!(of("warn").contains(&"gateway.real"), "{said}");
    let identity = world.identity();
    for secret in ["appSecret", "apiV3Key", "apiV2Key"] {
        assert!(!said.contains(identity[secret].as_str().expect("a text")), "{secret} is shown");
    }
}
