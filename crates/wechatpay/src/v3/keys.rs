//! Keys, read from the files that WeChat Pay's merchant platform hands out.

use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{PrivateKeyDer, SubjectPublicKeyInfoDer};

/// Why a key cannot be used. Never quotes the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// No PEM block of the expected kind.
    #[error(
        "not a PEM private key: expected a BEGIN PRIVATE KEY (PKCS#8) or BEGIN RSA PRIVATE KEY (PKCS#1) block, as in apiclient_key.pem"
    )]
    NoPrivateKey,
    /// No PEM block of the expected kind.
    #[error("not a PEM public key: expected a BEGIN PUBLIC KEY block, as in pub_key.pem")]
    NoPublicKey,
    /// No PEM block of the expected kind, or not a certificate inside.
    #[error(
        "not an X.509 certificate in PEM: expected a BEGIN CERTIFICATE block, as WeChat Pay's platform certificate"
    )]
    NoCertificate,
    /// PEM, but not RSA of at least 2048 bits.
    #[error("the key is not an RSA key of 2048 bits or more, which is what WeChat Pay signs with")]
    NotRsa,
    /// The APIv3 key has another length than 32 bytes.
    #[error(
        "the APIv3 key must be exactly 32 bytes long; it is the one set under API security on the merchant platform"
    )]
    ApiV3KeyLength,
    /// A merchant number or serial that would break the Authorization header.
    #[error("the merchant number and the certificate's serial number must be non-empty ASCII letters and digits")]
    BadIdentity,
}

/// Reads an RSA private key, PKCS#8 or PKCS#1.
pub(super) fn private_key(pem: &[u8]) -> Result<KeyPair, KeyError> {
    let key = match PrivateKeyDer::from_pem_slice(pem).map_err(|_| KeyError::NoPrivateKey)? {
        PrivateKeyDer::Pkcs8(der) => KeyPair::from_pkcs8(der.secret_pkcs8_der()),
        PrivateKeyDer::Pkcs1(der) => KeyPair::from_der(der.secret_pkcs1_der()),
        _ => return Err(KeyError::NotRsa),
    };
    key.map_err(|_| KeyError::NotRsa)
}

/// Reads an RSA public key (SubjectPublicKeyInfo).
pub(super) fn public_key(pem: &[u8]) -> Result<ParsedPublicKey, KeyError> {
    let der = SubjectPublicKeyInfoDer::from_pem_slice(pem).map_err(|_| KeyError::NoPublicKey)?;
    public_key_der(der.as_ref())
}

/// The same, without its envelope.
pub(super) fn public_key_der(der: &[u8]) -> Result<ParsedPublicKey, KeyError> {
    ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der).map_err(|_| KeyError::NotRsa)
}
