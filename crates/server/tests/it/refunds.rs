//! M7, M9 and M10: money that goes back, and how far it has come.

use axum::http::StatusCode;
use serde_json::{Value, json};
use wx_checkout::domain::{Fen, OrderId};
use wx_checkout_server::checkout::{RefundError, RefundOrder};
use wx_checkout_server::jobs;
use wx_checkout_server::ledger::{Of, Planned, RefundRefusal};

use crate::support::{Fault, PAYER, World, text};

const REFUNDS: &str = "POST /v3/refund/domestic/refunds";
const QUERY: &str = "GET /v3/refund/domestic/refunds";
const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;

struct Shop {
    world: World,
    token: String,
    order: Value,
    number: String,
}

impl Shop {
    /// One order, not paid yet.
    async fn open() -> Self {
        let world = World::new().await;
        let token = world.login(PAYER).await;
        let order = world.buy(&token, "key-1").await;
        let number = world.wechat.number();
        Self { world, token, order, number }
    }

    /// One order, paid and told of.
    async fn paid() -> Self {
        let shop = Self::open().await;
        shop.world.wechat.set(&shop.number, "SUCCESS");
        assert_eq!(shop.world.notify_of(&shop.number).await.status, StatusCode::NO_CONTENT);
        shop
    }

    /// WeChat tells of another payment of the same order; answers its refund's number.
    async fn paid_again(&self) -> String {
        let id = format!("second-{}", &self.number[..8]);
        self.world.wechat.twist(&self.number, json!({"transaction_id": id}));
        assert_eq!(self.world.notify_of(&self.number).await.status, StatusCode::NO_CONTENT);
        self.world.wechat.twist(&self.number, json!({}));
        format!("dup-{id}")
    }

    fn id(&self) -> OrderId {
        text(&self.order["orderId"]).try_into().expect("fits")
    }

    async fn refund(&self, number: &str, amount: u32) -> Result<Planned, RefundError> {
        let amount = Fen::new(amount).expect("positive");
        let reason = "缺货".to_owned();
        let order = RefundOrder { out_refund_no: number.to_owned(), of: Of::Kept, amount, reason };
        self.world.checkout.refund(&self.id(), order).await
    }

    /// What verify says of refunds.
    async fn seen(&self) -> (String, u64) {
        let token = text(&self.order["statusToken"]);
        let view = self.world.verify(&token, &self.order).await;
        assert_eq!(
            (&view["state"], &view["isValid"]),
            (&json!("paid"), &json!(true)),
            "refunds are facts about a paid order"
        );
        (text(&view["refund"]), view["refundedAmount"].as_u64().expect("a number"))
    }

    /// The refunds that are due have their turn; answers how many there were.
    async fn round(&self) -> usize {
        jobs::refunds(&self.world.checkout).await.expect("a round")
    }

    async fn later(&self, ms: u64) -> usize {
        self.world.time.forward(ms);
        self.round().await
    }

    async fn actions(&self, query: &'static str) -> i64 {
        self.world.number(query).await
    }
}

fn none() -> (String, u64) {
    ("none".to_owned(), 0)
}

#[tokio::test]
async fn m10_a_second_payment_goes_back_whole_under_a_number_of_its_own() {
    let shop = Shop::paid().await;
    let number = shop.paid_again().await;
    assert_eq!(
        shop.actions("SELECT count(*) FROM outbox WHERE action = 'paid_twice' AND subject LIKE 'second-%'").await,
        1
    );
    assert_eq!(shop.world.wechat.count(REFUNDS), 0, "the notification is answered first");
    assert_eq!(shop.round().await, 1);
    let sent: Value = serde_json::from_slice(&shop.world.wechat.bodies(REFUNDS)[0]).expect("JSON");
    assert_eq!(sent["out_refund_no"], number.as_str());
    assert_eq!(sent["transaction_id"], &number["dup-".len()..]);
    assert_eq!(sent["amount"], json!({"refund": 6800, "total": 6800, "currency": "CNY"}));
    assert_eq!(sent["notify_url"], "https://pay.example.com/notify/v3/refund");

    shop.world.wechat.end_refund(&number, "SUCCESS");
    assert_eq!(shop.world.notify_of_refund(&number).await.status, StatusCode::NO_CONTENT);
    assert_eq!(shop.actions("SELECT count(*) FROM outbox WHERE action = 'refunded'").await, 1);
    assert_eq!(shop.seen().await, none(), "the order keeps its payment");
    assert_eq!(shop.later(24 * HOUR).await, 0, "nothing is left to do");
}

