//! What comes back, layer by layer.

use wechatpay::Secret;
use wechatpay::codes::Advice;
use wechatpay::trade::TradeState;
use wechatpay::v2::{
    ACKNOWLEDGEMENT, AnswerError, Fields, NOT_ACKNOWLEDGED, Refusal, SignType, SignatureError, XmlError,
};

use super::{APPID, MCH_ID, base, key, md5, paid, published, signed, signed_as};

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
