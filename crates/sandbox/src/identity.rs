//! Who takes part: merchants, mini programs, payers.

use serde::{Deserialize, Serialize};

/// `sandbox.json`: everything a merchant is told on WeChat's platforms. Secrets are in it.
///
/// The first merchant and the first mini program stand at the top, for whoever needs only them; all of
/// them are in the lists.
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
    /// Names the public key that WeChat Pay signs with.
    pub public_key_id: String,
    /// Where the sandbox listens.
    pub base_url: String,
    /// The payers, in this mini program.
    pub users: Vec<User>,
    /// Every mini program: two that are bound to both merchants, and one that is bound to none.
    #[serde(default)]
    pub apps: Vec<App>,
    /// Both merchants: one that knows WeChat Pay by its public key, one by its certificates.
    #[serde(default)]
    pub merchants: Vec<Merchant>,
}

/// A payer.
#[derive(Clone, Serialize, Deserialize)]
pub struct User {
    /// Names the payer within one mini program.
    pub openid: String,
}

/// A mini program. The payers of all of them are the same people, in the same order.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct App {
    /// Its number.
    pub appid: String,
    /// Its secret, for login.
    pub app_secret: String,
    /// The merchants that it is bound to.
    pub merchants: Vec<String>,
    /// The payers, in this mini program.
    pub users: Vec<User>,
}

/// A merchant, which is a service provider as well.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Merchant {
    /// The merchant number.
    pub mchid: String,
    /// The serial number of its certificate, hex.
    pub merchant_serial: String,
    /// Its private key's file.
    pub key_file: String,
    /// Its certificate's file.
    pub cert_file: String,
    /// 32 characters.
    pub api_v3_key: String,
    /// 32 characters.
    pub api_v2_key: String,
    /// What it knows WeChat Pay by.
    pub verifies_by: VerifiesBy,
    /// Of the second kind: the certificates, the older first. Empty for the first kind.
    pub platform_certificates: Vec<PlatformCertificate>,
    /// The sub-merchant that it may take orders for.
    pub sub_mchid: String,
}

/// How a merchant verifies what WeChat Pay signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerifiesBy {
    /// By the public key alone: `/v3/certificates` is 404.
    PublicKey,
    /// By platform certificates.
    Certificates,
}

/// A platform certificate.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlatformCertificate {
    /// Hex; a text, never a number.
    pub serial: String,
    /// The certificate's file.
    pub file: String,
    /// RFC 3339.
    pub effective_time: String,
    /// RFC 3339.
    pub expire_time: String,
}

impl Identity {
    /// The mini program of this number.
    #[must_use]
    pub fn app(&self, appid: &str) -> Option<&App> {
        self.apps.iter().find(|app| app.appid == appid)
    }

    /// The merchant of this number, and where it stands in the list.
    #[must_use]
    pub fn merchant(&self, mchid: &str) -> Option<&Merchant> {
        self.merchants.iter().find(|merchant| merchant.mchid == mchid)
    }

    /// Whether `openid` is a payer's in the mini program `appid`.
    #[must_use]
    pub fn knows(&self, appid: &str, openid: &str) -> bool {
        self.app(appid).is_some_and(|app| app.users.iter().any(|user| user.openid == openid))
    }

    /// The same person's openid in another mini program.
    #[must_use]
    pub fn elsewhere(&self, appid: &str, openid: &str, other: &str) -> Option<&str> {
        let at = self.app(appid)?.users.iter().position(|user| user.openid == openid)?;
        self.app(other)?.users.get(at).map(|user| user.openid.as_str())
    }

    /// The only mini program in which somebody has this openid.
    #[must_use]
    pub fn app_of(&self, openid: &str) -> Option<&App> {
        self.apps.iter().find(|app| app.users.iter().any(|user| user.openid == openid))
    }

    /// Whether a mini program may ask a merchant for payments.
    #[must_use]
    pub fn is_bound(&self, appid: &str, mchid: &str) -> bool {
        self.app(appid).is_some_and(|app| app.merchants.iter().any(|bound| bound == mchid))
    }
}