#[tokio::test]
async fn m10_concurrent_payments_keep_one_and_send_the_others_back() {
    let shop = Shop::open().await;
    shop.world.wechat.set(&shop.number, "SUCCESS");
    let told: Vec<_> = (0..3)
        .map(|n| {
            let mut transaction = shop.world.wechat.transaction(&shop.number);
            transaction["transaction_id"] = json!(format!("second-{n}{}", &shop.number[..8]));
            shop.world.wechat.notification(&transaction)
        })
        .collect();
    let [a, b, c] = <[_; 3]>::try_from(told).expect("three");
    let replies = tokio::join!(shop.world.notify(a), shop.world.notify(b), shop.world.notify(c));
    for reply in [replies.0, replies.1, replies.2] {
        assert_eq!(reply.status, StatusCode::NO_CONTENT);
    }
    assert_eq!(shop.actions("SELECT count(*) FROM outbox WHERE action = 'paid'").await, 1);
    assert_eq!(shop.actions("SELECT count(*) FROM outbox WHERE action = 'paid_twice'").await, 2);
    assert_eq!(
        shop.actions("SELECT CAST(sum(amount) AS BIGINT) FROM refunds WHERE why = 'second' AND stage = 'due'").await,
        2 * 6800
    );
}

#[tokio::test]
async fn m10_an_empty_balance_is_tried_again_with_the_same_number_and_bytes() {
    let mut shop = Shop::paid().await;
    let number = shop.paid_again().await;
    *shop.world.wechat.balance.lock().expect("lock") = Some(100);
    assert_eq!(shop.round().await, 1);
    assert_eq!(shop.later(20 * MINUTE).await, 0, "not hammered");
    // Neither a restart nor another address of ours changes what is sent.
    shop.world.reconfigure("https://pay.example.com", "https://pay2.example.com").await;
    assert_eq!(shop.later(11 * MINUTE).await, 1);
    *shop.world.wechat.balance.lock().expect("lock") = Some(10_000);
    assert_eq!(shop.later(HOUR).await, 1);
    let bodies = shop.world.wechat.bodies(REFUNDS);
    assert_eq!(bodies.len(), 3);
    assert!(bodies.iter().all(|body| *body == bodies[0]), "a repeat differs");
    assert_eq!(shop.world.wechat.refunds.lock().expect("lock")[&number].amount, 6800);
}

#[tokio::test]
async fn m10_a_refund_whose_answer_was_lost_is_the_same_refund() {
    for fault in [Fault::DoneThen500, Fault::Unsigned, Fault::Probe, Fault::Refuse(502, ""), Fault::Refuse(429, "")] {
        let shop = Shop::paid().await;
        let number = shop.paid_again().await;
        shop.world.wechat.fail_next("domestic/refunds", fault.clone());
        shop.round().await;
        shop.later(5 * MINUTE).await;
        let bodies = shop.world.wechat.bodies(REFUNDS);
        assert!(bodies.len() >= 2 && bodies.iter().all(|body| *body == bodies[0]), "{fault:?}");
        let refunds = shop.world.wechat.refunds.lock().expect("lock");
        assert_eq!((refunds.len(), refunds[&number].amount), (1, 6800), "{fault:?}");
    }
}

