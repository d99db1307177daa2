//! The messages of JSAPI payments. Unknown fields of an answer pass; amounts are integer fen.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::Secret;

/// `POST /v3/pay/transactions/jsapi`. (v3 documentation 4012525182 and its neighbours)
#[derive(Clone, Serialize)]
pub struct PrepayRequest {
    /// The mini program, bound to `mchid`.
    pub appid: String,
    /// The merchant.
    pub mchid: String,
    /// What the payer reads in the payment sheet, at most 127 characters.
    pub description: String,
    /// The merchant's number, 6 to 32 of `0-9A-Za-z_-|*`, never used twice.
    pub out_trade_no: String,
    /// RFC 3339, at least a minute ahead; settable on the first post only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_expire: Option<String>,
    /// HTTPS, a public host, a path, no query; at most 255 characters.
    pub notify_url: String,
    /// What is charged.
    pub amount: PrepayAmount,
    /// Who is charged.
    pub payer: Payer,
}

/// The amount of a [`PrepayRequest`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PrepayAmount {
    /// Fen, at least 1.
    pub total: u32,
    /// `CNY`.
    pub currency: String,
}

/// A payer, by the openid that belongs to the request's appid.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payer {
    /// Personal data: hidden from `Debug`.
    pub openid: String,
}

impl fmt::Debug for Payer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Payer(<hidden>)")
    }
}

/// The answer to a [`PrepayRequest`].
#[derive(Clone, Debug, Deserialize)]
pub struct PrepayAnswer {
    /// Good for two hours, whatever `time_expire` says.
    pub prepay_id: Secret<String>,
}

/// `POST /v3/pay/transactions/out-trade-no/{out_trade_no}/close`, answered with a signed 204.
#[derive(Clone, Debug, Serialize)]
pub struct CloseRequest {
    /// The merchant that created the order.
    pub mchid: String,
}

/// An order as WeChat states it, in the answer to a query or in a notification.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "RawTransaction")]
pub struct Transaction {
    /// The mini program.
    pub appid: String,
    /// The merchant.
    pub mchid: String,
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
    /// Another word (`USERPAYING` and the like belong to other products). Says nothing about money.
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
    /// What was ordered, in fen: the amount to compare with the order.
    pub total: u32,
    /// The currency of `total`.
    pub currency: String,
}

/// A transaction's JSON before it is known to be whole. What only a payment has is read in paid
/// states alone: elsewhere WeChat leaves it out, or leaves it empty (`"payer":{}`).
#[derive(Deserialize)]
struct RawTransaction {
    appid: String,
    mchid: String,
    out_trade_no: String,
    trade_state: String,
    #[serde(flatten)]
    rest: serde_json::Value,
}

#[derive(Deserialize)]
struct RawPayment {
    transaction_id: String,
    success_time: String,
    payer: Payer,
    amount: RawAmount,
}

#[derive(Deserialize)]
struct RawAmount {
    total: u32,
    currency: String,
}

/// A transaction that is said to be paid, without what every payment has. Money may have moved.
#[derive(Debug, thiserror::Error)]
#[error("the transaction is said to be paid, but its payment is not whole: {0}")]
pub struct IncompletePayment(serde_json::Error);

impl TryFrom<RawTransaction> for Transaction {
    type Error = IncompletePayment;

    fn try_from(raw: RawTransaction) -> Result<Self, IncompletePayment> {
        let RawTransaction { appid, mchid, out_trade_no, trade_state, rest } = raw;
        let state = match trade_state.as_str() {
            "SUCCESS" => TradeState::Success(payment(rest)?),
            "REFUND" => TradeState::Refund(payment(rest)?),
            "NOTPAY" => TradeState::NotPay,
            "CLOSED" => TradeState::Closed,
            _ => TradeState::Other(trade_state),
        };
        Ok(Self { appid, mchid, out_trade_no, state })
    }
}

fn payment(rest: serde_json::Value) -> Result<Payment, IncompletePayment> {
    let RawPayment { transaction_id, success_time, payer, amount } =
        serde_json::from_value(rest).map_err(IncompletePayment)?;
    Ok(Payment { transaction_id, success_time, payer, total: amount.total, currency: amount.currency })
}

/// The body of a refusal. A field that is missing is empty: a gateway in front may write its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct ErrorBody {
    /// The word to decide by; see [`crate::v3::advice`].
    #[serde(default)]
    pub code: String,
    /// For people.
    #[serde(default)]
    pub message: String,
}
