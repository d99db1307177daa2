//! Notifications, and how they are acknowledged.

use super::answer::understood;
use super::order::payment;
use super::refund::{refund, state};
use super::{AnswerError, Fields, Merchant, ReqInfoError, decrypt_req_info};
use crate::trade::{Refund, TradeState, Transaction};

/// The answer to a notification that is stored: these bytes exactly.
pub const ACKNOWLEDGEMENT: &str =
    "<xml><return_code><![CDATA[SUCCESS]]></return_code><return_msg><![CDATA[OK]]></return_msg></xml>";

/// The answer to a notification that is not: it comes again.
pub const NOT_ACKNOWLEDGED: &str =
    "<xml><return_code><![CDATA[FAIL]]></return_code><return_msg><![CDATA[NOT STORED]]></return_msg></xml>";

/// What a refund notification says. Nothing signs it, and its cipher does not prove who wrote it: it
/// is a reason to ask WeChat about the refund, and no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundHint(Refund);

impl RefundHint {
    /// The refund as the notification has it.
    #[must_use]
    pub const fn unproven(&self) -> &Refund {
        &self.0
    }
}

/// Why a refund notification was not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefundHintError {
    /// The outer or the inner message.
    #[error(transparent)]
    Message(#[from] AnswerError),
    /// The encrypted part.
    #[error(transparent)]
    ReqInfo(#[from] ReqInfoError),
}

impl Merchant {
    /// The payment that a notification tells of: signed, with or without `sign_type`.
    ///
    /// # Errors
    /// When it is not WeChat's, or tells of no payment; see [`AnswerError`].
    pub fn read_payment_notification(&self, message: &[u8]) -> Result<Transaction, AnswerError> {
        let message = self.accept(message)?;
        let state = TradeState::Success(payment(message.fields())?);
        self.transaction(message.fields(), state)
    }

    /// The refund that a notification tells of, for the caller to ask WeChat about.
    ///
    /// # Errors
    /// When it does not decrypt with the API key, or is not what the documentation describes.
    pub fn read_refund_notification(&self, message: &[u8]) -> Result<RefundHint, RefundHintError> {
        let outer = Fields::read(message).map_err(AnswerError::from)?;
        understood(&outer)?;
        self.check_ours(&outer)?;
        let inner = decrypt_req_info(outer.text("req_info")?, &self.key)?;
        let inner = Fields::read(inner.expose().as_bytes()).map_err(AnswerError::from)?;
        let state = state(inner.text("refund_status")?, inner.get("success_time"));
        Ok(RefundHint(refund(&inner, state)?))
    }
}
