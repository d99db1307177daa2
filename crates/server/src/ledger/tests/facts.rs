//! M9: facts commute, and a fact told again changes nothing.

use proptest::prelude::*;
use wechatpay::Secret;
use wx_checkout::wire::OrderState;

use super::{Fact, LatePayment, TradeEnd, order, payment, refund};
use crate::ledger::{Action, Book, Order, Stage, Why, apply};

fn any_fact() -> impl Strategy<Value = Fact> {
    let at = 0u64..100;
    let stage = prop::sample::select(vec![Stage::Processing, Stage::Abnormal, Stage::Closed, Stage::Success]);
    prop_oneof![
        4 => (0..3u8, at.clone(), 0..6u8).prop_map(|(number, at_ms, twist)| {
            let mut payment = payment(&format!("t{number}"), at_ms);
            match twist {
                0 => payment.total = 1,
                1 => payment.openid = Secret::new("somebody".to_owned()),
                2 => payment.end = TradeEnd::RefundAsked,
                _ => {}
            }
            Fact::Paid(payment)
        }),
        // Some contradict each other: another amount, another payment.
        2 => (0..2u8, 0..2u8, 1..3u32, stage.clone())
            .prop_map(|(number, of, amount, stage)| refund(&format!("r{number}"), &format!("t{of}"), amount, stage)),
        1 => (0..3u8, stage).prop_map(|(of, stage)| refund(&format!("dup-t{of}"), &format!("t{of}"), super::PRICE, stage)),
        1 => (0..2u8, at.clone())
            .prop_map(|(number, at_ms)| Fact::RefundRefused { out_refund_no: format!("r{number}"), at_ms }),
        1 => (0..2u8, at.clone())
            .prop_map(|(number, at_ms)| Fact::RefundRumoured { out_refund_no: format!("r{number}"), at_ms }),
        1 => at.clone().prop_map(|at_ms| Fact::Closed { at_ms }),
        1 => at.clone().prop_map(|at_ms| Fact::Absent { at_ms }),
        1 => at.prop_map(|at_ms| Fact::NotPaidSoFar { at_ms }),
        1 => Just(Fact::CloseAsked),
    ]
}

fn blank(parameters_left: bool, late_payment: LatePayment) -> Order {
    let mut order = order();
    order.book.parameters_left = parameters_left;
    order.terms.late_payment = late_payment;
    order
}

fn late() -> impl Strategy<Value = LatePayment> {
    prop::sample::select(vec![LatePayment::Refund, LatePayment::Accept])
}

/// What must not depend on arrival: all but which payment came first, and what was decided about the
/// money of the others because of that.
fn books(order: Order) -> (Option<OrderState>, Book) {
    let state = order.settled();
    let mut book = order.book;
    book.received.sort();
    book.refunds.retain(|_, refund| refund.stage != Stage::Due);
    for refund in book.refunds.values_mut() {
        (refund.why, refund.asked_ms) = (Why::Foreign, 0);
        refund.reason.clear();
    }
    (state, book)
}

/// Every order of `facts`, by Heap's algorithm.
fn permutations(facts: &[Fact]) -> Vec<Vec<Fact>> {
    fn heap(size: usize, facts: &mut Vec<Fact>, all: &mut Vec<Vec<Fact>>) {
        if size <= 1 {
            all.push(facts.clone());
            return;
        }
        for at in 0..size {
            heap(size - 1, facts, all);
            facts.swap(if size.is_multiple_of(2) { at } else { 0 }, size - 1);
        }
    }
    let mut all = vec![];
    heap(facts.len(), &mut facts.to_vec(), &mut all);
    all
}

fn after(mut order: Order, facts: &[Fact]) -> (Order, Vec<Action>) {
    let actions = facts.iter().flat_map(|fact| apply(&mut order, fact.clone())).collect();
    (order, actions)
}

