//! A trace is bounded, shows nothing, and leads a machine through the same states again.

use proptest::prelude::*;

use super::bench::{Bench, acknowledge, created, session, start, verdict};
use super::explore::{Broken, Budget, Step, World};
use crate::machine::event::{Answer, SheetHint};
use crate::machine::policy;
use crate::machine::replay::{ReplayError, replay};

fn lines(bench: &Bench) -> Vec<String> {
    bench.machine.trace().map(String::from).collect()
}

fn told_again(lines: &[String]) -> Result<usize, ReplayError> {
    replay(lines.iter().map(String::as_str))
}

/// A purchase from the tap to its acknowledgement.
fn buy(bench: &mut Bench) {
    bench.tell(start()).expect("nothing is open");
    bench.answer("Save", Answer::Stored);
    if bench.state() == "SigningIn" {
        bench.answer("Login", super::bench::code());
        bench.answer("Call(Exchange)", session());
    }
    bench.answer("Call(CreateOrder)", created("payable"));
    bench.answer("Save", Answer::Stored);
    bench.answer("Pay", Answer::SheetAnswered(SheetHint::Ok));
    bench.answer("Call(Verify)", verdict("paid"));
    bench.tell(acknowledge(super::bench::ORDER)).expect("it waits");
    bench.answer("Call(Acknowledge)", super::bench::reply(204, ""));
}

#[test]
fn every_state_is_reached_again_from_its_trace() {
    for (name, bench) in Bench::everywhere() {
        let lines = lines(&bench);
        assert_eq!(told_again(&lines), Ok(lines.len()), "{name}");
    }
}

#[test]
fn a_long_life_begins_anew_at_rest_and_stays_bounded() {
    let mut bench = Bench::fresh();
    for _ in 0..60 {
        buy(&mut bench);
        let lines = lines(&bench);
        assert!(lines.len() <= policy::TRACE_LINES);
        told_again(&lines).expect("the same states");
    }
    let lines = lines(&bench);
    assert!(lines[0].contains("Checkpoint"), "{}", lines[0]);
    assert!(lines.iter().all(|line| line.len() < 1_000), "lines are short");
}

#[test]
fn a_purchase_without_end_keeps_the_newest_lines_and_says_that_it_was_cut() {
    let mut bench = Bench::unpaid();
    for _ in 0..policy::TRACE_LINES {
        bench.tell(crate::machine::event::Command::Shown).expect("always taken");
    }
    let lines = lines(&bench);
    assert_eq!(lines.len(), policy::TRACE_LINES);
    assert_eq!(told_again(&lines), Err(ReplayError::NoBeginning));
}

#[test]
fn a_trace_that_was_tampered_with_is_found_out() {
    let mut bench = Bench::fresh();
    buy(&mut bench);
    let good = lines(&bench);
    for at in 1..good.len() {
        if good[at].contains("\"stale\"") {
            continue;
        }
        let mut lacking = good.clone();
        lacking.remove(at);
        // Without its last line the story is shorter, and as true.
        assert_eq!(told_again(&lacking).is_err(), at + 1 < good.len(), "line {at} is not missed: {}", good[at]);
    }
    let mut changed = good.clone();
    let paid = changed.iter().position(|line| line.contains(r#""state":"Paid""#)).expect("it was paid");
    changed[paid] = changed[paid].replace(r#""state":"Paid""#, r#""state":"Unpaid""#);
    assert!(matches!(told_again(&changed), Err(ReplayError::Differs { line, .. }) if line == paid + 1));
    assert_eq!(told_again(&["nonsense".to_owned()]), Err(ReplayError::Unreadable(1)));
    assert_eq!(told_again(&good[1..]), Err(ReplayError::NoBeginning));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn what_happens_on_any_day_happens_again_from_its_trace(choices in prop::collection::vec(any::<u16>(), 50..300)) {
        let mut world = World::new(Budget::LONG, Broken::Nothing);
        world.keeps_trace = true;
        for choice in choices {
            let steps = world.steps();
            let step = &steps[usize::from(choice) % steps.len()];
            if matches!(step, Step::Kill | Step::KillAndPurge(_)) {
                again(&world)?;
            }
            world.take(step);
        }
        again(&world)?;
    }
}

fn again(world: &World) -> Result<(), TestCaseError> {
    let lines: Vec<String> = world.machine.trace().map(String::from).collect();
    match told_again(&lines) {
        Ok(_) => {}
        Err(ReplayError::NoBeginning) => prop_assert_eq!(lines.len(), policy::TRACE_LINES, "only a full trace is cut"),
        Err(error) => prop_assert!(false, "{error}\n{}", lines.join("\n")),
    }
    for secret in ["s1.t", "o1.", "prepay_id", "longjing"] {
        prop_assert!(!lines.iter().any(|line| line.contains(secret)), "the trace shows {}", secret);
    }
    Ok(())
}
