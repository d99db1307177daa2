//! Refunds as rows, and the rows as tasks.

use sqlx::Row as _;
use wx_checkout::domain::OrderId;

use super::super::{Books, Connection, alone_with};
use super::journal::{self, News, Source};
use super::row::{self, int};
use super::{held, seen};
use crate::ledger::{Order, Plan, Planned, Refund, RefundRefusal, Stage, Why};
use crate::store::{Decided, DueRefund, PutOff, StoreError};

pub(super) async fn plan(books: &Books, id: &OrderId, plan: Plan, now_ms: u64) -> Result<Decided, StoreError> {
    let mut db = books.writing().await?;
    // To WeChat, the same number is the same refund whatever order it is of.
    alone_with(&mut db, &plan.out_refund_no).await?;
    let mut order = held(&mut db, id.as_str()).await?;
    let elsewhere = sqlx::query("SELECT 1 FROM refunds WHERE out_refund_no = $1 AND order_id <> $2 LIMIT 1");
    if elsewhere.bind(&plan.out_refund_no).bind(id.as_str()).fetch_optional(&mut *db).await?.is_some() {
        return Ok(Decided::Refused(RefundRefusal::NumberTaken));
    }
    let number = plan.out_refund_no.clone();
    let amount = plan.amount.get();
    match order.plan_refund(plan, now_ms) {
        Ok(planned) => {
            row::save(&mut db, &order).await?;
            let what = match planned {
                Planned::Now => "refund_decided",
                Planned::Before => "refund_asked_again",
            };
            let news = News { subject: number, amount, ..News::of_order(what, Source::Operator) };
            journal::enter(&mut db, id.as_str(), news, now_ms).await?;
            db.commit().await?;
            Ok(Decided::Planned(planned))
        }
        Err(refusal) => Ok(Decided::Refused(refusal)),
    }
}

pub(super) async fn due(books: &Books, now_ms: u64, for_ms: u64, limit: u32) -> Result<Vec<DueRefund>, StoreError> {
    let mut db = books.writing().await?;
    let rows = sqlx::query(concat!(
        "UPDATE refunds SET next_ms = $2 WHERE (order_id, out_refund_no) IN (",
        skipping_locked!("SELECT order_id, out_refund_no FROM refunds WHERE next_ms <= $1 ORDER BY next_ms LIMIT $3"),
        ") RETURNING order_id, out_refund_no, request, tries"
    ))
    .bind(int(now_ms))
    .bind(int(now_ms.saturating_add(for_ms)))
    .bind(i64::from(limit))
    .fetch_all(&mut *db)
    .await?;
    let mut due = Vec::with_capacity(rows.len());
    for row in &rows {
        let order = seen(&mut db, row.try_get("order_id")?).await?.ok_or(StoreError::NoSuchOrder)?;
        due.push(DueRefund {
            order,
            out_refund_no: row.try_get("out_refund_no")?,
            request: row.try_get("request")?,
            tries: u32::try_from(row.try_get::<i64, _>("tries")?).map_err(|_| StoreError::Damaged("tries"))?,
        });
    }
    db.commit().await?;
    Ok(due)
}

pub(super) async fn keep_request(
    books: &Books,
    id: &OrderId,
    out_refund_no: &str,
    bytes: Vec<u8>,
) -> Result<Vec<u8>, StoreError> {
    let mut db = books.writing().await?;
    let written =
        sqlx::query("UPDATE refunds SET request = $3 WHERE order_id = $1 AND out_refund_no = $2 AND request IS NULL")
            .bind(id.as_str())
            .bind(out_refund_no)
            .bind(bytes)
            .execute(&mut *db)
            .await?;
    if written.rows_affected() > 0 {
        let news =
            News { subject: out_refund_no.to_owned(), ..News::of_order("refund_request_written", Source::Server) };
        let now_ms = journal::now_ms(&mut db).await?;
        journal::enter(&mut db, id.as_str(), news, now_ms).await?;
    }
    let kept =
        sqlx::query_scalar::<_, Vec<u8>>("SELECT request FROM refunds WHERE order_id = $1 AND out_refund_no = $2")
            .bind(id.as_str())
            .bind(out_refund_no)
            .fetch_optional(&mut *db)
            .await?
            .ok_or(StoreError::NoSuchOrder)?;
    db.commit().await?;
    Ok(kept)
}

