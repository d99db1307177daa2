//! WeChat's platform certificates, the older of the two kinds of key that it signs with. A merchant
//! that has only a WeChat Pay public key gets 404 RESOURCE_NOT_EXISTS here and needs none of this.

use core::fmt;

use aws_lc_rs::signature::ParsedPublicKey;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use serde::Deserialize;
use x509_cert::Certificate;
use x509_cert::der::{Decode, Encode};

use super::VerifyError;
use super::keys::{self, KeyError};
use super::notification::{ApiV3Key, Encrypted, OpenError};

/// Where the certificates are asked for, at least every 12 hours.
pub const CERTIFICATES_PATH: &str = "/v3/certificates";

/// A certificate that WeChat signs with for some years.
#[derive(Clone)]
pub struct PlatformCertificate {
    serial: String,
    good_from: u64,
    expires_at: u64,
    key: ParsedPublicKey,
}

impl PlatformCertificate {
    /// Reads a certificate in PEM; its serial number is its own, in upper-case hex.
    ///
    /// # Errors
    /// When it is not a certificate of an RSA key.
    pub fn from_pem(pem: &[u8]) -> Result<Self, KeyError> {
        let der = CertificateDer::from_pem_slice(pem).map_err(|_| KeyError::NoCertificate)?;
        let certificate = Certificate::from_der(&der).map_err(|_| KeyError::NoCertificate)?;
        let certificate = certificate.tbs_certificate();
        let key = certificate.subject_public_key_info().to_der().map_err(|_| KeyError::NoCertificate)?;
        let validity = certificate.validity();
        // DER puts a zero before a number whose first bit is set.
        let serial = certificate.serial_number().as_bytes();
        let serial = serial.strip_prefix(&[0]).unwrap_or(serial);
        Ok(Self {
            serial: hex::encode_upper(serial),
            good_from: validity.not_before.to_unix_duration().as_secs(),
            expires_at: validity.not_after.to_unix_duration().as_secs(),
            key: keys::public_key_der(&key)?,
        })
    }

    /// What `Wechatpay-Serial` calls it.
    #[must_use]
    pub fn serial(&self) -> &str {
        &self.serial
    }

    /// From when on it is good, in seconds since 1970 (`effective_time`).
    #[must_use]
    pub const fn good_from(&self) -> u64 {
        self.good_from
    }

    /// Until when it is good, in seconds since 1970 (`expire_time`).
    #[must_use]
    pub const fn expires_at(&self) -> u64 {
        self.expires_at
    }

    /// Whether it is good at this time.
    #[must_use]
    pub const fn is_good_at(&self, now_seconds: u64) -> bool {
        self.good_from <= now_seconds && now_seconds <= self.expires_at
    }

    pub(super) const fn key(&self) -> &ParsedPublicKey {
        &self.key
    }
}

impl fmt::Debug for PlatformCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PlatformCertificate")
            .field("serial", &self.serial)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// Why the answer to `GET /v3/certificates` brought no certificates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificatesError {
    /// Not the JSON that the documentation describes, or an empty list.
    #[error("the answer to GET /v3/certificates is not a list of certificates")]
    Malformed,
    /// Not encrypted with our APIv3 key.
    #[error("a platform certificate cannot be opened: {0}")]
    NotOpened(#[from] OpenError),
    /// Decrypted, and no certificate.
    #[error("a platform certificate cannot be used: {0}")]
    NotUsable(#[from] KeyError),
    /// Not signed with one of the certificates in it, nor with the public key.
    #[error("the answer to GET /v3/certificates does not verify: {0}")]
    NotVerified(#[from] VerifyError),
}

#[derive(Deserialize)]
struct Answer {
    data: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    /// WeChat's word for it, and so the one that goes.
    serial_no: String,
    encrypt_certificate: Encrypted,
}

/// The certificates in an answer to `GET /v3/certificates` whose signature was verified over these
/// same bytes with a key that was held before; see [`crate::v3::Verifiers::renewed`] for one that is
/// signed with a certificate of its own.
///
/// # Errors
/// When it is no such list, or does not decrypt with this APIv3 key.
pub fn listed_certificates(
    verified_body: &[u8],
    key: &ApiV3Key,
) -> Result<Vec<PlatformCertificate>, CertificatesError> {
    open(verified_body, key)
}

/// The certificates in an answer whose signature is not checked yet.
pub(super) fn open(raw_body: &[u8], key: &ApiV3Key) -> Result<Vec<PlatformCertificate>, CertificatesError> {
    let answer: Answer = serde_json::from_slice(raw_body).map_err(|_| CertificatesError::Malformed)?;
    if answer.data.is_empty() {
        return Err(CertificatesError::Malformed);
    }
    let open = |Item { serial_no, encrypt_certificate }| {
        let pem = encrypt_certificate.open(key)?;
        Ok(PlatformCertificate { serial: serial_no, ..PlatformCertificate::from_pem(pem.expose())? })
    };
    answer.data.into_iter().map(open).collect()
}
