//! From the file to a [`Config`], or to one line that names the setting and the fix.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::path::Path;
use std::time::Duration;

use reqwest::Url;
use wechatpay::Secret;

use super::file::{File, Limits, Merchant, Session, WechatPay};
use super::merchant;
use super::prices::Prices;
use super::{Admin, Config, ConfigError, Database, Exposure, Proxy};
use super::{shipping, webhook};
use crate::limits::Rates;
use crate::outbox::Telling;
use crate::session::Tokens;

/// WeChat takes a notify_url of at most 255 characters.
const NOTIFY_URL_CHARS: usize = 255;

pub(super) type Parsed<T> = Result<T, ConfigError>;

impl Config {
    /// Reads the file and the keys that it names. Their paths are relative to the file.
    ///
    /// # Errors
    /// With the setting and the fix, when something is missing, unknown or cannot be used.
    pub fn read(path: &Path) -> Parsed<Self> {
        let text = read(path)?;
        let file: File = toml::from_str(&text).map_err(|error| in_toml("", &text, &error))?;
        let directory = path.parent().unwrap_or(Path::new(""));
        parse(file, directory)
    }
}

pub(super) fn read(path: &Path) -> Parsed<String> {
    std::fs::read_to_string(path).map_err(|error| {
        ConfigError::new("--config", format!("the file cannot be read ({error}): check its name and its permissions"))
    })
}

pub(super) fn parse(file: File, directory: &Path) -> Parsed<Config> {
    let File { listen, database, notify_base_url, behind_proxy, tls, limits, session, .. } = file;
    let File { merchant, former_merchants, orders, wechatpay, .. } = file;
    let admin = file.admin;
    let prices = Prices::parse(directory, file.catalogue, file.catalogue_file, file.order_tokens)?;

    let proxy = if behind_proxy { Proxy::InFront } else { Proxy::None };
    let exposure = Exposure::parse(directory, tls, proxy)?;
    let listen = address(&listen)?;
    exposure.allows(listen)?;

    let notify_base_url = notify_base(&notify_base_url)?;
    let (seller, keys) =
        merchant::parse(directory, &merchant, &wechatpay, &former_merchants, &orders, notify_base_url)?;
    app_secret(&merchant)?;
    let WechatPay { api_base_urls, login_base_url, .. } = wechatpay;
    let api_hosts = api_hosts(&api_base_urls)?;

    Ok(Config {
        listen,
        admin: admin.map(|section| Admin::parse(section, &exposure)).transpose()?,
        exposure,
        drain: drain(file.drain_seconds)?,
        rates: rates(&limits)?,
        database: Database::parse(directory, &database)?,
        session_ms: session_ms(&session)?,
        tokens: tokens(&session)?,
        merchant: seller,
        app_secret: merchant.app_secret,
        keys,
        api_hosts,
        login_host: host("wechatpay.login_base_url", &login_base_url)?,
        catalogue: prices.catalogue,
        order_tokens: prices.order_tokens,
        bills: file.bills.into(),
        webhook: telling(file.webhook, webhook::parse)?,
        shipping: telling(file.shipping, shipping::parse)?,
    })
}

fn telling<S, T>(section: Option<S>, parse: impl FnOnce(S) -> Parsed<Option<T>>) -> Parsed<Telling<T>> {
    section.map_or(Ok(Telling::Undecided), |section| parse(section).map(Telling::decided))
}

pub(super) fn address(listen: &str) -> Parsed<SocketAddr> {
    listen.parse().map_err(|_| ConfigError::new("listen", "must be ADDRESS:PORT, for example \"127.0.0.1:8790\""))
}

pub(super) fn app_secret(merchant: &Merchant) -> Parsed<()> {
    if merchant.app_secret.expose().is_empty() {
        return Err(ConfigError::new("merchant.app_secret", "must not be empty: it is the mini program's AppSecret"));
    }
    Ok(())
}

pub(super) fn api_hosts(api_base_urls: &[String]) -> Parsed<Vec<Url>> {
    const SETTING: &str = "wechatpay.api_base_urls";
    if api_base_urls.is_empty() {
        return Err(ConfigError::new(
            SETTING,
            "must name at least one host, for example \"https://api.mch.weixin.qq.com\"",
        ));
    }
    api_base_urls.iter().map(|text| host(SETTING, text)).collect()
}

/// toml's message on one line, with the key that stands in the line it points at. The line itself is
/// not quoted: a secret may be in it. `which` names the file where it is not the configuration itself.
pub(super) fn in_toml(which: &str, text: &str, error: &toml::de::Error) -> ConfigError {
    let at = error.span().map_or(0, |span| span.start).min(text.len());
    let before = text.get(..at).unwrap_or_default();
    let number = before.matches('\n').count() + 1;
    let line = text.lines().nth(number - 1).unwrap_or_default();
    let key = line.split_once('=').map_or(line, |(key, _)| key).trim();
    let message: Vec<&str> = error.message().lines().map(str::trim).collect();
    ConfigError::new(format!("{which}line {number} ({key})"), message.join(", "))
}

