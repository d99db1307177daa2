//! Things that happened, in the past tense. A fact is never taken back.

use wechatpay::Secret;
use wechatpay::trade::{Payment, Refund, RefundState, TradeState, Transaction};

use super::refund::Stage;

/// Something that happened to an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// WeChat said that money was taken under the order's number.
    Paid(PaymentSeen),
    /// WeChat said CLOSED at this time (milliseconds since 1970).
    Closed {
        /// When it was said.
        at_ms: u64,
    },
    /// WeChat, asked, knew no such number.
    Absent {
        /// When it was said.
        at_ms: u64,
    },
    /// WeChat, asked, had seen no payment so far. It lags, so it proves nothing.
    NotPaidSoFar {
        /// When it was said.
        at_ms: u64,
    },
    /// We decided to close the order.
    CloseAsked,
    /// WeChat said how far a refund of one of its payments has come.
    Refund(RefundSeen),
    /// WeChat refused a refund for good, and a query found no such refund.
    RefundRefused {
        /// The merchant's number of the refund.
        out_refund_no: String,
        /// When it was said, milliseconds since 1970.
        at_ms: u64,
    },
    /// A message that proves nothing about its sender names a refund: WeChat has to be asked about it.
    RefundRumoured {
        /// The merchant's number of the refund.
        out_refund_no: String,
        /// When it came, milliseconds since 1970.
        at_ms: u64,
    },
}

/// A refund as WeChat told of it, in an answer or a notification that verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundSeen {
    /// The merchant's number of the refund.
    pub out_refund_no: String,
    /// WeChat's number of the payment.
    pub transaction_id: String,
    /// Fen that go back.
    pub amount: u32,
    /// How far it has come.
    pub stage: Stage,
    /// When WeChat said it, milliseconds since 1970.
    pub at_ms: u64,
}

/// A payment as WeChat told of it, in an answer or a notification that verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentSeen {
    /// WeChat's number of the payment.
    pub transaction_id: String,
    /// The merchant's number.
    pub out_trade_no: String,
    /// The merchant; in partner mode the service provider.
    pub mchid: String,
    /// In partner mode, the merchant that received the money.
    pub sub_mchid: Option<String>,
    /// The mini program that the payer's openid belongs to.
    pub appid: String,
    /// The payer.
    pub openid: Secret<String>,
    /// Fen ordered.
    pub total: u32,
    /// The currency of `total`.
    pub currency: String,
    /// RFC 3339, as WeChat states it.
    pub paid_at: String,
    /// Whether a refund was asked for since.
    pub end: TradeEnd,
    /// When WeChat said it, milliseconds since 1970.
    pub at_ms: u64,
}

/// How far a paid trade has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TradeEnd {
    /// `SUCCESS`
    Success,
    /// `REFUND`, which implies `SUCCESS`.
    RefundAsked,
}

impl Fact {
    /// What a transaction says at `at_ms`; `None` for a word that says nothing about money.
    #[must_use]
    pub fn of(transaction: Transaction, at_ms: u64) -> Option<Self> {
        let Transaction { appid, mchid, sub_mchid, out_trade_no, state } = transaction;
        let paid = |payment: Payment, end| {
            let Payment { transaction_id, success_time, payer, total, currency } = payment;
            Self::Paid(PaymentSeen {
                transaction_id,
                out_trade_no,
                mchid,
                sub_mchid,
                appid,
                openid: payer.openid,
                total,
                currency,
                paid_at: success_time,
                end,
                at_ms,
            })
        };
        match state {
            TradeState::Success(payment) => Some(paid(payment, TradeEnd::Success)),
            TradeState::Refund(payment) => Some(paid(payment, TradeEnd::RefundAsked)),
            TradeState::NotPay => Some(Self::NotPaidSoFar { at_ms }),
            TradeState::Closed => Some(Self::Closed { at_ms }),
            TradeState::Other(_) => None,
        }
    }
}

impl RefundSeen {
    /// What a refund says at `at_ms`; `None` for a word that says nothing about money.
    #[must_use]
    pub fn of(refund: Refund, at_ms: u64) -> Option<Self> {
        let Refund { out_refund_no, transaction_id, state, refund: amount, .. } = refund;
        let stage = match state {
            RefundState::Processing => Stage::Processing,
            RefundState::Success { .. } => Stage::Success,
            RefundState::Closed => Stage::Closed,
            RefundState::Abnormal => Stage::Abnormal,
            RefundState::Other(_) => return None,
        };
        Some(Self { out_refund_no, transaction_id, amount, stage, at_ms })
    }
}
