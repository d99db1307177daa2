//! The books in SQL: one text for every database. Each database compiles it once, with what it calls
//! differently (types, locks, the clock) around it.

mod lease;
mod row;

use std::time::Duration;

use wechatpay::Secret;
use wx_checkout::domain::{IdempotencyKey, OrderId};

use super::{Books, Connection, alone_with};
use crate::ledger::{self, Action, Fact, Misfit, Order, Unmatched};
use crate::store::{
    Booked, Change, Changed, Claimed, Delivery, Duty, Later, Lease, Opened, Recorded, SameLines, Store, StoreError,
    Told,
};
use row::{int, text_of};

/// The order as it is, for looking.
async fn seen(db: &mut Connection, id: &str) -> Result<Option<Order>, StoreError> {
    match sqlx::query("SELECT * FROM orders WHERE id = $1").bind(id).fetch_optional(&mut *db).await? {
        Some(row) => row::load(db, &row).await.map(Some),
        None => Ok(None),
    }
}

/// The order for changing: nobody else changes it until the transaction ends.
async fn held(db: &mut Connection, id: &str) -> Result<Order, StoreError> {
    let row = sqlx::query(locking!("SELECT * FROM orders WHERE id = $1")).bind(id).fetch_optional(&mut *db).await?;
    row::load(db, &row.ok_or(StoreError::NoSuchOrder)?).await
}

async fn by_key(db: &mut Connection, openid: &str, key: &str) -> Result<Option<Order>, StoreError> {
    let query = sqlx::query("SELECT * FROM orders WHERE openid = $1 AND bound_key = $2");
    match query.bind(openid).bind(key).fetch_optional(&mut *db).await? {
        Some(row) => row::load(db, &row).await.map(Some),
        None => Ok(None),
    }
}

/// The facts, the state they give, and what must be done, all in the caller's transaction.
async fn record(
    db: &mut Connection,
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

async fn note(db: &mut Connection, order_id: Option<&str>, action: &Action, now_ms: u64) -> Result<(), StoreError> {
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
    sqlx::query("INSERT INTO outbox (order_id, action, created_ms) VALUES ($1, $2, $3)")
        .bind(order_id)
        .bind(word)
        .bind(int(now_ms))
        .execute(db)
        .await?;
    Ok(())
}

impl Store for Books {
    fn open(&self, order: Order, rule: SameLines) -> Later<'_, Opened> {
        Box::pin(async move {
            let mut db = self.writing().await?;
            let terms = &order.terms;
            // The rules below are about orders that are not there yet: a payer's creates go one by one.
            alone_with(&mut db, terms.openid.expose()).await?;
            if let Some(bound) = by_key(&mut db, terms.openid.expose(), terms.key.as_str()).await? {
                return Ok(Opened::Bound(bound));
            }
            let lines = text_of(&terms.lines)?;
            if rule == SameLines::Refuse {
                let row = sqlx::query(
                    "SELECT * FROM orders WHERE openid = $1 AND lines = $2 AND is_open ORDER BY created_ms DESC LIMIT 1",
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
                 VALUES ($1, $2, $3, $3, $4, $5, $6, $7, $8, $9, $10, $11, TRUE, TRUE, $6)",
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
        Box::pin(async move { seen(&mut *self.reading().await?, id.as_str()).await })
    }

    fn by_key<'a>(&'a self, openid: &'a Secret<String>, key: &'a IdempotencyKey) -> Later<'a, Option<Order>> {
        Box::pin(async move { by_key(&mut *self.reading().await?, openid.expose(), key.as_str()).await })
    }

    fn open_orders<'a>(&'a self, openid: &'a Secret<String>, limit: u32) -> Later<'a, Vec<Order>> {
        Box::pin(async move {
            let mut db = self.reading().await?;
            let rows =
                sqlx::query("SELECT * FROM orders WHERE openid = $1 AND is_open ORDER BY created_ms DESC, id LIMIT $2")
                    .bind(openid.expose())
                    .bind(i64::from(limit))
                    .fetch_all(&mut *db)
                    .await?;
            row::load_all(&mut db, &rows).await
        })
    }

    fn record<'a>(&'a self, id: &'a OrderId, facts: Vec<Fact>, now_ms: u64) -> Later<'a, Recorded> {
        Box::pin(async move {
            let mut db = self.writing().await?;
            let mut order = held(&mut db, id.as_str()).await?;
            let actions = record(&mut db, &mut order, facts, now_ms).await?;
            db.commit().await?;
            Ok(Recorded { order, actions })
        })
    }

    fn change<'a>(&'a self, id: &'a OrderId, change: Change) -> Later<'a, Changed> {
        Box::pin(async move {
            let mut db = self.writing().await?;
            let mut order = held(&mut db, id.as_str()).await?;
            let done = match change {
                Change::HandOut { now_ms, lease } => {
                    if !lease::end(&mut db, lease).await? {
                        return Ok(Changed::Overtaken);
                    }
                    order.hand_out(now_ms)
                }
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
            sqlx::query("INSERT INTO notifications (received_ms, headers, body) VALUES ($1, $2, $3)")
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
            let rows = sqlx::query(concat!(
                "UPDATE orders SET looked_ms = $1 WHERE id IN (",
                skipping_locked!(
                    "SELECT id FROM orders WHERE is_unresolved AND $1 - looked_ms >= 30000 \
                     AND $1 - looked_ms >= ($1 - created_ms) / 8 ORDER BY looked_ms LIMIT $2"
                ),
                ") RETURNING *"
            ))
            .bind(int(now_ms))
            .bind(i64::from(limit))
            .fetch_all(&mut *db)
            .await?;
            let orders = row::load_all(&mut db, &rows).await?;
            lease::tidy(&mut db).await?;
            db.commit().await?;
            Ok(orders)
        })
    }

    fn claim<'a>(&'a self, duty: Duty<'a>, length: Duration) -> Later<'a, Claimed> {
        Box::pin(async move {
            let mut db = self.writing().await?;
            let claimed = lease::claim(&mut db, duty, length).await?;
            db.commit().await?;
            Ok(claimed)
        })
    }

    fn release(&self, lease: Lease) -> Later<'_, ()> {
        Box::pin(async move {
            let mut db = self.writing().await?;
            lease::end(&mut db, lease).await?;
            db.commit().await?;
            Ok(())
        })
    }

    fn ping(&self) -> Later<'_, ()> {
        Box::pin(async move {
            sqlx::query("SELECT 1 FROM orders LIMIT 1").fetch_optional(&mut *self.reading().await?).await?;
            Ok(())
        })
    }

    fn close(&self) -> Later<'_, ()> {
        Box::pin(async move {
            self.end().await;
            Ok(())
        })
    }
}

/// Takes what a notification told into the books; a payment that no order knows is kept, frozen.
async fn book(db: &mut Connection, told: Told, now_ms: u64) -> Result<Booked, StoreError> {
    let (out_trade_no, fact) = match told {
        Told::Nothing => return Ok(Booked::Nothing),
        Told::Payment(payment) => (payment.out_trade_no.clone(), Fact::Paid(payment)),
        Told::Other { out_trade_no, fact } => (out_trade_no, fact),
    };
    let query = sqlx::query(locking!("SELECT * FROM orders WHERE out_trade_no = $1"));
    let row = query.bind(&out_trade_no).fetch_optional(&mut *db).await?;
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
