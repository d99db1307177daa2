//! Lines of a bill on their way into the books: what differs is written down in the transaction that
//! takes the line's word, for afterwards nothing differs any more.

use wechatpay::v3::{BillEntry, BillLine};

use super::super::super::Connection;
use super::super::journal::Source;
use super::super::row::{self, int};
use super::super::{receipt, record, refund};
use super::{MOST_ORPHANS, names, report};
use crate::bills::{About, BillOf, Compared, Difference, Mended, compare, is_our_form, orphan, payment_of};
use crate::ledger::Fact;
use crate::store::{Booked, Learnt, StoreError, Told};

/// Writes differences of a bill down, whatever was written of them before.
macro_rules! noting_difference {
    ($rows:literal) => {
        concat!(
            "INSERT INTO bill_differences (mchid, sub_mchid, day, about, number, out_trade_no, order_id, what, here, there, \
             here_state, there_state, found_ms, run, mended) ",
            $rows,
            " ON CONFLICT (mchid, sub_mchid, day, about, number) DO UPDATE SET what = excluded.what, here = excluded.here, \
             there = excluded.there, here_state = excluded.here_state, there_state = excluded.there_state, \
             order_id = excluded.order_id, run = excluded.run, mended = excluded.mended"
        )
    };
}

/// Where a batch adds up to.
#[derive(Default)]
struct Sums {
    lines: i64,
    ours: i64,
    others: i64,
    others_paid: i64,
    others_refunded: i64,
    unlisted: i64,
}

/// What the day knows of itself.
struct Today {
    run: i64,
    orphans: i64,
}

pub(super) async fn lines(
    db: &mut Connection,
    bill: &BillOf,
    mut lines: Vec<BillLine>,
    now_ms: u64,
) -> Result<Vec<Learnt>, StoreError> {
    // As notifications do it: every server takes the orders' locks in the same order.
    lines.sort_by(|one, other| one.out_trade_no.cmp(&other.out_trade_no));
    let mut today = today(db, bill).await?;
    let mut sums = Sums { lines: i64::try_from(lines.len()).unwrap_or(i64::MAX), ..Sums::default() };
    let mut learnt = Vec::new();
    for line in lines {
        match one(db, bill, &line, &mut today, now_ms).await? {
            Place::Ours(None) => sums.ours += 1,
            Place::Ours(Some(news)) => {
                sums.ours += 1;
                learnt.push(news);
            }
            Place::Unlisted => sums.unlisted += 1,
            Place::Others => {
                sums.others += 1;
                match line.entry {
                    BillEntry::Payment { total } => sums.others_paid += i64::from(total),
                    BillEntry::Refund { refund, .. } => sums.others_refunded += i64::from(refund),
                    BillEntry::Other(_) => {}
                }
            }
        }
    }
    let Sums { lines, ours, others, others_paid, others_refunded, unlisted } = sums;
    let (mchid, sub_mchid) = names(&bill.account);
    sqlx::query(
        "UPDATE bill_days SET fed = fed + $4, ours = ours + $5, others = others + $6, others_paid = others_paid + $7, \
         others_refunded = others_refunded + $8, unlisted = unlisted + $9 \
         WHERE mchid = $1 AND sub_mchid = $2 AND day = $3",
    )
    .bind(mchid)
    .bind(sub_mchid)
    .bind(bill.day.to_string())
    .bind(lines)
    .bind(ours)
    .bind(others)
    .bind(others_paid)
    .bind(others_refunded)
    .bind(unlisted)
    .execute(&mut *db)
    .await?;
    Ok(learnt)
}

enum Place {
    /// Of an order here, or of none that should be; with what it changed.
    Ours(Option<Learnt>),
    /// As the last, beyond what is listed.
    Unlisted,
    /// Of another system.
    Others,
}

async fn today(db: &mut Connection, bill: &BillOf) -> Result<Today, StoreError> {
    let (mchid, sub_mchid) = names(&bill.account);
    let (run, orphans) = sqlx::query_as::<_, (i64, i64)>(
        "SELECT run, (SELECT count(*) FROM bill_differences d WHERE d.mchid = $1 AND d.sub_mchid = $2 AND d.day = $3 \
         AND d.order_id IS NULL AND d.run = b.run) FROM bill_days b WHERE mchid = $1 AND sub_mchid = $2 AND day = $3",
    )
    .bind(mchid)
    .bind(sub_mchid)
    .bind(bill.day.to_string())
    .fetch_one(db)
    .await?;
    Ok(Today { run, orphans })
}

