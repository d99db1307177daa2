//! What is known of days, out of their rows.

use sqlx::Row as _;
use wx_checkout::domain::OrderId;

use super::super::super::{Books, Connection, Row};
use super::super::row::int;
use super::names;
use crate::bills::{About, Account, BillOf, Counts, Day, DayReport, DayState, Difference, Listed, What};
use crate::store::StoreError;

const DAYS: &str = "SELECT b.*, (SELECT count(*) FROM bill_differences d WHERE d.mchid = b.mchid \
     AND d.sub_mchid = b.sub_mchid AND d.day = b.day) AS differences, \
     (SELECT count(*) FROM bill_differences d WHERE d.mchid = b.mchid AND d.sub_mchid = b.sub_mchid \
     AND d.day = b.day AND NOT d.mended) AS standing FROM bill_days b ";

pub(super) async fn due(books: &Books, now_ms: u64, limit: u32) -> Result<Vec<BillOf>, StoreError> {
    let rows = sqlx::query(
        "SELECT mchid, sub_mchid, day FROM bill_days WHERE state = 'open' AND next_ms <= $1 \
         ORDER BY day, mchid, sub_mchid LIMIT $2",
    )
    .bind(int(now_ms))
    .bind(i64::from(limit))
    .fetch_all(&mut *books.reading().await?)
    .await?;
    rows.iter().map(bill_of).collect()
}

pub(super) async fn one(books: &Books, bill: &BillOf) -> Result<Option<DayReport>, StoreError> {
    let (mchid, sub_mchid) = names(&bill.account);
    let query = sqlx::AssertSqlSafe(format!("{DAYS} WHERE b.mchid = $1 AND b.sub_mchid = $2 AND b.day = $3"));
    let row = sqlx::query(query).bind(mchid).bind(sub_mchid).bind(bill.day.to_string());
    let row = row.fetch_optional(&mut *books.reading().await?).await?;
    row.as_ref().map(report_of).transpose()
}

pub(super) async fn many(books: &Books, before: Day, limit: u32) -> Result<Vec<DayReport>, StoreError> {
    let query =
        sqlx::AssertSqlSafe(format!("{DAYS} WHERE b.day < $1 ORDER BY b.day DESC, b.mchid, b.sub_mchid LIMIT $2"));
    let rows = sqlx::query(query).bind(before.to_string()).bind(i64::from(limit));
    rows.fetch_all(&mut *books.reading().await?).await?.iter().map(report_of).collect()
}

pub(super) async fn differences(
    books: &Books,
    bill: &BillOf,
    skip: u32,
    limit: u32,
) -> Result<Vec<Listed>, StoreError> {
    let (mchid, sub_mchid) = names(&bill.account);
    let rows = sqlx::query(
        "SELECT * FROM bill_differences WHERE mchid = $1 AND sub_mchid = $2 AND day = $3 \
         ORDER BY mended, about, number LIMIT $5 OFFSET $4",
    )
    .bind(mchid)
    .bind(sub_mchid)
    .bind(bill.day.to_string())
    .bind(i64::from(skip))
    .bind(i64::from(limit))
    .fetch_all(&mut *books.reading().await?)
    .await?;
    rows.iter().map(listed_of).collect()
}

/// Days in a row whose bills were looked into, this one's among them: the first and the last of each stretch.
pub(super) async fn stretches(db: &mut Connection, bill: &BillOf) -> Result<Vec<(Day, Day)>, StoreError> {
    let (mchid, sub_mchid) = names(&bill.account);
    let days = sqlx::query_scalar::<_, String>(
        "SELECT day FROM bill_days WHERE mchid = $1 AND sub_mchid = $2 \
         AND (state IN ('compared', 'no_bill') OR day = $3) ORDER BY day",
    );
    let days = days.bind(mchid).bind(sub_mchid).bind(bill.day.to_string()).fetch_all(db).await?;
    let mut stretches: Vec<(Day, Day)> = Vec::new();
    for day in days {
        let day = day_of(&day)?;
        match stretches.last_mut() {
            Some((_, last)) if last.next() == day => *last = day,
            _ => stretches.push((day, day)),
        }
    }
    // In a day alone nothing can be missing yet.
    stretches.retain(|(first, last)| first < last);
    Ok(stretches)
}

