//! WeChat Pay API v2: XML over HTTPS with a keyed digest, for a merchant by itself.
//!
//! A [`Merchant`] makes the bodies of requests and reads what comes back. Nothing that is not signed
//! gets past it, save what it calls a hint. Times of the protocol are Beijing's; here they are
//! RFC 3339, as in v3, so that both versions tell of the same [`Transaction`](crate::trade::Transaction).

mod answer;
mod fields;
mod merchant;
mod notification;
mod order;
mod refund;
mod req_info;
mod sign;
mod xml;

pub use answer::{AnswerError, Refusal};
pub use fields::{Fields, SignatureError, Verified};
pub use merchant::{BadKey, Merchant, RequestError};
pub use notification::{ACKNOWLEDGEMENT, NOT_ACKNOWLEDGED, RefundHint, RefundHintError};
pub use order::{CLOSE_ORDER_PATH, ORDER_QUERY_PATH, UNIFIED_ORDER_PATH, UnifiedOrder};
pub use refund::{REFUND_PATH, REFUND_QUERY_PATH, RefundOrder};
pub use req_info::{ReqInfoError, decrypt_req_info};
pub use sign::{SignType, sign, verify};
pub use xml::{MAX_BYTES, XmlError};

use crate::Secret;

/// The merchant's v2 API key, 32 characters.
pub type ApiV2Key = Secret<String>;
