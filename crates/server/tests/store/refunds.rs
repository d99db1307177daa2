//! Refunds: planned under the lock, kept whole, and one server at each at a time.

use wx_checkout::domain::Fen;
use wx_checkout_server::ledger::{Fact, LatePayment, Of, Order, Plan, Planned, RefundRefusal, RefundSeen, Stage, Why};
use wx_checkout_server::store::{Decided, PutOff};

use crate::support::{Books, order, payment};

const MINUTE: u64 = 60_000;

fn plan(number: &str, amount: u32) -> Plan {
    let amount = Fen::new(amount).expect("positive");
    Plan { out_refund_no: number.to_owned(), of: Of::Kept, amount, reason: "缺货".to_owned() }
}

fn told(number: &str, stage: Stage) -> Fact {
    Fact::Refund(RefundSeen {
        out_refund_no: number.to_owned(),
        transaction_id: "t1".to_owned(),
        amount: 6800,
        stage,
        at_ms: 7,
    })
}

/// An order that `t1` paid.
async fn paid(books: &Books, key: &str) -> Order {
    let made = books.with(order("payer", key)).await;
    let fact = Fact::Paid(payment(&made, "t1"));
    books.one.record(&made.terms.id, vec![fact], 7).await.expect("written").order
}

#[tokio::test]
async fn m10_plans_from_many_hands_at_once_never_exceed_the_payment() {
    let books = Books::new().await;
    let paid = paid(&books, "key-1").await;
    let third = paid.terms.amount.get() / 3;
    let mut hands = tokio::task::JoinSet::new();
    for number in 0..10_u64 {
        let store = if number % 2 == 0 { &books.one } else { &books.two }.clone();
        let id = paid.terms.id.clone();
        // Each as if a minute had passed, so that the sum alone can refuse it.
        hands.spawn(
            async move { store.plan_refund(&id, plan(&format!("r{number}"), third), (number + 1) * MINUTE).await },
        );
    }
    let decided = hands.join_all().await;
    let planned = decided.iter().filter(|d| matches!(d, Ok(Decided::Planned(Planned::Now)))).count();
    let now = books.one.by_id(&paid.terms.id).await.expect("read").expect("there");
    assert!((1..=3).contains(&planned), "{decided:?}");
    assert_eq!((now.held("t1"), now.book.refunds.len()), (u32::try_from(planned).expect("small") * third, planned));
}

#[tokio::test]
async fn m10_a_number_is_one_refund_whatever_order_it_is_of() {
    let books = Books::new().await;
    let first = paid(&books, "key-1").await;
    let mut other = order("another", "key-1");
    other.attempt.out_trade_no = "number-2".to_owned();
    let other = books.with(other).await;
    books.one.record(&other.terms.id, vec![Fact::Paid(payment(&other, "t2"))], 7).await.expect("written");
    let decided = books.one.plan_refund(&first.terms.id, plan("r1", 1), MINUTE).await.expect("asked");
    assert!(matches!(decided, Decided::Planned(Planned::Now)), "{decided:?}");
    let decided = books.two.plan_refund(&other.terms.id, plan("r1", 1), MINUTE).await.expect("asked");
    assert!(matches!(decided, Decided::Refused(RefundRefusal::NumberTaken)), "{decided:?}");
}

#[tokio::test]
async fn m10_a_refund_comes_back_as_it_went_in_and_is_due_once_at_a_time() {
    let books = Books::new().await;
    let paid = paid(&books, "key-1").await;
    let id = &paid.terms.id;
    books.one.plan_refund(id, plan("r1", 6800), MINUTE).await.expect("written");
    let kept = books.two.by_id(id).await.expect("read").expect("there");
    let refund = &kept.book.refunds["r1"];
    assert_eq!((refund.amount, refund.why, refund.stage), (6800, Why::Operator, Stage::Due));
    assert_eq!((refund.reason.as_str(), refund.asked_ms, refund.contradicted), ("缺货", MINUTE, false));

    assert!(books.one.due_refunds(MINUTE - 1, 100, 9).await.expect("read").is_empty(), "not yet");
    let due = books.one.due_refunds(MINUTE, 100, 9).await.expect("read");
    assert_eq!((due.len(), &due[0].order, &due[0].request, due[0].tries), (1, &kept, &None, 0));
    assert!(books.two.due_refunds(MINUTE + 99, 100, 9).await.expect("read").is_empty(), "the other server has it");
    assert_eq!(books.two.due_refunds(MINUTE + 100, 100, 9).await.expect("read").len(), 1, "unless it died");

    assert_eq!(books.one.keep_request(id, "r1", b"first".to_vec()).await.expect("written"), b"first");
    assert_eq!(books.two.keep_request(id, "r1", b"second".to_vec()).await.expect("written"), b"first");
    books.one.put_off(id, "r1", PutOff { next_ms: 5 * MINUTE, tries: 3 }).await.expect("written");
    let due = books.one.due_refunds(5 * MINUTE, 100, 9).await.expect("read");
    assert_eq!((due[0].request.as_deref(), due[0].tries), (Some(&b"first"[..]), 3));

    // Accepted: the tries of asking for it are over, those of asking about it begin.
    books.one.record(id, vec![told("r1", Stage::Processing)], 7).await.expect("written");
    let due = books.two.due_refunds(9 * MINUTE, 100, 9).await.expect("read");
    assert_eq!((due.len(), due[0].tries), (1, 0));
    books.one.record(id, vec![told("r1", Stage::Success)], 7).await.expect("written");
    books.one.put_off(id, "r1", PutOff { next_ms: 1, tries: 1 }).await.expect("written");
    assert!(books.two.due_refunds(u64::MAX / 2, 100, 9).await.expect("read").is_empty(), "it has ended");
}

#[tokio::test]
async fn m10_a_second_payment_is_a_task_from_the_moment_it_is_booked() {
    let books = Books::new().await;
    let paid = paid(&books, "key-1").await;
    books.two.record(&paid.terms.id, vec![Fact::Paid(payment(&paid, "t2"))], 7).await.expect("written");
    let due = books.one.due_refunds(7, 100, 9).await.expect("read");
    assert_eq!((due.len(), due[0].out_refund_no.as_str()), (1, "dup-t2"));
}

#[tokio::test]
async fn m7_an_order_keeps_its_rule_for_late_payments() {
    let books = Books::new().await;
    let mut lenient = order("payer", "key-1");
    lenient.terms.late_payment = LatePayment::Accept;
    let made = books.with(lenient.clone()).await;
    assert_eq!(books.two.by_id(&made.terms.id).await.expect("read"), Some(lenient));
    let facts = vec![Fact::Closed { at_ms: 1 }, Fact::Paid(payment(&made, "t1"))];
    let recorded = books.one.record(&made.terms.id, facts, 7).await.expect("written");
    assert!(recorded.order.book.refunds.is_empty());
    let outbox = "SELECT count(*) FROM outbox WHERE action = 'paid_late' AND subject = 't1'";
    assert_eq!(books.database.number(outbox).await, 1);
}
