//! Access tokens of mini programs: the stable kind, which asking does not end.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Fault, fault};
use crate::dice::Dice;
use crate::sandbox::Sandbox;

const LIFE_MS: u64 = 2 * 60 * 60 * 1000;
/// In its last five minutes a token has a successor, and both are good.
const OVERLAP_MS: u64 = 5 * 60 * 1000;
/// Forced renewals that follow sooner renew nothing.
const FORCED_APART_MS: u64 = 30 * 1000;
const FORCED_A_DAY: usize = 20;
const DAY_MS: u64 = 24 * 60 * 60 * 1000;
/// Older ones are forgotten.
const KEPT: usize = 64;

/// What was given out. Not in the store: who comes with a token of before is told to fetch another.
#[derive(Default)]
pub(crate) struct Tokens {
    /// By mini program, the newest last.
    given: BTreeMap<String, Vec<Token>>,
    /// When a mini program forced renewals.
    forced: BTreeMap<String, Vec<u64>>,
}

struct Token {
    text: String,
    until_ms: u64,
    is_withdrawn: bool,
}

#[derive(Deserialize)]
pub(super) struct Asked {
    grant_type: Option<String>,
    appid: Option<String>,
    secret: Option<String>,
    #[serde(default)]
    force_refresh: bool,
}

/// A token, and for how many seconds it is good.
pub(super) fn give_out(sandbox: &Sandbox, asked: &Asked, dice: &Dice) -> Result<(String, u64), Fault> {
    let need = |value: &Option<String>, name: &str, errcode, errmsg| {
        let missing = || fault(errcode, errmsg, &format!("{name} is required"), &format!("缺少参数 {name}"));
        value.clone().filter(|value| !value.is_empty()).ok_or_else(missing)
    };
    if need(&asked.grant_type, "grant_type", 40002, "invalid grant_type")? != "client_credential" {
        let zh = "grant_type 应为 client_credential";
        return Err(fault(40002, "invalid grant_type", "grant_type must be client_credential", zh));
    }
    let appid = need(&asked.appid, "appid", 41002, "appid missing")?;
    let secret = need(&asked.secret, "secret", 41004, "appsecret missing")?;
    let unknown = || fault(40013, "invalid appid", "there is no such mini program", "没有这个小程序");
    if secret != sandbox.identity.app(&appid).ok_or_else(unknown)?.app_secret {
        let zh = "不是该小程序的 AppSecret";
        return Err(fault(40125, "invalid appsecret", "the secret is not this mini program's", zh));
    }
    let now_ms = sandbox.clock.now_ms();
    sandbox.tokens().give_out(&appid, asked.force_refresh, now_ms, dice)
}

/// The mini program whose token this is.
pub(super) fn app_of(sandbox: &Sandbox, token: &str) -> Result<String, Fault> {
    sandbox.tokens().app_of(token, sandbox.clock.now_ms())
}

impl Tokens {
    fn give_out(&mut self, appid: &str, force: bool, now_ms: u64, dice: &Dice) -> Result<(String, u64), Fault> {
        let renewed = force && self.may_force(appid, now_ms)?;
        let given = self.given.entry(appid.to_owned()).or_default();
        if renewed {
            given.iter_mut().for_each(|token| token.is_withdrawn = true);
        }
        let fresh = given.last().filter(|token| !token.is_withdrawn && now_ms + OVERLAP_MS < token.until_ms);
        if let Some(Token { text, until_ms, .. }) = fresh {
            return Ok((text.clone(), (until_ms - now_ms) / 1000));
        }
        let text: String = (0..5).map(|_| dice.letters(32)).collect();
        given.push(Token { text: text.clone(), until_ms: now_ms + LIFE_MS, is_withdrawn: false });
        if given.len() > KEPT {
            given.remove(0);
        }
        Ok((text, LIFE_MS / 1000))
    }

    fn may_force(&mut self, appid: &str, now_ms: u64) -> Result<bool, Fault> {
        let forced = self.forced.entry(appid.to_owned()).or_default();
        forced.retain(|at_ms| now_ms.saturating_sub(*at_ms) < DAY_MS);
        if forced.len() >= FORCED_A_DAY {
            let en = "a token may be renewed by force 20 times a day";
            return Err(fault(45009, "reach max api daily quota limit", en, "强制刷新每天限 20 次"));
        }
        if forced.last().is_some_and(|last| now_ms.saturating_sub(*last) < FORCED_APART_MS) {
            return Ok(false);
        }
        forced.push(now_ms);
        Ok(true)
    }

    fn app_of(&self, text: &str, now_ms: u64) -> Result<String, Fault> {
        let known = self.given.iter().find_map(|(appid, given)| {
            given.iter().find(|token| token.text == text).map(|token| (appid.clone(), token))
        });
        match known {
            Some((appid, token)) if !token.is_withdrawn && now_ms < token.until_ms => Ok(appid),
            Some((_, token)) if !token.is_withdrawn => {
                Err(fault(42001, "access_token expired", "an access token lives two hours", "access_token 已过期"))
            }
            _ => Err(fault(
                40001,
                "invalid credential, access_token is invalid or not latest",
                "the access token is not one that was given out, or another was forced after it",
                "access_token 无效，或已被强制刷新",
            )),
        }
    }
}