pub(super) fn key_file(directory: &Path, setting: &str, name: &Path) -> Parsed<Secret<Vec<u8>>> {
    let path = directory.join(name);
    std::fs::read(&path).map(Secret::new).map_err(|error| {
        ConfigError::new(
            setting,
            format!("{} cannot be read ({error}): check its name and its permissions", path.display()),
        )
    })
}

pub(super) fn drain(seconds: u32) -> Parsed<Duration> {
    match seconds {
        0..=60 => Ok(Duration::from_secs(seconds.into())),
        _ => Err(ConfigError::new("drain_seconds", "must be 0 to 60: who stops a server does not wait longer")),
    }
}

pub(super) fn rates(limits: &Limits) -> Parsed<Rates> {
    let usual = Rates::default();
    let rate = |setting: &str, given: Option<u32>, usual| match given.map(NonZeroU32::new) {
        None => Ok(usual),
        Some(Some(rate)) if rate.get() <= 1_000_000 => Ok(rate),
        Some(_) => Err(ConfigError::new(setting, "must be 1 to 1000000 requests a minute")),
    };
    Ok(Rates {
        address: rate("limits.per_address", limits.per_address, usual.address)?,
        caller: rate("limits.per_caller", limits.per_caller, usual.caller)?,
        order: rate("limits.per_order", limits.per_order, usual.order)?,
    })
}

pub(super) fn tokens(session: &Session) -> Parsed<Tokens> {
    let keys = hex_keys("session.keys", &session.keys)?;
    let fix = || ConfigError::new("session.keys", KEYS);
    let (first, older) = keys.split_first().ok_or_else(fix)?;
    Tokens::new(first, older).map_err(|_| fix())
}

const KEYS: &str =
    "must be a list of one or more keys, each 64 hex digits (openssl rand -hex 32); the first signs, all verify";

/// At least one key of 32 bytes.
pub(super) fn hex_keys(setting: &str, keys: &[Secret<String>]) -> Parsed<Vec<[u8; 32]>> {
    let fix = || ConfigError::new(setting, KEYS);
    if keys.is_empty() {
        return Err(fix());
    }
    let key = |key: &Secret<String>| {
        let mut bytes = [0; 32];
        hex::decode_to_slice(key.expose(), &mut bytes).map(|()| bytes).map_err(|_| fix())
    };
    keys.iter().map(key).collect()
}

pub(super) fn session_ms(session: &Session) -> Parsed<u64> {
    match session.lifetime_minutes {
        minutes @ 1..=43_200 => Ok(u64::from(minutes) * 60_000),
        _ => Err(ConfigError::new("session.lifetime_minutes", "must be 1 to 43200 (30 days)")),
    }
}

/// WeChat's rules for a notify_url: https, a public host, a path, no query, at most 255 characters.
pub(super) fn notify_base(base: &str) -> Parsed<String> {
    let fix = || {
        ConfigError::new(
            "notify_base_url",
            "must be https://HOST with a public host name and no query, where WeChat reaches this server",
        )
    };
    let url = Url::parse(base).map_err(|_| fix())?;
    let public = url.host_str().is_some_and(|host| host.contains('.') && host.parse::<IpAddr>().is_err());
    if url.scheme() != "https"
        || !public
        || url.query().is_some()
        || url.fragment().is_some()
        || !url.username().is_empty()
    {
        return Err(fix());
    }
    let base = base.trim_end_matches('/');
    let whole = format!("{base}/notify/v3/payment");
    if whole.len() > NOTIFY_URL_CHARS { Err(fix()) } else { Ok(base.to_owned()) }
}

/// A host of WeChat's. The path is what gets signed, so there is none to begin with.
pub(super) fn host(setting: &str, text: &str) -> Parsed<Url> {
    let fix = || {
        ConfigError::new(setting, format!("{text:?} must be https://HOST without a path (http:// for 127.0.0.1 only)"))
    };
    let url = Url::parse(text).map_err(|_| fix())?;
    let safe = is_private_to_the_line(&url);
    let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    if safe && bare { Ok(url) } else { Err(fix()) }
}

/// Nobody between here and there can read along: https, or this machine itself.
pub(super) fn is_private_to_the_line(url: &Url) -> bool {
    let loopback = match url.host_str() {
        Some("localhost") => true,
        Some(host) => host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback()),
        None => return false,
    };
    url.scheme() == "https" || (url.scheme() == "http" && loopback)
}
