//! Notifications that go wrong on purpose, and forged ones.

use reqwest::StatusCode;
use serde_json::json;
use wechatpay::v3::notification::{ApiV3Key, Notification, Resource, open};
use wechatpay::v3::types::TradeState;
use wechatpay::v3::{SignedHeaders, Verifiers};

use crate::merchant::Merchant;
use crate::receiver::{Received, Receiver};

async fn start() -> (Receiver, Merchant) {
    let receiver = Receiver::start(vec![]).await;
    let merchant = Merchant::start_with(vec![receiver.route.clone()]).await;
    (receiver, merchant)
}

fn verifies(merchant: &Merchant, received: &Received) -> bool {
    let header = |name: &'static str| received.headers.get(name).and_then(|value| value.to_str().ok());
    SignedHeaders::read(header)
        .is_ok_and(|signed| merchant.verifiers.verify(signed, &received.body, merchant.now()).is_ok())
}

fn opened(merchant: &Merchant, received: &Received) -> Result<Notification, String> {
    let key = ApiV3Key::new(&merchant.identity.api_v3_key).expect("32 bytes");
    open(&received.body, &key).map_err(|error| error.to_string())
}

#[tokio::test]
async fn a_refund_is_notified_when_it_is_over() {
    let (mut receiver, mut merchant) = start().await;
    merchant.pay_for("T-00000001").await;
    receiver.next().await;
    for (number, fault, event_type) in [
        ("R-1", None, "REFUND.SUCCESS"),
        ("R-2", Some("refund_abnormal"), "REFUND.ABNORMAL"),
        ("R-3", Some("refund_closed"), "REFUND.CLOSED"),
    ] {
        if let Some(fault) = fault {
            merchant.fault(json!({ "fault": fault, "count": 1 })).await;
        }
        merchant.ask_refund("T-00000001", number, 10).await;
        assert!(receiver.received.try_recv().is_err(), "not while it is being processed");
        merchant.advance(61).await;
        let received = receiver.next().await;
        assert!(verifies(&merchant, &received));
        assert_eq!(received.path, "/notify/v3/refund");
        let notification = opened(&merchant, &received).expect("opens");
        assert_eq!(notification.event_type, event_type);
        let Resource::Refund(notice) = notification.resource else { panic!("a refund") };
        assert_eq!(
            (notice.refund.out_refund_no.as_str(), notice.refund.refund, notice.refund.total),
            (number, 10, 6800)
        );
        merchant.event(&format!("refund {number}: notification acknowledged")).await;
    }
}

#[tokio::test]
async fn a_lost_notification_comes_on_a_later_try() {
    let (mut receiver, mut merchant) = start().await;
    merchant.fault(json!({ "fault": "notification_lost", "times": 2, "path": "/notify/v3/payment", "count": 1 })).await;
    merchant.pay_for("T-00000001").await;
    merchant.event("try 1: lost on the way").await;
    merchant.advance(15).await;
    merchant.event("try 2: lost on the way").await;
    assert!(receiver.received.try_recv().is_err());
    merchant.advance(15).await;
    assert!(verifies(&merchant, &receiver.next().await));
    merchant.event("acknowledged with 204 on try 3").await;
}

#[tokio::test]
async fn a_late_notification_waits_for_the_clock() {
    let (mut receiver, mut merchant) = start().await;
    merchant.fault(json!({ "fault": "notification_late", "ms": 3_600_000 })).await;
    merchant.pay_for("T-00000001").await;
    merchant.advance(3590).await;
    assert!(receiver.received.try_recv().is_err());
    merchant.advance(20).await;
    assert!(verifies(&merchant, &receiver.next().await));
}

#[tokio::test]
async fn a_duplicate_comes_after_the_acknowledgement() {
    let (mut receiver, merchant) = start().await;
    merchant.fault(json!({ "fault": "notification_duplicated", "times": 2 })).await;
    merchant.pay_for("T-00000001").await;
    let first = receiver.next().await;
    for _ in 0..2 {
        let again = receiver.next().await;
        assert!(verifies(&merchant, &again));
        assert_eq!(again.body, first.body);
    }
}

#[tokio::test]
async fn concurrent_notifications_are_under_way_together() {
    // Nobody gets an answer before all four are there.
    let mut receiver = Receiver::start_for(4).await;
    let merchant = Merchant::start_with(vec![receiver.route.clone()]).await;
    merchant.fault(json!({ "fault": "notification_concurrent", "times": 4 })).await;
    merchant.pay_for("T-00000001").await;
    let first = receiver.next().await;
    for _ in 0..3 {
        let other = receiver.next().await;
        assert_eq!(other.body, first.body);
        assert_ne!(other.headers["wechatpay-nonce"], first.headers["wechatpay-nonce"]);
    }
    merchant.event("order T-00000001: notification acknowledged with 204 on try 1").await;
}

