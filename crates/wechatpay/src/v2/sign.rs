//! The v2 signature. (v2 documentation 4011985891)

use aws_lc_rs::{constant_time, hmac};
use md5::{Digest as _, Md5};

use super::ApiV2Key;

/// The digest of a v2 signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SignType {
    /// The default.
    Md5,
    /// `sign_type=HMAC-SHA256`.
    HmacSha256,
}

impl SignType {
    /// The word in `sign_type`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::HmacSha256 => "HMAC-SHA256",
        }
    }

    /// Reads the word in `sign_type`.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Md5, Self::HmacSha256].into_iter().find(|sign_type| sign_type.as_str() == word)
    }

    /// A notification may leave `sign_type` out although HMAC was used: the length tells.
    #[must_use]
    pub const fn of_signature(sign: &str) -> Option<Self> {
        match sign.len() {
            32 => Some(Self::Md5),
            64 => Some(Self::HmacSha256),
            _ => None,
        }
    }
}

/// Signs `fields` in any order; empty values and `sign` itself are left out. Upper-case hex.
#[must_use]
pub fn sign<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>, key: &ApiV2Key, sign_type: SignType) -> String {
    let message = string_to_sign(fields, key);
    match sign_type {
        SignType::Md5 => hex::encode_upper(Md5::digest(message)),
        SignType::HmacSha256 => {
            // The key is in the message and keys the HMAC as well.
            let key = hmac::Key::new(hmac::HMAC_SHA256, key.expose().as_bytes());
            hex::encode_upper(hmac::sign(&key, message.as_bytes()))
        }
    }
}

/// Whether `expected` signs `fields`: all that were received, also those this program does not know.
#[must_use]
pub fn verify<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>, key: &ApiV2Key, expected: &str) -> bool {
    SignType::of_signature(expected).is_some_and(|sign_type| verify_as(fields, key, sign_type, expected))
}

/// As [`verify`], where the message itself says which digest it was signed with. Compares in constant time.
pub(super) fn verify_as<'a>(
    fields: impl IntoIterator<Item = (&'a str, &'a str)>,
    key: &ApiV2Key,
    sign_type: SignType,
    expected: &str,
) -> bool {
    let ours = sign(fields, key, sign_type);
    constant_time::verify_slices_are_equal(ours.as_bytes(), expected.as_bytes()).is_ok()
}

/// `k=v&...&key=KEY`, sorted by the keys' bytes.
fn string_to_sign<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>, key: &ApiV2Key) -> String {
    let mut fields: Vec<_> = fields.into_iter().filter(|(name, value)| !value.is_empty() && *name != "sign").collect();
    fields.sort_unstable();
    let mut message = String::new();
    for (name, value) in fields {
        message.push_str(&format!("{name}={value}&"));
    }
    message + "key=" + key.expose()
}
