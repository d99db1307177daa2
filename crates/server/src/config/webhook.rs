//! The merchant's own system, which is told of facts.

use std::time::Duration;

use reqwest::Url;
use serde::Deserialize;
use wechatpay::Secret;

use super::ConfigError;
use super::parse::{Parsed, is_private_to_the_line};
use crate::outbox::webhook::{Key, Receiver};

/// A receiver that stores first and works later needs less than a second.
const USUAL_SECONDS: u32 = 10;

/// More are no rotation any more.
const MOST_SECRETS: usize = 8;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Section {
    enabled: Option<bool>,
    url: Secret<String>,
    secrets: Vec<Secret<String>>,
    timeout_seconds: Option<u32>,
}

/// `None` where nobody is to be told; what stands beside it is checked all the same.
pub(super) fn parse(section: Section) -> Parsed<Option<Receiver>> {
    let patience = match section.timeout_seconds.unwrap_or(USUAL_SECONDS) {
        seconds @ 1..=60 => Duration::from_secs(seconds.into()),
        _ => return Err(ConfigError::new("webhook.timeout_seconds", "must be 1 to 60")),
    };
    let receiver = Receiver::new(url(&section.url)?, keys(&section.secrets)?, patience)
        .map_err(|error| ConfigError::new("webhook", error.to_string()))?;
    Ok(section.enabled.unwrap_or(true).then_some(receiver))
}

/// Not quoted in the message: there may be a token in its path.
fn url(text: &Secret<String>) -> Parsed<Url> {
    let fix = || {
        ConfigError::new(
            "webhook.url",
            "must be https://HOST/PATH (http:// for 127.0.0.1 and localhost only), without user, password and #fragment",
        )
    };
    let url = Url::parse(text.expose()).map_err(|_| fix())?;
    let bare = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    if bare && is_private_to_the_line(&url) { Ok(url) } else { Err(fix()) }
}

fn keys(secrets: &[Secret<String>]) -> Parsed<Vec<Key>> {
    let fix = || {
        ConfigError::new(
            "webhook.secrets",
            "must be a list of 1 to 8 secrets, each whsec_ and 24 to 64 bytes in base64 (echo whsec_$(openssl rand -base64 32)); every one signs",
        )
    };
    if secrets.is_empty() || secrets.len() > MOST_SECRETS {
        return Err(fix());
    }
    secrets.iter().map(Key::parse).collect::<Result<_, _>>().map_err(|_| fix())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(url: &str, secrets: &[&str]) -> Result<Option<Receiver>, ConfigError> {
        let secrets = secrets.iter().map(|secret| Secret::new((*secret).to_owned())).collect();
        parse(Section { enabled: None, url: Secret::new(url.to_owned()), secrets, timeout_seconds: None })
    }

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    #[test]
    fn https_goes_anywhere_and_http_stays_on_this_machine() {
        for good in
            ["https://shop.example.com/hooks?tenant=7", "https://10.0.0.7", "http://127.0.0.1:9/x", "http://[::1]/"]
        {
            assert!(parsed(good, &[SECRET]).is_ok(), "{good}");
        }
        for bad in [
            "http://shop.example.com/hooks",
            "http://10.0.0.7/",
            "ftp://127.0.0.1/",
            "https://user:s3cret@shop.example.com/",
            "https://shop.example.com/#s3cret",
            "s3cret",
        ] {
            let line = parsed(bad, &[SECRET]).map(|_| ()).expect_err(bad).to_string();
            assert!(line.starts_with("webhook.url: ") && !line.contains("s3cret"), "{line}");
        }
    }

    #[test]
    fn a_secret_has_its_form_and_is_not_quoted_otherwise() {
        let short = "whsec_c2hvcnQ=";
        let nine = [SECRET; 9];
        let bare: &[&str] = &[&SECRET["whsec_".len()..]];
        for bad in [&[][..], &[SECRET, short], bare, &["whsec_???"], &nine] {
            let line = parsed("https://shop.example.com/", bad).map(|_| ()).expect_err("bad").to_string();
            assert!(line.starts_with("webhook.secrets: ") && !line.contains("c2hvcnQ"), "{line}");
        }
        assert!(parsed("https://shop.example.com/", &[SECRET, SECRET]).is_ok(), "the old one and the new one");
    }
}
