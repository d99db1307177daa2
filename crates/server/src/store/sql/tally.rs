//! The books, counted for the operator. Settled orders are counted by subtraction: no order is read.

use super::super::Books;
use super::row::int;
use crate::store::{StoreError, Tally};

pub(super) async fn tally(books: &Books, now_ms: u64) -> Result<Tally, StoreError> {
    let mut db = books.reading().await?;
    let number = |number: i64| u64::try_from(number).map_err(|_| StoreError::Damaged("a count"));
    let all: i64 = sqlx::query_scalar("SELECT count(*) FROM orders").fetch_one(&mut *db).await?;
    let paid: i64 = sqlx::query_scalar("SELECT count(DISTINCT order_id) FROM payments").fetch_one(&mut *db).await?;
    // Unresolved orders are few, and have an index of their own.
    let (open, closing, overdue, oldest) = sqlx::query_as::<_, (i64, i64, i64, Option<i64>)>(
        "SELECT count(*), CAST(coalesce(sum(CASE WHEN close_asked OR payable_until_ms <= $1 THEN 1 ELSE 0 END), 0) AS BIGINT), \
         CAST(coalesce(sum(CASE WHEN payable_until_ms <= $1 - 900000 THEN 1 ELSE 0 END), 0) AS BIGINT), min(created_ms) \
         FROM orders WHERE is_unresolved",
    )
    .bind(int(now_ms))
    .fetch_one(&mut *db)
    .await?;
    let (frozen, unknown) = sqlx::query_as::<_, (i64, i64)>(concat!(
        "SELECT (SELECT count(*) FROM unmatched_payments u WHERE ",
        still_frozen!(),
        "), count(DISTINCT CASE WHEN NOT EXISTS (SELECT 1 FROM payments p WHERE p.order_id = u.order_id) \
         THEN u.order_id END) FROM unmatched_payments u"
    ))
    .fetch_one(&mut *db)
    .await?;
    let stages = sqlx::query_as::<_, (String, i64)>("SELECT stage, count(*) FROM refunds GROUP BY stage");
    let stages = stages.fetch_all(&mut *db).await?;
    let refunds = super::refund::STAGES.iter().map(|stage| {
        let count = stages.iter().find(|(word, _)| word == stage.as_str()).map_or(0, |(_, count)| *count);
        number(count).map(|count| (stage.as_str(), count))
    });
    Ok(Tally {
        orders: vec![
            ("payable", number(open - closing)?),
            ("closing", number(closing)?),
            ("paid", number(paid)?),
            ("unknown", number(unknown)?),
            ("closed", number((all - paid - open - unknown).max(0))?),
        ],
        overdue: number(overdue)?,
        oldest_unresolved_ms: oldest.map(number).transpose()?,
        refunds: refunds.collect::<Result<_, _>>()?,
        frozen: number(frozen)?,
    })
}
