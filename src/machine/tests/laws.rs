//! The laws one by one, in plain purchases.

use super::bench::{
    Bench, ORDER, PRICE, acknowledge, code, created, created_for, garbage, problem, reply, session, start, verdict,
    verdict_for,
};
use crate::domain::Millis;
use crate::machine::effect::{Call, Effect};
use crate::machine::error::Rejected;
use crate::machine::event::{Answer, Command, SheetHint};
use crate::machine::policy;
use crate::machine::view::{Action, Outcome, StorageHealth};

// Law 1.

#[test]
fn law_1_only_a_verdict_about_this_order_and_amount_makes_paid() {
    let nonsense = [
        garbage(),
        Answer::CallLost,
        verdict_for("ord-other", "paid", PRICE, "wechat"),
        verdict_for(ORDER, "paid", PRICE - 1, "wechat"),
        verdict_for(ORDER, "unknown", PRICE, "wechat"),
        verdict_for(ORDER, "invented", PRICE, "wechat"),
        verdict_for(ORDER, "closing", PRICE, "wechat"),
        problem(404, "order_not_found", "never"),
        problem(500, "internal", "later"),
        problem(503, "gateway_unavailable", "never"),
        reply(200, "{}"),
    ];
    for hint in [SheetHint::Ok, SheetHint::Cancelled, SheetHint::Other] {
        for answer in &nonsense {
            let mut bench = Bench::confirming(hint);
            bench.answer("Call(Verify)", answer.clone());
            assert_eq!(bench.state(), "Confirming", "{hint:?}, {answer:?}");
        }
        let mut bench = Bench::confirming(hint);
        bench.answer("Call(Verify)", verdict("paid"));
        assert_eq!(bench.state(), "Paid", "whatever the sheet said: {hint:?}");
    }
}

#[test]
fn law_1_a_paid_state_that_is_not_valid_is_no_payment() {
    let mut bench = Bench::confirming(SheetHint::Ok);
    let body = format!(
        r#"{{"orderId":"{ORDER}","isValid":false,"state":"paid","amount":{PRICE},"evidence":{{"source":"wechat","ageMs":0}},"retryAfterMs":0}}"#
    );
    bench.answer("Call(Verify)", reply(200, body));
    assert_eq!(bench.state(), "Confirming");
}

#[test]
fn law_1_the_ledgers_memory_and_an_old_answer_are_no_evidence_of_no_payment() {
    let mut bench = Bench::confirming(SheetHint::Cancelled);
    bench.answer("Call(Verify)", verdict_for(ORDER, "payable", PRICE, "ledger"));
    assert_eq!(bench.state(), "Confirming");

    let mut bench = Bench::confirming(SheetHint::Cancelled);
    let body = format!(
        r#"{{"orderId":"{ORDER}","isValid":false,"state":"payable","amount":{PRICE},"evidence":{{"source":"wechat","ageMs":5000}},"retryAfterMs":0}}"#
    );
    bench.answer("Call(Verify)", reply(200, body));
    assert_eq!(bench.state(), "Confirming", "WeChat was asked before the sheet closed");
}

// Law 2.

#[test]
fn law_2_paying_again_asks_the_server_first_and_opens_one_sheet() {
    let mut bench = Bench::unpaid();
    let revision = bench.machine.revision();
    bench.tell(Command::PayAgain { revision }).expect("unpaid orders can be paid");
    assert_eq!(bench.tell(Command::PayAgain { revision }), Err(Rejected::OldView), "the second tap");
    assert_eq!((bench.count("Pay"), bench.count("Call(CreateOrder)")), (1, 2));
    bench.answer("Call(CreateOrder)", created("payable"));
    bench.answer("Save", Answer::Stored);
    assert_eq!((bench.state(), bench.count("Pay")), ("Paying", 2));
}

#[test]
fn law_2_an_order_that_was_paid_meanwhile_opens_no_second_sheet() {
    let mut bench = Bench::unpaid();
    let revision = bench.machine.revision();
    bench.tell(Command::PayAgain { revision }).expect("unpaid orders can be paid");
    bench.answer("Call(CreateOrder)", created("paid"));
    assert_eq!(bench.state(), "Confirming", "paid is said by verify alone");
    bench.answer("Call(Verify)", verdict("paid"));
    assert_eq!((bench.state(), bench.count("Pay")), ("Paid", 1));
}

#[test]
fn law_2_another_order_in_answer_to_pay_again_is_not_paid() {
    for answer in [created_for("ord-2", "payable", PRICE), created_for(ORDER, "payable", PRICE + 1)] {
        let mut bench = Bench::unpaid();
        let revision = bench.machine.revision();
        bench.tell(Command::PayAgain { revision }).expect("unpaid orders can be paid");
        bench.answer("Call(CreateOrder)", answer);
        assert_eq!((bench.state(), bench.count("Pay")), ("Confirming", 1));
    }
}

