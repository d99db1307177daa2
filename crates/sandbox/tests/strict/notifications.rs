//! Notifications, as a merchant's server receives them.

use reqwest::StatusCode;
use wechatpay::v3::SignedHeaders;
use wechatpay::v3::notification::{ApiV3Key, Resource, open};
use wechatpay::v3::types::TradeState;
use wx_checkout_sandbox::RETRY_SECONDS;

use crate::merchant::Merchant;
use crate::receiver::{Received, Receiver};

fn verify(merchant: &Merchant, received: &Received) {
    let header = |name: &'static str| received.headers.get(name).and_then(|value| value.to_str().ok());
    let signed = SignedHeaders::read(header).expect("signed");
    assert_eq!(merchant.verifiers.verify(signed, &received.body, merchant.now()), Ok(()));
}

#[tokio::test]
async fn a_payment_is_notified_signed_and_encrypted() {
    let mut receiver = Receiver::start(vec![]).await;
    let merchant = Merchant::start_with(vec![receiver.route.clone()]).await;
    let transaction_id = merchant.pay_for("T-00000001").await;

    let received = receiver.next().await;
    assert_eq!(received.path, "/notify/v3/payment");
    assert_eq!(received.headers["content-type"], "application/json");
    assert_eq!(received.headers["host"], "pay.example.com");
    verify(&merchant, &received);
    let text = core::str::from_utf8(&received.body).expect("UTF-8");
    assert!(text.contains("支付成功"), "raw, not escaped: {text}");

    let key = ApiV3Key::new(&merchant.identity.api_v3_key).expect("32 bytes");
    let notification = open(&received.body, &key).expect("opens");
    assert_eq!(notification.event_type, "TRANSACTION.SUCCESS");
    let Resource::Transaction(transaction) = notification.resource else { panic!("a transaction") };
    assert_eq!(transaction.out_trade_no, "T-00000001");
    assert_eq!(
        (transaction.appid, transaction.mchid),
        (merchant.identity.appid.clone(), merchant.identity.mchid.clone())
    );
    let TradeState::Success(payment) = transaction.state else { panic!("paid") };
    assert_eq!((payment.total, payment.currency.as_str()), (6800, "CNY"));
    assert_eq!((payment.transaction_id, payment.payer.openid.expose().as_str()), (transaction_id, merchant.openid()));
    merchant.event("acknowledged with 204 on try 1").await;
}

#[tokio::test]
async fn what_is_not_acknowledged_comes_again_down_the_whole_ladder() {
    let refuse_all = vec![StatusCode::INTERNAL_SERVER_ERROR; RETRY_SECONDS.len() + 1];
    let mut receiver = Receiver::start(refuse_all).await;
    let mut merchant = Merchant::start_with(vec![receiver.route.clone()]).await;
    merchant.pay_for("T-00000001").await;
    let first = receiver.next().await;
    for (tries, seconds) in RETRY_SECONDS.into_iter().enumerate() {
        merchant.event(&format!("try {}: answered with 500", tries + 1)).await;
        merchant.advance(seconds - 1).await;
        assert!(receiver.received.try_recv().is_err(), "not before its time");
        merchant.advance(1).await;
        let again = receiver.next().await;
        assert_eq!(again.body, first.body, "the same notification");
        assert_ne!(again.headers["wechatpay-nonce"], first.headers["wechatpay-nonce"], "signed anew");
        verify(&merchant, &again);
    }
    merchant.event("try 16: answered with 500, which is not an acknowledgement; it was the last").await;
}

#[tokio::test]
async fn only_200_and_204_are_acknowledgements() {
    let answers = vec![StatusCode::CREATED, StatusCode::FOUND, StatusCode::BAD_REQUEST, StatusCode::OK];
    let mut receiver = Receiver::start(answers).await;
    let mut merchant = Merchant::start_with(vec![receiver.route.clone()]).await;
    merchant.pay_for("T-00000001").await;
    for (at, status) in [201, 302, 400].into_iter().enumerate() {
        receiver.next().await;
        merchant.event(&format!("try {}: answered with {status}", at + 1)).await;
        merchant.advance(30).await;
    }
    receiver.next().await;
    merchant.event("acknowledged with 200 on try 4").await;
}

#[tokio::test]
async fn a_host_that_is_not_mapped_is_never_contacted() {
    let merchant = Merchant::start().await;
    merchant.pay_for("T-00000001").await;
    let event = merchant.event("lost: nothing says where pay.example.com really is").await;
    assert_eq!(event["kind"], "notification");
}

#[tokio::test]
async fn a_cancelled_sheet_is_not_notified() {
    let mut receiver = Receiver::start(vec![]).await;
    let merchant = Merchant::start_with(vec![receiver.route.clone()]).await;
    let mut sheet = merchant.sheet(&merchant.prepay("T-00000001").await);
    sheet["outcome"] = "cancel".into();
    merchant.pay(&sheet).await;
    // The next payment's notification is the first that comes.
    merchant.pay_for("T-00000002").await;
    receiver.next().await;
    merchant.event("order T-00000002: notification acknowledged").await;
    assert!(receiver.received.try_recv().is_err());
}

#[tokio::test]
async fn an_answer_after_five_seconds_is_no_acknowledgement() {
    let mut receiver = Receiver::start_silent().await;
    let merchant = Merchant::start_with(vec![receiver.route.clone()]).await;
    let started = std::time::Instant::now();
    merchant.pay_for("T-00000001").await;
    receiver.next().await;
    merchant.event("try 1: no answer within 5 s; next try in 15 s").await;
    assert!(started.elapsed() >= core::time::Duration::from_secs(5), "{:?}", started.elapsed());
}

#[tokio::test]
async fn it_says_how_it_is_signed() {
    let mut receiver = Receiver::start(vec![]).await;
    let merchant = Merchant::start_with(vec![receiver.route.clone()]).await;
    let prepay = merchant.post(crate::merchant::PREPAY, &merchant.order("T-00000001"));
    let answer = merchant.send_unverified(prepay).await.expect("an answer");
    assert_eq!(answer.headers()["wechatpay-signature-type"], "WECHATPAY2-SHA256-RSA2048");
    merchant.pay_for("T-00000002").await;
    assert_eq!(receiver.next().await.headers["wechatpay-signature-type"], "WECHATPAY2-SHA256-RSA2048");
}
