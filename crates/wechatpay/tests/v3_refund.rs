//! Refunds: what is asked, and how answers and notifications are read.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use serde_json::{Value, json};
use wechatpay::trade::OutRefundNo;
use wechatpay::v3::notification::{ApiV3Key, Event, OpenError, Resource, open};
use wechatpay::v3::types::{BadRefund, PaymentRef, Refund, RefundAmount, RefundNotice, RefundRequest, RefundState};

const KEY: &str = "a7cde1ZJB1kG2e7VfTs3jQzaWizur8Gb";

fn answer(status: &str) -> Value {
    json!({
        "refund_id": "50000000382019052709732678859", "out_refund_no": "dup-4200000001",
        "transaction_id": "4200000001", "out_trade_no": "T-000001", "channel": "ORIGINAL",
        "user_received_account": "招商银行信用卡0403", "success_time": "2026-01-01T10:00:00+08:00",
        "create_time": "2026-01-01T09:59:00+08:00", "status": status, "funds_account": "UNSETTLED",
        "amount": {
            "total": 6800, "refund": 1800, "payer_total": 6300, "payer_refund": 1300, "currency": "CNY",
            "from": [{"account": "AVAILABLE", "amount": 1800}],
        },
        "promotion_detail": [], "a_field_of_tomorrow": {"x": [1, null]},
    })
}

fn read(value: Value) -> Result<Refund, String> {
    serde_json::from_value(value).map_err(|error| error.to_string())
}

#[test]
fn the_request_has_the_documented_fields_and_no_other() {
    let request = RefundRequest {
        sub_mchid: None,
        payment: PaymentRef::TransactionId("4200000001".into()),
        out_refund_no: OutRefundNo::new("dup-4200000001").expect("a number"),
        reason: None,
        notify_url: None,
        amount: RefundAmount::cny(1800, 6800).expect("less than the order"),
    };
    assert_eq!(
        serde_json::to_string(&request).expect("JSON"),
        r#"{"transaction_id":"4200000001","out_refund_no":"dup-4200000001","amount":{"refund":1800,"total":6800,"currency":"CNY"}}"#
    );
    let request = RefundRequest {
        sub_mchid: Some("1900000109".into()),
        payment: PaymentRef::OutTradeNo("T-000001".into()),
        reason: Some("Paid twice".into()),
        notify_url: Some("https://pay.example.com/notify/v3/refund".into()),
        ..request
    };
    assert_eq!(
        serde_json::to_string(&request).expect("JSON"),
        r#"{"sub_mchid":"1900000109","out_trade_no":"T-000001","out_refund_no":"dup-4200000001","reason":"Paid twice","notify_url":"https://pay.example.com/notify/v3/refund","amount":{"refund":1800,"total":6800,"currency":"CNY"}}"#
    );
}

#[test]
fn a_refund_of_nothing_or_of_more_than_the_order_is_not_asked_for() {
    for (refund, total) in [(0, 6800), (6801, 6800), (0, 0)] {
        assert_eq!(RefundAmount::cny(refund, total), Err(BadRefund { refund, total }));
    }
    assert!(RefundAmount::cny(6800, 6800).is_ok());
}

#[test]
fn every_documented_state_is_read_and_any_other_says_nothing_about_money() {
    let at = Some("2026-01-01T10:00:00+08:00".to_owned());
    for (word, state) in [
        ("PROCESSING", RefundState::Processing),
        ("SUCCESS", RefundState::Success { success_time: at }),
        ("CLOSED", RefundState::Closed),
        ("ABNORMAL", RefundState::Abnormal),
        ("success", RefundState::Other("success".into())),
    ] {
        let refund = read(answer(word)).expect("reads");
        assert_eq!(refund.state, state);
        assert_eq!((refund.refund, refund.total, refund.currency.as_str()), (1800, 6800, "CNY"));
        assert_eq!(refund.transaction_id, "4200000001");
        assert!(refund.is_numbered(&OutRefundNo::new("dup-4200000001").expect("a number")));
    }
}

#[test]
fn a_refund_without_its_time_is_still_a_refund() {
    let mut value = answer("SUCCESS");
    value.as_object_mut().expect("an object").remove("success_time");
    assert_eq!(read(value).expect("reads").state, RefundState::Success { success_time: None });
}

#[test]
fn a_refund_without_its_parts_is_not_guessed_at() {
    for field in ["status", "amount", "out_refund_no", "refund_id", "transaction_id", "out_trade_no"] {
        let mut value = answer("SUCCESS");
        value.as_object_mut().expect("an object").remove(field);
        let error = read(value).expect_err("incomplete");
        assert!(error.contains(field), "{error}");
    }
    for bad in [json!(18.5), json!("1800"), json!(-1), json!(null)] {
        let mut value = answer("SUCCESS");
        value["amount"]["refund"] = bad;
        read(value).expect_err("not an amount");
    }
}