#[tokio::test]
async fn what_came_at_once_and_was_refused_comes_again_alone() {
    let mut receiver = Receiver::start(vec![StatusCode::INTERNAL_SERVER_ERROR; 3]).await;
    let mut merchant = Merchant::start_with(vec![receiver.route.clone()]).await;
    merchant.fault(json!({ "fault": "notification_concurrent", "times": 3 })).await;
    merchant.pay_for("T-00000001").await;
    for _ in 0..3 {
        receiver.next().await;
    }
    merchant.event("order T-00000001: try 1: answered with 500").await;
    merchant.advance(15).await;
    receiver.next().await;
    merchant.event("order T-00000001: notification acknowledged with 204 on try 2").await;
    // All copies of a try are there before it is told of.
    assert!(receiver.received.try_recv().is_err(), "one");
}

#[tokio::test]
async fn an_earlier_notification_comes_after_a_later_one() {
    let (mut receiver, merchant) = start().await;
    merchant.fault(json!({ "fault": "notification_out_of_order", "count": 1 })).await;
    merchant.pay_for("T-00000001").await;
    merchant.pay_for("T-00000002").await;
    for expected in ["T-00000002", "T-00000001"] {
        let notification = opened(&merchant, &receiver.next().await).expect("opens");
        let Resource::Transaction(transaction) = notification.resource else { panic!("a payment") };
        assert_eq!(transaction.out_trade_no, expected);
    }
}

#[tokio::test]
async fn a_notification_is_there_before_the_payer_has_an_answer() {
    let (mut receiver, merchant) = start().await;
    merchant.fault(json!({ "fault": "notification_before_payer" })).await;
    for number in ["T-00000001", "T-00000002", "T-00000003"] {
        let sheet = merchant.sheet(&merchant.prepay(number).await);
        assert_eq!(merchant.pay(&sheet).await, "requestPayment:ok");
        assert!(receiver.received.try_recv().is_ok(), "{number}");
    }
}

#[tokio::test]
async fn every_forgery_differs_from_the_genuine_one_in_its_own_way() {
    let (mut receiver, merchant) = start().await;
    merchant.pay_for("T-00000001").await;
    let genuine = receiver.next().await;
    assert!(verifies(&merchant, &genuine));
    for (forgery, verified, content) in [
        ("wrong_key", false, "genuine"),
        ("unknown_serial", false, "genuine"),
        ("unsigned", false, "genuine"),
        ("stale", false, "genuine"),
        ("probe", false, "genuine"),
        ("re_encoded_body", false, "genuine"),
        ("other_merchant", true, "other"),
        ("other_amount", true, "other"),
        ("bad_ciphertext", true, "sealed"),
    ] {
        let answer = merchant.control("notify", &json!({ "outTradeNo": "T-00000001", "forgery": forgery })).await;
        assert_eq!(answer["acknowledged"], true, "this receiver takes everything: {answer}");
        let received = receiver.next().await;
        assert_eq!(verifies(&merchant, &received), verified, "{forgery}");
        let opened = opened(&merchant, &received);
        assert_eq!(opened.is_ok(), content != "sealed", "{forgery}: {opened:?}");
        if let Ok(notification) = opened {
            let Resource::Transaction(transaction) = notification.resource else { panic!("a payment") };
            let TradeState::Success(payment) = transaction.state else { panic!("paid") };
            let same = transaction.mchid == merchant.identity.mchid && payment.total == 6800;
            assert_eq!(same, content == "genuine", "{forgery}");
        }
        let said = if forgery.starts_with("other") { "see that it paid no order" } else { "does not check it" };
        merchant.event(said).await;
    }
}

#[tokio::test]
async fn another_amount_of_a_refund_is_what_was_refunded() {
    let (mut receiver, mut merchant) = start().await;
    merchant.pay_for("T-00000001").await;
    receiver.next().await;
    merchant.ask_refund("T-00000001", "R-1", 10).await;
    merchant.advance(5).await;
    receiver.next().await;
    merchant.control("notify", &json!({ "outRefundNo": "R-1", "forgery": "other_amount" })).await;
    let forged = receiver.next().await;
    assert!(verifies(&merchant, &forged));
    let Resource::Refund(notice) = opened(&merchant, &forged).expect("opens").resource else { panic!("a refund") };
    assert_eq!((notice.refund.refund, notice.refund.total), (11, 6800));
}

