//! M11: what the merchant's own system is told, by a receiver that answers well, badly, slowly or never.

use std::sync::Arc;

use aws_lc_rs::hmac;
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use wx_checkout::domain::{Fen, OrderId};
use wx_checkout_server::checkout::RefundOrder;
use wx_checkout_server::jobs;
use wx_checkout_server::ledger::Of;
use wx_checkout_server::store::{Channel, LetterState};

use crate::support::receiver::{Answer, Got, Receiver};
use crate::support::{PAYER, World, text};

pub const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
pub const NEXT_SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD3d5Vd7Zt2zE=";

const HOUR: u64 = 3_600_000;

/// A shop whose own system is told.
pub struct Shop {
    pub world: World,
    pub receiver: Arc<Receiver>,
}

impl Shop {
    pub async fn open() -> Self {
        let mut world = World::new().await;
        let (receiver, url) = Receiver::listen().await;
        let section = format!("[webhook]\nurl = \"{url}\"\nsecrets = [\"{SECRET}\"]\ntimeout_seconds = 1\n\n[session]");
        world.reconfigure("[session]", &section).await;
        Self { world, receiver }
    }

    /// An order of this payer, and its number at WeChat.
    pub async fn order(&self, payer: &str) -> (OrderId, String) {
        let token = self.world.login(payer).await;
        let order = self.world.buy(&token, "key-1").await;
        let id = OrderId::try_from(text(&order["orderId"])).expect("fits");
        let stored = self.world.checkout.store.by_id(&id).await.expect("read").expect("there");
        (id, stored.attempt.out_trade_no)
    }

    /// An order of this payer that was paid and told of.
    pub async fn paid(&self, payer: &str) -> (OrderId, String) {
        let (id, number) = self.order(payer).await;
        self.world.wechat.set(&number, "SUCCESS");
        assert_eq!(self.world.notify_of(&number).await.status, StatusCode::NO_CONTENT);
        (id, number)
    }

    /// WeChat tells of one more payment of the order.
    pub async fn paid_again(&self, number: &str, name: &str) {
        self.world.wechat.twist(number, json!({"transaction_id": name}));
        assert_eq!(self.world.notify_of(number).await.status, StatusCode::NO_CONTENT);
        self.world.wechat.twist(number, json!({}));
    }

    pub async fn round(&self) -> usize {
        self.world.checkout.outbox.round().await.expect("a round")
    }

    pub async fn states(&self, order: &OrderId) -> Vec<LetterState> {
        let letters = self.world.checkout.store.letters_of(order).await.expect("read");
        letters.into_iter().map(|letter| letter.state).collect()
    }
}

pub fn event(kind: &str, sequence: u64) -> (String, u64) {
    (kind.to_owned(), sequence)
}

/// As the receiver's library would: one of the signatures is right.
fn verifies(got: &Got, secret: &str) -> bool {
    let key = STANDARD.decode(&secret["whsec_".len()..]).expect("base64");
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
    let signed = [got.id().as_bytes(), b".", got.header("webhook-timestamp").as_bytes(), b".", &got.body].concat();
    got.header("webhook-signature").split(' ').any(|signature| {
        let mac = signature.strip_prefix("v1,").and_then(|mac| STANDARD.decode(mac).ok());
        mac.is_some_and(|mac| hmac::verify(&key, &signed, &mac).is_ok())
    })
}

#[tokio::test]
async fn m11_a_payment_is_told_with_what_the_merchant_needs_and_signed_with_every_secret() {
    let mut shop = Shop::open().await;
    shop.world.reconfigure(SECRET, &format!("{NEXT_SECRET}\", \"{SECRET}")).await;
    let (id, number) = shop.paid(PAYER).await;
    assert_eq!(shop.round().await, 1);
    let got = shop.receiver.got().pop().expect("one");
    assert!(verifies(&got, SECRET) && verifies(&got, NEXT_SECRET), "{got:?}");
    let other = format!("whsec_{}", STANDARD.encode([7; 32]));
    assert!(!verifies(&got, &other));
    let sent: u64 = got.header("webhook-timestamp").parse().expect("a number");
    assert!(shop.world.time.seconds() - sent < 60);
    assert_eq!((got.path.as_str(), got.header("content-type")), ("/hooks", "application/json"));
    let transaction = shop.world.wechat.transaction(&number);
    assert_eq!(
        got.json["data"],
        json!({
            "orderId": id.as_str(), "outTradeNo": number, "amount": 6800, "currency": "CNY", "openid": PAYER,
            "items": [{"sku": "longjing-50g", "quantity": 1}],
            "transactionId": transaction["transaction_id"], "paidAt": transaction["success_time"],
        })
    );
    assert_eq!(got.what(), event("order.paid", 1));
    assert!(text(&got.json["timestamp"]).ends_with('Z'), "{}", got.json);
    assert_eq!(shop.round().await, 0, "once");
}

