//! Proof that an answer or a notification comes from WeChat Pay and is fresh.

use core::fmt;
use std::collections::BTreeMap;

use aws_lc_rs::signature::ParsedPublicKey;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::certificates::{self, CertificatesError, PlatformCertificate};
use super::keys::{self, KeyError};
use super::notification::ApiV3Key;

/// How far a signature's time may be from ours, before and after, in seconds.
/// (v3 documentation 4012365345: five minutes)
pub const FRESH_SECONDS: u64 = 300;

/// WeChat's keys, by the text of `Wechatpay-Serial`: platform certificates and the public key.
///
/// While a merchant moves from certificates to the public key, answers and notifications come under
/// either, for days: hold both here. A serial is text and compared as such; it is not always hex.
#[derive(Clone, Default)]
pub struct Verifiers {
    keys: BTreeMap<String, Held>,
}

#[derive(Clone)]
enum Held {
    /// Never expires.
    PublicKey(ParsedPublicKey),
    Certificate(PlatformCertificate),
}

impl Verifiers {
    /// Knows no key: verifies nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a key: `serial` is `PUB_KEY_ID_...`, the id that the merchant platform shows beside it.
    ///
    /// # Errors
    /// When the text is not an RSA public key in PEM.
    pub fn with_public_key(mut self, serial: &str, public_key_pem: &[u8]) -> Result<Self, KeyError> {
        self.keys.insert(serial.to_owned(), Held::PublicKey(keys::public_key(public_key_pem)?));
        Ok(self)
    }

    /// Adds a platform certificate.
    #[must_use]
    pub fn with_certificate(mut self, certificate: PlatformCertificate) -> Self {
        self.keys.insert(certificate.serial().to_owned(), Held::Certificate(certificate));
        self
    }

    /// The keys with the platform certificates in the answer to `GET /v3/certificates` in the place of
    /// those held so far; public keys stay. The first time, the answer is signed with a certificate
    /// that only the answer holds: what proves it then is that it decrypts with the APIv3 key.
    /// WeChat wants it asked for every 12 hours; a new certificate is listed before the old one ends.
    ///
    /// # Errors
    /// When the answer does not decrypt or verify. The keys held so far go on being good.
    pub fn renewed(
        &self,
        signed: SignedHeaders<'_>,
        raw_body: &[u8],
        key: &ApiV3Key,
        now_seconds: u64,
    ) -> Result<Self, CertificatesError> {
        let public_keys = self.keys.iter().filter(|(_, held)| matches!(held, Held::PublicKey(_)));
        let kept = Self { keys: public_keys.map(|(serial, held)| (serial.clone(), held.clone())).collect() };
        let renewed = certificates::open(raw_body, key)?.into_iter().fold(kept, Self::with_certificate);
        renewed.verify(signed, raw_body, now_seconds)?;
        Ok(renewed)
    }

    /// Whether there are platform certificates among the keys: these end, and have to be renewed.
    #[must_use]
    pub fn has_certificates(&self) -> bool {
        self.keys.values().any(|held| matches!(held, Held::Certificate(_)))
    }

    /// The value for a request's `Wechatpay-Serial`, which asks for an answer signed with that key: the
    /// public key if there is one, else the good certificate that lasts longest. `None` when there is
    /// no key that is good now.
    #[must_use]
    pub fn serial_to_ask_for(&self, now_seconds: u64) -> Option<&str> {
        let rank = |held: &Held| match held {
            Held::PublicKey(_) => Some(u64::MAX),
            Held::Certificate(certificate) => certificate.is_good_at(now_seconds).then(|| certificate.expires_at()),
        };
        let good = self.keys.iter().filter_map(|(serial, held)| Some((rank(held)?, serial.as_str())));
        good.max().map(|(_, serial)| serial)
    }

