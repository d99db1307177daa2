//! The one place where a fact changes an order.

use wx_checkout::wire::OrderState;

use super::fact::{Fact, PaymentSeen, TradeEnd};
use super::order::{Misfit, Order, Received, Unmatched};

/// What must be done because of a fact. Written down with the fact, in one transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// The order was paid.
    Paid,
    /// The order was paid after it was closed: the operator decides.
    PaidLate,
    /// The order was paid a second time: that money must go back.
    PaidTwice,
    /// A payment does not fit the order: the operator must look.
    Unmatched,
}

/// Takes a fact into the books. The same fact again changes nothing and asks for nothing, and the
/// books come out the same in whatever order facts arrive; which of two real payments came first
/// is the one thing that the order of arrival decides.
pub fn apply(order: &mut Order, fact: Fact) -> Vec<Action> {
    let (at_ms, actions) = match fact {
        Fact::Paid(payment) => (payment.at_ms, take(order, payment)),
        Fact::Closed { at_ms } => {
            order.book.closed_seen = true;
            (at_ms, vec![])
        }
        Fact::Absent { at_ms } => {
            order.book.absent_seen = true;
            (at_ms, vec![])
        }
        Fact::NotPaidSoFar { at_ms } => (at_ms, vec![]),
        Fact::CloseAsked => {
            order.book.close_asked = true;
            (0, vec![])
        }
    };
    order.book.evidence_ms = order.book.evidence_ms.max(at_ms);
    actions
}

fn take(order: &mut Order, payment: PaymentSeen) -> Vec<Action> {
    if let Some(misfit) = misfit(order, &payment) {
        let unmatched = Unmatched { total: payment.total, misfit };
        let before = order.book.unmatched.get(&payment.transaction_id).copied();
        // The same payment told of twice and differently: keep the smaller, so that arrival does not decide.
        let kept = before.map_or(unmatched, |before| before.min(unmatched));
        order.book.unmatched.insert(payment.transaction_id, kept);
        return if before.is_none() { vec![Action::Unmatched] } else { vec![] };
    }
    order.book.refund_asked |= payment.end == TradeEnd::RefundAsked;
    if order.book.received.iter().any(|known| known.transaction_id == payment.transaction_id) {
        return vec![];
    }
    let action = match order.settled() {
        Some(OrderState::Paid) => Action::PaidTwice,
        Some(OrderState::Closed) => Action::PaidLate,
        _ => Action::Paid,
    };
    let PaymentSeen { transaction_id, paid_at, .. } = payment;
    order.book.received.push(Received { transaction_id, paid_at });
    vec![action]
}

