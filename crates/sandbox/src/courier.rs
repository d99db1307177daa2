//! Notifications: made once, signed anew for every try, repeated until they are acknowledged.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::error::Unspecified;
use reqwest::Url;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HOST, USER_AGENT};
use serde_json::json;

use crate::book::Order;
use crate::crypto::seal;
use crate::events::Kind;
use crate::gateway::transaction;
use crate::sandbox::Sandbox;
use crate::{shuffle, time};

/// How long after a try that was not acknowledged the next one comes, in seconds. The first try
/// comes at once. (v3 documentation, payment notification)
pub const RETRY_SECONDS: [u64; 15] =
    [15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10800, 10800, 10800, 21600, 21600];

/// Who has not acknowledged by then has not.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where notifications for one host really go: `https://HOST=http://127.0.0.1:PORT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    host: String,
    target: String,
}

impl FromStr for Route {
    type Err = BadRoute;

    fn from_str(text: &str) -> Result<Self, BadRoute> {
        let (host, target) = text.split_once('=').ok_or(BadRoute)?;
        let host = Url::parse(host).ok().filter(|url| url.scheme() == "https" && is_bare(url)).ok_or(BadRoute)?;
        let target = Url::parse(target)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && is_bare(url))
            .ok_or(BadRoute)?;
        Ok(Self { host: authority(&host).ok_or(BadRoute)?, target: target.as_str().trim_end_matches('/').to_owned() })
    }
}

fn is_bare(url: &Url) -> bool {
    matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none() && url.username().is_empty()
}

/// Host and port, the scheme's own port left out.
fn authority(url: &Url) -> Option<String> {
    let host = url.host_str()?;
    Some(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

/// Not `https://HOST=http://TARGET`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write it as https://HOST=http://127.0.0.1:PORT, both without a path")]
pub struct BadRoute;

/// Delivers to where a host's notifications really go, and to nowhere else: the sandbox is offline.
pub(crate) struct Courier {
    targets: BTreeMap<String, String>,
    http: reqwest::Client,
}

impl Courier {
    pub(crate) fn new(routes: Vec<Route>) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(PATIENCE)
            .build()?;
        Ok(Self { targets: routes.into_iter().map(|route| (route.host, route.target)).collect(), http })
    }
}

/// One notification, the same bytes on every try.
pub(crate) struct Notice {
    out_trade_no: String,
    url: String,
    body: String,
}

/// Makes the notification about a paid order. (v3 documentation, payment notification)
pub(crate) fn notice(sandbox: &Sandbox, order: &Order) -> Result<Notice, Unspecified> {
    let dice = &sandbox.dice;
    let mut about = transaction::describe(order);
    if let Some(object) = about.as_object_mut() {
        shuffle::add_unknown_field(object, dice);
    }
    let nonce = dice.letters(12);
    let ciphertext = seal(&sandbox.identity.api_v3_key, &nonce, "transaction", shuffle::to_text(&about, dice))?;
    let mut outer = json!({
        "id": format!("EV-{}", dice.digits(19)),
        "create_time": time::beijing(sandbox.clock.now_ms()),
        "resource_type": "encrypt-resource",
        "event_type": "TRANSACTION.SUCCESS",
        "summary": "支付成功",
        "resource": {
            "original_type": "transaction",
            "algorithm": "AEAD_AES_256_GCM",
            "ciphertext": ciphertext,
            "associated_data": "transaction",
            "nonce": nonce,
        },
    });
    if let Some(object) = outer.as_object_mut() {
        shuffle::add_unknown_field(object, dice);
    }
    Ok(Notice {
        out_trade_no: order.form.out_trade_no.clone(),
        url: order.form.notify_url.clone(),
        body: shuffle::to_text(&outer, dice),
    })
}

/// Delivers in the background: the payer's phone does not wait for the merchant.
pub(crate) fn send(sandbox: Arc<Sandbox>, notice: Notice) {
    tokio::spawn(async move {
        let number = &notice.out_trade_no;
        for (at, wait) in RETRY_SECONDS.iter().map(Some).chain([None]).enumerate() {
            let attempt = at + 1;
            let why = match deliver(&sandbox, &notice).await {
                Ok(status) => {
                    let what = format!("order {number}: notification acknowledged with {status} on try {attempt}");
                    return sandbox.record(Kind::Notification, what);
                }
                Err(why) => why,
            };
            let Some(seconds) = wait else {
                return sandbox
                    .record(Kind::Notification, format!("order {number}: try {attempt}: {why}; it was the last"));
            };
            // Before the event shows: who sees it may move the clock.
            let deadline_ms = sandbox.clock.now_ms().saturating_add(seconds * 1000);
            sandbox
                .record(Kind::Notification, format!("order {number}: try {attempt}: {why}; next try in {seconds} s"));
            sandbox.clock.sleep_until(deadline_ms).await;
        }
    });
}

/// One try: 200 or 204 within five seconds is an acknowledgement.
async fn deliver(sandbox: &Sandbox, notice: &Notice) -> Result<u16, String> {
    let url = Url::parse(&notice.url).map_err(|_| "notify_url is not a URL".to_owned())?;
    let host = authority(&url).unwrap_or_default();
    let target = sandbox.courier.targets.get(&host).ok_or_else(|| {
        format!("lost: nothing says where {host} really is (start with --deliver https://{host}=http://127.0.0.1:PORT)")
    })?;
    let timestamp = sandbox.clock.now_seconds().to_string();
    let nonce = sandbox.dice.letters(32);
    let signature = sandbox
        .keys
        .sign(format!("{timestamp}\n{nonce}\n{}\n", notice.body).as_bytes())
        .map_err(|_| "the sandbox could not sign".to_owned())?;
    let answer = sandbox
        .courier
        .http
        .post(format!("{target}{}", url.path()))
        .header(HOST, host)
        .header(CONTENT_TYPE, "application/json")
        .header(ACCEPT, "*/*")
        .header(USER_AGENT, "Mozilla/4.0")
        .header("Wechatpay-Timestamp", timestamp)
        .header("Wechatpay-Nonce", nonce)
        .header("Wechatpay-Signature", signature)
        .header("Wechatpay-Serial", &sandbox.identity.public_key_id)
        .header("Wechatpay-Signature-Type", "WECHATPAY2-SHA256-RSA2048")
        .body(notice.body.clone())
        .send()
        .await
        .map_err(|error| {
            if error.is_timeout() { "no answer within 5 s" } else { "could not be delivered" }.to_owned()
        })?;
    match answer.status().as_u16() {
        status @ (200 | 204) => Ok(status),
        status => Err(format!("answered with {status}, which is not an acknowledgement")),
    }
}

#[cfg(test)]
mod tests {
    use super::{RETRY_SECONDS, Route};

    #[test]
    fn the_ladder_is_the_documented_one() {
        assert_eq!(RETRY_SECONDS.iter().sum::<u64>(), 86_640, "a day and four minutes");
    }

    #[test]
    fn a_route_names_a_host_and_a_target() {
        assert!("https://pay.example.com=http://127.0.0.1:8790".parse::<Route>().is_ok());
        for bad in [
            "",
            "pay.example.com",
            "http://a.com=http://b",
            "https://a.com=b",
            "https://a.com/x=http://b",
            "https://a.com=ftp://b",
        ] {
            assert!(bad.parse::<Route>().is_err(), "{bad}");
        }
    }
}
