//! Purchases from end to end, good days and bad ones, and the laws they must keep.

use super::bench::{
    Bench, ORDER, PRICE, acknowledge, code, created, created_for, found, problem, reply, session, start, verdict,
};
use crate::domain::Millis;
use crate::machine::Stored;
use crate::machine::effect::{Call, Effect};
use crate::machine::error::Rejected;
use crate::machine::event::{Answer, Command, SheetHint};
use crate::machine::policy;
use crate::machine::view::{Action, ClientCode, FaultCode, Outcome, StorageHealth};
use crate::wire::ProblemCode;

#[test]
fn a_good_day() {
    let mut bench = Bench::paid();
    assert_eq!(bench.view().outcome, Some(Outcome::Paid));
    assert_eq!(bench.count("Pay"), 1);
    bench.tell(acknowledge(ORDER)).expect("paid orders can be acknowledged");
    assert_eq!(bench.state(), "Idle");
    assert_eq!(bench.count("Call(Acknowledge)"), 1, "the server learns it");
    bench.answer("Call(Acknowledge)", reply(204, ""));
    let left = bench.written();
    assert!(left.contains("s1.secret") && !left.contains(ORDER), "of an acknowledged order nothing is left: {left}");
}

// Storage and the server's list.

#[test]
fn a_first_purchase_without_storage_asks_for_the_list_first() {
    let mut bench = Bench::restored(Stored::Missing);
    bench.tell(start()).expect("nothing is open");
    bench.answer("Save", Answer::Stored);
    bench.answer("Login", code());
    bench.answer("Call(Exchange)", session());
    assert_eq!((bench.count("Call(ListOrders)"), bench.count("Call(CreateOrder)")), (1, 0));
    let list = r#"{"orders":[{"orderId":"ord-0","state":"paid","amount":100,"statusToken":"o1.t"}]}"#;
    bench.answer("Call(ListOrders)", reply(200, list));
    assert_eq!((bench.count("Call(CreateOrder)"), bench.view().watched.len()), (1, 1));
}

