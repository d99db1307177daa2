//! What the page, the payer and the server ask for is done, and said as it is.

use super::bench::{Bench, ORDER, PRICE, code, found, problem, reply, session, verdict};
use crate::domain::{Fen, Millis};
use crate::machine::effect::{Call, Effect, HttpRequest};
use crate::machine::event::{Answer, Command, Draft, Separate, SheetHint};
use crate::machine::policy;
use crate::wire::{Basket, CloseRequest, Line};

fn calls(bench: &Bench, name: &str) -> Vec<HttpRequest> {
    let named = bench.asked.iter().filter(|effect| effect.name() == name);
    named
        .filter_map(|effect| match effect {
            Effect::Call { call, .. } => Some(call.clone().into_http()),
            _ => None,
        })
        .collect()
}

fn closes(bench: &Bench) -> Vec<CloseRequest> {
    let close = |effect: &Effect| match effect {
        Effect::Call { call: Call::Close { request, .. }, .. } => Some(request.clone()),
        _ => None,
    };
    bench.asked.iter().filter_map(close).collect()
}

/// The numbers of the issue, as they are: a changed policy has to be meant.
#[test]
fn the_policy_is_what_was_agreed() {
    let seconds = |waits: &[Millis]| waits.iter().map(|wait| wait.0 / 1000).collect::<Vec<_>>();
    assert_eq!(policy::SAVE_LIMIT, Millis(2_000));
    assert_eq!(policy::CALL_LIMIT, Millis(15_000));
    assert_eq!(policy::PAYING_LOOK, Millis(15_000));
    assert_eq!(policy::SHEET_SILENCE, Millis(20_000));
    assert_eq!(policy::CONFIRM_AFTER_OK, Millis(60_000));
    assert_eq!(policy::CONFIRM_OTHERWISE, Millis(20_000));
    assert_eq!(policy::LONGEST_WAIT, Millis(30_000));
    assert_eq!(policy::EVIDENCE_SLACK, Millis(100));
    assert_eq!(seconds(&policy::CONFIRM_LADDER), [1, 2, 3, 5, 8, 10]);
    assert_eq!(seconds(&policy::UNPAID_LADDER), [5, 10, 45], "looks 5, 15 and 60 s after");
    assert_eq!(seconds(&policy::CREATE_LADDER), [1, 2, 4, 8, 15]);
    assert_eq!(seconds(&policy::LOGIN_LADDER), [1, 3]);
    assert_eq!((policy::CONFIRM_LOOKS, policy::WATCH_LIST, policy::ACK_LIST, policy::CLOSE_LIST), (16, 8, 8, 8));
}

