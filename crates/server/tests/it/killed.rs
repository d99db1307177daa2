//! A server that is killed with something in its hands, beside another one on the same database: nobody
//! else touches it until the lease ends, then the other one goes on, and nothing happens twice. The killed
//! one is a process of its own; on PostgreSQL this is how servers share a database.

use std::sync::Arc;

use serde_json::json;
use tokio::sync::Notify;
use wx_checkout_server::bills::{self, BillOf, Day, DayState};
use wx_checkout_server::jobs;
use wx_checkout_server::ledger::Stage;

use crate::support::process::Server;
use crate::support::{Fault, PAYER, World, assert_problem, tea, text};

/// Time goes on until every lease has ended, by the database's clock.
async fn leases_end(world: &World) {
    world.database.execute("UPDATE leases SET until_ms = 1").await;
}

impl World {
    /// The program, beside this one; WeChat does not answer its first call of this path until the gate opens.
    async fn process_held_at(&self, path: &'static str) -> (Server, Arc<Notify>) {
        let gate = Arc::new(Notify::new());
        self.wechat.fail_next(path, Fault::Hold(Arc::clone(&gate)));
        (Server::start(&self.directory.path().join("server.toml")).await, gate)
    }

    async fn arrival(&self, word: &str) {
        loop {
            let arrived = self.wechat.arrived.notified();
            if self.wechat.count(word) > 0 {
                return;
            }
            arrived.await;
        }
    }
}

#[tokio::test]
async fn m3_a_server_killed_while_it_asks_for_a_prepay_leaves_it_to_the_other_after_the_lease() {
    let world = World::new().await;
    let token = world.login(PAYER).await;
    let (server, gate) = world.process_held_at("/jsapi").await;
    let body = tea();
    tokio::select! {
        answer = server.post("/payments/create", &token, "key-1", &body) => panic!("WeChat does not answer: {answer}"),
        () = world.arrival("/jsapi") => {}
    }
    server.kill().await;
    let early = world.create(&token, "key-1", &tea()).await;
    assert_problem(&early, 409, "in_progress");
    assert_eq!(world.wechat.count("/jsapi"), 1, "nobody else asks while the lease lasts");
    // WeChat does what it was asked for; nobody hears of it.
    gate.notify_one();
    leases_end(&world).await;
    let order = world.buy(&token, "key-1").await;
    let bodies = world.wechat.bodies("/jsapi");
    assert_eq!((bodies.len(), &bodies[0]), (2, &bodies[1]), "the same bytes, under the same number");
    world.wechat.pay(crate::support::APPID, &order["payment"]).expect("the sheet opens and is paid");
    world.notify_of(&world.wechat.number()).await;
    assert_eq!(world.verify(&token, &order).await["state"], "paid");
    assert_eq!(world.number("SELECT count(*) FROM orders").await, 1);
}

#[tokio::test]
async fn m5_a_server_killed_while_it_looks_after_an_order_leaves_it_to_the_other_after_the_lease() {
    let world = World::new().await;
    let token = world.login(PAYER).await;
    let order = world.buy(&token, "key-1").await;
    world.wechat.set(&world.wechat.number(), "SUCCESS");
    world.database.execute("UPDATE orders SET looked_ms = looked_ms - 100000").await;
    let (server, gate) = world.process_held_at("out-trade-no").await;
    world.arrival("out-trade-no").await;
    server.kill().await;
    gate.notify_one();
    world.time.forward(40_000);
    assert_eq!(jobs::round(&world.checkout).await.expect("a round"), 1);
    assert_eq!(world.wechat.count("out-trade-no"), 1, "the killed one still has the care");
    leases_end(&world).await;
    world.time.forward(40_000);
    assert_eq!(jobs::round(&world.checkout).await.expect("a round"), 1);
    assert_eq!(world.wechat.count("out-trade-no"), 2);
    assert_eq!(world.verify(&token, &order).await["state"], "paid");
    assert_eq!(world.number("SELECT count(*) FROM outbox WHERE action = 'paid'").await, 1);
}

