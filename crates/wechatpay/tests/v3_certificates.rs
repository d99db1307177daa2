//! Platform certificates and the public key, side by side. The certificates in the vectors are made
//! with openssl around the documentation's example key.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::PemObject as _;
use serde_json::{Value, json};
use wechatpay::v3::notification::{ApiV3Key, OpenError};
use wechatpay::v3::{CertificatesError, KeyError, PlatformCertificate, SignedHeaders, Verifiers, VerifyError};

const KEY: &str = "a7cde1ZJB1kG2e7VfTs3jQzaWizur8Gb";
const PUBLIC_KEY_ID: &str = "PUB_KEY_ID_0000000000000024101100397200000006";
const PUBLIC_KEY: &[u8] = include_bytes!("../vectors/documentation_wechatpay_public_key.pem");

/// openssl x509 -serial -dates: 2025-12-31 16:00:00 to 2030-12-31 16:00:00 UTC.
const OLD: &str = include_str!("../vectors/platform_certificate_2026.pem");
const OLD_SERIAL: &str = "5157F09EFDC096DE15EBE81A47057A7200000000";
const OLD_FROM: u64 = 1_767_196_800;
const OLD_END: u64 = 1_924_963_200;

/// 2029-12-31 16:00:00 to 2034-12-31 16:00:00 UTC.
const NEXT: &str = include_str!("../vectors/platform_certificate_2030.pem");
const NEXT_SERIAL: &str = "F1D2C3B4A59687786950413223140516A7B8C9D0";
const NEXT_FROM: u64 = 1_893_427_200;

fn certificate(pem: &str) -> PlatformCertificate {
    PlatformCertificate::from_pem(pem.as_bytes()).expect("a certificate")
}

/// What WeChat sends: signed with the certificates' key.
struct Signed {
    serial: &'static str,
    timestamp: String,
    signature: String,
    body: Vec<u8>,
}

impl Signed {
    fn new(serial: &'static str, now: u64, body: &[u8]) -> Self {
        let der = PrivatePkcs8KeyDer::from_pem_slice(include_bytes!("../vectors/documentation_merchant_key.pem"));
        let key = KeyPair::from_pkcs8(der.expect("PKCS#8").secret_pkcs8_der()).expect("RSA");
        let message = [format!("{now}\nnonce\n").as_bytes(), body, b"\n"].concat();
        let mut signature = vec![0; key.public_modulus_len()];
        key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), &message, &mut signature).expect("signs");
        Self { serial, timestamp: now.to_string(), signature: STANDARD.encode(signature), body: body.to_vec() }
    }

    fn headers(&self) -> SignedHeaders<'_> {
        let Self { serial, timestamp, signature, .. } = self;
        SignedHeaders { timestamp, nonce: "nonce", signature, serial }
    }

    fn verified(&self, verifiers: &Verifiers, now: u64) -> Result<(), VerifyError> {
        verifiers.verify(self.headers(), &self.body, now)
    }
}

fn both() -> Verifiers {
    Verifiers::new()
        .with_public_key(PUBLIC_KEY_ID, PUBLIC_KEY)
        .expect("a key")
        .with_certificate(certificate(OLD))
        .with_certificate(certificate(NEXT))
}

#[test]
fn a_certificate_says_its_serial_and_how_long_it_is_good() {
    let old = certificate(OLD);
    assert_eq!((old.serial(), old.good_from(), old.expires_at()), (OLD_SERIAL, OLD_FROM, OLD_END));
    assert!(old.is_good_at(OLD_FROM) && old.is_good_at(OLD_END));
    assert!(!old.is_good_at(OLD_FROM - 1) && !old.is_good_at(OLD_END + 1));
    assert_eq!(certificate(NEXT).serial(), NEXT_SERIAL, "without the zero that DER puts before it");
}

#[test]
fn what_is_no_certificate_is_refused_with_what_belongs_there() {
    let read = |pem: &[u8]| PlatformCertificate::from_pem(pem).err();
    assert_eq!(read(b""), Some(KeyError::NoCertificate));
    assert_eq!(read(PUBLIC_KEY), Some(KeyError::NoCertificate));
    assert_eq!(read(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), Some(KeyError::NoCertificate));
}

