//! Which day a bill is of, when it is asked for, and by whom.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use wx_checkout_server::bills::{self, Asked, Begun, BillError, DayState, Ended, Run, Step};
use wx_checkout_server::store::{Claimed, Duty};

use super::{HOUR, Shop, Sold, is_compared, is_open};
use crate::support::Fault;
use crate::support::wechat::bill::Line;

const SECOND: u64 = 1_000;

impl Shop {
    fn line(&self, sold: &Sold) -> Line {
        self.world.wechat.paid_line(&sold.number)
    }

    /// Lines of another system: whatever they are, they are in the way.
    fn filler(&self, like: &Line, count: usize) -> Vec<Line> {
        let line = |at| Line { number: format!("other-{at}"), transaction_id: format!("other-{at}"), ..like.clone() };
        (0..count).map(line).collect()
    }
}

#[tokio::test]
async fn m12_a_payment_at_the_last_second_of_a_day_and_one_at_the_first_of_the_next() {
    let mut shop = Shop::new().await;
    let (before, after) = (shop.order().await, shop.order().await);
    let tomorrow = shop.day.next();
    shop.at(tomorrow, 0);
    shop.world.time.forward(0);
    // 23:59:59 was a second ago; what WeChat states is what counts.
    shop.pay(&before);
    let last = format!("{}T23:59:59+08:00", shop.day);
    shop.world.wechat.twist(&before.number, serde_json::json!({ "success_time": last }));
    shop.at(tomorrow, SECOND);
    shop.pay(&after);
    for sold in [&before, &after] {
        shop.world.notify_of(&sold.number).await;
    }
    shop.world.wechat.bill(&shop.day.to_string(), vec![shop.line(&before)]);
    shop.world.wechat.bill(&tomorrow.to_string(), vec![shop.line(&after)]);
    shop.at(tomorrow.next(), 10 * HOUR);
    bills::round(&shop.world.checkout).await.expect("a round");
    for day in [shop.day, tomorrow] {
        let report = shop.report_of(day).await.expect("compared");
        assert_eq!((is_compared(&report), report.counts.ours, report.differences), (true, 1, 0), "{report:?}");
    }
}

#[tokio::test]
async fn m12_a_bill_is_asked_for_at_ten_oclock_of_the_next_day_and_once() {
    let mut shop = Shop::new().await;
    let sold = shop.paid_there().await;
    shop.world.wechat.bill(&shop.day.to_string(), vec![shop.line(&sold)]);
    shop.at(shop.day.next(), 10 * HOUR - SECOND);
    assert_eq!(bills::round(&shop.world.checkout).await.expect("a round"), 0);
    let early = bills::compare_day(&shop.world.checkout, &shop.bill(), Asked::Again).await;
    assert!(matches!(early, Err(BillError::NotYet { .. })), "{early:?}");
    assert_eq!(shop.asked(), 0);
    shop.world.time.forward(SECOND);
    assert!(is_compared(&shop.compare().await));
    for _ in 0..3 {
        shop.world.time.forward(HOUR);
        assert_eq!(bills::round(&shop.world.checkout).await.expect("a round"), 0);
    }
    shop.world.restart().await;
    assert_eq!(bills::round(&shop.world.checkout).await.expect("a round"), 0);
    assert_eq!(shop.asked(), 1, "it never runs twice for a day by itself");
    let report = shop.again().await;
    assert_eq!((report.run, shop.asked()), (2, 2), "the operator may ask for it again");
    assert_eq!((report.differences, report.standing, shop.outbox().await), (1, 0, 1), "and nothing happens twice");
}

