//! The books in one SQLite file.

use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{SqliteConnection, SqliteTransaction};
use wechatpay::Secret;
use wx_checkout::domain::{IdempotencyKey, OrderId};

use super::row::{self, int, text_of};
use super::{Booked, Change, Changed, Delivery, Later, Opened, Recorded, SameLines, Store, StoreError, Told};
use crate::ledger::{self, Action, Fact, Misfit, Order, Unmatched};

/// SQLite has one writer at a time: one connection writes, so that writers queue here instead of
/// failing there, and readers do not wait for it.
#[derive(Clone, Debug)]
pub struct Sqlite {
    writer: SqlitePool,
    readers: SqlitePool,
}

impl Sqlite {
    /// Opens the file, makes it when it is missing, and brings its layout up to date.
    ///
    /// # Errors
    /// When the file cannot be opened or is not such a database.
    pub async fn open(file: &Path) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // A confirmed order must survive the machine's power, not only the process.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(3));
        let pool = |size| SqlitePoolOptions::new().max_connections(size).acquire_timeout(Duration::from_secs(4));
        let writer = pool(1).connect_with(options.clone()).await?;
        sqlx::migrate!("./migrations").run(&writer).await?;
        let readers = pool(4).connect_with(options).await?;
        Ok(Self { writer, readers })
    }

    /// Lets every write that has begun end, then closes the file.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    /// A transaction that holds the write lock from its first statement: what it reads stays true.
    async fn writing(&self) -> Result<SqliteTransaction<'_>, StoreError> {
        Ok(self.writer.begin_with("BEGIN IMMEDIATE").await?)
    }
}

const BY_ID: &str = "SELECT * FROM orders WHERE id = ?";
const BY_KEY: &str = "SELECT * FROM orders WHERE openid = ? AND bound_key = ?";

async fn by_id(db: &mut SqliteConnection, id: &str) -> Result<Option<Order>, StoreError> {
    match sqlx::query(BY_ID).bind(id).fetch_optional(&mut *db).await? {
        Some(row) => row::load(db, &row).await.map(Some),
        None => Ok(None),
    }
}

async fn by_key(db: &mut SqliteConnection, openid: &str, key: &str) -> Result<Option<Order>, StoreError> {
    match sqlx::query(BY_KEY).bind(openid).bind(key).fetch_optional(&mut *db).await? {
        Some(row) => row::load(db, &row).await.map(Some),
        None => Ok(None),
    }
}

/// The facts, the state they give, and what must be done, all in the caller's transaction.
async fn record(
    db: &mut SqliteConnection,
    order: &mut Order,
    facts: Vec<Fact>,
    now_ms: u64,
) -> Result<Vec<Action>, StoreError> {
    let actions: Vec<Action> = facts.into_iter().flat_map(|fact| ledger::apply(order, fact)).collect();
    row::save(&mut *db, order).await?;
    for action in &actions {
        note(&mut *db, Some(order.terms.id.as_str()), action, now_ms).await?;
    }
    Ok(actions)
}

async fn note(
    db: &mut SqliteConnection,
    order_id: Option<&str>,
    action: &Action,
    now_ms: u64,
) -> Result<(), StoreError> {
    let word = match action {
        Action::Paid { .. } => "paid",
        Action::PaidLate { .. } => "paid_late",
        Action::PaidTwice { .. } => "paid_twice",
        Action::Closed => "closed",
        Action::Unmatched { .. } => "unmatched_payment",
        Action::Refunded { .. } => "refunded",
        Action::RefundStopped { .. } => "refund_stopped",
        Action::RefundContradicted { .. } => "refund_contradicted",
    };
    sqlx::query("INSERT INTO outbox (order_id, action, created_ms) VALUES (?, ?, ?)")
        .bind(order_id)
        .bind(word)
        .bind(int(now_ms))
        .execute(db)
        .await?;
    Ok(())
}

