//! Why a signature does not verify: the string that should have been signed, and, where one of the
//! usual mistakes explains the signature, the string that was.

use serde::Serialize;

use crate::crypto::{MerchantKey, sha256_hex};
use crate::identity::Identity;
use crate::text::{Text, shorten, text};

/// A body is as long as its sender likes.
const LONGEST: usize = 4000;

/// Both strings, and what is the matter in one sentence. Openids and prepay ids are shortened in them.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Comparison {
    /// What should have been signed.
    expected: String,
    /// What was, if a usual mistake explains it.
    #[serde(skip_serializing_if = "Option::is_none")]
    signed: Option<String>,
    finding: String,
    finding_zh: String,
}

impl Comparison {
    pub(crate) fn new(expected: String, signed: Option<String>, finding: Text) -> Self {
        Self { expected, signed, finding: finding.en, finding_zh: finding.zh }
    }

    /// As it may be shown.
    pub(crate) fn masked(mut self, identity: &Identity) -> Self {
        self.expected = mask(&self.expected, identity);
        self.signed = self.signed.map(|signed| mask(&signed, identity));
        self
    }
}

/// A string that somebody may have signed instead, and what that mistake is.
pub(crate) struct Suspect {
    pub(crate) message: Vec<u8>,
    pub(crate) mistake: Text,
}

/// A suspect.
pub(crate) fn suspect(message: impl Into<Vec<u8>>, en: &str, zh: &str) -> Suspect {
    Suspect { message: message.into(), mistake: text(en, zh) }
}

/// Looks for the mistake behind an RSA signature that does not verify.
pub(crate) fn explain_rsa<'a>(
    key: &MerchantKey,
    others: impl Iterator<Item = (&'a String, &'a MerchantKey)>,
    expected: &[u8],
    signature: &str,
    suspects: Vec<Suspect>,
) -> Comparison {
    let shown = |message: &[u8]| String::from_utf8_lossy(message).into_owned();
    for Suspect { message, mistake } in suspects {
        if message != expected && key.signed(&message, signature) {
            return Comparison::new(shown(expected), Some(shown(&message)), mistake);
        }
    }
    for (mchid, other) in others {
        if other.signed(expected, signature) {
            let finding = text(
                format!("the string is right, but the key is merchant {mchid}'s"),
                format!("待签名串正确，但用的是商户 {mchid} 的私钥"),
            );
            return Comparison::new(shown(expected), Some(shown(expected)), finding);
        }
    }
    let finding = match key.digest_signed(signature) {
        Some(digest) => text(
            format!(
                "your key signed another string: its SHA-256 is {digest}, the expected string's is {}",
                sha256_hex(expected)
            ),
            format!("私钥正确，但签的是另一个串：其 SHA-256 为 {digest}，应签串的 SHA-256 为 {}", sha256_hex(expected)),
        ),
        None => text(
            "no signature of this merchant's key: another key, another algorithm, or the base64 was damaged",
            "不是该商户私钥的签名：用了别的私钥、别的算法，或 base64 被改动",
        ),
    };
    Comparison::new(shown(expected), None, finding)
}

/// Shortens what names a person or opens a sheet.
pub(crate) fn mask(message: &str, identity: &Identity) -> String {
    let mut masked = message.to_owned();
    for user in identity.apps.iter().flat_map(|app| &app.users) {
        if let (Some(head), Some(tail)) = (user.openid.get(..4), user.openid.get(24..)) {
            masked = masked.replace(&user.openid, &format!("{head}…{tail}"));
        }
    }
    let mut masked = mask_prepay_ids(&masked);
    shorten(&mut masked, LONGEST);
    masked
}

/// A prepay id is `wx`, fourteen digits and twenty hex digits.
fn mask_prepay_ids(message: &str) -> String {
    let mut parts = message.split("wx");
    let mut masked = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        masked.push_str("wx");
        let is_id = part.len() >= 34
            && part.as_bytes()[..14].iter().all(u8::is_ascii_digit)
            && part.as_bytes()[14..34].iter().all(u8::is_ascii_hexdigit);
        match (is_id, part.get(..4), part.get(30..)) {
            (true, Some(head), Some(tail)) => masked.push_str(&format!("{head}…{tail}")),
            _ => masked.push_str(part),
        }
    }
    masked
}

#[cfg(test)]
mod tests {
    use super::mask_prepay_ids;

    #[test]
    fn a_prepay_id_is_shortened_wherever_it_stands_and_nothing_else_is() {
        let line = "wx8888888888888888\nprepay_id=wx20991231235959abcdef0123456789abcd\nwx支付";
        assert_eq!(mask_prepay_ids(line), "wx8888888888888888\nprepay_id=wx2099…abcd\nwx支付");
    }
}