/// The first thing about a payment that is not as agreed.
fn misfit(order: &Order, payment: &PaymentSeen) -> Option<Misfit> {
    let fits = [
        (payment.out_trade_no == order.attempt.out_trade_no, Misfit::Order),
        (payment.total == order.terms.amount.get(), Misfit::Amount),
        (payment.currency == "CNY", Misfit::Currency),
        (payment.mchid == order.attempt.mchid, Misfit::Mchid),
        (payment.appid == order.attempt.appid, Misfit::Appid),
        (payment.openid == order.terms.openid, Misfit::Payer),
    ];
    fits.into_iter().find_map(|(fits, misfit)| (!fits).then_some(misfit))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use wechatpay::Secret;
    use wx_checkout::domain::{Fen, IdempotencyKey, OrderId};
    use wx_checkout::wire::Line;

    use super::*;
    use crate::ledger::{Attempt, Book, Sale, Terms};

    fn order() -> Order {
        Order {
            terms: Terms {
                id: OrderId::try_from("order-1".to_owned()).expect("fits"),
                openid: Secret::new("payer".to_owned()),
                key: IdempotencyKey::try_from("key-1".to_owned()).expect("fits"),
                sale: Sale::Basket(vec![Line { sku: "tea".to_owned(), quantity: 1 }]),
                amount: Fen::new(6800).expect("positive"),
                created_ms: 0,
                payable_until_ms: 1_000,
            },
            attempt: Attempt {
                out_trade_no: "number".to_owned(),
                mchid: "mchid".to_owned(),
                appid: "appid".to_owned(),
                request: Secret::new(vec![]),
            },
            book: Book { parameters_left: true, ..Book::default() },
        }
    }

    fn payment(transaction_id: &str, at_ms: u64) -> PaymentSeen {
        PaymentSeen {
            transaction_id: transaction_id.to_owned(),
            out_trade_no: "number".to_owned(),
            mchid: "mchid".to_owned(),
            appid: "appid".to_owned(),
            openid: Secret::new("payer".to_owned()),
            total: 6800,
            currency: "CNY".to_owned(),
            paid_at: "2026-01-01T00:00:00+08:00".to_owned(),
            end: TradeEnd::Success,
            at_ms,
        }
    }

    fn any_fact() -> impl Strategy<Value = Fact> {
        let at = 0u64..100;
        prop_oneof![
            (0..3u8, at.clone(), 0..6u8).prop_map(|(number, at_ms, twist)| {
                let mut payment = payment(&format!("t{number}"), at_ms);
                match twist {
                    0 => payment.total = 1,
                    1 => payment.openid = Secret::new("somebody".to_owned()),
                    2 => payment.end = TradeEnd::RefundAsked,
                    _ => {}
                }
                Fact::Paid(payment)
            }),
            at.clone().prop_map(|at_ms| Fact::Closed { at_ms }),
            at.clone().prop_map(|at_ms| Fact::Absent { at_ms }),
            at.prop_map(|at_ms| Fact::NotPaidSoFar { at_ms }),
            Just(Fact::CloseAsked),
        ]
    }

    /// The books, but for which of several payments came first.
    fn books(facts: &[Fact], parameters_left: bool) -> (Option<OrderState>, Book) {
        let mut order = order();
        order.book.parameters_left = parameters_left;
        for fact in facts {
            apply(&mut order, fact.clone());
        }
        order.book.received.sort();
        (order.settled(), order.book)
    }

    fn facts_and_a_permutation() -> impl Strategy<Value = (Vec<Fact>, Vec<Fact>)> {
        prop::collection::vec(any_fact(), 0..9).prop_flat_map(|facts| (Just(facts.clone()), Just(facts).prop_shuffle()))
    }

    proptest! {
        #[test]
        fn m9_facts_commute((facts, shuffled) in facts_and_a_permutation(), left: bool) {
            prop_assert_eq!(books(&facts, left), books(&shuffled, left));
        }

        #[test]
        fn m9_facts_are_idempotent(facts in prop::collection::vec(any_fact(), 0..9), left: bool) {
            let mut order = order();
            order.book.parameters_left = left;
            for fact in &facts {
                apply(&mut order, fact.clone());
            }
            let before = order.clone();
            for fact in &facts {
                prop_assert_eq!(apply(&mut order, fact.clone()), vec![]);
            }
            prop_assert_eq!(before, order);
        }

        #[test]
        fn m9_money_is_never_forgotten(facts in prop::collection::vec(any_fact(), 0..9)) {
            let (state, book) = books(&facts, true);
            let paid = facts.iter().any(|fact| matches!(fact, Fact::Paid(_)));
            prop_assert_eq!(paid, !book.received.is_empty() || !book.unmatched.is_empty());
            prop_assert!(!(paid && state == Some(OrderState::Closed)), "closed although money moved");
        }
    }

    #[test]
    fn m9_every_permutation_of_a_hard_case_gives_one_book() {
        let facts = [
            Fact::Paid(payment("t1", 5)),
            Fact::Paid(PaymentSeen { end: TradeEnd::RefundAsked, ..payment("t1", 9) }),
            Fact::Closed { at_ms: 7 },
            Fact::CloseAsked,
        ];
        let expected = books(&facts, true);
        assert_eq!(expected.0, Some(OrderState::Paid));
        let mut seen = 0;
        for a in 0..4 {
            for b in (0..4).filter(|b| *b != a) {
                for c in (0..4).filter(|c| *c != a && *c != b) {
                    let d = 6 - a - b - c;
                    let shuffled = [a, b, c, d].map(|i: usize| facts[i].clone());
                    assert_eq!(books(&shuffled, true), expected);
                    seen += 1;
                }
            }
        }
        assert_eq!(seen, 24);
    }

    #[test]
    fn m6_an_unknown_number_closes_only_what_nobody_could_pay() {
        let facts = [Fact::CloseAsked, Fact::Absent { at_ms: 1 }];
        assert_eq!(books(&facts, false).0, Some(OrderState::Closed));
        assert_eq!(books(&facts, true).0, None);
    }

    #[test]
    fn m7_a_late_payment_is_paid_and_says_that_it_was_late() {
        let mut order = order();
        assert_eq!(apply(&mut order, Fact::Closed { at_ms: 1 }), vec![]);
        assert!(order.acknowledge());
        assert_eq!(apply(&mut order, Fact::Paid(payment("t1", 2))), vec![Action::PaidLate]);
        assert_eq!(order.state(0), OrderState::Paid);
        assert!(order.is_open(), "the payer has not seen that it was paid");
    }

    #[test]
    fn m8_each_misfit_freezes_the_order() {
        type Twist = fn(&mut PaymentSeen);
        let twists: [(Twist, Misfit); 6] = [
            (|p| p.out_trade_no.push('x'), Misfit::Order),
            (|p| p.total += 1, Misfit::Amount),
            (|p| "USD".clone_into(&mut p.currency), Misfit::Currency),
            (|p| p.mchid.push('x'), Misfit::Mchid),
            (|p| p.appid.push('x'), Misfit::Appid),
            (|p| p.openid = Secret::new("somebody".to_owned()), Misfit::Payer),
        ];
        for (twist, expected) in twists {
            let mut order = order();
            let mut payment = payment("t1", 1);
            twist(&mut payment);
            assert_eq!(apply(&mut order, Fact::Paid(payment)), vec![Action::Unmatched]);
            assert_eq!(order.book.unmatched["t1"].misfit, expected);
            apply(&mut order, Fact::Closed { at_ms: 2 });
            assert_eq!(order.state(u64::MAX), OrderState::Unknown, "neither unpaid nor closed");
            assert!(!order.hand_out(0), "a frozen order offers no payment");
        }
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
}
