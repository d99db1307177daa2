//! The daily comparison with the sandbox's bill. The day after comes at once: the sandbox's clock is
//! moved, and the server's part is the library's, with a clock that is moved as far.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use wx_checkout_server::bills::{self, Asked, DayState};
use wx_checkout_server::checkout::Checkout;
use wx_checkout_server::clock::Clock;
use wx_checkout_server::config::Config;
use wx_checkout_server::gateway::http_client;
use wx_checkout_server::serve;

use crate::phone::sheet;
use crate::world::{Notifications, Stopped, World};

/// The server as it is started the next day, without its loops.
async fn the_day_after(stopped: &Stopped, forward_ms: u64) -> Checkout {
    let config = Config::read(&stopped.config()).expect("written by the sandbox");
    let store = config.database.open().await.expect("opens");
    let (system, http) = (Clock::system(), http_client(None).expect("a client"));
    let clock = Clock::new(move || system.now_ms() + forward_ms);
    serve::assemble(config, Arc::clone(&store), http, clock, Duration::ZERO)
}

#[tokio::test]
async fn m12_what_no_notification_told_of_stands_in_the_bill_of_the_day_and_is_booked() {
    let world = World::start(Notifications::Lost).await;
    let phone = world.phone().await;
    let paid = phone.create("key-00000001").await.ok();
    let (openid, other) = (phone.openid.clone(), world.phone().await);
    let unpaid = other.create("key-00000002").await;
    let stopped = world.kill_server().await;
    // Nobody is there to be told.
    let answer = stopped.control("pay", &sheet(&paid["payment"], &openid)).await;
    assert_eq!(answer["errMsg"], "requestPayment:ok");

    let now_ms = Clock::system().now_ms();
    let two_days = 2 * 24 * 3_600_000;
    stopped.control("clock", &json!({ "advanceMs": two_days })).await;
    let checkout = the_day_after(&stopped, two_days).await;
    assert!(bills::round(&checkout).await.expect("a round") > 0);
    let id = paid["orderId"].as_str().expect("an id").to_owned().try_into().expect("fits");
    let order = checkout.store.by_id(&id).await.expect("read").expect("there");
    assert_eq!(order.book.received.len(), 1, "paid by the bill's word: {:?}", order.book);
    let reports = bills::reports(&checkout, None, 10).await.expect("read");
    let with_lines: Vec<_> = reports.iter().filter(|report| report.counts.lines > 0).collect();
    assert_eq!(with_lines.len(), 1, "{reports:?}");
    let report = with_lines[0];
    assert!(matches!(report.state, DayState::Compared { .. }), "{report:?}");
    assert_eq!((report.counts.ours, report.differences, report.standing), (1, 1, 0), "{report:?}");
    assert!((bills::Day::of(now_ms).back(1)..=bills::Day::of(now_ms).next()).contains(&report.bill.day));
    assert!(reports.iter().all(|report| !matches!(report.state, DayState::Open { .. })), "{reports:?}");
    if let Some(id) = unpaid.body["orderId"].as_str() {
        let id = id.to_owned().try_into().expect("fits");
        let order = checkout.store.by_id(&id).await.expect("read").expect("there");
        assert!(order.settled().is_none(), "a bill closes nothing");
    }

    let again = bills::compare_day(&checkout, &report.bill, Asked::Again).await.expect("compared");
    assert_eq!((again.run, again.differences, again.standing), (2, 1, 0));
    checkout.store.close().await.expect("closed");
}
