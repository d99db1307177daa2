//! Requests as published examples sign them, and answers layer by layer.

use std::net::{IpAddr, Ipv4Addr};

use aws_lc_rs::cipher::{AES_256, PaddedBlockEncryptingKey, UnboundCipherKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use serde_json::Value;
use wechatpay::Secret;
use wechatpay::codes::Advice;
use wechatpay::trade::{OutRefundNo, OutTradeNo, PaymentRef, Refund, RefundAmount, RefundState, TradeState};
use wechatpay::v2::{
    ACKNOWLEDGEMENT, AnswerError, Fields, Merchant, NOT_ACKNOWLEDGED, RefundHintError, RefundOrder, Refusal,
    ReqInfoError, RequestError, SignType, SignatureError, UnifiedOrder, XmlError,
};

const KEY: &str = "192006250b4c09247ec02edce69f6a2d";
const APPID: &str = "wx2421b1c4370ec43b";
const MCH_ID: &str = "10000100";
const NONCE: &str = "5K8264ILTKCH16CQ2502SI8ZNMTM67VS";

fn key() -> Secret<String> {
    Secret::new(KEY.to_owned())
}

fn merchant(sign_type: SignType) -> Merchant {
    Merchant::new(APPID, MCH_ID, key(), sign_type).expect("a key")
}

fn md5() -> Merchant {
    merchant(SignType::Md5)
}

/// The published example of this name: its fields, signed as published.
fn published(name: &str) -> Fields {
    let json: Value = serde_json::from_str(include_str!("../vectors/v2-sign.json")).expect("JSON");
    let vectors = json["vectors"].as_array().expect("a list");
    let text = |value: &Value| value.as_str().expect("a text in the vectors").to_owned();
    let vector = vectors.iter().find(|vector| text(&vector["source"]).ends_with(name)).expect(name);
    let fields = text(&vector["sorted_params_without_key"]);
    let fields = fields.split('&').map(|field| field.split_once('=').expect("name=value"));
    fields.fold(Fields::new(), |all, (name, value)| all.with(name, value)).with("sign", text(&vector["sign"]))
}

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

/// What every good answer has.
fn base() -> Fields {
    Fields::new()
        .with("return_code", "SUCCESS")
        .with("return_msg", "OK")
        .with("appid", APPID)
        .with("mch_id", MCH_ID)
        .with("nonce_str", "IITRi8Iabbblz1Jc")
        .with("result_code", "SUCCESS")
}

fn signed(fields: Fields) -> Vec<u8> {
    signed_as(fields, SignType::Md5)
}

fn signed_as(fields: Fields, sign_type: SignType) -> Vec<u8> {
    fields.signed(&key(), sign_type).write().expect("writes").into_bytes()
}

#[test]
fn a_unified_order_is_answered_with_a_prepay_id() {
    let answer = signed(base().with("prepay_id", "wx201411101639507cbf6ffd8b0779950874").with("tomorrow", "1"));
    let prepay_id = md5().read_unified_order(&answer).expect("a prepay_id");
    assert_eq!(prepay_id.expose(), "wx201411101639507cbf6ffd8b0779950874");
    assert_eq!(md5().read_unified_order(&signed(base())).err(), Some(AnswerError::Incomplete("prepay_id")));
}

#[test]
fn the_first_layer_is_whether_the_request_was_taken() {
    let answer =
        "<xml><return_code><![CDATA[FAIL]]></return_code><return_msg><![CDATA[签名失败\n]]></return_msg></xml>";
    assert_eq!(
        md5().read_unified_order(answer.as_bytes()).err(),
        Some(AnswerError::NotTaken { return_msg: "签名失败".into() }),
        "it is not signed, and says nothing of the order"
    );
    for code in ["", "success", "OK"] {
        let answer = signed(base().with("return_code", code));
        assert_eq!(md5().read_close_order(&answer), Err(AnswerError::Incomplete("return_code")), "{code:?}");
    }
}

#[test]
fn the_second_layer_is_the_signature() {
    let read = |fields: Fields| md5().read_close_order(fields.write().expect("writes").as_bytes());
    let good = base().signed(&key(), SignType::Md5);
    assert_eq!(read(good.clone()), Ok(()));
    let wrong = |error| Err(AnswerError::Signature(error));
    assert_eq!(read(base()), wrong(SignatureError::Unsigned));
    assert_eq!(read(base().with("sign", "")), wrong(SignatureError::Unsigned));
    assert_eq!(read(good.clone().with("total_fee", "1")), wrong(SignatureError::Wrong), "new fields are signed too");
    assert_eq!(read(good.clone().with("sign_type", "HMAC-SHA256")), wrong(SignatureError::Wrong));
    assert_eq!(read(good.clone().with("sign_type", "SHA1")), wrong(SignatureError::UnknownSignType));
    let lower = good.get("sign").expect("signed").to_lowercase();
    assert_eq!(read(good.with("sign", lower)), wrong(SignatureError::Wrong));
    let other = Secret::new("0".repeat(32));
    assert_eq!(read(base().signed(&other, SignType::Md5)), wrong(SignatureError::Wrong));
}

#[test]
fn the_third_layer_is_the_result() {
    let refused = base().with("result_code", "FAIL").with("err_code", "ORDERPAID").with("err_code_des", "订单已支付");
    assert_eq!(
        md5().read_close_order(&signed(refused)),
        Err(AnswerError::Refused(Refusal { code: "ORDERPAID".into(), description: "订单已支付".into() }))
    );
    let forged = base().with("result_code", "FAIL").with("err_code", "ORDERNOTEXIST").write().expect("writes");
    assert_eq!(
        md5().read_order_query(forged.as_bytes()).err(),
        Some(AnswerError::Signature(SignatureError::Unsigned)),
        "a refusal can end an order, so it has to be WeChat's word"
    );
}

#[test]
fn what_to_do_follows_from_the_layer_that_failed() {
    let advice = |message: &[u8]| md5().read_close_order(message).expect_err("not accepted").advice();
    let refused = |code: &str| advice(&signed(base().with("result_code", "FAIL").with("err_code", code)));
    assert_eq!(refused("ORDERPAID"), Advice::Query);
    assert_eq!(refused("SYSTEMERROR"), Advice::RetrySame);
    assert_eq!(refused("LACK_PARAMS"), Advice::Never);
    assert_eq!(advice(b"<xml><return_code>FAIL</return_code></xml>"), Advice::Never);
    let unsigned = base().write().expect("writes");
    for no_answer in [unsigned.as_bytes(), b"", b"<html>", &signed(base().with("mch_id", "1"))] {
        assert_eq!(advice(no_answer), Advice::Query, "it says nothing of the order");
    }
}

#[test]
fn an_answer_about_another_merchant_is_refused() {
    for fields in [base().with("mch_id", "10000101"), base().with("appid", "wx1")] {
        assert_eq!(md5().read_close_order(&signed(fields)), Err(AnswerError::OtherMerchant));
    }
    let (_, without) = base().iter().fold(((), Fields::new()), |(unit, all), (name, value)| {
        (unit, if name == "appid" { all } else { all.with(name, value) })
    });
    assert_eq!(md5().read_close_order(&signed(without)), Err(AnswerError::Incomplete("appid")));
}

#[test]
fn the_published_query_is_a_payment() {
    let answer = published("TestQueryOrderByTransactionID").write().expect("writes");
    let transaction = md5().read_order_query(answer.as_bytes()).expect("verifies and reads");
    assert_eq!((transaction.appid.as_str(), transaction.mchid.as_str()), (APPID, MCH_ID));
    assert_eq!(transaction.out_trade_no, "1415757673");
    let TradeState::Success(payment) = transaction.state else { panic!("paid") };
    assert_eq!(payment.transaction_id, "1008450740201411110005820873");
    assert_eq!(payment.success_time, "2014-11-11T17:00:43+08:00");
    assert_eq!((payment.total, payment.currency.as_str()), (1, "CNY"));
    assert_eq!(payment.payer.openid.expose(), "oUpF8uN95-Ptaags6E_roPHg7AG0");
}

fn paid() -> Fields {
    base()
        .with("trade_state", "SUCCESS")
        .with("out_trade_no", "T-000001")
        .with("transaction_id", "42")
        .with("openid", "o-1")
        .with("total_fee", "6800")
        .with("cash_fee", "6300")
        .with("time_end", "20260101100000")
}

#[test]
fn the_fourth_layer_of_a_query_is_the_trade_state() {
    let state = |word: &str| {
        let answer = base().with("trade_state", word).with("out_trade_no", "T-000001");
        md5().read_order_query(&signed(answer)).expect("reads").state
    };
    assert_eq!(state("NOTPAY"), TradeState::NotPay);
    assert_eq!(state("CLOSED"), TradeState::Closed);
    for word in ["USERPAYING", "REVOKED", "PAYERROR", "ACCEPT"] {
        assert_eq!(state(word), TradeState::Other(word.into()), "says nothing about money");
    }
    let refunded = md5().read_order_query(&signed(paid().with("trade_state", "REFUND"))).expect("reads");
    assert!(matches!(&refunded.state, TradeState::Refund(payment) if payment.total == 6800), "it was paid");
    let answer = base().with("out_trade_no", "T-000001");
    assert_eq!(md5().read_order_query(&signed(answer)).err(), Some(AnswerError::Incomplete("trade_state")));
}

#[test]
fn a_payment_without_its_parts_is_not_guessed_at() {
    for name in ["transaction_id", "openid", "total_fee", "time_end", "out_trade_no"] {
        let answer = signed(paid().with(name, ""));
        assert_eq!(md5().read_order_query(&answer).err(), Some(AnswerError::Incomplete(name)));
    }
    for bad in ["68.00", "+6800", "-1", "6800 ", "4294967296", "六"] {
        let answer = signed(paid().with("total_fee", bad));
        assert_eq!(md5().read_order_query(&answer).err(), Some(AnswerError::Incomplete("total_fee")), "{bad}");
    }
    let answer = signed(paid().with("time_end", "yesterday"));
    assert_eq!(md5().read_order_query(&answer).err(), Some(AnswerError::Incomplete("time_end")));
}

#[test]
fn a_payment_notification_verifies_with_and_without_sign_type() {
    let fields = || paid().with("attach", "茶 & <50g>");
    for (message, what) in [
        (signed(fields()), "MD5, unsaid"),
        (signed(fields().with("sign_type", "MD5")), "MD5, said and signed"),
        (signed_as(fields(), SignType::HmacSha256), "HMAC although sign_type is absent"),
        (signed_as(fields().with("sign_type", "HMAC-SHA256"), SignType::HmacSha256), "HMAC, said and signed"),
    ] {
        let transaction = md5().read_payment_notification(&message).expect(what);
        assert_eq!(transaction.payment().expect("paid").total, 6800, "what was ordered: {what}");
    }
    let unsigned_word = fields().signed(&key(), SignType::HmacSha256).with("sign_type", "HMAC-SHA256");
    assert_eq!(
        md5().read_payment_notification(unsigned_word.write().expect("writes").as_bytes()).err(),
        Some(AnswerError::Signature(SignatureError::Wrong)),
        "where it is present it is signed"
    );
}

#[test]
fn a_notification_of_a_failed_payment_is_no_payment() {
    let message = signed(paid().with("result_code", "FAIL").with("err_code", "SYSTEMERROR"));
    assert!(matches!(md5().read_payment_notification(&message), Err(AnswerError::Refused(_))));
}

#[test]
fn a_notification_with_a_doctype_is_refused() {
    let message = String::from_utf8(signed(paid())).expect("UTF-8");
    let message = format!("<!DOCTYPE xml [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>{message}");
    assert_eq!(md5().read_payment_notification(message.as_bytes()).err(), Some(AnswerError::Xml(XmlError::Doctype)));
}

#[test]
fn acknowledgements_are_these_bytes() {
    assert_eq!(
        ACKNOWLEDGEMENT,
        "<xml><return_code><![CDATA[SUCCESS]]></return_code><return_msg><![CDATA[OK]]></return_msg></xml>"
    );
    assert_eq!(Fields::read(NOT_ACKNOWLEDGED.as_bytes()).expect("XML").get("return_code"), Some("FAIL"));
}

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
        serde_json::from_str(include_str!("../vectors/v2-refund-req-info.json")).expect("the vectors are JSON");
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

proptest! {
    #[test]
    fn any_flipped_bit_of_a_signed_message_is_noticed(at in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let message = signed_as(paid(), SignType::HmacSha256);
        let whole = md5().read_payment_notification(&message).expect("reads");
        let mut flipped = message.clone();
        flipped[at.index(message.len())] ^= 1 << bit;
        // A flip in the white space or in the case of the markup changes no field; none may change what is read.
        if let Ok(transaction) = md5().read_payment_notification(&flipped) {
            prop_assert_eq!(transaction, whole);
        }
    }

    #[test]
    fn any_changed_field_of_a_signed_message_is_noticed(
        at in any::<prop::sample::Index>(), value in "[ -~茶]{1,20}", sign_type in prop::sample::select(&[SignType::Md5, SignType::HmacSha256][..]),
    ) {
        let signed = paid().signed(&key(), sign_type);
        let names: Vec<String> = signed.iter().map(|(name, _)| name.to_owned()).collect();
        let name = &names[at.index(names.len())];
        prop_assume!(signed.get(name) != Some(value.as_str()));
        prop_assert_eq!(signed.clone().with(name, value.clone()).verified(&key()).err(), Some(SignatureError::Wrong));
        prop_assert_eq!(signed.with("new_field", value).verified(&key()).err(), Some(SignatureError::Wrong));
    }

    #[test]
    fn nothing_received_makes_the_readers_panic(bytes in any::<Vec<u8>>(), value in "\\PC{0,60}", at in any::<prop::sample::Index>()) {
        let names: Vec<String> = paid().iter().map(|(name, _)| name.to_owned()).collect();
        let message = signed(paid().with(&names[at.index(names.len())], value));
        for message in [bytes, message] {
            let merchant = md5();
            let _ = merchant.read_unified_order(&message);
            let _ = merchant.read_order_query(&message);
            let _ = merchant.read_close_order(&message);
            let _ = merchant.read_refund(&message);
            let _ = merchant.read_refund_query(&message);
            let _ = merchant.read_payment_notification(&message);
            let _ = merchant.read_refund_notification(&message);
        }
    }
}
