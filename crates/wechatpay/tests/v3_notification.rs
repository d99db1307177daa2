//! A notification built to the documented rules, and everything near it that must be refused.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::PemObject as _;
use serde_json::Value;
use wechatpay::v3::notification::{ApiV3Key, Event, Notification, OpenError, Resource, open};
use wechatpay::v3::types::TradeState;
use wechatpay::v3::{KeyError, SignedHeaders, Verifiers, VerifyError};

const SERIAL: &str = "PUB_KEY_ID_0000000000000024101100397200000006";
const NOW: u64 = 1_528_425_296;

struct Vector {
    json: Value,
    verifiers: Verifiers,
    key: ApiV3Key,
}

impl Vector {
    fn load() -> Self {
        let json: Value =
            serde_json::from_str(include_str!("../vectors/v3-notification.json")).expect("the vectors are JSON");
        let key = ApiV3Key::new(text(&json["api_v3_key"])).expect("32 bytes");
        let public = example_key().public_key().as_ref().to_vec();
        let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(public));
        let verifiers = Verifiers::new().with_public_key(SERIAL, pem.as_bytes()).expect("a published key");
        Self { json, verifiers, key }
    }

    fn body(&self) -> &str {
        text(&self.json["body"])
    }

    fn verify(&self, body: &str, now: u64) -> Result<(), VerifyError> {
        self.verify_signed(body, text(&self.json["signature"]), SERIAL, now)
    }

    fn verify_signed(&self, body: &str, signature: &str, serial: &str, now: u64) -> Result<(), VerifyError> {
        let timestamp = NOW.to_string();
        let headers = SignedHeaders { timestamp: &timestamp, nonce: text(&self.json["nonce"]), signature, serial };
        self.verifiers.verify(headers, body.as_bytes(), now)
    }

    /// The body with one field of its resource replaced.
    fn with_resource(&self, field: &str, value: &str) -> String {
        let mut body: Value = serde_json::from_str(self.body()).expect("JSON");
        body["resource"][field] = value.into();
        body.to_string()
    }

    fn open(&self, body: &str) -> Result<Notification, OpenError> {
        open(body.as_bytes(), &self.key)
    }
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text in the vectors")
}

fn example_key() -> KeyPair {
    let pem = include_bytes!("../vectors/documentation_merchant_key.pem");
    let der = PrivatePkcs8KeyDer::from_pem_slice(pem).expect("PKCS#8");
    KeyPair::from_pkcs8(der.secret_pkcs8_der()).expect("RSA")
}

#[test]
fn the_notification_verifies_and_opens() {
    let vector = Vector::load();
    assert_eq!(vector.verify(vector.body(), NOW), Ok(()));
    let opened = vector.open(vector.body()).expect("opens");
    assert_eq!(opened.id, "EV-2018022511223320873");
    assert_eq!(opened.create_time, "2018-06-08T10:34:56+08:00");
    assert_eq!(opened.event_type, "TRANSACTION.SUCCESS");
    assert_eq!(opened.event(), Event::TransactionSuccess);
    let Resource::Transaction(transaction) = opened.resource else { panic!("a transaction") };
    assert_eq!(transaction.mchid, "1230000109");
    assert_eq!(transaction.appid, "wxd678efh567hg6787");
    assert_eq!(transaction.out_trade_no, "1217752501201407033233368018");
    let TradeState::Success(payment) = &transaction.state else { panic!("paid") };
    assert_eq!(payment.transaction_id, "1217752501201407033233368018");
    assert_eq!(payment.success_time, "2018-06-08T10:34:56+08:00");
    assert_eq!((payment.total, payment.currency.as_str()), (100, "CNY"));
    assert_eq!(payment.payer.openid.expose(), "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o");
    assert!(!format!("{transaction:?}").contains("oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"), "an openid is personal data");
}

#[test]
fn the_resource_decrypts_to_the_published_text() {
    let vector = Vector::load();
    let body: Value = serde_json::from_str(vector.body()).expect("JSON");
    let ciphertext = STANDARD.decode(text(&body["resource"]["ciphertext"])).expect("base64");
    let plain = vector.key.decrypt("fdasflkja484", "transaction", &ciphertext).expect("decrypts");
    assert_eq!(plain.expose(), text(&vector.json["plaintext"]).as_bytes());

    for other in vector.json["aes_gcm"].as_array().expect("a list") {
        let key = ApiV3Key::new(text(&other["key"])).expect("32 bytes");
        let ciphertext = STANDARD.decode(text(&other["ciphertext"])).expect("base64");
        let plain = key.decrypt(text(&other["nonce"]), text(&other["associated_data"]), &ciphertext).expect("decrypts");
        assert_eq!(plain.expose(), text(&other["plaintext"]).as_bytes());
    }
}

