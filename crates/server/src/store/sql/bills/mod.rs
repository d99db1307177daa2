//! Comparisons with WeChat's bills as rows.

mod feed;
mod report;

use std::time::Duration;

use wechatpay::v3::BillLine;

use super::super::{Books, Connection};
use super::lease;
use super::row::int;
use crate::bills::{Account, BillOf, Day, DayReport, Listed};
use crate::store::{BillStore, DayBegun, DayStep, Fed, Later, Lease, StoreError};

/// Differences of one day that are listed because their number is of our form and no order has it.
/// Another system of the merchant may give such numbers, too: it must not drown the rest.
const MOST_ORPHANS: i64 = 1000;

/// How the tables call an account: without a sub-merchant the name is empty.
fn names(account: &Account) -> (&str, &str) {
    (&account.mchid, account.sub_mchid.as_deref().unwrap_or_default())
}

impl BillStore for Books {
    fn first_order_ms<'a>(&'a self, account: &'a Account) -> Later<'a, Option<u64>> {
        Box::pin(async move {
            let (mchid, sub_mchid) = names(account);
            let first = sqlx::query_scalar::<_, Option<i64>>(
                "SELECT min(created_ms) FROM orders WHERE mchid = $1 AND ($2 = '' OR sub_mchid = $2)",
            )
            .bind(mchid)
            .bind(sub_mchid)
            .fetch_one(&mut *self.reading().await?)
            .await?;
            Ok(first.and_then(|ms| u64::try_from(ms).ok()))
        })
    }

    fn known_days<'a>(&'a self, account: &'a Account) -> Later<'a, Vec<Day>> {
        Box::pin(async move {
            let (mchid, sub_mchid) = names(account);
            let days = sqlx::query_scalar::<_, String>(
                "SELECT day FROM bill_days WHERE mchid = $1 AND sub_mchid = $2 ORDER BY day",
            );
            let days = days.bind(mchid).bind(sub_mchid).fetch_all(&mut *self.reading().await?).await?;
            days.iter().map(|day| report::day_of(day)).collect()
        })
    }

