//! M8: notifications.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};

use crate::support::{PAYER, World};

async fn paid_world() -> (World, String, Value, String) {
    let world = World::new().await;
    let token = world.login(PAYER).await;
    let order = world.buy(&token, "key-1").await;
    let number = world.wechat.number();
    world.wechat.set(&number, "SUCCESS");
    (world, token, order, number)
}

#[tokio::test]
async fn m8_a_notification_is_on_disk_when_it_is_acknowledged() {
    let (mut world, token, order, number) = paid_world().await;
    let (headers, body) = world.wechat.notification(&world.wechat.transaction(&number));
    let length = i64::try_from(body.len()).expect("small");
    assert_eq!(world.notify((headers, body)).await.status, StatusCode::NO_CONTENT);
    assert_eq!(world.number("SELECT CAST(length(body) AS BIGINT) FROM notifications").await, length);
    assert_eq!(
        world.number("SELECT count(*) FROM notifications WHERE headers LIKE '%wechatpay-signature: %'").await,
        1
    );
    world.restart().await;
    assert_eq!(world.verify(&token, &order).await["state"], "paid");
}

#[tokio::test]
async fn m8_duplicates_change_nothing_twice() {
    let (world, token, order, number) = paid_world().await;
    let same = world.wechat.notification(&world.wechat.transaction(&number));
    let (a, b, c) = tokio::join!(world.notify(same.clone()), world.notify(same.clone()), world.notify_of(&number));
    for reply in [a, b, c] {
        assert_eq!(reply.status, StatusCode::NO_CONTENT);
    }
    assert_eq!(world.number("SELECT count(*) FROM payments").await, 1);
    assert_eq!(world.number("SELECT count(*) FROM outbox").await, 1);
    assert_eq!(world.verify(&token, &order).await["state"], "paid");
}

#[tokio::test]
async fn m8_what_does_not_verify_gets_fail_and_changes_nothing() {
    let (world, _, _, number) = paid_world().await;
    let (headers, body) = world.wechat.notification(&world.wechat.transaction(&number));
    let with = |name: &'static str, value: &str| {
        let mut changed = headers.clone();
        changed.insert(name, value.parse().expect("ascii"));
        (changed, body.clone())
    };
    let mut unsigned = headers.clone();
    unsigned.remove("wechatpay-signature");
    let mut flipped = body.clone();
    flipped[10] ^= 1;
    let reencoded = serde_json::to_vec_pretty(&serde_json::from_slice::<Value>(&body).expect("JSON")).expect("JSON");
    let probe = format!("WECHATPAY/SIGNTEST/{}", headers["wechatpay-signature"].to_str().expect("ascii"));
    let mut undecryptable: Value = serde_json::from_slice(&body).expect("JSON");
    undecryptable["resource"]["ciphertext"] = json!("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    let undecryptable = undecryptable.to_string().into_bytes();
    let forgeries = [
        (unsigned, body.clone()),
        (headers.clone(), flipped),
        (headers.clone(), reencoded),
        with("wechatpay-signature", &probe),
        with("wechatpay-serial", "PUB_KEY_ID_OTHER"),
        with("wechatpay-timestamp", "1"),
        with("wechatpay-timestamp", "now"),
        (world.wechat.sign(&undecryptable), undecryptable),
        (headers.clone(), vec![b'x'; 70_000]),
    ];
    for (at, forgery) in forgeries.into_iter().enumerate() {
        let reply = world.notify(forgery).await;
        assert!(reply.status.is_client_error(), "forgery {at}");
        assert_eq!(reply.json["code"], "FAIL", "forgery {at}");
        assert!(reply.json["message"].is_string());
    }
    world.time.forward(301_000);
    assert_eq!(world.notify((headers, body)).await.status, StatusCode::UNAUTHORIZED, "a replay");
    assert_eq!(world.number("SELECT (SELECT count(*) FROM notifications) + (SELECT count(*) FROM payments)").await, 0);
}

#[tokio::test]
async fn m8_a_misfit_is_acknowledged_frozen_and_never_closed_nor_unpaid() {
    let twists = [
        json!({"amount": {"total": 1}}),
        json!({"amount": {"currency": "USD"}}),
        json!({"mchid": "1900000002"}),
        json!({"appid": "wxother"}),
        json!({"payer": {"openid": "oSomebodyElse"}}),
    ];
    for twist in twists {
        let (world, token, order, number) = paid_world().await;
        world.wechat.twist(&number, twist.clone());
        assert_eq!(world.notify_of(&number).await.status, StatusCode::NO_CONTENT, "{twist}");
        assert_eq!(world.notify_of(&number).await.status, StatusCode::NO_CONTENT);
        assert_eq!(world.number("SELECT count(*) FROM unmatched_payments").await, 1);
        assert_eq!(world.number("SELECT count(*) FROM outbox WHERE action = 'unmatched_payment'").await, 1);
        let view = world.verify(&token, &order).await;
        assert_eq!((&view["state"], &view["isValid"]), (&json!("unknown"), &json!(false)), "{twist}");
        let closed = world.post("/orders/close", &token, &json!({"orderId": order["orderId"]})).await;
        assert_eq!(closed.json["state"], "unknown", "a frozen order is not closed");
    }
}

