//! The configuration: read once, whole, and right from then on. Nothing is opened or made before it is.

mod admin;
mod bills;
mod database;
mod examine;
mod exposure;
mod file;
mod merchant;
mod parse;
mod prices;
mod shipping;
mod webhook;

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

pub use admin::{Access, Admin, AdminTokens};
pub use database::Database;
pub use examine::{Decision, Examined, Written};
pub use exposure::{Exposure, Proxy, Transport};
use reqwest::Url;
use wechatpay::Secret;

use crate::bills::Bills;
use crate::catalogue::Catalogue;
use crate::checkout::Merchant;
use crate::gateway::Keys;
use crate::limits::Rates;
use crate::order_token::OrderTokens;
use crate::outbox::Telling;
use crate::outbox::shipping::Goods;
use crate::outbox::webhook::Receiver;
use crate::session::Tokens;

/// A configuration that can be served.
pub struct Config {
    /// Where the server listens.
    pub listen: SocketAddr,
    /// Who may reach it there.
    pub exposure: Exposure,
    /// How long connections are still taken in once the end was asked for.
    pub drain: Duration,
    /// How often one may ask.
    pub rates: Rates,
    /// Where the books are.
    pub database: Database,
    /// Makes and opens tokens.
    pub tokens: Tokens,
    /// How long a session lasts, in milliseconds.
    pub session_ms: u64,
    /// What new orders are made with.
    pub merchant: Merchant,
    /// The mini program's secret.
    pub app_secret: Secret<String>,
    /// The keys of all who have orders here, by merchant number.
    pub keys: BTreeMap<String, Keys>,
    /// WeChat Pay's hosts, the main one first.
    pub api_hosts: Vec<Url>,
    /// WeChat's login.
    pub login_host: Url,
    /// The prices.
    pub catalogue: Catalogue,
    /// The merchant's own backend, which may set prices too.
    pub order_tokens: OrderTokens,
    /// The operator's port; without it there is none.
    pub admin: Option<Admin>,
    /// Whether bills are asked for unasked.
    pub bills: Bills,
    /// The merchant's own system, if it is to be told of facts.
    pub webhook: Telling<Receiver>,
    /// What WeChat is told about goods, if the server is to tell it.
    pub shipping: Telling<Goods>,
}

/// What is wrong with a configuration, on one line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{setting}: {fix}")]
pub struct ConfigError {
    setting: String,
    fix: String,
}

impl ConfigError {
    pub(crate) fn new(setting: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { setting: setting.into(), fix: fix.into() }
    }

    /// Which setting.
    #[must_use]
    pub fn setting(&self) -> &str {
        &self.setting
    }

    /// What it must be.
    #[must_use]
    pub fn fix(&self) -> &str {
        &self.fix
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config").field("listen", &self.listen).finish_non_exhaustive()
    }
}