    fn plan_days<'a>(&'a self, account: &'a Account, days: &'a [Day], now_ms: u64) -> Later<'a, ()> {
        Box::pin(async move {
            let mut db = self.writing().await?;
            for day in days {
                plan(&mut db, &BillOf { account: account.clone(), day: *day }, now_ms).await?;
            }
            db.commit().await?;
            Ok(())
        })
    }

    fn give_up_days<'a>(
        &'a self,
        account: &'a Account,
        days: &'a [Day],
        problem: &'static str,
        now_ms: u64,
    ) -> Later<'a, ()> {
        Box::pin(async move {
            let mut db = self.writing().await?;
            for day in days {
                let bill = BillOf { account: account.clone(), day: *day };
                if plan(&mut db, &bill, now_ms).await? {
                    put_off(&mut db, &bill, now_ms, problem).await?;
                    end(&mut db, &bill, "given_up", now_ms).await?;
                }
            }
            db.commit().await?;
            Ok(())
        })
    }

    fn due_days(&self, now_ms: u64, limit: u32) -> Later<'_, Vec<BillOf>> {
        Box::pin(report::due(self, now_ms, limit))
    }

    fn day_report<'a>(&'a self, bill: &'a BillOf) -> Later<'a, Option<DayReport>> {
        Box::pin(report::one(self, bill))
    }

    fn day_reports(&self, before: Day, limit: u32) -> Later<'_, Vec<DayReport>> {
        Box::pin(report::many(self, before, limit))
    }

    fn differences<'a>(&'a self, bill: &'a BillOf, skip: u32, limit: u32) -> Later<'a, Vec<Listed>> {
        Box::pin(report::differences(self, bill, skip, limit))
    }

    fn reopen_day<'a>(&'a self, bill: &'a BillOf, lease: Lease, now_ms: u64) -> Later<'a, bool> {
        Box::pin(async move {
            let mut db = self.writing().await?;
            if !lease::is_held(&mut db, lease).await? {
                return Ok(false);
            }
            if !plan(&mut db, bill, now_ms).await? {
                start_over(&mut db, bill, "").await?;
                update(
                    &mut db,
                    bill,
                    "UPDATE bill_days SET state = 'open', run = run + 1, tries = 0, problem = '', next_ms = $4 \
                     WHERE mchid = $1 AND sub_mchid = $2 AND day = $3",
                    now_ms,
                )
                .await?;
            }
            db.commit().await?;
            Ok(true)
        })
    }

    fn begin_day<'a>(&'a self, bill: &'a BillOf, lease: Lease, digest: &'a str) -> Later<'a, DayBegun> {
        Box::pin(async move {
            let mut db = self.writing().await?;
            if !lease::is_held(&mut db, lease).await? {
                return Ok(DayBegun::Overtaken);
            }
            let (mchid, sub_mchid) = names(&bill.account);
            let known = sqlx::query_as::<_, (String, i64)>(
                "SELECT digest, fed FROM bill_days WHERE mchid = $1 AND sub_mchid = $2 AND day = $3 AND state = 'open'",
            )
            .bind(mchid)
            .bind(sub_mchid)
            .bind(bill.day.to_string())
            .fetch_optional(&mut *db)
            .await?;
            let Some((known, fed)) = known else { return Ok(DayBegun::Ended) };
            if known == digest {
                return Ok(DayBegun::At(u64::try_from(fed).map_err(|_| StoreError::Damaged("fed"))?));
            }
            // Another file than the one that was left half way, or the first: what it told is in the books, and right.
            start_over(&mut db, bill, digest).await?;
            db.commit().await?;
            Ok(DayBegun::At(0))
        })
    }

    fn feed_lines<'a>(
        &'a self,
        bill: &'a BillOf,
        lease: Lease,
        lines: Vec<BillLine>,
        length: Duration,
        now_ms: u64,
    ) -> Later<'a, Fed> {
        Box::pin(async move {
            let mut db = self.writing().await?;
            if !lease::extend(&mut db, lease, length).await? {
                return Ok(Fed::Overtaken);
            }
            let learnt = feed::lines(&mut db, bill, lines, now_ms).await?;
            db.commit().await?;
            Ok(Fed::Taken(learnt))
        })
    }

    fn step_day<'a>(&'a self, bill: &'a BillOf, lease: Lease, step: DayStep, now_ms: u64) -> Later<'a, bool> {
        Box::pin(async move {
            let mut db = self.writing().await?;
            if !lease::is_held(&mut db, lease).await? {
                return Ok(false);
            }
            let state = match step {
                DayStep::PutOff { next_ms, problem } => {
                    put_off(&mut db, bill, next_ms, &problem).await?;
                    db.commit().await?;
                    return Ok(true);
                }
                DayStep::Compared => {
                    feed::end(&mut db, bill, now_ms).await?;
                    "compared"
                }
                DayStep::NoBill => "no_bill",
                DayStep::GiveUp => "given_up",
            };
            end(&mut db, bill, state, now_ms).await?;
            db.commit().await?;
            Ok(true)
        })
    }

    fn has_trade_on<'a>(&'a self, bill: &'a BillOf) -> Later<'a, bool> {
        Box::pin(async move {
            let (mchid, sub_mchid) = names(&bill.account);
            let day = bill.day;
            let found = sqlx::query(
                "SELECT 1 FROM payments p JOIN orders o ON o.id = p.order_id WHERE substr(p.paid_at, 1, 10) = $3 \
                 AND o.mchid = $1 AND ($2 = '' OR o.sub_mchid = $2) \
                 UNION ALL SELECT 1 FROM refunds r JOIN orders o ON o.id = r.order_id \
                 WHERE r.asked_ms >= $4 AND r.asked_ms < $5 AND r.stage IN ('processing', 'abnormal', 'closed', 'success') \
                 AND o.mchid = $1 AND ($2 = '' OR o.sub_mchid = $2) LIMIT 1",
            )
            .bind(mchid)
            .bind(sub_mchid)
            .bind(day.to_string())
            .bind(int(day.begins_ms()))
            .bind(int(day.next().begins_ms()))
            .fetch_optional(&mut *self.reading().await?)
            .await?;
            Ok(found.is_some())
        })
    }
}

