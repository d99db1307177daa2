//! The Authorization header: grammar, merchant, clock, signature. (v3 documentation 4012365336)
//!
//! The signed message is built here from the raw request, independently of the code that signs.

use super::call::Call;
use super::refusal::Refusal;
use crate::sandbox::Sandbox;

const SCHEME: &str = "WECHATPAY2-SHA256-RSA2048 ";
const FRESH_SECONDS: u64 = 300;

/// The five items, in the order of [`NAMES`].
type Items<'a> = [&'a str; 5];
const NAMES: [&str; 5] = ["mchid", "serial_no", "nonce_str", "timestamp", "signature"];

/// Lets a call pass that the merchant signed, just now, exactly as it came.
pub(crate) fn check(sandbox: &Sandbox, call: &Call) -> Result<(), Refusal> {
    let header = call.header("authorization").ok_or_else(|| Refusal::sign("one Authorization header is required"))?;
    let [mchid, serial_no, nonce_str, timestamp, signature] = parse(header)?;
    if mchid != sandbox.identity.mchid {
        return Err(Refusal::sign("mchid in Authorization is not a merchant here"));
    }
    if serial_no != sandbox.identity.merchant_serial {
        return Err(Refusal::sign("serial_no in Authorization is not the serial number of the merchant's certificate"));
    }
    if nonce_str.is_empty() || nonce_str.len() > 32 {
        return Err(Refusal::sign("nonce_str in Authorization must have 1 to 32 characters"));
    }
    let is_number = !timestamp.is_empty() && timestamp.bytes().all(|b| b.is_ascii_digit());
    let signed_at: u64 = timestamp
        .parse()
        .ok()
        .filter(|_| is_number)
        .ok_or_else(|| Refusal::sign("timestamp in Authorization must be a number of seconds since 1970"))?;
    if signed_at.abs_diff(sandbox.clock.now_seconds()) > FRESH_SECONDS {
        return Err(Refusal::sign("timestamp in Authorization is more than 5 minutes off: check the clock"));
    }
    let mut message = Vec::new();
    for line in [
        call.method.as_str().as_bytes(),
        call.target.as_bytes(),
        timestamp.as_bytes(),
        nonce_str.as_bytes(),
        &call.body,
    ] {
        message.extend_from_slice(line);
        message.push(b'\n');
    }
    if sandbox.keys.merchant_signed(&message, signature) { Ok(()) } else { Err(Refusal::sign_not_match()) }
}

/// Exactly five items `name="value"`, in any order, separated by commas.
fn parse(header: &str) -> Result<Items<'_>, Refusal> {
    let malformed = |rule: &str| Refusal::sign(format!("the Authorization header is malformed: {rule}"));
    let items = header.strip_prefix(SCHEME).ok_or_else(|| malformed("it must begin with WECHATPAY2-SHA256-RSA2048"))?;
    let mut found = [None; 5];
    for item in items.split(',') {
        let (name, value) = item
            .trim_start_matches(' ')
            .split_once('=')
            .and_then(|(name, value)| Some((name, value.strip_prefix('"')?.strip_suffix('"')?)))
            .filter(|(_, value)| !value.contains('"'))
            .ok_or_else(|| malformed("every item must read name=\"value\""))?;
        let at = NAMES
            .iter()
            .position(|known| *known == name)
            .ok_or_else(|| malformed("it has an item that is not defined"))?;
        if found[at].replace(value).is_some() {
            return Err(malformed("an item comes twice"));
        }
    }
    let [Some(a), Some(b), Some(c), Some(d), Some(e)] = found else {
        return Err(malformed("mchid, serial_no, nonce_str, timestamp and signature are all required"));
    };
    Ok([a, b, c, d, e])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{SCHEME, parse};

    proptest! {
        #[test]
        fn whatever_is_quoted_comes_out_as_it_was(values in prop::array::uniform5("[A-Za-z0-9+/=]{0,20}")) {
            let [a, b, c, d, e] = &values;
            let header = format!(
                "{SCHEME}timestamp=\"{d}\",signature=\"{e}\",mchid=\"{a}\",nonce_str=\"{c}\",serial_no=\"{b}\""
            );
            prop_assert_eq!(parse(&header).expect("well-formed"), [a, b, c, d, e]);
        }

        #[test]
        fn nothing_received_makes_the_parser_panic(header in "\\PC{0,80}") {
            prop_assert!(parse(&header).is_err());
            let schemed = format!("{SCHEME}{header}");
            prop_assert!(parse(&schemed).is_err());
        }
    }
}