pub(super) async fn put_off(books: &Books, id: &OrderId, out_refund_no: &str, to: PutOff) -> Result<(), StoreError> {
    let mut db = books.writing().await?;
    sqlx::query(
        "UPDATE refunds SET next_ms = $3, tries = $4 WHERE order_id = $1 AND out_refund_no = $2 AND next_ms IS NOT NULL",
    )
    .bind(id.as_str())
    .bind(out_refund_no)
    .bind(int(to.next_ms))
    .bind(i64::from(to.tries))
    .execute(&mut *db)
    .await?;
    db.commit().await?;
    Ok(())
}

/// There may be news of it: it is asked about next, if anything is left to do for it.
pub(super) async fn hurry(
    db: &mut Connection,
    order: &Order,
    out_refund_no: &str,
    now_ms: u64,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE refunds SET next_ms = $3 WHERE order_id = $1 AND out_refund_no = $2 AND next_ms > $3")
        .bind(order.terms.id.as_str())
        .bind(out_refund_no)
        .bind(int(now_ms))
        .execute(db)
        .await?;
    Ok(())
}

/// The refunds of an order. What goes on is due at once when it is new; what has ended is due no more.
pub(super) async fn save(db: &mut Connection, order: &Order) -> Result<(), StoreError> {
    for (out_refund_no, refund) in &order.book.refunds {
        let Refund { transaction_id, amount, why, reason, stage, asked_ms, contradicted } = refund;
        sqlx::query(
            "INSERT INTO refunds (order_id, out_refund_no, transaction_id, amount, why, reason, stage, asked_ms, \
             contradicted, next_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, CASE WHEN $10 THEN $8 END) \
             ON CONFLICT (order_id, out_refund_no) DO UPDATE SET transaction_id = excluded.transaction_id, \
             amount = excluded.amount, why = excluded.why, reason = excluded.reason, stage = excluded.stage, \
             asked_ms = excluded.asked_ms, contradicted = excluded.contradicted, \
             tries = CASE WHEN refunds.stage = excluded.stage THEN refunds.tries ELSE 0 END, \
             next_ms = CASE WHEN $10 THEN coalesce(refunds.next_ms, excluded.asked_ms) END",
        )
        .bind(order.terms.id.as_str())
        .bind(out_refund_no)
        .bind(transaction_id)
        .bind(i64::from(*amount))
        .bind(why.as_str())
        .bind(reason)
        .bind(stage.as_str())
        .bind(int(*asked_ms))
        .bind(*contradicted)
        .bind(stage.is_under_way())
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}

/// Puts the refunds of an order into its book.
pub(super) async fn load(db: &mut Connection, order: &mut Order) -> Result<(), StoreError> {
    let rows = sqlx::query("SELECT * FROM refunds WHERE order_id = $1").bind(order.terms.id.as_str());
    for row in rows.fetch_all(db).await? {
        let refund = Refund {
            transaction_id: row.try_get("transaction_id")?,
            amount: u32::try_from(row.try_get::<i64, _>("amount")?).map_err(|_| StoreError::Damaged("amount"))?,
            why: why_of(row.try_get("why")?).ok_or(StoreError::Damaged("why"))?,
            reason: row.try_get("reason")?,
            stage: stage_of(row.try_get("stage")?).ok_or(StoreError::Damaged("stage"))?,
            asked_ms: u64::try_from(row.try_get::<i64, _>("asked_ms")?).map_err(|_| StoreError::Damaged("asked_ms"))?,
            contradicted: row.try_get("contradicted")?,
        };
        order.book.refunds.insert(row.try_get("out_refund_no")?, refund);
    }
    Ok(())
}

const WHYS: [Why; 4] = [Why::Second, Why::Late, Why::Operator, Why::Foreign];

pub(super) const STAGES: [Stage; 7] =
    [Stage::Rumoured, Stage::Due, Stage::Refused, Stage::Processing, Stage::Abnormal, Stage::Closed, Stage::Success];

fn why_of(word: &str) -> Option<Why> {
    WHYS.into_iter().find(|known| known.as_str() == word)
}

fn stage_of(word: &str) -> Option<Stage> {
    STAGES.into_iter().find(|known| known.as_str() == word)
}
