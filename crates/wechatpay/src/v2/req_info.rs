//! The encrypted part of the v2 refund notification.

use aws_lc_rs::cipher::{AES_256, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest as _, Md5};

use super::ApiV2Key;
use crate::Secret;

/// Decrypts `req_info` to its XML: AES-256-ECB, PKCS#7, under the lower-case hex MD5 of the API key.
///
/// ECB proves nothing about who wrote it: the notification's fields only count after a query.
///
/// # Errors
/// When it is not base64, does not decrypt, or is not UTF-8.
pub fn decrypt_req_info(req_info: &str, key: &ApiV2Key) -> Result<Secret<String>, ReqInfoError> {
    let mut text = STANDARD.decode(req_info).map_err(|_| ReqInfoError::NotBase64)?;
    let aes_key = hex::encode(Md5::digest(key.expose()));
    let length = UnboundCipherKey::new(&AES_256, aes_key.as_bytes())
        .and_then(PaddedBlockDecryptingKey::ecb_pkcs7)
        .and_then(|key| key.decrypt(&mut text, DecryptionContext::None).map(|plain| plain.len()))
        .map_err(|_| ReqInfoError::DoesNotDecrypt)?;
    text.truncate(length);
    String::from_utf8(text).map(Secret::new).map_err(|_| ReqInfoError::DoesNotDecrypt)
}

/// Why `req_info` could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReqInfoError {
    /// The outer encoding.
    #[error("req_info is not base64")]
    NotBase64,
    /// The key is another one, or the text was changed.
    #[error("req_info does not decrypt: compare the configured v2 API key with the merchant platform's")]
    DoesNotDecrypt,
}
