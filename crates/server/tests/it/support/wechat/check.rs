//! What version 3 takes in a request, and nothing else. (documentation of JSAPI prepay and refunds)

use serde_json::Value;

/// A field: its name, whether it must be there, and what it may be.
type Field = (&'static str, bool, Kind);

#[derive(Clone, Copy)]
pub enum Kind {
    /// Text of 1 to so many characters.
    Text(usize),
    /// `[0-9A-Za-z_\-|*]`, 6 to 32.
    OutTradeNo,
    /// The same and `@`, 1 to 64.
    OutRefundNo,
    /// RFC 3339 with an offset.
    Time,
    /// HTTPS, a public host, a path, no query, at most 255.
    Url,
    /// Whole fen, at least 1.
    Fen,
    /// This word.
    Word(&'static str),
    /// An object of these.
    Of(&'static [Field]),
}

use Kind::{Fen, Of, OutRefundNo, OutTradeNo, Text, Time, Url, Word};

const AMOUNT: &[Field] = &[("total", true, Fen), ("currency", false, Word("CNY"))];

pub const PREPAY: &[Field] = &[
    ("appid", true, Text(32)),
    ("mchid", true, Text(32)),
    ("description", true, Text(127)),
    ("out_trade_no", true, OutTradeNo),
    ("time_expire", false, Time),
    ("attach", false, Text(128)),
    ("goods_tag", false, Text(32)),
    ("notify_url", true, Url),
    ("amount", true, Of(AMOUNT)),
    ("payer", true, Of(&[("openid", true, Text(128))])),
];

pub const PARTNER_PREPAY: &[Field] = &[
    ("sp_appid", true, Text(32)),
    ("sp_mchid", true, Text(32)),
    ("sub_appid", false, Text(32)),
    ("sub_mchid", true, Text(32)),
    ("description", true, Text(127)),
    ("out_trade_no", true, OutTradeNo),
    ("time_expire", false, Time),
    ("attach", false, Text(128)),
    ("goods_tag", false, Text(32)),
    ("notify_url", true, Url),
    ("amount", true, Of(AMOUNT)),
    ("payer", true, Of(&[("sp_openid", false, Text(128)), ("sub_openid", false, Text(128))])),
];

pub const CLOSE: &[Field] = &[("mchid", true, Text(32))];

pub const PARTNER_CLOSE: &[Field] = &[("sp_mchid", true, Text(32)), ("sub_mchid", true, Text(32))];

pub const REFUND: &[Field] = &[
    ("sub_mchid", false, Text(32)),
    ("transaction_id", false, Text(64)),
    ("out_trade_no", false, OutTradeNo),
    ("out_refund_no", true, OutRefundNo),
    ("reason", false, Text(80)),
    ("notify_url", false, Url),
    ("amount", true, Of(&[("refund", true, Fen), ("total", true, Fen), ("currency", true, Word("CNY"))])),
];

/// The body as JSON, if it is exactly what `fields` say.
pub fn read(body: &[u8], fields: &[Field]) -> Option<Value> {
    let text = std::str::from_utf8(body).ok()?;
    // Three bytes of UTF-8 at most: no emoji.
    if text.chars().any(|c| c.len_utf8() > 3) {
        return None;
    }
    let value: Value = serde_json::from_str(text).ok()?;
    fits(&value, fields).then_some(value)
}

fn fits(value: &Value, fields: &[Field]) -> bool {
    let Some(object) = value.as_object() else { return false };
    let known = object.keys().all(|name| fields.iter().any(|(field, _, _)| field == name));
    known
        && fields.iter().all(|(name, needed, kind)| match object.get(*name) {
            Some(value) => kind.takes(value),
            None => !needed,
        })
}

impl Kind {
    fn takes(self, value: &Value) -> bool {
        let text = value.as_str();
        let number_of = |text: &str, more: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c));
        match self {
            Text(most) => text.is_some_and(|text| (1..=most).contains(&text.chars().count())),
            OutTradeNo => text.is_some_and(|text| (6..=32).contains(&text.len()) && number_of(text, "_-|*")),
            OutRefundNo => text.is_some_and(|text| (1..=64).contains(&text.len()) && number_of(text, "_-|*@")),
            Time => text.is_some_and(|text| super::v3::milliseconds(text).is_some()),
            Url => text.is_some_and(|text| {
                let rest = text.strip_prefix("https://").unwrap_or_default();
                rest.split_once('/').is_some_and(|(host, path)| host.contains('.') && !path.is_empty())
                    && !text.contains('?')
                    && text.len() <= 255
            }),
            Fen => value.as_u64().is_some_and(|fen| fen > 0),
            Word(word) => text == Some(word),
            Of(fields) => fits(value, fields),
        }
    }
}
