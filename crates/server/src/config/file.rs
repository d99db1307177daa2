//! The configuration's TOML, as it is written. Unknown keys are refused: a typing mistake must not be a default.

use std::path::PathBuf;

use serde::Deserialize;
use wechatpay::Secret;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) listen: String,
    pub(super) database: Secret<String>,
    pub(super) notify_base_url: String,
    #[serde(default)]
    pub(super) behind_proxy: bool,
    pub(super) tls: Option<Tls>,
    #[serde(default)]
    pub(super) limits: Limits,
    pub(super) session: Session,
    pub(super) merchant: Merchant,
    pub(super) wechatpay: WechatPay,
    pub(super) catalogue: Vec<Article>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tls {
    pub(super) certificate_file: PathBuf,
    pub(super) key_file: PathBuf,
}

/// Each per minute.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Limits {
    pub(super) per_address: Option<u32>,
    pub(super) per_caller: Option<u32>,
    pub(super) per_order: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Session {
    pub(super) keys: Vec<Secret<String>>,
    pub(super) lifetime_minutes: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Merchant {
    pub(super) mchid: String,
    pub(super) appid: String,
    pub(super) app_secret: Secret<String>,
    pub(super) serial: String,
    pub(super) private_key_file: PathBuf,
    pub(super) api_v3_key: Secret<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WechatPay {
    pub(super) api_base_urls: Vec<String>,
    pub(super) login_base_url: String,
    pub(super) public_key_id: String,
    pub(super) public_key_file: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Article {
    pub(super) sku: String,
    pub(super) name: String,
    pub(super) price: u32,
}