/// Writes a day down; `false` when it was known.
async fn plan(db: &mut Connection, bill: &BillOf, now_ms: u64) -> Result<bool, StoreError> {
    let planned = update(
        db,
        bill,
        "INSERT INTO bill_days (mchid, sub_mchid, day, state, run, digest, fed, ours, others, others_paid, \
         others_refunded, unlisted, tries, problem, next_ms, ended_ms) \
         VALUES ($1, $2, $3, 'open', 1, '', 0, 0, 0, 0, 0, 0, 0, '', $4, 0) \
         ON CONFLICT (mchid, sub_mchid, day) DO NOTHING",
        now_ms,
    );
    Ok(planned.await? > 0)
}

/// Nothing of the day's bill is fed, as far as this comparison goes.
async fn start_over(db: &mut Connection, bill: &BillOf, digest: &str) -> Result<(), StoreError> {
    let (mchid, sub_mchid) = names(&bill.account);
    sqlx::query(
        "UPDATE bill_days SET digest = $4, fed = 0, ours = 0, others = 0, others_paid = 0, others_refunded = 0, \
         unlisted = 0 WHERE mchid = $1 AND sub_mchid = $2 AND day = $3",
    )
    .bind(mchid)
    .bind(sub_mchid)
    .bind(bill.day.to_string())
    .bind(digest)
    .execute(&mut *db)
    .await?;
    for table in [
        "UPDATE payments SET billed_day = NULL WHERE billed_day = $3 AND order_id IN \
         (SELECT id FROM orders WHERE mchid = $1 AND ($2 = '' OR sub_mchid = $2))",
        "UPDATE refunds SET billed_day = NULL WHERE billed_day = $3 AND order_id IN \
         (SELECT id FROM orders WHERE mchid = $1 AND ($2 = '' OR sub_mchid = $2))",
    ] {
        sqlx::query(table).bind(mchid).bind(sub_mchid).bind(bill.day.to_string()).execute(&mut *db).await?;
    }
    Ok(())
}

async fn put_off(db: &mut Connection, bill: &BillOf, next_ms: u64, problem: &str) -> Result<(), StoreError> {
    let (mchid, sub_mchid) = names(&bill.account);
    sqlx::query(
        "UPDATE bill_days SET tries = tries + 1, problem = $4, next_ms = $5 \
         WHERE mchid = $1 AND sub_mchid = $2 AND day = $3",
    )
    .bind(mchid)
    .bind(sub_mchid)
    .bind(bill.day.to_string())
    .bind(problem)
    .bind(int(next_ms))
    .execute(&mut *db)
    .await?;
    Ok(())
}

/// The day has ended like this.
async fn end(db: &mut Connection, bill: &BillOf, state: &str, now_ms: u64) -> Result<(), StoreError> {
    let (mchid, sub_mchid) = names(&bill.account);
    sqlx::query("UPDATE bill_days SET state = $4, ended_ms = $5 WHERE mchid = $1 AND sub_mchid = $2 AND day = $3")
        .bind(mchid)
        .bind(sub_mchid)
        .bind(bill.day.to_string())
        .bind(state)
        .bind(int(now_ms))
        .execute(db)
        .await?;
    Ok(())
}

/// A statement about a day, with the time as its fourth value.
async fn update(db: &mut Connection, bill: &BillOf, statement: &'static str, ms: u64) -> Result<u64, StoreError> {
    let (mchid, sub_mchid) = names(&bill.account);
    let statement = sqlx::query(statement).bind(mchid).bind(sub_mchid).bind(bill.day.to_string()).bind(int(ms));
    Ok(statement.execute(db).await?.rows_affected())
}