#[tokio::test]
async fn m11_what_follows_waits_until_what_came_before_is_acknowledged() {
    let shop = Shop::open().await;
    let (id, number) = shop.paid(PAYER).await;
    shop.receiver.answer_next([Answer::Status(500), Answer::Status(503)]);
    assert_eq!(shop.round().await, 1);
    let amount = Fen::new(6800).expect("positive");
    let refund = RefundOrder { out_refund_no: "r-1".to_owned(), of: Of::Kept, amount, reason: "缺货".to_owned() };
    shop.world.checkout.refund(&id, refund).await.expect("decided");
    jobs::refunds(&shop.world.checkout).await.expect("a round");
    shop.world.wechat.end_refund("r-1", "SUCCESS");
    assert_eq!(shop.world.notify_of_refund("r-1").await.status, StatusCode::NO_CONTENT);
    assert_eq!(shop.round().await, 0, "the first is not due again yet");
    shop.world.time.forward(6_000);
    assert_eq!(shop.round().await, 1);
    assert_eq!(shop.round().await, 0);
    shop.world.time.forward(36_000);
    assert_eq!(shop.round().await, 2, "acknowledged, and the next follows at once");
    let paid = || event("order.paid", 1);
    assert_eq!(shop.receiver.heard(), [paid(), paid(), paid(), event("refund.succeeded", 2)]);

    let got = shop.receiver.got();
    for again in &got[1..3] {
        assert_eq!((again.id(), &again.body), (got[0].id(), &got[0].body), "the same name and the same bytes");
        assert_ne!(again.header("webhook-timestamp"), got[0].header("webhook-timestamp"), "signed anew");
        assert!(verifies(again, SECRET));
    }
    assert_ne!(got[3].id(), got[0].id());
    let data = &got[3].json["data"];
    assert_eq!(
        (&data["outRefundNo"], &data["refund"], &data["refundedAmount"], &data["stage"], &data["why"]),
        (&json!("r-1"), &json!(6800), &json!(6800), &json!("success"), &json!("operator"))
    );
    assert_eq!((&data["orderId"], &data["outTradeNo"]), (&json!(id.as_str()), &json!(number)));
}

#[tokio::test]
async fn m11_every_kind_of_news_has_its_type() {
    let shop = Shop::open().await;
    let (id, number) = shop.paid(PAYER).await;
    shop.paid_again(&number, "second-1").await;
    shop.world.wechat.twist(&number, json!({"transaction_id": "odd-1", "amount": {"total": 1, "currency": "CNY"}}));
    shop.world.notify_of(&number).await;
    shop.round().await;
    let got = shop.receiver.got();
    let kinds = [event("order.paid", 1), event("order.paid_twice", 2), event("payment.unmatched", 3)];
    assert_eq!(shop.receiver.heard(), kinds);
    let data = &got[1].json["data"];
    assert_eq!((&data["transactionId"], &data["outRefundNo"]), (&json!("second-1"), &json!("dup-second-1")));
    assert_eq!(data["keptTransactionId"], got[0].json["data"]["transactionId"]);
    let data = &got[2].json["data"];
    assert_eq!(
        (&data["orderId"], &data["received"], &data["misfit"]),
        (&json!(id.as_str()), &json!(1), &json!("amount"))
    );

    let (_, number) = shop.order("oAnother").await;
    shop.world.wechat.set(&number, "CLOSED");
    shop.world.notify_of(&number).await;
    shop.world.time.forward(HOUR);
    jobs::round(&shop.world.checkout).await.expect("a round");
    shop.world.wechat.set(&number, "SUCCESS");
    shop.world.notify_of(&number).await;
    shop.round().await;
    assert_eq!(shop.receiver.heard()[3..], [event("order.closed", 1), event("order.paid_late", 2)]);
    let data = &shop.receiver.got()[4].json["data"];
    assert_eq!((&data["latePayment"], &data["amount"]), (&json!("refund"), &json!(6800)));
    assert_eq!(text(&data["outRefundNo"]), format!("late-{}", text(&data["transactionId"])));
}

