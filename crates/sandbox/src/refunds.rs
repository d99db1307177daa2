//! Accepting a refund, whichever API asks: its arithmetic, and that a number refunds once.

use std::sync::Arc;

use serde_json::Value;

use crate::book::{Api, Fate, MOST_REFUNDS, Order, Owner, REFUND_PAUSE_MS, REFUND_TAKES_MS, REFUNDABLE_MS, Refund};
use crate::courier;
use crate::faults::RefundFault;
use crate::sandbox::Sandbox;

/// What is asked for.
pub(crate) struct Wish {
    pub(crate) api: Api,
    pub(crate) owner: Owner,
    pub(crate) which: Which,
    pub(crate) out_refund_no: String,
    pub(crate) amount: u64,
    pub(crate) total: u64,
    pub(crate) reason: Option<String>,
    pub(crate) notify_url: Option<String>,
    pub(crate) posted: Value,
}

/// Which payment.
#[derive(Clone, Debug)]
pub(crate) enum Which {
    OutTradeNo(String),
    TransactionId(String),
}

/// Why a refund is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RefundFaultFound {
    /// No payment of this merchant has this number.
    NoSuchPayment,
    /// Nothing was paid yet.
    NotPaid,
    /// The number refunded something else before.
    OtherParameters,
    /// `total` is not what was paid.
    WrongTotal,
    /// Together with the others it would be more than was paid.
    TooMuch,
    /// Fifty were asked for already.
    TooMany,
    /// The one before was less than a minute ago.
    TooSoon,
    /// The payment is more than a year old.
    TooLate,
}

/// Accepts it, or gives the one that was accepted under this number before. How a new one ends may be `arranged`.
pub(crate) fn accept(
    sandbox: &Arc<Sandbox>,
    wish: Wish,
    arranged: impl FnOnce() -> Option<RefundFault>,
    now_ms: u64,
) -> Result<Refund, RefundFaultFound> {
    let (refund, order) = {
        let mut book = sandbox.book();
        let order = match &wish.which {
            Which::OutTradeNo(number) => book.order(&wish.owner, number),
            Which::TransactionId(id) => book.order_by_transaction(&wish.owner, id),
        };
        let mut order = order.cloned().ok_or(RefundFaultFound::NoSuchPayment)?;
        if let Some(before) = book.refund(&wish.owner, &wish.out_refund_no) {
            let same = before.posted == wish.posted;
            return if same { Ok(before.clone()) } else { Err(RefundFaultFound::OtherParameters) };
        }
        let refund = check(sandbox, wish, &order, &|owner, id| book.refunds_of(owner, id), now_ms)?;
        let fate = match arranged() {
            None => Fate::Success,
            Some(RefundFault::Abnormal) => Fate::Abnormal,
            Some(RefundFault::Closed) => Fate::Closed,
        };
        let refund = Refund { fate, ..refund };
        order.refunding();
        book.put_order(order.clone());
        book.put_refund(refund.clone());
        (refund, order)
    };
    courier::owe_refund_notice(sandbox, &order, &refund);
    Ok(refund)
}

type Others<'a> = dyn Fn(&Owner, &str) -> Vec<&'a Refund> + 'a;

fn check(
    sandbox: &Sandbox,
    wish: Wish,
    order: &Order,
    others: &Others<'_>,
    now_ms: u64,
) -> Result<Refund, RefundFaultFound> {
    let payment = order.payment().ok_or(RefundFaultFound::NotPaid)?;
    if wish.total != order.form.total {
        return Err(RefundFaultFound::WrongTotal);
    }
    if now_ms.saturating_sub(payment.at_ms) > REFUNDABLE_MS {
        return Err(RefundFaultFound::TooLate);
    }
    let others = others(&wish.owner, &payment.transaction_id);
    let held: u64 = others.iter().map(|refund| refund.holds(now_ms)).sum();
    if held.saturating_add(wish.amount) > order.form.total {
        return Err(RefundFaultFound::TooMuch);
    }
    if others.len() >= MOST_REFUNDS {
        return Err(RefundFaultFound::TooMany);
    }
    if others.last().is_some_and(|last| now_ms.saturating_sub(last.made_ms) < REFUND_PAUSE_MS) {
        return Err(RefundFaultFound::TooSoon);
    }
    // One refund per number, so its id may hang on the number alone.
    let dice = sandbox.cup.fixed(&[b"refund", wish.owner.as_str().as_bytes(), wish.out_refund_no.as_bytes()]);
    let refund_id = format!("5030{}{}", &crate::time::compact(now_ms)[..8], dice.digits(17));
    Ok(Refund {
        owner: wish.owner,
        api: wish.api,
        out_refund_no: wish.out_refund_no,
        refund_id,
        out_trade_no: order.form.out_trade_no.clone(),
        transaction_id: payment.transaction_id.clone(),
        amount: wish.amount,
        total: wish.total,
        coupon: payment.coupon,
        reason: wish.reason,
        notify_url: wish.notify_url,
        posted: wish.posted,
        made_ms: now_ms,
        due_ms: now_ms.saturating_add(REFUND_TAKES_MS),
        fate: Fate::Success,
    })
}

/// 1 to 64 of these.
pub(crate) fn is_refund_number(number: &str) -> bool {
    number.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-|*@".contains(&b))
}
