//! What is sent.

use std::net::{IpAddr, Ipv4Addr};

use wechatpay::Secret;
use wechatpay::trade::{OutRefundNo, OutTradeNo, PaymentRef, RefundAmount};
use wechatpay::v2::{Fields, Merchant, RefundOrder, RequestError, SignType, UnifiedOrder, XmlError};

use super::{APPID, KEY, MCH_ID, NONCE, key, md5, merchant, published};

fn request(body: Vec<u8>) -> Fields {
    Fields::read(&body).expect("our own XML")
}

fn order() -> UnifiedOrder {
    UnifiedOrder {
        body: "龙井 <50g> & 茶".into(),
        out_trade_no: OutTradeNo::new("T-000001").expect("a number"),
        total_fee: 6800,
        spbill_create_ip: IpAddr::V4(Ipv4Addr::new(14, 23, 150, 211)),
        notify_url: "https://pay.example.com/notify/v2/payment".into(),
        time_expire: Some("2026-01-01T12:00:00+08:00".into()),
        openid: Secret::new("oUpF8uMuAJO_M2pxb1Q9zNjWeS6o".into()),
    }
}

fn number(text: &str) -> OutRefundNo {
    OutRefundNo::new(text).expect("a number")
}

#[test]
fn a_unified_order_has_its_fields_and_verifies() {
    for sign_type in [SignType::Md5, SignType::HmacSha256] {
        let fields = request(merchant(sign_type).unified_order(&order(), NONCE).expect("writes"));
        for (name, value) in [
            ("appid", APPID),
            ("mch_id", MCH_ID),
            ("nonce_str", NONCE),
            ("body", "龙井 <50g> & 茶"),
            ("out_trade_no", "T-000001"),
            ("total_fee", "6800"),
            ("spbill_create_ip", "14.23.150.211"),
            ("notify_url", "https://pay.example.com/notify/v2/payment"),
            ("time_expire", "20260101120000"),
            ("trade_type", "JSAPI"),
            ("openid", "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"),
        ] {
            assert_eq!(fields.get(name), Some(value), "{name}");
        }
        let expected = match sign_type {
            SignType::Md5 => (32, None),
            SignType::HmacSha256 => (64, Some("HMAC-SHA256")),
        };
        assert_eq!((fields.get("sign").expect("signed").len(), fields.get("sign_type")), expected);
        fields.verified(&key()).expect("verifies");
    }
}

#[test]
fn close_and_refund_are_signed_as_published() {
    let close =
        md5().close_order(&OutTradeNo::new("1415983244").expect("a number"), "4ca93f17ddf3443ceabf72f26d64fe0e");
    assert_eq!(request(close.expect("writes")), published("TestCloseOrder"));

    let refund = |payment| {
        let order = RefundOrder {
            payment,
            out_refund_no: number("1415701182"),
            amount: RefundAmount::cny(1, 1).expect("an amount"),
            reason: None,
            notify_url: None,
        };
        request(md5().refund(&order, "6cefdb308e1e2e8aabd48cf79e546a02").expect("writes"))
    };
    let by_id = PaymentRef::TransactionId("4008450740201411110005820873".into());
    assert_eq!(refund(by_id), published("TestRefundByTransactionID"));
    let by_number = PaymentRef::OutTradeNo("1415757673".into());
    assert_eq!(refund(by_number), published("TestRefundByOutTradeNO"));

    let by_id = PaymentRef::TransactionId("1008450740201411110005820873".into());
    let query = md5().refunds_query(&by_id, "0b9f35f484df17a732e537c37708d1d0").expect("writes");
    assert_eq!(request(query), published("refund_test.go TestQueryRefundByTransactionID"));
}

#[test]
fn client_parameters_are_signed_as_published() {
    let secret = Secret::new("qazwsxedcrfvtgbyhnujmikolp111111".to_owned());
    let merchant = Merchant::new("wxd678efh567hg6787", "1", secret, SignType::Md5).expect("a key");
    let params = merchant.pay_sign("wx2017033010242291fcfe0db70013231072", 1_490_840_662, NONCE).expect("signs");
    assert_eq!(params.pay_sign, "22D9B4E54AB1950F51E0649E8810ACD6");
    assert_eq!(params.time_stamp, "1490840662");
    assert_eq!(params.package, "prepay_id=wx2017033010242291fcfe0db70013231072");
    assert_eq!(params.sign_type, "MD5");
}

#[test]
fn client_parameters_are_signed_with_the_orders_own_digest() {
    let params = merchant(SignType::HmacSha256).pay_sign("wx1", 1, NONCE).expect("signs");
    assert_eq!((params.sign_type.as_str(), params.pay_sign.len()), ("HMAC-SHA256", 64));
}

#[test]
fn what_cannot_be_sent_is_refused_before_it_is() {
    for bad in ["", "a b", "x".repeat(33).as_str()] {
        assert_eq!(md5().unified_order(&order(), bad), Err(RequestError::BadNonce), "{bad:?}");
        assert_eq!(md5().pay_sign("wx1", 1, bad).err(), Some(RequestError::BadNonce), "{bad:?}");
    }
    let utc = UnifiedOrder { time_expire: Some("2026-01-01T04:00:00Z".into()), ..order() };
    assert_eq!(md5().unified_order(&utc, NONCE), Err(RequestError::BadTime));
    let bell = UnifiedOrder { body: "\u{7}".into(), ..order() };
    assert_eq!(md5().unified_order(&bell, NONCE), Err(RequestError::Unwritable(XmlError::IllegalCharacter)));
    for bad in ["", "short", "192006250b4c09247ec02edce69f6a2 ", &KEY.repeat(2)] {
        assert!(Merchant::new(APPID, MCH_ID, Secret::new(bad.to_owned()), SignType::Md5).is_err(), "{bad:?}");
    }
    assert_eq!(format!("{:?}", md5()), r#"Merchant { mch_id: "10000100", .. }"#);
}