#[tokio::test]
async fn m11_only_2xx_is_an_acknowledgement() {
    let shop = Shop::open().await;
    let (id, _) = shop.paid(PAYER).await;
    let refusals = [Answer::Status(400), Answer::Status(401), Answer::Elsewhere, Answer::Status(429)];
    shop.receiver.answer_next(refusals);
    for _ in 0..4 {
        assert_eq!(shop.round().await, 1);
        assert!(matches!(shop.states(&id).await[0], LetterState::Due { .. }));
        shop.world.time.forward(HOUR);
    }
    assert_eq!(shop.round().await, 1);
    assert!(matches!(shop.states(&id).await[0], LetterState::Delivered { .. }));
    assert!(shop.receiver.got().iter().all(|got| got.path == "/hooks"), "a redirect is not followed");
    let letter = shop.world.checkout.store.letters_of(&id).await.expect("read").remove(0);
    assert_eq!((letter.tries, letter.last.expect("tried").status), (5, Some(204)));
}

#[tokio::test]
async fn m11_a_2xx_with_a_body_without_an_end_is_an_acknowledgement() {
    let shop = Shop::open().await;
    let (id, _) = shop.paid(PAYER).await;
    shop.receiver.answer_next([Answer::Endless]);
    assert_eq!(shop.round().await, 1);
    assert!(matches!(shop.states(&id).await[0], LetterState::Delivered { .. }));
}

#[tokio::test]
async fn m11_a_receiver_that_is_gone_gets_no_more_and_its_letter_is_dead() {
    let shop = Shop::open().await;
    let (id, number) = shop.paid(PAYER).await;
    shop.receiver.answer_next([Answer::Status(410)]);
    shop.round().await;
    shop.paid_again(&number, "second-1").await;
    shop.world.time.forward(100 * HOUR);
    assert_eq!(shop.round().await, 0);
    assert_eq!(shop.states(&id).await, [LetterState::Dead { behind: 1 }, LetterState::Behind]);
}

#[tokio::test]
async fn m11_an_exhausted_ladder_is_a_dead_letter_that_stops_its_order_only() {
    let shop = Shop::open().await;
    let (bad, number) = shop.paid("oBad").await;
    shop.receiver.answer_of(bad.as_str(), Answer::Status(500));
    let mut tries = 0;
    while !matches!(shop.states(&bad).await[0], LetterState::Dead { .. }) {
        tries += shop.round().await;
        shop.world.time.forward(27 * HOUR);
    }
    assert_eq!(tries, 11);
    shop.paid_again(&number, "second-1").await;
    let (good, _) = shop.paid("oGood").await;
    assert_eq!(shop.round().await, 1);
    assert!(matches!(shop.states(&good).await[0], LetterState::Delivered { .. }));
    let standing = shop.world.checkout.store.standing(Channel::Webhook).await.expect("read");
    assert_eq!((standing.waiting, standing.dead), (2, 1));
}

#[tokio::test]
async fn m11_a_receiver_that_never_answers_is_given_up_after_a_while_and_asked_again() {
    let shop = Shop::open().await;
    let (id, _) = shop.paid(PAYER).await;
    shop.receiver.answer_next([Answer::Held(Arc::new(Semaphore::new(0)))]);
    assert_eq!(shop.round().await, 1);
    let letter = shop.world.checkout.store.letters_of(&id).await.expect("read").remove(0);
    let last = letter.last.expect("tried");
    assert_eq!((last.status, last.error.as_deref()), (None, Some("no answer in time")));
    shop.world.time.forward(6_000);
    assert_eq!(shop.round().await, 1);
    let got = shop.receiver.got();
    assert_eq!((got.len(), got[0].id()), (2, got[1].id()));
}

