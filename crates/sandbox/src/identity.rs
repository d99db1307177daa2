//! Who takes part: one merchant, one mini program, some payers.

use serde::{Deserialize, Serialize};

/// `sandbox.json`: everything a merchant is told on WeChat's platforms. Secrets are in it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Identity {
    /// The merchant number.
    pub mchid: String,
    /// The mini program, bound to the merchant.
    pub appid: String,
    /// The mini program's secret, for login.
    pub app_secret: String,
    /// The serial number of the merchant's certificate, hex.
    pub merchant_serial: String,
    /// 32 characters.
    pub api_v3_key: String,
    /// 32 characters.
    pub api_v2_key: String,
    /// Names the key that WeChat Pay signs with.
    pub public_key_id: String,
    /// Where the sandbox listens.
    pub base_url: String,
    /// The payers, in this mini program.
    pub users: Vec<User>,
}

impl Identity {
    /// Whether `openid` is a payer's in the mini program `appid`.
    #[must_use]
    pub fn knows(&self, appid: &str, openid: &str) -> bool {
        appid == self.appid && self.users.iter().any(|user| user.openid == openid)
    }
}

/// A payer.
#[derive(Clone, Serialize, Deserialize)]
pub struct User {
    /// Names the payer within one mini program.
    pub openid: String,
}
