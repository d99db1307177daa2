//! The one place where a fact changes an order.

use wx_checkout::wire::OrderState;

use super::fact::{Fact, PaymentSeen, RefundSeen, TradeEnd};
use super::order::{LatePayment, Misfit, Order, Received, Unmatched};
use super::refund::{Refund, Stage, Why};

/// What must be done because of a fact. Written down with the fact, in one transaction.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// The order was paid.
    Paid {
        /// WeChat's number of the payment.
        transaction_id: String,
    },
    /// The order was paid after it was closed. What happens to the money, its terms say.
    PaidLate {
        /// WeChat's number of the payment.
        transaction_id: String,
    },
    /// The order was paid once more: that money goes back.
    PaidTwice {
        /// WeChat's number of the payment.
        transaction_id: String,
    },
    /// The order can be paid no more.
    Closed,
    /// A payment does not fit the order: the operator must look.
    Unmatched {
        /// WeChat's number of the payment.
        transaction_id: String,
    },
    /// Money went back.
    Refunded {
        /// Our number of the refund.
        out_refund_no: String,
    },
    /// A refund stopped before its end: the operator must act.
    RefundStopped {
        /// Our number of the refund.
        out_refund_no: String,
    },
    /// A refund was told of in two ways that exclude each other: the operator must look.
    RefundContradicted {
        /// Our number of the refund.
        out_refund_no: String,
    },
}

/// What the payer reads when a second payment goes back.
const SECOND_REASON: &str = "重复付款，原路退回";

/// What the payer reads when a late payment goes back.
const LATE_REASON: &str = "订单已关闭，原路退回";

/// Takes a fact into the books. The same fact again changes nothing and asks for nothing, and the
/// books come out the same in whatever order facts arrive. Which of two real payments came first,
/// and whether the order had been closed before, are the two things that the order of arrival
/// decides, for they are about what was said to others until then.
pub fn apply(order: &mut Order, fact: Fact) -> Vec<Action> {
    let before = order.settled();
    let (at_ms, mut actions) = match fact {
        Fact::Paid(payment) => (payment.at_ms, take(order, payment)),
        Fact::Closed { at_ms } => {
            order.book.closed_seen = true;
            (at_ms, vec![])
        }
        Fact::Absent { at_ms } => {
            order.book.absent_seen = true;
            (at_ms, vec![])
        }
        Fact::NotPaidSoFar { at_ms } => (at_ms, vec![]),
        Fact::CloseAsked => {
            order.book.close_asked = true;
            (0, vec![])
        }
        Fact::Refund(RefundSeen { out_refund_no, transaction_id, amount, stage, at_ms }) => {
            let told = Refund { transaction_id, amount, ..bare(Why::Foreign, stage, at_ms) };
            (at_ms, learn(order, out_refund_no, told))
        }
        Fact::RefundRefused { out_refund_no, at_ms } => {
            (at_ms, learn(order, out_refund_no, bare(Why::Foreign, Stage::Refused, at_ms)))
        }
        // Not evidence: anybody may have sent it.
        Fact::RefundRumoured { out_refund_no, at_ms } => {
            (0, learn(order, out_refund_no, bare(Why::Foreign, Stage::Rumoured, at_ms)))
        }
    };
    order.book.evidence_ms = order.book.evidence_ms.max(at_ms);
    if before.is_none() && order.settled() == Some(OrderState::Closed) {
        actions.push(Action::Closed);
    }
    actions
}