#[tokio::test]
async fn m10_a_server_killed_with_a_refund_in_its_hands_sends_nothing_back_twice() {
    let world = World::new().await;
    let token = world.login(PAYER).await;
    let order = world.buy(&token, "key-1").await;
    let number = world.wechat.number();
    world.wechat.set(&number, "SUCCESS");
    world.notify_of(&number).await;
    world.wechat.twist(&number, json!({ "transaction_id": format!("second-{}", &number[..8]) }));
    world.notify_of(&number).await;
    world.wechat.twist(&number, json!({}));
    let refund = format!("dup-second-{}", &number[..8]);
    let (server, gate) = world.process_held_at("/v3/refund").await;
    world.arrival("POST /v3/refund").await;
    server.kill().await;
    // WeChat takes it; nobody hears of it.
    gate.notify_one();
    assert_eq!(jobs::refunds(&world.checkout).await.expect("a round"), 0, "the killed one still has it");
    world.time.forward(180_000);
    assert_eq!(jobs::refunds(&world.checkout).await.expect("a round"), 1);
    let bodies = world.wechat.bodies("POST /v3/refund");
    assert_eq!((bodies.len(), &bodies[0]), (2, &bodies[1]), "the same bytes, under the same number");
    world.wechat.end_refund(&refund, "SUCCESS");
    world.time.forward(60_000);
    jobs::refunds(&world.checkout).await.expect("a round");
    let id = text(&order["orderId"]).try_into().expect("fits");
    let stored = world.checkout.store.by_id(&id).await.expect("read").expect("there");
    assert_eq!(stored.book.refunds.len(), 1);
    assert_eq!(stored.book.refunds[&refund].stage, Stage::Success);
    assert_eq!(world.wechat.refunds.lock().expect("lock").len(), 1, "WeChat has one refund");
    assert_eq!(world.number("SELECT count(*) FROM outbox WHERE action = 'refunded'").await, 1);
}

#[tokio::test]
async fn m12_a_server_killed_with_a_bill_in_its_hands_leaves_the_day_to_the_other_after_the_lease() {
    let world = World::new().await;
    let token = world.login(PAYER).await;
    let order = world.buy(&token, "key-1").await;
    let number = world.wechat.number();
    let day = Day::last_ready(world.time.ms());
    world.wechat.set(&number, "SUCCESS");
    world.wechat.twist(&number, json!({ "success_time": format!("{day}T12:00:00+08:00") }));
    world.wechat.bill(&day.to_string(), vec![world.wechat.paid_line(&number)]);
    // So that the day is one of this shop's, and nobody asks about the order by another way.
    world
        .database
        .execute("UPDATE orders SET created_ms = created_ms - 172800000, looked_ms = looked_ms + 86400000")
        .await;
    let (server, gate) = world.process_held_at("/v3/billdownload").await;
    world.arrival("/v3/billdownload").await;
    server.kill().await;
    gate.notify_one();
    let account = bills::accounts(&world.checkout).remove(0);
    let report = async || {
        let bill = BillOf { account: account.clone(), day };
        bills::report(&world.checkout, &bill).await.expect("read").expect("known")
    };
    bills::round(&world.checkout).await.expect("a round");
    assert!(matches!(report().await.state, DayState::Open { tries: 0, .. }), "the killed one still has the day");
    leases_end(&world).await;
    bills::round(&world.checkout).await.expect("a round");
    let report = report().await;
    assert!(matches!(report.state, DayState::Compared { .. }), "{report:?}");
    assert_eq!((report.counts.ours, report.differences, report.run), (1, 1, 1));
    assert_eq!(world.verify(&text(&order["statusToken"]), &order).await["state"], "paid");
    assert_eq!(world.number("SELECT count(*) FROM outbox WHERE action = 'paid'").await, 1);
}
