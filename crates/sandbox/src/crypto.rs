//! WeChat's half of the cryptography: verifies the merchant, signs and encrypts for it.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{KeyPair as _, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::PemObject as _;

/// The keys that WeChat's side holds.
pub(crate) struct Keys {
    merchant: ParsedPublicKey,
    platform: KeyPair,
}

impl Keys {
    /// The merchant's key file stands for the certificate that was uploaded from it: only its public
    /// half is kept.
    pub(crate) fn read(merchant_pem: &str, platform_pem: &str) -> Option<Self> {
        let merchant = private_key(merchant_pem)?;
        let merchant = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, merchant.public_key().as_ref()).ok()?;
        Some(Self { merchant, platform: private_key(platform_pem)? })
    }

    /// Whether the merchant signed `message`. A signature that is not base64 is just a wrong one.
    pub(crate) fn merchant_signed(&self, message: &[u8], signature: &str) -> bool {
        STANDARD.decode(signature).is_ok_and(|signature| self.merchant.verify_sig(message, &signature).is_ok())
    }

    /// SHA256withRSA by WeChat Pay, base64.
    pub(crate) fn sign(&self, message: &[u8]) -> Result<String, Unspecified> {
        let mut signature = vec![0; self.platform.public_modulus_len()];
        self.platform.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)?;
        Ok(STANDARD.encode(signature))
    }
}

/// AES-256-GCM, the tag at the end, base64. `nonce` is 12 characters.
pub(crate) fn seal(api_v3_key: &str, nonce: &str, aad: &str, text: String) -> Result<String, Unspecified> {
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, api_v3_key.as_bytes())?);
    let nonce = Nonce::try_assume_unique_for_key(nonce.as_bytes())?;
    let mut text = text.into_bytes();
    key.seal_in_place_append_tag(nonce, Aad::from(aad.as_bytes()), &mut text)?;
    Ok(STANDARD.encode(text))
}

fn private_key(pem: &str) -> Option<KeyPair> {
    let der = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).ok()?;
    KeyPair::from_pkcs8(der.secret_pkcs8_der()).ok()
}
