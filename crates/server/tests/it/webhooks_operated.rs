//! M11: what the operator can do about letters.

use std::sync::Arc;

use tokio::sync::Semaphore;
use wx_checkout_server::outbox::Replay;
use wx_checkout_server::store::{Channel, LetterState, Skip, Skipped};

use crate::support::PAYER;
use crate::support::receiver::Answer;
use crate::webhooks::{Shop, event};

fn skip() -> Skip {
    Skip { by: "Li".to_owned(), why: "told by telephone".to_owned() }
}

/// A shop with one order, whose first letter is dead, and another one behind it.
pub async fn stopped() -> (Shop, String, String) {
    let shop = Shop::open().await;
    let (id, number) = shop.paid(PAYER).await;
    shop.paid_again(&number, "second-1").await;
    shop.receiver.answer_next([Answer::Status(410)]);
    assert_eq!(shop.round().await, 1);
    let letters = shop.world.checkout.store.letters_of(&id).await.expect("read");
    assert_eq!(letters[0].state, LetterState::Dead { behind: 1 });
    (shop, letters[0].id.clone(), letters[1].id.clone())
}

#[tokio::test]
async fn m11_a_replayed_letter_goes_out_under_its_name_and_the_rest_follows() {
    let (shop, first, second) = stopped().await;
    let outbox = &shop.world.checkout.outbox;
    assert_eq!(outbox.replay(&second).await.expect("asked"), Replay::Behind);
    assert_eq!(outbox.replay("evt_none").await.expect("asked"), Replay::Unknown);
    assert_eq!(outbox.replay(&first).await.expect("asked"), Replay::Due);
    assert_eq!(shop.round().await, 2);
    let got = shop.receiver.got();
    assert_eq!(got.iter().map(|got| got.id()).collect::<Vec<_>>(), [&first, &first, &second]);
    assert_eq!(got[0].body, got[1].body);
}

#[tokio::test]
async fn m11_all_dead_letters_are_replayed_at_once_when_the_receiver_is_mended() {
    let (shop, _, _) = stopped().await;
    shop.receiver.answer_next([Answer::Status(500)]);
    shop.paid("oAnother").await;
    assert_eq!(shop.round().await, 1);
    assert_eq!(shop.world.checkout.outbox.replay_all(Channel::Webhook).await.expect("written"), 2);
    assert_eq!(shop.round().await, 3, "also the one that waited for its next try");
    assert_eq!(shop.world.checkout.store.standing(Channel::Webhook).await.expect("read").waiting, 0);
}

#[tokio::test]
async fn m11_a_replay_of_a_delivered_letter_is_the_same_letter_once_more() {
    let (shop, first, second) = stopped().await;
    let outbox = &shop.world.checkout.outbox;
    outbox.replay(&first).await.expect("asked");
    shop.round().await;
    assert_eq!(outbox.replay(&first).await.expect("asked"), Replay::SentAgain { status: 204 });
    shop.receiver.answer_next([Answer::Status(500)]);
    let refused = outbox.replay(&second).await.expect("asked");
    assert_eq!(refused, Replay::NotTaken { status: Some(500), error: "refused" });
    let got = shop.receiver.got();
    let ids: Vec<&str> = got.iter().map(|got| got.id()).collect();
    assert_eq!(ids, [&first, &first, &second, &first, &second], "nothing went out under a new name");
    assert_eq!(shop.receiver.heard()[3..], [event("order.paid", 1), event("order.paid_twice", 2)]);
    assert_eq!(shop.round().await, 0, "and the stream is where it was");
    let letter = shop.world.checkout.store.letter(&second).await.expect("read").expect("there");
    assert!(matches!(letter.state, LetterState::Delivered { .. }));
}

#[tokio::test]
async fn m11_a_replay_is_answered_also_when_the_receiver_takes_longer() {
    let (mut shop, first, _) = stopped().await;
    shop.world.checkout.outbox.replay(&first).await.expect("asked");
    shop.round().await;
    shop.world.reconfigure("timeout_seconds = 1\n", "timeout_seconds = 60\n").await;
    let gate = Arc::new(Semaphore::new(0));
    shop.receiver.answer_next([Answer::Held(Arc::clone(&gate))]);
    let (checkout, before) = (Arc::clone(&shop.world.checkout), shop.receiver.got().len());
    let replay = tokio::spawn(async move { checkout.outbox.replay(&first).await });
    shop.receiver.until(|got| got.len() > before).await;
    // Nothing else happens: time goes on to the first who waits for it.
    tokio::time::pause();
    assert_eq!(replay.await.expect("ends").expect("asked"), Replay::StillBeingSent);
    tokio::time::resume();
    gate.add_permits(1);
}

#[tokio::test]
async fn m11_a_skipped_letter_is_not_sent_and_the_order_goes_on() {
    let (shop, first, second) = stopped().await;
    let outbox = &shop.world.checkout.outbox;
    assert_eq!(outbox.skip(&second, skip()).await.expect("asked"), Skipped::Behind);
    assert_eq!(outbox.skip(&first, skip()).await.expect("asked"), Skipped::Now);
    assert_eq!(shop.round().await, 1);
    assert_eq!(shop.receiver.got()[1].id(), second);
    let letter = shop.world.checkout.store.letter(&first).await.expect("read").expect("there");
    assert_eq!(letter.state, LetterState::Skipped(skip()));
    // The operator may change their mind: it is then sent out of its turn, under its own number.
    assert_eq!(outbox.replay(&first).await.expect("asked"), Replay::SentAgain { status: 204 });
    assert_eq!(shop.receiver.heard()[2], event("order.paid", 1));
}
