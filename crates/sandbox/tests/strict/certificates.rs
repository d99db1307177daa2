//! Which key signs: the public key, or a platform certificate, old or new.

use std::fs;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use wechatpay::v3::notification::ApiV3Key;
use wechatpay::v3::{PlatformCertificate, SignedHeaders, Verifiers};

use crate::merchant::Merchant;

const CERTIFICATES: &str = "/v3/certificates";

async fn serial_of(merchant: &Merchant, wanted: Option<&str>) -> String {
    let mut draft = merchant.get(&format!("/v3/pay/transactions/id/1?mchid={}", merchant.identity.mchid));
    if let Some(wanted) = wanted {
        draft = draft.with("wechatpay-serial", wanted);
    }
    let answer = merchant.send_unverified(draft).await.expect("an answer");
    answer.headers()["wechatpay-serial"].to_str().expect("text").to_owned()
}

#[tokio::test]
async fn a_merchant_with_the_public_key_alone_has_no_certificates() {
    let merchant = Merchant::start().await;
    let reply = merchant.send(merchant.get(CERTIFICATES)).await;
    assert!(reply.refused(404, "RESOURCE_NOT_EXISTS").raw.contains("public key"), "{}", reply.raw);
    assert_eq!(serial_of(&merchant, None).await, merchant.identity.public_key_id);
}

#[tokio::test]
async fn certificates_are_listed_encrypted_with_the_next_one_ahead_of_time() {
    let merchant = Merchant::start().await.second();
    let reply = merchant.send(merchant.get(CERTIFICATES)).await;
    let key = ApiV3Key::new(&merchant.identity.api_v3_key).expect("32 bytes");
    let listed = reply.body["data"].as_array().expect("a list");
    assert_eq!(listed.len(), 2, "{}", reply.raw);
    for (entry, known) in listed.iter().zip(&merchant.identity.merchants[1].platform_certificates) {
        let sealed = &entry["encrypt_certificate"];
        assert_eq!(
            (&sealed["algorithm"], &sealed["associated_data"]),
            (&json!("AEAD_AES_256_GCM"), &json!("certificate"))
        );
        let ciphertext = STANDARD.decode(sealed["ciphertext"].as_str().expect("a text")).expect("base64");
        let pem = key.decrypt(sealed["nonce"].as_str().expect("a text"), "certificate", &ciphertext).expect("opens");
        let certificate = PlatformCertificate::from_pem(pem.expose()).expect("a certificate");
        assert_eq!(certificate.serial(), entry["serial_no"].as_str().expect("a text"));
        assert_eq!(certificate.serial(), known.serial);
        assert_eq!(entry["expire_time"], known.expire_time.as_str());
    }
}

#[tokio::test]
async fn the_certificate_changes_when_the_old_one_expires() {
    let mut merchant = Merchant::start().await.second();
    let [old, next] = [0, 1].map(|at| merchant.identity.merchants[1].platform_certificates[at].serial.clone());
    assert_eq!(serial_of(&merchant, None).await, old);
    merchant.advance(31 * 86_400).await;
    assert_eq!(serial_of(&merchant, None).await, next);
    let reply = merchant.send(merchant.get(CERTIFICATES)).await;
    assert_eq!(reply.body["data"].as_array().map(Vec::len), Some(1), "the expired one is not listed");
}

#[tokio::test]
async fn the_certificate_changes_when_somebody_says_so() {
    let merchant = Merchant::start().await.second();
    let next = merchant.identity.merchants[1].platform_certificates[1].serial.clone();
    merchant.control("keys", &json!({ "certificate": "next" })).await;
    assert_eq!(serial_of(&merchant, None).await, next);
    merchant.query("T-00000001").await.refused(404, "ORDER_NOT_EXIST");
}

#[tokio::test]
async fn the_requests_own_serial_chooses_the_public_key() {
    let merchant = Merchant::start().await.second();
    let id = merchant.identity.public_key_id.clone();
    assert_eq!(serial_of(&merchant, Some(&id)).await, id);
    let old = &merchant.identity.merchants[1].platform_certificates[0].serial;
    assert_eq!(serial_of(&merchant, Some("ANOTHER")).await, *old);
}

#[tokio::test]
async fn a_switch_to_the_public_key_in_the_middle_of_a_run() {
    let merchant = Merchant::start().await.second();
    let path = format!("/v3/pay/transactions/id/{}", "*");
    merchant.fault(json!({ "fault": "switch_to_public_key", "path": path, "after": 1, "count": 1 })).await;
    let old = merchant.identity.merchants[1].platform_certificates[0].serial.clone();
    assert_eq!(serial_of(&merchant, None).await, old);
    assert_eq!(serial_of(&merchant, None).await, merchant.identity.public_key_id);
    assert_eq!(serial_of(&merchant, None).await, merchant.identity.public_key_id);
}

#[tokio::test]
async fn the_keys_are_different_ones() {
    let merchant = Merchant::start().await.second();
    let read = |name: &str| fs::read(merchant.dir().join(name)).expect("written");
    let public_only = Verifiers::new()
        .with_public_key(
            &merchant.identity.merchants[1].platform_certificates[0].serial,
            &read("wechatpay_public_key.pem"),
        )
        .expect("a key");
    let draft = merchant.get(&format!("/v3/pay/transactions/id/1?mchid={}", merchant.identity.mchid));
    let answer = merchant.send_unverified(draft).await.expect("an answer");
    let headers = answer.headers().clone();
    let body = answer.bytes().await.expect("a body");
    let signed = SignedHeaders::read(|name| headers.get(name).and_then(|value| value.to_str().ok())).expect("signed");
    assert!(public_only.verify(signed, &body, merchant.now()).is_err());
}

/// By a program that shares nothing with this project.
#[tokio::test]
async fn openssl_verifies_an_answer_and_the_certificates() {
    let merchant = Merchant::start().await.second();
    let draft = merchant.get(&format!("/v3/pay/transactions/id/1?mchid={}", merchant.identity.mchid));
    let answer = merchant.send_unverified(draft).await.expect("an answer");
    let header = |name: &str| answer.headers()[name].to_str().expect("text").to_owned();
    let (timestamp, nonce, signature) =
        (header("wechatpay-timestamp"), header("wechatpay-nonce"), header("wechatpay-signature"));
    let body = answer.text().await.expect("a body");
    let file = |name: &str| merchant.dir().join(name);
    fs::write(file("message"), format!("{timestamp}\n{nonce}\n{body}\n")).expect("writable");
    fs::write(file("signature"), STANDARD.decode(signature).expect("base64")).expect("writable");

    let openssl = |arguments: &[&str]| {
        let output =
            Command::new("openssl").args(arguments).current_dir(merchant.dir()).output().expect("openssl runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    fs::write(file("key.pem"), openssl(&["x509", "-in", "platform_cert.pem", "-pubkey", "-noout"])).expect("writable");
    let said = openssl(&["dgst", "-sha256", "-verify", "key.pem", "-signature", "signature", "message"]);
    assert_eq!(said.trim(), "Verified OK");
    let serial = openssl(&["x509", "-in", "platform_cert.pem", "-serial", "-noout"]);
    assert_eq!(serial.trim(), format!("serial={}", merchant.identity.merchants[1].platform_certificates[0].serial));
    let own = openssl(&["x509", "-in", "merchant2_cert.pem", "-serial", "-noout"]);
    assert_eq!(own.trim(), format!("serial={}", merchant.identity.merchant_serial));
}
