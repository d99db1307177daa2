//! The present server on a database that the version before M11 and M12 laid out and filled, with rows
//! of every kind.

use axum::http::StatusCode;
use serde_json::{Value, json};
use wx_checkout_server::jobs;

use crate::support::database::Database;
use crate::support::{APPID, MCHID, PAYER, World, text};

/// The last migration of that version.
const BEFORE: i64 = 20;

/// What an order of then was, beside what all have.
struct Old {
    id: &'static str,
    sale: &'static str,
    merchant_order: &'static str,
    /// Of the columns below, in their order.
    book: [&'static str; 7],
    acknowledged: u8,
}

const COLUMNS: &str = "closed_seen, absent_seen, close_asked, parameters_left, refused, is_open, is_unresolved";

const BASKET: &str = r#"[{"sku":"longjing-50g","quantity":1}]"#;

/// Closed, absent, close asked, parameters left, refused, open, unresolved.
const ORDERS: [Old; 8] = [
    Old {
        id: "open",
        sale: BASKET,
        merchant_order: "NULL",
        book: ["FALSE", "FALSE", "FALSE", "TRUE", "FALSE", "TRUE", "TRUE"],
        acknowledged: 0,
    },
    Old {
        id: "paid",
        sale: BASKET,
        merchant_order: "NULL",
        book: ["FALSE", "FALSE", "FALSE", "TRUE", "FALSE", "TRUE", "FALSE"],
        acknowledged: 0,
    },
    Old {
        id: "refunded",
        sale: BASKET,
        merchant_order: "NULL",
        book: ["FALSE", "FALSE", "FALSE", "TRUE", "FALSE", "FALSE", "FALSE"],
        acknowledged: 2,
    },
    Old {
        id: "frozen",
        sale: BASKET,
        merchant_order: "NULL",
        book: ["FALSE", "FALSE", "FALSE", "TRUE", "FALSE", "TRUE", "FALSE"],
        acknowledged: 0,
    },
    Old {
        id: "closed",
        sale: BASKET,
        merchant_order: "NULL",
        book: ["TRUE", "FALSE", "TRUE", "TRUE", "FALSE", "FALSE", "FALSE"],
        acknowledged: 1,
    },
    Old {
        id: "refused",
        sale: BASKET,
        merchant_order: "NULL",
        book: ["FALSE", "FALSE", "FALSE", "FALSE", "TRUE", "FALSE", "FALSE"],
        acknowledged: 0,
    },
    Old {
        id: "twice",
        sale: BASKET,
        merchant_order: "NULL",
        book: ["FALSE", "FALSE", "FALSE", "TRUE", "FALSE", "TRUE", "FALSE"],
        acknowledged: 0,
    },
    Old {
        id: "theirs",
        sale: r#"{"merchantOrderId":"m-1"}"#,
        merchant_order: "'m-1'",
        book: ["FALSE", "FALSE", "FALSE", "TRUE", "FALSE", "TRUE", "FALSE"],
        acknowledged: 0,
    },
];

/// All that the version before could have written.
fn rows(now_ms: u64) -> String {
    let until_ms = now_ms + 3_600_000;
    let mut sql = String::new();
    for Old { id, sale, merchant_order, book, acknowledged } in &ORDERS {
        let key = if *id == "refused" { "NULL".to_owned() } else { format!("'key-{id}'") };
        sql += &format!(
            "INSERT INTO orders (id, openid, bound_key, idempotency_key, lines, amount, created_ms, payable_until_ms, \
             out_trade_no, mchid, appid, request, {COLUMNS}, acknowledged, evidence_ms, looked_ms, api, late_payment, \
             merchant_order_id) VALUES ('{id}', '{PAYER}', {key}, 'key-{id}', '{sale}', 6800, {now_ms}, {until_ms}, \
             'number-{id}', '{MCHID}', '{APPID}', BYTES(7b7d)BYTES, {}, {acknowledged}, {now_ms}, {now_ms}, 'v3', 'refund', \
             {merchant_order});\n",
            book.join(", ")
        );
    }
    for (order, payment) in [
        ("paid", "t-paid"),
        ("refunded", "t-refunded"),
        ("twice", "t-first"),
        ("twice", "t-second"),
        ("theirs", "t-theirs"),
    ] {
        sql += &format!(
            "INSERT INTO payments (order_id, transaction_id, paid_at) VALUES ('{order}', '{payment}', '2026-01-02T03:04:05+08:00');\n"
        );
    }
    sql += "INSERT INTO unmatched_payments (out_trade_no, transaction_id, order_id, total, misfit) VALUES \
            ('number-frozen', 't-frozen', 'frozen', 1, 'amount'), ('number-nobody', 't-nobody', NULL, 6800, 'order');\n";
    for (order, number, payment, amount, why, stage, next) in [
        ("refunded", "r-1", "t-refunded", 800, "operator", "success", "NULL".to_owned()),
        ("refunded", "r-2", "t-refunded", 100, "foreign", "processing", now_ms.to_string()),
        ("twice", "dup-t-second", "t-second", 6800, "second", "due", now_ms.to_string()),
    ] {
        sql += &format!(
            "INSERT INTO refunds (order_id, out_refund_no, transaction_id, amount, why, reason, stage, asked_ms, contradicted, \
             next_ms) VALUES ('{order}', '{number}', '{payment}', {amount}, '{why}', '', '{stage}', {now_ms}, FALSE, {next});\n"
        );
    }
    sql += "INSERT INTO notifications (received_ms, headers, body, route) VALUES (1, 'a: b', BYTES(7b7d)BYTES, 'v3/payment');\n\
            INSERT INTO leases (duty, until_ms) VALUES ('care open', 1);\n";
    let events = [
        ("'paid'", "paid", "t-paid"),
        ("'twice'", "paid", "t-first"),
        ("'frozen'", "unmatched_payment", "t-frozen"),
        ("NULL", "unmatched_payment", "t-nobody"),
        ("'twice'", "paid_twice", "t-second"),
        ("'refunded'", "refunded", "r-1"),
        ("'closed'", "closed", ""),
    ];
    for (at, (order, action, subject)) in events.into_iter().enumerate() {
        sql += &format!(
            "INSERT INTO outbox (order_id, action, subject, created_ms) VALUES ({order}, '{action}', '{subject}', {at});\n"
        );
    }
    sql
}

/// A server of today on a database of then.
async fn upgraded() -> (World, Database, tempfile::TempDir) {
    let mut world = World::new().await;
    let directory = tempfile::tempdir().expect("a directory");
    let old = Database::new(directory.path()).await;
    old.lay_out(BEFORE).await;
    old.fill(&rows(world.time.ms())).await;
    let setting = |database: &Database| format!("database = \"{}\"", database.setting());
    world.reconfigure(&setting(&world.database), &setting(&old)).await;
    (world, old, directory)
}

#[tokio::test]
async fn after_an_upgrade_every_order_is_there_and_says_what_it_said() {
    let (world, old, _directory) = upgraded().await;
    let token = world.login(PAYER).await;
    let table = [
        ("open", "payable", "none", 0),
        ("paid", "paid", "none", 0),
        ("refunded", "paid", "refunding", 800),
        ("frozen", "unknown", "none", 0),
        ("closed", "closed", "none", 0),
        ("refused", "closed", "none", 0),
        ("twice", "paid", "none", 0),
        ("theirs", "paid", "none", 0),
    ];
    for (id, state, refund, refunded) in table {
        let view = world.verify(&token, &json!({ "orderId": id })).await;
        assert_eq!((&view["state"], &view["refund"]), (&json!(state), &json!(refund)), "{id}: {view}");
        assert_eq!((&view["amount"], &view["refundedAmount"]), (&json!(6800), &json!(refunded)), "{id}: {view}");
    }
    let view = world.verify(&token, &json!({ "orderId": "twice" })).await;
    assert_eq!(view["wechatTransactionId"], "t-first", "the first payment keeps the order");
    let listed = world.get("/orders", &token).await.json;
    let mut listed: Vec<String> =
        listed["orders"].as_array().expect("a list").iter().map(|order| text(&order["orderId"])).collect();
    listed.sort();
    assert_eq!(listed, ["frozen", "open", "paid", "theirs", "twice"]);
    for (query, count) in [
        ("SELECT count(*) FROM unmatched_payments", 2),
        ("SELECT count(*) FROM notifications", 1),
        ("SELECT count(*) FROM refunds WHERE next_ms IS NOT NULL", 2),
        ("SELECT count(*) FROM orders WHERE merchant_order_id = 'm-1'", 1),
    ] {
        assert_eq!(old.number(query).await, count, "{query}");
    }
}

#[tokio::test]
async fn after_an_upgrade_the_outbox_is_in_order_and_what_is_new_comes_last() {
    let (world, old, _directory) = upgraded().await;
    let ordered =
        "SELECT count(*) FROM outbox a JOIN outbox b ON a.arrival < b.arrival AND a.created_ms >= b.created_ms";
    assert_eq!((old.number("SELECT count(*) FROM outbox").await, old.number(ordered).await), (7, 0));
    let transaction = json!({
        "appid": APPID, "mchid": MCHID, "out_trade_no": "number-open", "trade_state": "SUCCESS", "transaction_id": "t-open",
        "success_time": "2026-01-02T03:04:05+08:00", "payer": { "openid": PAYER },
        "amount": { "total": 6800, "payer_total": 6800, "currency": "CNY", "payer_currency": "CNY" },
    });
    let reply = world.notify(world.wechat.notification(&transaction)).await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT);
    assert_eq!((old.number("SELECT count(*) FROM outbox").await, old.number(ordered).await), (8, 0));
    assert_eq!(old.number("SELECT count(*) FROM outbox WHERE order_id = 'open' AND action = 'paid' AND arrival = (SELECT max(arrival) FROM outbox)").await, 1);
}

