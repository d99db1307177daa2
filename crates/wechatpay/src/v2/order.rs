//! Unified order, query and close. (v2 documentation: unifiedorder, orderquery, closeorder)

use std::net::IpAddr;

use super::{AnswerError, Fields, Merchant, RequestError};
use crate::Secret;
use crate::beijing;
use crate::trade::{OutTradeNo, Payer, Payment, PaymentRef, TradeState, Transaction};

/// Where a payment is asked for.
pub const UNIFIED_ORDER_PATH: &str = "/pay/unifiedorder";
/// Where an order is asked about.
pub const ORDER_QUERY_PATH: &str = "/pay/orderquery";
/// Where an order is closed; refused within five minutes of its creation.
pub const CLOSE_ORDER_PATH: &str = "/pay/closeorder";

/// What a payment is asked for with. Repeated with the same number and the same parameters it gives a
/// prepay_id again; with others it is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnifiedOrder {
    /// What the payer reads in the payment sheet, at most 127 characters.
    pub body: String,
    /// The merchant's number, never used twice.
    pub out_trade_no: OutTradeNo,
    /// Fen, at least 1.
    pub total_fee: u32,
    /// The payer's address.
    pub spbill_create_ip: IpAddr,
    /// A public host, a path, no query.
    pub notify_url: String,
    /// RFC 3339 in Beijing's time, at least a minute ahead.
    pub time_expire: Option<String>,
    /// The payer, by the openid that belongs to the merchant's mini program.
    pub openid: Secret<String>,
}

impl Merchant {
    /// The body for [`UNIFIED_ORDER_PATH`].
    ///
    /// # Errors
    /// When the nonce, the time or a text cannot be sent.
    pub fn unified_order(&self, order: &UnifiedOrder, nonce: &str) -> Result<Vec<u8>, RequestError> {
        let UnifiedOrder { body, out_trade_no, total_fee, spbill_create_ip, notify_url, time_expire, openid } = order;
        let mut fields = Fields::new()
            .with("body", body.as_str())
            .with("out_trade_no", out_trade_no.as_str())
            .with("total_fee", total_fee.to_string())
            .with("spbill_create_ip", spbill_create_ip.to_string())
            .with("notify_url", notify_url.as_str())
            .with("trade_type", "JSAPI")
            .with("openid", openid.expose().as_str());
        if let Some(time) = time_expire {
            fields = fields.with("time_expire", beijing::from_rfc3339(time).ok_or(RequestError::BadTime)?);
        }
        self.request(fields, nonce)
    }

    /// The prepay_id in the answer to a unified order: good for two hours.
    ///
    /// # Errors
    /// When there is none to go by; see [`AnswerError`].
    pub fn read_unified_order(&self, answer: &[u8]) -> Result<Secret<String>, AnswerError> {
        let answer = self.accept(answer)?;
        answer.fields().owned("prepay_id").map(Secret::new)
    }

    /// The body for [`ORDER_QUERY_PATH`].
    ///
    /// # Errors
    /// When the nonce or the number cannot be sent.
    pub fn order_query(&self, payment: &PaymentRef, nonce: &str) -> Result<Vec<u8>, RequestError> {
        self.request(by_number(payment), nonce)
    }

    /// The order in the answer to a query. Whether it is the one that was asked about, the caller
    /// compares: the signature of v2 has no time, so an old answer verifies for ever.
    ///
    /// # Errors
    /// When there is no answer to go by; see [`AnswerError`]. ORDERNOTEXIST is a refusal.
    pub fn read_order_query(&self, answer: &[u8]) -> Result<Transaction, AnswerError> {
        let answer = self.accept(answer)?;
        let fields = answer.fields();
        let state = match fields.text("trade_state")? {
            "SUCCESS" => TradeState::Success(payment(fields)?),
            "REFUND" => TradeState::Refund(payment(fields)?),
            "NOTPAY" => TradeState::NotPay,
            "CLOSED" => TradeState::Closed,
            word => TradeState::Other(word.to_owned()),
        };
        self.transaction(fields, state)
    }

    /// The body for [`CLOSE_ORDER_PATH`].
    ///
    /// # Errors
    /// When the nonce cannot be sent.
    pub fn close_order(&self, out_trade_no: &OutTradeNo, nonce: &str) -> Result<Vec<u8>, RequestError> {
        self.request(Fields::new().with("out_trade_no", out_trade_no.as_str()), nonce)
    }

    /// Whether WeChat took the request to close. Only a query says that the order is closed.
    ///
    /// # Errors
    /// When it was refused (ORDERPAID, ORDERCLOSED), or there is no answer to go by.
    pub fn read_close_order(&self, answer: &[u8]) -> Result<(), AnswerError> {
        self.accept(answer).map(|_| ())
    }

    pub(super) fn transaction(&self, fields: &Fields, state: TradeState) -> Result<Transaction, AnswerError> {
        Ok(Transaction {
            appid: self.appid.clone(),
            mchid: self.mch_id.clone(),
            sub_mchid: None,
            out_trade_no: fields.owned("out_trade_no")?,
            state,
        })
    }
}

pub(super) fn by_number(payment: &PaymentRef) -> Fields {
    match payment {
        PaymentRef::TransactionId(id) => Fields::new().with("transaction_id", id.as_str()),
        PaymentRef::OutTradeNo(number) => Fields::new().with("out_trade_no", number.as_str()),
    }
}

/// `total_fee` is what was ordered; `cash_fee` is lower where coupons were used.
pub(super) fn payment(fields: &Fields) -> Result<Payment, AnswerError> {
    Ok(Payment {
        transaction_id: fields.owned("transaction_id")?,
        success_time: fields.time("time_end")?,
        payer: Payer { openid: Secret::new(fields.owned("openid")?) },
        total: fields.fen("total_fee")?,
        currency: fields.currency("fee_type"),
    })
}
