//! What opens the payment sheet.

use core::fmt;

use serde::Serialize;

/// Exactly what wx.requestPayment takes.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClientParams {
    /// Seconds since 1970, as text.
    pub time_stamp: String,
    /// The nonce.
    pub nonce_str: String,
    /// `prepay_id=...`
    pub package: String,
    /// `RSA` in v3, where it is passed and not signed; `MD5` or `HMAC-SHA256` in v2, where it is both.
    pub sign_type: String,
    /// The signature: base64 in v3, upper-case hex in v2.
    pub pay_sign: String,
}

impl fmt::Debug for ClientParams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientParams(<hidden>)")
    }
}