fn take(order: &mut Order, payment: PaymentSeen) -> Vec<Action> {
    if let Some(misfit) = misfit(order, &payment) {
        let unmatched = Unmatched { total: payment.total, misfit };
        let before = order.book.unmatched.get(&payment.transaction_id).copied();
        // The same payment told of twice and differently: keep the smaller, so that arrival does not decide.
        let kept = before.map_or(unmatched, |before| before.min(unmatched));
        order.book.unmatched.insert(payment.transaction_id.clone(), kept);
        let action = Action::Unmatched { transaction_id: payment.transaction_id };
        return if before.is_none() { vec![action] } else { vec![] };
    }
    order.book.refund_asked |= payment.end == TradeEnd::RefundAsked;
    if order.book.received.iter().any(|known| known.transaction_id == payment.transaction_id) {
        return vec![];
    }
    let PaymentSeen { transaction_id, paid_at, at_ms, .. } = payment;
    let action = match order.settled() {
        Some(OrderState::Paid) => {
            send_back(order, &transaction_id, Why::Second, at_ms);
            Action::PaidTwice { transaction_id: transaction_id.clone() }
        }
        Some(OrderState::Closed) => {
            if order.terms.late_payment == LatePayment::Refund {
                send_back(order, &transaction_id, Why::Late, at_ms);
            }
            Action::PaidLate { transaction_id: transaction_id.clone() }
        }
        _ => Action::Paid { transaction_id: transaction_id.clone() },
    };
    order.book.received.push(Received { transaction_id, paid_at });
    vec![action]
}

/// Decides that a payment goes back whole, under a number that follows from it: however often this
/// is decided, WeChat pays back once.
fn send_back(order: &mut Order, transaction_id: &str, why: Why, at_ms: u64) {
    let (prefix, reason) = if why == Why::Late { ("late", LATE_REASON) } else { ("dup", SECOND_REASON) };
    let refund = Refund {
        transaction_id: transaction_id.to_owned(),
        amount: order.terms.amount.get(),
        reason: reason.to_owned(),
        ..bare(why, Stage::Due, at_ms)
    };
    learn(order, format!("{prefix}-{transaction_id}"), refund);
}

/// Takes what is said of a refund together with what is known of it.
fn learn(order: &mut Order, out_refund_no: String, said: Refund) -> Vec<Action> {
    let known = order.book.refunds.get(&out_refund_no).cloned();
    let now = match &known {
        Some(known) => known.clone().merge(said),
        None => said,
    };
    let mut actions = vec![];
    if known.as_ref().map(|known| known.stage) != Some(now.stage) {
        match now.stage {
            Stage::Success => actions.push(Action::Refunded { out_refund_no: out_refund_no.clone() }),
            Stage::Refused | Stage::Abnormal | Stage::Closed => {
                actions.push(Action::RefundStopped { out_refund_no: out_refund_no.clone() });
            }
            Stage::Rumoured | Stage::Due | Stage::Processing => {}
        }
    }
    if now.contradicted && !known.is_some_and(|known| known.contradicted) {
        actions.push(Action::RefundContradicted { out_refund_no: out_refund_no.clone() });
    }
    order.book.refunds.insert(out_refund_no, now);
    actions
}

/// A refund of which only the stage is known.
fn bare(why: Why, stage: Stage, asked_ms: u64) -> Refund {
    Refund {
        transaction_id: String::new(),
        amount: 0,
        why,
        reason: String::new(),
        stage,
        asked_ms,
        contradicted: false,
    }
}

/// The first thing about a payment that is not as agreed.
pub(crate) fn misfit(order: &Order, payment: &PaymentSeen) -> Option<Misfit> {
    let attempt = &order.attempt;
    let payee = payment.mchid == attempt.mchid && payment.sub_mchid.as_deref() == attempt.api.sub_mchid();
    let fits = [
        (payment.out_trade_no == attempt.out_trade_no, Misfit::Order),
        (payment.total == order.terms.amount.get(), Misfit::Amount),
        (payment.currency == "CNY", Misfit::Currency),
        (payee, Misfit::Mchid),
        (payment.appid == attempt.appid, Misfit::Appid),
        (payment.openid == order.terms.openid, Misfit::Payer),
    ];
    fits.into_iter().find_map(|(fits, misfit)| (!fits).then_some(misfit))
}
