//! What the operator reads in the books.

use sqlx::Row as _;
use wx_checkout::domain::OrderId;

use super::super::{Books, Connection, Row};
use super::journal::{self, News, Source};
use super::row::{self, int};
use super::{held, seen};
use crate::ledger::Order;
use crate::store::{Counts, Desk, Entry, Frozen, Kind, Later, Place, Settled, StoreError};

/// Orders that one word may name: a word names one, but for coincidence.
const FOUND: i64 = 20;

/// What a word may be, each read by an index.
const FIND: &str = "SELECT * FROM orders WHERE id = $1 OR out_trade_no = $1 OR merchant_order_id = $1 \
     OR id IN (SELECT order_id FROM payments WHERE transaction_id = $1) \
     OR id IN (SELECT order_id FROM unmatched_payments WHERE transaction_id = $1) \
     OR id IN (SELECT order_id FROM refunds WHERE out_refund_no = $1) ORDER BY created_ms DESC, id DESC LIMIT $2";

/// A list of orders behind a place.
macro_rules! list {
    ($condition:literal) => {
        concat!(
            "SELECT * FROM orders WHERE (created_ms, id) < ($1, $2)",
            $condition,
            " ORDER BY created_ms DESC, id DESC LIMIT $3"
        )
    };
}

const fn list(kind: Kind) -> &'static str {
    match kind {
        Kind::Any => list!(""),
        Kind::Unresolved => list!(" AND is_unresolved"),
        Kind::Paid => list!(" AND EXISTS (SELECT 1 FROM payments WHERE order_id = orders.id)"),
        Kind::Closed => list!(
            " AND NOT is_unresolved AND NOT EXISTS (SELECT 1 FROM payments WHERE order_id = orders.id) \
             AND NOT EXISTS (SELECT 1 FROM unmatched_payments WHERE order_id = orders.id)"
        ),
        Kind::Frozen => list!(
            " AND EXISTS (SELECT 1 FROM unmatched_payments WHERE order_id = orders.id) \
             AND NOT EXISTS (SELECT 1 FROM payments WHERE order_id = orders.id)"
        ),
        Kind::Stopped => concat!(
            "SELECT * FROM orders WHERE (created_ms, id) < ($1, $2) AND EXISTS (SELECT 1 FROM refunds r WHERE r.order_id = orders.id AND ",
            stopped!(),
            ") ORDER BY created_ms DESC, id DESC LIMIT $3"
        ),
    }
}

