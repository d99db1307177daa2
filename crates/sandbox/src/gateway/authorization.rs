//! The Authorization header: grammar, merchant, clock, signature. (v3 documentation 4012365336)
//!
//! The signed message is built here from the raw request, independently of the code that signs.

use serde_json::{Value, json};

use super::call::Call;
use super::refusal::Refusal;
use super::suspects;
use crate::diagnosis::explain_rsa;
use crate::identity::Merchant;
use crate::sandbox::Sandbox;
use crate::text::text;

const SCHEME: &str = "WECHATPAY2-SHA256-RSA2048 ";
const FRESH_SECONDS: u64 = 300;

/// The five items, in the order of [`NAMES`].
type Items<'a> = [&'a str; 5];
const NAMES: [&str; 5] = ["mchid", "serial_no", "nonce_str", "timestamp", "signature"];

/// Lets a call pass that a merchant signed, just now, exactly as it came.
pub(crate) fn check<'a>(sandbox: &'a Sandbox, call: &Call) -> Result<&'a Merchant, Refusal> {
    let header = call.header("authorization").ok_or_else(|| {
        Refusal::sign(text("one Authorization header is required", "缺少 Authorization 请求头，或出现多次"))
    })?;
    let [mchid, serial_no, nonce_str, timestamp, signature] = parse(header)?;
    let merchant = sandbox.identity.merchant(mchid).ok_or_else(|| {
        Refusal::sign(text("mchid in Authorization is not a merchant here", "Authorization 中的 mchid 不是这里的商户"))
    })?;
    // Hex in either case: SDKs that read the number out of the certificate write it in lower case.
    if !serial_no.eq_ignore_ascii_case(&merchant.merchant_serial) {
        return Err(Refusal::sign(wrong_serial(sandbox, serial_no)));
    }
    if nonce_str.is_empty() || nonce_str.len() > 32 {
        let rule = text(
            "nonce_str in Authorization must have 1 to 32 characters",
            "Authorization 中的 nonce_str 应为 1 到 32 个字符",
        );
        return Err(Refusal::sign(rule));
    }
    let is_number = !timestamp.starts_with('0') && timestamp.bytes().all(|b| b.is_ascii_digit());
    let signed_at: u64 = timestamp.parse().ok().filter(|_| is_number).ok_or_else(|| {
        Refusal::sign(text(
            "timestamp in Authorization must be a number of seconds since 1970, in digits and without a zero in front",
            "Authorization 中的 timestamp 应为 1970 年以来的秒数，只含数字，前面不补 0",
        ))
    })?;
    if signed_at.abs_diff(sandbox.clock.now_seconds()) > FRESH_SECONDS {
        return Err(Refusal::sign(text(
            "timestamp in Authorization is more than 5 minutes off: check the clock, and that it is in seconds",
            "Authorization 中的 timestamp 与当前时间相差超过 5 分钟：检查服务器时钟，并确认单位是秒",
        )));
    }
    let message = message(call, timestamp, nonce_str);
    let key = sandbox.keys.of_merchant(mchid);
    if key.is_some_and(|key| key.signed(&message, signature)) {
        return Ok(merchant);
    }
    let others = sandbox.keys.merchants().filter(|(other, _)| *other != mchid);
    let Some(key) = key else {
        return Err(Refusal::request(text("the merchant has no key here", "该商户没有密钥")));
    };
    let suspects = suspects::of_request(call, timestamp, nonce_str, &sandbox.identity.base_url);
    let comparison = explain_rsa(key, others, &message, signature, suspects);
    Err(Refusal::sign_not_match(comparison.masked(&sandbox.identity), sign_information(call, &message)))
}

/// The merchant that a call says it is from, for the answer's key.
pub(crate) fn claimed<'a>(sandbox: &'a Sandbox, call: &Call) -> Option<&'a Merchant> {
    let [mchid, ..] = parse(call.header("authorization")?).ok()?;
    sandbox.identity.merchant(mchid)
}

/// The most frequent mistake: WeChat's certificate where the merchant's belongs.
fn wrong_serial(sandbox: &Sandbox, serial_no: &str) -> crate::text::Text {
    let identity = &sandbox.identity;
    let platforms = identity.merchants.iter().flat_map(|merchant| &merchant.platform_certificates);
    if serial_no == identity.public_key_id || platforms.into_iter().any(|known| known.serial == serial_no) {
        return text(
            "serial_no in Authorization names WeChat Pay's key: it must be the serial number of the merchant's own certificate",
            "Authorization 中的 serial_no 是微信支付的证书或公钥：应填商户自己的证书序列号",
        );
    }
    text(
        "serial_no in Authorization is not the serial number of the merchant's certificate",
        "Authorization 中的 serial_no 不是该商户证书的序列号（十六进制）",
    )
}

/// What the gateway says of the message: its length, and its beginning without the body.
fn sign_information(call: &Call, message: &[u8]) -> Value {
    const OF_THE_BODY: usize = 8;
    let length = message.len();
    let head = length.saturating_sub(call.body.len().saturating_sub(OF_THE_BODY)).saturating_sub(1);
    let mut shown = String::from_utf8_lossy(&message[..head]).into_owned();
    shown.push('\n');
    json!({
        "method": call.method.as_str(), "url": call.target, "sign_message_length": length,
        "truncated_sign_message": shown,
    })
}

fn message(call: &Call, timestamp: &str, nonce_str: &str) -> Vec<u8> {
    let lines = [
        call.method.as_str().as_bytes(),
        call.target.as_bytes(),
        timestamp.as_bytes(),
        nonce_str.as_bytes(),
        &call.body,
    ];
    let mut message = Vec::new();
    for line in lines {
        message.extend_from_slice(line);
        message.push(b'\n');
    }
    message
}

/// Exactly five items `name="value"`, in any order, separated by commas.
fn parse(header: &str) -> Result<Items<'_>, Refusal> {
    let malformed = |en: &str, zh: &str| {
        Refusal::sign(text(
            format!("the Authorization header is malformed: {en}"),
            format!("Authorization 格式错误：{zh}"),
        ))
    };
    let items = header.strip_prefix(SCHEME).ok_or_else(|| {
        malformed("it must begin with WECHATPAY2-SHA256-RSA2048", "应以 WECHATPAY2-SHA256-RSA2048 开头")
    })?;
    let mut found = [None; 5];
    for item in items.split(',') {
        let (name, value) = item
            .trim_start_matches(' ')
            .split_once('=')
            .and_then(|(name, value)| Some((name, value.strip_prefix('"')?.strip_suffix('"')?)))
            .filter(|(_, value)| !value.contains('"'))
            .ok_or_else(|| malformed("every item must read name=\"value\"", "每一项应为 name=\"value\""))?;
        let at = NAMES
            .iter()
            .position(|known| *known == name)
            .ok_or_else(|| malformed("it has an item that is not defined", "含有未定义的项"))?;
        if found[at].replace(value).is_some() {
            return Err(malformed("an item comes twice", "有重复的项"));
        }
    }
    let [Some(a), Some(b), Some(c), Some(d), Some(e)] = found else {
        return Err(malformed(
            "mchid, serial_no, nonce_str, timestamp and signature are all required",
            "mchid、serial_no、nonce_str、timestamp、signature 缺一不可",
        ));
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
