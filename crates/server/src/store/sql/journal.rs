//! What happened, for the operator to read. It is written beside the books and never read by them.

use super::super::Connection;
use super::row::int;
use crate::ledger::{Action, Fact, Stage};
use crate::store::StoreError;

/// An order with as many entries gets no second one that says what an older one said: somebody who asks
/// again and again must not fill the disk.
const MANY: i64 = 200;

/// Who said something.
#[derive(Clone, Copy)]
pub(super) enum Source<'a> {
    /// WeChat, asked.
    Wechat,
    /// WeChat, unasked, on this route.
    Notification(&'a str),
    /// WeChat, in a day's bill.
    Bill,
    Payer,
    Server,
    Operator,
}

/// What happened.
pub(super) struct News<'a> {
    pub(super) what: &'static str,
    pub(super) source: Source<'a>,
    pub(super) subject: String,
    pub(super) amount: u32,
}

impl<'a> News<'a> {
    /// About the order itself.
    pub(super) const fn of_order(what: &'static str, source: Source<'a>) -> Self {
        Self { what, source, subject: String::new(), amount: 0 }
    }

    pub(super) fn of_fact(fact: &Fact, told: Source<'a>) -> Self {
        let about = |what, subject: &str, amount| Self { what, source: told, subject: subject.to_owned(), amount };
        match fact {
            Fact::Paid(payment) => about("success", &payment.transaction_id, payment.total),
            Fact::Closed { .. } => Self::of_order("closed", told),
            Fact::Absent { .. } => Self::of_order("order_not_exist", told),
            Fact::NotPaidSoFar { .. } => Self::of_order("notpay", told),
            Fact::CloseAsked => Self::of_order("close_decided", Source::Server),
            Fact::Refund(seen) => {
                let what = match seen.stage {
                    Stage::Rumoured => "refund_rumoured",
                    Stage::Due => "refund_decided",
                    Stage::Refused => "refund_refused",
                    Stage::Processing => "refund_processing",
                    Stage::Abnormal => "refund_abnormal",
                    Stage::Closed => "refund_closed",
                    Stage::Success => "refund_success",
                };
                about(what, &seen.out_refund_no, seen.amount)
            }
            Fact::RefundRefused { out_refund_no, .. } => about("refund_refused", out_refund_no, 0),
            Fact::RefundRumoured { out_refund_no, .. } => about("refund_rumoured", out_refund_no, 0),
        }
    }

    /// What the server made of it, where that is more than the fact says.
    pub(super) fn of_action(action: &Action) -> Option<Self> {
        let (what, subject) = match action {
            Action::Paid { .. } | Action::Closed | Action::Refunded { .. } => return None,
            Action::PaidLate { transaction_id } => ("paid_late", transaction_id),
            Action::PaidTwice { transaction_id } => ("paid_twice", transaction_id),
            Action::Unmatched { transaction_id } => ("frozen", transaction_id),
            Action::RefundStopped { out_refund_no } => ("refund_stopped", out_refund_no),
            Action::RefundContradicted { out_refund_no } => ("refund_contradicted", out_refund_no),
        };
        Some(Self { what, source: Source::Server, subject: subject.clone(), amount: 0 })
    }
}

/// Writes it down, in the caller's transaction, which holds the order.
pub(super) async fn enter(db: &mut Connection, order_id: &str, news: News<'_>, now_ms: u64) -> Result<(), StoreError> {
    let News { what, source, subject, amount } = news;
    let source = match source {
        Source::Wechat => "wechat".to_owned(),
        Source::Notification(route) => format!("notify/{route}"),
        Source::Bill => "bill".to_owned(),
        Source::Payer => "payer".to_owned(),
        Source::Server => "server".to_owned(),
        Source::Operator => "operator".to_owned(),
    };
    let again = sqlx::query(
        "UPDATE facts SET last_ms = $1, times = times + 1 WHERE what = $2 AND source = $3 AND subject = $4 AND amount = $5 \
         AND arrival = (SELECT MAX(arrival) FROM facts WHERE order_id = $6 AND ((what = $2 AND source = $3 AND subject = $4 \
         AND amount = $5) OR (SELECT COUNT(*) FROM facts WHERE order_id = $6) < $7))",
    )
    .bind(int(now_ms))
    .bind(what)
    .bind(&source)
    .bind(&subject)
    .bind(i64::from(amount))
    .bind(order_id)
    .bind(MANY)
    .execute(&mut *db)
    .await?;
    if again.rows_affected() > 0 {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO facts (order_id, at_ms, last_ms, what, source, subject, amount) VALUES ($1, $2, $2, $3, $4, $5, $6)",
    )
    .bind(order_id)
    .bind(int(now_ms))
    .bind(what)
    .bind(source)
    .bind(subject)
    .bind(i64::from(amount))
    .execute(db)
    .await?;
    Ok(())
}

/// The database's time, for what has none of its own.
pub(super) async fn now_ms(db: &mut Connection) -> Result<u64, StoreError> {
    let now: i64 = sqlx::query_scalar(concat!("SELECT ", now_ms!())).fetch_one(db).await?;
    Ok(u64::try_from(now).unwrap_or(0))
}