async fn one(
    db: &mut Connection,
    bill: &BillOf,
    line: &BillLine,
    today: &mut Today,
    now_ms: u64,
) -> Result<Place, StoreError> {
    let query = sqlx::query(locking!("SELECT * FROM orders WHERE out_trade_no = $1"));
    let Some(row) = query.bind(&line.out_trade_no).fetch_optional(&mut *db).await? else {
        return nobodys(db, bill, line, today, now_ms).await;
    };
    let mut order = row::load(db, &row).await?;
    let Compared { difference, facts } = compare(&order, line, now_ms);
    if let Some((difference, mended)) = &difference {
        note(db, bill, difference, *mended, today.run, now_ms).await?;
    }
    let mut learnt = None;
    if !facts.is_empty() {
        let rumour = facts.iter().find_map(|fact| match fact {
            Fact::RefundRumoured { out_refund_no, .. } => Some(out_refund_no.clone()),
            _ => None,
        });
        let actions = record(db, &mut order, facts, now_ms, Source::Bill).await?;
        if let Some(out_refund_no) = rumour {
            refund::hurry(db, &order, &out_refund_no, now_ms).await?;
        }
        learnt = Some(Learnt { order: Some(order.terms.id.clone()), actions });
    }
    seen_in(db, bill, order.terms.id.as_str(), line).await?;
    Ok(Place::Ours(learnt))
}

/// Marks what the line tells of: this bill has it.
async fn seen_in(db: &mut Connection, bill: &BillOf, order_id: &str, line: &BillLine) -> Result<(), StoreError> {
    let (statement, number) = match &line.entry {
        BillEntry::Payment { .. } => {
            ("UPDATE payments SET billed_day = $1 WHERE order_id = $2 AND transaction_id = $3", &line.transaction_id)
        }
        BillEntry::Refund { out_refund_no, .. } => {
            ("UPDATE refunds SET billed_day = $1 WHERE order_id = $2 AND out_refund_no = $3", out_refund_no)
        }
        BillEntry::Other(_) => return Ok(()),
    };
    sqlx::query(statement).bind(bill.day.to_string()).bind(order_id).bind(number).execute(db).await?;
    Ok(())
}

/// A line whose number no order here has.
async fn nobodys(
    db: &mut Connection,
    bill: &BillOf,
    line: &BillLine,
    today: &mut Today,
    now_ms: u64,
) -> Result<Place, StoreError> {
    let Some(difference) = orphan(line).filter(|_| is_our_form(&line.out_trade_no)) else { return Ok(Place::Others) };
    if today.orphans >= MOST_ORPHANS {
        return Ok(Place::Unlisted);
    }
    today.orphans += 1;
    note(db, bill, &difference, Mended::No, today.run, now_ms).await?;
    let BillEntry::Payment { total } = line.entry else { return Ok(Place::Ours(None)) };
    let told = Told::Payment(payment_of(line, total, now_ms));
    let actions = match receipt::strange(db, told, now_ms).await? {
        Booked::Orphan(actions) => actions,
        Booked::Nothing | Booked::InOrder(_) | Booked::Strange => vec![],
    };
    Ok(Place::Ours((!actions.is_empty()).then_some(Learnt { order: None, actions })))
}

/// Writes a difference down. One that a former comparison found keeps the time of its finding, and what
/// it was found as: the books have taken the bill's word since.
async fn note(
    db: &mut Connection,
    bill: &BillOf,
    difference: &Difference,
    mended: Mended,
    run: i64,
    now_ms: u64,
) -> Result<(), StoreError> {
    let (mchid, sub_mchid) = names(&bill.account);
    let Difference { about, number, out_trade_no, order_id, what } = difference;
    let flat = report::flat(what);
    sqlx::query(noting_difference!("VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"))
        .bind(mchid)
        .bind(sub_mchid)
        .bind(bill.day.to_string())
        .bind(report::about_word(*about))
        .bind(number)
        .bind(out_trade_no)
        .bind(order_id.as_ref().map(|id| id.as_str()))
        .bind(flat.what)
        .bind(flat.here)
        .bind(flat.there)
        .bind(flat.here_state)
        .bind(flat.there_state)
        .bind(int(now_ms))
        .bind(run)
        .bind(mended == Mended::Yes)
        .execute(db)
        .await?;
    Ok(())
}

