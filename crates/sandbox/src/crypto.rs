//! WeChat's half of the cryptography: verifies the merchant, signs and encrypts for it.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::{AES_256, PaddedBlockEncryptingKey, UnboundCipherKey};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{KeyPair as _, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest as _, Md5};
use num_bigint::BigUint;
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::PemObject as _;

/// A merchant's public key: its key file stands for the certificate that was uploaded from it.
pub(crate) struct MerchantKey {
    verifies: ParsedPublicKey,
    modulus: BigUint,
    exponent: BigUint,
}

impl MerchantKey {
    pub(crate) fn read(pem: &str) -> Option<Self> {
        let pair = private_key(pem)?;
        let public = pair.public_key();
        let verifies = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public.as_ref()).ok()?;
        let modulus = BigUint::from_bytes_be(public.modulus().big_endian_without_leading_zero());
        let exponent = BigUint::from_bytes_be(public.exponent().big_endian_without_leading_zero());
        Some(Self { verifies, modulus, exponent })
    }

    /// Whether the merchant signed `message`. A signature that is not base64 is just a wrong one.
    pub(crate) fn signed(&self, message: &[u8], signature: &str) -> bool {
        STANDARD.decode(signature).is_ok_and(|signature| self.verifies.verify_sig(message, &signature).is_ok())
    }

    /// The SHA-256 digest that this key signed, whatever the text was; none if it did not sign at all.
    pub(crate) fn digest_signed(&self, signature: &str) -> Option<String> {
        /// What goes before a SHA-256 digest in PKCS#1 v1.5. (RFC 8017, 9.2)
        const DIGEST_INFO: [u8; 19] =
            [0x30, 0x31, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0, 4, 0x20];
        let signature =
            STANDARD.decode(signature).ok().filter(|bytes| bytes.len() as u64 * 8 == self.modulus.bits())?;
        let opened = BigUint::from_bytes_be(&signature).modpow(&self.exponent, &self.modulus).to_bytes_be();
        // The leading zero byte is not in the number.
        let padding = opened.strip_prefix(&[1])?.split(|byte| *byte != 0xff).next()?;
        let rest = opened.get(1 + padding.len()..)?.strip_prefix(&[0])?.strip_prefix(&DIGEST_INFO)?;
        (rest.len() == 32).then(|| hex::encode(rest))
    }
}

/// A key that WeChat's side signs with.
pub(crate) struct SigningKey(KeyPair);

impl SigningKey {
    pub(crate) fn read(pem: &str) -> Option<Self> {
        private_key(pem).map(Self)
    }

    /// SHA256withRSA, base64.
    pub(crate) fn sign(&self, message: &[u8]) -> Result<String, Unspecified> {
        let mut signature = vec![0; self.0.public_modulus_len()];
        self.0.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)?;
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

/// v2's `req_info`: AES-256-ECB with PKCS#7, under the lower-case hex MD5 of the API key, base64.
pub(crate) fn seal_v2(api_v2_key: &str, text: String) -> Result<String, Unspecified> {
    let key = UnboundCipherKey::new(&AES_256, md5_hex(api_v2_key.as_bytes()).as_bytes())?;
    let mut text = text.into_bytes();
    PaddedBlockEncryptingKey::ecb_pkcs7(key)?.encrypt(&mut text)?;
    Ok(STANDARD.encode(text))
}

/// Lower-case hex.
pub(crate) fn md5_hex(text: &[u8]) -> String {
    hex::encode(Md5::digest(text))
}

/// Lower-case hex.
pub(crate) fn hmac_sha256_hex(key: &[u8], text: &[u8]) -> String {
    hex::encode(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text))
}

/// Lower-case hex.
pub(crate) fn sha256_hex(text: &[u8]) -> String {
    hex::encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text))
}

fn private_key(pem: &str) -> Option<KeyPair> {
    let der = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).ok()?;
    KeyPair::from_pkcs8(der.secret_pkcs8_der()).ok()
}