#[tokio::test]
async fn m8_a_query_that_tells_of_a_misfit_freezes_too() {
    let (world, token, order, number) = paid_world().await;
    world.wechat.twist(&number, json!({"amount": {"total": 1}}));
    assert_eq!(world.verify(&token, &order).await["state"], "unknown");
    assert_eq!(world.number("SELECT count(*) FROM unmatched_payments WHERE total = 1").await, 1);
}

#[tokio::test]
async fn m8_a_payment_for_no_order_is_kept() {
    let (world, _, _, number) = paid_world().await;
    let mut transaction = world.wechat.transaction(&number);
    transaction["out_trade_no"] = json!("nobody-made-this");
    for _ in 0..2 {
        assert_eq!(world.notify(world.wechat.notification(&transaction)).await.status, StatusCode::NO_CONTENT);
    }
    assert_eq!(world.number("SELECT count(*) FROM unmatched_payments WHERE order_id IS NULL").await, 1);
    assert_eq!(world.number("SELECT count(*) FROM outbox").await, 1);
}

#[tokio::test]
async fn m8_what_verifies_and_is_not_understood_is_kept() {
    let (world, _, _, number) = paid_world().await;
    let mut transaction = world.wechat.transaction(&number);
    transaction["transaction_id"] = Value::Null;
    assert_eq!(world.notify(world.wechat.notification(&transaction)).await.status, StatusCode::NO_CONTENT);
    assert_eq!(world.number("SELECT count(*) FROM notifications").await, 1);
}

#[tokio::test]
async fn m8_a_body_that_ends_early_is_not_acknowledged() {
    let world = World::new().await;
    let request = Request::post("/notify/v3/payment").body(Body::empty()).expect("a request");
    assert_eq!(world.call(request).await.status, StatusCode::UNAUTHORIZED);
}

/// Some hundreds at once, as after an outage: each is kept and acknowledged, and each payment is
/// booked once. What the server was too busy for comes again, as WeChat's do.
#[tokio::test]
async fn m8_hundreds_of_deliveries_at_once_are_all_kept_and_booked_once() {
    const PAYERS: usize = 25;
    const EACH: usize = 14;
    let world = World::new().await;
    let mut waiting = vec![];
    for number in 0..PAYERS {
        let token = world.login(&format!("oPayer{number}")).await;
        world.buy(&token, "key-1").await;
    }
    let numbers: Vec<String> = world.wechat.trades.lock().expect("lock").keys().cloned().collect();
    for number in &numbers {
        world.wechat.set(number, "SUCCESS");
        let same = world.wechat.notification(&world.wechat.transaction(number));
        waiting.extend(std::iter::repeat_n(same, EACH));
    }
    // Each payer's next to another's, so that they meet.
    waiting.sort_by_key(|(_, body)| body.iter().rev().take(40).map(|byte| u64::from(*byte)).sum::<u64>());
    assert_eq!(waiting.len(), PAYERS * EACH);
    let mut delivered = 0;
    while !waiting.is_empty() {
        let mut deliveries = tokio::task::JoinSet::new();
        for (headers, body) in std::mem::take(&mut waiting) {
            let mut request = Request::post("/notify/v3/payment").body(Body::from(body.clone())).expect("a request");
            request.headers_mut().extend(headers.clone());
            let router = world.router.clone();
            deliveries.spawn(async move { (crate::support::call(&router, request).await.status, (headers, body)) });
        }
        for (status, notification) in deliveries.join_all().await {
            if status == StatusCode::NO_CONTENT {
                delivered += 1;
            } else {
                assert!(status.is_server_error(), "{status}: it verifies, so it is never refused for good");
                waiting.push(notification);
            }
        }
    }
    assert_eq!(delivered, PAYERS * EACH);
    let count = |number: i64| usize::try_from(number).expect("small");
    assert!(count(world.number("SELECT count(*) FROM notifications").await) >= PAYERS * EACH);
    assert_eq!(count(world.number("SELECT count(*) FROM payments").await), PAYERS);
    assert_eq!(count(world.number("SELECT count(*) FROM outbox WHERE action = 'paid'").await), PAYERS);
    assert_eq!(world.number("SELECT count(*) FROM outbox WHERE action <> 'paid'").await, 0);
}
