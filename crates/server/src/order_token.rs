//! Orders of the merchant's own backend, signed by it: what is bought, by whom, for how much, until when.
//!
//! A token is `m1.PAYLOAD.MAC`: `PAYLOAD` is the order as JSON in base64url without padding, `MAC` is
//! HMAC-SHA256 over `m1.PAYLOAD`, in base64url without padding too. docs/integration.md has the fields
//! and the few lines that make one.

use std::fmt;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use wechatpay::Secret;
use wx_checkout::domain::Fen;

const PREFIX: &str = "m1.";

/// As long as the client's limit.
const LONGEST: usize = 4096;

/// WeChat takes a description of at most 127 characters.
const DESCRIPTION_CHARS: usize = 127;

/// The merchant's own name for an order. Not a secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MerchantOrderId(String);

impl MerchantOrderId {
    /// The text itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for MerchantOrderId {
    type Error = BadOrderToken;

    fn try_from(text: String) -> Result<Self, BadOrderToken> {
        let fits = (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        if fits {
            Ok(Self(text))
        } else {
            Err(BadOrderToken::Field("merchantOrderId must be 1 to 64 printable ASCII characters"))
        }
    }
}

impl From<MerchantOrderId> for String {
    fn from(id: MerchantOrderId) -> Self {
        id.0
    }
}

/// An order that the merchant's backend vouches for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedOrder {
    /// Unique for the merchant: one sale, one order.
    pub id: MerchantOrderId,
    /// The only one who may pay it.
    pub openid: Secret<String>,
    /// What the payer is charged.
    pub amount: Fen,
    /// What the payer reads in the payment sheet.
    pub description: String,
    /// Until when an order may be made of it, milliseconds since 1970.
    pub expires_ms: u64,
}

/// The JSON of a token. Unknown fields are refused: a typing mistake must not be a default.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Payload {
    merchant_order_id: String,
    openid: Secret<String>,
    amount: Fen,
    currency: String,
    description: String,
    expires_at_ms: u64,
}

/// Why a token is none. No order was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadOrderToken {
    /// The configuration has no keys.
    #[error("this server is not configured for order tokens")]
    NotConfigured,
    /// Not three parts of base64url, or too long.
    #[error("the order token is not m1.PAYLOAD.MAC in base64url without padding, of at most 4096 characters")]
    Form,
    /// Made with another key, or changed since.
    #[error("the order token's signature does not verify with any key of order_tokens.keys")]
    Signature,
    /// Signed, and not what the format says.
    #[error("the order token is signed, but its payload is not JSON with exactly the documented fields")]
    Payload,
    /// Signed, and a field is out of range.
    #[error("the order token is signed, but {0}")]
    Field(&'static str),
}

/// Verifies order tokens.
#[derive(Default)]
pub struct OrderTokens {
    keys: Vec<hmac::Key>,
}

impl OrderTokens {
    /// Any of `keys` may have signed. Without keys every token is refused.
    #[must_use]
    pub fn new(keys: &[[u8; 32]]) -> Self {
        Self { keys: keys.iter().map(|key| hmac::Key::new(hmac::HMAC_SHA256, key)).collect() }
    }

    /// Whether there is a key at all.
    #[must_use]
    pub const fn are_configured(&self) -> bool {
        !self.keys.is_empty()
    }

    /// The order that a token carries. Whether its time is over is for whoever makes the order.
    ///
    /// # Errors
    /// When no configured key signed it, or it does not say what it must.
    pub fn open(&self, token: &str) -> Result<SignedOrder, BadOrderToken> {
        if !self.are_configured() {
            return Err(BadOrderToken::NotConfigured);
        }
        if token.len() > LONGEST {
            return Err(BadOrderToken::Form);
        }
        let (signed, mac) = token.rsplit_once('.').ok_or(BadOrderToken::Form)?;
        let payload = signed.strip_prefix(PREFIX).ok_or(BadOrderToken::Form)?;
        let mac = URL_SAFE_NO_PAD.decode(mac).map_err(|_| BadOrderToken::Form)?;
        if !self.keys.iter().any(|key| hmac::verify(key, signed.as_bytes(), &mac).is_ok()) {
            return Err(BadOrderToken::Signature);
        }
        let payload = URL_SAFE_NO_PAD.decode(payload).map_err(|_| BadOrderToken::Payload)?;
        let payload: Payload = serde_json::from_slice(&payload).map_err(|_| BadOrderToken::Payload)?;
        payload.try_into()
    }
}

impl TryFrom<Payload> for SignedOrder {
    type Error = BadOrderToken;

