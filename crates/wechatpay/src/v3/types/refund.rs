//! Asking for a refund, and how one is read. (v3 documentation 4012556457 and its neighbours)

use serde::{Deserialize, Serialize};

use crate::trade::{OutRefundNo, PaymentRef, Refund, RefundAmount, RefundState};

/// `POST /v3/refund/domestic/refunds`, for the direct merchant and the partner.
///
/// The answer, a [`Refund`], is acceptance only. After a failure or no answer the same bytes are sent
/// again: another `out_refund_no` refunds a second time. At most 50 refunds of one payment, a minute
/// apart, within a year.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RefundRequest {
    /// For whom, in partner mode only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub_mchid: Option<String>,
    /// Which payment.
    #[serde(flatten)]
    pub payment: PaymentRef,
    /// The merchant's number of the refund.
    pub out_refund_no: OutRefundNo,
    /// What the payer reads, at most 80 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Where the notification goes; HTTPS, a public host, a path, no query.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notify_url: Option<String>,
    /// How much.
    pub amount: RefundAmount,
}

/// What a refund notification says (`original_type` is `refund`).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "RawNotice")]
pub struct RefundNotice {
    /// The merchant that asked for it: in partner mode the service provider.
    pub mchid: String,
    /// The merchant whose money goes back, in partner mode only.
    pub sub_mchid: Option<String>,
    /// The refund.
    pub refund: Refund,
}

/// A refund's JSON: an answer calls its state `status`, a notification `refund_status`.
#[derive(Deserialize)]
pub(crate) struct RawRefund {
    out_refund_no: String,
    refund_id: String,
    out_trade_no: String,
    transaction_id: String,
    status: Option<String>,
    refund_status: Option<String>,
    success_time: Option<String>,
    amount: RawAmount,
}

#[derive(Deserialize)]
struct RawAmount {
    refund: u32,
    total: u32,
    #[serde(default = "cny")]
    currency: String,
}

fn cny() -> String {
    "CNY".to_owned()
}

/// A refund that lacks what every refund has.
#[derive(Debug, thiserror::Error)]
#[error("the refund lacks its {0}")]
pub(crate) struct IncompleteRefund(&'static str);

impl TryFrom<RawRefund> for Refund {
    type Error = IncompleteRefund;

    fn try_from(raw: RawRefund) -> Result<Self, IncompleteRefund> {
        let RawRefund { out_refund_no, refund_id, out_trade_no, transaction_id, success_time, amount, .. } = raw;
        let status = raw.refund_status.or(raw.status).ok_or(IncompleteRefund("status"))?;
        let state = match status.as_str() {
            "PROCESSING" => RefundState::Processing,
            "SUCCESS" => RefundState::Success { success_time: success_time.filter(|time| !time.is_empty()) },
            "CLOSED" => RefundState::Closed,
            "ABNORMAL" => RefundState::Abnormal,
            _ => RefundState::Other(status),
        };
        let RawAmount { refund, total, currency } = amount;
        Ok(Self { out_refund_no, refund_id, out_trade_no, transaction_id, state, refund, total, currency })
    }
}

#[derive(Deserialize)]
struct RawNotice {
    mchid: Option<String>,
    sp_mchid: Option<String>,
    sub_mchid: Option<String>,
    #[serde(flatten)]
    refund: RawRefund,
}

impl TryFrom<RawNotice> for RefundNotice {
    type Error = IncompleteRefund;

    fn try_from(raw: RawNotice) -> Result<Self, IncompleteRefund> {
        let RawNotice { mchid, sp_mchid, sub_mchid, refund } = raw;
        let mchid = sp_mchid.or(mchid).ok_or(IncompleteRefund("mchid"))?;
        let sub_mchid = sub_mchid.filter(|mchid| !mchid.is_empty());
        Ok(Self { mchid, sub_mchid, refund: refund.try_into()? })
    }
}
