//! M9 and M10: refunds never exceed what was received, and the sums say so.

use proptest::prelude::*;
use wx_checkout::wire::{OrderState, RefundState};

use super::{Fact, PRICE, PaymentSeen, TradeEnd, fen, order, paid, payment, refund};
use crate::ledger::{Action, Of, Order, Plan, Planned, RefundRefusal, Stage, apply};

const MINUTE: u64 = 60_000;

fn plan(number: &str, amount: u32) -> Plan {
    Plan { out_refund_no: number.to_owned(), of: Of::Kept, amount: fen(amount), reason: "缺货".to_owned() }
}

/// What WeChat says of `r1`, one word after the other.
fn after(words: &[Stage]) -> (Order, Vec<Action>) {
    let mut order = paid();
    assert_eq!(order.plan_refund(plan("r1", 800), MINUTE), Ok(Planned::Now));
    let actions = words.iter().flat_map(|stage| apply(&mut order, refund("r1", "t1", 800, *stage))).collect();
    (order, actions)
}

#[test]
fn m10_refunds_in_progress_are_summed_and_never_exceed_what_was_received() {
    let mut order = paid();
    assert_eq!(order.plan_refund(plan("r1", 6000), MINUTE), Ok(Planned::Now));
    assert_eq!(order.plan_refund(plan("r2", 801), 2 * MINUTE), Err(RefundRefusal::OverRefund { left: 800 }));
    for stage in [Stage::Processing, Stage::Abnormal, Stage::Success] {
        apply(&mut order, refund("r1", "t1", 6000, stage));
        assert_eq!(order.plan_refund(plan("r2", 801), 3 * MINUTE), Err(RefundRefusal::OverRefund { left: 800 }));
    }
    assert_eq!(order.plan_refund(plan("r2", 800), 3 * MINUTE), Ok(Planned::Now));
    assert_eq!(order.held("t1"), PRICE);
}

#[test]
fn m10_money_that_wechat_did_not_send_may_be_asked_for_again() {
    for end in
        [refund("r1", "t1", PRICE, Stage::Closed), Fact::RefundRefused { out_refund_no: "r1".to_owned(), at_ms: 9 }]
    {
        let mut order = paid();
        order.plan_refund(plan("r1", PRICE), MINUTE).expect("planned");
        let stopped = vec![Action::RefundStopped { out_refund_no: "r1".to_owned() }];
        assert_eq!(apply(&mut order, end), stopped);
        assert_eq!(order.refund_state(), (RefundState::None, 0));
        assert_eq!(order.plan_refund(plan("r2", PRICE), 2 * MINUTE), Ok(Planned::Now));
    }
}

#[test]
fn m10_the_same_number_is_the_same_refund() {
    let mut order = paid();
    assert_eq!(order.plan_refund(plan("r1", 100), MINUTE), Ok(Planned::Now));
    let before = order.clone();
    assert_eq!(order.plan_refund(plan("r1", 100), MINUTE), Ok(Planned::Before), "at any time");
    assert_eq!(order.plan_refund(plan("r1", 101), 9 * MINUTE), Err(RefundRefusal::NumberTaken));
    apply(&mut order, Fact::RefundRumoured { out_refund_no: "r2".to_owned(), at_ms: 1 });
    assert_eq!(order.plan_refund(plan("r2", 100), 9 * MINUTE), Err(RefundRefusal::NumberTaken));
    order.book.refunds.remove("r2");
    assert_eq!(order, before);
}

#[test]
fn m10_fifty_refunds_a_minute_apart_within_a_year() {
    let mut order = paid();
    for number in 1..=50u64 {
        let at = number * MINUTE;
        assert_eq!(order.plan_refund(plan(&format!("r{number}"), 1), at), Ok(Planned::Now));
        let early = order.plan_refund(plan("early", 1), at + MINUTE - 1);
        assert_eq!(
            early,
            Err(if number < 50 { RefundRefusal::TooSoon { wait_ms: 1 } } else { RefundRefusal::TooMany })
        );
    }
    assert_eq!(order.plan_refund(plan("r51", 1), 99 * MINUTE), Err(RefundRefusal::TooMany));
    let year = 365 * 24 * 60 * MINUTE;
    assert_eq!(paid().plan_refund(plan("r1", 1), year), Ok(Planned::Now));
    assert_eq!(paid().plan_refund(plan("r1", 1), year + 1), Err(RefundRefusal::TooOld));
}

#[test]
fn m10_a_clock_that_was_set_back_makes_nobody_wait_longer_than_a_minute() {
    let mut order = paid();
    order.plan_refund(plan("r1", 1), 90 * MINUTE).expect("planned");
    assert_eq!(order.plan_refund(plan("r2", 1), MINUTE), Err(RefundRefusal::TooSoon { wait_ms: MINUTE }));
}

#[test]
fn m10_nothing_received_is_nothing_to_refund() {
    assert_eq!(order().plan_refund(plan("r1", 1), 0), Err(RefundRefusal::NothingReceived));
    let unknown = Plan { of: Of::Transaction("t9".to_owned()), ..plan("r1", 1) };
    assert_eq!(paid().plan_refund(unknown, 0), Err(RefundRefusal::NothingReceived));
}

#[test]
fn m10_a_frozen_payment_can_be_sent_back_by_its_number() {
    let mut order = order();
    apply(&mut order, Fact::Paid(PaymentSeen { total: 500, ..payment("t1", 1) }));
    let of = Of::Transaction("t1".to_owned());
    assert_eq!(
        order.plan_refund(Plan { of: of.clone(), ..plan("r1", 501) }, MINUTE),
        Err(RefundRefusal::OverRefund { left: 500 })
    );
    assert_eq!(order.plan_refund(Plan { of, ..plan("r1", 500) }, MINUTE), Ok(Planned::Now));
}