/// Every line is in. What the books have of the day and no bill has shown is missing there; what was
/// missing on a former day and is shown by now is not any more.
pub(super) async fn end(db: &mut Connection, bill: &BillOf, now_ms: u64) -> Result<(), StoreError> {
    let (mchid, sub_mchid) = names(&bill.account);
    let run = today(db, bill).await?.run;
    sqlx::query(noting_difference!(
        "SELECT $1, $2, $3, $4, p.transaction_id, o.out_trade_no, o.id, 'missing_there', o.amount, 0, 'paid', '', $5, $6, FALSE \
         FROM payments p JOIN orders o ON o.id = p.order_id \
         WHERE substr(p.paid_at, 1, 10) = $3 AND p.billed_day IS NULL AND o.mchid = $1 AND ($2 = '' OR o.sub_mchid = $2)"
    ))
    .bind(mchid)
    .bind(sub_mchid)
    .bind(bill.day.to_string())
    .bind(report::about_word(About::Payment))
    .bind(int(now_ms))
    .bind(run)
    .execute(&mut *db)
    .await?;
    // A refund stands in the bill of the day on which WeChat took it, which may be the one after it was
    // asked for. So it is missing once both bills were looked into, and neither has it.
    for (from, to) in report::stretches(db, bill).await? {
        sqlx::query(noting_difference!(
            "SELECT $1, $2, $3, $4, r.out_refund_no, o.out_trade_no, o.id, 'missing_there', r.amount, 0, r.stage, '', $5, $6, FALSE \
             FROM refunds r JOIN orders o ON o.id = r.order_id \
             WHERE r.billed_day IS NULL AND r.asked_ms < $7 AND r.asked_ms >= $8 AND r.transaction_id <> '' \
             AND r.stage IN ('processing', 'abnormal', 'closed', 'success') \
             AND o.mchid = $1 AND ($2 = '' OR o.sub_mchid = $2) \
             AND NOT EXISTS (SELECT 1 FROM bill_differences k WHERE k.mchid = $1 AND k.sub_mchid = $2 AND k.day <> $3 \
             AND k.about = $4 AND k.number = r.out_refund_no AND k.what = 'missing_there' AND NOT k.mended)"
        ))
        .bind(mchid)
        .bind(sub_mchid)
        .bind(bill.day.to_string())
        .bind(report::about_word(About::Refund))
        .bind(int(now_ms))
        .bind(run)
        .bind(int(to.begins_ms()))
        .bind(int(from.begins_ms()))
        .execute(&mut *db)
        .await?;
    }
    // Found by a former comparison of this day, and not by this one.
    sqlx::query(
        "UPDATE bill_differences SET mended = TRUE WHERE mchid = $1 AND sub_mchid = $2 AND day = $3 AND NOT mended \
         AND run < $4",
    )
    .bind(mchid)
    .bind(sub_mchid)
    .bind(bill.day.to_string())
    .bind(run)
    .execute(&mut *db)
    .await?;
    for statement in [
        "UPDATE bill_differences SET mended = TRUE WHERE mchid = $1 AND sub_mchid = $2 AND NOT mended \
         AND what = 'missing_there' AND about = 'payment' AND EXISTS (SELECT 1 FROM payments p \
         WHERE p.order_id = bill_differences.order_id AND p.transaction_id = bill_differences.number \
         AND p.billed_day IS NOT NULL)",
        "UPDATE bill_differences SET mended = TRUE WHERE mchid = $1 AND sub_mchid = $2 AND NOT mended \
         AND what = 'missing_there' AND about = 'refund' AND EXISTS (SELECT 1 FROM refunds r \
         WHERE r.order_id = bill_differences.order_id AND r.out_refund_no = bill_differences.number \
         AND r.billed_day IS NOT NULL)",
    ] {
        sqlx::query(statement).bind(mchid).bind(sub_mchid).execute(&mut *db).await?;
    }
    Ok(())
}
