//! One line of a bill against one order's books. Pure.

use wechatpay::v3::{BillEntry, BillLine};
use wx_checkout::wire::OrderState;

use super::report::{About, Difference, What};
use crate::ledger::{Fact, Misfit, Order, PaymentSeen, Refund, RefundSeen, Stage, TradeEnd, misfit};

/// What a line comes to.
#[derive(Debug)]
pub struct Compared {
    /// What the books say differently, and whether they agree once they have taken the line's word.
    pub difference: Option<(Difference, Mended)>,
    /// What goes into the books; nothing where they say the same already.
    pub facts: Vec<Fact>,
}

/// Whether the line's own word makes the books agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mended {
    /// It does.
    Yes,
    /// It does not: somebody has to look.
    No,
}

/// What a line and the order with its number come to. `at_ms` is when WeChat was asked for the bill.
#[must_use]
pub fn compare(order: &Order, line: &BillLine, at_ms: u64) -> Compared {
    match &line.entry {
        BillEntry::Payment { total } => payment(order, line, *total, at_ms),
        BillEntry::Refund { out_refund_no, refund, status, .. } => {
            let said = Said { out_refund_no, amount: *refund, status };
            compare_refund(order, line, &said, at_ms)
        }
        // A state of payments of another kind: none of ours has it.
        BillEntry::Other(word) => {
            let what = What::State { here_state: word_of(order).to_owned(), there_state: word.clone() };
            let number = line.transaction_id.clone();
            Compared { difference: Some((of_order(order, About::Payment, number, what), Mended::No)), facts: vec![] }
        }
    }
}

/// The payment that a line tells of, as if it had been notified.
#[must_use]
pub fn payment_of(line: &BillLine, total: u32, at_ms: u64) -> PaymentSeen {
    PaymentSeen {
        transaction_id: line.transaction_id.clone(),
        out_trade_no: line.out_trade_no.clone(),
        mchid: line.mchid.clone(),
        sub_mchid: line.sub_mchid.clone(),
        appid: line.appid.clone(),
        openid: line.openid.clone(),
        total,
        currency: line.currency.clone(),
        paid_at: line.time.clone(),
        end: TradeEnd::Success,
        at_ms,
    }
}

/// A line that no order here belongs to, as a difference.
#[must_use]
pub fn orphan(line: &BillLine) -> Option<Difference> {
    let (about, number, there, state) = match &line.entry {
        BillEntry::Payment { total } => (About::Payment, &line.transaction_id, *total, "SUCCESS"),
        BillEntry::Refund { out_refund_no, refund, status, .. } => {
            (About::Refund, out_refund_no, *refund, status.as_str())
        }
        BillEntry::Other(_) => return None,
    };
    Some(Difference {
        about,
        number: number.clone(),
        out_trade_no: line.out_trade_no.clone(),
        order_id: None,
        what: What::MissingHere { there, there_state: state.to_owned() },
    })
}

fn payment(order: &Order, line: &BillLine, total: u32, at_ms: u64) -> Compared {
    let number = || line.transaction_id.clone();
    let differs = |what, mended| Some((of_order(order, About::Payment, number(), what), mended));
    let amount = order.terms.amount.get();
    if order.book.received.iter().any(|known| known.transaction_id == line.transaction_id) {
        // The books have it by a signed word. A bill that states another amount is for somebody to look
        // at; booked, it would be the same money once more.
        let difference = (total != amount).then(|| differs(What::Amount { here: amount, there: total }, Mended::No));
        return Compared { difference: difference.flatten(), facts: vec![] };
    }
    let seen = as_ours(order, payment_of(line, total, at_ms));
    let misfit = misfit(order, &seen);
    let difference = match misfit {
        Some(Misfit::Amount) => differs(What::Amount { here: amount, there: total }, Mended::No),
        Some(misfit) => differs(What::Misfit { here_state: misfit.as_str().to_owned() }, Mended::No),
        None if order.book.received.is_empty() => {
            let here_state = word_of(order).to_owned();
            differs(What::State { here_state, there_state: "SUCCESS".to_owned() }, Mended::Yes)
        }
        // Another payment of the order is known: this one is its second, and goes back.
        None => differs(What::MissingHere { there: total, there_state: "SUCCESS".to_owned() }, Mended::Yes),
    };
    Compared { difference, facts: vec![Fact::Paid(seen)] }
}

