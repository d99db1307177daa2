//! An order as WeChat states it.

use serde::{Deserialize, Serialize};

use crate::Secret;
use crate::secret::exposed;

/// An order as WeChat states it, in the answer to a query or in a notification.
///
/// Also read from JSON, in the direct merchant's form and the partner's. (v3 documentation
/// 4012525182 and its neighbours)
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "crate::v3::types::RawTransaction")]
pub struct Transaction {
    /// The mini program that it is paid in: in partner mode the sub-merchant's, if the order named
    /// one, and the service provider's otherwise.
    pub appid: String,
    /// The merchant that asked for it: in partner mode the service provider.
    pub mchid: String,
    /// The merchant that receives the money, in partner mode only.
    pub sub_mchid: Option<String>,
    /// The merchant's number.
    pub out_trade_no: String,
    /// What became of it.
    pub state: TradeState,
}

impl Transaction {
    /// The payment, if money was taken. It stays in a refunded order.
    #[must_use]
    pub const fn payment(&self) -> Option<&Payment> {
        match &self.state {
            TradeState::Success(payment) | TradeState::Refund(payment) => Some(payment),
            TradeState::NotPay | TradeState::Closed | TradeState::Other(_) => None,
        }
    }
}

/// `trade_state`, together with what exists in that state only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TradeState {
    /// `SUCCESS`: paid.
    Success(Payment),
    /// `REFUND`: paid, and a refund was asked for; what became of that is on the refund.
    Refund(Payment),
    /// `NOTPAY`: no payment seen so far. Not final, and behind a payment by seconds.
    NotPay,
    /// `CLOSED`: cannot be paid any more.
    Closed,
    /// Another word (`USERPAYING`, `REVOKED` and `PAYERROR` belong to micropay). Says nothing about
    /// money.
    Other(String),
}

/// Money that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// WeChat's number of the payment.
    pub transaction_id: String,
    /// When, RFC 3339 in Beijing's time.
    pub success_time: String,
    /// By whom.
    pub payer: Payer,
    /// What was ordered, in fen: the amount to compare with the order. What the payer gave is lower
    /// where coupons were used.
    pub total: u32,
    /// The currency of `total`.
    pub currency: String,
}

/// A payer, by the openid that belongs to the order's mini program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payer {
    /// Personal data.
    #[serde(serialize_with = "exposed")]
    pub openid: Secret<String>,
}
