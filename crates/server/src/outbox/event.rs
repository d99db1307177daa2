//! What the merchant's own system is told: one JSON object for each action of the ledger, written once,
//! in the fact's own transaction, so that every delivery of it has the same bytes.

use jiff::Timestamp;
use serde::Serialize;
use wechatpay::Secret;
use wx_checkout::wire::Line;

use crate::ledger::{Action, LatePayment, Misfit, Order, Sale, Unmatched, Why};

/// The event that an action is told as: its `type`.
#[must_use]
pub const fn kind(action: &Action) -> &'static str {
    match action {
        Action::Paid { .. } => "order.paid",
        Action::PaidLate { .. } => "order.paid_late",
        Action::PaidTwice { .. } => "order.paid_twice",
        Action::Closed => "order.closed",
        Action::Unmatched { .. } => "payment.unmatched",
        Action::Refunded { .. } => "refund.succeeded",
        Action::RefundStopped { .. } => "refund.stopped",
        Action::RefundContradicted { .. } => "refund.contradicted",
    }
}

/// Its place among the events about the same order, and when it happened.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// 1, 2, 3 ...
    pub sequence: u64,
    /// Milliseconds since 1970.
    pub at_ms: u64,
}

/// A payment whose number no order has.
#[derive(Clone, Copy, Debug)]
pub struct Orphan<'a> {
    /// The number that it was made under.
    pub out_trade_no: &'a str,
    /// What is kept of it.
    pub unmatched: Unmatched,
}

/// The body of an event about an order, as the order is with the fact in its books.
#[must_use]
pub fn of_order(order: &Order, action: &Action, place: Place) -> Secret<Vec<u8>> {
    write(action, place, Data { order: Some(about(order)), ..details(order, action) })
}

/// The body of an event about a payment that belongs to no order.
#[must_use]
pub fn of_orphan(orphan: Orphan<'_>, action: &Action, place: Place) -> Secret<Vec<u8>> {
    let Action::Unmatched { transaction_id } = action else { return write(action, place, Data::default()) };
    let payment = unmatched(transaction_id, orphan.unmatched);
    write(action, place, Data { out_trade_no: Some(orphan.out_trade_no), ..payment })
}

fn write(action: &Action, place: Place, data: Data<'_>) -> Secret<Vec<u8>> {
    let at = i64::try_from(place.at_ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
    let timestamp = format!("{:.3}", at.unwrap_or(Timestamp::UNIX_EPOCH));
    let event = Event { kind: kind(action), timestamp, sequence: place.sequence, data };
    // Texts and numbers only: writing them cannot fail.
    Secret::new(serde_json::to_vec(&event).unwrap_or_default())
}

#[derive(Serialize)]
struct Event<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    timestamp: String,
    sequence: u64,
    data: Data<'a>,
}

/// A message: what does not belong to its type is left out of it.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Data<'a> {
    #[serde(flatten)]
    order: Option<About<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    out_trade_no: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    transaction_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    paid_at: Option<&'a str>,
    /// Fen that came with a payment that does not fit.
    #[serde(skip_serializing_if = "Option::is_none")]
    received: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    misfit: Option<&'static str>,
    /// What happens to the money.
    #[serde(skip_serializing_if = "Option::is_none")]
    late_payment: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kept_transaction_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    out_refund_no: Option<&'a str>,
    #[serde(flatten)]
    refund: Option<Refund>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct About<'a> {
    order_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    merchant_order_id: Option<&'a str>,
    out_trade_no: &'a str,
    amount: u32,
    currency: &'static str,
    /// Of catalogue orders only, which the merchant's system has no other way to know: whose it is, and what was bought.
    #[serde(skip_serializing_if = "Option::is_none")]
    openid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    items: Option<&'a [Line]>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Refund {
    refund: u32,
    refunded_amount: u32,
    stage: &'static str,
    why: &'static str,
}

