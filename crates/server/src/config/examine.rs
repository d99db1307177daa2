//! The configuration looked at part by part, for `doctor`: through the readers that a start goes
//! through, but a mistake in one part hides none in the others.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use reqwest::Url;
use wechatpay::Secret;
use wechatpay::v3::PlatformCertificate;

use super::file::{File, Parts, WechatPay};
use super::merchant::{self, Given};
use super::parse::{
    Parsed, address, api_hosts, app_secret, drain, host, in_toml, notify_base, parse, rates, read, session_ms, tokens,
};
use super::prices::Prices;
use super::{Admin, ConfigError, Database, Exposure, Proxy};
use super::{shipping, webhook};
use crate::bills::Bills;
use crate::gateway::{Keys, Seller};

/// What could be read, and what is wrong with the rest. A part that is missing here is named there.
#[derive(Default)]
pub struct Examined {
    /// Everything that stops a start, in the order of the file's parts.
    pub mistakes: Vec<ConfigError>,
    /// Whom new orders are made for.
    pub seller: Option<Seller>,
    /// The keys of all who have orders here, by merchant number; none when one of them is wrong.
    pub accounts: BTreeMap<String, Keys>,
    /// What stands in `[merchant]` and `[wechatpay]`, as it was written.
    pub written: Option<Written>,
    /// Where the books are.
    pub database: Option<Database>,
    /// Who may reach the port.
    pub exposure: Option<Exposure>,
    /// Where WeChat reaches this server.
    pub notify_base_url: Option<String>,
    /// WeChat Pay's hosts.
    pub api_hosts: Vec<Url>,
    /// WeChat's login.
    pub login_host: Option<Url>,
    /// The files that hold secrets, with the settings that name them.
    pub secret_files: Vec<(&'static str, PathBuf)>,
    /// The certificate that the server itself shows, where it speaks TLS.
    pub tls_certificate: Option<PathBuf>,
    /// Articles of the catalogue.
    pub articles: usize,
    /// Whether the merchant's backend may set prices; missing with the rest of the prices.
    pub order_tokens: Option<bool>,
    /// Whether `[session]` is there.
    pub has_sessions: bool,
    /// Whether there is a port for the operator.
    pub admin: Option<bool>,
    /// Whether the merchant's own system is told of facts.
    pub webhook: Option<bool>,
    /// How often the books are compared with WeChat's.
    pub bills: Option<Bills>,
    /// Whether WeChat is told about shipping.
    pub shipping_upload: Option<Decision>,
}

/// A setting that somebody has to decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// On.
    Yes,
    /// Off.
    No,
    /// It is not there.
    NotMade,
}

/// The merchant's settings, as they were written.
pub struct Written {
    /// The merchant number; a service provider's in partner mode.
    pub mchid: String,
    /// The mini program; a service provider's in partner mode.
    pub appid: String,
    /// The merchant that a service provider acts for.
    pub sub_mchid: Option<String>,
    /// That merchant's mini program.
    pub sub_appid: Option<String>,
    /// Of the mini program that payers log in to.
    pub app_secret: Secret<String>,
    /// Whether there is an APIv3 key.
    pub has_v3_key: bool,
    /// Whether there is a key of version 2.
    pub has_v2_key: bool,
    /// Of the API certificate.
    pub serial: Option<String>,
    /// The API certificate.
    pub certificate_file: Option<PathBuf>,
    /// Its key.
    pub private_key_file: Option<PathBuf>,
    /// Of the WeChat Pay public key.
    pub public_key_id: Option<String>,
    /// WeChat's certificates that could be read.
    pub platform_certificates: Vec<(PathBuf, PlatformCertificate)>,
}

/// Takes note of mistakes and goes on.
#[derive(Default)]
struct Notes(Vec<ConfigError>);

impl Notes {
    fn take<T>(&mut self, parsed: Parsed<T>) -> Option<T> {
        parsed.map_err(|error| self.add(error)).ok()
    }

    fn add(&mut self, error: ConfigError) {
        if !self.0.contains(&error) {
            self.0.push(error);
        }
    }
}

impl Examined {
    /// Looks at the file and at those that it names; nothing is changed.
    #[must_use]
    pub fn of(path: &Path) -> Self {
        let text = match read(path) {
            Ok(text) => text,
            Err(error) => return Self { mistakes: vec![error], ..Self::default() },
        };
        // Not TOML at all: there is nothing else to say.
        if let Err(error) = toml::from_str::<toml::Table>(&text) {
            return Self { mistakes: vec![in_toml("", &text, &error)], ..Self::default() };
        }
        let mut notes = Notes::default();
        unknown_parts(&text, &mut notes);
        let directory = path.parent().unwrap_or(Path::new(""));
        let parts = Parts::read(&text, |error| notes.add(in_toml("", &text, error)));
        let mut examined = in_parts(parts, directory, &mut notes);
        examined.secret_files.insert(0, ("--config", path.to_owned()));
        match toml::from_str::<File>(&text)
            .map_err(|error| in_toml("", &text, &error))
            .and_then(|f| parse(f, directory))
        {
            // Whatever the parts by themselves did not show.
            Err(error) if notes.0.is_empty() => notes.add(error),
            Ok(_) | Err(_) => {}
        }
        examined.mistakes = notes.0;
        examined
    }
}

