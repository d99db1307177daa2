//! A bill that is not there yet, never comes, or is not believed.

use wx_checkout_server::bills::{self, Asked, BillError, DayState, Unreadable};

use super::{HOUR, Shop, is_compared};
use crate::support::Fault;
use crate::support::wechat::bill::Spoilt;

impl Shop {
    /// What an open day says: how often it was tried, why it came to nothing, and in how many milliseconds
    /// it is tried again.
    async fn open(&self) -> (u32, String, u64) {
        match self.report().await.state {
            DayState::Open { next_ms, tries, problem } => (tries, problem, next_ms - self.world.time.ms()),
            other => panic!("the day is not open: {other:?}"),
        }
    }
}

#[tokio::test]
async fn m12_a_bill_that_is_not_believed_leaves_the_day_open_and_nothing_in_the_books() {
    let table = [
        (Spoilt::Creating, "still making"),
        (Spoilt::OtherBytes, "digest"),
        (Spoilt::CutGzip, "uncompress"),
        (Spoilt::NotGzip, "uncompress"),
        (Spoilt::CutLines, "cut off"),
        (Spoilt::OtherColumn, "商户订单号"),
        (Spoilt::WrongTotal, "other amounts"),
        (Spoilt::BadYuan, "订单金额"),
    ];
    for (spoilt, named) in table {
        let mut shop = Shop::new().await;
        let sold = shop.paid_there().await;
        let line = shop.world.wechat.paid_line(&sold.number);
        shop.world.wechat.spoilt_bill(&shop.day.to_string(), vec![line.clone()], spoilt);
        shop.morning_after();
        shop.compare().await;
        let (tries, problem, wait_ms) = shop.open().await;
        assert!(problem.contains(named), "{spoilt:?}: {problem}");
        assert_eq!((tries, wait_ms), (1, 600_000), "{spoilt:?}");
        let report = shop.report().await;
        assert_eq!((report.counts.lines, report.differences, shop.outbox().await), (0, 0, 0), "{spoilt:?}");
        assert!(shop.stored(&sold.json).await.book.received.is_empty(), "{spoilt:?}");

        assert_eq!(bills::round(&shop.world.checkout).await.expect("a round"), 0, "not at once");
        shop.world.time.forward(600_000);
        shop.compare().await;
        let (tries, _, wait_ms) = shop.open().await;
        assert_eq!((tries, wait_ms), (2, 1_800_000), "{spoilt:?}: ever more slowly");

        shop.world.wechat.bill(&shop.day.to_string(), vec![line]);
        shop.world.time.forward(1_800_000);
        assert!(is_compared(&shop.compare().await), "{spoilt:?}: the right one is taken");
        assert_eq!(shop.state(&sold).await, "paid");
    }
}

#[tokio::test]
async fn m12_no_bill_of_a_day_with_payments_is_no_bill_of_an_empty_day() {
    let mut shop = Shop::new().await;
    let sold = shop.paid_there().await;
    shop.world.notify_of(&sold.number).await;
    shop.morning_after();
    shop.compare().await;
    assert!(shop.open().await.1.contains("the books have payments"));
    let asked = bills::compare_day(&shop.world.checkout, &shop.bill(), Asked::Again).await;
    assert!(matches!(asked, Err(BillError::Missing)), "{asked:?}");
    let line = shop.world.wechat.paid_line(&sold.number);
    shop.world.wechat.bill(&shop.day.to_string(), vec![line]);
    shop.world.time.forward(HOUR);
    assert_eq!(shop.compare().await.differences, 0);
}

#[tokio::test]
async fn m12_no_bill_of_a_day_with_refunds_alone_is_no_bill_of_an_empty_day() {
    let mut shop = Shop::new().await;
    let sold = shop.paid_there().await;
    shop.world.notify_of(&sold.number).await;
    let line = shop.world.wechat.paid_line(&sold.number);
    shop.world.wechat.bill(&shop.day.to_string(), vec![line]);
    let next = shop.day.next();
    shop.at(next, 12 * HOUR);
    shop.refund(&sold, "r-1", 100).await;
    shop.at(next.next(), 12 * HOUR);
    assert!(is_compared(&shop.compare().await));
    let report = shop.report_of(next).await.expect("known");
    assert!(matches!(report.state, DayState::Open { tries: 1, .. }), "{report:?}");
}

