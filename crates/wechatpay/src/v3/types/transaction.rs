//! How a transaction is read from JSON.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::Secret;
use crate::trade::{Payer, Payment, TradeState, Transaction};

/// A transaction's JSON before it is known to be whole. What only a payment has is read in paid
/// states alone: elsewhere WeChat leaves it out, or leaves it empty (`"payer":{}`).
#[derive(Deserialize)]
pub(crate) struct RawTransaction {
    out_trade_no: String,
    trade_state: String,
    #[serde(flatten)]
    rest: Value,
}

#[derive(Deserialize)]
struct Direct {
    appid: String,
    mchid: String,
}

#[derive(Deserialize)]
struct Partner {
    sp_appid: String,
    sp_mchid: String,
    sub_mchid: String,
    sub_appid: Option<String>,
}

#[derive(Deserialize)]
struct RawPayment {
    transaction_id: String,
    success_time: String,
    amount: RawAmount,
}

#[derive(Deserialize)]
struct RawAmount {
    total: u32,
    currency: String,
}

#[derive(Deserialize)]
struct DirectPayer {
    payer: Payer,
}

#[derive(Deserialize)]
struct PartnerPayer {
    payer: PartnerOpenids,
}

#[derive(Deserialize)]
struct PartnerOpenids {
    sp_openid: Option<Secret<String>>,
    sub_openid: Option<Secret<String>>,
}

/// A transaction that lacks what it must have. If it is said to be paid, money may have moved.
#[derive(Debug, thiserror::Error)]
pub(crate) enum IncompleteTransaction {
    /// Neither a direct merchant's order nor a partner's.
    #[error("the transaction does not say whose it is: {0}")]
    Parties(serde_json::Error),
    /// Paid, without what every payment has.
    #[error("the transaction is said to be paid, but its payment is not whole: {0}")]
    Payment(serde_json::Error),
    /// Paid by nobody.
    #[error("the transaction is said to be paid, but its payer has no openid")]
    Payer,
}

impl TryFrom<RawTransaction> for Transaction {
    type Error = IncompleteTransaction;

    fn try_from(raw: RawTransaction) -> Result<Self, IncompleteTransaction> {
        let RawTransaction { out_trade_no, trade_state, rest } = raw;
        let side = Side::of(&rest)?;
        let state = match trade_state.as_str() {
            "SUCCESS" => TradeState::Success(payment(&rest, &side)?),
            "REFUND" => TradeState::Refund(payment(&rest, &side)?),
            "NOTPAY" => TradeState::NotPay,
            "CLOSED" => TradeState::Closed,
            _ => TradeState::Other(trade_state),
        };
        Ok(match side {
            Side::Direct(Direct { appid, mchid }) => Self { appid, mchid, sub_mchid: None, out_trade_no, state },
            Side::Partner(Partner { sp_appid, sp_mchid, sub_mchid, sub_appid }) => Self {
                appid: sub_appid.unwrap_or(sp_appid),
                mchid: sp_mchid,
                sub_mchid: Some(sub_mchid),
                out_trade_no,
                state,
            },
        })
    }
}

/// Whose order it is.
enum Side {
    Direct(Direct),
    Partner(Partner),
}

impl Side {
    fn of(rest: &Value) -> Result<Self, IncompleteTransaction> {
        if rest.get("sp_mchid").is_none() {
            return read(rest).map(Self::Direct).map_err(IncompleteTransaction::Parties);
        }
        let mut partner: Partner = read(rest).map_err(IncompleteTransaction::Parties)?;
        // What was not sent may come back empty.
        partner.sub_appid = partner.sub_appid.filter(|appid| !appid.is_empty());
        Ok(Self::Partner(partner))
    }

    fn payer(&self, rest: &Value) -> Result<Payer, IncompleteTransaction> {
        let Self::Partner(partner) = self else {
            return read(rest).map(|DirectPayer { payer }| payer).map_err(IncompleteTransaction::Payment);
        };
        let PartnerPayer { payer: PartnerOpenids { sp_openid, sub_openid } } =
            read(rest).map_err(IncompleteTransaction::Payment)?;
        let (first, second) =
            if partner.sub_appid.is_some() { (sub_openid, sp_openid) } else { (sp_openid, sub_openid) };
        // The other one is no match for the order's payer, but a payment that does not match is kept
        // and looked into, while one that cannot be read is lost.
        let openid = first.into_iter().chain(second).find(|openid| !openid.expose().is_empty());
        openid.map(|openid| Payer { openid }).ok_or(IncompleteTransaction::Payer)
    }
}

fn payment(rest: &Value, side: &Side) -> Result<Payment, IncompleteTransaction> {
    let RawPayment { transaction_id, success_time, amount } = read(rest).map_err(IncompleteTransaction::Payment)?;
    let payer = side.payer(rest)?;
    Ok(Payment { transaction_id, success_time, payer, total: amount.total, currency: amount.currency })
}

fn read<T: DeserializeOwned>(rest: &Value) -> Result<T, serde_json::Error> {
    T::deserialize(rest)
}
