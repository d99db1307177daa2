//! The fields of a message: a flat list of names and texts, each name once.

use core::fmt;
use std::collections::BTreeMap;

use super::ApiV2Key;
use super::sign::{SignType, sign, verify_as};
use super::xml::{self, XmlError};

/// The fields of a message, in the byte order that the signature wants. Values may be personal and
/// are hidden from `Debug`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Fields(BTreeMap<String, String>);

impl Fields {
    /// No fields.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads a message. Nothing in it counts before [`Fields::verified`].
    ///
    /// # Errors
    /// When it is anything but a flat list of fields in UTF-8, or has a DOCTYPE.
    pub fn read(message: &[u8]) -> Result<Self, XmlError> {
        xml::read(message)
    }

    /// Writes the message.
    ///
    /// # Errors
    /// When a name or a value cannot stand in XML.
    pub fn write(&self) -> Result<String, XmlError> {
        xml::write(self)
    }

    /// The fields with one more, or with another value for one.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    /// The fields with their signature in `sign`.
    #[must_use]
    pub fn signed(self, key: &ApiV2Key, sign_type: SignType) -> Self {
        let signature = sign(self.iter(), key, sign_type);
        self.with("sign", signature)
    }

    /// The fields, once `sign` has been found to sign all of them, also those that nobody here knows.
    ///
    /// The digest is the one that `sign_type` names. Where that is absent the signature's length
    /// tells, because notifications leave it out although HMAC was used.
    ///
    /// # Errors
    /// When they are not signed, or not with this key.
    pub fn verified(self, key: &ApiV2Key) -> Result<Verified, SignatureError> {
        let signature = self.get("sign").filter(|sign| !sign.is_empty()).ok_or(SignatureError::Unsigned)?;
        let sign_type = match self.get("sign_type").filter(|word| !word.is_empty()) {
            Some(word) => SignType::from_word(word).ok_or(SignatureError::UnknownSignType)?,
            None => SignType::of_signature(signature).ok_or(SignatureError::Wrong)?,
        };
        if verify_as(self.iter(), key, sign_type, signature) { Ok(Verified(self)) } else { Err(SignatureError::Wrong) }
    }

    /// One field's value.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// All of them, sorted by the names' bytes.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Adds a field, unless there is one of that name.
    pub(super) fn insert_new(&mut self, name: &str, value: String) -> Result<(), XmlError> {
        if self.0.contains_key(name) {
            return Err(XmlError::Duplicate);
        }
        self.0.insert(name.to_owned(), value);
        Ok(())
    }
}

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Fields whose signature was verified: they are WeChat's, or whoever else has the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified(Fields);

impl Verified {
    /// The fields.
    #[must_use]
    pub const fn fields(&self) -> &Fields {
        &self.0
    }
}

/// Why fields do not count as WeChat's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// No `sign`.
    #[error("the message has no sign: an unsigned message is treated as forged")]
    Unsigned,
    /// Another digest than MD5 and HMAC-SHA256.
    #[error("the message's sign_type is neither MD5 nor HMAC-SHA256")]
    UnknownSignType,
    /// Not made with this key over these fields.
    #[error(
        "the signature does not verify: the message was changed on the way, or the configured v2 API key is not the merchant platform's"
    )]
    Wrong,
}
