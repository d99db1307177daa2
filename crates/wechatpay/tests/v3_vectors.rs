//! Signatures published in the v3 documentation.

use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::PemObject as _;
use serde_json::Value;
use wechatpay::v3::{KeyError, MerchantSigner, SignError, SignedHeaders, Verifiers, VerifyError};

const MERCHANT_KEY: &[u8] = include_bytes!("../vectors/documentation_merchant_key.pem");
const WECHATPAY_KEY: &[u8] = include_bytes!("../vectors/documentation_wechatpay_public_key.pem");

fn vectors() -> Value {
    serde_json::from_str(include_str!("../vectors/v3-rsa.json")).expect("the vectors are JSON")
}

fn signer(vectors: &Value) -> MerchantSigner {
    MerchantSigner::new(text(&vectors["mchid"]), text(&vectors["serial"]), MERCHANT_KEY).expect("a published key")
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text in the vectors")
}

/// The published message cut into what a caller passes: method, path, timestamp, nonce, body.
fn parts(message: &str) -> [&str; 5] {
    let mut lines = message.splitn(5, '\n');
    let mut next = || lines.next().expect("five parts");
    let [method, path, timestamp, nonce, body] = [next(), next(), next(), next(), next()];
    [method, path, timestamp, nonce, body.strip_suffix('\n').expect("ends in a line feed")]
}

#[test]
fn requests_are_signed_as_published() {
    let vectors = vectors();
    let signer = signer(&vectors);
    for vector in &vectors["sign"].as_array().expect("a list")[..2] {
        let [method, path, timestamp, nonce, body] = parts(text(&vector["message"]));
        let header = signer
            .authorization(method, path, timestamp.parse().expect("seconds"), nonce, body.as_bytes())
            .expect("signs");
        assert_eq!(
            header,
            format!(
                "WECHATPAY2-SHA256-RSA2048 mchid=\"1900007291\",nonce_str=\"{nonce}\",timestamp=\"{timestamp}\",\
                 serial_no=\"408B07E79B8269FEC3D5D3E6AB8ED163A6A380DB\",signature=\"{}\"",
                text(&vector["signature"])
            ),
            "{}",
            vector["what"]
        );
    }
}

#[test]
fn client_parameters_are_signed_as_published_for_mini_programs_and_not_as_for_apps() {
    let vectors = vectors();
    let params = signer(&vectors)
        .pay_sign(
            "wx2421b1c4370ec43b",
            "wx201410272009395522657a690389285100",
            1_554_208_460,
            "593BEC0C930BF1AFEB40B4A08C8FB242",
        )
        .expect("signs");
    assert_eq!(params.pay_sign, text(&vectors["sign"][2]["signature"]));
    assert_ne!(params.pay_sign, text(&vectors["sign"][3]["signature"]));
    let json = serde_json::to_value(&params).expect("serializes");
    assert_eq!(json["timeStamp"], "1554208460", "a text, not a number");
    assert_eq!(json["nonceStr"], "593BEC0C930BF1AFEB40B4A08C8FB242");
    assert_eq!(json["package"], "prepay_id=wx201410272009395522657a690389285100");
    assert_eq!(json["signType"], "RSA");
    assert_eq!(format!("{params:?}"), "ClientParams(<hidden>)");
}

#[test]
fn a_nonce_that_would_change_the_message_is_refused() {
    let signer = signer(&vectors());
    for bad in ["", "a\nb", "a\"b", "x".repeat(33).as_str()] {
        assert_eq!(signer.authorization("GET", "/", 1, bad, b""), Err(SignError::BadNonce), "{bad:?}");
        assert_eq!(signer.pay_sign("wx1", "wx2", 1, bad), Err(SignError::BadNonce), "{bad:?}");
    }
}

/// The published answer: what a receiver sees of it.
fn published_answer(vectors: &Value) -> (SignedHeaders<'_>, &str, Verifiers) {
    let vector = &vectors["verify"][0];
    let mut lines = text(&vector["message"]).splitn(3, '\n');
    let mut next = || lines.next().expect("three parts");
    let headers = SignedHeaders {
        timestamp: next(),
        nonce: next(),
        signature: text(&vector["signature"]),
        serial: text(&vector["serial"]),
    };
    let body = next().strip_suffix('\n').expect("ends in a line feed");
    let verifiers = Verifiers::new().with_public_key(headers.serial, WECHATPAY_KEY).expect("a published key");
    (headers, body, verifiers)
}

#[test]
fn the_published_answer_verifies_within_five_minutes_both_ways() {
    let vectors = vectors();
    let (headers, body, verifiers) = published_answer(&vectors);
    for now in [1_722_850_421, 1_722_850_421 + 300, 1_722_850_421 - 300] {
        assert_eq!(verifiers.verify(headers, body.as_bytes(), now), Ok(()));
    }
    for now in [1_722_850_421 + 301, 1_722_850_421 - 301] {
        assert_eq!(verifiers.verify(headers, body.as_bytes(), now), Err(VerifyError::Stale { off_by_seconds: 301 }));
    }
}

#[test]
fn another_serial_and_malformed_times_are_told_apart_from_a_wrong_signature() {
    let vectors = vectors();
    let (headers, body, verifiers) = published_answer(&vectors);
    let verify = |headers| verifiers.verify(headers, body.as_bytes(), 1_722_850_421);
    assert_eq!(verify(SignedHeaders { serial: "PUB_KEY_ID_1", ..headers }), Err(VerifyError::UnknownSerial));
    for bad in ["", "now", "-1", "1722850421.0"] {
        assert_eq!(verify(SignedHeaders { timestamp: bad, ..headers }), Err(VerifyError::BadTimestamp), "{bad:?}");
    }
}