#[tokio::test]
async fn m11_nobody_there_is_asked_again() {
    let mut shop = Shop::open().await;
    let listens = std::fs::read_to_string(shop.world.directory.path().join("server.toml")).expect("readable");
    let url = listens.lines().find(|line| line.starts_with("url = ")).expect("an address").to_owned();
    shop.world.reconfigure(&url, "url = \"http://127.0.0.1:9/hooks\"").await;
    let (id, _) = shop.paid(PAYER).await;
    assert_eq!(shop.round().await, 1);
    let letter = shop.world.checkout.store.letters_of(&id).await.expect("read").remove(0);
    assert_eq!(letter.last.expect("tried").error.as_deref(), Some("no connection"));
    // The address is corrected: what waits goes there.
    shop.world.reconfigure("url = \"http://127.0.0.1:9/hooks\"", &url).await;
    shop.world.time.forward(6_000);
    assert_eq!(shop.round().await, 1);
    assert_eq!(shop.receiver.heard(), [event("order.paid", 1)]);
}

#[tokio::test]
async fn m11_without_a_webhook_nothing_is_sent_and_old_news_is_not_sent_later() {
    let mut world = World::new().await;
    let (receiver, url) = Receiver::listen().await;
    let token = world.login(PAYER).await;
    world.buy(&token, "key-1").await;
    let number = world.wechat.number();
    world.wechat.set(&number, "SUCCESS");
    world.notify_of(&number).await;
    assert_eq!(world.checkout.outbox.round().await.expect("a round"), 0);
    let section = format!("[webhook]\nurl = \"{url}\"\nsecrets = [\"{SECRET}\"]\n\n[session]");
    world.reconfigure("[session]", &section).await;
    let mut shop = Shop { world, receiver };
    assert_eq!(shop.round().await, 0);
    shop.paid_again(&number, "second-1").await;
    assert_eq!(shop.round().await, 1);
    assert_eq!(shop.receiver.heard(), [event("order.paid_twice", 2)], "numbers go on where they were");
    // Taken out for a while: what happens then waits.
    shop.world.reconfigure(&section, "[session]").await;
    shop.paid_again(&number, "third-1").await;
    assert_eq!(shop.round().await, 0);
    shop.world.reconfigure("[session]", &section).await;
    assert_eq!(shop.round().await, 1);
    assert_eq!(shop.receiver.heard()[1], event("order.paid_twice", 3));
}

#[tokio::test]
async fn m11_an_order_of_the_merchants_own_is_told_by_its_name_there() {
    let mut shop = Shop::open().await;
    let key = "8899aabbccddeeff00112233445566778899aabbccddeeff0011223344556677";
    shop.world.reconfigure("[session]", &format!("[order_tokens]\nkeys = [\"{key}\"]\n\n[session]")).await;
    let token = order_token(key, &shop.world);
    let session = shop.world.login(PAYER).await;
    let body = json!({"orderToken": token, "expectedAmount": 12_345});
    let made = shop.world.create(&session, "key-1", &body).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.json);
    let number = shop.world.wechat.number();
    shop.world.wechat.set(&number, "SUCCESS");
    shop.world.notify_of(&number).await;
    shop.round().await;
    let data = shop.receiver.got()[0].json["data"].clone();
    assert_eq!((&data["merchantOrderId"], &data["amount"]), (&json!("T-1"), &json!(12_345)));
    assert!(data.get("openid").is_none() && data.get("items").is_none(), "the merchant has them: {data}");
}

fn order_token(key: &str, world: &World) -> String {
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let order: Value = json!({"merchantOrderId": "T-1", "openid": PAYER, "amount": 12_345, "currency": "CNY",
        "description": "西湖龙井 50g", "expiresAtMs": world.time.ms() + 60_000});
    let key = hmac::Key::new(hmac::HMAC_SHA256, &hex::decode(key).expect("hex"));
    let signed = format!("m1.{}", URL_SAFE_NO_PAD.encode(order.to_string()));
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(hmac::sign(&key, signed.as_bytes())))
}

#[tokio::test]
async fn m11_switched_off_no_letter_waits_and_numbers_go_on() {
    let mut shop = Shop::open().await;
    let (id, number) = shop.paid(PAYER).await;
    shop.world.reconfigure("[webhook]\n", "[webhook]\nenabled = false\n").await;
    assert_eq!(shop.states(&id).await, [LetterState::PassedOver]);
    shop.paid_again(&number, "second-1").await;
    assert_eq!(shop.world.checkout.store.standing(Channel::Webhook).await.expect("read").waiting, 0);
    shop.world.reconfigure("enabled = false", "enabled = true").await;
    shop.paid_again(&number, "third-1").await;
    shop.round().await;
    assert_eq!(shop.receiver.heard(), [event("order.paid_twice", 3)]);
}
