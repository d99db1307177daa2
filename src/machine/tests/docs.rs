//! docs/state-machine.md is written from what the machine does, not from what somebody remembers.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::bench::{Bench, verdict};
use super::table::{COMMAND_NAMES, answers, command, fitting};
use crate::machine::event::Answer;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/state-machine.md");

const HEAD: &str = "\
<!-- Generated from the machine; do not edit. Write it anew with
     WX_CHECKOUT_BLESS=1 cargo test -p wx-checkout --lib docs -->
# The checkout's states

Every state against every event, as observed by the machine's own tests, from the sub-states listed in the tables.

";

/// An edge's name in the picture.
fn label(effect: &str, answer: &str) -> String {
    let effect = effect.trim_start_matches("Call(").trim_end_matches(')');
    match answer {
        "as hoped" => format!("{effect} answered"),
        "CallLost" | "LoginFailed" => format!("{effect} without an answer, at last"),
        verdict => format!("{effect}, {verdict}"),
    }
}

/// What stands after a colon is a sub-state: `Paying:long` is `Paying` after 20 s without an answer of the sheet.
fn main_name(name: &str) -> &str {
    name.split(':').next().unwrap_or(name)
}

fn generated() -> String {
    let everywhere = Bench::everywhere();
    let mut edges: BTreeSet<(String, String, String)> = BTreeSet::new();
    let mut table = String::from("## Commands\n\n`x` is rejected and changes nothing, `=` stays.\n\n| state |");
    for name in COMMAND_NAMES {
        let _ = write!(table, " {name} |");
    }
    table.push_str("\n|---|");
    table.push_str(&"---|".repeat(COMMAND_NAMES.len()));
    for (state, bench) in &everywhere {
        let _ = write!(table, "\n| {state} |");
        for name in COMMAND_NAMES {
            let mut bench = bench.clone();
            let before = bench.state();
            let told = bench.tell(command(name, &bench));
            let cell = match told {
                Err(_) => "x",
                Ok(()) if bench.state() == before => "=",
                Ok(()) => bench.state(),
            };
            if told.is_ok() && bench.state() != before {
                edges.insert((before.into(), bench.state().into(), name.replace(":", ", ")));
            }
            let _ = write!(table, " {cell} |");
        }
    }
    table.push_str(
        "\n\n## Answers\n\nEvery effect that a state waits for, against every answer that leads elsewhere.\n\n",
    );
    table.push_str("| state | effect | answer | next |\n|---|---|---|---|\n");
    for (state, bench) in &everywhere {
        let effects: BTreeSet<&str> = bench.open.iter().map(|effect| effect.name()).collect();
        for effect in effects {
            let mut given: Vec<(String, Answer)> = vec![("as hoped".into(), fitting(effect))];
            given.extend(answers().into_iter().skip(1).map(|(name, answer)| (name.to_owned(), answer)));
            if effect == "Call(Verify)" {
                given[0].0 = "paid".into();
                given.push(("closed".into(), verdict("closed")));
                given.push(("payable".into(), verdict("payable")));
            }
            let mut ways: BTreeMap<&str, Vec<String>> = BTreeMap::new();
            for (name, answer) in given {
                let mut bench = bench.clone();
                let before = bench.state();
                bench.answer(effect, answer);
                if bench.state() == before {
                    continue;
                }
                let is_lost_call =
                    name == "CallLost" && effect.starts_with("Call(") || name == "LoginFailed" && effect == "Login";
                let is_verdict = ["paid", "closed", "payable"].contains(&name.as_str());
                if effect != "Sleep" && (name == "as hoped" || is_lost_call || is_verdict) {
                    edges.insert((main_name(state).into(), bench.state().into(), label(effect, &name)));
                }
                ways.entry(bench.state()).or_default().push(name);
            }
            for (next, names) in ways {
                let _ = writeln!(table, "| {state} | {effect} | {} | {next} |", names.join(", "));
            }
        }
    }
    let mut text = format!("{HEAD}```mermaid\nstateDiagram-v2\n  [*] --> Idle\n");
    for (from, to, label) in edges {
        let _ = writeln!(text, "  {from} --> {to}: {label}");
    }
    text.push_str("```\n\n");
    text.push_str(&table);
    text
}

#[test]
fn the_documented_states_are_current() {
    let now = generated();
    if std::env::var_os("WX_CHECKOUT_BLESS").is_some() {
        std::fs::write(FILE, &now).expect("docs is writable");
    }
    let kept = std::fs::read_to_string(FILE).unwrap_or_default();
    assert!(kept == now, "{FILE} is not current: run the command in its first lines");
}