#[test]
fn m10_each_end_of_a_refund_is_told_once() {
    let number = || "r1".to_owned();
    let (order, actions) = after(&[Stage::Processing, Stage::Success, Stage::Processing, Stage::Success]);
    assert_eq!(actions, [Action::Refunded { out_refund_no: number() }]);
    assert_eq!(order.refund_state(), (RefundState::Refunded, 800));
    let (order, actions) = after(&[Stage::Abnormal, Stage::Abnormal]);
    assert_eq!(actions, [Action::RefundStopped { out_refund_no: number() }]);
    assert_eq!(order.refund_state(), (RefundState::Refunding, 0), "its end is not known");
    let (_, actions) = after(&[Stage::Abnormal, Stage::Success]);
    assert_eq!(actions.len(), 2, "settled on the merchant platform");
}

#[test]
fn m9_a_refund_that_wechat_tells_of_differently_is_pointed_out() {
    let mut order = paid();
    order.plan_refund(plan("r1", 800), MINUTE).expect("planned");
    let actions = apply(&mut order, refund("r1", "t1", 900, Stage::Success));
    assert_eq!(
        actions,
        [
            Action::Refunded { out_refund_no: "r1".to_owned() },
            Action::RefundContradicted { out_refund_no: "r1".to_owned() }
        ]
    );
    assert_eq!(order.refunded("t1"), 900, "the larger sum counts");
}

#[test]
fn m9_a_refund_made_elsewhere_counts() {
    let mut order = paid();
    apply(&mut order, Fact::Paid(PaymentSeen { end: TradeEnd::RefundAsked, ..payment("t1", 2) }));
    assert_eq!(order.refund_state(), (RefundState::Refunding, 0), "asked for, and its end is not known");
    apply(&mut order, refund("elsewhere", "t1", 6000, Stage::Success));
    assert_eq!(order.refund_state(), (RefundState::Refunded, 6000));
    assert_eq!(order.plan_refund(plan("r1", 801), 9 * MINUTE), Err(RefundRefusal::OverRefund { left: 800 }));
}

#[test]
fn m9_a_refund_told_of_before_its_payment_leaves_nothing_payable_and_nothing_closed() {
    let mut order = order();
    apply(&mut order, Fact::Closed { at_ms: 1 });
    apply(&mut order, refund("elsewhere", "t1", PRICE, Stage::Success));
    assert_eq!(order.state(0), OrderState::Unknown);
    assert!(order.is_unresolved(), "it is asked about");
    apply(&mut order, Fact::Paid(payment("t1", 2)));
    assert_eq!((order.state(0), order.refund_state()), (OrderState::Paid, (RefundState::Refunded, PRICE)));
}

#[test]
fn m9_a_rumour_moves_no_money_and_no_state() {
    let mut order = paid();
    let before = (order.state(0), order.refund_state(), order.held("t1"), order.book.evidence_ms);
    apply(&mut order, Fact::RefundRumoured { out_refund_no: "r1".to_owned(), at_ms: 99 });
    assert_eq!((order.state(0), order.refund_state(), order.held("t1"), order.book.evidence_ms), before);
}

#[derive(Clone, Debug)]
enum Step {
    Plan(Plan),
    Tell(usize, Stage),
    Second,
}

fn any_step() -> impl Strategy<Value = Step> {
    let stages = vec![Stage::Refused, Stage::Processing, Stage::Abnormal, Stage::Closed, Stage::Success];
    prop_oneof![
        4 => (0..20u8, 1..4000u32, prop::sample::select(vec![Of::Kept, Of::Transaction("t2".to_owned())]))
            .prop_map(|(number, amount, of)| Step::Plan(Plan { of, ..plan(&format!("r{number}"), amount) })),
        4 => (any::<prop::sample::Index>(), prop::sample::select(stages))
            .prop_map(|(which, stage)| Step::Tell(which.index(64), stage)),
        1 => Just(Step::Second),
    ]
}

proptest! {
    /// Plans and WeChat's words about them in any order: what went back and what may still go back
    /// is never more than what was received.
    #[test]
    fn m10_the_sum_of_all_refunds_never_exceeds_the_payment(steps in prop::collection::vec(any_step(), 0..60)) {
        let mut order = paid();
        let mut now = MINUTE;
        for step in steps {
            now += MINUTE;
            match step {
                Step::Plan(plan) => {
                    let _ = order.plan_refund(plan, now);
                }
                Step::Tell(which, stage) => {
                    let Some((number, known)) = order.book.refunds.iter().nth(which % order.book.refunds.len().max(1)) else { continue };
                    // WeChat does not take back an end that it told: nor does it send what it refused.
                    if matches!(known.stage, Stage::Closed | Stage::Refused) {
                        continue;
                    }
                    let (number, of, amount) = (number.clone(), known.transaction_id.clone(), known.amount);
                    let fact = if stage == Stage::Refused {
                        Fact::RefundRefused { out_refund_no: number, at_ms: now }
                    } else {
                        refund(&number, &of, amount, stage)
                    };
                    apply(&mut order, fact);
                }
                Step::Second => {
                    apply(&mut order, Fact::Paid(payment("t2", now)));
                }
            }
            for id in ["t1", "t2"] {
                prop_assert!(order.held(id) <= order.taken(id).unwrap_or(0));
                prop_assert!(order.refunded(id) <= order.held(id));
            }
        }
    }
}