#[tokio::test]
async fn m12_a_bill_that_is_late_is_not_taken_for_none() {
    let mut shop = Shop::new().await;
    let sold = shop.paid_there().await;
    shop.morning_after();
    shop.compare().await;
    assert!(shop.open().await.1.contains("asked again"), "the books know of no payment, and it is 10:00");
    let line = shop.world.wechat.paid_line(&sold.number);
    shop.world.wechat.bill(&shop.day.to_string(), vec![line]);
    shop.world.time.forward(HOUR);
    assert!(is_compared(&shop.compare().await));
    assert_eq!(shop.state(&sold).await, "paid");
}

#[tokio::test]
async fn m12_what_does_not_verify_ends_no_day() {
    for fault in [Fault::Unsigned, Fault::Probe, Fault::Refuse(429, "RATELIMIT_EXCEEDED"), Fault::Refuse(502, "")] {
        let mut shop = Shop::new().await;
        shop.order().await;
        shop.morning_after();
        shop.world.time.forward(HOUR);
        // The day has no trades: WeChat's own word would end it.
        for _ in 0..2 {
            shop.world.wechat.fail_next("/v3/bill/tradebill", fault.clone());
        }
        shop.compare().await;
        assert_eq!(shop.open().await.0, 1, "{fault:?}");
        shop.world.wechat.faults.lock().expect("lock").clear();
        shop.world.time.forward(HOUR);
        assert!(matches!(shop.compare().await.state, DayState::NoBill { .. }), "{fault:?}");
    }
}

#[tokio::test]
async fn m12_the_operator_hears_why_a_bill_was_not_taken() {
    let mut shop = Shop::new().await;
    let sold = shop.paid_there().await;
    let line = shop.world.wechat.paid_line(&sold.number);
    shop.world.wechat.spoilt_bill(&shop.day.to_string(), vec![line], Spoilt::OtherBytes);
    shop.morning_after();
    let asked = bills::compare_day(&shop.world.checkout, &shop.bill(), Asked::Again).await;
    let Err(error @ BillError::Unreadable(Unreadable::NotIt(_))) = asked else { panic!("{asked:?}") };
    assert!(error.is_alarming());
    let said = error.to_string();
    assert!(said.contains("nothing of it was taken") && said.contains("tried again"), "{said}");
}

#[tokio::test]
async fn m12_a_day_that_was_compared_keeps_what_it_had_when_asking_again_fails() {
    let mut shop = Shop::new().await;
    let sold = shop.paid_there().await;
    let line = shop.world.wechat.paid_line(&sold.number);
    shop.world.wechat.bill(&shop.day.to_string(), vec![line.clone()]);
    shop.morning_after();
    let before = shop.compare().await;
    assert!(is_compared(&before));
    for spoilt in [Spoilt::Creating, Spoilt::OtherBytes, Spoilt::WrongTotal] {
        shop.world.wechat.spoilt_bill(&shop.day.to_string(), vec![line.clone()], spoilt);
        let asked = bills::compare_day(&shop.world.checkout, &shop.bill(), Asked::Again).await;
        assert!(asked.is_err(), "{spoilt:?}");
        assert_eq!(shop.report().await, before, "{spoilt:?}");
    }
}

#[tokio::test]
async fn m12_a_store_that_fails_half_way_loses_no_line() {
    let mut shop = Shop::new().await;
    let sold = shop.paid_there().await;
    let line = shop.world.wechat.paid_line(&sold.number);
    shop.world.wechat.bill(&shop.day.to_string(), vec![line]);
    shop.morning_after();
    shop.world.database.execute("ALTER TABLE outbox RENAME TO outbox_away").await;
    shop.compare().await;
    assert_eq!(shop.open().await.0, 1);
    shop.world.database.execute("ALTER TABLE outbox_away RENAME TO outbox").await;
    assert!(shop.stored(&sold.json).await.book.received.is_empty(), "fact and event are one transaction");
    shop.world.time.forward(HOUR);
    let report = shop.compare().await;
    assert_eq!((is_compared(&report), report.counts.lines, report.differences), (true, 1, 1));
    assert_eq!(shop.outbox().await, 1);
}
