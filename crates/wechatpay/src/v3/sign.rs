//! What the merchant signs: requests to WeChat Pay, and the parameters of wx.requestPayment.

use core::fmt;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::keys::{self, KeyError};
use crate::trade::ClientParams;

/// A merchant's identity and private key.
pub struct MerchantSigner {
    mchid: String,
    serial: String,
    key: KeyPair,
}

impl MerchantSigner {
    /// `serial` is the serial number of the merchant's API certificate, in hex as the merchant
    /// platform shows it; `private_key_pem` is that certificate's key, PKCS#8 or PKCS#1.
    ///
    /// # Errors
    /// When the key cannot be read, or the identity could not stand in a header.
    pub fn new(mchid: &str, serial: &str, private_key_pem: &[u8]) -> Result<Self, KeyError> {
        let plain = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric());
        if !plain(mchid) || !plain(serial) {
            return Err(KeyError::BadIdentity);
        }
        let key = keys::private_key(private_key_pem)?;
        Ok(Self { mchid: mchid.to_owned(), serial: serial.to_owned(), key })
    }

    /// The merchant number that requests are signed for.
    #[must_use]
    pub fn mchid(&self) -> &str {
        &self.mchid
    }

    /// The value of the `Authorization` header of a request.
    ///
    /// `path_and_query` and `body` are the bytes that go over the wire, neither decoded nor
    /// re-encoded; `timestamp` is in seconds since 1970, at most five minutes off WeChat's clock;
    /// `nonce` is 1 to 32 random letters and digits. (v3 documentation 4012365336)
    ///
    /// # Errors
    /// When the nonce is malformed, or the cryptographic library fails.
    pub fn authorization(
        &self,
        method: &str,
        path_and_query: &str,
        timestamp: u64,
        nonce: &str,
        body: &[u8],
    ) -> Result<String, SignError> {
        check_nonce(nonce)?;
        let mut message = format!("{method}\n{path_and_query}\n{timestamp}\n{nonce}\n").into_bytes();
        message.extend_from_slice(body);
        message.push(b'\n');
        let signature = self.sign(&message)?;
        let Self { mchid, serial, .. } = self;
        Ok(format!(
            "WECHATPAY2-SHA256-RSA2048 mchid=\"{mchid}\",nonce_str=\"{nonce}\",timestamp=\"{timestamp}\",\
             serial_no=\"{serial}\",signature=\"{signature}\""
        ))
    }

    /// The parameters that wx.requestPayment takes for `prepay_id`, signed with the key that
    /// asked for it; anything else is refused in the payer's phone. `timestamp` is in seconds since
    /// 1970, `nonce` is 1 to 32 random letters and digits. (v3 documentation 4012365341)
    ///
    /// # Errors
    /// When the nonce is malformed, or the cryptographic library fails.
    pub fn pay_sign(
        &self,
        appid: &str,
        prepay_id: &str,
        timestamp: u64,
        nonce: &str,
    ) -> Result<ClientParams, SignError> {
        check_nonce(nonce)?;
        // Not the bare id: leaving the prefix out is right for apps and fatal for mini programs.
        let package = format!("prepay_id={prepay_id}");
        let pay_sign = self.sign(format!("{appid}\n{timestamp}\n{nonce}\n{package}\n").as_bytes())?;
        Ok(ClientParams {
            time_stamp: timestamp.to_string(),
            nonce_str: nonce.to_owned(),
            package,
            sign_type: "RSA".to_owned(),
            pay_sign,
        })
    }

    /// SHA256withRSA, PKCS#1 v1.5, in base64.
    fn sign(&self, message: &[u8]) -> Result<String, SignError> {
        let mut signature = vec![0; self.key.public_modulus_len()];
        // The padding is deterministic: the random source is asked for by the signature's type only.
        self.key
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
            .map_err(|_| SignError::Crypto)?;
        Ok(STANDARD.encode(signature))
    }
}

impl fmt::Debug for MerchantSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MerchantSigner").field("mchid", &self.mchid).finish_non_exhaustive()
    }
}

/// WeChat takes up to 32 characters; a quote or a line feed would change the signed message.
fn check_nonce(nonce: &str) -> Result<(), SignError> {
    let fits = (1..=32).contains(&nonce.len()) && nonce.bytes().all(|b| b.is_ascii_alphanumeric());
    if fits { Ok(()) } else { Err(SignError::BadNonce) }
}

/// Why nothing was signed. Nothing was sent, so no money moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// The caller's nonce.
    #[error("a nonce is 1 to 32 ASCII letters and digits")]
    BadNonce,
    /// The cryptographic library.
    #[error("the cryptographic library could not sign; nothing was sent")]
    Crypto,
}
