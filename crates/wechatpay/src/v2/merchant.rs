//! Who asks.

use core::fmt;

use super::sign::sign;
use super::{ApiV2Key, Fields, SignType, XmlError};
use crate::trade::ClientParams;

/// A merchant with its v2 API key.
#[derive(Clone)]
pub struct Merchant {
    pub(super) appid: String,
    pub(super) mch_id: String,
    pub(super) key: ApiV2Key,
    sign_type: SignType,
}

impl Merchant {
    /// `appid` is the mini program's, bound to `mch_id`; `key` is the v2 API key as it was set on the
    /// merchant platform; requests are signed with `sign_type`.
    ///
    /// # Errors
    /// When the key is not one.
    pub fn new(appid: &str, mch_id: &str, key: ApiV2Key, sign_type: SignType) -> Result<Self, BadKey> {
        let fits = key.expose().len() == 32 && key.expose().bytes().all(|b| b.is_ascii_alphanumeric());
        if !fits {
            return Err(BadKey);
        }
        Ok(Self { appid: appid.to_owned(), mch_id: mch_id.to_owned(), key, sign_type })
    }

    /// The parameters that wx.requestPayment takes for `prepay_id`, signed as the order was: another
    /// `signType` than the order's is refused in the payer's phone. `timestamp` is in seconds since
    /// 1970, `nonce` is 1 to 32 random letters and digits. (v2 documentation 4011939566)
    ///
    /// # Errors
    /// When the nonce is malformed.
    pub fn pay_sign(&self, prepay_id: &str, timestamp: u64, nonce: &str) -> Result<ClientParams, RequestError> {
        check_nonce(nonce)?;
        let time_stamp = timestamp.to_string();
        let package = format!("prepay_id={prepay_id}");
        let fields = [
            ("appId", self.appid.as_str()),
            ("timeStamp", &time_stamp),
            ("nonceStr", nonce),
            ("package", &package),
            ("signType", self.sign_type.as_str()),
        ];
        let pay_sign = sign(fields, &self.key, self.sign_type);
        Ok(ClientParams {
            time_stamp,
            nonce_str: nonce.to_owned(),
            package,
            sign_type: self.sign_type.as_str().to_owned(),
            pay_sign,
        })
    }

    /// The body of a request with these fields and what every request has.
    pub(super) fn request(&self, fields: Fields, nonce: &str) -> Result<Vec<u8>, RequestError> {
        check_nonce(nonce)?;
        let mut fields =
            fields.with("appid", self.appid.as_str()).with("mch_id", self.mch_id.as_str()).with("nonce_str", nonce);
        // MD5 is what WeChat assumes where nothing is said.
        if self.sign_type != SignType::Md5 {
            fields = fields.with("sign_type", self.sign_type.as_str());
        }
        Ok(fields.signed(&self.key, self.sign_type).write()?.into_bytes())
    }
}

impl fmt::Debug for Merchant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Merchant").field("mch_id", &self.mch_id).finish_non_exhaustive()
    }
}

/// WeChat takes up to 32 characters.
fn check_nonce(nonce: &str) -> Result<(), RequestError> {
    let fits = (1..=32).contains(&nonce.len()) && nonce.bytes().all(|b| b.is_ascii_alphanumeric());
    if fits { Ok(()) } else { Err(RequestError::BadNonce) }
}

/// A key that the merchant platform cannot have given out. Never quotes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the v2 API key must be 32 ASCII letters and digits; it is the one set under API security on the merchant platform"
)]
pub struct BadKey;

/// Why a request was not made. Nothing was sent, so no money moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// The caller's nonce.
    #[error("a nonce is 1 to 32 ASCII letters and digits")]
    BadNonce,
    /// Not Beijing's time in whole seconds.
    #[error("time_expire must be RFC 3339 in whole seconds and in Beijing's time (+08:00); nothing was sent")]
    BadTime,
    /// A value that XML cannot carry.
    #[error("the request cannot be written: {0}; nothing was sent")]
    Unwritable(#[from] XmlError),
}
