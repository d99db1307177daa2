//! The configuration's TOML, as it is written. Unknown keys are refused: a typing mistake must not be a default.

use std::path::PathBuf;

use serde::Deserialize;
use wechatpay::Secret;

/// The file, and the same with each part read by itself: a mistake in one hides none in the others.
macro_rules! in_parts {
    (
        $(#[$of_file:meta])*
        pub(super) struct File {
            $($(#[$of_part:meta])* pub(super) $name:ident: $kind:ty,)*
        }
    ) => {
        $(#[$of_file])*
        pub(super) struct File {
            $($(#[$of_part])* pub(super) $name: $kind,)*
        }

        /// The parts that could be read.
        pub(super) struct Parts {
            $(pub(super) $name: Option<$kind>,)*
        }

        impl Parts {
            /// Reads each part out of the text; tells `wrong` of those that cannot be read.
            pub(super) fn read(text: &str, mut wrong: impl FnMut(&toml::de::Error)) -> Self {
                Self {
                    $($name: {
                        #[derive(Deserialize)]
                        struct Only {
                            $(#[$of_part])*
                            $name: $kind,
                        }
                        match toml::from_str::<Only>(text) {
                            Ok(only) => Some(only.$name),
                            Err(error) => {
                                wrong(&error);
                                None
                            }
                        }
                    },)*
                }
            }

            /// What the parts are called.
            pub(super) const NAMES: &[&str] = &[$(stringify!($name)),*];
        }
    };
}

in_parts! {
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) listen: String,
    pub(super) database: Secret<String>,
    pub(super) notify_base_url: String,
    #[serde(default)]
    pub(super) behind_proxy: bool,
    #[serde(default)]
    pub(super) drain_seconds: u32,
    pub(super) tls: Option<Tls>,
    #[serde(default)]
    pub(super) limits: Limits,
    pub(super) session: Session,
    pub(super) merchant: Merchant,
    #[serde(default)]
    pub(super) former_merchants: Vec<FormerMerchant>,
    #[serde(default)]
    pub(super) orders: Orders,
    pub(super) wechatpay: WechatPay,
    pub(super) catalogue: Option<Vec<Article>>,
    pub(super) catalogue_file: Option<PathBuf>,
    pub(super) order_tokens: Option<OrderTokens>,
    pub(super) admin: Option<super::admin::Section>,
    #[serde(default)]
    pub(super) bills: super::bills::Section,
    pub(super) webhook: Option<super::webhook::Section>,
    pub(super) shipping: Option<super::shipping::Section>,
}
}

/// A catalogue in a file of its own.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CatalogueFile {
    pub(super) catalogue: Vec<Article>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OrderTokens {
    pub(super) keys: Vec<Secret<String>>,
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
    #[serde(default)]
    pub(super) api: ApiVersion,
    pub(super) partner: Option<Partner>,
    pub(super) serial: Option<String>,
    pub(super) private_key_file: Option<PathBuf>,
    pub(super) api_v3_key: Option<Secret<String>>,
    pub(super) api_v2_key: Option<Secret<String>>,
    pub(super) certificate_file: Option<PathBuf>,
}

/// What new orders are made with.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum ApiVersion {
    #[default]
    V3,
    V2,
}

/// The merchant is a service provider, and acts for this one.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Partner {
    pub(super) sub_mchid: String,
    pub(super) sub_appid: Option<String>,
}

/// A merchant that orders were made for before, and none are any more.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FormerMerchant {
    pub(super) mchid: String,
    pub(super) serial: Option<String>,
    pub(super) private_key_file: Option<PathBuf>,
    pub(super) api_v3_key: Option<Secret<String>>,
    pub(super) api_v2_key: Option<Secret<String>>,
    pub(super) certificate_file: Option<PathBuf>,
    pub(super) public_key_id: Option<String>,
    pub(super) public_key_file: Option<PathBuf>,
    #[serde(default)]
    pub(super) platform_certificate_files: Vec<PathBuf>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Orders {
    pub(super) payable_minutes: Option<u32>,
    #[serde(default)]
    pub(super) late_payment: LatePayment,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum LatePayment {
    #[default]
    Refund,
    Accept,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WechatPay {
    pub(super) api_base_urls: Vec<String>,
    pub(super) login_base_url: String,
    pub(super) public_key_id: Option<String>,
    pub(super) public_key_file: Option<PathBuf>,
    #[serde(default)]
    pub(super) platform_certificate_files: Vec<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Article {
    pub(super) sku: String,
    pub(super) name: String,
    pub(super) price: u32,
}
