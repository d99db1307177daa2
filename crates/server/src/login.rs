//! WeChat's login: a fresh code of wx.login against an openid.

use std::fmt;
use std::time::Duration;

use reqwest::Url;
use serde::Deserialize;
use wechatpay::Secret;

const TRY: Duration = Duration::from_secs(5);
const ANSWER_BYTES: usize = 16 * 1024;

/// code2session, for one mini program.
pub struct Login {
    http: reqwest::Client,
    host: Url,
    appid: String,
    app_secret: Secret<String>,
}

/// Why nobody was logged in. No order was made and no money moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoginError {
    /// WeChat does not know the code (40029), or it was used before (40163).
    #[error("WeChat does not know the login code, or it was used before")]
    CodeInvalid,
    /// WeChat holds the user back as high-risk (40226).
    #[error("WeChat does not let this user log in")]
    UserBlocked,
    /// WeChat is busy (-1), asks to slow down (45011), or did not answer.
    #[error("WeChat's login did not answer, or asks to slow down")]
    Unavailable,
    /// WeChat refuses appid or secret.
    #[error(
        "WeChat refuses the mini program's appid or secret (errcode {0}): the operator must correct merchant.appid or merchant.app_secret"
    )]
    Misconfigured(i64),
}

/// The answer: HTTP 200 in either case, and `errcode` only on failure. `session_key` is not even read.
#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    errcode: i64,
    openid: Option<Secret<String>>,
}

impl Login {
    /// `host` is WeChat's, or one that stands in for it.
    #[must_use]
    pub const fn new(http: reqwest::Client, host: Url, appid: String, app_secret: Secret<String>) -> Self {
        Self { http, host, appid, app_secret }
    }

    /// The openid that `code` stands for. A code works once: it is never sent twice.
    ///
    /// # Errors
    /// When WeChat refuses or cannot be asked.
    pub async fn openid(&self, code: &str) -> Result<Secret<String>, LoginError> {
        let mut url = self.host.join("/sns/jscode2session").map_err(|_| LoginError::Unavailable)?;
        url.query_pairs_mut()
            .append_pair("appid", &self.appid)
            .append_pair("secret", self.app_secret.expose())
            .append_pair("js_code", code)
            .append_pair("grant_type", "authorization_code");
        // Every error is dropped here: reqwest's quote the address, and the secret is in it.
        let mut response = self.http.get(url).timeout(TRY).send().await.map_err(|_| LoginError::Unavailable)?;
        if !response.status().is_success() {
            return Err(LoginError::Unavailable);
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|_| LoginError::Unavailable)? {
            if body.len() + chunk.len() > ANSWER_BYTES {
                return Err(LoginError::Unavailable);
            }
            body.extend_from_slice(&chunk);
        }
        read(&body)
    }
}

fn read(body: &[u8]) -> Result<Secret<String>, LoginError> {
    // text/plain, says its content type; it is JSON all the same.
    let answer: Answer = serde_json::from_slice(body).map_err(|_| LoginError::Unavailable)?;
    match answer.errcode {
        0 => answer.openid.filter(|openid| (1..=128).contains(&openid.expose().len())).ok_or(LoginError::Unavailable),
        40029 | 40163 => Err(LoginError::CodeInvalid),
        40226 => Err(LoginError::UserBlocked),
        code @ (40013 | 40125 | 41002 | 41004) => Err(LoginError::Misconfigured(code)),
        _ => Err(LoginError::Unavailable),
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Login")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_of_wechat_has_its_meaning() {
        let table = [
            (r#"{"errcode":40029,"errmsg":"invalid code"}"#, LoginError::CodeInvalid),
            (r#"{"errcode":40163}"#, LoginError::CodeInvalid),
            (r#"{"errcode":40226}"#, LoginError::UserBlocked),
            (r#"{"errcode":40125}"#, LoginError::Misconfigured(40125)),
            (r#"{"errcode":-1}"#, LoginError::Unavailable),
            (r#"{"errcode":45011}"#, LoginError::Unavailable),
            (r#"{"openid":""}"#, LoginError::Unavailable),
            ("{}", LoginError::Unavailable),
            ("<html>", LoginError::Unavailable),
        ];
        for (body, expected) in table {
            assert_eq!(read(body.as_bytes()), Err(expected), "{body}");
        }
        let body = br#"{"openid":"o1","session_key":"k"}"#;
        assert_eq!(read(body), Ok(Secret::new("o1".to_owned())));
    }
}