#[test]
fn a_missing_header_is_named() {
    for missing in ["wechatpay-timestamp", "wechatpay-nonce", "wechatpay-signature", "wechatpay-serial"] {
        let read = SignedHeaders::read(|name| (name != missing).then_some("1"));
        assert_eq!(read.err(), Some(VerifyError::MissingHeader(missing)));
    }
}

#[test]
fn a_probe_is_a_wrong_signature() {
    let vectors = vectors();
    let probe = &vectors["probe"];
    let verifiers = Verifiers::new().with_public_key(text(&probe["serial"]), WECHATPAY_KEY).expect("a key");
    let now = probe["timestamp"].as_u64().expect("seconds");
    let timestamp = now.to_string();
    let headers = SignedHeaders {
        timestamp: &timestamp,
        nonce: text(&probe["nonce"]),
        signature: text(&probe["signature"]),
        serial: text(&probe["serial"]),
    };
    assert_eq!(verifiers.verify(headers, b"{}", now), Err(VerifyError::BadSignature));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_flipped_bit_of_the_body_or_the_signature_is_noticed(at in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let vectors = vectors();
        let (headers, body, verifiers) = published_answer(&vectors);
        let now = 1_722_850_421;

        let mut flipped = body.as_bytes().to_vec();
        flipped[at.index(body.len())] ^= 1 << bit;
        prop_assert_eq!(verifiers.verify(headers, &flipped, now), Err(VerifyError::BadSignature));

        let mut signature = headers.signature.as_bytes().to_vec();
        signature[at.index(headers.signature.len())] ^= 1 << bit;
        if let Ok(signature) = core::str::from_utf8(&signature) {
            let headers = SignedHeaders { signature, ..headers };
            prop_assert_eq!(verifiers.verify(headers, body.as_bytes(), now), Err(VerifyError::BadSignature));
        }
    }

    #[test]
    fn any_changed_header_is_noticed(at in any::<prop::sample::Index>(), byte in b'!'..=b'~') {
        let vectors = vectors();
        let (headers, body, verifiers) = published_answer(&vectors);
        let change = |text: &str| {
            let mut changed = text.as_bytes().to_vec();
            changed[at.index(text.len())] = byte;
            String::from_utf8(changed).expect("ASCII")
        };
        let (timestamp, nonce, serial) = (change(headers.timestamp), change(headers.nonce), change(headers.serial));
        for changed in [
            SignedHeaders { timestamp: &timestamp, ..headers },
            SignedHeaders { nonce: &nonce, ..headers },
            SignedHeaders { serial: &serial, ..headers },
        ] {
            let same = (changed.timestamp, changed.nonce, changed.serial) == (headers.timestamp, headers.nonce, headers.serial);
            // Fresh by the changed time, so that only the signature is left to tell.
            let now = changed.timestamp.parse().unwrap_or(1_722_850_421);
            prop_assert_eq!(verifiers.verify(changed, body.as_bytes(), now).is_ok(), same);
        }
    }

    #[test]
    fn what_is_signed_verifies(
        method in "GET|POST", path in "/[a-zA-Z0-9/._~%?&=-]{0,60}", timestamp in any::<u32>(), nonce in "[0-9A-Za-z]{1,32}",
        body in any::<Vec<u8>>(),
    ) {
        let header = signer(&vectors())
            .authorization(&method, &path, timestamp.into(), &nonce, &body)
            .expect("signs");
        let signature = header.rsplit_once("signature=\"").expect("five items").1.trim_end_matches('"');
        let signature = STANDARD.decode(signature).expect("base64");
        let message = [format!("{method}\n{path}\n{timestamp}\n{nonce}\n").as_bytes(), &body, b"\n"].concat();
        let key = PrivatePkcs8KeyDer::from_pem_slice(MERCHANT_KEY).expect("PKCS#8");
        let key = KeyPair::from_pkcs8(key.secret_pkcs8_der()).expect("RSA");
        let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.public_key().as_ref());
        prop_assert!(public.verify(&message, &signature).is_ok());
    }

    #[test]
    fn nothing_received_makes_the_verifier_panic(
        timestamp in "\\PC{0,20}", nonce in "\\PC{0,40}", signature in "\\PC{0,400}", body in any::<Vec<u8>>(),
    ) {
        let vectors = vectors();
        let (headers, _, verifiers) = published_answer(&vectors);
        let headers = SignedHeaders { timestamp: &timestamp, nonce: &nonce, signature: &signature, serial: headers.serial };
        prop_assert!(verifiers.verify(headers, &body, 1).is_err());
    }
}

#[test]
fn a_pkcs_1_key_signs_like_its_pkcs_8_twin() {
    let twin = include_bytes!("../vectors/documentation_merchant_key_pkcs1.pem");
    let sign = |key: &[u8]| MerchantSigner::new("1", "2", key).expect("a key").pay_sign("wx1", "wx2", 1, "n");
    assert_eq!(sign(twin), sign(MERCHANT_KEY));
}

#[test]
fn what_is_no_key_is_refused_with_what_belongs_there() {
    let signer = |pem: &[u8]| MerchantSigner::new("1", "2", pem).err();
    assert_eq!(signer(b""), Some(KeyError::NoPrivateKey));
    assert_eq!(signer(WECHATPAY_KEY), Some(KeyError::NoPrivateKey));
    assert_eq!(signer(b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"), Some(KeyError::NotRsa));
    assert_eq!(MerchantSigner::new("1\n", "2", MERCHANT_KEY).err(), Some(KeyError::BadIdentity));
    let verifier = |pem: &[u8]| Verifiers::new().with_public_key("1", pem).err();
    assert_eq!(verifier(MERCHANT_KEY), Some(KeyError::NoPublicKey));
    assert_eq!(verifier(b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"), Some(KeyError::NotRsa));
}