fn about(order: &Order) -> About<'_> {
    let Order { terms, attempt, .. } = order;
    let (merchant_order_id, openid, items) = match &terms.sale {
        Sale::Basket(lines) => (None, Some(terms.openid.expose().as_str()), Some(lines.as_slice())),
        Sale::MerchantOrder(id) => (Some(id.as_str()), None, None),
    };
    About {
        order_id: terms.id.as_str(),
        merchant_order_id,
        out_trade_no: &attempt.out_trade_no,
        amount: terms.amount.get(),
        currency: "CNY",
        openid,
        items,
    }
}

fn details<'a>(order: &'a Order, action: &'a Action) -> Data<'a> {
    match action {
        Action::Paid { transaction_id } => paid(order, transaction_id),
        Action::PaidLate { transaction_id } => Data {
            late_payment: Some(match order.terms.late_payment {
                LatePayment::Refund => "refund",
                LatePayment::Accept => "accept",
            }),
            out_refund_no: number_of_refund(order, transaction_id, Why::Late),
            ..paid(order, transaction_id)
        },
        Action::PaidTwice { transaction_id } => Data {
            kept_transaction_id: order.kept().map(|kept| kept.transaction_id.as_str()),
            out_refund_no: number_of_refund(order, transaction_id, Why::Second),
            ..paid(order, transaction_id)
        },
        Action::Closed => Data::default(),
        Action::Unmatched { transaction_id } => match order.book.unmatched.get(transaction_id) {
            Some(payment) => unmatched(transaction_id, *payment),
            None => Data { transaction_id: Some(transaction_id), ..Data::default() },
        },
        Action::Refunded { out_refund_no }
        | Action::RefundStopped { out_refund_no }
        | Action::RefundContradicted { out_refund_no } => refund(order, out_refund_no),
    }
}

fn paid<'a>(order: &'a Order, transaction_id: &'a str) -> Data<'a> {
    let received = order.book.received.iter().find(|received| received.transaction_id == transaction_id);
    Data {
        transaction_id: Some(transaction_id),
        paid_at: received.map(|received| received.paid_at.as_str()),
        ..Data::default()
    }
}

fn number_of_refund<'a>(order: &'a Order, transaction_id: &str, why: Why) -> Option<&'a str> {
    let mut refunds = order.book.refunds.iter();
    let found = refunds.find(|(_, refund)| refund.transaction_id == transaction_id && refund.why == why);
    found.map(|(number, _)| number.as_str())
}

fn unmatched(transaction_id: &str, payment: Unmatched) -> Data<'_> {
    let misfit = match payment.misfit {
        Misfit::Order => "order",
        Misfit::Amount => "amount",
        Misfit::Currency => "currency",
        Misfit::Mchid => "mchid",
        Misfit::Appid => "appid",
        Misfit::Payer => "payer",
    };
    Data {
        transaction_id: Some(transaction_id),
        received: Some(payment.total),
        misfit: Some(misfit),
        ..Data::default()
    }
}

fn refund<'a>(order: &'a Order, out_refund_no: &'a str) -> Data<'a> {
    let number = Data { out_refund_no: Some(out_refund_no), ..Data::default() };
    let Some(refund) = order.book.refunds.get(out_refund_no) else { return number };
    let told = Refund {
        refund: refund.amount,
        refunded_amount: order.refunded(&refund.transaction_id),
        stage: refund.stage.as_str(),
        why: refund.why.as_str(),
    };
    Data {
        transaction_id: Some(refund.transaction_id.as_str()).filter(|id| !id.is_empty()),
        refund: Some(told),
        ..number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_is_in_the_integrators_page() {
        let page = include_str!("../../../../docs/integration.md");
        let (transaction_id, out_refund_no) = (String::new, String::new);
        let actions = [
            Action::Paid { transaction_id: transaction_id() },
            Action::PaidLate { transaction_id: transaction_id() },
            Action::PaidTwice { transaction_id: transaction_id() },
            Action::Closed,
            Action::Unmatched { transaction_id: transaction_id() },
            Action::Refunded { out_refund_no: out_refund_no() },
            Action::RefundStopped { out_refund_no: out_refund_no() },
            Action::RefundContradicted { out_refund_no: out_refund_no() },
        ];
        for action in &actions {
            assert!(page.contains(&format!("\n| `{}` |", kind(action))), "{action:?}");
        }
    }
}
