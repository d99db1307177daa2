//! Telling WeChat that goods were handed over: without it, WeChat keeps the money of many mini programs back, and may
//! restrict their payments. (api_uploadshippinginfo and api_getorder of the mini program documentation)
//!
//! An upload about an order that has one is a change, and there may be one change per payment: so WeChat is asked
//! first how the order stands, and nothing is uploaded twice because an answer was lost.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::Offset;
use reqwest::Url;
use serde::Deserialize;
use serde_json::{Value, json};
use wechatpay::Secret;

use super::access_token::{AccessTokens, NoToken, post};
use super::desk::{Again, Carried, Carrier};
use super::ladder::{self, Ladder};
use crate::catalogue::Catalogue;
use crate::clock::Clock;
use crate::ledger::{Order, Sale};
use crate::store::{Channel, Letter, Store};

/// WeChat takes this much of a description, in characters.
pub const DESCRIPTION_CHARS: usize = 120;

/// How goods reach the payer. By courier is not among them: that takes a parcel's number, which this server does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Logistics {
    /// Delivered within the city.
    City,
    /// Nothing is carried: vouchers, credit.
    Virtual,
    /// The payer fetches them.
    Pickup,
}

impl Logistics {
    const fn number(self) -> u8 {
        match self {
            Self::City => 2,
            Self::Virtual => 3,
            Self::Pickup => 4,
        }
    }
}

/// What is said about goods.
#[derive(Clone, Debug)]
pub struct Goods {
    /// How they reach the payer.
    pub logistics: Logistics,
    /// What they are, where the order does not say it.
    pub description: String,
}

/// The mini program that uploads.
pub struct App {
    /// WeChat's host for mini programs.
    pub host: Url,
    /// The mini program.
    pub appid: String,
    /// Its secret.
    pub app_secret: Secret<String>,
}

/// Uploads.
pub struct Shipping {
    http: reqwest::Client,
    host: Url,
    appid: String,
    tokens: AccessTokens,
    goods: Goods,
    catalogue: Catalogue,
    store: Arc<dyn Store>,
    clock: Clock,
}

/// An answer: HTTP 200 in any case.
#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    errcode: i64,
    order: Option<Seen>,
}

#[derive(Deserialize)]
struct Seen {
    order_state: i64,
}

impl Shipping {
    /// For the orders of one mini program.
    #[must_use]
    pub fn new(
        http: reqwest::Client,
        app: App,
        goods: Goods,
        catalogue: Catalogue,
        store: Arc<dyn Store>,
        clock: Clock,
    ) -> Self {
        let App { host, appid, app_secret } = app;
        let tokens = AccessTokens::new(http.clone(), host.clone(), appid.clone(), app_secret, clock.clone());
        Self { http, host, appid, tokens, goods, catalogue, store, clock }
    }

    async fn tell(&self, order: &Order, transaction_id: &str) -> Result<Carried, Carried> {
        let asked = json!({ "transaction_id": transaction_id });
        let answer = self.call("/wxa/sec/order/get_order", &asked).await?;
        match (answer.errcode, answer.order.map(|seen| seen.order_state)) {
            // Waits for this.
            (0, Some(1)) => {}
            // Told before, received, settled; or refunded, so that there is nothing to hand over.
            (0, Some(2..=6)) => return Ok(DONE),
            (0, _) => return Err(later("WeChat's answer cannot be read")),
            (code, _) => return Ok(meaning(code)),
        }
        let answer = self.call("/wxa/sec/order/upload_shipping_info", &self.upload(order, transaction_id)).await?;
        Ok(meaning(answer.errcode))
    }

    fn upload(&self, order: &Order, transaction_id: &str) -> Value {
        json!({
            "order_key": { "order_number_type": 2, "transaction_id": transaction_id },
            "logistics_type": self.goods.logistics.number(),
            "delivery_mode": 1,
            "shipping_list": [{ "item_desc": describe(order, &self.catalogue, &self.goods.description) }],
            "upload_time": beijing(self.clock.now_ms()),
            "payer": { "openid": order.terms.openid.expose() },
        })
    }

    /// A token that WeChat does not take any more is fetched anew, once.
    async fn call(&self, path: &str, body: &Value) -> Result<Answer, Carried> {
        let mut fresh = false;
        loop {
            let token = self.tokens.present().await.map_err(|none| match none {
                NoToken::Unavailable => later("WeChat gives out no access token"),
                NoToken::Refused(code) => meaning(code),
            })?;
            let mut url = self.host.join(path).map_err(|_| later("the address is none"))?;
            url.query_pairs_mut().append_pair("access_token", token.expose());
            let read = post(&self.http, url, body.to_string()).await;
            let answer = read.and_then(|bytes| serde_json::from_slice::<Answer>(&bytes).ok());
            let answer = answer.ok_or(later("WeChat did not answer"))?;
            if !matches!(answer.errcode, 40001 | 40014 | 42001) || fresh {
                return Ok(answer);
            }
            self.tokens.forget(&token).await;
            fresh = true;
        }
    }
}