pub(super) fn day_of(text: &str) -> Result<Day, StoreError> {
    text.parse().map_err(|_| StoreError::Damaged("day"))
}

fn number(row: &Row, name: &'static str) -> Result<u64, StoreError> {
    u64::try_from(row.try_get::<i64, _>(name)?).map_err(|_| StoreError::Damaged(name))
}

fn small(row: &Row, name: &'static str) -> Result<u32, StoreError> {
    u32::try_from(row.try_get::<i64, _>(name)?).map_err(|_| StoreError::Damaged(name))
}

fn bill_of(row: &Row) -> Result<BillOf, StoreError> {
    let sub_mchid: String = row.try_get("sub_mchid")?;
    let account = Account { mchid: row.try_get("mchid")?, sub_mchid: (!sub_mchid.is_empty()).then_some(sub_mchid) };
    Ok(BillOf { account, day: day_of(row.try_get("day")?)? })
}

fn report_of(row: &Row) -> Result<DayReport, StoreError> {
    let at_ms = number(row, "ended_ms")?;
    let problem: String = row.try_get("problem")?;
    let state = match row.try_get::<&str, _>("state")? {
        "open" => DayState::Open { next_ms: number(row, "next_ms")?, tries: small(row, "tries")?, problem },
        "compared" => DayState::Compared { at_ms },
        "no_bill" => DayState::NoBill { at_ms },
        "given_up" => DayState::GivenUp { at_ms, problem },
        _ => return Err(StoreError::Damaged("state")),
    };
    Ok(DayReport {
        bill: bill_of(row)?,
        state,
        run: small(row, "run")?,
        counts: Counts {
            lines: number(row, "fed")?,
            ours: number(row, "ours")?,
            others: number(row, "others")?,
            others_paid: number(row, "others_paid")?,
            others_refunded: number(row, "others_refunded")?,
            unlisted: number(row, "unlisted")?,
        },
        differences: number(row, "differences")?,
        standing: number(row, "standing")?,
    })
}

fn listed_of(row: &Row) -> Result<Listed, StoreError> {
    let about = match row.try_get::<&str, _>("about")? {
        "payment" => About::Payment,
        "refund" => About::Refund,
        _ => return Err(StoreError::Damaged("about")),
    };
    let order_id = row.try_get::<Option<String>, _>("order_id")?;
    let order_id = order_id.map(OrderId::try_from).transpose().map_err(|_| StoreError::Damaged("order_id"))?;
    let (here, there) = (small(row, "here")?, small(row, "there")?);
    let (here_state, there_state) = (row.try_get("here_state")?, row.try_get("there_state")?);
    let what = match row.try_get::<&str, _>("what")? {
        "missing_here" => What::MissingHere { there, there_state },
        "missing_there" => What::MissingThere { here, here_state },
        "amount" => What::Amount { here, there },
        "state" => What::State { here_state, there_state },
        "misfit" => What::Misfit { here_state },
        _ => return Err(StoreError::Damaged("what")),
    };
    let difference = Difference {
        about,
        number: row.try_get("number")?,
        out_trade_no: row.try_get("out_trade_no")?,
        order_id,
        what,
    };
    Ok(Listed { difference, found_ms: number(row, "found_ms")?, mended: row.try_get("mended")? })
}

/// A [`What`] as columns.
pub(super) struct Flat<'a> {
    pub(super) what: &'static str,
    pub(super) here: i64,
    pub(super) there: i64,
    pub(super) here_state: &'a str,
    pub(super) there_state: &'a str,
}

pub(super) fn flat(what: &What) -> Flat<'_> {
    let none = Flat { what: "", here: 0, there: 0, here_state: "", there_state: "" };
    match what {
        What::MissingHere { there, there_state } => {
            Flat { what: "missing_here", there: i64::from(*there), there_state, ..none }
        }
        What::MissingThere { here, here_state } => {
            Flat { what: "missing_there", here: i64::from(*here), here_state, ..none }
        }
        What::Amount { here, there } => {
            Flat { what: "amount", here: i64::from(*here), there: i64::from(*there), ..none }
        }
        What::State { here_state, there_state } => Flat { what: "state", here_state, there_state, ..none },
        What::Misfit { here_state } => Flat { what: "misfit", here_state, ..none },
    }
}

pub(super) const fn about_word(about: About) -> &'static str {
    match about {
        About::Payment => "payment",
        About::Refund => "refund",
    }
}