#[test]
fn the_permutations_are_all_there_and_differ() {
    let facts: Vec<Fact> = (0..5).map(|at_ms| Fact::Closed { at_ms }).collect();
    let all: std::collections::BTreeSet<String> =
        permutations(&facts).iter().map(|facts| format!("{facts:?}")).collect();
    assert_eq!(all.len(), 120);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn m9_facts_commute_over_every_permutation(
        facts in prop::collection::vec(any_fact(), 0..6), left: bool, late in late(),
    ) {
        let expected = books(after(blank(left, late), &facts).0);
        for shuffled in permutations(&facts) {
            prop_assert_eq!(&books(after(blank(left, late), &shuffled).0), &expected, "{:?}", shuffled);
        }
    }

    #[test]
    fn m9_facts_are_idempotent(facts in prop::collection::vec(any_fact(), 0..12), left: bool, late in late()) {
        let (mut order, _) = after(blank(left, late), &facts);
        let before = order.clone();
        for fact in &facts {
            prop_assert_eq!(apply(&mut order, fact.clone()), vec![]);
        }
        prop_assert_eq!(before, order);
    }

    #[test]
    fn m9_a_fact_doubled_anywhere_acts_once(
        facts in prop::collection::vec(any_fact(), 1..8), at: prop::sample::Index, left: bool, late in late(),
    ) {
        let mut doubled = facts.clone();
        doubled.push(facts[at.index(facts.len())].clone());
        prop_assert_eq!(after(blank(left, late), &doubled), after(blank(left, late), &facts));
    }

    #[test]
    fn m9_money_is_never_forgotten(facts in prop::collection::vec(any_fact(), 0..9), late in late()) {
        let (order, _) = after(blank(true, late), &facts);
        let moved = facts.iter().any(|fact| match fact {
            Fact::Paid(_) => true,
            Fact::Refund(seen) => seen.stage.is_told(),
            _ => false,
        });
        let paid = facts.iter().any(|fact| matches!(fact, Fact::Paid(_)));
        prop_assert_eq!(paid, !order.book.received.is_empty() || !order.book.unmatched.is_empty());
        let state = order.state(0);
        prop_assert!(!(moved && matches!(state, OrderState::Closed | OrderState::Payable)), "{:?} although money moved", state);
    }

    #[test]
    fn m10_an_order_keeps_one_payment_and_every_other_one_goes_back(
        facts in prop::collection::vec(any_fact(), 0..12), late in late(),
    ) {
        let (order, actions) = after(blank(true, late), &facts);
        let mut each: Vec<&str> = vec![];
        for received in &order.book.received {
            let id = &received.transaction_id;
            let told: Vec<&Action> = actions.iter().filter(|action| matches!(action,
                Action::Paid { transaction_id } | Action::PaidLate { transaction_id } | Action::PaidTwice { transaction_id }
                    if transaction_id == id)).collect();
            prop_assert_eq!(told.len(), 1, "{} was told of more or less than once", id);
            let kept = order.kept().is_some_and(|kept| kept.transaction_id == *id);
            prop_assert_eq!(kept, !matches!(told[0], Action::PaidTwice { .. }));
            if kept {
                let planned = order.book.refunds.contains_key(&format!("late-{id}"));
                prop_assert_eq!(planned, matches!(told[0], Action::PaidLate { .. }) && late == LatePayment::Refund);
            } else {
                let refund = order.book.refunds.get(&format!("dup-{id}")).expect("it goes back");
                prop_assert_eq!((refund.why, refund.amount), (Why::Second, super::PRICE));
            }
            each.push(id);
        }
        each.sort_unstable();
        each.dedup();
        prop_assert_eq!(each.len(), order.book.received.len());
    }
}

#[test]
fn m9_every_permutation_of_a_hard_case_gives_one_book() {
    let facts = [
        Fact::Paid(payment("t1", 5)),
        Fact::Paid(super::PaymentSeen { end: TradeEnd::RefundAsked, ..payment("t1", 9) }),
        Fact::Closed { at_ms: 7 },
        Fact::CloseAsked,
        refund("r1", "t1", 100, Stage::Closed),
        refund("r1", "t1", 100, Stage::Success),
    ];
    let expected = books(after(order(), &facts).0);
    assert_eq!(expected.0, Some(OrderState::Paid));
    assert_eq!(expected.1.refunds["r1"].stage, Stage::Success);
    let all = permutations(&facts);
    assert_eq!(all.len(), 720);
    for shuffled in all {
        assert_eq!(books(after(order(), &shuffled).0), expected);
    }
}