impl Carrier for Shipping {
    const CHANNEL: Channel = Channel::Shipping;
    const LADDER: Ladder = ladder::SHIPPING;
    const DEAD: &'static str = "WeChat was not told that goods were handed over, and may keep the money back: enter it in the mini program's back office, or mend what is wrong and replay it";

    fn longest(&self) -> Duration {
        // Two calls, each with a token fetched and fetched again.
        Duration::from_secs(45)
    }

    async fn carry(&self, letter: &Letter) -> Carried {
        let Some(id) = &letter.order else { return never("it is about no order") };
        let order = match self.store.by_id(id).await {
            Ok(Some(order)) => order,
            Ok(None) => return never("there is no such order"),
            Err(_) => return later("the database did not answer"),
        };
        if order.attempt.appid != self.appid {
            return never("the order was made in another mini program");
        }
        self.tell(&order, &letter.subject).await.unwrap_or_else(|failed| failed)
    }
}

const DONE: Carried = Carried::Delivered { status: 200 };

const fn later(error: &'static str) -> Carried {
    Carried::Failed { status: None, error, again: Again::Later }
}

const fn never(error: &'static str) -> Carried {
    Carried::Failed { status: None, error, again: Again::Never }
}

/// What an `errcode` means.
const fn meaning(code: i64) -> Carried {
    match code {
        0 => DONE,
        // It has been told before: the shipping is complete, was changed once already, or is as we say.
        10_060_002 | 10_060_003 | 10_060_023 => DONE,
        // It takes WeChat up to a minute to hear of a payment.
        10_060_001 => later("10060001: WeChat's shipping desk does not know the payment"),
        -1 | 10_060_012 | 10_060_019 => later("WeChat is busy"),
        44_990 | 45_009 | 45_011 => later("WeChat asks to slow down"),
        40_001 | 40_014 | 42_001 => later("40001: WeChat takes no access token"),
        40_013 | 40_125 | 41_002 | 41_004 => later("40125: WeChat refuses appid or app_secret"),
        40_164 | 61_004 => later("40164: the address of this server is not on the mini program's list"),
        48_001 | 61_003 => later("48001: the mini program may not upload shipping information"),
        10_060_004 => never("10060004: the payment is in no state for it"),
        10_060_031 => never("10060031: the payment is another payer's"),
        10_060_005..=10_060_011 | 10_060_013..=10_060_018 | 10_060_020..=10_060_030 | 47_001 => {
            never("WeChat refuses what was uploaded")
        }
        268_485_000..=268_485_999 => never("WeChat refuses what was uploaded"),
        _ => later("WeChat refuses, and says why in a way that nobody knows"),
    }
}

/// What was bought, as its payer read it.
fn describe(order: &Order, catalogue: &Catalogue, otherwise: &str) -> String {
    let text = match &order.terms.sale {
        Sale::Basket(lines) => {
            let named = lines.iter().map(|line| Some(format!("{}*{}", catalogue.name(&line.sku)?, line.quantity)));
            named.collect::<Option<Vec<String>>>().map(|named| named.join("；"))
        }
        // The backend's words went to WeChat with the order: version 3's are JSON.
        Sale::MerchantOrder(_) => serde_json::from_slice::<Value>(order.attempt.request.expose())
            .ok()
            .and_then(|request| request.get("description")?.as_str().map(str::to_owned)),
    };
    let text = text.filter(|text| !text.is_empty()).unwrap_or_else(|| otherwise.to_owned());
    if text.chars().count() <= DESCRIPTION_CHARS {
        return text;
    }
    text.chars().take(DESCRIPTION_CHARS - 1).chain(['…']).collect()
}

/// RFC 3339 in Beijing's time, with the three digits of WeChat's example.
fn beijing(now_ms: u64) -> String {
    let time = i64::try_from(now_ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
    format!("{:.3}", time.unwrap_or(Timestamp::UNIX_EPOCH).display_with_offset(Offset::constant(8)))
}

impl fmt::Debug for Shipping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shipping")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_as_wechat_writes_it() {
        assert_eq!(beijing(1_671_082_175_120), "2022-12-15T13:29:35.120+08:00");
        assert_eq!(beijing(0), "1970-01-01T08:00:00.000+08:00");
    }

    #[test]
    fn each_code_of_wechat_has_its_meaning() {
        for done in [0, 10_060_002, 10_060_003, 10_060_023] {
            assert_eq!(meaning(done), DONE, "{done}");
        }
        let again = |code| match meaning(code) {
            Carried::Failed { again, .. } => again,
            Carried::Delivered { .. } => panic!("{code} is no success"),
        };
        for code in [-1, 10_060_001, 10_060_012, 10_060_019, 40_001, 40_125, 40_164, 45_009, 48_001, 99_999] {
            assert_eq!(again(code), Again::Later, "{code}");
        }
        for code in [47_001, 10_060_004, 10_060_005, 10_060_009, 10_060_014, 10_060_020, 10_060_031, 268_485_216] {
            assert_eq!(again(code), Again::Never, "{code}");
        }
    }
}