    /// Checks the signature over the raw body. A 204 has an empty body and is signed all the same; only
    /// the file that a bill's `download_url` gives is not, see [`crate::v3::types::BillAnswer`].
    ///
    /// `now_seconds` is the receiver's clock in seconds since 1970.
    ///
    /// # Errors
    /// When the signature is stale, made with a key that is not known here, or wrong. WeChat sends
    /// probes with a wrong signature on purpose: refuse them (4xx to a notification) and go on.
    pub fn verify(&self, signed: SignedHeaders<'_>, raw_body: &[u8], now_seconds: u64) -> Result<(), VerifyError> {
        let sent: u64 = signed.timestamp.parse().map_err(|_| VerifyError::BadTimestamp)?;
        let off_by_seconds = sent.abs_diff(now_seconds);
        if off_by_seconds > FRESH_SECONDS {
            return Err(VerifyError::Stale { off_by_seconds });
        }
        let key = match self.keys.get(signed.serial).ok_or(VerifyError::UnknownSerial)? {
            Held::PublicKey(key) => key,
            Held::Certificate(certificate) if certificate.is_good_at(now_seconds) => certificate.key(),
            Held::Certificate(_) => return Err(VerifyError::CertificateNotGood),
        };
        let mut message = format!("{}\n{}\n", signed.timestamp, signed.nonce).into_bytes();
        message.extend_from_slice(raw_body);
        message.push(b'\n');
        // A probe (`WECHATPAY/SIGNTEST/...`) is not even base64: that, too, is just a wrong signature.
        let signature = STANDARD.decode(signed.signature).map_err(|_| VerifyError::BadSignature)?;
        key.verify_sig(&message, &signature).map_err(|_| VerifyError::BadSignature)
    }
}

impl fmt::Debug for Verifiers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.keys.keys()).finish()
    }
}

/// The headers that WeChat signs its answers and notifications with.
#[derive(Clone, Copy)]
pub struct SignedHeaders<'a> {
    /// `Wechatpay-Timestamp`, seconds since 1970.
    pub timestamp: &'a str,
    /// `Wechatpay-Nonce`.
    pub nonce: &'a str,
    /// `Wechatpay-Signature`, base64.
    pub signature: &'a str,
    /// `Wechatpay-Serial`: which key.
    pub serial: &'a str,
}

impl<'a> SignedHeaders<'a> {
    /// Reads the headers through `header`, which looks one up by its lower-case name.
    ///
    /// # Errors
    /// When one is missing: a 2xx answer without a signature is to be treated as forged.
    pub fn read(header: impl Fn(&'static str) -> Option<&'a str>) -> Result<Self, VerifyError> {
        let need = |name| header(name).ok_or(VerifyError::MissingHeader(name));
        Ok(Self {
            timestamp: need("wechatpay-timestamp")?,
            nonce: need("wechatpay-nonce")?,
            signature: need("wechatpay-signature")?,
            serial: need("wechatpay-serial")?,
        })
    }
}

impl fmt::Debug for SignedHeaders<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedHeaders").field("timestamp", &self.timestamp).finish_non_exhaustive()
    }
}

/// Why a message does not count as WeChat's. Nothing in it may be believed, about money least of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// Unsigned, or signed in part.
    #[error("the header {0} is missing: an unsigned message is treated as forged")]
    MissingHeader(&'static str),
    /// Not a number of seconds.
    #[error("wechatpay-timestamp is not a number of seconds since 1970")]
    BadTimestamp,
    /// Replayed, delayed, or one of the clocks is wrong.
    #[error(
        "the signature's time is {off_by_seconds} s off, more than 300 s: check this machine's clock; otherwise it is a replay"
    )]
    Stale {
        /// By how many seconds.
        off_by_seconds: u64,
    },
    /// No key under this `Wechatpay-Serial`.
    #[error(
        "wechatpay-serial names a key that is not configured: compare it with the public key's id on the merchant platform"
    )]
    UnknownSerial,
    /// The certificate has expired, or is not in use yet.
    #[error(
        "wechatpay-serial names a platform certificate that is not good at this time: renew the certificates, or check this machine's clock"
    )]
    CertificateNotGood,
    /// Not made by that key over these bytes.
    #[error(
        "the signature does not verify: the body was changed or re-encoded on the way, the configured key is another one, or it is one of WeChat's probes"
    )]
    BadSignature,
}
