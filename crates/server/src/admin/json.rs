//! The books as JSON. Of the payer only so much is shown that two payers can be told apart.

use serde::Serialize;
use utoipa::ToSchema;
use wechatpay::Secret;
use wx_checkout::domain::OrderId;
use wx_checkout::wire::{Line, OrderState};

use super::letters::LetterShown;
use crate::ledger::{Api, LatePayment, Misfit, Order, Sale};
use crate::store::{Entry, Letter};

/// An order in a list.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct OrderSummary {
    order_id: OrderId,
    /// The number at WeChat.
    out_trade_no: String,
    /// The merchant's own name of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    merchant_order_id: Option<String>,
    state: OrderState,
    /// A payment that does not fit was told of.
    frozen: bool,
    /// Fen.
    amount: u32,
    /// Fen of the payment that keeps the order.
    refunded: u32,
    /// Milliseconds since 1970.
    created_ms: u64,
}

/// An order with all that is known of it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct OrderDetail {
    /// As in a list.
    summary: OrderSummary,
    /// The payer's openid, its middle left out.
    payer: String,
    /// What was sold, of the catalogue; empty for an order of the merchant's own.
    items: Vec<Line>,
    mchid: String,
    /// In partner mode, who received the money.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    sub_mchid: Option<String>,
    appid: String,
    /// `v3`, `partner` or `v2`.
    api: &'static str,
    /// No parameters leave after it; milliseconds since 1970.
    payable_until_ms: u64,
    /// `refund` or `accept`: what happens to money that comes after closing.
    late_payment: &'static str,
    /// Parameters for the payment sheet left the server: it could be paid from then on.
    parameters_left: bool,
    /// When WeChat last said something about it, milliseconds since 1970; 0 for never.
    evidence_ms: u64,
    payments: Vec<PaymentShown>,
    refunds: Vec<RefundShown>,
    /// What others were told of it, or are to be.
    letters: Vec<LetterShown>,
    /// What happened, the oldest first.
    facts: Vec<FactShown>,
}

/// A payment that WeChat told of.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct PaymentShown {
    transaction_id: String,
    role: Role,
    /// Why it is frozen.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    misfit: Option<MisfitShown>,
    /// RFC 3339, as WeChat states it; empty where it is not in the books.
    paid_at: String,
    /// Fen.
    total: u32,
    /// Fen that went back.
    refunded: u32,
    /// Fen that are neither back nor on their way back.
    left: u32,
}

/// What a payment is to its order.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Role {
    /// It keeps the order.
    Kept,
    /// The order was paid before: it goes back.
    Second,
    /// It does not fit.
    Frozen,
}

/// What does not fit.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Misfit)]
pub(super) enum MisfitShown {
    /// No order has the number.
    Order,
    /// Another amount.
    Amount,
    /// Not CNY.
    Currency,
    /// Another merchant.
    Mchid,
    /// Another mini program.
    Appid,
    /// Another payer.
    Payer,
}

/// A refund.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RefundShown {
    out_refund_no: String,
    transaction_id: String,
    /// Fen.
    amount: u32,
    /// `second`, `late`, `operator` or `foreign`: why money goes back.
    why: &'static str,
    /// What the payer reads.
    reason: String,
    /// `rumoured`, `due`, `refused`, `processing`, `abnormal`, `closed` or `success`.
    stage: &'static str,
    /// Milliseconds since 1970.
    asked_ms: u64,
    /// It was told of in two ways that exclude each other.
    contradicted: bool,
}

/// Something that happened.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct FactShown {
    /// When it was first said, milliseconds since 1970.
    at_ms: u64,
    /// When it was last said with nothing else between.
    last_ms: u64,
    /// How often.
    times: u64,
    /// What, in one word.
    what: String,
    /// `wechat`, `notify/ROUTE`, `payer`, `server` or `operator`.
    source: String,
    /// The payment or refund that it is about; empty for the order itself.
    subject: String,
    /// Fen; 0 where it is about none.
    amount: u64,
}

impl OrderSummary {
    pub(super) fn of(order: &Order, now_ms: u64) -> Self {
        let merchant_order_id = match &order.terms.sale {
            Sale::Basket(_) => None,
            Sale::MerchantOrder(id) => Some(id.as_str().to_owned()),
        };
        Self {
            order_id: order.terms.id.clone(),
            out_trade_no: order.attempt.out_trade_no.clone(),
            merchant_order_id,
            state: order.state(now_ms),
            frozen: order.frozen().next().is_some(),
            amount: order.terms.amount.get(),
            refunded: order.refund_state().1,
            created_ms: order.terms.created_ms,
        }
    }
}