#[tokio::test]
async fn m12_a_day_that_was_left_between_two_lines_goes_on_after_a_restart() {
    let mut shop = Shop::new().await;
    let (first, last) = (shop.paid_there().await, shop.paid_there().await);
    let like = shop.line(&first);
    let mut lines = vec![shop.line(&first)];
    lines.extend(shop.filler(&like, 150));
    lines.push(shop.line(&last));
    shop.world.wechat.bill(&shop.day.to_string(), lines);
    shop.morning_after();
    let bill = shop.bill();
    let store = Arc::clone(&shop.world.checkout.store);
    store.plan_days(&bill.account, &[bill.day], shop.world.time.ms()).await.expect("written");
    let claimed = store.claim(Duty::Bill(&bill), Duration::from_secs(600)).await.expect("asked");
    let Claimed::Held(lease) = claimed else { panic!("{claimed:?}") };
    let checkout = Arc::clone(&shop.world.checkout);
    let Begun::Run(mut run) = Run::begin(&checkout, &bill, lease, Asked::ByItself).await.expect("begins") else {
        panic!("no lines")
    };
    assert_eq!(run.step().await.expect("a step"), Step::More);
    // Here the server dies, with the day in its hands.
    drop(run);
    shop.world.restart().await;
    let report = shop.report().await;
    assert_eq!((is_open(&report), report.counts.lines, report.counts.ours), (true, 100, 1));
    assert_eq!(shop.compare().await.counts.lines, 100, "the lease has not ended");
    shop.world.database.execute("UPDATE leases SET until_ms = 1").await;
    let report = shop.compare().await;
    assert!(is_compared(&report), "{report:?}");
    assert_eq!((report.counts.lines, report.counts.ours, report.counts.others), (152, 2, 150), "no line counts twice");
    assert_eq!((report.differences, report.standing, report.run), (2, 0, 1), "what was found before is not lost");
    assert_eq!((shop.state(&first).await, shop.state(&last).await), ("paid".into(), "paid".into()));
    assert_eq!(shop.outbox().await, 2);
}

#[tokio::test]
async fn m12_another_file_than_the_one_left_half_way_is_fed_from_its_beginning() {
    let mut shop = Shop::new().await;
    let (first, last) = (shop.paid_there().await, shop.paid_there().await);
    let like = shop.line(&first);
    shop.world.wechat.bill(&shop.day.to_string(), shop.filler(&like, 150));
    shop.morning_after();
    let bill = shop.bill();
    let checkout = Arc::clone(&shop.world.checkout);
    checkout.store.plan_days(&bill.account, &[bill.day], shop.world.time.ms()).await.expect("written");
    let claimed = checkout.store.claim(Duty::Bill(&bill), Duration::ZERO).await.expect("asked");
    let Claimed::Held(lease) = claimed else { panic!("{claimed:?}") };
    let Begun::Run(mut run) = Run::begin(&checkout, &bill, lease, Asked::ByItself).await.expect("begins") else {
        panic!("no lines")
    };
    run.step().await.expect("a step");
    drop(run);
    shop.world.database.execute("UPDATE leases SET until_ms = 1").await;
    let lines = vec![shop.line(&first), shop.line(&last)];
    shop.world.wechat.bill(&shop.day.to_string(), lines);
    let report = shop.compare().await;
    assert_eq!((is_compared(&report), report.counts.lines, report.counts.ours), (true, 2, 2), "{report:?}");
}

#[tokio::test]
async fn m12_two_servers_at_once_compare_a_day_once() {
    let mut shop = Shop::new().await;
    let sold = shop.paid_there().await;
    shop.world.wechat.bill(&shop.day.to_string(), vec![shop.line(&sold)]);
    shop.morning_after();
    let (other, _) = shop.world.beside(Duration::ZERO).await;
    let gate = Arc::new(Notify::new());
    shop.world.wechat.fail_next("/v3/billdownload", Fault::Hold(Arc::clone(&gate)));
    let second = async {
        while shop.world.wechat.count("billdownload") == 0 {
            shop.world.wechat.arrived.notified().await;
        }
        bills::round(&other).await.expect("a round");
        let asked = bills::compare_day(&other, &shop.bill(), Asked::Again).await;
        assert!(matches!(asked, Err(BillError::UnderWay { .. })), "{asked:?}");
        gate.notify_one();
    };
    let (first, ()) = tokio::join!(bills::round(&shop.world.checkout), second);
    assert_eq!(first.expect("a round"), 1);
    assert!(is_compared(&shop.report().await));
    assert_eq!(bills::round(&other).await.expect("a round"), 0);
    assert_eq!((shop.asked(), shop.outbox().await), (1, 1));
}

