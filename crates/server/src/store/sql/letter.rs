//! A letter as columns, and what is written about one.

use sqlx::Row as _;
use wechatpay::Secret;
use wx_checkout::domain::OrderId;

use super::super::{Connection, Row};
use super::row::int;
use crate::ledger::{Action, LatePayment, Order, Unmatched};
use crate::outbox::event::{self, Orphan, Place};
use crate::outbox::letter_id;
use crate::store::{Channel, Hold, Letter, LetterState, Skip, StoreError, Try};

/// Letters with what their streams say about them.
macro_rules! letters_where {
    ($condition:literal) => {
        concat!(
            "SELECT o.arrival, o.letter_id, o.order_id, o.action, o.subject, o.created_ms, o.sequence, o.body, o.tries, \
             o.tried_ms, o.status, o.error, o.outcome, o.ended_ms, o.skipped_by, o.skipped_why, \
             s.channel, s.last, s.done, s.stopped, s.next_ms \
             FROM outbox o JOIN streams s ON s.stream = o.stream WHERE ",
            $condition
        )
    };
}
pub(super) use letters_where;

/// What a letter is about.
#[derive(Clone, Copy)]
pub(super) enum Subject<'a> {
    /// An order, with the fact in its books.
    Order(&'a Order),
    /// A payment whose number no order has.
    Orphan { out_trade_no: &'a str, unmatched: Unmatched },
}

/// Writes down whom to tell of an action.
pub(super) async fn note(
    db: &mut Connection,
    subject: Subject<'_>,
    action: &Action,
    now_ms: u64,
) -> Result<(), StoreError> {
    let (word, about) = words(action);
    let (stream, order) = match subject {
        Subject::Order(order) => (order.terms.id.as_str().to_owned(), Some(order.terms.id.as_str())),
        Subject::Orphan { .. } => (format!("payment {about}"), None),
    };
    let number = next_number(&mut *db, &stream, Channel::Webhook, now_ms).await?;
    let place = Place { sequence: number.sequence, at_ms: now_ms };
    let body = match subject {
        Subject::Order(order) => event::of_order(order, action, place),
        Subject::Orphan { out_trade_no, unmatched } => {
            event::of_orphan(Orphan { out_trade_no, unmatched }, action, place)
        }
    };
    write(&mut *db, &stream, number, (order, word, about), Some(body), now_ms).await?;

    let keeps_the_money = match action {
        Action::Paid { .. } => true,
        Action::PaidLate { .. } => {
            matches!(subject, Subject::Order(order) if order.terms.late_payment == LatePayment::Accept)
        }
        _ => false,
    };
    let Some(order) = order.filter(|_| keeps_the_money) else { return Ok(()) };
    let open = sqlx::query("SELECT 1 FROM channels WHERE channel = $1").bind(Channel::Shipping.word());
    if open.fetch_optional(&mut *db).await?.is_some() {
        let stream = format!("shipping {order}");
        let number = next_number(&mut *db, &stream, Channel::Shipping, now_ms).await?;
        write(db, &stream, number, (Some(order), "ship", about), None, now_ms).await?;
    }
    Ok(())
}

/// The ledger's word for an action, and what it is about.
fn words(action: &Action) -> (&'static str, &str) {
    match action {
        Action::Paid { transaction_id } => ("paid", transaction_id),
        Action::PaidLate { transaction_id } => ("paid_late", transaction_id),
        Action::PaidTwice { transaction_id } => ("paid_twice", transaction_id),
        Action::Closed => ("closed", ""),
        Action::Unmatched { transaction_id } => ("unmatched_payment", transaction_id),
        Action::Refunded { out_refund_no } => ("refunded", out_refund_no),
        Action::RefundStopped { out_refund_no } => ("refund_stopped", out_refund_no),
        Action::RefundContradicted { out_refund_no } => ("refund_contradicted", out_refund_no),
    }
}

/// A letter's number, and whether it waits to be sent: it does if its channel was ever opened.
#[derive(Clone, Copy)]
struct Number {
    sequence: u64,
    waits: bool,
}

/// The stream is the caller's until the transaction ends: whoever comes next gets the next number.
async fn next_number(db: &mut Connection, stream: &str, channel: Channel, now_ms: u64) -> Result<Number, StoreError> {
    let (last, done) = sqlx::query_as::<_, (i64, i64)>(
        "INSERT INTO streams (stream, channel, last, done, next_ms) \
         VALUES ($1, $2, 1, CASE WHEN EXISTS (SELECT 1 FROM channels WHERE channel = $2) THEN 0 ELSE 1 END, $3) \
         ON CONFLICT (stream) DO UPDATE SET last = streams.last + 1, \
         done = CASE WHEN excluded.done = 0 THEN streams.done ELSE streams.last + 1 END, \
         next_ms = CASE WHEN streams.done = streams.last THEN excluded.next_ms ELSE streams.next_ms END \
         RETURNING last, done",
    )
    .bind(stream)
    .bind(channel.word())
    .bind(int(now_ms))
    .fetch_one(db)
    .await?;
    let sequence = u64::try_from(last).map_err(|_| StoreError::Damaged("last"))?;
    Ok(Number { sequence, waits: done < last })
}

async fn write(
    db: &mut Connection,
    stream: &str,
    number: Number,
    (order, action, subject): (Option<&str>, &str, &str),
    body: Option<Secret<Vec<u8>>>,
    now_ms: u64,
) -> Result<(), StoreError> {
    let now = int(now_ms);
    sqlx::query(
        "INSERT INTO outbox (order_id, action, subject, created_ms, stream, sequence, letter_id, body, outcome, ended_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(order)
    .bind(action)
    .bind(subject)
    .bind(now)
    .bind(stream)
    .bind(int(number.sequence))
    .bind(letter_id(stream, number.sequence, action, subject))
    .bind(body.map(Secret::into_exposed))
    .bind((!number.waits).then_some("passed_over"))
    .bind((!number.waits).then_some(now))
    .execute(db)
    .await?;
    Ok(())
}

/// What came of a try.
pub(super) async fn tried(
    db: &mut Connection,
    hold: &Hold,
    status: Option<u16>,
    error: Option<&str>,
    now_ms: u64,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE outbox SET tries = tries + 1, tried_ms = $3, status = $4, error = $5 WHERE stream = $1 AND sequence = $2",
    )
    .bind(&hold.stream)
    .bind(hold.sequence)
    .bind(int(now_ms))
    .bind(status.map(i64::from))
    .bind(error)
    .execute(db)
    .await?;
    Ok(())
}

/// The letter is done with.
pub(super) async fn end(db: &mut Connection, hold: &Hold, outcome: &str, now_ms: u64) -> Result<(), StoreError> {
    sqlx::query("UPDATE outbox SET outcome = $3, ended_ms = $4 WHERE stream = $1 AND sequence = $2")
        .bind(&hold.stream)
        .bind(hold.sequence)
        .bind(outcome)
        .bind(int(now_ms))
        .execute(db)
        .await?;
    Ok(())
}

/// Whoever has the stream now keeps it.
pub(super) async fn let_go(db: &mut Connection, hold: &Hold) -> Result<(), StoreError> {
    sqlx::query("UPDATE streams SET held_until_ms = 0 WHERE stream = $1 AND fence = $2")
        .bind(&hold.stream)
        .bind(hold.fence)
        .execute(db)
        .await?;
    Ok(())
}

/// Stream and number of a letter.
pub(super) async fn place(db: &mut Connection, id: &str) -> Result<Option<(String, i64)>, StoreError> {
    let place = sqlx::query_as("SELECT stream, sequence FROM outbox WHERE letter_id = $1");
    Ok(place.bind(id).fetch_optional(db).await?)
}

/// From a row of [`letters_where`].
pub(super) fn from_row(row: &Row) -> Result<Letter, StoreError> {
    let millis = |name| -> Result<u64, StoreError> { unsigned(row.try_get(name)?, name) };
    let status = |name| -> Result<Option<u16>, StoreError> {
        let status: Option<i64> = row.try_get(name)?;
        status.map(|status| u16::try_from(status).map_err(|_| StoreError::Damaged(name))).transpose()
    };
    let order: Option<String> = row.try_get("order_id")?;
    let tried_ms: Option<i64> = row.try_get("tried_ms")?;
    let last = match tried_ms {
        None => None,
        Some(at) => {
            Some(Try { at_ms: unsigned(at, "tried_ms")?, status: status("status")?, error: row.try_get("error")? })
        }
    };
    Ok(Letter {
        arrival: row.try_get("arrival")?,
        id: row.try_get::<Option<String>, _>("letter_id")?.unwrap_or_default(),
        channel: channel_of(row.try_get("channel")?).ok_or(StoreError::Damaged("channel"))?,
        order: order.map(OrderId::try_from).transpose().map_err(|_| StoreError::Damaged("order_id"))?,
        sequence: millis("sequence")?,
        action: row.try_get("action")?,
        subject: row.try_get("subject")?,
        created_ms: millis("created_ms")?,
        body: row.try_get::<Option<Vec<u8>>, _>("body")?.map(Secret::new),
        state: state(row)?,
        tries: u32::try_from(row.try_get::<i64, _>("tries")?).map_err(|_| StoreError::Damaged("tries"))?,
        last,
    })
}

fn state(row: &Row) -> Result<LetterState, StoreError> {
    let outcome: Option<&str> = row.try_get("outcome")?;
    let ended_ms: Option<i64> = row.try_get("ended_ms")?;
    let (sequence, done): (i64, i64) = (row.try_get("sequence")?, row.try_get("done")?);
    Ok(match outcome {
        Some("delivered") => LetterState::Delivered { at_ms: unsigned(ended_ms.unwrap_or(0), "ended_ms")? },
        Some("skipped") => LetterState::Skipped(Skip {
            by: row.try_get::<Option<String>, _>("skipped_by")?.unwrap_or_default(),
            why: row.try_get::<Option<String>, _>("skipped_why")?.unwrap_or_default(),
        }),
        Some("passed_over") => LetterState::PassedOver,
        Some(_) => return Err(StoreError::Damaged("outcome")),
        None if sequence != done + 1 => LetterState::Behind,
        None if row.try_get("stopped")? => {
            LetterState::Dead { behind: unsigned(row.try_get::<i64, _>("last")? - sequence, "last")? }
        }
        None => LetterState::Due { next_ms: unsigned(row.try_get("next_ms")?, "next_ms")? },
    })
}

fn unsigned(number: i64, name: &'static str) -> Result<u64, StoreError> {
    u64::try_from(number).map_err(|_| StoreError::Damaged(name))
}

fn channel_of(word: &str) -> Option<Channel> {
    [Channel::Webhook, Channel::Shipping].into_iter().find(|channel| channel.word() == word)
}