impl OrderDetail {
    pub(super) fn of(order: &Order, facts: Vec<Entry>, letters: Vec<Letter>, now_ms: u64) -> Self {
        let (terms, attempt, book) = (&order.terms, &order.attempt, &order.book);
        let made = FactShown {
            at_ms: terms.created_ms,
            last_ms: terms.created_ms,
            times: 1,
            what: "created".to_owned(),
            source: "payer".to_owned(),
            subject: String::new(),
            amount: terms.amount.get().into(),
        };
        Self {
            summary: OrderSummary::of(order, now_ms),
            payer: masked(&terms.openid),
            items: match &terms.sale {
                Sale::Basket(lines) => lines.clone(),
                Sale::MerchantOrder(_) => vec![],
            },
            mchid: attempt.mchid.clone(),
            sub_mchid: attempt.api.sub_mchid().map(str::to_owned),
            appid: attempt.appid.clone(),
            api: match attempt.api {
                Api::V3 => "v3",
                Api::Partner { .. } => "partner",
                Api::V2 => "v2",
            },
            payable_until_ms: terms.payable_until_ms,
            late_payment: match terms.late_payment {
                LatePayment::Refund => "refund",
                LatePayment::Accept => "accept",
            },
            parameters_left: book.parameters_left,
            evidence_ms: book.evidence_ms,
            payments: payments(order),
            refunds: refunds(order),
            letters: letters.into_iter().map(LetterShown::of).collect(),
            facts: std::iter::once(made).chain(facts.into_iter().map(FactShown::of)).collect(),
        }
    }
}

fn payments(order: &Order) -> Vec<PaymentShown> {
    let shown = |transaction_id: &str, role, misfit, paid_at: &str, total: u32| PaymentShown {
        transaction_id: transaction_id.to_owned(),
        role,
        misfit,
        paid_at: paid_at.to_owned(),
        total,
        refunded: order.refunded(transaction_id),
        left: total.saturating_sub(order.held(transaction_id)),
    };
    let received = order.book.received.iter().enumerate().map(|(place, payment)| {
        let role = if place == 0 { Role::Kept } else { Role::Second };
        shown(&payment.transaction_id, role, None, &payment.paid_at, order.terms.amount.get())
    });
    let frozen = order
        .frozen()
        .map(|(id, unmatched)| shown(id, Role::Frozen, Some(unmatched.misfit.into()), "", unmatched.total));
    received.chain(frozen).collect()
}

fn refunds(order: &Order) -> Vec<RefundShown> {
    let mut refunds: Vec<_> = order.book.refunds.iter().collect();
    refunds.sort_by_key(|(_, refund)| refund.asked_ms);
    refunds.into_iter().map(|(number, refund)| RefundShown::of(number, refund)).collect()
}

impl RefundShown {
    pub(super) fn of(number: &str, refund: &crate::ledger::Refund) -> Self {
        Self {
            out_refund_no: number.to_owned(),
            transaction_id: refund.transaction_id.clone(),
            amount: refund.amount,
            why: refund.why.as_str(),
            reason: refund.reason.clone(),
            stage: refund.stage.as_str(),
            asked_ms: refund.asked_ms,
            contradicted: refund.contradicted,
        }
    }
}

impl FactShown {
    fn of(entry: Entry) -> Self {
        let Entry { at_ms, last_ms, times, what, source, subject, amount } = entry;
        Self { at_ms, last_ms, times, what, source, subject, amount }
    }
}

impl From<Misfit> for MisfitShown {
    fn from(misfit: Misfit) -> Self {
        match misfit {
            Misfit::Order => Self::Order,
            Misfit::Amount => Self::Amount,
            Misfit::Currency => Self::Currency,
            Misfit::Mchid => Self::Mchid,
            Misfit::Appid => Self::Appid,
            Misfit::Payer => Self::Payer,
        }
    }
}

fn masked(openid: &Secret<String>) -> String {
    let openid = openid.expose();
    let part = |range: std::ops::Range<usize>| openid.get(range).unwrap_or_default();
    if openid.len() < 16 {
        "…".to_owned()
    } else {
        format!("{}…{}", part(0..4), part(openid.len() - 4..openid.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_an_openid_too_little_is_shown_to_use_it() {
        assert_eq!(masked(&Secret::new("oUpF8uMuAJO_M2pxb1Q9zNjWeS6o".to_owned())), "oUpF…eS6o");
        assert_eq!(masked(&Secret::new("short".to_owned())), "…");
    }
}