#[test]
fn a_snapshot_that_cannot_be_used_is_reported_and_the_list_is_asked() {
    let cases = [
        (Stored::Unreadable, StorageHealth::Damaged),
        (found("{"), StorageHealth::Damaged),
        (found(r#"{"version":1,"memory":7}"#), StorageHealth::Damaged),
        (found(r#"{"version":999,"memory":{}}"#), StorageHealth::Newer),
    ];
    for (stored, health) in cases {
        let mut bench = Bench::restored(stored);
        assert_eq!(bench.view().storage, health);
        bench.answer("Login", code());
        bench.answer("Call(Exchange)", session());
        assert_eq!(bench.count("Call(ListOrders)"), 1);
        bench.tell(start()).expect("the shop stays open");
    }
}

// Refusals.

#[test]
fn another_price_ends_without_an_order() {
    let bench = Bench::failed();
    let fault = bench.view().fault.expect("failed");
    assert_eq!(fault.code, FaultCode::Server(ProblemCode::PriceChanged));
    assert_eq!((bench.count("Pay"), bench.view().actions.contains(&Action::Pay)), (0, true));

    let mut bench = Bench::creating();
    bench.answer("Call(CreateOrder)", created_for(ORDER, "payable", PRICE + 1));
    assert_eq!((bench.state(), bench.count("Pay")), ("Failed", 0), "nobody pays what nobody saw");
    assert_eq!(bench.count("Call(Close)"), 1);
}

#[test]
fn a_second_refusal_of_the_session_is_a_typed_fault() {
    let mut bench = Bench::creating();
    bench.answer("Call(CreateOrder)", problem(401, "session_expired", "login"));
    bench.answer("Login", code());
    bench.answer("Call(Exchange)", session());
    bench.answer("Call(CreateOrder)", problem(401, "unauthorized", "login"));
    assert_eq!(bench.state(), "Failed");
    assert_eq!(bench.view().fault.expect("failed").code, FaultCode::Server(ProblemCode::Unauthorized));
}

#[test]
fn after_the_sheet_a_second_refusal_of_the_session_is_unconfirmed() {
    let mut bench = Bench::confirming(SheetHint::Ok);
    bench.answer("Call(Verify)", problem(401, "unauthorized", "login"));
    bench.answer("Login", code());
    bench.answer("Call(Exchange)", session());
    bench.answer("Call(Verify)", problem(401, "unauthorized", "login"));
    assert_eq!(bench.state(), "Unconfirmed");
}

#[test]
fn a_login_code_is_never_used_twice() {
    let mut bench = Bench::signing_in();
    bench.answer("Login", code());
    bench.answer("Call(Exchange)", Answer::CallLost);
    bench.sleep_ends(policy::LOGIN_LADDER[0]);
    assert_eq!((bench.count("Login"), bench.count("Call(Exchange)")), (2, 1), "a lost exchange fetches a new code");
}

#[test]
fn giving_up_closes_what_may_have_been_made() {
    let mut bench = Bench::creating();
    bench.tell(Command::Abandon).expect("no sheet was opened");
    assert_eq!(bench.view().outcome, Some(Outcome::Unpaid));
    let by_key = bench.asked.iter().any(|effect| {
        matches!(
            effect,
            Effect::Call { call: Call::Close { request: crate::wire::CloseRequest::IdempotencyKey(_), .. }, .. }
        )
    });
    assert!(by_key, "the order's id is not known, its key is");
    bench.answer("Call(CreateOrder)", created("payable"));
    assert_eq!((bench.state(), bench.count("Pay")), ("Idle", 0), "a late order opens nothing");
}

#[test]
fn an_open_order_is_named() {
    let mut bench = Bench::creating();
    let body =
        r#"{"status":409,"code":"open_order","retry":"never","openOrder":{"orderId":"ord-0","state":"payable"}}"#;
    bench.answer("Call(CreateOrder)", reply(409, body));
    assert_eq!(bench.view().fault.expect("failed").open_order_id, "ord-0");
    let mut bench = Bench::unpaid();
    assert_eq!(bench.tell(start()), Err(Rejected::OrderOpen(ORDER.to_owned().try_into().expect("an id"))));
}

#[test]
fn a_late_answer_of_the_sheet_looks_at_once_also_while_confirming() {
    let mut bench = Bench::paying_long();
    bench.tell(Command::SheetClosed).expect("offered");
    bench.answer("Call(Verify)", Answer::CallLost);
    let looks = bench.count("Call(Verify)");
    bench.answer("Pay", Answer::SheetAnswered(SheetHint::Ok));
    assert_eq!((bench.state(), bench.count("Call(Verify)")), ("Confirming", looks + 1));
}

#[test]
fn an_acknowledgement_is_offered_until_the_server_has_taken_it() {
    let mut bench = Bench::paid();
    bench.tell(acknowledge(ORDER)).expect("paid orders can be acknowledged");
    for answer in [Answer::CallLost, garbage_at(503), problem(500, "internal", "later")] {
        bench.answer("Call(Acknowledge)", answer);
        assert!(bench.written().contains(ORDER), "it is owed still");
        bench.tell(Command::Shown).expect("always taken");
    }
    bench.answer("Call(Acknowledge)", problem(404, "order_not_found", "never"));
    assert!(!bench.written().contains(ORDER), "a server that does not know the order will never take it");
}

fn garbage_at(status: u16) -> Answer {
    reply(status, "<html>")
}

#[test]
fn a_refused_session_is_forgotten_at_once() {
    let mut bench = Bench::creating();
    assert!(bench.written().contains("s1.secret"));
    bench.answer("Call(CreateOrder)", problem(401, "session_expired", "login"));
    assert!(!bench.written().contains("s1.secret"), "a killed app must not show it again");
}

#[test]
fn a_server_that_cannot_be_reached_is_called_that_and_not_a_failed_login() {
    let mut bench = Bench::signing_in();
    for length in policy::LOGIN_LADDER {
        bench.answer("Login", code());
        bench.answer("Call(Exchange)", Answer::CallLost);
        bench.sleep_ends(length);
    }
    bench.answer("Login", code());
    bench.answer("Call(Exchange)", Answer::CallLost);
    assert_eq!(bench.view().fault.expect("failed").code, FaultCode::Client(ClientCode::Unreachable));

    let mut bench = Bench::signing_in();
    for length in policy::LOGIN_LADDER {
        bench.answer("Login", Answer::LoginFailed);
        bench.sleep_ends(length);
    }
    bench.answer("Login", Answer::LoginFailed);
    assert_eq!(bench.view().fault.expect("failed").code, FaultCode::Client(ClientCode::LoginFailed));
}

#[test]
fn a_clock_that_goes_back_does_not_end_the_patience() {
    let mut bench = Bench::confirming(SheetHint::Other);
    bench.now = Millis(0);
    bench.answer("Call(Verify)", Answer::CallLost);
    bench.sleep_ends(Millis::seconds(1));
    bench.answer("Call(Verify)", Answer::CallLost);
    assert_eq!(bench.state(), "Confirming");
}

#[test]
fn what_was_seen_early_is_no_answer_at_the_end() {
    let mut bench = Bench::confirming(SheetHint::Ok);
    bench.answer("Call(Verify)", verdict("payable"));
    assert_eq!(bench.state(), "Confirming", "after ok the money may be on its way");
    while bench.state() == "Confirming" {
        bench.now = bench.now.after(Millis::seconds(10));
        match bench.open.iter().any(|e| e.name() == "Call(Verify)") {
            true => bench.answer("Call(Verify)", Answer::CallLost),
            false => bench.answer("Sleep", Answer::Slept),
        }
    }
    assert_eq!(bench.state(), "Unconfirmed", "the sheet said ok, and nobody knows better");
}

#[test]
fn buying_again_right_after_an_acknowledgement_waits_for_the_server_to_learn_it() {
    let in_the_way = format!(
        r#"{{"status":409,"code":"open_order","retry":"never","openOrder":{{"orderId":"{ORDER}","state":"paid"}}}}"#
    );
    // The refusal may come before or after the server has taken the acknowledgement.
    for taken_first in [false, true] {
        let mut bench = Bench::paid();
        bench.tell(acknowledge(ORDER)).expect("paid orders can be acknowledged");
        bench.tell(start()).expect("nothing is open");
        bench.answer("Save", Answer::Stored);
        if taken_first {
            bench.answer("Call(Acknowledge)", reply(204, ""));
        }
        bench.answer("Call(CreateOrder)", reply(409, &in_the_way));
        assert_eq!(bench.state(), "CreatingOrder");
        bench.sleep_ends(policy::CREATE_LADDER[0]);
        bench.answer("Call(CreateOrder)", created_for("ord-2", "payable", PRICE));
        assert_eq!(bench.state(), "Saving");
    }
    // A server that never learns it ends the patience with the order's name.
    let mut bench = Bench::paid();
    bench.tell(acknowledge(ORDER)).expect("paid orders can be acknowledged");
    bench.tell(start()).expect("nothing is open");
    bench.answer("Save", Answer::Stored);
    for length in policy::CREATE_LADDER {
        bench.answer("Call(CreateOrder)", reply(409, &in_the_way));
        bench.sleep_ends(length);
    }
    bench.answer("Call(CreateOrder)", reply(409, &in_the_way));
    assert_eq!(bench.view().fault.expect("failed").open_order_id, ORDER);
}