#[test]
fn buying_again_is_said_to_the_server() {
    for (separate, said) in [(Separate::No, "false"), (Separate::BuyAgain, "true")] {
        let mut bench = Bench::fresh();
        let line = Line { sku: "longjing-50g".into(), quantity: 1 };
        let amount = Fen::new(PRICE).expect("positive");
        let draft = Draft::new(Basket::Items(vec![line]), amount, separate).expect("good");
        bench.tell(Command::Start { draft, key: "k".to_owned().try_into().expect("a key") }).expect("nothing is open");
        bench.answer("Save", Answer::Stored);
        bench.answer("Login", code());
        bench.answer("Call(Exchange)", session());
        let body = &calls(&bench, "Call(CreateOrder)")[0].body;
        assert!(body.contains(&format!(r#""separate":{said}"#)), "{body}");
    }
}

#[test]
fn an_unpaid_order_that_is_given_up_is_closed_and_watched() {
    let mut bench = Bench::unpaid();
    bench.tell(Command::Abandon).expect("offered");
    let order_id = ORDER.to_owned().try_into().expect("an id");
    assert_eq!(closes(&bench), [CloseRequest::OrderId(order_id)]);
    assert_eq!(bench.view().watched.len(), 1, "until there is a verdict");
    bench.answer("Call(Close)", reply(200, r#"{"state":"closed"}"#));
    bench.answer("Call(Verify)", verdict("closed"));
    assert!(bench.view().watched.is_empty());
}

#[test]
fn money_that_arrives_after_giving_up_is_told_and_nothing_contradicts_it() {
    let mut bench = Bench::unpaid();
    bench.tell(Command::Abandon).expect("offered");
    bench.answer("Call(Close)", reply(200, r#"{"state":"paid"}"#));
    bench.answer("Call(Verify)", verdict("paid"));
    let view = bench.view();
    assert_eq!((view.outcome, view.watched.len()), (None, 1));
    assert!(view.message.zh.contains("已付款") && view.message.en.contains("paid"), "{:?}", view.message);
}

#[test]
fn a_purchase_whose_patience_ended_is_closed_by_its_key() {
    let mut bench = Bench::creating();
    for wait in policy::CREATE_LADDER {
        bench.answer("Call(CreateOrder)", Answer::CallLost);
        bench.sleep_ends(wait);
    }
    bench.answer("Call(CreateOrder)", Answer::CallLost);
    assert_eq!(bench.state(), "Failed");
    let key = "07".repeat(16).try_into().expect("a key");
    assert_eq!(closes(&bench), [CloseRequest::IdempotencyKey(key)]);
}

#[test]
fn a_relaunch_asks_under_the_key_that_was_stored() {
    let before = Bench::creating();
    let mut bench = Bench::restored(before.storage());
    assert_eq!(bench.state(), "CreatingOrder");
    bench.answer("Call(CreateOrder)", Answer::CallLost);
    bench.sleep_ends(policy::CREATE_LADDER[0]);
    for call in calls(&bench, "Call(CreateOrder)") {
        assert_eq!(call.idempotency_key, "07".repeat(16));
    }
    assert_eq!(bench.count("Call(CreateOrder)"), 2);
}

#[test]
fn after_a_relaunch_only_a_word_about_the_key_ends_a_purchase() {
    let stored = Bench::creating().storage();
    for code in ["idempotency_key_reused", "malformed_request", "not_found", "a_code_of_tomorrow"] {
        let mut bench = Bench::restored(stored.clone());
        bench.answer("Call(CreateOrder)", problem(409, code, "never"));
        let view = bench.view();
        assert_eq!((bench.state(), view.outcome), ("CreatingOrder", None), "{code}");
        assert!(!view.message.zh.contains("扣款。") || view.message.zh.contains("无需"), "{}", view.message.zh);
    }
    for code in ["price_changed", "unknown_sku", "payment_refused"] {
        let mut bench = Bench::restored(stored.clone());
        bench.answer("Call(CreateOrder)", problem(409, code, "never"));
        assert_eq!(bench.state(), "Failed", "{code}: the key is bound to nothing");
    }
}

#[test]
fn the_word_retry_decides_what_follows_a_refused_create() {
    let cases = [
        (409, "in_progress", "same", "CreatingOrder"),
        (429, "rate_limited", "later", "CreatingOrder"),
        (409, "a_code_of_tomorrow", "a word of tomorrow", "CreatingOrder"),
        (403, "session_expired", "login", "CreatingOrder"),
        (500, "internal", "never", "CreatingOrder"),
        (409, "price_changed", "never", "Failed"),
    ];
    for (status, code, retry, state) in cases {
        let mut bench = Bench::creating();
        bench.answer("Call(CreateOrder)", problem(status, code, retry));
        assert_eq!(bench.state(), state, "{status} {code} {retry}");
        let logs_in = bench.count("Login") == 2;
        assert_eq!(logs_in, retry == "login", "{code}: a fresh login is fetched where the server says so");
        if state == "CreatingOrder" && !logs_in {
            bench.sleep_ends(policy::CREATE_LADDER[0]);
            assert_eq!(bench.count("Call(CreateOrder)"), 2, "{code}");
        }
    }
}

#[test]
fn the_server_stretches_the_waits_of_create_and_login() {
    let slowly = |status| reply(status, r#"{"code":"rate_limited","retry":"later","retryAfterMs":7000}"#);
    let mut bench = Bench::creating();
    bench.answer("Call(CreateOrder)", slowly(429));
    bench.sleep_ends(Millis(7_000));
    assert_eq!(bench.count("Call(CreateOrder)"), 2);
    let mut bench = Bench::signing_in();
    bench.answer("Login", code());
    bench.answer("Call(Exchange)", slowly(429));
    bench.sleep_ends(Millis(7_000));
    assert_eq!(bench.count("Login"), 2);
}

#[test]
fn no_state_that_may_hold_money_says_that_there_is_none() {
    for (name, bench) in Bench::everywhere() {
        let view = bench.view();
        let (zh, en) = (view.message.zh, view.message.en.to_lowercase());
        assert!(zh.chars().count() > 3 && en.len() > 3, "{name} says nothing");
        assert!(zh.chars().any(|c| c > '\u{2e80}') && en.is_ascii(), "{name}: each in its own language");
        let (denies, fails) = (
            zh.contains("没有扣款") || zh.contains("尚未扣款") || en.contains("nothing"),
            zh.contains("失败") || en.contains("failed"),
        );
        let state = bench.state();
        let may_deny = match state {
            "Idle" => false,
            "Recording" | "Failed" | "Closed" => true,
            "SigningIn" | "CreatingOrder" => !name.ends_with("to pay again") && !name.ends_with("relaunched"),
            _ => false,
        };
        assert!(may_deny || !denies, "{name}: {zh} / {en}");
        assert!(!fails, "{name}: {zh} / {en}");
        assert_eq!(state == "Paid", zh.contains("付款成功"), "{name}: {zh}");
        if matches!(state, "Unconfirmed" | "Confirming") {
            assert!(!en.contains("pay again"), "{name}: {en}");
        }
    }
    let unconfirmed = Bench::unconfirmed().view().message;
    assert!(unconfirmed.zh.contains("无需再次付款") && unconfirmed.en.contains("no second payment is needed"));
}

#[test]
fn the_sheets_word_is_asked_about_for_as_long_as_it_deserves() {
    for (hint, patience) in [(SheetHint::Ok, 60), (SheetHint::Cancelled, 20), (SheetHint::Other, 20)] {
        let mut bench = Bench::confirming(hint);
        let began = bench.now;
        while bench.state() == "Confirming" {
            bench.answer("Call(Verify)", Answer::CallLost);
            if let Some(next) = bench.view().next_look_in_ms.filter(|_| bench.state() == "Confirming") {
                bench.sleep_ends(Millis(u64::from(next)));
            }
        }
        let spent = bench.now.since(began).expect("the clock goes on").0 / 1000;
        assert!((patience..patience + 11).contains(&spent), "{hint:?}: {spent} s");
        assert_eq!(bench.state(), "Unconfirmed");
    }
    // What the storage of this version holds is read by it.
    assert_eq!(Bench::restored(found(Bench::paying().written())).state(), "Confirming");
}

#[test]
fn nothing_is_asked_of_the_server_but_what_a_purchase_needs() {
    let bench = Bench::paid();
    let paths: Vec<String> = bench
        .asked
        .iter()
        .filter_map(|effect| match effect {
            Effect::Call { call, .. } => Some(call.clone().into_http().path),
            _ => None,
        })
        .collect();
    assert_eq!(paths, ["/auth/exchange", "/payments/create", "/orders/verify?transactionId=ord-1"]);
}
