//! What was lost on its way to the server is told again, and what cannot be used is kept.

use super::bench::{Bench, ORDER, code, created, found, garbage, problem, reply, session, start, verdict};
use crate::machine::event::{Acknowledged, Answer, Command};
use crate::machine::view::{Action, Outcome, Refusal, RefusalCode, StorageHealth};
use crate::machine::{Stored, error::Rejected};

fn given_up() -> Bench {
    let mut bench = Bench::creating();
    bench.tell(Command::Abandon).expect("no sheet was opened");
    bench
}

#[test]
fn a_close_that_was_lost_is_asked_for_again_when_the_app_is_shown_and_before_the_next_purchase() {
    let mut bench = given_up();
    bench.answer("Call(Close)", Answer::CallLost);
    bench.tell(Command::Shown).expect("always taken");
    assert_eq!(bench.count("Call(Close)"), 2);
    bench.answer("Call(Close)", problem(503, "internal", "later"));
    bench.tell(start()).expect("nothing is open");
    assert_eq!(bench.count("Call(Close)"), 3);
    bench.answer("Call(Close)", reply(200, r#"{"state":"closed"}"#));
    bench.tell(Command::Shown).expect("always taken");
    assert_eq!(bench.count("Call(Close)"), 3, "once the server has taken it, it is over");
}

#[test]
fn a_close_survives_a_killed_app() {
    let bench = given_up();
    assert!(bench.written().contains("idempotencyKey"), "{}", bench.written());
    let mut bench = Bench::restored(bench.storage());
    assert_eq!(bench.count("Call(Close)"), 1);
    bench.answer("Call(Close)", problem(404, "order_not_found", "never"));
    assert!(!bench.written().contains("idempotencyKey"), "there is nothing to close");
}

#[test]
fn a_close_that_finds_the_order_paid_asks_for_the_list() {
    let mut bench = given_up();
    bench.answer("Call(Close)", reply(200, r#"{"state":"paid"}"#));
    let list = r#"{"orders":[{"orderId":"ord-1","state":"paid","amount":6800,"statusToken":"o1.t"}]}"#;
    bench.answer("Call(ListOrders)", reply(200, list));
    bench.answer("Call(Verify)", verdict("paid"));
    assert_eq!(bench.view().watched[0].outcome, Outcome::Paid);
}

#[test]
fn an_order_whose_token_is_refused_is_looked_at_by_the_payers_session_in_every_state() {
    for mut bench in [Bench::unpaid(), Bench::unconfirmed(), Bench::paying()] {
        let state = bench.state();
        bench.tell(Command::Shown).expect("always taken");
        bench.answer("Call(Verify)", problem(401, "unauthorized", "login"));
        bench.answer("Login", code());
        bench.answer("Call(Exchange)", session());
        bench.answer("Call(Verify)", verdict("paid"));
        assert_eq!(bench.state(), "Paid", "from {state}");
    }
}

#[test]
fn a_watched_order_whose_token_is_refused_is_looked_at_by_the_payers_session() {
    let mut bench = Bench::unpaid();
    bench.tell(Command::SetAside).expect("offered");
    bench.tell(Command::Shown).expect("always taken");
    bench.answer("Call(Verify)", problem(401, "unauthorized", "login"));
    bench.answer("Login", code());
    bench.answer("Call(Exchange)", session());
    bench.answer("Call(Verify)", verdict("paid"));
    assert_eq!(bench.view().watched[0].outcome, Outcome::Paid);
}

#[test]
fn watched_orders_can_be_looked_at_by_hand_where_nothing_is_in_front() {
    let mut bench = Bench::unpaid();
    bench.tell(Command::SetAside).expect("offered");
    assert!(bench.view().actions.contains(&Action::CheckAgain));
    bench.tell(Command::CheckAgain).expect("offered");
    bench.answer("Call(Verify)", verdict("paid"));
    assert!(!bench.view().actions.contains(&Action::CheckAgain), "nothing is open any more");
    assert_eq!(bench.tell(Command::CheckAgain), Err(Rejected::NotNow));
}

#[test]
fn an_open_order_offers_to_buy_again_and_shows_among_the_watched() {
    let mut bench = Bench::creating();
    let body = r#"{"code":"open_order","retry":"never","openOrder":{"orderId":"ord-0","state":"payable"}}"#;
    bench.answer("Call(CreateOrder)", reply(409, body));
    assert!(bench.view().actions.contains(&Action::BuyAgain));
    let list = r#"{"orders":[{"orderId":"ord-0","state":"payable","amount":6800,"statusToken":"o1.t"}]}"#;
    bench.answer("Call(ListOrders)", reply(200, list));
    let view = bench.view();
    assert_eq!(view.watched[0].order.order_id.as_str(), "ord-0");
    assert!(view.actions.contains(&Action::CheckAgain));
    bench.tell(Command::Acknowledge(Acknowledged::Failure)).expect("it was seen");
    assert!(!bench.view().actions.contains(&Action::BuyAgain));
}

#[test]
fn a_refused_purchase_names_the_open_order_and_what_can_be_done() {
    let mut bench = Bench::unconfirmed();
    let rejected = bench.tell(start()).expect_err("an order is open");
    let refusal = Refusal::new(&rejected, &bench.machine);
    assert_eq!((refusal.code, refusal.order_id.as_str()), (RefusalCode::OrderOpen, ORDER));
    assert_eq!(refusal.actions, [Action::CheckAgain, Action::SetAside]);
    for action in [Command::CheckAgain, Command::SetAside] {
        bench.clone().tell(action).expect("what is offered is taken");
    }
}

#[test]
fn a_snapshot_that_cannot_be_used_is_put_aside_before_anything_is_written_over_it() {
    for stored in [
        Stored::Unreadable,
        Stored::NoJson,
        found("[]"),
        found(r#"{"version":1,"memory":7}"#),
        found(r#"{"version":999}"#),
    ] {
        let mut bench = Bench::restored(stored);
        let first = bench.asked.first().map(|effect| effect.name());
        assert_eq!(first, Some("Preserve"));
        bench.answer("Preserve", Answer::Stored);
        assert_ne!(bench.view().storage, StorageHealth::Working, "it is reported all the same");
        bench.tell(start()).expect("the shop stays open");
    }
    assert_eq!(Bench::restored(Stored::Missing).count("Preserve"), 0);
}

#[test]
fn nothing_is_left_of_acknowledged_purchases_but_the_session() {
    let mut bench = Bench::fresh();
    for _ in 0..20 {
        bench.tell(start()).expect("nothing is open");
        bench.answer("Save", Answer::Stored);
        if bench.state() == "SigningIn" {
            bench.answer("Login", code());
            bench.answer("Call(Exchange)", session());
        }
        bench.answer("Call(CreateOrder)", created("payable"));
        bench.answer("Save", Answer::Stored);
        bench.answer("Pay", garbage());
        bench.answer("Call(Verify)", verdict("paid"));
        bench.tell(super::bench::acknowledge(ORDER)).expect("it waits");
        bench.answer("Call(Acknowledge)", reply(204, ""));
        let written = bench.written();
        assert!(written.ends_with(r#""checkout":"Nothing","watch":[],"owed":[],"closing":[]}}"#), "{written}");
    }
}
