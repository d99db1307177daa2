//! Notifications: a signed outer message around an encrypted resource.
//!
//! Verify the raw body with [`crate::v3::Verifiers`] first: encryption keeps a secret, and does not
//! prove who wrote it.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::keys::KeyError;
use super::types::{RefundNotice, Transaction};
use crate::Secret;

/// The merchant's APIv3 key: 32 bytes, used as they are.
#[derive(Clone, Debug)]
pub struct ApiV3Key(Secret<[u8; 32]>);

impl ApiV3Key {
    /// Takes the key as it was set on the merchant platform.
    ///
    /// # Errors
    /// When it is not 32 bytes long.
    pub fn new(key: &str) -> Result<Self, KeyError> {
        let bytes = key.as_bytes().try_into().map_err(|_| KeyError::ApiV3KeyLength)?;
        Ok(Self(Secret::new(bytes)))
    }

    /// AES-256-GCM with a 12-byte nonce; the 16-byte tag ends the ciphertext.
    ///
    /// # Errors
    /// When the nonce's length is wrong, or the tag does not fit key, nonce, associated data and text.
    pub fn decrypt(&self, nonce: &str, associated_data: &str, ciphertext: &[u8]) -> Result<Secret<Vec<u8>>, OpenError> {
        let nonce = Nonce::try_assume_unique_for_key(nonce.as_bytes()).map_err(|_| OpenError::NonceLength)?;
        let key = UnboundKey::new(&AES_256_GCM, self.0.expose()).map_err(|_| OpenError::DoesNotDecrypt)?;
        let mut text = ciphertext.to_vec();
        let length = LessSafeKey::new(key)
            .open_in_place(nonce, Aad::from(associated_data.as_bytes()), &mut text)
            .map_err(|_| OpenError::DoesNotDecrypt)?
            .len();
        text.truncate(length);
        Ok(Secret::new(text))
    }
}

/// An opened notification.
#[derive(Clone, Debug)]
pub struct Notification {
    /// WeChat's name of this event: the same on every repetition.
    pub id: String,
    /// When the event was made, RFC 3339.
    pub create_time: String,
    /// For example `TRANSACTION.SUCCESS`.
    pub event_type: String,
    /// What it is about.
    pub resource: Resource,
}

impl Notification {
    /// Which of the documented events it is. What counts about money is the resource, not this.
    #[must_use]
    pub fn event(&self) -> Event {
        match self.event_type.as_str() {
            "TRANSACTION.SUCCESS" => Event::TransactionSuccess,
            "REFUND.SUCCESS" => Event::RefundSuccess,
            "REFUND.ABNORMAL" => Event::RefundAbnormal,
            "REFUND.CLOSED" => Event::RefundClosed,
            _ => Event::Other,
        }
    }
}

/// The documented events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// `TRANSACTION.SUCCESS`: a payment.
    TransactionSuccess,
    /// `REFUND.SUCCESS`: money went back.
    RefundSuccess,
    /// `REFUND.ABNORMAL`: the payer's card or account takes no money.
    RefundAbnormal,
    /// `REFUND.CLOSED`: the refund will not happen.
    RefundClosed,
    /// One that this program does not know.
    Other,
}

/// What a notification is about.
#[derive(Clone, Debug)]
pub enum Resource {
    /// `original_type` is `transaction`.
    Transaction(Transaction),
    /// `original_type` is `refund`.
    Refund(RefundNotice),
    /// Something else; the JSON is kept as it was.
    Other {
        /// `original_type`.
        original_type: String,
        /// The decrypted text.
        text: Secret<String>,
    },
}

/// Opens a notification whose signature was verified over these same bytes.
///
/// # Errors
/// When the outer message or the resource is not what the documentation describes, or does not decrypt.
pub fn open(verified_body: &[u8], key: &ApiV3Key) -> Result<Notification, OpenError> {
    let Outer { id, create_time, event_type, resource } =
        serde_json::from_slice(verified_body).map_err(|_| OpenError::OuterMalformed)?;
    let ResourceOuter { original_type, encrypted } = resource;
    let text = encrypted.open(key)?;
    let resource = match original_type.as_str() {
        "transaction" => {
            Resource::Transaction(serde_json::from_slice(text.expose()).map_err(|_| OpenError::ResourceMalformed)?)
        }
        "refund" => Resource::Refund(serde_json::from_slice(text.expose()).map_err(|_| OpenError::ResourceMalformed)?),
        _ => Resource::Other {
            original_type,
            text: String::from_utf8(text.into_exposed()).map(Secret::new).map_err(|_| OpenError::ResourceMalformed)?,
        },
    };
    Ok(Notification { id, create_time, event_type, resource })
}

#[derive(Deserialize)]
struct Outer {
    id: String,
    create_time: String,
    event_type: String,
    resource: ResourceOuter,
}

#[derive(Deserialize)]
struct ResourceOuter {
    original_type: String,
    #[serde(flatten)]
    encrypted: Encrypted,
}

/// An encrypted text, in a notification or in the list of certificates.
#[derive(Deserialize)]
pub(super) struct Encrypted {
    algorithm: String,
    ciphertext: String,
    #[serde(default)]
    associated_data: String,
    nonce: String,
}

impl Encrypted {
    pub(super) fn open(&self, key: &ApiV3Key) -> Result<Secret<Vec<u8>>, OpenError> {
        if self.algorithm != "AEAD_AES_256_GCM" {
            return Err(OpenError::UnknownAlgorithm);
        }
        let ciphertext = STANDARD.decode(&self.ciphertext).map_err(|_| OpenError::DoesNotDecrypt)?;
        key.decrypt(&self.nonce, &self.associated_data, &ciphertext)
    }
}

/// Why a verified notification could not be read. It may be about money: keep it, and ask WeChat
/// about the order. Quotes nothing of the notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The outer JSON.
    #[error("the notification is not the JSON object that the documentation describes")]
    OuterMalformed,
    /// Another cipher than the documented one.
    #[error("the notification's algorithm is not AEAD_AES_256_GCM")]
    UnknownAlgorithm,
    /// Not 12 bytes.
    #[error("the resource's nonce is not 12 bytes long")]
    NonceLength,
    /// Key, nonce, associated data and text do not belong together.
    #[error("the resource does not decrypt: compare the configured APIv3 key with the merchant platform's")]
    DoesNotDecrypt,
    /// The inner JSON.
    #[error("the decrypted resource is not what the documentation describes")]
    ResourceMalformed,
}
