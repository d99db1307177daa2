//! The messages of JSAPI payments. Unknown fields of an answer pass; amounts are integer fen.

mod bill;
mod prepay;
mod refund;
mod transaction;

pub use bill::{BadBill, BillAnswer, BillRequest, BillType};
pub use prepay::{
    CloseRequest, PartnerCloseRequest, PartnerPayer, PartnerPrepayRequest, PrepayAmount, PrepayAnswer, PrepayRequest,
};
pub(crate) use refund::RawRefund;
pub use refund::{RefundNotice, RefundRequest};
pub(crate) use transaction::RawTransaction;

use serde::Deserialize;

pub use crate::trade::{
    BadRefund, Payer, Payment, PaymentRef, Refund, RefundAmount, RefundState, TradeState, Transaction,
};

/// The body of a refusal. A field that is missing is empty: a gateway in front may write its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct ErrorBody {
    /// The word to decide by; see [`crate::v3::advice`].
    #[serde(default)]
    pub code: String,
    /// For people.
    #[serde(default)]
    pub message: String,
    /// Where the fault is, if WeChat says so.
    #[serde(default)]
    pub detail: Option<ErrorDetail>,
}

/// Where the fault of a refused request is. The refused value itself is not read: it may be personal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct ErrorDetail {
    /// A JSON pointer to the field, for example `/amount/currency`.
    #[serde(default)]
    pub field: Option<String>,
    /// For people.
    #[serde(default)]
    pub issue: Option<String>,
    /// `body`, `query`, `url` and the like.
    #[serde(default)]
    pub location: Option<String>,
}