#[tokio::test]
async fn m12_a_server_that_was_overtaken_writes_nothing_more() {
    let mut shop = Shop::new().await;
    let sold = shop.paid_there().await;
    shop.world.wechat.bill(&shop.day.to_string(), vec![shop.line(&sold)]);
    shop.morning_after();
    let bill = shop.bill();
    let checkout = Arc::clone(&shop.world.checkout);
    checkout.store.plan_days(&bill.account, &[bill.day], shop.world.time.ms()).await.expect("written");
    let claim = async || match checkout.store.claim(Duty::Bill(&bill), Duration::from_secs(600)).await.expect("asked") {
        Claimed::Held(lease) => lease,
        Claimed::Taken { .. } => panic!("taken"),
    };
    let slow = claim().await;
    let Begun::Run(mut run) = Run::begin(&checkout, &bill, slow, Asked::ByItself).await.expect("begins") else {
        panic!("no lines")
    };
    // It stalls; its lease ends, and another one takes the day over.
    shop.world.database.execute("UPDATE leases SET until_ms = 1").await;
    let quick = claim().await;
    assert_eq!(run.step().await.expect("a step"), Step::Ended(Ended::Elsewhere));
    assert_eq!((shop.report().await.counts.lines, shop.outbox().await), (0, 0));
    let begun = Run::begin(&checkout, &bill, slow, Asked::ByItself).await.expect("answered");
    assert!(matches!(begun, Begun::Ended(Ended::Elsewhere)));
    let Begun::Run(mut run) = Run::begin(&checkout, &bill, quick, Asked::ByItself).await.expect("begins") else {
        panic!("no lines")
    };
    while run.step().await.expect("a step") == Step::More {}
    assert_eq!((is_compared(&shop.report().await), shop.outbox().await), (true, 1));
}

#[tokio::test]
async fn m12_days_that_were_missed_are_made_up_for_and_no_more_than_wechat_keeps() {
    let mut shop = Shop::new().await;
    let sold = shop.paid_there().await;
    shop.world.notify_of(&sold.number).await;
    // Down for a week: the day of the sale has a bill, the others have none.
    shop.world.wechat.bill(&shop.day.to_string(), vec![shop.line(&sold)]);
    shop.at(shop.day.back(0).next(), 0);
    shop.world.time.forward(7 * 24 * HOUR);
    assert_eq!(bills::round(&shop.world.checkout).await.expect("a round"), 7);
    assert!(is_compared(&shop.report().await));
    let next = shop.report_of(shop.day.next()).await.expect("known");
    assert!(matches!(next.state, DayState::NoBill { .. }), "{next:?}");
    assert_eq!(bills::round(&shop.world.checkout).await.expect("a round"), 0, "a day without trades is over, too");
    // Down for a year.
    shop.world.time.forward(365 * 24 * HOUR);
    let asked = shop.asked();
    bills::round(&shop.world.checkout).await.expect("a round");
    assert!(shop.asked() - asked <= 90, "{}", shop.asked() - asked);
    let reports = bills::reports(&shop.world.checkout, None, 3).await.expect("read");
    assert_eq!(reports.len(), 3);
    assert!(reports[0].bill.day > reports[1].bill.day, "newest first");
    let mut forgotten = shop.day;
    (0..100).for_each(|_| forgotten = forgotten.next());
    let report = shop.report_of(forgotten).await.expect("it did not vanish");
    assert!(
        matches!(&report.state, DayState::GivenUp { problem, .. } if problem.contains("nobody asked")),
        "{report:?}"
    );
    let older = bills::reports(&shop.world.checkout, Some(shop.day.next()), 10).await.expect("read");
    assert_eq!(older.iter().map(|report| report.bill.day).collect::<Vec<_>>(), [shop.day]);
}