#[tokio::test]
async fn m10_abnormal_and_closed_stop_and_are_told_of() {
    for state in ["ABNORMAL", "CLOSED"] {
        let shop = Shop::paid().await;
        let number = shop.paid_again().await;
        shop.round().await;
        shop.world.wechat.end_refund(&number, state);
        assert_eq!(shop.later(HOUR).await, 1, "without a notification the server asks by itself");
        assert_eq!(shop.actions("SELECT count(*) FROM outbox WHERE action = 'refund_stopped'").await, 1, "{state}");
        let calls = shop.world.wechat.count("refunds");
        assert_eq!(shop.later(48 * HOUR).await, 0);
        assert_eq!(shop.world.wechat.count("refunds"), calls, "{state} stops");
        // The operator settled it on the merchant platform.
        shop.world.wechat.end_refund(&number, "SUCCESS");
        assert_eq!(shop.world.notify_of_refund(&number).await.status, StatusCode::NO_CONTENT);
        assert_eq!(shop.actions("SELECT count(*) FROM outbox WHERE action = 'refunded'").await, 1);
    }
}

#[tokio::test]
async fn m10_what_was_refused_for_good_is_tried_until_it_is_gone() {
    let shop = Shop::paid().await;
    shop.paid_again().await;
    shop.world.wechat.fail_next("domestic/refunds", Fault::Refuse(403, "NO_AUTH"));
    assert_eq!(shop.round().await, 1);
    assert_eq!(shop.later(20 * MINUTE).await, 0, "only somebody can change that: slowly");
    assert_eq!(shop.later(11 * MINUTE).await, 1);
    assert_eq!(shop.world.wechat.refunds.lock().expect("lock").len(), 1);
}

#[tokio::test]
async fn m10_a_payment_that_was_sent_back_elsewhere_is_not_sent_back_twice() {
    let shop = Shop::paid().await;
    shop.refund("r1", 6000).await.expect("planned");
    // Before it goes out, somebody refunds on the merchant platform.
    shop.world.wechat.refund_elsewhere("elsewhere", &shop.number, 6800);
    assert_eq!(shop.world.notify_of_refund("elsewhere").await.status, StatusCode::NO_CONTENT);
    for _ in 0..8 {
        shop.later(HOUR).await;
    }
    assert_eq!(shop.world.wechat.count(REFUNDS), 0);
    assert_eq!(shop.seen().await, ("refunded".to_owned(), 6800));
    assert_eq!(shop.actions("SELECT count(*) FROM refunds WHERE stage = 'refused' AND next_ms IS NULL").await, 1);
}

#[tokio::test]
async fn m7_a_late_payment_goes_back_and_the_order_says_paid_and_refunded() {
    let shop = Shop::open().await;
    let closed = shop.world.post("/orders/close", &shop.token, &json!({"orderId": shop.order["orderId"]})).await;
    assert_eq!(closed.json["state"], "closed");
    shop.world.wechat.set(&shop.number, "SUCCESS");
    assert_eq!(shop.world.notify_of(&shop.number).await.status, StatusCode::NO_CONTENT);
    assert_eq!(shop.actions("SELECT count(*) FROM outbox WHERE action = 'paid_late'").await, 1);
    assert_eq!(shop.seen().await, ("refunding".to_owned(), 0));
    shop.round().await;
    let number = format!("late-4200{}", shop.number);
    shop.world.wechat.end_refund(&number, "SUCCESS");
    shop.later(HOUR).await;
    assert_eq!(shop.seen().await, ("refunded".to_owned(), 6800));
}

#[tokio::test]
async fn m7_an_accepted_late_payment_stays() {
    let mut shop = Shop::open().await;
    shop.world.reconfigure("[wechatpay]", "[orders]\nlate_payment = \"accept\"\n\n[wechatpay]").await;
    let order = shop
        .world
        .create(
            &shop.token,
            "key-2",
            &json!({
        "items": [{"sku": "sample-5g", "quantity": 1}], "expectedAmount": 1}),
        )
        .await;
    let id = order.json["orderId"].clone();
    let number = shop.world.wechat.trades.lock().expect("lock").keys().find(|number| **number != shop.number).cloned();
    let number = number.expect("a second order");
    shop.world.post("/orders/close", &shop.token, &json!({"orderId": id})).await;
    shop.world.wechat.set(&number, "SUCCESS");
    assert_eq!(shop.world.notify_of(&number).await.status, StatusCode::NO_CONTENT);
    assert_eq!(shop.actions("SELECT count(*) FROM outbox WHERE action = 'paid_late'").await, 1);
    assert_eq!(shop.round().await, 0);
    let view = shop.world.verify(&shop.token, &order.json).await;
    assert_eq!((&view["state"], &view["refund"]), (&json!("paid"), &json!("none")));
}

