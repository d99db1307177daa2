//! What comes back, layer by layer: `return_code` (was the request understood), the signature (is the
//! answer WeChat's), `result_code` (was it done). Only then the rest counts.

use super::{Fields, Merchant, SignatureError, Verified, XmlError};
use crate::beijing;
use crate::codes::{Advice, Guidance, explain};

/// Why an answer or a notification is not what was hoped for. Only [`AnswerError::Refused`] is
/// WeChat's word; none of them says that money did not move.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// Not read.
    #[error(transparent)]
    Xml(#[from] XmlError),
    /// `return_code` is FAIL: WeChat did not get as far as the order. Such an answer is not signed.
    #[error(
        "WeChat Pay did not take the request: {return_msg}; the signature, the merchant number or the message's form is wrong"
    )]
    NotTaken {
        /// WeChat's explanation, for people.
        return_msg: String,
    },
    /// Not WeChat's.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// Signed, and about another merchant or mini program.
    #[error("the message is about another merchant or mini program")]
    OtherMerchant,
    /// `result_code` is FAIL.
    #[error("WeChat Pay refused with {}", .0.code)]
    Refused(Refusal),
    /// Signed, and without something that every such message has, or with nonsense in its place.
    #[error("the message's {0} is missing or malformed")]
    Incomplete(&'static str),
}

impl AnswerError {
    /// What to do about it. An answer that cannot be believed says nothing, so the order is asked
    /// about.
    #[must_use]
    pub fn advice(&self) -> Advice {
        match self {
            Self::Refused(refusal) => refusal.guidance().advice,
            // Never a statement about money: the same request will not be taken either.
            Self::NotTaken { .. } => Advice::Never,
            Self::Xml(_) | Self::Signature(_) | Self::OtherMerchant | Self::Incomplete(_) => Advice::Query,
        }
    }
}

/// A refusal that was signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// `err_code`, the word to decide by; letters, digits and `_` only.
    pub code: String,
    /// `err_code_des`, for people.
    pub description: String,
}

impl Refusal {
    /// What it means. v2 answers with HTTP 200 whatever it says.
    #[must_use]
    pub fn guidance(&self) -> &'static Guidance {
        explain(200, &self.code, 0)
    }
}

impl Merchant {
    /// The fields of a message that was understood, verified, ours, and not a refusal.
    pub(super) fn accept(&self, message: &[u8]) -> Result<Verified, AnswerError> {
        let fields = Fields::read(message)?;
        understood(&fields)?;
        let verified = fields.verified(&self.key)?;
        self.check_ours(verified.fields())?;
        match verified.fields().text("result_code")? {
            "SUCCESS" => Ok(verified),
            "FAIL" => {
                let code = verified.fields().text("err_code")?;
                let description = plain(verified.fields().get("err_code_des").unwrap_or_default());
                Err(AnswerError::Refused(Refusal { code: word(code), description }))
            }
            _ => Err(AnswerError::Incomplete("result_code")),
        }
    }

    pub(super) fn check_ours(&self, fields: &Fields) -> Result<(), AnswerError> {
        let ours = fields.text("appid")? == self.appid && fields.text("mch_id")? == self.mch_id;
        if ours { Ok(()) } else { Err(AnswerError::OtherMerchant) }
    }
}

/// The first layer.
pub(super) fn understood(fields: &Fields) -> Result<(), AnswerError> {
    match fields.text("return_code")? {
        "SUCCESS" => Ok(()),
        "FAIL" => Err(AnswerError::NotTaken { return_msg: plain(fields.get("return_msg").unwrap_or_default()) }),
        _ => Err(AnswerError::Incomplete("return_code")),
    }
}

/// An unsigned text goes into logs: no control characters, no novels.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(128).collect()
}

fn word(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(64).collect()
}

impl Fields {
    /// A text that must be there. An empty one is not: it is not signed either.
    pub(super) fn text(&self, name: &'static str) -> Result<&str, AnswerError> {
        self.get(name).filter(|text| !text.is_empty()).ok_or(AnswerError::Incomplete(name))
    }

    /// A text that must be there, for the caller to keep.
    pub(super) fn owned(&self, name: &'static str) -> Result<String, AnswerError> {
        self.text(name).map(str::to_owned)
    }

    /// An amount in fen.
    pub(super) fn fen(&self, name: &'static str) -> Result<u32, AnswerError> {
        fen(self.text(name)?).ok_or(AnswerError::Incomplete(name))
    }

    /// A time, as RFC 3339.
    pub(super) fn time(&self, name: &'static str) -> Result<String, AnswerError> {
        beijing::to_rfc3339(self.text(name)?).ok_or(AnswerError::Incomplete(name))
    }

    /// The currency under `name`; CNY is left out.
    pub(super) fn currency(&self, name: &str) -> String {
        self.get(name).filter(|text| !text.is_empty()).unwrap_or("CNY").to_owned()
    }
}

/// Digits alone: `parse` would also take a `+`.
pub(super) fn fen(text: &str) -> Option<u32> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}