#[tokio::test]
async fn m12_a_day_compared_by_hand_leaves_none_of_the_days_before_it_out() {
    let mut shop = Shop::new().await;
    let sold = shop.paid_there().await;
    shop.world.wechat.bill(&shop.day.to_string(), vec![shop.line(&sold)]);
    let next = shop.bill_of(shop.day.next());
    shop.world.wechat.bill(&next.day.to_string(), vec![]);
    shop.at(next.day.next(), 11 * HOUR);
    bills::compare_day(&shop.world.checkout, &next, Asked::Again).await.expect("compared");
    assert_eq!(bills::round(&shop.world.checkout).await.expect("a round"), 1);
    assert!(is_compared(&shop.report().await));
    assert_eq!(shop.state(&sold).await, "paid");
}

#[tokio::test]
async fn m12_a_bill_that_was_never_had_is_given_up_when_wechat_has_it_no_more() {
    let mut shop = Shop::new().await;
    let sold = shop.paid_there().await;
    shop.world.notify_of(&sold.number).await;
    shop.morning_after();
    assert!(is_open(&shop.compare().await), "there is a payment, and no bill");
    shop.world.time.forward(100 * 24 * HOUR);
    let report = shop.compare().await;
    assert!(matches!(&report.state, DayState::GivenUp { problem, .. } if problem.contains("no bill")), "{report:?}");
    let asked = bills::compare_day(&shop.world.checkout, &shop.bill(), Asked::Again).await;
    assert!(matches!(asked, Err(BillError::TooOld { .. })), "{asked:?}");
}

#[tokio::test]
async fn m12_a_merchant_without_orders_has_nothing_to_compare() {
    let shop = Shop::new().await;
    shop.morning_after();
    assert_eq!(bills::round(&shop.world.checkout).await.expect("a round"), 0);
    assert_eq!(shop.asked(), 0);
}

#[tokio::test]
async fn m12_bills_of_a_former_merchant_are_compared_while_its_keys_are_here() {
    let mut shop = Shop::new().await;
    let accounts = bills::accounts(&shop.world.checkout);
    assert_eq!(accounts, [shop.bill().account]);
    let former = format!(
        "[[former_merchants]]\nmchid = \"1900000002\"\nserial = \"AB\"\nprivate_key_file = \"merchant_key.pem\"\n\
         api_v3_key = \"{}\"\npublic_key_id = \"PUB\"\npublic_key_file = \"wechatpay_public_key.pem\"\n\n[wechatpay]",
        crate::support::API_V3_KEY
    );
    shop.world.reconfigure("[wechatpay]", &former).await;
    let accounts: Vec<String> = bills::accounts(&shop.world.checkout).into_iter().map(|a| a.mchid).collect();
    assert_eq!(accounts, ["1900000001", "1900000002"]);
    let bill = bills::BillOf {
        account: bills::Account { mchid: "1900000003".to_owned(), sub_mchid: None },
        day: shop.day.back(3),
    };
    let asked = bills::compare_day(&shop.world.checkout, &bill, Asked::Again).await;
    assert!(matches!(asked, Err(BillError::NoSuchAccount { .. })), "{asked:?}");
}

#[tokio::test]
async fn m12_switched_off_nobody_asks_but_the_operator() {
    let mut shop = Shop::new().await;
    shop.world.reconfigure("[session]", "[bills]\nenabled = false\n\n[session]").await;
    let sold = shop.paid_there().await;
    shop.world.wechat.bill(&shop.day.to_string(), vec![shop.line(&sold)]);
    shop.morning_after();
    tokio::time::timeout(Duration::from_secs(60), bills::run(&shop.world.checkout)).await.expect("it ends at once");
    assert_eq!(shop.asked(), 0);
    assert!(is_compared(&shop.again().await));
}
