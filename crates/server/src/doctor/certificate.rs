//! What stands in a certificate.

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use x509_cert::Certificate;
use x509_cert::der::Decode as _;

use super::checks::Check;
use super::report::Findings;

/// A certificate that ends sooner than this is worth a word.
const SOON_SECONDS: u64 = 30 * 86_400;

/// What matters about a certificate.
pub(super) struct Seen {
    /// Upper-case hex, as WeChat writes it.
    pub(super) serial: String,
    good_from: u64,
    expires_at: u64,
}

impl Seen {
    pub(super) fn in_der(der: &[u8]) -> Option<Self> {
        let certificate = Certificate::from_der(der).ok()?;
        let certificate = certificate.tbs_certificate();
        let validity = certificate.validity();
        // DER puts a zero before a number whose first bit is set.
        let serial = certificate.serial_number().as_bytes();
        Some(Self {
            serial: hex::encode_upper(serial.strip_prefix(&[0]).unwrap_or(serial)),
            good_from: validity.not_before.to_unix_duration().as_secs(),
            expires_at: validity.not_after.to_unix_duration().as_secs(),
        })
    }

    pub(super) fn in_pem(pem: &[u8]) -> Option<Self> {
        Self::in_der(&CertificateDer::from_pem_slice(pem).ok()?)
    }

    /// From when until when it is good, in seconds since 1970.
    pub(super) const fn good(good_from: u64, expires_at: u64) -> Self {
        Self { serial: String::new(), good_from, expires_at }
    }

    /// Says whether it is good, and for long.
    pub(super) fn judge(&self, check: Check, which: &str, renew: &str, now: u64, findings: &mut Findings) {
        let (from, until) = (day(self.good_from), day(self.expires_at));
        if now < self.good_from {
            findings.fail(check, format!("{which} is good from {from} on, not yet"), renew);
        } else if now > self.expires_at {
            findings.fail(check, format!("{which} ended on {until}"), renew);
        } else if self.expires_at - now < SOON_SECONDS {
            let days = (self.expires_at - now) / 86_400;
            findings.warn(check, format!("{which} ends on {until}, in {days} days"), renew);
        } else {
            findings.pass(check, format!("{which} is good until {until}"));
        }
    }
}

/// Whether a certificate is a private key's; `None` when one of them cannot be read.
pub(super) fn belongs(certificate_pem: &[u8], private_key_pem: &[u8]) -> Option<bool> {
    let certificate = CertificateDer::from_pem_slice(certificate_pem).ok()?;
    let key = PrivateKeyDer::from_pem_slice(private_key_pem).ok()?;
    let key = rustls::crypto::aws_lc_rs::sign::any_supported_type(&key).ok()?;
    match rustls::sign::CertifiedKey::new(vec![certificate], key).keys_match() {
        Ok(()) => Some(true),
        Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::KeyMismatch)) => Some(false),
        Err(_) => None,
    }
}

/// A day, as people write it.
pub(super) fn day(seconds: u64) -> String {
    let time = i64::try_from(seconds).ok().and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
    time.map_or_else(|| "the end of time".to_owned(), |time| time.strftime("%Y-%m-%d").to_string())
}
