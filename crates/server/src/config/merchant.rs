//! Whom orders are made for, and the keys of all who have orders here.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use reqwest::Identity;
use wechatpay::Secret;
use wechatpay::v2::SignType;
use wechatpay::v3::notification::ApiV3Key;
use wechatpay::v3::{KeyError, MerchantSigner, Payee, PlatformCertificate, Verifiers};

use super::ConfigError;
use super::file::{ApiVersion, FormerMerchant, LatePayment as Late, Merchant as Section, Orders, WechatPay};
use super::parse::{Parsed, key_file};
use crate::checkout::Merchant;
use crate::gateway::{Keys, Seller, V2Keys, V3Keys, http_client};
use crate::ledger::LatePayment;

/// How long WeChat lets an order be paid at most: 7 days.
const LONGEST_MINUTES: u32 = 7 * 24 * 60;

/// As long as one prepay_id lives.
const USUAL_MINUTES: u32 = 120;

/// WeChat takes no `time_expire` that is less than a minute ahead, and a payer needs some time.
const SHORTEST_MINUTES: u32 = 5;

/// The settings of one merchant's keys, wherever they stand.
pub(super) struct Given<'a> {
    mchid: &'a str,
    appid: &'a str,
    serial: Option<&'a str>,
    private_key_file: Option<&'a Path>,
    api_v3_key: Option<&'a Secret<String>>,
    api_v2_key: Option<&'a Secret<String>>,
    certificate_file: Option<&'a Path>,
    public_key_id: Option<&'a str>,
    public_key_file: Option<&'a Path>,
    platform_certificate_files: &'a [PathBuf],
    /// In front of the names of the first settings, and of the last three.
    section: &'a str,
    wechat_section: &'a str,
}

/// What new orders are made with, and everybody's keys by merchant number.
pub(super) fn parse(
    directory: &Path,
    section: &Section,
    wechatpay: &WechatPay,
    former: &[FormerMerchant],
    orders: &Orders,
    notify_base_url: String,
) -> Parsed<(Merchant, BTreeMap<String, Keys>)> {
    identity("merchant.mchid", &section.mchid)?;
    identity("merchant.appid", &section.appid)?;
    let given = Given::new(section, wechatpay);
    let keys = Keys {
        v3: section.speaks_v3().then(|| v3(directory, &given)).transpose()?,
        v2: section.speaks_v2().then(|| v2(directory, &given)).transpose()?,
    };
    let mut all = BTreeMap::from([(section.mchid.clone(), keys)]);
    for former in former {
        let keys = former_keys(directory, former)?;
        if all.insert(former.mchid.clone(), keys).is_some() {
            return Err(ConfigError::new(
                "former_merchants.mchid",
                format!("{} is listed twice: a merchant's keys stand in one place", former.mchid),
            ));
        }
    }
    let merchant = Merchant {
        seller: seller(section)?,
        notify_base_url,
        payable_ms: payable_ms(orders)?,
        late_payment: match orders.late_payment {
            Late::Refund => LatePayment::Refund,
            Late::Accept => LatePayment::Accept,
        },
    };
    Ok((merchant, all))
}

pub(super) fn seller(section: &Section) -> Parsed<Seller> {
    let Section { mchid, appid, api, partner, .. } = section;
    let payee = match (api, partner) {
        (ApiVersion::V2, None) => return Ok(Seller::V2 { appid: appid.clone(), mchid: mchid.clone() }),
        (ApiVersion::V2, Some(_)) => {
            return Err(ConfigError::new("merchant.partner", "goes with api = \"v3\" only: leave it out, or use v3"));
        }
        (ApiVersion::V3, None) => Payee::Direct { appid: appid.clone(), mchid: mchid.clone() },
        (ApiVersion::V3, Some(partner)) => {
            identity("merchant.partner.sub_mchid", &partner.sub_mchid)?;
            if let Some(sub_appid) = &partner.sub_appid {
                identity("merchant.partner.sub_appid", sub_appid)?;
            }
            Payee::Partner {
                sp_appid: appid.clone(),
                sp_mchid: mchid.clone(),
                sub_mchid: partner.sub_mchid.clone(),
                sub_appid: partner.sub_appid.clone(),
            }
        }
    };
    payee.check().map_err(|error| ConfigError::new("merchant.partner.sub_mchid", error.to_string()))?;
    Ok(Seller::V3(payee))
}

