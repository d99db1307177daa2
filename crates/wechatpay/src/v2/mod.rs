//! WeChat Pay API v2: XML with a keyed digest. Only what vectors exist for.

mod req_info;
mod sign;

pub use req_info::{ReqInfoError, decrypt_req_info};
pub use sign::{SignType, sign, verify};

use crate::Secret;

/// The merchant's v2 API key, 32 characters.
pub type ApiV2Key = Secret<String>;
