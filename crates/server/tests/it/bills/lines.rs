//! What a line says, and what the books make of it.

use axum::http::StatusCode;
use serde_json::json;
use wx_checkout::domain::Fen;
use wx_checkout_server::bills::{About, Asked, What, compare_day};
use wx_checkout_server::checkout::RefundOrder;
use wx_checkout_server::jobs;
use wx_checkout_server::ledger::{Of, Stage};

use super::{HOUR, Shop, Sold, is_compared, is_open, state};
use crate::support::wechat::bill::Spoilt;
use crate::support::{MCHID, SUB_APPID, SUB_MCHID, World};

impl Shop {
    /// The day's bill has the payments of these orders and the lines of these refunds, and is compared.
    async fn billed(&self, paid: &[&Sold], refunds: &[(&str, &'static str)]) -> wx_checkout_server::bills::DayReport {
        let wechat = &self.world.wechat;
        let mut lines: Vec<_> = paid.iter().map(|sold| wechat.paid_line(&sold.number)).collect();
        lines.extend(refunds.iter().map(|(number, status)| wechat.refund_line(number, status)));
        wechat.bill(&self.day.to_string(), lines);
        self.morning_after();
        let report = self.compare().await;
        assert!(is_compared(&report), "{report:?}");
        report
    }

    pub async fn refund(&self, sold: &Sold, number: &str, amount: u32) {
        let order = RefundOrder {
            out_refund_no: number.to_owned(),
            of: Of::Kept,
            amount: Fen::new(amount).expect("positive"),
            reason: String::new(),
        };
        let id = self.stored(&sold.json).await.terms.id;
        self.world.checkout.refund(&id, order).await.expect("decided");
        jobs::refunds(&self.world.checkout).await.expect("a round");
    }
}

#[tokio::test]
async fn m12_a_bill_that_says_what_the_books_say_is_no_difference_and_no_event() {
    let mut shop = Shop::new().await;
    let sold = shop.paid_there().await;
    assert_eq!(shop.world.notify_of(&sold.number).await.status, StatusCode::NO_CONTENT);
    shop.refund(&sold, "r-1", 800).await;
    shop.world.wechat.end_refund("r-1", "SUCCESS");
    shop.world.notify_of_refund("r-1").await;
    let (before, events) = (shop.stored(&sold.json).await, shop.outbox().await);
    let report = shop.billed(&[&sold], &[("r-1", "SUCCESS")]).await;
    assert_eq!((report.counts.lines, report.counts.ours, report.differences), (2, 2, 0));
    assert_eq!((shop.stored(&sold.json).await, shop.outbox().await), (before, events));
}

#[tokio::test]
async fn m12_a_paid_line_pays_an_order_that_nobody_told_of_and_the_report_says_so() {
    let mut shop = Shop::new().await;
    let sold = shop.paid_there().await;
    let report = shop.billed(&[&sold], &[]).await;
    assert_eq!((report.differences, report.standing), (1, 0), "the books took the bill's word");
    let found = shop.difference().await;
    assert_eq!(
        (found.difference.about, &found.difference.what, found.mended),
        (About::Payment, &state("unpaid", "SUCCESS"), true)
    );
    assert_eq!(found.difference.number, format!("4200{}", sold.number));
    assert_eq!(found.difference.order_id, Some(shop.stored(&sold.json).await.terms.id));

    let queries = shop.world.wechat.count("out-trade-no");
    let book = shop.stored(&sold.json).await.book;
    assert_eq!(book.received.len(), 1);
    assert!(book.received[0].paid_at.starts_with(&shop.day.to_string()), "{:?}", book.received);
    assert_eq!(shop.state(&sold).await, "paid");
    assert_eq!(shop.world.wechat.count("out-trade-no"), queries, "by the bill's word, and no other");
    assert_eq!(shop.outbox().await, 1);
    // The notification comes after all.
    shop.world.notify_of(&sold.number).await;
    assert_eq!((shop.stored(&sold.json).await.book.received, shop.outbox().await), (book.received, 1));
}

#[tokio::test]
async fn m12_a_report_and_its_differences_are_json_for_whoever_shows_them() {
    let mut shop = Shop::new().await;
    let sold = shop.paid_there().await;
    let report = serde_json::to_value(shop.billed(&[&sold], &[]).await).expect("JSON");
    let counts = json!({"lines": 1, "ours": 1, "others": 0, "othersPaid": 0, "othersRefunded": 0, "unlisted": 0});
    let at_ms = shop.world.time.ms();
    let expected = json!({
        "mchid": MCHID, "day": shop.day.to_string(), "state": "compared", "atMs": at_ms, "run": 1, "counts": counts,
        "differences": 1, "standing": 0,
    });
    assert_eq!(report, expected);
    let found = serde_json::to_value(shop.difference().await).expect("JSON");
    let expected = json!({
        "about": "payment", "number": format!("4200{}", sold.number), "outTradeNo": sold.number,
        "orderId": sold.json["orderId"], "what": "state", "hereState": "unpaid", "thereState": "SUCCESS",
        "foundMs": at_ms, "mended": true,
    });
    assert_eq!(found, expected);
}

#[tokio::test]
async fn m12_notification_query_and_line_in_any_order_give_the_same_books() {
    let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    for order in orders {
        let mut shop = Shop::new().await;
        let sold = shop.paid_there().await;
        shop.world.wechat.bill(&shop.day.to_string(), vec![shop.world.wechat.paid_line(&sold.number)]);
        shop.morning_after();
        for step in order {
            match step {
                0 => drop(shop.world.notify_of(&sold.number).await),
                1 => drop(shop.world.checkout.view(shop.stored(&sold.json).await).await.expect("asked")),
                _ => drop(shop.compare().await),
            }
        }
        let book = shop.stored(&sold.json).await.book;
        assert_eq!((book.received.len(), book.unmatched.len(), book.refunds.len()), (1, 0, 0), "{order:?}");
        assert_eq!(shop.outbox().await, 1, "{order:?}");
        let differences = shop.differences().await.len();
        assert_eq!(differences, usize::from(order[0] == 2), "a difference only where the bill came first: {order:?}");
    }
}

#[tokio::test]
async fn m12_a_bill_never_closes_and_never_unpays() {
    let mut shop = Shop::new().await;
    let open = shop.order().await;
    let sold = shop.paid_there().await;
    shop.world.notify_of(&sold.number).await;
    let other = shop.paid_there().await;
    let report = shop.billed(&[&other], &[]).await;
    let book = shop.stored(&open.json).await.book;
    assert!(!book.closed_seen && !book.close_asked && !book.absent_seen, "{book:?}");
    assert_eq!(shop.state(&sold).await, "paid");
    assert_eq!(report.standing, 1);
    let standing = shop.differences().await.remove(0);
    assert_eq!(standing.difference.what, What::MissingThere { here: 6800, here_state: "paid".to_owned() });
    assert_eq!(standing.difference.number, format!("4200{}", sold.number));
}

#[tokio::test]
async fn m12_what_was_missing_there_and_stands_in_the_next_days_bill_is_mended() {
    let mut shop = Shop::new().await;
    let sold = shop.paid_there().await;
    shop.world.notify_of(&sold.number).await;
    let other = shop.paid_there().await;
    assert_eq!(shop.billed(&[&other], &[]).await.standing, 1);
    shop.world.wechat.bill(&shop.day.next().to_string(), vec![shop.world.wechat.paid_line(&sold.number)]);
    shop.at(shop.day.next().next(), 11 * HOUR);
    let report = shop.compare().await;
    assert_eq!((report.differences, report.standing), (2, 0), "it stays in the report, and is mended");
}

#[tokio::test]
async fn m12_what_was_behind_and_is_missing_in_another_file_is_called_missing() {
    let mut shop = Shop::new().await;
    let sold = shop.paid_there().await;
    shop.billed(&[&sold], &[]).await;
    assert_eq!(shop.difference().await.difference.what, state("unpaid", "SUCCESS"));
    shop.world.wechat.bill(&shop.day.to_string(), vec![]);
    assert_eq!(shop.again().await.standing, 1);
    let what = shop.difference().await.difference.what;
    assert_eq!(what, What::MissingThere { here: 6800, here_state: "paid".to_owned() });
}

#[tokio::test]
async fn m12_a_line_of_a_closed_order_is_a_late_payment_and_goes_back() {
    let mut shop = Shop::new().await;
    let sold = shop.order().await;
    let closed = shop.world.post("/orders/close", &sold.token, &json!({"orderId": sold.json["orderId"]})).await;
    assert_eq!(closed.json["state"], "closed", "{}", closed.json);
    shop.pay(&sold);
    shop.billed(&[&sold], &[]).await;
    let book = shop.stored(&sold.json).await.book;
    assert_eq!(book.refunds[&format!("late-4200{}", sold.number)].stage, Stage::Due);
    assert_eq!(shop.difference().await.difference.what, state("closed", "SUCCESS"));
}

#[tokio::test]
async fn m12_a_second_payment_that_only_the_bill_tells_of_goes_back() {
    let mut shop = Shop::new().await;
    let sold = shop.paid_there().await;
    shop.world.notify_of(&sold.number).await;
    let first = shop.world.wechat.paid_line(&sold.number);
    let mut second = first.clone();
    second.transaction_id = format!("second-{}", &sold.number[..8]);
    shop.world.wechat.bill(&shop.day.to_string(), vec![first, second]);
    shop.morning_after();
    let report = shop.compare().await;
    assert_eq!((report.differences, report.standing), (1, 0));
    let found = shop.difference().await.difference;
    assert_eq!(found.what, What::MissingHere { there: 6800, there_state: "SUCCESS".to_owned() });
    let book = shop.stored(&sold.json).await.book;
    assert_eq!(book.refunds[&format!("dup-second-{}", &sold.number[..8])].stage, Stage::Due);
}

#[tokio::test]
async fn m12_another_amount_is_named_and_frozen_and_counted_once() {
    let mut shop = Shop::new().await;
    let (unpaid, paid) = (shop.paid_there().await, shop.paid_there().await);
    shop.world.notify_of(&paid.number).await;
    let lines = [&unpaid, &paid].map(|sold| {
        let mut line = shop.world.wechat.paid_line(&sold.number);
        line.total = 1;
        line
    });
    shop.world.wechat.bill(&shop.day.to_string(), lines.to_vec());
    shop.morning_after();
    let report = shop.compare().await;
    assert_eq!((report.differences, report.standing), (2, 2));
    let differences = shop.differences().await;
    assert!(
        differences.iter().all(|found| found.difference.what == What::Amount { here: 6800, there: 1 }),
        "{differences:?}"
    );
    assert_eq!(shop.stored(&unpaid.json).await.book.unmatched.len(), 1, "frozen");
    let book = shop.stored(&paid.json).await.book;
    assert_eq!((book.received.len(), book.unmatched.len()), (1, 0), "what was received is not counted once more");
    assert_eq!(shop.state(&unpaid).await, "unknown", "neither paid nor unpaid");
}

#[tokio::test]
async fn m12_refunds_made_elsewhere_become_known_and_those_known_here_go_on() {
    let mut shop = Shop::new().await;
    let (one, two, three) = (shop.paid_there().await, shop.paid_there().await, shop.paid_there().await);
    for sold in [&one, &two, &three] {
        shop.world.notify_of(&sold.number).await;
    }
    shop.world.wechat.refund_elsewhere("by-hand", &one.number, 6800);
    shop.refund(&two, "r-2", 100).await;
    shop.world.wechat.end_refund("r-2", "SUCCESS");
    shop.world.wechat.refund_elsewhere("by-hand-3", &three.number, 50);
    let report = shop
        .billed(&[&one, &two, &three], &[("by-hand", "SUCCESS"), ("r-2", "SUCCESS"), ("by-hand-3", "PROCESSING")])
        .await;
    assert_eq!((report.differences, report.standing), (3, 0));
    let refund = |sold: &Sold| sold.json.clone();
    let stage = async |json: serde_json::Value, number: &str| shop.stored(&json).await.book.refunds[number].stage;
    assert_eq!(stage(refund(&one), "by-hand").await, Stage::Success);
    assert_eq!(stage(refund(&two), "r-2").await, Stage::Success);
    assert_eq!(stage(refund(&three), "by-hand-3").await, Stage::Processing, "and is asked about from now on");
    let whats: Vec<_> =
        shop.differences().await.into_iter().map(|found| (found.difference.number, found.difference.what)).collect();
    assert!(whats.contains(&("r-2".into(), state("processing", "SUCCESS"))), "{whats:?}");
    assert!(
        whats.contains(&("by-hand".into(), What::MissingHere { there: 6800, there_state: "SUCCESS".into() })),
        "{whats:?}"
    );
}

#[tokio::test]
async fn m12_a_refund_of_another_amount_is_named_and_so_is_one_that_no_bill_has() {
    let mut shop = Shop::new().await;
    let (one, two) = (shop.paid_there().await, shop.paid_there().await);
    for (sold, number) in [(&one, "r-1"), (&two, "r-2")] {
        shop.world.notify_of(&sold.number).await;
        shop.refund(sold, number, 100).await;
        shop.world.wechat.end_refund(number, "SUCCESS");
        shop.world.notify_of_refund(number).await;
    }
    let mut other = shop.world.wechat.refund_line("r-1", "SUCCESS");
    other.refund = 99;
    let paid = [&one, &two].map(|sold| shop.world.wechat.paid_line(&sold.number));
    shop.world.wechat.bill(&shop.day.to_string(), [paid.to_vec(), vec![other]].concat());
    shop.morning_after();
    let report = shop.compare().await;
    assert_eq!((report.differences, report.standing), (1, 1), "r-2 may stand in the next day's");
    assert_eq!(shop.difference().await.difference.what, What::Amount { here: 100, there: 99 });

    // The next day's has it neither.
    let next = shop.bill_of(shop.day.next());
    shop.world.wechat.bill(&next.day.to_string(), vec![]);
    shop.at(next.day.next(), 10 * HOUR);
    shop.compare().await;
    let listed = wx_checkout_server::bills::differences(&shop.world.checkout, &next, 0, 10).await.expect("read");
    assert_eq!(listed.len(), 1, "{listed:?}");
    assert_eq!((listed[0].difference.about, listed[0].difference.number.as_str()), (About::Refund, "r-2"));
    assert_eq!(listed[0].difference.what, What::MissingThere { here: 100, here_state: "success".into() });
}

/// Its bill may well have it: nothing is said of a refund before that bill was there.
#[tokio::test]
async fn m12_a_refund_is_not_missing_while_the_bill_of_its_own_day_is() {
    let mut shop = Shop::new().await;
    let sold = shop.paid_there().await;
    shop.world.notify_of(&sold.number).await;
    shop.refund(&sold, "r-1", 100).await;
    shop.world.wechat.end_refund("r-1", "SUCCESS");
    shop.world.notify_of_refund("r-1").await;
    let lines = vec![shop.world.wechat.paid_line(&sold.number), shop.world.wechat.refund_line("r-1", "SUCCESS")];
    shop.world.wechat.spoilt_bill(&shop.day.to_string(), lines.clone(), Spoilt::Creating);
    let next = shop.bill_of(shop.day.next());
    shop.world.wechat.bill(&next.day.to_string(), vec![]);
    shop.at(next.day.next(), 10 * HOUR);
    assert!(is_open(&shop.compare().await));
    let report = shop.report_of(next.day).await.expect("known");
    assert_eq!((is_compared(&report), report.differences), (true, 0), "{report:?}");

    shop.world.wechat.bill(&shop.day.to_string(), lines);
    shop.world.time.forward(HOUR);
    let report = shop.compare().await;
    assert_eq!((is_compared(&report), report.differences), (true, 0), "{report:?}");
}

#[tokio::test]
async fn m12_a_refund_is_missing_once_its_day_and_the_next_were_compared_in_whatever_order() {
    for has_it in [true, false] {
        let mut shop = Shop::new().await;
        let sold = shop.paid_there().await;
        shop.world.notify_of(&sold.number).await;
        shop.refund(&sold, "r-1", 100).await;
        shop.world.wechat.end_refund("r-1", "SUCCESS");
        shop.world.notify_of_refund("r-1").await;
        let mut lines = vec![shop.world.wechat.paid_line(&sold.number)];
        lines.extend(has_it.then(|| shop.world.wechat.refund_line("r-1", "SUCCESS")));
        shop.world.wechat.bill(&shop.day.to_string(), lines);
        let next = shop.bill_of(shop.day.next());
        shop.world.wechat.bill(&next.day.to_string(), vec![]);
        shop.at(next.day.next(), 10 * HOUR);
        // The operator asks for the later day first: nothing is known of the former one's bill.
        let later = compare_day(&shop.world.checkout, &next, Asked::Again).await.expect("compared");
        assert_eq!(later.differences, 0);
        let report = shop.compare().await;
        assert_eq!((is_compared(&report), report.standing), (true, u64::from(!has_it)), "{report:?}");
    }
}

#[tokio::test]
async fn m12_a_refund_that_another_file_of_the_day_does_not_have_is_missing_after_all() {
    let mut shop = Shop::new().await;
    let sold = shop.paid_there().await;
    shop.world.notify_of(&sold.number).await;
    shop.refund(&sold, "r-1", 100).await;
    shop.world.wechat.end_refund("r-1", "SUCCESS");
    shop.world.notify_of_refund("r-1").await;
    assert_eq!(shop.billed(&[&sold], &[("r-1", "SUCCESS")]).await.differences, 0);
    shop.world.wechat.bill(&shop.day.to_string(), vec![shop.world.wechat.paid_line(&sold.number)]);
    assert_eq!(shop.again().await.differences, 0, "it may stand in the next day's");
    let next = shop.day.next();
    shop.world.wechat.bill(&next.to_string(), vec![]);
    shop.at(next.next(), 10 * HOUR);
    shop.compare().await;
    assert_eq!(shop.report_of(next).await.expect("known").standing, 1);
}

#[tokio::test]
async fn m12_a_refund_in_another_accounts_name_is_named_and_not_booked() {
    let mut shop = Shop::new().await;
    let sold = shop.paid_there().await;
    shop.world.notify_of(&sold.number).await;
    shop.world.wechat.refund_elsewhere("by-hand", &sold.number, 6800);
    let mut line = shop.world.wechat.refund_line("by-hand", "SUCCESS");
    line.mchid = "1900000009".to_owned();
    let paid = shop.world.wechat.paid_line(&sold.number);
    shop.world.wechat.bill(&shop.day.to_string(), vec![paid, line]);
    shop.morning_after();
    assert_eq!(shop.compare().await.standing, 1);
    assert_eq!(shop.difference().await.difference.what, What::Misfit { here_state: "mchid".to_owned() });
    assert!(shop.stored(&sold.json).await.book.refunds.is_empty());
}

#[tokio::test]
async fn m12_a_refund_that_failed_is_asked_about_for_the_bill_has_one_word_for_two_ends() {
    let mut shop = Shop::new().await;
    let sold = shop.paid_there().await;
    shop.world.notify_of(&sold.number).await;
    shop.world.wechat.refund_elsewhere("by-hand", &sold.number, 6800);
    shop.world.wechat.end_refund("by-hand", "ABNORMAL");
    let report = shop.billed(&[&sold], &[("by-hand", "FAIL")]).await;
    assert_eq!((report.differences, report.standing), (1, 1));
    assert_eq!(shop.stored(&sold.json).await.book.refunds["by-hand"].stage, Stage::Rumoured);
    jobs::refunds(&shop.world.checkout).await.expect("a round");
    assert_eq!(shop.stored(&sold.json).await.book.refunds["by-hand"].stage, Stage::Abnormal);
    assert_eq!(shop.again().await.standing, 0, "asked for again, the books agree");
}

#[tokio::test]
async fn m12_lines_of_other_systems_are_counted_and_those_of_our_form_are_frozen() {
    let mut shop = Shop::new().await;
    let sold = shop.paid_there().await;
    shop.world.notify_of(&sold.number).await;
    let ours = shop.world.wechat.paid_line(&sold.number);
    let mut other = ours.clone();
    other.number = "SHOP2-0001".to_owned();
    other.transaction_id = "4200-other".to_owned();
    let mut refund = other.clone();
    refund.state = "REFUND";
    refund.total = 0;
    refund.refund = 68;
    refund.out_refund_no = "other-r".to_owned();
    refund.refund_status = "SUCCESS";
    let mut lost = ours.clone();
    lost.number = "0123456789abcdef0123456789abcdef".to_owned();
    lost.transaction_id = "4200-lost".to_owned();
    shop.world.wechat.bill(&shop.day.to_string(), vec![ours, other, refund, lost]);
    shop.morning_after();
    let events = shop.outbox().await;
    let report = shop.compare().await;
    let counts = report.counts;
    assert_eq!((counts.lines, counts.ours, counts.others), (4, 2, 2));
    assert_eq!((counts.others_paid, counts.others_refunded, counts.unlisted), (6800, 68, 0));
    let found = shop.difference().await;
    assert_eq!((found.difference.number.as_str(), found.mended, found.difference.order_id), ("4200-lost", false, None));
    assert_eq!(
        shop.world.number("SELECT count(*) FROM unmatched_payments WHERE transaction_id = '4200-lost'").await,
        1
    );
    assert_eq!(shop.outbox().await, events + 1, "the operator hears of it");
    shop.again().await;
    assert_eq!(shop.outbox().await, events + 1, "once");
}

#[tokio::test]
async fn m12_another_system_whose_numbers_look_like_ours_does_not_drown_the_report() {
    let mut shop = Shop::new().await;
    let sold = shop.paid_there().await;
    let ours = shop.world.wechat.paid_line(&sold.number);
    let strangers = (0..1005).map(|at| {
        let mut line = ours.clone();
        (line.number, line.transaction_id) = (format!("{at:032x}"), format!("4200-{at}"));
        line
    });
    shop.world.wechat.bill(&shop.day.to_string(), strangers.chain([ours.clone()]).collect());
    shop.morning_after();
    let report = shop.compare().await;
    assert!(is_compared(&report));
    assert_eq!((report.differences, report.counts.unlisted), (1001, 5));
    assert_eq!(shop.state(&sold).await, "paid");
    let again = shop.again().await;
    assert_eq!((again.differences, again.counts.unlisted), (1001, 5), "the same once more");
}

#[tokio::test]
async fn m12_a_partners_bill_is_its_sub_merchants_and_names_another_mini_program() {
    let mut world = World::new().await;
    let section =
        format!("[merchant.partner]\nsub_mchid = \"{SUB_MCHID}\"\nsub_appid = \"{SUB_APPID}\"\n\n[wechatpay]");
    world.reconfigure("[wechatpay]", &section).await;
    let mut shop = Shop::with(world);
    let sold = shop.paid_there().await;
    let mut line = shop.world.wechat.paid_line(&sold.number);
    (line.appid, line.openid) = (crate::support::APPID.to_owned(), "oOfTheServiceProvider".to_owned());
    shop.world.wechat.bill(&shop.day.to_string(), vec![line]);
    shop.morning_after();
    assert_eq!(wx_checkout_server::bills::round(&shop.world.checkout).await.expect("a round"), 1);
    assert_eq!(shop.world.wechat.count(&format!("tar_type=GZIP&sub_mchid={SUB_MCHID}")), 1);
    let book = shop.stored(&sold.json).await.book;
    assert_eq!((book.received.len(), book.unmatched.len()), (1, 0), "{book:?}");
}

#[tokio::test]
async fn m12_orders_of_version_2_stand_in_the_same_bill_and_without_keys_of_v3_there_is_none() {
    let mut world = World::new().await;
    let v2 =
        "api = \"v2\"\napi_v2_key = \"v2key0123456789v2key0123456789v2\"\ncertificate_file = \"merchant_cert.pem\"\n";
    world.reconfigure("serial = ", &format!("{v2}serial = ")).await;
    let mut shop = Shop::with(world);
    let sold = shop.paid_there().await;
    shop.billed(&[&sold], &[]).await;
    assert_eq!(shop.stored(&sold.json).await.book.received.len(), 1);
    let asked = shop.asked();
    shop.world.reconfigure("api_v3_key", "# api_v3_key").await;
    shop.at(shop.day.next().next(), 12 * HOUR);
    assert_eq!(wx_checkout_server::bills::round(&shop.world.checkout).await.expect("a round"), 0);
    assert_eq!(shop.asked(), asked);
    assert_eq!(shop.world.checkout.gateway.unbilled().collect::<Vec<_>>(), [MCHID]);
}