pub(super) fn former_keys(directory: &Path, former: &FormerMerchant) -> Parsed<Keys> {
    identity("former_merchants.mchid", &former.mchid)?;
    let given = Given {
        mchid: &former.mchid,
        // Its orders have their own.
        appid: "former",
        serial: former.serial.as_deref(),
        private_key_file: former.private_key_file.as_deref(),
        api_v3_key: former.api_v3_key.as_ref(),
        api_v2_key: former.api_v2_key.as_ref(),
        certificate_file: former.certificate_file.as_deref(),
        public_key_id: former.public_key_id.as_deref(),
        public_key_file: former.public_key_file.as_deref(),
        platform_certificate_files: &former.platform_certificate_files,
        section: "former_merchants",
        wechat_section: "former_merchants",
    };
    let keys = Keys {
        v3: former.api_v3_key.is_some().then(|| v3(directory, &given)).transpose()?,
        v2: former.api_v2_key.is_some().then(|| v2(directory, &given)).transpose()?,
    };
    if keys.v3.is_none() && keys.v2.is_none() {
        return Err(ConfigError::new(
            "former_merchants",
            format!("merchant {} needs api_v3_key, api_v2_key or both, as its orders were made with", former.mchid),
        ));
    }
    Ok(keys)
}

fn v3(directory: &Path, given: &Given<'_>) -> Parsed<V3Keys> {
    let signer = given.signer(directory)?;
    Ok(V3Keys { signer, api_v3_key: given.api_v3_key()?, verifiers: verifiers(directory, given)? })
}

/// The public key, platform certificates, or both: WeChat moves a merchant from one to the other over days.
fn verifiers(directory: &Path, given: &Given<'_>) -> Parsed<Verifiers> {
    let setting = |name: &str| format!("{}.{name}", given.wechat_section);
    let mut verifiers = Verifiers::new();
    match (given.public_key_id, given.public_key_file) {
        (Some(id), Some(file)) => {
            if id.is_empty() || !id.bytes().all(|b| b.is_ascii_graphic()) {
                return Err(ConfigError::new(
                    setting("public_key_id"),
                    "must be the id that the merchant platform shows, PUB_KEY_ID_...",
                ));
            }
            let pem = key_file(directory, &setting("public_key_file"), file)?;
            verifiers = verifiers
                .with_public_key(id, pem.expose())
                .map_err(|error| ConfigError::new(setting("public_key_file"), error.to_string()))?;
        }
        (None, None) if given.platform_certificate_files.is_empty() => {
            return Err(ConfigError::new(
                setting("public_key_file"),
                "WeChat's answers must be verified: give public_key_id and public_key_file, platform_certificate_files, or both",
            ));
        }
        (None, None) => {}
        (None, Some(_)) => return Err(ConfigError::new(setting("public_key_id"), "must stand beside public_key_file")),
        (Some(_), None) => return Err(ConfigError::new(setting("public_key_file"), "must stand beside public_key_id")),
    }
    for file in given.platform_certificate_files {
        verifiers = verifiers.with_certificate(platform_certificate(directory, given, file)?);
    }
    Ok(verifiers)
}

fn platform_certificate(directory: &Path, given: &Given<'_>, file: &Path) -> Parsed<PlatformCertificate> {
    let setting = format!("{}.platform_certificate_files", given.wechat_section);
    let pem = key_file(directory, &setting, file)?;
    PlatformCertificate::from_pem(pem.expose())
        .map_err(|error| ConfigError::new(&setting, format!("{}: {error}", file.display())))
}

fn v2(directory: &Path, given: &Given<'_>) -> Parsed<V2Keys> {
    Ok(V2Keys { key: given.api_v2_key()?, certified_http: certified(directory, given)? })
}

/// Shows the merchant's certificate to WeChat.
fn certified(directory: &Path, given: &Given<'_>) -> Parsed<reqwest::Client> {
    let file = given.need(given.certificate_file, "certificate_file", "v2")?;
    let setting = given.setting("certificate_file");
    let mut pem = key_file(directory, &setting, file)?.into_exposed();
    pem.push(b'\n');
    pem.extend_from_slice(given.private_key(directory)?.expose());
    let certified_http = Identity::from_pem(&pem).and_then(|identity| http_client(Some(identity)));
    // The library's message could quote the key: the fix is enough.
    certified_http.map_err(|_| {
        ConfigError::new(
            setting,
            "must be apiclient_cert.pem, the certificate of private_key_file: version 2 refunds nothing without it",
        )
    })
}

impl Section {
    /// Without an APIv3 key it is a merchant that has not left version 2.
    fn speaks_v3(&self) -> bool {
        self.api == ApiVersion::V3 || self.api_v3_key.is_some()
    }

    fn speaks_v2(&self) -> bool {
        self.api == ApiVersion::V2 || self.api_v2_key.is_some()
    }
}