impl Store for Sqlite {
    fn open(&self, order: Order, rule: SameLines) -> Later<'_, Opened> {
        Box::pin(async move {
            let mut db = self.writing().await?;
            let terms = &order.terms;
            if let Some(bound) = by_key(&mut db, terms.openid.expose(), terms.key.as_str()).await? {
                return Ok(Opened::Bound(bound));
            }
            let lines = text_of(&terms.lines)?;
            if rule == SameLines::Refuse {
                let row = sqlx::query(
                    "SELECT * FROM orders WHERE openid = ? AND lines = ? AND is_open = 1 ORDER BY created_ms DESC LIMIT 1",
                )
                .bind(terms.openid.expose())
                .bind(&lines)
                .fetch_optional(&mut *db)
                .await?;
                if let Some(row) = row {
                    return Ok(Opened::InTheWay(row::load(&mut db, &row).await?));
                }
            }
            sqlx::query(
                "INSERT INTO orders (id, openid, bound_key, idempotency_key, lines, amount, created_ms, payable_until_ms, \
                 out_trade_no, mchid, appid, request, is_open, is_unresolved, looked_ms) \
                 VALUES (?1, ?2, ?3, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 1, 1, ?6)",
            )
            .bind(terms.id.as_str())
            .bind(terms.openid.expose())
            .bind(terms.key.as_str())
            .bind(&lines)
            .bind(i64::from(terms.amount.get()))
            .bind(int(terms.created_ms))
            .bind(int(terms.payable_until_ms))
            .bind(&order.attempt.out_trade_no)
            .bind(&order.attempt.mchid)
            .bind(&order.attempt.appid)
            .bind(order.attempt.request.expose())
            .execute(&mut *db)
            .await?;
            db.commit().await?;
            Ok(Opened::Made(order))
        })
    }

    fn by_id<'a>(&'a self, id: &'a OrderId) -> Later<'a, Option<Order>> {
        Box::pin(async move { by_id(&mut *self.readers.begin().await?, id.as_str()).await })
    }

    fn by_key<'a>(&'a self, openid: &'a Secret<String>, key: &'a IdempotencyKey) -> Later<'a, Option<Order>> {
        Box::pin(async move { by_key(&mut *self.readers.begin().await?, openid.expose(), key.as_str()).await })
    }

    fn open_orders<'a>(&'a self, openid: &'a Secret<String>, limit: u32) -> Later<'a, Vec<Order>> {
        Box::pin(async move {
            let mut db = self.readers.begin().await?;
            let rows = sqlx::query(
                "SELECT * FROM orders WHERE openid = ? AND is_open = 1 ORDER BY created_ms DESC, id LIMIT ?",
            )
            .bind(openid.expose())
            .bind(limit)
            .fetch_all(&mut *db)
            .await?;
            row::load_all(&mut db, &rows).await
        })
    }

    fn record<'a>(&'a self, id: &'a OrderId, facts: Vec<Fact>, now_ms: u64) -> Later<'a, Recorded> {
        Box::pin(async move {
            let mut db = self.writing().await?;
            let mut order = by_id(&mut db, id.as_str()).await?.ok_or(StoreError::NoSuchOrder)?;
            let actions = record(&mut db, &mut order, facts, now_ms).await?;
            db.commit().await?;
            Ok(Recorded { order, actions })
        })
    }

    fn change<'a>(&'a self, id: &'a OrderId, change: Change) -> Later<'a, Changed> {
        Box::pin(async move {
            let mut db = self.writing().await?;
            let mut order = by_id(&mut db, id.as_str()).await?.ok_or(StoreError::NoSuchOrder)?;
            let done = match change {
                Change::HandOut { now_ms } => order.hand_out(now_ms),
                Change::Refuse => order.refuse(),
                Change::Acknowledge => order.acknowledge(),
            };
            if !done {
                return Ok(Changed::NotNow(order));
            }
            row::save(&mut db, &order).await?;
            db.commit().await?;
            Ok(Changed::Done(order))
        })
    }

    fn receive(&self, delivery: Delivery, told: Told) -> Later<'_, Booked> {
        Box::pin(async move {
            let Delivery { received_ms, headers, body } = delivery;
            let mut db = self.writing().await?;
            sqlx::query("INSERT INTO notifications (received_ms, headers, body) VALUES (?, ?, ?)")
                .bind(int(received_ms))
                .bind(headers)
                .bind(body.expose())
                .execute(&mut *db)
                .await?;
            let booked = book(&mut db, told, received_ms).await?;
            db.commit().await?;
            Ok(booked)
        })
    }

    fn due(&self, now_ms: u64, limit: u32) -> Later<'_, Vec<Order>> {
        Box::pin(async move {
            let mut db = self.writing().await?;
            let rows = sqlx::query(
                "UPDATE orders SET looked_ms = ?1 WHERE id IN (SELECT id FROM orders WHERE is_unresolved = 1 \
                 AND ?1 - looked_ms >= max(30000, (?1 - created_ms) / 8) ORDER BY looked_ms LIMIT ?2) RETURNING *",
            )
            .bind(int(now_ms))
            .bind(limit)
            .fetch_all(&mut *db)
            .await?;
            let orders = row::load_all(&mut db, &rows).await?;
            db.commit().await?;
            Ok(orders)
        })
    }

    fn ping(&self) -> Later<'_, ()> {
        Box::pin(async move {
            sqlx::query("SELECT 1 FROM orders LIMIT 1").fetch_optional(&self.readers).await?;
            Ok(())
        })
    }
}

/// Takes what a notification told into the books; a payment that no order knows is kept, frozen.
async fn book(db: &mut SqliteConnection, told: Told, now_ms: u64) -> Result<Booked, StoreError> {
    let (out_trade_no, fact) = match told {
        Told::Nothing => return Ok(Booked::Nothing),
        Told::Payment(payment) => (payment.out_trade_no.clone(), Fact::Paid(payment)),
        Told::Other { out_trade_no, fact } => (out_trade_no, fact),
    };
    let row =
        sqlx::query("SELECT * FROM orders WHERE out_trade_no = ?").bind(&out_trade_no).fetch_optional(&mut *db).await?;
    if let Some(row) = row {
        let mut order = row::load(&mut *db, &row).await?;
        let actions = record(db, &mut order, vec![fact], now_ms).await?;
        return Ok(Booked::InOrder(Box::new(Recorded { order, actions })));
    }
    let Fact::Paid(payment) = fact else {
        return Ok(Booked::Nothing);
    };
    let unmatched = Unmatched { total: payment.total, misfit: Misfit::Order };
    if !row::save_unmatched(&mut *db, &out_trade_no, &payment.transaction_id, None, unmatched).await? {
        return Ok(Booked::Orphan(vec![]));
    }
    let action = Action::Unmatched { transaction_id: payment.transaction_id };
    note(db, None, &action, now_ms).await?;
    Ok(Booked::Orphan(vec![action]))
}