#[test]
fn a_re_serialised_body_does_not_verify() {
    let vector = Vector::load();
    let value: Value = serde_json::from_str(vector.body()).expect("JSON");
    let reordered = value.to_string();
    assert_ne!(reordered, vector.body());
    let spaced = serde_json::to_string_pretty(&value).expect("JSON");
    let spaced_once = vector.body().replacen(':', ": ", 1);
    for body in [reordered, spaced, spaced_once] {
        assert_eq!(vector.verify(&body, NOW), Err(VerifyError::BadSignature), "{body}");
        assert!(vector.open(&body).is_ok(), "only the signature can tell");
    }
}

#[test]
fn a_body_with_escapes_instead_of_utf_8_does_not_verify() {
    let vector = Vector::load();
    let escaped = vector.body().replace('支', "\\u652f");
    assert_ne!(escaped, vector.body());
    assert_eq!(vector.verify(&escaped, NOW), Err(VerifyError::BadSignature));
}

#[test]
fn a_signature_over_a_message_without_its_last_line_feed_does_not_verify() {
    let vector = Vector::load();
    let key = example_key();
    let sign = |message: String| {
        let mut signature = vec![0; key.public_modulus_len()];
        key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature).expect("signs");
        STANDARD.encode(signature)
    };
    let message = format!("{NOW}\n{}\n{}", text(&vector.json["nonce"]), vector.body());
    assert_eq!(vector.verify_signed(vector.body(), &sign(message.clone() + "\n"), SERIAL, NOW), Ok(()));
    assert_eq!(vector.verify_signed(vector.body(), &sign(message), SERIAL, NOW), Err(VerifyError::BadSignature));
}

#[test]
fn an_empty_body_is_signed_all_the_same() {
    let vector = Vector::load();
    let key = example_key();
    let mut signature = vec![0; key.public_modulus_len()];
    let message = format!("{NOW}\n{}\n\n", text(&vector.json["nonce"]));
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature).expect("signs");
    assert_eq!(vector.verify_signed("", &STANDARD.encode(signature), SERIAL, NOW), Ok(()));
}

#[test]
fn a_nonce_of_eleven_or_thirteen_bytes_does_not_open() {
    let vector = Vector::load();
    for nonce in ["fdasflkja48", "fdasflkja4840"] {
        assert_eq!(vector.open(&vector.with_resource("nonce", nonce)).err(), Some(OpenError::NonceLength));
    }
}

#[test]
fn other_associated_data_does_not_open() {
    let vector = Vector::load();
    for data in ["", "Transaction"] {
        let body = vector.with_resource("associated_data", data);
        assert_eq!(vector.open(&body).err(), Some(OpenError::DoesNotDecrypt), "{data:?}");
    }
}

#[test]
fn a_key_of_another_length_is_refused_and_another_key_does_not_open() {
    let vector = Vector::load();
    assert_eq!(ApiV3Key::new("a7cde1ZJB1kG2e7V").err(), Some(KeyError::ApiV3KeyLength));
    let other = ApiV3Key::new("b7cde1ZJB1kG2e7VfTs3jQzaWizur8Gb").expect("32 bytes");
    assert_eq!(open(vector.body().as_bytes(), &other).err(), Some(OpenError::DoesNotDecrypt));
}

#[test]
fn an_unknown_serial_and_a_stale_time_do_not_verify() {
    let vector = Vector::load();
    let signature = text(&vector.json["signature"]);
    assert_eq!(vector.verify_signed(vector.body(), signature, "51856640BA57", NOW), Err(VerifyError::UnknownSerial));
    for now in [NOW + 301, NOW - 301] {
        assert_eq!(vector.verify(vector.body(), now), Err(VerifyError::Stale { off_by_seconds: 301 }));
    }
}

#[test]
fn what_is_not_the_documented_shape_is_refused() {
    let vector = Vector::load();
    for body in ["", "null", "[]", "{}", "\u{feff}{}"] {
        assert_eq!(vector.open(body).err(), Some(OpenError::OuterMalformed), "{body:?}");
    }
    let other = vector.with_resource("algorithm", "AEAD_SM4_GCM");
    assert_eq!(vector.open(&other).err(), Some(OpenError::UnknownAlgorithm));
}

#[test]
fn an_unfamiliar_resource_is_kept_as_it_was() {
    let vector = Vector::load();
    let opened = vector.open(&vector.with_resource("original_type", "complaint")).expect("decrypts");
    let Resource::Other { original_type, text: inner } = opened.resource else { panic!("neither payment nor refund") };
    assert_eq!(original_type, "complaint");
    assert_eq!(inner.expose(), text(&vector.json["plaintext"]));
}

proptest! {
    #[test]
    fn one_flipped_bit_of_the_ciphertext_does_not_open(at in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let vector = Vector::load();
        let body: Value = serde_json::from_str(vector.body()).expect("JSON");
        let mut ciphertext = STANDARD.decode(text(&body["resource"]["ciphertext"])).expect("base64");
        let at = at.index(ciphertext.len());
        ciphertext[at] ^= 1 << bit;
        let body = vector.with_resource("ciphertext", &STANDARD.encode(ciphertext));
        prop_assert_eq!(vector.open(&body).err(), Some(OpenError::DoesNotDecrypt));
    }
}