impl Desk for Books {
    fn listed(&self, kind: Kind, after: Option<Place>, limit: u32) -> Later<'_, Vec<Order>> {
        Box::pin(async move {
            let mut db = self.reading().await?;
            let Place { ms, name } = after.unwrap_or_else(beginning);
            let query = sqlx::query(list(kind)).bind(int(ms)).bind(name).bind(i64::from(limit));
            let rows = query.fetch_all(&mut *db).await?;
            row::load_all(&mut db, &rows).await
        })
    }

    fn found<'a>(&'a self, word: &'a str) -> Later<'a, Vec<Order>> {
        Box::pin(async move {
            let mut db = self.reading().await?;
            let rows = sqlx::query(FIND).bind(word).bind(FOUND).fetch_all(&mut *db).await?;
            row::load_all(&mut db, &rows).await
        })
    }

    fn facts<'a>(&'a self, id: &'a OrderId) -> Later<'a, Vec<Entry>> {
        Box::pin(async move {
            let mut db = self.reading().await?;
            let query = sqlx::query("SELECT * FROM facts WHERE order_id = $1 ORDER BY arrival").bind(id.as_str());
            query.fetch_all(&mut *db).await?.iter().map(entry).collect()
        })
    }

    fn audit<'a>(&'a self, id: &'a OrderId, what: &'static str, subject: &'a str, now_ms: u64) -> Later<'a, ()> {
        Box::pin(async move {
            let mut db = self.writing().await?;
            held(&mut db, id.as_str()).await?;
            let news = News { subject: subject.to_owned(), ..News::of_order(what, Source::Operator) };
            journal::enter(&mut db, id.as_str(), news, now_ms).await?;
            db.commit().await?;
            Ok(())
        })
    }

    fn frozen(&self, after: Option<Place>, limit: u32) -> Later<'_, Vec<Frozen>> {
        Box::pin(async move {
            let mut db = self.reading().await?;
            let Place { ms, name } = after.unwrap_or_else(beginning);
            let rows = sqlx::query(concat!(
                "SELECT * FROM unmatched_payments u WHERE (seen_ms, transaction_id) < ($1, $2) AND ",
                still_frozen!(),
                " ORDER BY seen_ms DESC, transaction_id DESC LIMIT $3"
            ))
            .bind(int(ms))
            .bind(name)
            .bind(i64::from(limit))
            .fetch_all(&mut *db)
            .await?;
            let mut frozen = Vec::with_capacity(rows.len());
            for row in &rows {
                frozen.push(frozen_of(&mut db, row).await?);
            }
            Ok(frozen)
        })
    }

    fn settle<'a>(&'a self, transaction_id: &'a str, why: &'a str, now_ms: u64) -> Later<'a, Settled> {
        Box::pin(async move {
            let mut db = self.writing().await?;
            let rows = sqlx::query("SELECT order_id, settled_ms FROM unmatched_payments WHERE transaction_id = $1");
            let rows = rows.bind(transaction_id).fetch_all(&mut *db).await?;
            let mut settled = if rows.is_empty() { Settled::Unknown } else { Settled::Before };
            for row in &rows {
                if row.try_get::<Option<i64>, _>("settled_ms")?.is_some() {
                    continue;
                }
                settled = Settled::Now;
                if let Some(order) = row.try_get::<Option<String>, _>("order_id")? {
                    held(&mut db, &order).await?;
                    let subject = transaction_id.to_owned();
                    let news = News { subject, ..News::of_order("settled", Source::Operator) };
                    journal::enter(&mut db, &order, news, now_ms).await?;
                }
            }
            sqlx::query(
                "UPDATE unmatched_payments SET settled_ms = $1, settled_why = $2 \
                 WHERE transaction_id = $3 AND settled_ms IS NULL",
            )
            .bind(int(now_ms))
            .bind(why)
            .bind(transaction_id)
            .execute(&mut *db)
            .await?;
            db.commit().await?;
            Ok(settled)
        })
    }

    fn counts(&self) -> Later<'_, Counts> {
        Box::pin(async move {
            let row = sqlx::query(concat!(
                "SELECT (SELECT COUNT(*) FROM orders) AS orders, \
                 (SELECT COUNT(*) FROM orders WHERE is_unresolved) AS unresolved, \
                 (SELECT MIN(created_ms) FROM orders WHERE is_unresolved) AS oldest, \
                 (SELECT COUNT(DISTINCT order_id) FROM payments) AS paid, \
                 (SELECT COUNT(*) FROM unmatched_payments u WHERE ",
                still_frozen!(),
                ") AS frozen_payments, \
                 (SELECT COUNT(DISTINCT order_id) FROM unmatched_payments WHERE order_id IS NOT NULL \
                 AND NOT EXISTS (SELECT 1 FROM payments WHERE payments.order_id = unmatched_payments.order_id)) AS frozen, \
                 (SELECT COUNT(*) FROM refunds r WHERE ",
                stopped!(),
                ") AS stopped"
            ))
            .fetch_one(&mut *self.reading().await?)
            .await?;
            let oldest: Option<i64> = row.try_get("oldest")?;
            Ok(Counts {
                orders: count(&row, "orders")?,
                unresolved: count(&row, "unresolved")?,
                paid: count(&row, "paid")?,
                frozen: count(&row, "frozen")?,
                frozen_payments: count(&row, "frozen_payments")?,
                stopped_refunds: count(&row, "stopped")?,
                oldest_unresolved_ms: oldest.and_then(|ms| u64::try_from(ms).ok()),
            })
        })
    }
}

/// In front of everything.
const fn beginning() -> Place {
    Place { ms: u64::MAX, name: String::new() }
}

fn entry(row: &Row) -> Result<Entry, StoreError> {
    Ok(Entry {
        at_ms: count(row, "at_ms")?,
        last_ms: count(row, "last_ms")?,
        times: count(row, "times")?,
        what: row.try_get("what")?,
        source: row.try_get("source")?,
        subject: row.try_get("subject")?,
        amount: count(row, "amount")?,
    })
}

async fn frozen_of(db: &mut Connection, row: &Row) -> Result<Frozen, StoreError> {
    let order = match row.try_get::<Option<String>, _>("order_id")? {
        Some(id) => seen(db, &id).await?,
        None => None,
    };
    Ok(Frozen {
        transaction_id: row.try_get("transaction_id")?,
        out_trade_no: row.try_get("out_trade_no")?,
        total: u32::try_from(count(row, "total")?).map_err(|_| StoreError::Damaged("total"))?,
        misfit: row::misfit_of(row.try_get("misfit")?).ok_or(StoreError::Damaged("misfit"))?,
        seen_ms: count(row, "seen_ms")?,
        order,
    })
}

fn count(row: &Row, name: &'static str) -> Result<u64, StoreError> {
    u64::try_from(row.try_get::<i64, _>(name)?).map_err(|_| StoreError::Damaged(name))
}
