//! M11: many orders, several servers, and how they end.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;
use tokio::sync::{Semaphore, watch};
use wx_checkout_server::store::LetterState;

use crate::support::PAYER;
use crate::support::receiver::Answer;
use crate::webhooks::Shop;

/// More orders hang, and hang again, than there are places for repeats: the others do not wait for them.
#[tokio::test]
async fn m11_orders_that_hang_hold_up_no_others() {
    let shop = Shop::open().await;
    let gate = Arc::new(Semaphore::new(0));
    for number in 0..12 {
        let (id, _) = shop.paid(&format!("oHanging{number}")).await;
        shop.receiver.answer_of(id.as_str(), Answer::Status(500));
        shop.round().await;
        shop.receiver.answer_of(id.as_str(), Answer::Held(Arc::clone(&gate)));
    }
    // From now on they hang, for longer than the rest takes: the server itself would wait a minute.
    let mut shop = shop;
    shop.world.reconfigure("timeout_seconds = 1\n", "timeout_seconds = 60\n").await;
    shop.world.time.forward(10_000);
    let (stop, stopping) = watch::channel(false);
    let checkout = Arc::clone(&shop.world.checkout);
    let telling = tokio::spawn(async move { checkout.outbox.run(stopping).await });
    shop.receiver.until(|got| got.len() >= 12 + 8).await;
    let mut good = vec![];
    for number in 0..20 {
        good.push(shop.paid(&format!("oGood{number}")).await.0);
    }
    shop.receiver.until(|got| good.iter().all(|id| got.iter().any(|got| got.order() == id.as_str()))).await;
    assert_eq!(shop.receiver.got().len(), 12 + 8 + 20, "no more than eight of those that hang are asked at once");
    gate.add_permits(100);
    stop.send_replace(true);
    telling.await.expect("ends");
}

#[tokio::test]
async fn m11_a_first_try_that_hangs_holds_up_no_other() {
    let mut shop = Shop::open().await;
    shop.world.reconfigure("timeout_seconds = 1\n", "timeout_seconds = 60\n").await;
    let gate = Arc::new(Semaphore::new(0));
    shop.receiver.answer_next([Answer::Held(Arc::clone(&gate))]);
    shop.paid("oHanging").await;
    let (stop, stopping) = watch::channel(false);
    let checkout = Arc::clone(&shop.world.checkout);
    let telling = tokio::spawn(async move { checkout.outbox.run(stopping).await });
    shop.receiver.until(|got| got.len() == 1).await;
    let (good, _) = shop.paid("oGood").await;
    shop.receiver.until(|got| got.iter().any(|got| got.order() == good.as_str())).await;
    gate.add_permits(1);
    stop.send_replace(true);
    telling.await.expect("ends");
}

#[tokio::test]
async fn m11_two_servers_send_every_letter_once_and_each_orders_in_order() {
    let shop = Shop::open().await;
    let (other, _) = shop.world.beside(Duration::ZERO).await;
    for number in 0..15 {
        let (_, number_at_wechat) = shop.paid(&format!("oPayer{number}")).await;
        shop.paid_again(&number_at_wechat, &format!("second-{number}")).await;
        shop.paid_again(&number_at_wechat, &format!("third-{number}")).await;
    }
    let (one, two) = tokio::join!(shop.round(), other.outbox.round());
    // One may have found nothing left to do while the other still had some.
    let rest = shop.round().await;
    assert_eq!(one + two.expect("a round") + rest, 45);
    let mut heard: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for got in shop.receiver.got() {
        heard.entry(got.order().to_owned()).or_default().push(got.what().1);
    }
    assert_eq!(heard.len(), 15);
    assert!(heard.values().all(|numbers| *numbers == [1, 2, 3]), "{heard:?}");
}

#[tokio::test]
async fn m11_what_is_under_way_at_the_end_is_finished_and_nothing_new_is_begun() {
    let mut shop = Shop::open().await;
    shop.world.reconfigure("timeout_seconds = 1\n", "timeout_seconds = 60\n").await;
    let (id, number) = shop.paid(PAYER).await;
    shop.paid_again(&number, "second-1").await;
    let gate = Arc::new(Semaphore::new(0));
    shop.receiver.answer_next([Answer::Held(Arc::clone(&gate))]);
    let (stop, stopping) = watch::channel(false);
    let checkout = Arc::clone(&shop.world.checkout);
    let telling = tokio::spawn(async move { checkout.outbox.run(stopping).await });
    shop.receiver.until(|got| got.len() == 1).await;
    stop.send_replace(true);
    gate.add_permits(1);
    telling.await.expect("ends");
    let states = shop.states(&id).await;
    assert!(matches!(states[..], [LetterState::Delivered { .. }, LetterState::Due { .. }]), "{states:?}");
    assert_eq!(shop.receiver.got().len(), 1);
}

