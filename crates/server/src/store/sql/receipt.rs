//! Notifications: kept and booked in one transaction.

use super::super::Books;
use super::super::Connection;
use super::journal::Source;
use super::letter::{self, Subject};
use super::row::{self, int};
use super::{record, refund};
use crate::ledger::{Action, Attempt, Fact, Misfit, Unmatched};
use crate::store::{Booked, Delivery, Receipt, Recorded, StoreError, Told};

pub(super) async fn receive(books: &Books, receipts: Vec<Receipt>) -> Result<Vec<Booked>, StoreError> {
    let mut db = books.writing().await?;
    let mut receipts: Vec<(usize, Receipt)> = receipts.into_iter().enumerate().collect();
    // Every server takes the orders' locks in the same order, so that none waits for another in a ring.
    receipts.sort_by(|(_, one), (_, other)| out_trade_no(&one.told).cmp(&out_trade_no(&other.told)));
    let mut booked = Vec::with_capacity(receipts.len());
    for (place, Receipt { delivery, told }) in receipts {
        let Delivery { received_ms, route, headers, body } = delivery;
        sqlx::query("INSERT INTO notifications (received_ms, route, headers, body) VALUES ($1, $2, $3, $4)")
            .bind(int(received_ms))
            .bind(route)
            .bind(headers)
            .bind(body.expose())
            .execute(&mut *db)
            .await?;
        booked.push((place, book(&mut db, told, received_ms, route).await?));
    }
    db.commit().await?;
    booked.sort_by_key(|(place, _)| *place);
    Ok(booked.into_iter().map(|(_, booked)| booked).collect())
}

fn out_trade_no(told: &Told) -> Option<&str> {
    match told {
        Told::Payment(payment) => Some(&payment.out_trade_no),
        Told::Refund { out_trade_no, .. } | Told::Other { out_trade_no, .. } => Some(out_trade_no),
        Told::Nothing => None,
    }
}

/// Takes what a notification told into the books; a payment that no order knows is kept, frozen.
async fn book(db: &mut Connection, told: Told, now_ms: u64, route: &str) -> Result<Booked, StoreError> {
    let Some(number) = out_trade_no(&told) else { return Ok(Booked::Nothing) };
    let query = sqlx::query(locking!("SELECT * FROM orders WHERE out_trade_no = $1"));
    let Some(row) = query.bind(number).fetch_optional(&mut *db).await? else { return strange(db, told, now_ms).await };
    let mut order = row::load(&mut *db, &row).await?;
    let fact = match told {
        Told::Nothing => return Ok(Booked::Nothing),
        Told::Payment(payment) => Fact::Paid(payment),
        Told::Other { fact, .. } => fact,
        Told::Refund { mchid, sub_mchid, refund, .. } => {
            if !is_payee(&order.attempt, &mchid, sub_mchid.as_deref()) {
                return Ok(Booked::Strange);
            }
            Fact::Refund(refund)
        }
    };
    let rumour = match &fact {
        Fact::RefundRumoured { out_refund_no, .. } => Some(out_refund_no.clone()),
        _ => None,
    };
    let actions = record(db, &mut order, vec![fact], now_ms, Source::Notification(route)).await?;
    if let Some(out_refund_no) = rumour {
        refund::hurry(db, &order, &out_refund_no, now_ms).await?;
    }
    Ok(Booked::InOrder(Box::new(Recorded { order, actions })))
}

fn is_payee(attempt: &Attempt, mchid: &str, sub_mchid: Option<&str>) -> bool {
    attempt.mchid == mchid && attempt.api.sub_mchid() == sub_mchid
}

/// What tells of money, and of no order here.
pub(super) async fn strange(db: &mut Connection, told: Told, now_ms: u64) -> Result<Booked, StoreError> {
    let payment = match told {
        Told::Payment(payment) => payment,
        Told::Refund { .. } => return Ok(Booked::Strange),
        Told::Other { .. } | Told::Nothing => return Ok(Booked::Nothing),
    };
    let unmatched = Unmatched { total: payment.total, misfit: Misfit::Order };
    if !row::save_unmatched(&mut *db, &payment.out_trade_no, &payment.transaction_id, None, unmatched).await? {
        return Ok(Booked::Orphan(vec![]));
    }
    row::date_unmatched(&mut *db, &payment.transaction_id, now_ms).await?;
    let action = Action::Unmatched { transaction_id: payment.transaction_id.clone() };
    let subject = Subject::Orphan { out_trade_no: &payment.out_trade_no, unmatched };
    letter::note(db, subject, &action, now_ms).await?;
    Ok(Booked::Orphan(vec![action]))
}