/// A bill of a service provider names the provider's mini program and the payer's openid in it, also
/// where the payer paid in the sub-merchant's own: of the two it says nothing then.
fn as_ours(order: &Order, mut seen: PaymentSeen) -> PaymentSeen {
    if order.attempt.api.sub_mchid().is_some() && seen.appid != order.attempt.appid {
        seen.appid.clone_from(&order.attempt.appid);
        seen.openid = order.terms.openid.clone();
    }
    seen
}

struct Said<'a> {
    out_refund_no: &'a str,
    amount: u32,
    status: &'a str,
}

fn compare_refund(order: &Order, line: &BillLine, said: &Said<'_>, at_ms: u64) -> Compared {
    let &Said { out_refund_no, amount, status } = said;
    let there_state = || status.to_owned();
    let attempt = &order.attempt;
    if line.mchid != attempt.mchid || line.sub_mchid.as_deref() != attempt.api.sub_mchid() {
        let what = What::Misfit { here_state: Misfit::Mchid.as_str().to_owned() };
        let difference = of_order(order, About::Refund, out_refund_no.to_owned(), what);
        return Compared { difference: Some((difference, Mended::No)), facts: vec![] };
    }
    let known = order.book.refunds.get(out_refund_no);
    let bare = |refund: &&Refund| refund.transaction_id.is_empty();
    let told = |stage| {
        let (out_refund_no, transaction_id) = (out_refund_no.to_owned(), line.transaction_id.clone());
        Fact::Refund(RefundSeen { out_refund_no, transaction_id, amount, stage, at_ms })
    };
    let (fact, mended) = match status {
        "SUCCESS" => (told(Stage::Success), Mended::Yes),
        "PROCESSING" => (told(Stage::Processing), Mended::Yes),
        // Given up, or stuck on its way to the payer: the bill has one word for both, and what it means for
        // the money differs. WeChat is asked, as after any other word that leaves it open.
        _ => (Fact::RefundRumoured { out_refund_no: out_refund_no.to_owned(), at_ms }, Mended::No),
    };
    let what = match known.filter(|refund| !bare(refund)) {
        None => Some((What::MissingHere { there: amount, there_state: there_state() }, mended)),
        Some(known) if known.amount != amount => Some((What::Amount { here: known.amount, there: amount }, Mended::No)),
        Some(known) if known.transaction_id != line.transaction_id => {
            Some((What::Misfit { here_state: Misfit::Order.as_str().to_owned() }, Mended::No))
        }
        Some(known) if agree(known.stage, status) => None,
        Some(known) => {
            // A later stage of the books stands against an earlier one of the bill's.
            let mended = if status == "SUCCESS" || known.stage < Stage::Processing { mended } else { Mended::No };
            Some((What::State { here_state: known.stage.as_str().to_owned(), there_state: there_state() }, mended))
        }
    };
    let facts = if what.is_some() { vec![fact] } else { vec![] };
    let difference = |(what, mended)| (of_order(order, About::Refund, out_refund_no.to_owned(), what), mended);
    Compared { difference: what.map(difference), facts }
}

/// A bill is some hours old: the books may well be further than its PROCESSING.
fn agree(here: Stage, there: &str) -> bool {
    match there {
        "SUCCESS" => here == Stage::Success,
        "PROCESSING" => here.is_told(),
        _ => matches!(here, Stage::Abnormal | Stage::Closed),
    }
}

fn of_order(order: &Order, about: About, number: String, what: What) -> Difference {
    Difference {
        about,
        number,
        out_trade_no: order.attempt.out_trade_no.clone(),
        order_id: Some(order.terms.id.clone()),
        what,
    }
}

const fn word(state: OrderState) -> &'static str {
    match state {
        OrderState::Payable => "unpaid",
        OrderState::Paid => "paid",
        OrderState::Closing => "closing",
        OrderState::Closed => "closed",
        OrderState::Unknown => "unknown",
    }
}

/// What the books say of the order, the clock aside.
fn word_of(order: &Order) -> &'static str {
    word(order.state(0))
}
