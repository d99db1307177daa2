//! Webhooks to the merchant's own system, as Standard Webhooks has them: <https://www.standardwebhooks.com>.

use std::fmt;
use std::time::Duration;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Response, StatusCode, Url};
use wechatpay::Secret;

use super::desk::{Again, Carried, Carrier};
use super::ladder::{self, Ladder};
use crate::clock::Clock;
use crate::store::{Channel, Letter};

/// What is read of a receiver's answer, so that its connection can be used again. Nothing in it counts.
const ANSWER_BYTES: usize = 16 * 1024;

/// And for how long.
const FAREWELL: Duration = Duration::from_secs(1);

/// A secret has 24 to 64 bytes behind its prefix.
const PREFIX: &str = "whsec_";

/// The receiver, and what letters to it are signed with.
pub struct Webhook {
    receiver: Receiver,
    clock: Clock,
}

/// Whom to tell.
#[derive(Clone)]
pub struct Receiver {
    http: reqwest::Client,
    url: Url,
    keys: Vec<Key>,
    patience: Duration,
}

impl Receiver {
    /// One that listens at `url` and may take `patience` to answer. Every key signs, so that it may know any of them.
    ///
    /// # Errors
    /// When the TLS library cannot be set up.
    pub fn new(url: Url, keys: Vec<Key>, patience: Duration) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder()
            .user_agent(concat!("wx-checkout-server/", env!("CARGO_PKG_VERSION")))
            .timeout(patience)
            // What is signed for one address goes to no other.
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()?;
        Ok(Self { http, url, keys, patience })
    }
}

/// What signs.
#[derive(Clone)]
pub struct Key(hmac::Key);

/// Not a secret of the right form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not whsec_ followed by 24 to 64 bytes in base64")]
pub struct BadKey;

impl Key {
    /// From `whsec_...`.
    ///
    /// # Errors
    /// When it does not have that form.
    pub fn parse(text: &Secret<String>) -> Result<Self, BadKey> {
        let bytes = text.expose().strip_prefix(PREFIX).and_then(|text| STANDARD.decode(text).ok()).ok_or(BadKey)?;
        if !(24..=64).contains(&bytes.len()) {
            return Err(BadKey);
        }
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes)))
    }

    fn sign(&self, id: &str, timestamp: &str, body: &[u8]) -> String {
        let mut signed = hmac::Context::with_key(&self.0);
        for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
            signed.update(part);
        }
        format!("v1,{}", STANDARD.encode(signed.sign()))
    }
}

impl Webhook {
    /// Signs with the time of `clock`.
    #[must_use]
    pub const fn new(receiver: Receiver, clock: Clock) -> Self {
        Self { receiver, clock }
    }
}

impl Carrier for Webhook {
    const CHANNEL: Channel = Channel::Webhook;
    const LADDER: Ladder = ladder::WEBHOOK;
    const DEAD: &'static str = "the merchant's system did not take it, and nothing more is sent about its order: mend the receiver, then replay or skip it";

    fn longest(&self) -> Duration {
        // The client gives up by itself; this is for what it does not count.
        self.receiver.patience + FAREWELL + Duration::from_secs(1)
    }

    async fn carry(&self, letter: &Letter) -> Carried {
        let failed = |status: Option<u16>, error, again| Carried::Failed { status, error, again };
        let Some(body) = &letter.body else { return failed(None, "it has no body", Again::Never) };
        let timestamp = self.clock.now_seconds().to_string();
        let sign = |key: &Key| key.sign(&letter.id, &timestamp, body.expose());
        let signatures: Vec<String> = self.receiver.keys.iter().map(sign).collect();
        let request = self
            .receiver
            .http
            .post(self.receiver.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", &letter.id)
            .header("webhook-timestamp", &timestamp)
            .header("webhook-signature", signatures.join(" "))
            .body(body.expose().clone());
        let response = match request.send().await {
            Ok(response) => response,
            // The error itself quotes the address, in which there may be a password.
            Err(error) if error.is_timeout() => return failed(None, "no answer in time", Again::Later),
            Err(error) if error.is_connect() => return failed(None, "no connection", Again::Later),
            Err(_) => return failed(None, "the connection broke off", Again::Later),
        };
        let status = response.status();
        // Whoever has said 200 and goes on talking has said 200.
        let _ = tokio::time::timeout(FAREWELL, finish(response)).await;
        let code = Some(status.as_u16());
        if status.is_success() {
            Carried::Delivered { status: status.as_u16() }
        } else if status == StatusCode::GONE {
            failed(code, "the receiver is gone", Again::Never)
        } else if status.is_redirection() {
            failed(code, "a redirect, which is not followed", Again::Later)
        } else {
            failed(code, "refused", Again::Later)
        }
    }
}

/// The status is the answer; the rest is read for the connection's sake, as far as that is worth while.
async fn finish(mut response: Response) {
    let mut left = ANSWER_BYTES;
    while let Ok(Some(chunk)) = response.chunk().await {
        match left.checked_sub(chunk.len()) {
            Some(rest) => left = rest,
            None => return,
        }
    }
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Webhook")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification.
    #[test]
    fn a_signature_is_the_one_that_standard_webhooks_has() {
        let key = Key::parse(&Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned())).expect("a key");
        let signature = key.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", br#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }
}