    fn try_from(payload: Payload) -> Result<Self, BadOrderToken> {
        let Payload { merchant_order_id, openid, amount, currency, description, expires_at_ms } = payload;
        if currency != "CNY" {
            return Err(BadOrderToken::Field("currency must be CNY"));
        }
        // The gateway takes only what UTF-8 writes in up to three bytes.
        let plain = |c: char| !c.is_control() && c.len_utf8() <= 3;
        if !(1..=DESCRIPTION_CHARS).contains(&description.chars().count()) || !description.chars().all(plain) {
            return Err(BadOrderToken::Field(
                "description must have 1 to 127 characters, without emoji and control characters",
            ));
        }
        Ok(Self { id: merchant_order_id.try_into()?, openid, amount, description, expires_ms: expires_at_ms })
    }
}

impl fmt::Debug for OrderTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OrderTokens({} keys)", self.keys.len())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const KEY: [u8; 32] = [7; 32];

    fn sign(payload: &[u8], key: &[u8; 32]) -> String {
        let signed = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(payload));
        let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac))
    }

    fn order() -> Value {
        json!({"merchantOrderId": "T-1", "openid": "payer", "amount": 6800, "currency": "CNY",
               "description": "西湖龙井 50g", "expiresAtMs": 1_000})
    }

    fn opened(payload: &Value) -> Result<SignedOrder, BadOrderToken> {
        OrderTokens::new(&[KEY]).open(&sign(payload.to_string().as_bytes(), &KEY))
    }

    #[test]
    fn a_token_says_who_pays_how_much_for_what() {
        let opened = opened(&order()).expect("signed");
        assert_eq!((opened.id.as_str(), opened.amount.get(), opened.expires_ms), ("T-1", 6800, 1_000));
        assert_eq!((opened.openid.expose().as_str(), opened.description.as_str()), ("payer", "西湖龙井 50g"));
    }

    #[test]
    fn keys_rotate_and_a_dropped_key_signs_nothing() {
        let token = sign(order().to_string().as_bytes(), &KEY);
        assert!(OrderTokens::new(&[[8; 32], KEY]).open(&token).is_ok());
        assert_eq!(OrderTokens::new(&[[8; 32]]).open(&token), Err(BadOrderToken::Signature));
        assert_eq!(OrderTokens::default().open(&token), Err(BadOrderToken::NotConfigured));
    }

    #[test]
    fn no_changed_character_passes() {
        let tokens = OrderTokens::new(&[KEY]);
        let token = sign(order().to_string().as_bytes(), &KEY);
        for at in 0..token.len() {
            for other in *b"AB." {
                let mut bytes = token.clone().into_bytes();
                if bytes[at] == other {
                    continue;
                }
                bytes[at] = other;
                let changed = String::from_utf8(bytes).expect("ascii");
                assert!(tokens.open(&changed).is_err(), "character {at} does not matter");
            }
        }
        for bad in ["", "m1.", "m1..", "m1.e30", "m2.e30.AAAA", &token[..token.len() - 1], &format!("{token}=")] {
            assert!(tokens.open(bad).is_err(), "{bad:?}");
        }
        let long = sign(&vec![b' '; LONGEST], &KEY);
        assert_eq!(tokens.open(&long), Err(BadOrderToken::Form));
    }

    #[test]
    fn what_is_signed_must_still_make_sense() {
        let set = |name: &str, value: Value| {
            let mut changed = order();
            changed[name] = value;
            opened(&changed)
        };
        for (name, value) in [
            ("amount", json!(0)),
            ("amount", json!(68.5)),
            ("amount", json!(-1)),
            ("amount", json!("6800")),
            ("amount", json!(4_294_967_296_u64)),
            ("openid", Value::Null),
            ("expiresAtMs", json!("tomorrow")),
            ("expiresAtMs", json!(-1)),
            ("discount", json!(1)),
        ] {
            assert_eq!(set(name, value.clone()), Err(BadOrderToken::Payload), "{name} {value}");
        }
        for (name, value) in [
            ("currency", json!("USD")),
            ("merchantOrderId", json!("")),
            ("merchantOrderId", json!("T 1")),
            ("merchantOrderId", json!("x".repeat(65))),
            ("description", json!("")),
            ("description", json!("茶".repeat(128))),
            ("description", json!("tea 🍵")),
            ("description", json!("tea\n")),
        ] {
            assert!(matches!(set(name, value.clone()), Err(BadOrderToken::Field(_))), "{name} {value}");
        }
        let missing = json!({"merchantOrderId": "T-1"});
        assert_eq!(opened(&missing), Err(BadOrderToken::Payload));
        let twice = br#"{"merchantOrderId":"T-1","openid":"p","amount":1,"amount":2,"currency":"CNY","description":"t","expiresAtMs":1}"#;
        assert_eq!(OrderTokens::new(&[KEY]).open(&sign(twice, &KEY)), Err(BadOrderToken::Payload));
    }
}