/// Held for less, another server would send it, too, while the first is still at it.
#[tokio::test]
async fn m11_a_letter_is_held_for_as_long_as_its_try_may_take_and_what_writing_down_takes() {
    let mut shop = Shop::open().await;
    shop.world.reconfigure("timeout_seconds = 1\n", "timeout_seconds = 60\n").await;
    shop.paid(PAYER).await;
    let gate = Arc::new(Semaphore::new(0));
    shop.receiver.answer_next([Answer::Held(Arc::clone(&gate))]);
    let before_ms = shop.world.database.now_ms().await;
    let checkout = Arc::clone(&shop.world.checkout);
    let telling = tokio::spawn(async move { checkout.outbox.round().await });
    shop.receiver.until(|got| got.len() == 1).await;
    let until_ms = shop.world.number("SELECT held_until_ms FROM streams").await;
    assert!(until_ms - before_ms >= 60_000 + 20_000, "{}", until_ms - before_ms);
    gate.add_permits(1);
    assert_eq!(telling.await.expect("ends").expect("a round"), 1);
}

/// The program itself, killed between sending and writing down.
#[tokio::test]
async fn m11_what_was_sent_by_a_server_that_died_is_sent_again_under_the_same_name() {
    let mut shop = Shop::open().await;
    shop.world.reconfigure("timeout_seconds = 1\n", "timeout_seconds = 60\n").await;
    let (id, _) = shop.paid(PAYER).await;
    shop.receiver.answer_next([Answer::Held(Arc::new(Semaphore::new(0)))]);
    let start = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wx-checkout-server"));
        command.args(["serve", "--config"]).arg(shop.world.directory.path().join("server.toml"));
        command.stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true).spawn().expect("starts")
    };
    let mut first = start();
    shop.receiver.until(|got| got.len() == 1).await;
    first.kill().await.expect("killed");
    assert!(matches!(shop.states(&id).await[0], LetterState::Due { .. }), "nobody knows that it arrived");
    let mut second = start();
    let mut lines = BufReader::new(second.stdout.take().expect("piped")).lines();
    lines.next_line().await.expect("readable").expect("it listens");
    assert_eq!(shop.round().await, 0, "until the dead server's time is over by the database's clock, it is the dead's");
    shop.world.database.execute("UPDATE streams SET held_until_ms = 1").await;
    shop.receiver.until(|got| got.len() == 2).await;
    let got = shop.receiver.got();
    assert_eq!((got[0].id(), &got[0].body), (got[1].id(), &got[1].body));
    while !matches!(shop.states(&id).await[0], LetterState::Delivered { .. }) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn m11_a_program_that_is_stopped_finishes_what_it_is_sending() {
    let mut shop = Shop::open().await;
    shop.world.reconfigure("timeout_seconds = 1\n", "timeout_seconds = 60\n").await;
    let (id, number) = shop.paid(PAYER).await;
    shop.paid_again(&number, "second-1").await;
    let gate = Arc::new(Semaphore::new(0));
    shop.receiver.answer_next([Answer::Held(Arc::clone(&gate))]);
    let mut program = Command::new(env!("CARGO_BIN_EXE_wx-checkout-server"));
    program.args(["serve", "--config"]).arg(shop.world.directory.path().join("server.toml")).kill_on_drop(true);
    let mut child = program.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts");
    shop.receiver.until(|got| got.len() == 1).await;
    let process = child.id().expect("running").to_string();
    assert!(Command::new("kill").args(["-TERM", &process]).status().await.expect("kill").success());
    let mut log = BufReader::new(child.stderr.take().expect("piped")).lines();
    while !log.next_line().await.expect("readable").expect("it says that it stops").contains("stopping") {}
    gate.add_permits(1);
    assert_eq!(child.wait().await.expect("ends").code(), Some(0));
    let states = shop.states(&id).await;
    assert!(matches!(states[..], [LetterState::Delivered { .. }, LetterState::Due { .. }]), "{states:?}");
    assert_eq!(shop.receiver.got().len(), 1, "nothing new was begun");
}