impl<'a> Given<'a> {
    /// Those of the merchant that new orders are made for.
    pub(super) fn new(section: &'a Section, wechatpay: &'a WechatPay) -> Self {
        Self {
            mchid: &section.mchid,
            appid: &section.appid,
            serial: section.serial.as_deref(),
            private_key_file: section.private_key_file.as_deref(),
            api_v3_key: section.api_v3_key.as_ref(),
            api_v2_key: section.api_v2_key.as_ref(),
            certificate_file: section.certificate_file.as_deref(),
            public_key_id: wechatpay.public_key_id.as_deref(),
            public_key_file: wechatpay.public_key_file.as_deref(),
            platform_certificate_files: &wechatpay.platform_certificate_files,
            section: "merchant",
            wechat_section: "wechatpay",
        }
    }
}

impl Given<'_> {
    /// Everything that is wrong with them, each by itself.
    pub(super) fn mistakes(&self, directory: &Path, section: &Section) -> Vec<ConfigError> {
        let mut mistakes = vec![];
        mistakes.extend(identity("merchant.mchid", self.mchid).err());
        mistakes.extend(identity("merchant.appid", self.appid).err());
        if mistakes.is_empty() {
            mistakes.extend(seller(section).err());
        }
        // A wrong number is named once, and not by everything that it stands in.
        let mchid = if mistakes.is_empty() { self.mchid } else { "0" };
        if section.speaks_v3() {
            mistakes.extend(self.need(self.serial, "serial", "v3").err());
            mistakes.extend(self.signer_of(mchid, self.serial.unwrap_or("0"), directory).err());
            mistakes.extend(self.api_v3_key().err());
            mistakes.extend(verifiers(directory, self).err());
        }
        if section.speaks_v2() {
            mistakes.extend(self.api_v2_key().err());
            mistakes.extend(certified(directory, self).err());
        }
        mistakes
    }

    /// WeChat's certificates that can be read, with their files.
    pub(super) fn platform_certificates(&self, directory: &Path) -> Vec<(PathBuf, PlatformCertificate)> {
        let files = self.platform_certificate_files.iter();
        let read = |file: &PathBuf| Some((file.clone(), platform_certificate(directory, self, file).ok()?));
        files.filter_map(read).collect()
    }

    fn setting(&self, name: &str) -> String {
        format!("{}.{name}", self.section)
    }

    fn need<T>(&self, value: Option<T>, name: &str, api: &str) -> Parsed<T> {
        value.ok_or_else(|| ConfigError::new(self.setting(name), format!("is missing: API {api} needs it")))
    }

    fn signer(&self, directory: &Path) -> Parsed<MerchantSigner> {
        self.signer_of(self.mchid, self.need(self.serial, "serial", "v3")?, directory)
    }

    fn signer_of(&self, mchid: &str, serial: &str, directory: &Path) -> Parsed<MerchantSigner> {
        let private_key = self.private_key(directory)?;
        MerchantSigner::new(mchid, serial, private_key.expose()).map_err(|error| match error {
            KeyError::BadIdentity => ConfigError::new(self.setting("serial"), error.to_string()),
            _ => ConfigError::new(self.setting("private_key_file"), error.to_string()),
        })
    }

    fn api_v3_key(&self) -> Parsed<ApiV3Key> {
        let key = self.need(self.api_v3_key, "api_v3_key", "v3")?;
        ApiV3Key::new(key.expose()).map_err(|error| ConfigError::new(self.setting("api_v3_key"), error.to_string()))
    }

    fn api_v2_key(&self) -> Parsed<Secret<String>> {
        let key = self.need(self.api_v2_key, "api_v2_key", "v2")?;
        wechatpay::v2::Merchant::new(self.appid, self.mchid, key.clone(), SignType::HmacSha256)
            .map_err(|error| ConfigError::new(self.setting("api_v2_key"), error.to_string()))?;
        Ok(key.clone())
    }

    fn private_key(&self, directory: &Path) -> Parsed<Secret<Vec<u8>>> {
        let setting = self.setting("private_key_file");
        let file =
            self.private_key_file.ok_or_else(|| ConfigError::new(&setting, "is missing: it is apiclient_key.pem"))?;
        key_file(directory, &setting, file)
    }
}

fn identity(setting: &str, text: &str) -> Parsed<()> {
    let fits = (1..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric());
    if fits {
        Ok(())
    } else {
        Err(ConfigError::new(setting, "must be 1 to 32 letters and digits, as the merchant platform shows it"))
    }
}

pub(super) fn payable_ms(orders: &Orders) -> Parsed<u64> {
    match orders.payable_minutes.unwrap_or(USUAL_MINUTES) {
        minutes @ SHORTEST_MINUTES..=LONGEST_MINUTES => Ok(u64::from(minutes) * 60_000),
        _ => Err(ConfigError::new("orders.payable_minutes", "must be 5 to 10080 (7 days)")),
    }
}
