//! A refund as WeChat states it.

use serde::Deserialize;

use super::numbers::OutRefundNo;

/// A refund as WeChat states it: in the answer to the request for it, which is acceptance only, in
/// the answer to a query, or in a notification.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "crate::v3::types::RawRefund")]
pub struct Refund {
    /// The merchant's number of the refund. Text, because a number that another program once chose
    /// is a fact about money too, whatever its form.
    pub out_refund_no: String,
    /// WeChat's number of the refund.
    pub refund_id: String,
    /// The merchant's number of the order.
    pub out_trade_no: String,
    /// WeChat's number of the payment.
    pub transaction_id: String,
    /// What became of it.
    pub state: RefundState,
    /// What goes back, in fen.
    pub refund: u32,
    /// What was ordered, in fen.
    pub total: u32,
    /// Of both amounts; a notification does not say it, and means CNY.
    pub currency: String,
}

impl Refund {
    /// Whether this is the refund that was asked for under `number`.
    #[must_use]
    pub fn is_numbered(&self, number: &OutRefundNo) -> bool {
        self.out_refund_no == number.as_str()
    }
}

/// How far a refund has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefundState {
    /// Accepted. It may still end either way.
    Processing,
    /// The money went back.
    Success {
        /// When, RFC 3339 in Beijing's time; WeChat leaves it out at times.
        success_time: Option<String>,
    },
    /// It will not happen; the money stays with the merchant.
    Closed,
    /// The payer's card or account takes no money: somebody must act on the merchant platform.
    Abnormal,
    /// A word that is not documented. Says nothing about money.
    Other(String),
}