#[test]
fn the_serial_chooses_the_key() {
    let now = NEXT_FROM + 1;
    for serial in [OLD_SERIAL, NEXT_SERIAL] {
        assert_eq!(Signed::new(serial, now, b"{}").verified(&both(), now), Ok(()));
    }
    let wrong = Signed::new(PUBLIC_KEY_ID, now, b"{}");
    assert_eq!(wrong.verified(&both(), now), Err(VerifyError::BadSignature), "signed with another key");
    let lower: &'static str = "5157f09efdc096de15ebe81a47057a7200000000";
    let lower = Signed::new(lower, now, b"{}");
    assert_eq!(lower.verified(&both(), now), Err(VerifyError::UnknownSerial), "a serial is text");

    let json: Value = serde_json::from_str(include_str!("../vectors/v3-rsa.json")).expect("JSON");
    let published = &json["verify"][0];
    let headers = SignedHeaders {
        timestamp: "1722850421",
        nonce: "d824f2e086d3c1df967785d13fcd22ef",
        signature: published["signature"].as_str().expect("a text"),
        serial: PUBLIC_KEY_ID,
    };
    let body = br#"{"code_url":"weixin://wxpay/bizpayurl?pr=JyC91EIz1"}"#;
    assert_eq!(both().verify(headers, body, 1_722_850_421), Ok(()), "the public key, beside the certificates");
}

#[test]
fn a_certificate_counts_only_while_it_is_good() {
    for now in [OLD_FROM - 1, OLD_END + 1] {
        let signed = Signed::new(OLD_SERIAL, now, b"{}");
        assert_eq!(signed.verified(&both(), now), Err(VerifyError::CertificateNotGood));
    }
    let early = Signed::new(NEXT_SERIAL, NEXT_FROM - 1, b"{}");
    assert_eq!(early.verified(&both(), NEXT_FROM - 1), Err(VerifyError::CertificateNotGood));
}

#[test]
fn an_answer_is_asked_for_under_the_public_key_or_the_certificate_that_lasts_longest() {
    assert_eq!(both().serial_to_ask_for(OLD_FROM), Some(PUBLIC_KEY_ID));
    let certificates = Verifiers::new().with_certificate(certificate(NEXT)).with_certificate(certificate(OLD));
    assert_eq!(certificates.serial_to_ask_for(NEXT_FROM - 1), Some(OLD_SERIAL), "the next one is not good yet");
    assert_eq!(certificates.serial_to_ask_for(NEXT_FROM), Some(NEXT_SERIAL));
    assert_eq!(certificates.serial_to_ask_for(OLD_FROM - 1), None);
    assert_eq!(Verifiers::new().serial_to_ask_for(0), None);
    assert!(both().has_certificates() && certificates.has_certificates());
    let public_key = Verifiers::new().with_public_key(PUBLIC_KEY_ID, PUBLIC_KEY).expect("a key");
    assert!(!public_key.has_certificates(), "nothing of it ends");
}

fn encrypted(text: &str) -> Value {
    let nonce = "61f9c719728a";
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, KEY.as_bytes()).expect("32 bytes"));
    let mut text = text.as_bytes().to_vec();
    let unique = Nonce::try_assume_unique_for_key(nonce.as_bytes()).expect("12 bytes");
    key.seal_in_place_append_tag(unique, Aad::from(b"certificate"), &mut text).expect("encrypts");
    json!({
        "algorithm": "AEAD_AES_256_GCM", "nonce": nonce, "associated_data": "certificate",
        "ciphertext": STANDARD.encode(text),
    })
}

/// The answer to GET /v3/certificates.
fn answer(certificates: &[(&str, &str)]) -> Vec<u8> {
    let item = |(serial_no, pem): &(&str, &str)| {
        json!({
            "serial_no": serial_no, "effective_time": "2026-01-01T00:00:00+08:00",
            "expire_time": "2031-01-01T00:00:00+08:00", "encrypt_certificate": encrypted(pem), "tomorrow": null,
        })
    };
    json!({ "data": certificates.iter().map(item).collect::<Vec<_>>() }).to_string().into_bytes()
}

fn renewed(verifiers: &Verifiers, signed: &Signed, now: u64) -> Result<Verifiers, CertificatesError> {
    let key = ApiV3Key::new(KEY).expect("32 bytes");
    verifiers.renewed(signed.headers(), &signed.body, &key, now)
}

