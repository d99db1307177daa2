//! Layouts: brought up to date with the data in them, and refused where they cannot be.

use sqlx::migrate::Migrator;
use wx_checkout::wire::OrderState;
use wx_checkout_server::ledger::Fact;
use wx_checkout_server::outbox::word;
use wx_checkout_server::store::{Change, Changed, Channel, Duty, StoreError};

use crate::database::{Database, Direct};
use crate::support::{Books, held, id, order, payment};

/// Where the migrations of the database under test are.
fn migrations(database: &Database) -> &'static str {
    match database {
        Database::Sqlite { .. } => concat!(env!("CARGO_MANIFEST_DIR"), "/migrations"),
        Database::Postgres { .. } => concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/postgres"),
    }
}

/// The layout of the first version, and nothing since.
async fn lay_out_the_first_version(database: &Database) {
    let first = tempfile::tempdir().expect("a directory");
    let file = "0001_orders.sql";
    std::fs::copy(format!("{}/{file}", migrations(database)), first.path().join(file)).expect("copied");
    let migrator = Migrator::new(first.path()).await.expect("readable");
    match database.direct().await {
        Direct::Sqlite(mut db) => migrator.run(&mut db).await.expect("runs"),
        Direct::Postgres(mut db) => migrator.run(&mut db).await.expect("runs"),
    }
}

#[tokio::test]
async fn a_database_of_the_first_version_is_brought_up_to_date_with_its_orders() {
    let directory = tempfile::tempdir().expect("a directory");
    let database = Database::new(directory.path()).await;
    lay_out_the_first_version(&database).await;
    let insert = "INSERT INTO orders (id, openid, bound_key, idempotency_key, lines, amount, created_ms, payable_until_ms, \
         out_trade_no, mchid, appid, request, parameters_left, is_open, is_unresolved, looked_ms) VALUES \
         ('payer.key-1', 'payer', 'key-1', 'key-1', '[{\"sku\":\"tea\",\"quantity\":1}]', 6800, 1000000, 8200000, \
         'number-1', '1900000001', 'wx0123456789abcdef', ";
    // The one thing that the two write differently.
    match database.direct().await {
        Direct::Sqlite(mut db) => {
            let insert = sqlx::AssertSqlSafe(format!("{insert} x'7b7d', 1, 1, 1, 1000000)"));
            sqlx::query(insert).execute(&mut db).await.expect("written");
        }
        Direct::Postgres(mut db) => {
            let insert = sqlx::AssertSqlSafe(format!("{insert} '{{}}', TRUE, TRUE, TRUE, 1000000)"));
            sqlx::query(insert).execute(&mut db).await.expect("written");
        }
    }
    database
        .execute(
            "INSERT INTO outbox (order_id, action, created_ms) VALUES ('payer.key-1', 'paid', 1), \
             (NULL, 'unmatched_payment', 2), ('payer.key-1', 'paid_twice', 3), (NULL, 'unmatched_payment', 4)",
        )
        .await;

    let store = database.open().await;
    let old = store.by_id(&id("payer.key-1")).await.expect("read").expect("kept");
    assert_eq!((old.terms.amount.get(), old.state(0)), (6800, OrderState::Payable));
    assert_eq!(old.attempt.request.expose(), b"{}");
    let lease = held(&*store, Duty::Prepay(&old.terms.id), 60).await;
    let changed = store.change(&old.terms.id, Change::HandOut { now_ms: 0, lease }).await.expect("written");
    assert!(matches!(changed, Changed::Done(_)), "{changed:?}");
    assert_eq!(store.due(2_000_000, 5).await.expect("read").len(), 1, "it is looked after");
    let fact = Fact::Paid(payment(&old, "t1"));
    let recorded = store.record(&old.terms.id, vec![fact], 7).await.expect("written");
    assert_eq!(recorded.order.state(0), OrderState::Paid);

    // What was written down before there was anybody to tell is numbered, and is not sent.
    store.open_channel(Channel::Webhook, 8).await.expect("written");
    store.record(&old.terms.id, vec![Fact::Paid(payment(&old, "t2"))], 9).await.expect("written");
    let letters = store.letters_of(&old.terms.id).await.expect("read");
    let seen: Vec<_> = letters.iter().map(|letter| (letter.sequence, word(&letter.state))).collect();
    assert_eq!(seen, [(1, "passed_over"), (2, "passed_over"), (3, "passed_over"), (4, "due")]);
    let strays = "SELECT count(*) FROM outbox WHERE order_id IS NULL AND sequence = 1 AND outcome = 'passed_over'";
    assert_eq!(database.number(strays).await, 2);
    assert_eq!(store.standing(Channel::Webhook).await.expect("read").waiting, 1);
}

#[tokio::test]
async fn opening_again_changes_nothing() {
    let books = Books::new().await;
    let made = books.with(order("payer", "key-1")).await;
    let third = books.database.open().await;
    assert_eq!(third.by_id(&made.terms.id).await.expect("read"), Some(made));
    third.ping().await.expect("it answers");
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused_and_not_touched() {
    let books = Books::new().await;
    books.database.execute("UPDATE _sqlx_migrations SET version = 9999 WHERE version = 2").await;
    books.database.execute("DROP TABLE leases").await;
    let opened = match &books.database {
        Database::Sqlite { file } => wx_checkout_server::store::Sqlite::open(file).await.map(drop),
        Database::Postgres { .. } => {
            let options = books.database.setting().parse().expect("an address");
            wx_checkout_server::store::Postgres::open(options).await.map(drop)
        }
    };
    assert!(matches!(opened, Err(StoreError::Migration(_))), "{opened:?}");
    assert_eq!(books.database.number("SELECT count(*) FROM _sqlx_migrations WHERE version = 2").await, 0);
}

#[tokio::test]
async fn a_damaged_row_is_said_to_be_one() {
    let books = Books::new().await;
    let made = books.with(order("payer", "key-1")).await;
    books.database.execute("UPDATE orders SET lines = 'tea'").await;
    let read = books.one.by_id(&made.terms.id).await;
    assert!(matches!(read, Err(StoreError::Damaged("lines"))), "{read:?}");
}

#[tokio::test]
async fn after_closing_it_is_an_error_and_no_panic() {
    let books = Books::new().await;
    books.one.close().await.expect("closed");
    assert!(books.one.ping().await.is_err());
    books.two.ping().await.expect("the other server goes on");
}
