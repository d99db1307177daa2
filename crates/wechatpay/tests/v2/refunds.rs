//! Refunds, and the notification that nobody signs.

use aws_lc_rs::cipher::{AES_256, PaddedBlockEncryptingKey, UnboundCipherKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use wechatpay::Secret;
use wechatpay::trade::{Refund, RefundState};
use wechatpay::v2::{AnswerError, Fields, Merchant, RefundHintError, ReqInfoError, SignType, XmlError};

use super::{APPID, KEY, MCH_ID, base, key, md5, published, signed};

#[test]
fn a_refund_is_accepted_and_never_more() {
    let answer = base()
        .with("transaction_id", "42")
        .with("out_trade_no", "T-000001")
        .with("out_refund_no", "dup-42")
        .with("refund_id", "50")
        .with("refund_fee", "1800")
        .with("total_fee", "6800");
    assert_eq!(
        md5().read_refund(&signed(answer)).expect("reads"),
        Refund {
            out_refund_no: "dup-42".into(),
            refund_id: "50".into(),
            out_trade_no: "T-000001".into(),
            transaction_id: "42".into(),
            state: RefundState::Processing,
            refund: 1800,
            total: 6800,
            currency: "CNY".into(),
        }
    );
}

#[test]
fn the_published_refund_query_verifies_once_it_says_what_was_ordered() {
    let example = published("TestQueryRefundByRefundID");
    example.clone().verified(&key()).expect("signed as published");
    let answer = |fields: Fields| md5().read_refund_query(&signed(fields));
    assert_eq!(answer(example.clone()).err(), Some(AnswerError::Incomplete("total_fee")), "the example lacks it");
    let refunds = answer(example.with("total_fee", "1")).expect("reads");
    assert_eq!(refunds.len(), 1);
    assert_eq!((refunds[0].out_refund_no.as_str(), refunds[0].refund), ("1415701182", 1));
    assert_eq!(refunds[0].state, RefundState::Processing);
}

#[test]
fn a_refund_query_tells_every_state() {
    let at = Some("2026-01-01T10:00:00+08:00".to_owned());
    let states = [
        ("PROCESSING", RefundState::Processing),
        ("SUCCESS", RefundState::Success { success_time: at }),
        ("REFUNDCLOSE", RefundState::Closed),
        ("CHANGE", RefundState::Abnormal),
        ("TOMORROW", RefundState::Other("TOMORROW".into())),
    ];
    let mut fields = base()
        .with("transaction_id", "42")
        .with("out_trade_no", "T-000001")
        .with("total_fee", "6800")
        .with("refund_count", states.len().to_string());
    for (n, (word, _)) in states.iter().enumerate() {
        fields = fields
            .with(&format!("out_refund_no_{n}"), format!("R-{n}"))
            .with(&format!("refund_id_{n}"), format!("50{n}"))
            .with(&format!("refund_fee_{n}"), "100")
            .with(&format!("refund_status_{n}"), *word)
            .with(&format!("refund_success_time_{n}"), if *word == "SUCCESS" { "2026-01-01 10:00:00" } else { "-" });
    }
    let refunds = md5().read_refund_query(&signed(fields.clone())).expect("reads");
    let seen: Vec<_> = refunds.into_iter().map(|refund| refund.state).collect();
    assert_eq!(seen, states.map(|(_, state)| state));

    let lacking = signed(fields.clone().with("refund_status_3", ""));
    assert_eq!(md5().read_refund_query(&lacking).err(), Some(AnswerError::Incomplete("refund_status")));
    let endless = signed(fields.with("refund_count", "4294967295"));
    assert_eq!(md5().read_refund_query(&endless).err(), Some(AnswerError::Incomplete("refund_count")));
}

/// The published `req_info` in a notification to its merchant.
fn refund_notification() -> (Merchant, Fields) {
    let json: Value =
        serde_json::from_str(include_str!("../../vectors/v2-refund-req-info.json")).expect("the vectors are JSON");
    let secret = Secret::new(json["api_key"].as_str().expect("a text").to_owned());
    let fields = Fields::new()
        .with("return_code", "SUCCESS")
        .with("appid", APPID)
        .with("mch_id", MCH_ID)
        .with("nonce_str", "n")
        .with("req_info", json["req_info"].as_str().expect("a text"));
    (Merchant::new(APPID, MCH_ID, secret, SignType::Md5).expect("a key"), fields)
}

fn hint(merchant: &Merchant, fields: &Fields) -> Result<Refund, RefundHintError> {
    let message = fields.write().expect("writes");
    merchant.read_refund_notification(message.as_bytes()).map(|hint| hint.unproven().clone())
}

#[test]
fn the_published_refund_notification_is_a_hint() {
    let (merchant, fields) = refund_notification();
    assert_eq!(
        hint(&merchant, &fields),
        Ok(Refund {
            out_refund_no: "131811191610442717309".into(),
            refund_id: "50000408942018111907145868882".into(),
            out_trade_no: "71106718111915575302817".into(),
            transaction_id: "4200000215201811190261405420".into(),
            state: RefundState::Success { success_time: Some("2018-11-19T16:24:13+08:00".into()) },
            refund: 3960,
            total: 3960,
            currency: "CNY".into(),
        })
    );
}

#[test]
fn a_refund_notification_that_is_not_ours_or_does_not_decrypt_is_refused() {
    let (merchant, fields) = refund_notification();
    let other = hint(&merchant, &fields.clone().with("mch_id", "1"));
    assert_eq!(other, Err(RefundHintError::Message(AnswerError::OtherMerchant)));
    let garbled = hint(&merchant, &fields.clone().with("req_info", "AAAA"));
    assert_eq!(garbled, Err(RefundHintError::ReqInfo(ReqInfoError::DoesNotDecrypt)));
    let missing = hint(&merchant, &fields.with("req_info", ""));
    assert_eq!(missing, Err(RefundHintError::Message(AnswerError::Incomplete("req_info"))));
}

#[test]
fn a_doctype_inside_req_info_is_refused() {
    use md5::{Digest as _, Md5};
    let (merchant, fields) = refund_notification();
    let mut text = b"<!DOCTYPE root [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><root><a>&x;</a></root>".to_vec();
    let aes_key: String = Md5::digest(KEY).iter().map(|byte| format!("{byte:02x}")).collect();
    let aes_key = UnboundCipherKey::new(&AES_256, aes_key.as_bytes()).expect("32 bytes");
    PaddedBlockEncryptingKey::ecb_pkcs7(aes_key).expect("a key").encrypt(&mut text).expect("encrypts");
    let seen = hint(&merchant, &fields.with("req_info", STANDARD.encode(text)));
    assert_eq!(seen, Err(RefundHintError::Message(AnswerError::Xml(XmlError::Doctype))));
}