#[tokio::test]
async fn m10_partial_refunds_are_summed_and_never_exceed_the_payment() {
    let shop = Shop::paid().await;
    assert_eq!(shop.refund("r1", 6000).await.expect("planned"), Planned::Now);
    assert_eq!(shop.refund("r1", 6000).await.expect("known"), Planned::Before, "the same number is the same refund");
    assert_eq!(shop.seen().await, ("refunding".to_owned(), 0));
    let soon = shop.refund("r2", 800).await;
    assert!(matches!(soon, Err(RefundError::Refused(RefundRefusal::TooSoon { .. }))), "{soon:?}");
    shop.round().await;
    shop.world.time.forward(MINUTE);
    let over = shop.refund("r2", 801).await;
    assert!(matches!(over, Err(RefundError::Refused(RefundRefusal::OverRefund { left: 800 }))), "{over:?}");
    shop.world.wechat.end_refund("r1", "SUCCESS");
    assert_eq!(shop.world.notify_of_refund("r1").await.status, StatusCode::NO_CONTENT);
    assert_eq!(shop.seen().await, ("refunded".to_owned(), 6000));
    shop.refund("r2", 800).await.expect("planned");
    assert_eq!(shop.seen().await, ("refunding".to_owned(), 6000));
    shop.round().await;
    shop.world.wechat.end_refund("r2", "SUCCESS");
    shop.later(HOUR).await;
    assert_eq!(shop.seen().await, ("refunded".to_owned(), 6800));
    shop.world.time.forward(MINUTE);
    let nothing = shop.refund("r3", 1).await;
    assert!(matches!(nothing, Err(RefundError::Refused(RefundRefusal::OverRefund { left: 0 }))), "{nothing:?}");
}

#[tokio::test]
async fn m10_of_refunds_at_once_one_is_decided() {
    let shop = Shop::paid().await;
    let (a, b, c) = tokio::join!(shop.refund("r1", 6800), shop.refund("r2", 6800), shop.refund("r1", 6800));
    let decided = [&a, &b, &c].into_iter().filter(|outcome| matches!(outcome, Ok(Planned::Now))).count();
    assert_eq!(decided, 1, "{a:?} {b:?} {c:?}");
    assert_eq!(shop.actions("SELECT CAST(sum(amount) AS BIGINT) FROM refunds").await, 6800);
}

#[tokio::test]
async fn m10_a_refund_that_cannot_be_is_refused_in_words() {
    let shop = Shop::paid().await;
    let order = |number: &str, reason: &str| RefundOrder {
        out_refund_no: number.to_owned(),
        of: Of::Kept,
        amount: Fen::new(1).expect("positive"),
        reason: reason.to_owned(),
    };
    let nobody: OrderId = "nobody".to_owned().try_into().expect("fits");
    let unknown = shop.world.checkout.refund(&nobody, order("r1", "")).await;
    assert!(matches!(unknown, Err(RefundError::UnknownOrder)), "{unknown:?}");
    for (number, reason, wanted) in [
        ("r 1", "", "out_refund_no"),
        ("dup-r1", "", "server's own"),
        ("late-r1", "", "server's own"),
        ("r1", &*"退".repeat(27), "at most 80 bytes"),
        ("r1", "🍵", "no emoji"),
        ("r1", "a\nb", "control characters"),
    ] {
        let refused = shop.world.checkout.refund(&shop.id(), order(number, reason)).await.expect_err(number);
        let line = refused.to_string();
        assert!(line.contains(wanted) && line.contains("no money moves"), "{line}");
    }
    let unpaid = Shop::open().await;
    let nothing = unpaid.refund("r1", 1).await;
    assert!(matches!(nothing, Err(RefundError::Refused(RefundRefusal::NothingReceived))), "{nothing:?}");
    assert_eq!(shop.actions("SELECT count(*) FROM refunds").await, 0);
}