/// A typing mistake must not be a default: it is named with its line.
fn unknown_parts(text: &str, notes: &mut Notes) {
    let Ok(table) = toml::from_str::<toml::Table>(text) else { return };
    for name in table.keys().filter(|name| !Parts::NAMES.contains(&name.as_str())) {
        let named: String = name.chars().filter(char::is_ascii_graphic).take(64).collect();
        notes.add(ConfigError::new(named, "is no setting: compare it with the documentation (docs/operations.md)"));
    }
}

fn in_parts(parts: Parts, directory: &Path, notes: &mut Notes) -> Examined {
    let mut examined = Examined::default();
    if let (Some(listed), Some(in_file), Some(keys)) = (parts.catalogue, parts.catalogue_file, parts.order_tokens) {
        let prices = notes.take(Prices::parse(directory, listed, in_file, keys));
        examined.articles = prices.as_ref().map_or(0, |prices| prices.catalogue.len());
        examined.order_tokens = prices.map(|prices| prices.order_tokens.are_configured());
    }
    if let (Some(behind_proxy), Some(tls)) = (parts.behind_proxy, parts.tls) {
        if let Some(tls) = &tls {
            examined.secret_files.push(("tls.key_file", directory.join(&tls.key_file)));
            examined.tls_certificate = Some(directory.join(&tls.certificate_file));
        }
        let proxy = if behind_proxy { Proxy::InFront } else { Proxy::None };
        examined.exposure = notes.take(Exposure::parse(directory, tls, proxy));
    }
    if let Some(listen) = parts.listen.and_then(|listen| notes.take(address(&listen)))
        && let Some(exposure) = &examined.exposure
    {
        notes.take(exposure.allows(listen));
    }
    examined.notify_base_url = parts.notify_base_url.and_then(|base| notes.take(notify_base(&base)));
    examined.database = parts.database.and_then(|setting| notes.take(Database::parse(directory, &setting)));
    if let Some(seconds) = parts.drain_seconds {
        notes.take(drain(seconds));
    }
    if let Some(limits) = parts.limits {
        notes.take(rates(&limits));
    }
    if let Some(session) = parts.session {
        examined.has_sessions = true;
        notes.take(session_ms(&session));
        notes.take(tokens(&session));
    }
    let orders = parts.orders.unwrap_or_default();
    notes.take(merchant::payable_ms(&orders));
    for former in parts.former_merchants.iter().flatten() {
        if let Some(file) = &former.private_key_file {
            examined.secret_files.push(("former_merchants.private_key_file", directory.join(file)));
        }
        notes.take(merchant::former_keys(directory, former));
    }
    if let (Some(section), Some(wechatpay)) = (&parts.merchant, &parts.wechatpay) {
        notes.take(app_secret(section));
        let given = Given::new(section, wechatpay);
        for mistake in given.mistakes(directory, section) {
            notes.add(mistake);
        }
        if let Some(file) = &section.private_key_file {
            examined.secret_files.push(("merchant.private_key_file", directory.join(file)));
        }
        let former = parts.former_merchants.as_deref().unwrap_or_default();
        // Its mistakes are noted one by one here.
        if let Ok((merchant, accounts)) = merchant::parse(directory, section, wechatpay, former, &orders, String::new())
        {
            (examined.seller, examined.accounts) = (Some(merchant.seller), accounts);
        }
        examined.written = Some(Written {
            mchid: section.mchid.clone(),
            appid: section.appid.clone(),
            sub_mchid: section.partner.as_ref().map(|partner| partner.sub_mchid.clone()),
            sub_appid: section.partner.as_ref().and_then(|partner| partner.sub_appid.clone()),
            app_secret: section.app_secret.clone(),
            has_v3_key: section.api_v3_key.is_some(),
            has_v2_key: section.api_v2_key.is_some(),
            serial: section.serial.clone(),
            certificate_file: section.certificate_file.as_ref().map(|file| directory.join(file)),
            private_key_file: section.private_key_file.as_ref().map(|file| directory.join(file)),
            public_key_id: wechatpay.public_key_id.clone(),
            platform_certificates: given.platform_certificates(directory),
        });
    }
    if let Some(WechatPay { api_base_urls, login_base_url, .. }) = &parts.wechatpay {
        examined.api_hosts = notes.take(api_hosts(api_base_urls)).unwrap_or_default();
        examined.login_host = notes.take(host("wechatpay.login_base_url", login_base_url));
    }
    if let Some(section) = parts.webhook {
        let off = section.is_none_or(|section| matches!(notes.take(webhook::parse(section)), Some(None)));
        examined.webhook = Some(!off);
    }
    if let (Some(section), Some(exposure)) = (parts.admin, &examined.exposure) {
        examined.admin = Some(section.is_some());
        section.and_then(|section| notes.take(Admin::parse(section, exposure)));
    }
    examined.bills = parts.bills.map(Bills::from);
    examined.shipping_upload = match parts.shipping {
        None => None,
        Some(None) => Some(Decision::NotMade),
        Some(Some(section)) => {
            let goods = notes.take(shipping::parse(section));
            goods.map(|goods| if goods.is_some() { Decision::Yes } else { Decision::No })
        }
    };
    examined
}