/// What is told of a payment is how it stood when it was paid.
#[tokio::test]
async fn a_forged_payment_is_still_a_payment_after_a_refund() {
    let (mut receiver, merchant) = start().await;
    merchant.pay_for("T-00000001").await;
    receiver.next().await;
    merchant.ask_refund("T-00000001", "R-1", 10).await;
    assert_eq!(merchant.query("T-00000001").await.body["trade_state"], "REFUND");
    merchant.control("notify", &json!({ "outTradeNo": "T-00000001", "forgery": "other_amount" })).await;
    let notification = opened(&merchant, &receiver.next().await).expect("opens");
    let Resource::Transaction(transaction) = notification.resource else { panic!("a payment") };
    let TradeState::Success(payment) = transaction.state else { panic!("paid: {:?}", transaction.state) };
    assert_eq!(payment.total, 6801);
}

#[tokio::test]
async fn a_forged_notification_comes_first_and_the_genuine_one_follows() {
    let refuse_first = vec![StatusCode::UNAUTHORIZED];
    let mut receiver = Receiver::start(refuse_first).await;
    let merchant = Merchant::start_with(vec![receiver.route.clone()]).await;
    merchant.fault(json!({ "fault": "notification_forged", "forgery": "wrong_key", "count": 1 })).await;
    merchant.pay_for("T-00000001").await;
    assert!(!verifies(&merchant, &receiver.next().await));
    assert!(verifies(&merchant, &receiver.next().await));
    merchant.event("the forgery wrong_key was not taken").await;
    merchant.event("notification acknowledged with 204 on try 1").await;
}

#[tokio::test]
async fn a_forgery_waits_for_a_notification_that_has_it() {
    let (mut receiver, merchant) = start().await;
    merchant.fault(json!({ "fault": "notification_forged", "forgery": "doctype", "count": 1 })).await;
    merchant.pay_for("T-00000001").await;
    assert!(verifies(&merchant, &receiver.next().await), "v3 has no such forgery");
    merchant.event("order T-00000001: notification acknowledged").await;
    let url = format!("{}/_sandbox/faults", merchant.identity.base_url);
    let listed = merchant.http.get(url).send().await.expect("an answer").text().await.expect("a body");
    assert!(listed.contains(r#""happened":0"#), "{listed}");
}

#[tokio::test]
async fn a_notification_is_sent_once_more_by_hand() {
    let (mut receiver, merchant) = start().await;
    merchant.pay_for("T-00000001").await;
    let first = receiver.next().await;
    let answer = merchant.control("notify", &json!({ "outTradeNo": "T-00000001" })).await;
    assert_eq!(answer, json!({ "acknowledged": true, "status": 204 }));
    let again = receiver.next().await;
    assert!(verifies(&merchant, &again));
    assert_eq!(again.body, first.body);
    let none = merchant.control("notify", &json!({ "outTradeNo": "T-00000001", "forgery": "doctype" })).await;
    assert_eq!(none["acknowledged"], false, "v3 has no such forgery: {none}");
    for bad in [json!({}), json!({ "outTradeNo": "T-00000009" }), json!({ "outTradeNo": "T-00000001", "forgery": "x" })]
    {
        assert!(merchant.control("notify", &bad).await["error"].is_string(), "{bad}");
    }
}

#[tokio::test]
async fn notifications_migrate_from_certificate_to_public_key_bit_by_bit() {
    let (mut receiver, merchant) = start().await;
    let mut second = merchant.second();
    // Both at once, chosen by the serial: what a migration asks of a merchant.
    let pem = std::fs::read(merchant.dir().join("wechatpay_public_key.pem")).expect("written");
    let certificates = core::mem::replace(&mut second.verifiers, Verifiers::new());
    second.verifiers = certificates.with_public_key(&merchant.identity.public_key_id, &pem).expect("a key");
    let mut by_public_key = Vec::new();
    for (share, from) in [(0, 0), (500, 20), (1000, 40)] {
        merchant.control("keys", &json!({ "publicKeyPermille": share })).await;
        let mut count = 0;
        for at in from..from + 20 {
            second.pay_for(&format!("T-000000{at:02}")).await;
            let received = receiver.next().await;
            let serial = received.headers["wechatpay-serial"].to_str().expect("text");
            assert!(verifies(&second, &received));
            count += u32::from(serial == second.identity.public_key_id);
        }
        by_public_key.push(count);
    }
    assert_eq!((by_public_key[0], by_public_key[2]), (0, 20));
    assert!((1..20).contains(&by_public_key[1]), "{by_public_key:?}");
}