#[tokio::test]
async fn m10_a_payment_that_nobody_told_of_is_found_before_it_is_refunded() {
    let shop = Shop::open().await;
    shop.world.wechat.set(&shop.number, "SUCCESS");
    assert_eq!(shop.refund("r1", 100).await.expect("planned"), Planned::Now);
}

#[tokio::test]
async fn m10_what_wechat_refuses_for_good_frees_the_money_again() {
    let shop = Shop::paid().await;
    shop.refund("r1", 6800).await.expect("planned");
    shop.world.wechat.fail_next("domestic/refunds", Fault::Refuse(400, "PARAM_ERROR"));
    shop.round().await;
    assert_eq!(shop.world.wechat.count(QUERY), 1, "it might have it from an earlier try");
    assert_eq!(shop.actions("SELECT count(*) FROM outbox WHERE action = 'refund_stopped'").await, 1);
    assert_eq!(shop.seen().await, none());
    shop.world.time.forward(MINUTE);
    shop.refund("r2", 6800).await.expect("planned");
    shop.round().await;
    assert_eq!(shop.world.wechat.refunds.lock().expect("lock").len(), 1);
}

#[tokio::test]
async fn m10_a_refusal_of_what_wechat_has_is_no_refusal() {
    let shop = Shop::paid().await;
    shop.refund("r1", 6800).await.expect("planned");
    shop.world.wechat.fail_next("domestic/refunds", Fault::Unsigned);
    shop.round().await;
    shop.world.wechat.fail_next("domestic/refunds", Fault::Refuse(400, "INVALID_REQUEST"));
    shop.later(MINUTE).await;
    assert_eq!(shop.seen().await, ("refunding".to_owned(), 0));
    assert_eq!(shop.actions("SELECT count(*) FROM refunds WHERE stage = 'processing'").await, 1);
}

#[tokio::test]
async fn m10_that_there_is_no_such_refund_has_to_be_wechats_word() {
    let shop = Shop::paid().await;
    shop.refund("r1", 6800).await.expect("planned");
    shop.world.wechat.fail_next("domestic/refunds", Fault::Refuse(400, "PARAM_ERROR"));
    shop.world.wechat.fail_next("domestic/refunds/", Fault::Unsigned);
    shop.round().await;
    assert_eq!(shop.seen().await, ("refunding".to_owned(), 0), "the money is not free again");
}

#[tokio::test]
async fn m10_an_answer_about_another_refund_or_order_is_nonsense() {
    for twist in [json!({"out_refund_no": "another"}), json!({"out_trade_no": "another"})] {
        let shop = Shop::paid().await;
        shop.refund("r1", 6800).await.expect("planned");
        *shop.world.wechat.refund_twist.lock().expect("lock") = twist.clone();
        shop.round().await;
        assert_eq!(shop.actions("SELECT count(*) FROM refunds WHERE stage = 'due'").await, 1, "{twist}");
        assert_eq!(shop.actions("SELECT count(*) FROM refunds").await, 1, "{twist}");
        *shop.world.wechat.refund_twist.lock().expect("lock") = json!({});
        shop.later(MINUTE).await;
        assert_eq!(shop.actions("SELECT count(*) FROM refunds WHERE stage = 'processing'").await, 1, "{twist}");
    }
}

