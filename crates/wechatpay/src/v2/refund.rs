//! Refunds. (v2 documentation: refund, refundquery)

use super::answer::fen;
use super::order::by_number;
use super::{AnswerError, Fields, Merchant, RequestError};
use crate::beijing;
use crate::trade::{OutRefundNo, PaymentRef, Refund, RefundAmount, RefundState};

/// Where a refund is asked for, with the merchant's API certificate as the TLS client's.
pub const REFUND_PATH: &str = "/secapi/pay/refund";
/// Where a refund is asked about.
pub const REFUND_QUERY_PATH: &str = "/pay/refundquery";

/// WeChat refunds a payment in at most so many parts.
const MOST_REFUNDS: u32 = 50;

/// What a refund is asked for with. After a failure or no answer it is sent again under the same
/// `out_refund_no`: another number refunds a second time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundOrder {
    /// Which payment.
    pub payment: PaymentRef,
    /// The merchant's number of the refund.
    pub out_refund_no: OutRefundNo,
    /// How much.
    pub amount: RefundAmount,
    /// What the payer reads, at most 80 characters.
    pub reason: Option<String>,
    /// Where the notification goes.
    pub notify_url: Option<String>,
}

impl Merchant {
    /// The body for [`REFUND_PATH`].
    ///
    /// # Errors
    /// When the nonce or a text cannot be sent.
    pub fn refund(&self, order: &RefundOrder, nonce: &str) -> Result<Vec<u8>, RequestError> {
        let RefundOrder { payment, out_refund_no, amount, reason, notify_url } = order;
        let mut fields = by_number(payment)
            .with("out_refund_no", out_refund_no.as_str())
            .with("total_fee", amount.total().to_string())
            .with("refund_fee", amount.refund().to_string());
        if let Some(reason) = reason {
            fields = fields.with("refund_desc", reason.as_str());
        }
        if let Some(url) = notify_url {
            fields = fields.with("notify_url", url.as_str());
        }
        self.request(fields, nonce)
    }

    /// The refund in the answer to the request for it. That is acceptance, never more.
    ///
    /// # Errors
    /// When there is none to go by; see [`AnswerError`].
    pub fn read_refund(&self, answer: &[u8]) -> Result<Refund, AnswerError> {
        let answer = self.accept(answer)?;
        refund(answer.fields(), RefundState::Processing)
    }

    /// The body for [`REFUND_QUERY_PATH`], about one refund.
    ///
    /// # Errors
    /// When the nonce cannot be sent.
    pub fn refund_query(&self, out_refund_no: &OutRefundNo, nonce: &str) -> Result<Vec<u8>, RequestError> {
        self.request(Fields::new().with("out_refund_no", out_refund_no.as_str()), nonce)
    }

    /// The body for [`REFUND_QUERY_PATH`], about the first ten refunds of a payment.
    ///
    /// # Errors
    /// When the nonce or the number cannot be sent.
    pub fn refunds_query(&self, payment: &PaymentRef, nonce: &str) -> Result<Vec<u8>, RequestError> {
        self.request(by_number(payment), nonce)
    }

    /// The refunds in the answer to a query. REFUNDNOTEXIST is a refusal.
    ///
    /// # Errors
    /// When there is no answer to go by; see [`AnswerError`].
    pub fn read_refund_query(&self, answer: &[u8]) -> Result<Vec<Refund>, AnswerError> {
        let answer = self.accept(answer)?;
        let fields = answer.fields();
        let count = fields.fen("refund_count")?;
        if count > MOST_REFUNDS {
            return Err(AnswerError::Incomplete("refund_count"));
        }
        (0..count).map(|n| numbered(fields, n)).collect()
    }
}

/// A refund whose fields carry no number.
pub(super) fn refund(fields: &Fields, state: RefundState) -> Result<Refund, AnswerError> {
    Ok(Refund {
        out_refund_no: fields.owned("out_refund_no")?,
        refund_id: fields.owned("refund_id")?,
        out_trade_no: fields.owned("out_trade_no")?,
        transaction_id: fields.owned("transaction_id")?,
        state,
        refund: fields.fen("refund_fee")?,
        total: fields.fen("total_fee")?,
        currency: fields.currency("fee_type"),
    })
}

/// The n-th refund of an answer that lists several.
fn numbered(fields: &Fields, n: u32) -> Result<Refund, AnswerError> {
    let get = |name: &'static str| fields.get(&format!("{name}_{n}")).filter(|text| !text.is_empty());
    let need = |name| get(name).ok_or(AnswerError::Incomplete(name));
    Ok(Refund {
        out_refund_no: need("out_refund_no")?.to_owned(),
        refund_id: need("refund_id")?.to_owned(),
        out_trade_no: fields.owned("out_trade_no")?,
        transaction_id: fields.owned("transaction_id")?,
        state: state(need("refund_status")?, get("refund_success_time")),
        refund: fen(need("refund_fee")?).ok_or(AnswerError::Incomplete("refund_fee"))?,
        total: fields.fen("total_fee")?,
        currency: fields.currency("fee_type"),
    })
}

/// A refund's state; the time is a dash while there is none.
pub(super) fn state(word: &str, success_time: Option<&str>) -> RefundState {
    match word {
        "PROCESSING" => RefundState::Processing,
        "SUCCESS" => RefundState::Success { success_time: success_time.and_then(beijing::to_rfc3339) },
        "REFUNDCLOSE" => RefundState::Closed,
        "CHANGE" => RefundState::Abnormal,
        _ => RefundState::Other(word.to_owned()),
    }
}
