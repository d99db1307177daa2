//! The mini program's access token, for calls that are not about payments. WeChat's stable token is the same for every
//! server that asks, and asking does not end the one before it: servers need not share one.

use std::fmt;
use std::time::Duration;

use reqwest::Url;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::Mutex;
use wechatpay::Secret;

use crate::clock::Clock;

const TRY: Duration = Duration::from_secs(5);
const ANSWER_BYTES: usize = 64 * 1024;

/// WeChat gives out the next token five minutes before the end of one.
const BEFORE_THE_END_MS: u64 = 5 * 60 * 1000;

/// The present token of one mini program.
pub(super) struct AccessTokens {
    http: reqwest::Client,
    host: Url,
    appid: String,
    app_secret: Secret<String>,
    clock: Clock,
    /// Held while it is being fetched: those who wait get the same one.
    present: Mutex<Option<Token>>,
}

struct Token {
    text: Secret<String>,
    until_ms: u64,
}

/// Why there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoToken {
    /// WeChat did not answer, or not with one.
    Unavailable,
    /// WeChat refuses with this `errcode`.
    Refused(i64),
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    errcode: i64,
    access_token: Option<Secret<String>>,
    #[serde(default)]
    expires_in: u64,
}

impl AccessTokens {
    pub(super) fn new(
        http: reqwest::Client,
        host: Url,
        appid: String,
        app_secret: Secret<String>,
        clock: Clock,
    ) -> Self {
        Self { http, host, appid, app_secret, clock, present: Mutex::default() }
    }

    /// One that is still good by our clock.
    pub(super) async fn present(&self) -> Result<Secret<String>, NoToken> {
        let mut present = self.present.lock().await;
        let now_ms = self.clock.now_ms();
        if let Some(token) = present.as_ref().filter(|token| now_ms < token.until_ms) {
            return Ok(token.text.clone());
        }
        let (text, seconds) = self.fetch().await?;
        let length_ms = seconds.saturating_mul(1000);
        let until_ms = now_ms.saturating_add(length_ms - BEFORE_THE_END_MS.min(length_ms / 2));
        *present = Some(Token { text: text.clone(), until_ms });
        Ok(text)
    }

    /// WeChat does not take this one any more.
    pub(super) async fn forget(&self, spent: &Secret<String>) {
        let mut present = self.present.lock().await;
        if present.as_ref().is_some_and(|token| token.text == *spent) {
            *present = None;
        }
    }

    async fn fetch(&self) -> Result<(Secret<String>, u64), NoToken> {
        let url = self.host.join("/cgi-bin/stable_token").map_err(|_| NoToken::Unavailable)?;
        let asked = json!({
            "grant_type": "client_credential", "appid": self.appid, "secret": self.app_secret.expose(),
        });
        let body = post(&self.http, url, asked.to_string()).await.ok_or(NoToken::Unavailable)?;
        let answer: Answer = serde_json::from_slice(&body).map_err(|_| NoToken::Unavailable)?;
        match (answer.errcode, answer.access_token) {
            (0, Some(text)) if !text.expose().is_empty() && answer.expires_in > 0 => Ok((text, answer.expires_in)),
            (0, _) => Err(NoToken::Unavailable),
            (code, _) => Err(NoToken::Refused(code)),
        }
    }
}

/// Posts JSON to WeChat; `None` when there is no answer worth reading. The error is dropped: it quotes the
/// address, and a token may be in it.
pub(super) async fn post(http: &reqwest::Client, url: Url, json: String) -> Option<Vec<u8>> {
    let request = http.post(url).timeout(TRY).header("content-type", "application/json").body(json);
    let mut response = request.send().await.ok()?;
    if !response.status().is_success() {
        return None;
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.ok()? {
        if body.len() + chunk.len() > ANSWER_BYTES {
            return None;
        }
        body.extend_from_slice(&chunk);
    }
    Some(body)
}

impl fmt::Debug for AccessTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessTokens")
    }
}