#[test]
fn the_first_certificates_prove_themselves_by_the_api_v3_key() {
    let now = OLD_FROM + 1;
    let signed = Signed::new(OLD_SERIAL, now, &answer(&[(OLD_SERIAL, OLD)]));
    let verifiers = renewed(&Verifiers::new(), &signed, now).expect("certificates");
    assert_eq!(Signed::new(OLD_SERIAL, now, b"").verified(&verifiers, now), Ok(()));
}

#[test]
fn renewing_takes_over_what_is_listed_and_keeps_the_public_key() {
    let now = NEXT_FROM + 1;
    let only_old =
        Verifiers::new().with_public_key(PUBLIC_KEY_ID, PUBLIC_KEY).expect("a key").with_certificate(certificate(OLD));
    let both = Signed::new(OLD_SERIAL, now, &answer(&[(OLD_SERIAL, OLD), (NEXT_SERIAL, NEXT)]));
    let verifiers = renewed(&only_old, &both, now).expect("certificates");
    assert_eq!(Signed::new(NEXT_SERIAL, now, b"").verified(&verifiers, now), Ok(()));
    assert_eq!(Signed::new(OLD_SERIAL, now, b"").verified(&verifiers, now), Ok(()), "still listed");
    assert_eq!(verifiers.serial_to_ask_for(now), Some(PUBLIC_KEY_ID), "kept");

    let only_next = Signed::new(NEXT_SERIAL, now, &answer(&[(NEXT_SERIAL, NEXT)]));
    let verifiers = renewed(&verifiers, &only_next, now).expect("certificates");
    let withdrawn = Signed::new(OLD_SERIAL, now, b"");
    assert_eq!(withdrawn.verified(&verifiers, now), Err(VerifyError::UnknownSerial), "withdrawn");
}

#[test]
fn certificates_that_are_not_wechats_are_refused() {
    let now = OLD_FROM + 1;
    let refused = |signed: &Signed| renewed(&Verifiers::new(), signed, now).expect_err("refused");
    let good = answer(&[(OLD_SERIAL, OLD)]);

    let mut forged = Signed::new(OLD_SERIAL, now, &good);
    forged.body.push(b' ');
    assert_eq!(refused(&forged), CertificatesError::NotVerified(VerifyError::BadSignature));
    let stale = Signed::new(OLD_SERIAL, now - 301, &good);
    assert!(matches!(refused(&stale), CertificatesError::NotVerified(VerifyError::Stale { .. })));
    let stranger = Signed::new(NEXT_SERIAL, now, &good);
    assert_eq!(refused(&stranger), CertificatesError::NotVerified(VerifyError::UnknownSerial));

    let other_key = ApiV3Key::new(&"x".repeat(32)).expect("32 bytes");
    let signed = Signed::new(OLD_SERIAL, now, &good);
    let seen = Verifiers::new().renewed(signed.headers(), &signed.body, &other_key, now);
    assert_eq!(seen.expect_err("refused"), CertificatesError::NotOpened(OpenError::DoesNotDecrypt));

    let no_certificate = Signed::new(OLD_SERIAL, now, &answer(&[(OLD_SERIAL, "certificate")]));
    assert_eq!(refused(&no_certificate), CertificatesError::NotUsable(KeyError::NoCertificate));
    for body in ["", "[]", "{}", r#"{"data":[]}"#, r#"{"data":[{}]}"#] {
        assert_eq!(refused(&Signed::new(OLD_SERIAL, now, body.as_bytes())), CertificatesError::Malformed, "{body}");
    }
}

proptest! {
    #[test]
    fn nothing_received_makes_the_reader_panic(bytes in any::<Vec<u8>>(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let now = OLD_FROM + 1;
        let _ = PlatformCertificate::from_pem(&bytes);
        let mut pem = OLD.as_bytes().to_vec();
        let at = at.index(pem.len());
        pem[at] = byte;
        let _ = PlatformCertificate::from_pem(&pem);
        let signed = Signed::new(OLD_SERIAL, now, &bytes);
        prop_assert!(renewed(&Verifiers::new(), &signed, now).is_err());
    }
}
