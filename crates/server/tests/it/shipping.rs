//! WeChat is told that goods were handed over: once, and beside the webhooks.

use serde_json::{Value, json};
use wx_checkout::domain::OrderId;
use wx_checkout_server::jobs;
use wx_checkout_server::store::{Channel, Letter, LetterState};

use crate::support::receiver::Answer;
use crate::support::wechat::shipping::Mishap;
use crate::support::{APP_SECRET, PAYER};
use crate::webhooks::{Shop, event};

const SECTION: &str = "[shipping]\nupload = true\nlogistics = \"pickup\"\nitem_desc = \"茶叶\"\n\n[session]";
const UPLOAD: &str = "upload_shipping_info";

async fn shop() -> Shop {
    let mut shop = Shop::open().await;
    shop.world.reconfigure("[session]", SECTION).await;
    shop
}

fn arrange(shop: &Shop, mishaps: impl IntoIterator<Item = (&'static str, Mishap)>) {
    shop.world.wechat.shipping.lock().expect("lock").mishaps.extend(mishaps);
}

fn count(shop: &Shop, call: &str) -> usize {
    shop.world.wechat.shipping.lock().expect("lock").count(call)
}

/// What WeChat has taken about goods.
fn taken(shop: &Shop) -> Vec<Value> {
    shop.world.wechat.shipping.lock().expect("lock").taken.values().flatten().cloned().collect()
}

async fn letter(shop: &Shop, order: &OrderId) -> Letter {
    let letters = shop.world.checkout.store.letters_of(order).await.expect("read");
    letters.into_iter().find(|letter| letter.channel == Channel::Shipping).expect("one about goods")
}

#[tokio::test]
async fn a_paid_order_is_told_to_wechats_shipping_desk_once() {
    let shop = shop().await;
    let (id, number) = shop.paid(PAYER).await;
    assert_eq!(shop.round().await, 2);
    let transaction = shop.world.wechat.transaction(&number);
    let uploads = taken(&shop);
    assert_eq!(uploads.len(), 1);
    let mut upload = uploads[0].clone();
    upload["upload_time"].take();
    assert_eq!(
        upload,
        json!({
            "order_key": {"order_number_type": 2, "transaction_id": transaction["transaction_id"]},
            "logistics_type": 4, "delivery_mode": 1, "shipping_list": [{"item_desc": "西湖龙井 50g*1"}],
            "upload_time": null, "payer": {"openid": PAYER},
        })
    );
    assert!(matches!(letter(&shop, &id).await.state, LetterState::Delivered { .. }));
    assert_eq!(shop.receiver.heard(), [event("order.paid", 1)], "it has no number among the webhooks");
    assert_eq!(shop.round().await, 0);
}

#[tokio::test]
async fn a_payment_that_the_shipping_desk_has_not_heard_of_yet_is_told_a_little_later() {
    let shop = shop().await;
    arrange(&shop, [("get_order", Mishap::Refuse(10_060_001)), ("get_order", Mishap::Refuse(-1))]);
    let (id, _) = shop.paid(PAYER).await;
    shop.round().await;
    let waits = letter(&shop, &id).await;
    assert!(waits.last.expect("tried").error.expect("failed").starts_with("10060001"));
    assert_eq!((count(&shop, UPLOAD), shop.receiver.heard().len()), (0, 1), "the webhooks do not wait for it");
    for _ in 0..2 {
        shop.world.time.forward(70_000);
        assert_eq!(shop.round().await, 1);
    }
    assert_eq!(taken(&shop).len(), 1);
}

/// WeChat lets an upload be changed once: a repeat because of a lost answer would use that up.
#[tokio::test]
async fn an_upload_whose_answer_was_lost_is_not_made_again() {
    let shop = shop().await;
    arrange(&shop, [(UPLOAD, Mishap::DoneThenLost)]);
    let (id, _) = shop.paid(PAYER).await;
    shop.round().await;
    assert!(matches!(letter(&shop, &id).await.state, LetterState::Due { .. }));
    shop.world.time.forward(40_000);
    assert_eq!(shop.round().await, 1);
    assert!(matches!(letter(&shop, &id).await.state, LetterState::Delivered { .. }));
    assert_eq!(count(&shop, UPLOAD), 1);
}

#[tokio::test]
async fn nothing_is_uploaded_about_what_was_refunded() {
    let shop = shop().await;
    let (id, number) = shop.paid(PAYER).await;
    shop.world.wechat.refund_elsewhere("r-1", &number, 6800);
    shop.round().await;
    assert_eq!(count(&shop, UPLOAD), 0);
    assert!(matches!(letter(&shop, &id).await.state, LetterState::Delivered { .. }));
}

#[tokio::test]
async fn a_token_is_fetched_once_and_again_when_wechat_takes_it_no_more() {
    let shop = shop().await;
    shop.paid("oOne").await;
    shop.round().await;
    shop.paid("oTwo").await;
    shop.round().await;
    assert_eq!((count(&shop, "stable_token"), taken(&shop).len()), (1, 2));
    arrange(&shop, [("get_order", Mishap::Refuse(40_001))]);
    let (id, _) = shop.paid("oThree").await;
    shop.round().await;
    assert_eq!((count(&shop, "stable_token"), taken(&shop).len()), (2, 3), "at once, in the same try");
    assert_eq!(letter(&shop, &id).await.tries, 1);
    // Before its end by our clock, a new one.
    shop.world.time.forward(7_000_000);
    shop.paid("oFour").await;
    shop.round().await;
    assert_eq!((count(&shop, "stable_token"), taken(&shop).len()), (3, 4));
}

#[tokio::test]
async fn a_token_that_is_refused_every_time_is_no_endless_loop() {
    let shop = shop().await;
    arrange(&shop, [("get_order", Mishap::Refuse(40_001)), ("get_order", Mishap::Refuse(40_001))]);
    let (id, _) = shop.paid(PAYER).await;
    shop.round().await;
    assert_eq!(count(&shop, "get_order"), 2);
    assert!(letter(&shop, &id).await.last.expect("tried").error.expect("failed").starts_with("40001"));
    arrange(&shop, [("stable_token", Mishap::Refuse(40_125))]);
    shop.world.time.forward(40_000);
    shop.world.wechat.shipping.lock().expect("lock").mishaps.push_back(("get_order", Mishap::Refuse(40_001)));
    shop.round().await;
    assert!(letter(&shop, &id).await.last.expect("tried").error.expect("failed").starts_with("40125"));
    assert!(matches!(letter(&shop, &id).await.state, LetterState::Due { .. }), "the operator mends it");
}

#[tokio::test]
async fn what_wechat_refuses_for_good_is_a_dead_letter_and_holds_up_no_webhook() {
    let shop = shop().await;
    arrange(&shop, [(UPLOAD, Mishap::Refuse(10_060_031))]);
    let (id, number) = shop.paid(PAYER).await;
    shop.round().await;
    let dead = shop.world.checkout.store.dead_letters(Channel::Shipping, 0, 9).await.expect("read");
    assert_eq!((dead.len(), dead[0].order.as_ref()), (1, Some(&id)));
    assert!(dead[0].last.as_ref().and_then(|last| last.error.as_ref()).is_some_and(|e| e.starts_with("10060031")));
    shop.paid_again(&number, "second-1").await;
    shop.round().await;
    assert_eq!(shop.receiver.heard(), [event("order.paid", 1), event("order.paid_twice", 2)]);
    shop.world.checkout.outbox.replay(&dead[0].id).await.expect("asked");
    shop.round().await;
    assert_eq!(taken(&shop).len(), 1);
}

#[tokio::test]
async fn a_webhook_that_is_not_taken_holds_up_no_upload() {
    let shop = shop().await;
    shop.receiver.answer_next([Answer::Status(410)]);
    shop.paid(PAYER).await;
    shop.round().await;
    assert_eq!(taken(&shop).len(), 1);
}

#[tokio::test]
async fn a_late_payment_that_goes_back_is_nothing_to_ship() {
    let shop = shop().await;
    let (_, number) = shop.order(PAYER).await;
    shop.world.wechat.set(&number, "CLOSED");
    shop.world.notify_of(&number).await;
    shop.world.time.forward(3_600_000);
    jobs::round(&shop.world.checkout).await.expect("a round");
    shop.world.wechat.set(&number, "SUCCESS");
    shop.world.notify_of(&number).await;
    shop.round().await;
    assert_eq!(count(&shop, "get_order"), 0);
}

#[tokio::test]
async fn without_the_setting_nothing_is_uploaded_and_nothing_afterwards() {
    let mut shop = Shop::open().await;
    shop.paid("oBefore").await;
    shop.round().await;
    shop.world.reconfigure("[session]", SECTION).await;
    shop.round().await;
    assert_eq!(count(&shop, "get_order"), 0);
    shop.world.reconfigure(SECTION, "[session]").await;
    shop.paid("oMeanwhile").await;
    shop.round().await;
    assert_eq!(count(&shop, "get_order"), 0);
    shop.world.reconfigure("[session]", SECTION).await;
    shop.round().await;
    assert_eq!(taken(&shop).len(), 1, "what was paid meanwhile has waited");
}

#[tokio::test]
async fn switched_off_nothing_waits_and_nothing_is_uploaded_when_it_is_switched_on_again() {
    let mut shop = shop().await;
    arrange(&shop, [(UPLOAD, Mishap::Refuse(10_060_031))]);
    let (dead, _) = shop.paid("oDead").await;
    shop.round().await;
    let (waits, _) = shop.paid("oWaits").await;
    shop.world.reconfigure("upload = true", "upload = false").await;
    let standing = shop.world.checkout.store.standing(Channel::Shipping).await.expect("read");
    assert_eq!((standing.waiting, standing.dead, standing.oldest_ms), (0, 0, None));
    for order in [&dead, &waits] {
        assert_eq!(letter(&shop, order).await.state, LetterState::PassedOver);
    }
    let (id, _) = shop.paid("oMeanwhile").await;
    shop.round().await;
    let letters = shop.world.checkout.store.letters_of(&id).await.expect("read");
    assert!(letters.iter().all(|letter| letter.channel == Channel::Webhook), "nothing is written that nobody sends");

    shop.world.reconfigure("upload = false", "upload = true").await;
    shop.paid("oAfterwards").await;
    shop.round().await;
    assert_eq!((count(&shop, UPLOAD), taken(&shop).len()), (2, 1), "the refused one, and what was paid afterwards");
}

#[tokio::test]
async fn an_article_that_is_sold_no_more_and_a_long_basket_have_a_description_too() {
    let mut shop = shop().await;
    shop.paid("oOne").await;
    shop.world.reconfigure("longjing-50g", "longjing-60g").await;
    shop.round().await;
    assert_eq!(taken(&shop)[0]["shipping_list"][0]["item_desc"], "茶叶");
    let long = "名".repeat(119);
    shop.world.reconfigure("西湖龙井 50g", &long).await;
    shop.world.reconfigure("longjing-60g", "longjing-50g").await;
    shop.paid("oTwo").await;
    shop.round().await;
    let uploads = taken(&shop);
    let all: Vec<&str> = uploads.iter().filter_map(|u| u["shipping_list"][0]["item_desc"].as_str()).collect();
    assert!(all.contains(&format!("{long}…").as_str()), "{all:?}");
    let said = shop.world.wechat.shipping.lock().expect("lock").calls.clone();
    let secret = said.iter().filter(|(_, asked)| asked.to_string().contains(APP_SECRET));
    assert!(secret.clone().count() > 0 && secret.clone().all(|(call, _)| call == "stable_token"));
}