#[tokio::test]
async fn after_an_upgrade_keys_and_names_are_still_bound_and_tasks_go_on() {
    let (world, old, _directory) = upgraded().await;
    let token = world.login(PAYER).await;
    // The same key is the same order, and the same basket stands in the way.
    let body = json!({"items": [{"sku": "longjing-50g", "quantity": 1}], "expectedAmount": 6800});
    let same = world.create(&token, "key-paid", &body).await;
    assert_eq!(
        (same.status, &same.json["orderId"], &same.json["state"]),
        (StatusCode::OK, &json!("paid"), &json!("paid"))
    );
    assert_eq!(world.create(&token, "key-new", &body).await.json["code"], "open_order");
    // A refused order has freed its key.
    let body: Value = json!({"items": [{"sku": "sample-5g", "quantity": 1}], "expectedAmount": 1});
    let freed = world.create(&token, "key-refused", &body).await;
    assert!(freed.json["payment"].is_object(), "{}", freed.json);
    // The refund of the second payment is asked for under its number.
    jobs::refunds(&world.checkout).await.expect("a round");
    let asked = world.wechat.bodies("POST /v3/refund/domestic/refunds");
    let asked: Value = serde_json::from_slice(&asked[0]).expect("JSON");
    assert_eq!((&asked["out_refund_no"], &asked["transaction_id"]), (&json!("dup-t-second"), &json!("t-second")));
    assert_eq!(
        old.number("SELECT count(*) FROM leases WHERE duty = 'care open'").await,
        1,
        "leases of before end by themselves"
    );
}