/// A notification around `resource`, encrypted as WeChat encrypts it.
fn notification(event_type: &str, resource: &Value) -> Vec<u8> {
    let nonce = "fdasflkja484";
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, KEY.as_bytes()).expect("32 bytes"));
    let mut text = resource.to_string().into_bytes();
    let unique = Nonce::try_assume_unique_for_key(nonce.as_bytes()).expect("12 bytes");
    key.seal_in_place_append_tag(unique, Aad::from(b"refund"), &mut text).expect("encrypts");
    json!({
        "id": "EV-1", "create_time": "2026-01-01T10:00:01+08:00", "resource_type": "encrypt-resource",
        "event_type": event_type, "summary": "退款",
        "resource": {
            "original_type": "refund", "algorithm": "AEAD_AES_256_GCM", "ciphertext": STANDARD.encode(text),
            "associated_data": "refund", "nonce": nonce,
        },
    })
    .to_string()
    .into_bytes()
}

/// The documented inner text: no currency, and `refund_status` instead of `status`.
fn resource(status: &str) -> Value {
    json!({
        "mchid": "1900000100", "transaction_id": "4200000001", "out_trade_no": "T-000001",
        "refund_id": "50200207182018070300011301001", "out_refund_no": "dup-4200000001", "refund_status": status,
        "success_time": "2026-01-01T10:00:00+08:00", "user_received_account": "招商银行信用卡0403",
        "amount": {"total": 6800, "refund": 1800, "payer_total": 6300, "payer_refund": 1300},
    })
}

fn opened(event_type: &str, resource: &Value) -> (Event, RefundNotice) {
    let key = ApiV3Key::new(KEY).expect("32 bytes");
    let opened = open(&notification(event_type, resource), &key).expect("opens");
    let event = opened.event();
    let Resource::Refund(notice) = opened.resource else { panic!("a refund") };
    (event, notice)
}

#[test]
fn every_refund_event_opens_as_a_refund() {
    let at = Some("2026-01-01T10:00:00+08:00".to_owned());
    for (word, event, state) in [
        ("SUCCESS", Event::RefundSuccess, RefundState::Success { success_time: at }),
        ("ABNORMAL", Event::RefundAbnormal, RefundState::Abnormal),
        ("CLOSED", Event::RefundClosed, RefundState::Closed),
    ] {
        let (seen, notice) = opened(&format!("REFUND.{word}"), &resource(word));
        assert_eq!(seen, event);
        assert_eq!((notice.mchid.as_str(), notice.sub_mchid), ("1900000100", None));
        assert_eq!(notice.refund.state, state);
        assert_eq!((notice.refund.refund, notice.refund.currency.as_str()), (1800, "CNY"));
    }
}

#[test]
fn the_state_in_the_resource_counts_and_not_the_event() {
    let (event, notice) = opened("REFUND.SUCCESS", &resource("ABNORMAL"));
    assert_eq!(event, Event::RefundSuccess);
    assert_eq!(notice.refund.state, RefundState::Abnormal);
    let (event, notice) = opened("REFUND.TOMORROW", &resource("SUCCESS"));
    assert_eq!(event, Event::Other);
    assert!(matches!(notice.refund.state, RefundState::Success { .. }));
}

#[test]
fn a_partners_refund_names_both_merchants() {
    let mut resource = resource("SUCCESS");
    let fields = resource.as_object_mut().expect("an object");
    fields.remove("mchid");
    fields.insert("sp_mchid".into(), "1900000100".into());
    fields.insert("sub_mchid".into(), "1900000109".into());
    let (_, notice) = opened("REFUND.SUCCESS", &resource);
    assert_eq!((notice.mchid.as_str(), notice.sub_mchid.as_deref()), ("1900000100", Some("1900000109")));
}

#[test]
fn a_refund_that_says_too_little_is_told_apart_from_a_forgery() {
    let mut resource = resource("SUCCESS");
    resource.as_object_mut().expect("an object").remove("mchid");
    let key = ApiV3Key::new(KEY).expect("32 bytes");
    let error = open(&notification("REFUND.SUCCESS", &resource), &key).expect_err("whose?");
    assert_eq!(error, OpenError::ResourceMalformed);
}

proptest! {
    #[test]
    fn whatever_was_encrypted_is_read_again(refund in 1..=u32::MAX, out_refund_no in "[0-9A-Za-z_|*@-]{1,64}", account in "\\PC{0,40}") {
        let mut resource = resource("SUCCESS");
        resource["amount"]["refund"] = refund.into();
        resource["out_refund_no"] = out_refund_no.as_str().into();
        resource["user_received_account"] = account.into();
        let (_, notice) = opened("REFUND.SUCCESS", &resource);
        prop_assert_eq!(notice.refund.refund, refund);
        prop_assert_eq!(notice.refund.out_refund_no, out_refund_no);
    }

    #[test]
    fn nothing_received_makes_the_readers_panic(body in any::<Vec<u8>>(), text in "\\PC{0,200}") {
        let key = ApiV3Key::new(KEY).expect("32 bytes");
        for bytes in [body.as_slice(), text.as_bytes()] {
            prop_assert!(open(bytes, &key).is_err());
            prop_assert!(serde_json::from_slice::<Refund>(bytes).is_err());
            prop_assert!(serde_json::from_slice::<RefundNotice>(bytes).is_err());
        }
    }
}
