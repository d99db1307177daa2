//! What WeChat sends unasked: whose it is, and what it says.

use wechatpay::trade::Transaction;
use wechatpay::v2::{AnswerError, Fields, RefundHintError, ReqInfoError};
use wechatpay::v3::notification::{self, OpenError, Resource};
use wechatpay::v3::types::RefundNotice;
use wechatpay::v3::{SignedHeaders, VerifyError};

use super::{Gateway, v2};

/// What a notification says.
#[derive(Debug)]
pub enum Heard {
    /// How an order stands.
    Transaction(Box<Transaction>),
    /// How a refund stands.
    Refund(RefundNotice),
    /// That there may be news of a refund. Nothing proves who says so.
    RefundHint {
        /// The merchant's number of the order.
        out_trade_no: String,
        /// The merchant's number of the refund.
        out_refund_no: String,
    },
    /// Nothing that could be understood, although it is WeChat's.
    Unclear(String),
}

/// Why a notification is not believed: WeChat will send it again, if it was WeChat.
#[derive(Debug, thiserror::Error)]
pub enum Unheard {
    /// Its signature does not verify: nobody knows who sent it.
    #[error("the notification does not verify: {0}")]
    NotVerified(String),
    /// Signed, and yet not encrypted with a key of ours.
    #[error(transparent)]
    NotOpened(#[from] OpenError),
    /// No merchant is configured for this version.
    #[error("no merchant is configured for notifications of this version")]
    NoKeys,
}

impl Gateway {
    /// Reads a notification of version 3: `header` looks one up by its lower-case name.
    ///
    /// # Errors
    /// When it must not be acknowledged.
    pub fn hear_v3<'a>(&self, header: impl Fn(&'static str) -> Option<&'a str>, body: &[u8]) -> Result<Heard, Unheard> {
        let signed = SignedHeaders::read(header).map_err(not_verified)?;
        let now = self.clock.now_seconds();
        let mut why = Unheard::NoKeys;
        // Which merchant it is for stands inside: a key that fits the signature may be several merchants'.
        for keys in self.accounts.values().filter_map(|account| account.v3.as_ref()) {
            match keys.trust.verify(signed, body, now) {
                Ok(()) => {}
                // Another merchant may know the key.
                Err(VerifyError::UnknownSerial) if !matches!(why, Unheard::NoKeys) => continue,
                Err(error) => {
                    why = not_verified(error);
                    continue;
                }
            }
            match notification::open(body, &keys.api_v3_key) {
                Ok(notification) => return Ok(heard(notification.resource)),
                // The tag is part of the proof: refused, so that it comes again when the key is right.
                Err(error @ (OpenError::DoesNotDecrypt | OpenError::NonceLength)) => why = error.into(),
                // WeChat's, and not understood: kept, and WeChat is asked about open orders anyway.
                Err(error) => return Ok(Heard::Unclear(error.to_string())),
            }
        }
        Err(why)
    }

    /// Reads a payment notification of version 2.
    ///
    /// # Errors
    /// When it must not be acknowledged.
    pub fn hear_v2_payment(&self, body: &[u8]) -> Result<Heard, Unheard> {
        match self.v2_sender(body)?.read_payment_notification(body) {
            Ok(transaction) => Ok(Heard::Transaction(Box::new(transaction))),
            // Signed, and no payment: a failed one is told of as well.
            Err(error @ (AnswerError::Refused(_) | AnswerError::Incomplete(_))) => {
                Ok(Heard::Unclear(error.to_string()))
            }
            Err(error) => Err(not_verified(error)),
        }
    }

    /// Reads a refund notification of version 2.
    ///
    /// # Errors
    /// When it must not be acknowledged.
    pub fn hear_v2_refund(&self, body: &[u8]) -> Result<Heard, Unheard> {
        match self.v2_sender(body)?.read_refund_notification(body) {
            Ok(hint) => {
                let refund = hint.unproven();
                Ok(Heard::RefundHint {
                    out_trade_no: refund.out_trade_no.clone(),
                    out_refund_no: refund.out_refund_no.clone(),
                })
            }
            Err(RefundHintError::ReqInfo(ReqInfoError::NotBase64 | ReqInfoError::DoesNotDecrypt)) => {
                Err(Unheard::NotOpened(OpenError::DoesNotDecrypt))
            }
            Err(error) => Err(not_verified(error)),
        }
    }

    /// The configured merchant that a message of version 2 says it is for.
    fn v2_sender(&self, body: &[u8]) -> Result<wechatpay::v2::Merchant, Unheard> {
        let fields = Fields::read(body).map_err(not_verified)?;
        let (appid, mchid) = (fields.get("appid").unwrap_or_default(), fields.get("mch_id").unwrap_or_default());
        let keys = self.accounts.get(mchid).and_then(|account| account.v2.as_ref()).ok_or(Unheard::NoKeys)?;
        v2::merchant(appid, mchid, &keys.key).map_err(not_verified)
    }
}

fn heard(resource: Resource) -> Heard {
    match resource {
        Resource::Transaction(transaction) => Heard::Transaction(Box::new(transaction)),
        Resource::Refund(notice) => Heard::Refund(notice),
        Resource::Other { original_type, .. } => {
            Heard::Unclear(format!("a resource of type {:?}", super::word(&original_type)))
        }
    }
}

fn not_verified(error: impl std::fmt::Display) -> Unheard {
    Unheard::NotVerified(error.to_string())
}
