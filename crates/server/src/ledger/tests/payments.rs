//! M3, M6 to M8 and M10: what a payment does to an order.

use wechatpay::Secret;
use wx_checkout::wire::{OrderState, RefundState};

use super::{Api, Fact, LatePayment, PaymentSeen, order, payment};
use crate::ledger::{Action, Misfit, Stage, Why, apply};

fn id(transaction_id: &str) -> String {
    transaction_id.to_owned()
}

#[test]
fn m3_parameters_leave_only_while_payable_and_a_refusal_counts_only_before() {
    let mut fresh = order();
    fresh.book.parameters_left = false;
    let mut refused = fresh.clone();
    assert!(refused.refuse());
    assert!(!refused.hand_out(0));
    assert!(fresh.hand_out(999));
    assert!(!fresh.refuse(), "somebody may be paying");
    assert!(!fresh.hand_out(1_000), "past the deadline");
    apply(&mut fresh, Fact::CloseAsked);
    assert!(!fresh.hand_out(0), "closing");
}

#[test]
fn m6_an_unknown_number_closes_only_what_nobody_could_pay() {
    for (parameters_left, state, actions) in
        [(false, Some(OrderState::Closed), vec![Action::Closed]), (true, None, vec![])]
    {
        let mut order = order();
        order.book.parameters_left = parameters_left;
        assert_eq!(apply(&mut order, Fact::CloseAsked), vec![]);
        assert_eq!(apply(&mut order, Fact::Absent { at_ms: 1 }), actions);
        assert_eq!(order.settled(), state);
    }
}

#[test]
fn m7_a_late_payment_is_paid_says_that_it_was_late_and_goes_back_by_default() {
    let mut order = order();
    assert_eq!(apply(&mut order, Fact::Closed { at_ms: 1 }), vec![Action::Closed]);
    assert!(order.acknowledge());
    let late = vec![Action::PaidLate { transaction_id: id("t1") }];
    assert_eq!(apply(&mut order, Fact::Paid(payment("t1", 2))), late);
    assert_eq!(order.state(0), OrderState::Paid);
    assert!(order.is_open(), "the payer has not seen that it was paid");
    let refund = &order.book.refunds["late-t1"];
    assert_eq!((refund.amount, refund.why, refund.stage), (super::PRICE, Why::Late, Stage::Due));
    assert_eq!(order.refund_state(), (RefundState::Refunding, 0));
    assert_eq!(apply(&mut order, Fact::Closed { at_ms: 3 }), vec![], "it is told of once");
    assert_eq!(order.state(0), OrderState::Paid);
}

#[test]
fn m7_an_accepted_late_payment_stays() {
    let mut order = order();
    order.terms.late_payment = LatePayment::Accept;
    apply(&mut order, Fact::Closed { at_ms: 1 });
    assert_eq!(apply(&mut order, Fact::Paid(payment("t1", 2))), vec![Action::PaidLate { transaction_id: id("t1") }]);
    assert!(order.book.refunds.is_empty());
    assert_eq!(order.state(0), OrderState::Paid);
}

#[test]
fn m8_each_misfit_freezes_the_order() {
    type Twist = fn(&mut PaymentSeen);
    let twists: [(Twist, Misfit); 7] = [
        (|p| p.out_trade_no.push('x'), Misfit::Order),
        (|p| p.total += 1, Misfit::Amount),
        (|p| "USD".clone_into(&mut p.currency), Misfit::Currency),
        (|p| p.mchid.push('x'), Misfit::Mchid),
        (|p| p.sub_mchid = Some("sub".to_owned()), Misfit::Mchid),
        (|p| p.appid.push('x'), Misfit::Appid),
        (|p| p.openid = Secret::new("somebody".to_owned()), Misfit::Payer),
    ];
    for (twist, expected) in twists {
        let mut order = order();
        let mut payment = payment("t1", 1);
        twist(&mut payment);
        let actions = apply(&mut order, Fact::Paid(payment));
        assert_eq!(actions, vec![Action::Unmatched { transaction_id: id("t1") }]);
        assert_eq!(order.book.unmatched["t1"].misfit, expected);
        apply(&mut order, Fact::Closed { at_ms: 2 });
        assert_eq!(order.state(u64::MAX), OrderState::Unknown, "neither unpaid nor closed");
        assert!(!order.hand_out(0), "a frozen order offers no payment");
    }
}

#[test]
fn m8_in_partner_mode_the_merchant_behind_must_fit_too() {
    let partner = Api::Partner { sub_mchid: "sub".to_owned() };
    for (told, fits) in [(Some("sub".to_owned()), true), (Some("other".to_owned()), false), (None, false)] {
        let mut order = order();
        order.attempt.api = partner.clone();
        apply(&mut order, Fact::Paid(PaymentSeen { sub_mchid: told, ..payment("t1", 1) }));
        assert_eq!(order.settled() == Some(OrderState::Paid), fits);
    }
}

#[test]
fn m8_a_payer_who_pays_right_after_a_misfit_has_paid() {
    let mut order = order();
    apply(&mut order, Fact::Paid(PaymentSeen { total: 1, ..payment("t1", 1) }));
    assert_eq!(apply(&mut order, Fact::Paid(payment("t2", 2))), vec![Action::Paid { transaction_id: id("t2") }]);
    assert_eq!(order.state(0), OrderState::Paid);
    assert_eq!(order.taken("t1"), Some(1), "the misfit stays frozen");
    assert!(order.book.refunds.is_empty(), "what is frozen is the operator's to decide");
}

#[test]
fn m10_the_first_payment_keeps_the_order_and_the_others_go_back_whole() {
    let mut order = super::paid();
    for other in ["t2", "t3"] {
        let twice = vec![Action::PaidTwice { transaction_id: id(other) }];
        assert_eq!(apply(&mut order, Fact::Paid(payment(other, 2))), twice);
    }
    assert_eq!(order.kept().map(|kept| kept.transaction_id.as_str()), Some("t1"));
    let numbers: Vec<&str> = order.book.refunds.keys().map(String::as_str).collect();
    assert_eq!(numbers, ["dup-t2", "dup-t3"]);
    assert!(order.book.refunds.values().all(|refund| refund.amount == super::PRICE && refund.stage == Stage::Due));
    assert_eq!(order.refund_state(), (RefundState::None, 0), "nothing of the payment that was kept goes back");
}

#[test]
fn m10_a_second_payment_of_a_late_order_goes_back_too() {
    let mut order = order();
    apply(&mut order, Fact::Closed { at_ms: 1 });
    apply(&mut order, Fact::Paid(payment("t1", 2)));
    apply(&mut order, Fact::Paid(payment("t2", 3)));
    let numbers: Vec<&str> = order.book.refunds.keys().map(String::as_str).collect();
    assert_eq!(numbers, ["dup-t2", "late-t1"]);
}