/// Found by the exploration: the payer has paid and reads the sheet's result page, which has not called back.
#[test]
fn law_2_a_sheet_whose_order_is_known_to_be_paid_holds_nothing_up_and_changes_nothing_later() {
    let mut bench = Bench::paying();
    let sheet = bench.open.iter().find(|effect| effect.name() == "Pay").expect("it is open").id();
    bench.tell(Command::Shown).expect("always taken");
    bench.answer("Call(Verify)", verdict("paid"));
    bench.tell(acknowledge(ORDER)).expect("it waits");
    bench.tell(start()).expect("nothing is open");
    let before = bench.copy_of_state();
    bench.answer_id(sheet, Answer::SheetAnswered(SheetHint::Ok));
    assert_eq!(bench.copy_of_state(), before, "its callback is about an order that is done with");
    bench.answer("Save", Answer::Stored);
    bench.answer("Call(CreateOrder)", created_for("ord-2", "payable", PRICE));
    bench.answer("Save", Answer::Stored);
    assert_eq!((bench.state(), bench.count("Pay")), ("Paying", 2));
}

// Law 3.

#[test]
fn law_3_one_key_from_start_to_end() {
    let mut bench = Bench::creating();
    bench.answer("Call(CreateOrder)", Answer::CallLost);
    bench.sleep_ends(Millis::seconds(1));
    bench.answer("Call(CreateOrder)", problem(401, "session_expired", "login"));
    bench.answer("Login", code());
    bench.answer("Call(Exchange)", session());
    bench.answer("Call(CreateOrder)", created("payable"));
    bench.answer("Save", Answer::Stored);
    bench.answer("Pay", Answer::SheetAnswered(SheetHint::Cancelled));
    bench.answer("Call(Verify)", verdict("payable"));
    let revision = bench.machine.revision();
    bench.tell(Command::PayAgain { revision }).expect("unpaid orders can be paid");
    let keys: Vec<_> = bench
        .asked
        .iter()
        .filter_map(|effect| match effect {
            Effect::Call { call: Call::CreateOrder { key, .. }, .. } => Some(key.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(keys.len(), 4);
    assert!(keys.iter().all(|key| *key == keys[0]));
}

// Law 4.

#[test]
fn law_4_nothing_is_sent_before_the_intent_is_written_or_two_seconds_have_passed() {
    let mut bench = Bench::recording();
    assert_eq!(bench.asked.iter().map(Effect::name).collect::<Vec<_>>(), ["Save", "Sleep"]);
    bench.sleep_ends(policy::SAVE_LIMIT);
    assert_eq!(bench.state(), "SigningIn", "a write that never answers does not stop the sale");
}

#[test]
fn law_4_the_sheet_waits_for_the_order_to_be_written() {
    let mut bench = Bench::saving();
    assert_eq!(bench.count("Pay"), 0);
    let text = bench.written();
    assert!(text.contains(ORDER), "what is written is the order");
    assert!(!text.contains("prepay") && !text.contains("sign-secret"), "parameters are never stored");
    bench.answer("Save", Answer::StoreFailed);
    assert_eq!((bench.state(), bench.count("Pay")), ("Paying", 1));
    assert_eq!(bench.view().storage, StorageHealth::Failing);
}

// Law 5.

#[test]
fn law_5_a_killed_app_looks_and_opens_nothing() {
    for killed in [Bench::saving(), Bench::paying(), Bench::confirming(SheetHint::Ok), Bench::unpaid()] {
        let mut bench = Bench::restored(killed.storage());
        assert_eq!((bench.state(), bench.count("Call(Verify)")), ("Confirming", 1), "from {}", killed.state());
        bench.answer("Call(Verify)", verdict("paid"));
        assert_eq!((bench.state(), bench.count("Pay")), ("Paid", 0));
    }
}

#[test]
fn law_5_a_snapshot_with_only_a_key_repeats_the_create_and_stops_there() {
    for killed in [Bench::recording(), Bench::signing_in(), Bench::creating()] {
        let mut bench = Bench::restored(killed.storage());
        if bench.state() == "SigningIn" {
            bench.answer("Login", code());
            bench.answer("Call(Exchange)", session());
        }
        assert_eq!(bench.count("Call(CreateOrder)"), 1, "from {}", killed.state());
        bench.answer("Call(CreateOrder)", created("payable"));
        assert_eq!((bench.state(), bench.count("Pay")), ("Confirming", 0));
        bench.answer("Call(Verify)", verdict("payable"));
        assert_eq!(bench.state(), "Unpaid");
        assert!(bench.view().actions.contains(&Action::PayAgain));
    }
}

#[test]
fn law_5_such_a_snapshot_never_fails_for_want_of_a_network() {
    let mut bench = Bench::restored(Bench::creating().storage());
    for _ in 0..50 {
        let name = bench.open.last().expect("something is open").name();
        match name {
            "Sleep" if bench.open.len() > 1 && bench.open[bench.open.len() - 2].name() != "Sleep" => {
                let name = bench.open[bench.open.len() - 2].name();
                bench.answer(name, Answer::CallLost);
            }
            _ => bench.answer("Sleep", Answer::Slept),
        }
        assert!(matches!(bench.state(), "CreatingOrder" | "SigningIn"), "{}", bench.state());
        assert_eq!(bench.view().actions, [Action::Abandon]);
    }
}

// Law 6.

#[test]
fn law_6_the_looks_are_bounded_whatever_the_clock_does() {
    for (hint, step) in [(SheetHint::Ok, 0), (SheetHint::Ok, 1000), (SheetHint::Other, 0), (SheetHint::Other, 700)] {
        let mut bench = Bench::confirming(hint);
        let mut looks = 0;
        while bench.state() == "Confirming" {
            bench.now = bench.now.after(Millis(step));
            match bench.open.iter().any(|e| e.name() == "Call(Verify)") {
                true => {
                    looks += 1;
                    bench.answer("Call(Verify)", Answer::CallLost);
                }
                false => bench.answer("Sleep", Answer::Slept),
            }
            assert!(looks <= usize::from(policy::CONFIRM_LOOKS), "{hint:?} looked {looks} times");
        }
        assert_eq!(bench.state(), "Unconfirmed");
        assert_eq!(bench.view().actions, [Action::CheckAgain, Action::SetAside]);
    }
}

#[test]
fn law_6_the_server_cannot_stretch_a_wait_beyond_thirty_seconds() {
    let mut bench = Bench::confirming(SheetHint::Ok);
    let body = format!(
        r#"{{"orderId":"{ORDER}","isValid":false,"state":"unknown","amount":{PRICE},"evidence":{{"source":"ledger","ageMs":0}},"retryAfterMs":86400000}}"#
    );
    bench.answer("Call(Verify)", reply(200, body));
    assert_eq!(bench.view().next_look_in_ms, Some(30_000));
}

#[test]
fn law_6_a_silent_sheet_offers_a_way_out_after_twenty_seconds() {
    let mut bench = Bench::paying();
    assert!(bench.view().actions.is_empty());
    assert_eq!(bench.tell(Command::SheetClosed), Err(Rejected::NotNow));
    bench.sleep_ends(policy::SHEET_SILENCE);
    assert_eq!(bench.view().actions, [Action::SheetClosed]);
    bench.tell(Command::SheetClosed).expect("offered");
    assert_eq!(bench.state(), "Confirming");
}

#[test]
fn law_6_an_unpaid_order_is_looked_at_after_5_15_and_60_seconds_and_on_show() {
    let mut bench = Bench::unpaid();
    for wait in policy::UNPAID_LADDER {
        bench.sleep_ends(wait);
        bench.answer("Call(Verify)", verdict("payable"));
        assert_eq!(bench.state(), "Unpaid");
    }
    assert_eq!(bench.view().next_look_in_ms, None);
    bench.tell(Command::Hidden).expect("always taken");
    bench.tell(Command::Shown).expect("always taken");
    bench.answer("Call(Verify)", verdict("paid"));
    assert_eq!(bench.state(), "Paid", "a screen that was wrong corrects itself");
}

#[test]
fn hidden_time_does_not_count_and_being_shown_looks_at_once() {
    let mut bench = Bench::confirming(SheetHint::Other);
    bench.answer("Call(Verify)", Answer::CallLost);
    bench.tell(Command::Hidden).expect("always taken");
    bench.now = bench.now.after(Millis::seconds(3600));
    bench.answer("Sleep", Answer::Slept);
    assert_eq!((bench.state(), bench.count("Call(Verify)")), ("Confirming", 1), "nothing is asked while hidden");
    bench.tell(Command::Shown).expect("always taken");
    assert_eq!(bench.count("Call(Verify)"), 2);
    bench.answer("Call(Verify)", Answer::CallLost);
    assert_eq!(bench.state(), "Confirming", "the hour did not count");
}

#[test]
fn while_the_sheet_is_open_a_payment_that_is_not_seen_changes_nothing() {
    let mut bench = Bench::paying();
    bench.sleep_ends(policy::PAYING_LOOK);
    bench.answer("Call(Verify)", verdict("payable"));
    assert_eq!(bench.state(), "Paying");
    bench.sleep_ends(policy::PAYING_LOOK);
    bench.answer("Call(Verify)", verdict("paid"));
    assert_eq!((bench.state(), bench.count("Pay")), ("Paid", 1));
    bench.answer("Pay", Answer::SheetAnswered(SheetHint::Cancelled));
    assert_eq!(bench.state(), "Paid", "a late cancel takes nothing back");
}

#[test]
fn a_late_answer_of_the_sheet_causes_one_look_and_nothing_else() {
    let mut bench = Bench::paying_long();
    bench.tell(Command::SheetClosed).expect("offered");
    bench.answer("Call(Verify)", verdict("payable"));
    assert_eq!(bench.state(), "Unpaid");
    assert!(!bench.view().actions.contains(&Action::Abandon), "the sheet may still be open");
    assert_eq!(bench.tell(Command::Abandon), Err(Rejected::NotNow));
    let looks = bench.count("Call(Verify)");
    bench.answer("Pay", Answer::SheetAnswered(SheetHint::Ok));
    assert_eq!((bench.state(), bench.count("Call(Verify)")), ("Unpaid", looks + 1));
    bench.answer("Call(Verify)", verdict("paid"));
    assert_eq!(bench.state(), "Paid");
}

// Law 7.

#[test]
fn law_7_an_outcome_is_delivered_again_until_it_is_acknowledged() {
    let mut bench = Bench::paid();
    for _ in 0..3 {
        bench = Bench::restored(bench.storage());
        assert_eq!(bench.view().outcome, Some(Outcome::Paid), "also from a storage that was not written again");
        bench.tell(Command::Shown).expect("always taken");
    }
    bench.tell(acknowledge(ORDER)).expect("paid orders can be acknowledged");
    let bench = Bench::restored(bench.storage());
    assert_eq!(bench.view().outcome, None);
    assert_eq!(bench.count("Call(Acknowledge)"), 1, "what the server has not taken is owed still");
}

#[test]
fn law_7_an_order_set_aside_is_watched_until_a_verdict() {
    let mut bench = Bench::unconfirmed();
    bench.tell(Command::SetAside).expect("offered");
    assert_eq!((bench.state(), bench.view().watched.len()), ("Idle", 1));
    bench = Bench::restored(bench.storage());
    bench.answer("Call(Verify)", Answer::CallLost);
    assert_eq!(bench.view().watched.len(), 1, "nobody knows yet");
    bench.tell(Command::Shown).expect("always taken");
    bench.answer("Call(Verify)", verdict("paid"));
    assert_eq!(bench.view().watched[0].outcome, Outcome::Paid);
    bench = Bench::restored(bench.storage());
    assert_eq!(bench.view().watched[0].outcome, Outcome::Paid, "delivered again");
    bench.tell(acknowledge(ORDER)).expect("its outcome waits");
    assert!(bench.view().watched.is_empty());
}

#[test]
fn law_7_the_watch_list_holds_eight_and_drops_none() {
    let mut bench = Bench::fresh();
    for at in 0..=policy::WATCH_LIST {
        bench.tell(start()).expect("nothing is open");
        bench.answer("Save", Answer::Stored);
        if bench.state() == "SigningIn" {
            bench.answer("Login", code());
            bench.answer("Call(Exchange)", session());
        }
        bench.answer("Call(CreateOrder)", created_for(&format!("ord-{at}"), "payable", PRICE));
        bench.answer("Save", Answer::Stored);
        bench.answer("Pay", Answer::SheetAnswered(SheetHint::Cancelled));
        bench.answer("Call(Verify)", verdict_for(&format!("ord-{at}"), "payable", PRICE, "wechat"));
        let aside = bench.tell(Command::SetAside);
        assert_eq!(aside.is_ok(), at < policy::WATCH_LIST, "order {at}");
    }
    assert_eq!((bench.state(), bench.view().watched.len()), ("Unpaid", policy::WATCH_LIST));
    assert_eq!(bench.tell(Command::Abandon), Err(Rejected::WatchListFull));
}

#[test]
fn law_7_a_watched_order_that_is_not_paid_so_far_stays_watched() {
    let mut bench = Bench::unpaid();
    bench.tell(Command::SetAside).expect("offered");
    bench.tell(Command::Shown).expect("always taken");
    bench.answer("Call(Verify)", verdict("payable"));
    assert_eq!(bench.view().watched.len(), 1, "not paid so far is no verdict");
    bench.tell(Command::Shown).expect("always taken");
    bench.answer("Call(Verify)", verdict("closed"));
    assert!(bench.view().watched.is_empty(), "closed is one");
}

// Law 9.

#[test]
fn law_9_nothing_secret_shows() {
    for (name, bench) in Bench::everywhere() {
        let mut shown = format!("{:?} {:?}", bench.machine.state(), bench.asked);
        shown += &serde_json::to_string(&bench.view()).expect("plain data");
        for line in bench.machine.trace() {
            shown += line;
        }
        for secret in ["secret", "07070707"] {
            assert!(!shown.contains(secret), "{name} shows {secret}: {shown}");
        }
    }
}
