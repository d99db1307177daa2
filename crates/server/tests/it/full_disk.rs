//! M5 and M8 on the day on which the database takes nothing: nothing is acknowledged, nothing is made up.

use axum::http::StatusCode;

use crate::support::database::Direct;
use crate::support::{API_V2_KEY, PAYER, Reply, World};

/// From here on a notification cannot be written, though all else can.
const NO_ROOM: &str = "ALTER TABLE notifications RENAME TO notifications_away";
const ROOM: &str = "ALTER TABLE notifications_away RENAME TO notifications";

fn assert_sent_again(reply: &Reply) {
    let body = String::from_utf8_lossy(&reply.body);
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE, "{body}");
    assert!(body.contains("FAIL") && !body.contains("SUCCESS"), "{body}");
}

#[tokio::test]
async fn m8_what_cannot_be_stored_is_not_acknowledged_and_comes_again() {
    let world = World::new().await;
    let token = world.login(PAYER).await;
    let order = world.buy(&token, "key-1").await;
    let number = world.wechat.number();
    world.wechat.set(&number, "SUCCESS");
    world.database.execute(NO_ROOM).await;
    assert_sent_again(&world.notify_of(&number).await);
    let (a, b, c) = tokio::join!(world.notify_of(&number), world.notify_of(&number), world.notify_of(&number));
    for reply in [a, b, c] {
        assert_sent_again(&reply);
    }
    world.wechat.refund_elsewhere("r-1", &number, 6800);
    assert_sent_again(&world.notify_of_refund("r-1").await);
    assert_eq!(world.number("SELECT count(*) FROM payments").await, 0, "stored with the transition, or not at all");
    world.database.execute(ROOM).await;
    assert_eq!(world.notify_of(&number).await.status, StatusCode::NO_CONTENT);
    assert_eq!(world.verify(&token, &order).await["isValid"], true);
}

#[tokio::test]
async fn m8_what_cannot_be_stored_is_not_acknowledged_in_version_2_either() {
    let mut world = World::new().await;
    let v2 =
        format!("api = \"v2\"\napi_v2_key = \"{API_V2_KEY}\"\ncertificate_file = \"merchant_cert.pem\"\nserial = ");
    world.reconfigure("serial = ", &v2).await;
    let token = world.login(PAYER).await;
    let order = world.buy(&token, "key-1").await;
    let number = world.wechat.number();
    world.wechat.set(&number, "SUCCESS");
    let payment = || (Default::default(), world.wechat.notification_v2(&number, false, None));
    world.database.execute(NO_ROOM).await;
    assert_sent_again(&world.notify_at("/notify/v2/payment", payment()).await);
    world.wechat.refund_elsewhere("r-1", &number, 6800);
    let refund = world.wechat.refund_notification_v2("r-1", API_V2_KEY);
    assert_sent_again(&world.notify_at("/notify/v2/refund", (Default::default(), refund)).await);
    world.database.execute(ROOM).await;
    assert_eq!(world.notify_at("/notify/v2/payment", payment()).await.status, StatusCode::OK);
    assert_eq!(world.verify(&token, &order).await["isValid"], true);
}

#[tokio::test]
async fn m5_a_payment_that_the_books_cannot_take_is_unknown_and_not_payable() {
    let world = World::new().await;
    let token = world.login(PAYER).await;
    world.buy(&token, "key-1").await;
    let first = world.wechat.number();
    world.wechat.set(&first, "SUCCESS");
    assert_eq!(world.notify_of(&first).await.status, StatusCode::NO_CONTENT);
    // One payment was told of; no other can be.
    world.database.execute("CREATE UNIQUE INDEX no_room ON outbox (action)").await;
    let other = world.login("oSomebodyElse").await;
    let order = world.buy(&other, "key-1").await;
    let number = {
        let trades = world.wechat.trades.lock().expect("lock");
        trades.keys().find(|number| **number != first).expect("theirs").clone()
    };
    world.wechat.set(&number, "SUCCESS");
    let said = world.verify(&other, &order).await;
    assert_eq!((&said["state"], &said["isValid"]), (&"unknown".into(), &false.into()), "{said}");
    assert_eq!(said["evidence"]["source"], "ledger");
    assert!(said["evidence"]["ageMs"].as_u64().is_some_and(|age| age < 600_000), "not older than the order: {said}");
    world.database.execute("DROP INDEX no_room").await;
    assert_eq!(world.verify(&other, &order).await["isValid"], true);
}

#[tokio::test]
async fn m8_a_notification_that_is_no_notification_by_its_size_is_refused() {
    let world = World::new().await;
    let large = vec![b' '; 64 * 1024 + 1];
    let reply = world.notify_at("/notify/v3/payment", (world.wechat.sign(&large), large)).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    assert!(String::from_utf8_lossy(&reply.body).contains("too large"));
    let fits = vec![b' '; 64 * 1024];
    let reply = world.notify_at("/notify/v3/payment", (world.wechat.sign(&fits), fits)).await;
    assert!(!String::from_utf8_lossy(&reply.body).contains("too large"), "that one is read");
}

/// WeChat gives up after 5 s, and wants its own FAIL before that, not an error page of ours.
#[tokio::test]
async fn m8_what_is_not_booked_in_time_is_refused_in_wechats_words_and_comes_again() {
    let world = World::new().await;
    let token = world.login(PAYER).await;
    let order = world.buy(&token, "key-1").await;
    let number = world.wechat.number();
    world.wechat.set(&number, "SUCCESS");
    let mut holder = world.database.direct().await;
    hold(&mut holder).await;
    assert_sent_again(&world.notify_of(&number).await);
    let_go(holder).await;
    assert_eq!(world.notify_of(&number).await.status, StatusCode::NO_CONTENT);
    assert_eq!(world.verify(&token, &order).await["isValid"], true);
    assert_eq!(world.number("SELECT count(*) FROM payments").await, 1);
}

/// Nobody else writes from here on.
async fn hold(db: &mut Direct) {
    match db {
        Direct::Sqlite(db) => drop(sqlx::query("BEGIN IMMEDIATE").execute(db).await.expect("held")),
        Direct::Postgres(db) => {
            sqlx::query("BEGIN").execute(&mut *db).await.expect("begun");
            sqlx::query("LOCK TABLE notifications IN ACCESS EXCLUSIVE MODE").execute(db).await.expect("held");
        }
    }
}

async fn let_go(db: Direct) {
    match db {
        Direct::Sqlite(mut db) => drop(sqlx::query("ROLLBACK").execute(&mut db).await.expect("let go")),
        Direct::Postgres(mut db) => drop(sqlx::query("ROLLBACK").execute(&mut db).await.expect("let go")),
    }
}
