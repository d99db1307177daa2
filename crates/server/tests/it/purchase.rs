//! One purchase from login to acknowledgement.

use axum::http::StatusCode;
use serde_json::json;

use crate::support::{APPID, PAYER, World, tea, text};

#[tokio::test]
async fn a_whole_purchase() {
    let world = World::new().await;
    let token = world.login(PAYER).await;
    let order = world.buy(&token, "key-1").await;
    assert_eq!(order["amount"], 6800);
    assert!(order["payableForMs"].as_u64().is_some_and(|ms| (7_190_000..=7_200_000).contains(&ms)));

    let payment = &order["payment"];
    let signed = format!(
        "{APPID}\n{}\n{}\n{}\n",
        text(&payment["timeStamp"]),
        text(&payment["nonceStr"]),
        text(&payment["package"])
    );
    assert!(text(&payment["package"]).starts_with("prepay_id="));
    assert!(world.wechat.merchant_signed(&signed, &text(&payment["paySign"])));

    let before = world.verify(&token, &order).await;
    assert_eq!((&before["state"], &before["isValid"]), (&json!("payable"), &json!(false)));
    assert_eq!(before["evidence"]["source"], "wechat");

    let number = world.wechat.number();
    world.wechat.set(&number, "SUCCESS");
    assert_eq!(world.notify_of(&number).await.status, StatusCode::NO_CONTENT);

    let queries = world.wechat.count("GET");
    let status_token = text(&order["statusToken"]);
    let after = world.verify(&status_token, &order).await;
    assert_eq!((&after["state"], &after["isValid"]), (&json!("paid"), &json!(true)));
    assert_eq!((&after["orderId"], &after["amount"]), (&order["orderId"], &json!(6800)));
    assert_eq!(after["wechatTransactionId"], format!("4200{number}"));
    assert_eq!(after["paidAt"], "2026-01-02T03:04:05+08:00");
    assert_eq!(world.wechat.count("GET"), queries, "a final state is not asked about again");

    assert_eq!(world.get("/orders", &token).await.json["orders"][0]["state"], "paid");
    let again = world.create(&token, "key-2", &tea()).await;
    assert_eq!(again.json["code"], "open_order", "paid and not acknowledged");
    let acknowledged = json!({"orderId": order["orderId"]});
    assert_eq!(world.post("/orders/acknowledge", &status_token, &acknowledged).await.status, StatusCode::NO_CONTENT);
    assert_eq!(world.post("/orders/acknowledge", &token, &acknowledged).await.status, StatusCode::NO_CONTENT);
    assert_eq!(world.get("/orders", &token).await.json, json!({"orders": []}));
    world.buy(&token, "key-3").await;
}