#[tokio::test]
async fn m10_a_payment_that_wechat_does_not_know_yet_is_refunded_later() {
    let shop = Shop::paid().await;
    shop.refund("r1", 6800).await.expect("planned");
    shop.world.wechat.fail_next("domestic/refunds", Fault::Refuse(404, "RESOURCE_NOT_EXISTS"));
    shop.round().await;
    assert_eq!(shop.later(MINUTE).await, 1);
    assert_eq!(shop.actions("SELECT count(*) FROM refunds WHERE stage = 'processing'").await, 1);
}

#[tokio::test]
async fn m9_refund_notifications_doubled_and_out_of_order_change_nothing_twice() {
    let shop = Shop::paid().await;
    shop.refund("r1", 800).await.expect("planned");
    shop.round().await;
    shop.world.wechat.end_refund("r1", "ABNORMAL");
    let early = shop.world.wechat.refund_notification("r1");
    shop.world.wechat.end_refund("r1", "SUCCESS");
    let late = shop.world.wechat.refund_notification("r1");
    let at = "/notify/v3/refund";
    let replies = tokio::join!(
        shop.world.notify_at(at, late.clone()),
        shop.world.notify_at(at, late),
        shop.world.notify_at(at, early)
    );
    for reply in [replies.0, replies.1, replies.2] {
        assert_eq!(reply.status, StatusCode::NO_CONTENT);
    }
    assert_eq!(shop.seen().await, ("refunded".to_owned(), 800));
    assert_eq!(shop.actions("SELECT count(*) FROM outbox WHERE action = 'refunded'").await, 1);
    assert_eq!(shop.actions("SELECT count(*) FROM notifications WHERE route = 'v3/refund'").await, 3, "all are kept");
}

#[tokio::test]
async fn m9_a_refund_made_on_the_merchant_platform_is_seen() {
    let shop = Shop::paid().await;
    shop.world.wechat.refund_elsewhere("elsewhere", &shop.number, 300);
    assert_eq!(shop.world.notify_of_refund("elsewhere").await.status, StatusCode::NO_CONTENT);
    assert_eq!(shop.seen().await, ("refunded".to_owned(), 300));
    assert_eq!(shop.round().await, 0, "it is nobody's task here");
}

#[tokio::test]
async fn m8_a_refund_of_no_order_here_is_kept_and_changes_nothing() {
    let shop = Shop::paid().await;
    shop.world.wechat.refund_elsewhere("elsewhere", &shop.number, 300);
    let told = shop.world.wechat.told_refund("elsewhere", true).expect("a refund");
    let twists = [json!({"out_trade_no": "nobody-made-this"}), json!({"mchid": "1900000002"})];
    for twist in twists {
        let mut told = told.clone();
        for (name, value) in twist.as_object().expect("an object") {
            told[name] = value.clone();
        }
        let notification = shop.world.wechat.sealed("REFUND.SUCCESS", "refund", &told);
        assert_eq!(shop.world.notify_at("/notify/v3/refund", notification).await.status, StatusCode::NO_CONTENT);
    }
    assert_eq!(shop.actions("SELECT count(*) FROM notifications").await, 3);
    assert_eq!(shop.actions("SELECT count(*) FROM refunds").await, 0);
    assert_eq!(shop.seen().await, none());
}

#[tokio::test]
async fn at_rest_money_received_minus_refunded_is_what_orders_keep() {
    let shop = Shop::paid().await;
    let second = shop.paid_again().await;
    shop.refund("r1", 800).await.expect("planned");
    shop.round().await;
    for number in [second.as_str(), "r1"] {
        shop.world.wechat.end_refund(number, "SUCCESS");
        shop.world.notify_of_refund(number).await;
    }
    let received =
        shop.actions("SELECT CAST(sum(o.amount) AS BIGINT) FROM payments p JOIN orders o ON o.id = p.order_id").await;
    let refunded = shop.actions("SELECT CAST(sum(amount) AS BIGINT) FROM refunds WHERE stage = 'success'").await;
    assert_eq!((received, refunded), (2 * 6800, 6800 + 800));
    assert_eq!(shop.seen().await, ("refunded".to_owned(), 800));
    assert_eq!(received - refunded, 6800 - 800, "one payment, less what of it went back");
}
