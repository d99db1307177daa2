//! Login codes: they work once, within five minutes. They outlive no restart.

use std::collections::BTreeMap;

const CODE_MS: u64 = 5 * 60 * 1000;

#[derive(Default)]
pub(crate) struct Codes(BTreeMap<String, Code>);

struct Code {
    appid: String,
    openid: String,
    made_ms: u64,
    used: Used,
}

enum Used {
    NotYet,
    Once,
}

/// Why a code is not taken.
pub(crate) enum CodeError {
    /// Never made, made for another mini program, or too old.
    Unknown,
    /// Works once.
    Used,
}

impl Codes {
    pub(crate) fn add(&mut self, code: String, appid: &str, openid: &str, now_ms: u64) {
        // Codes long dead are forgotten, so that a flood of logins does not fill the memory.
        self.0.retain(|_, code| now_ms.saturating_sub(code.made_ms) < 12 * CODE_MS);
        let (appid, openid) = (appid.to_owned(), openid.to_owned());
        self.0.insert(code, Code { appid, openid, made_ms: now_ms, used: Used::NotYet });
    }

    /// Uses a code up.
    pub(crate) fn redeem(&mut self, code: &str, appid: &str, now_ms: u64) -> Result<String, CodeError> {
        let code = self.0.get_mut(code).filter(|code| code.appid == appid).ok_or(CodeError::Unknown)?;
        if let Used::Once = code.used {
            return Err(CodeError::Used);
        }
        if now_ms.saturating_sub(code.made_ms) > CODE_MS {
            return Err(CodeError::Unknown);
        }
        code.used = Used::Once;
        Ok(code.openid.clone())
    }
}
