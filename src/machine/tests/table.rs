//! The table, cell by cell: every state (sub-states included) against every event.
//!
//! In the cells `x` is "rejected, nothing changed", `=` "stays", a name the state that follows.

use super::bench::{self, Bench, acknowledge, code, created, garbage, session, start, verdict};
use crate::machine::Stored;
use crate::machine::effect::EffectId;
use crate::machine::event::{Answer, Command, SheetHint};

const COMMANDS: &str = "
                           | Start     | CheckAgain | PayAgain      | PayAgain:old | SheetClosed | Abandon | SetAside | Acknowledge | Acknowledge:other | Acknowledge:failure | Shown         | Hidden | Restore
Idle                       | Recording | x          | x             | x            | x           | x       | x        | x           | x                 | x                   | =             | =      | x
Recording                  | x         | x          | x             | x            | x           | x       | x        | x           | x                 | x                   | =             | =      | x
Recording:signed in        | x         | x          | x             | x            | x           | x       | x        | x           | x                 | x                   | =             | =      | x
SigningIn                  | x         | x          | x             | x            | x           | Idle    | x        | x           | x                 | x                   | =             | =      | x
SigningIn:exchanging       | x         | x          | x             | x            | x           | Idle    | x        | x           | x                 | x                   | =             | =      | x
SigningIn:last try         | x         | x          | x             | x            | x           | Idle    | x        | x           | x                 | x                   | =             | =      | x
SigningIn:to pay again     | x         | x          | x             | x            | x           | Idle    | x        | x           | x                 | x                   | =             | =      | x
CreatingOrder              | x         | x          | x             | x            | x           | Idle    | x        | x           | x                 | x                   | =             | =      | x
CreatingOrder:listing      | x         | x          | x             | x            | x           | Idle    | x        | x           | x                 | x                   | =             | =      | x
CreatingOrder:resting      | x         | x          | x             | x            | x           | Idle    | x        | x           | x                 | x                   | =             | =      | x
CreatingOrder:renewing     | x         | x          | x             | x            | x           | Idle    | x        | x           | x                 | x                   | =             | =      | x
CreatingOrder:last try     | x         | x          | x             | x            | x           | Idle    | x        | x           | x                 | x                   | =             | =      | x
CreatingOrder:to pay again | x         | x          | x             | x            | x           | Idle    | x        | x           | x                 | x                   | =             | =      | x
CreatingOrder:relaunched   | x         | x          | x             | x            | x           | Idle    | x        | x           | x                 | x                   | =             | =      | x
Saving                     | x         | x          | x             | x            | x           | x       | x        | x           | x                 | x                   | =             | =      | x
Paying                     | x         | x          | x             | x            | x           | x       | x        | x           | x                 | x                   | =             | =      | x
Paying:long                | x         | x          | x             | x            | Confirming  | x       | x        | x           | x                 | x                   | =             | =      | x
Paying:looking             | x         | x          | x             | x            | x           | x       | x        | x           | x                 | x                   | =             | =      | x
Confirming                 | x         | x          | x             | x            | x           | x       | x        | x           | x                 | x                   | =             | =      | x
Confirming:cancelled       | x         | x          | x             | x            | x           | x       | x        | x           | x                 | x                   | =             | =      | x
Confirming:last look       | x         | x          | x             | x            | x           | x       | x        | x           | x                 | x                   | =             | =      | x
Unpaid                     | x         | x          | CreatingOrder | x            | x           | Idle    | Idle     | x           | x                 | x                   | =             | =      | x
Unpaid:looking             | x         | x          | CreatingOrder | x            | x           | Idle    | Idle     | x           | x                 | x                   | =             | =      | x
Unconfirmed                | x         | Confirming | x             | x            | x           | x       | Idle     | x           | x                 | x                   | =             | =      | x
Unconfirmed:looking        | x         | Confirming | x             | x            | x           | x       | Idle     | x           | x                 | x                   | =             | =      | x
Closed                     | Recording | x          | x             | x            | x           | x       | x        | Idle        | x                 | x                   | =             | =      | x
Paid                       | x         | x          | x             | x            | x           | x       | x        | Idle        | x                 | x                   | =             | =      | x
Failed                     | Recording | x          | x             | x            | x           | x       | x        | x           | x                 | Idle                | =             | =      | x
";

/// What each state waits for, against every answer. `fits` is the answer hoped for, and for looks
/// there is one column a verdict.
const ANSWERS: &str = "
                           | effect            | fits          | garbage       | LoginFailed   | CallLost      | Sheet:ok      | Sheet:cancel  | Sheet:other   | Stored        | StoreFailed   | Slept
Recording                  | Save              | SigningIn     | SigningIn     | SigningIn     | SigningIn     | SigningIn     | SigningIn     | SigningIn     | SigningIn     | SigningIn     | SigningIn
SigningIn                  | Login             | =             | =             | =             | =             | =             | =             | =             | =             | =             | =
CreatingOrder              | Call(CreateOrder) | Saving        | =             | =             | =             | =             | =             | =             | =             | =             | =
CreatingOrder:listing      | Call(ListOrders)  | =             | =             | =             | =             | =             | =             | =             | =             | =             | =
CreatingOrder:resting      | Sleep             | =             | =             | =             | =             | =             | =             | =             | =             | =             | =
CreatingOrder:renewing     | Login             | =             | =             | =             | =             | =             | =             | =             | =             | =             | =
Saving                     | Save              | Paying        | Paying        | Paying        | Paying        | Paying        | Paying        | Paying        | Paying        | Paying        | Paying
Paying                     | Pay               | Confirming    | Confirming    | Confirming    | Confirming    | Confirming    | Confirming    | Confirming    | Confirming    | Confirming    | Confirming
Paying                     | Sleep             | =             | =             | =             | =             | =             | =             | =             | =             | =             | =
Confirming                 | Call(Verify)      | Paid          | =             | =             | =             | =             | =             | =             | =             | =             | =
Confirming:last look       | Call(Verify)      | Paid          | Unconfirmed   | Unconfirmed   | Unconfirmed   | Unconfirmed   | Unconfirmed   | Unconfirmed   | Unconfirmed   | Unconfirmed   | Unconfirmed
SigningIn:exchanging       | Call(Exchange)    | CreatingOrder | =             | =             | =             | =             | =             | =             | =             | =             | =
CreatingOrder:last try     | Call(CreateOrder) | Saving        | Failed        | Failed        | Failed        | Failed        | Failed        | Failed        | Failed        | Failed        | Failed
Paying:looking             | Call(Verify)      | Paid          | =             | =             | =             | =             | =             | =             | =             | =             | =
Unpaid:looking             | Call(Verify)      | Paid          | =             | =             | =             | =             | =             | =             | =             | =             | =
Unconfirmed:looking        | Call(Verify)      | Paid          | =             | =             | =             | =             | =             | =             | =             | =             | =
Unpaid                     | Sleep             | =             | =             | =             | =             | =             | =             | =             | =             | =             | =
Recording:signed in        | Save              | CreatingOrder | CreatingOrder | CreatingOrder | CreatingOrder | CreatingOrder | CreatingOrder | CreatingOrder | CreatingOrder | CreatingOrder | CreatingOrder
SigningIn:last try         | Login             | =             | Failed        | Failed        | Failed        | Failed        | Failed        | Failed        | Failed        | Failed        | Failed
SigningIn:to pay again     | Login             | =             | =             | =             | =             | =             | =             | =             | =             | =             | =
CreatingOrder:to pay again | Call(CreateOrder) | Saving        | =             | =             | =             | =             | =             | =             | =             | =             | =
CreatingOrder:relaunched   | Call(CreateOrder) | Confirming    | =             | =             | =             | =             | =             | =             | =             | =             | =
";

/// The columns of the first table.
pub const COMMAND_NAMES: [&str; 13] = [
    "Start",
    "CheckAgain",
    "PayAgain",
    "PayAgain:old",
    "SheetClosed",
    "Abandon",
    "SetAside",
    "Acknowledge",
    "Acknowledge:other",
    "Acknowledge:failure",
    "Shown",
    "Hidden",
    "Restore",
];

fn cells(table: &str) -> (Vec<&str>, Vec<Vec<&str>>) {
    let mut rows = table
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| line.split('|').map(str::trim).collect::<Vec<_>>());
    let head = rows.next().expect("a head")[1..].to_vec();
    (head, rows.collect())
}

pub fn command(name: &str, bench: &Bench) -> Command {
    let revision = bench.machine.revision();
    match name {
        "Start" => start(),
        "CheckAgain" => Command::CheckAgain,
        "PayAgain" => Command::PayAgain { revision },
        "PayAgain:old" => Command::PayAgain { revision: revision.wrapping_sub(1) },
        "SheetClosed" => Command::SheetClosed,
        "Abandon" => Command::Abandon,
        "SetAside" => Command::SetAside,
        "Acknowledge" => acknowledge(bench::ORDER),
        "Acknowledge:other" => acknowledge("ord-other"),
        "Acknowledge:failure" => Command::Acknowledge(crate::machine::event::Acknowledged::Failure),
        "Shown" => Command::Shown,
        "Hidden" => Command::Hidden,
        "Restore" => Command::Restore(Stored::Missing),
        other => panic!("no command {other}"),
    }
}

#[test]
fn every_state_meets_every_command() {
    let (commands, rows) = cells(COMMANDS);
    assert_eq!(commands, COMMAND_NAMES);
    let everywhere = Bench::everywhere();
    let named: Vec<_> = rows.iter().map(|row| row[0]).collect();
    assert_eq!(named, everywhere.iter().map(|(name, _)| *name).collect::<Vec<_>>(), "one row a state, in order");
    for (row, (name, bench)) in rows.iter().zip(everywhere) {
        assert_eq!(row.len(), commands.len() + 1, "{name} lacks a cell");
        for (column, expected) in commands.iter().zip(&row[1..]) {
            let mut bench = bench.clone();
            let (before, revision) = (bench.copy_of_state(), bench.machine.revision());
            let command = command(column, &bench);
            let told = bench.tell(command);
            match *expected {
                "x" => {
                    assert!(told.is_err(), "{name} took {column}");
                    assert_eq!(bench.copy_of_state(), before, "{name} was changed by a rejected {column}");
                    assert_eq!(bench.machine.revision(), revision, "{name}: a rejected {column} counts as a change");
                }
                "=" => assert_eq!((told, bench.state()), (Ok(()), before.name()), "{name} on {column}"),
                next => assert_eq!((told, bench.state()), (Ok(()), next), "{name} on {column}"),
            }
        }
    }
}

pub fn answers() -> [(&'static str, Answer); 10] {
    [
        ("fits", Answer::Stored), // replaced by the effect's own
        ("garbage", garbage()),
        ("LoginFailed", Answer::LoginFailed),
        ("CallLost", Answer::CallLost),
        ("Sheet:ok", Answer::SheetAnswered(SheetHint::Ok)),
        ("Sheet:cancel", Answer::SheetAnswered(SheetHint::Cancelled)),
        ("Sheet:other", Answer::SheetAnswered(SheetHint::Other)),
        ("Stored", Answer::Stored),
        ("StoreFailed", Answer::StoreFailed),
        ("Slept", Answer::Slept),
    ]
}

pub fn fitting(effect: &str) -> Answer {
    match effect {
        "Save" => Answer::Stored,
        "Login" => code(),
        "Call(CreateOrder)" => created("payable"),
        "Call(Exchange)" => session(),
        "Call(ListOrders)" => bench::reply(200, r#"{"orders":[]}"#),
        "Call(Verify)" => verdict("paid"),
        "Pay" => Answer::SheetAnswered(SheetHint::Ok),
        "Sleep" => Answer::Slept,
        other => panic!("no effect {other}"),
    }
}

#[test]
fn every_awaited_effect_meets_every_answer() {
    let (columns, rows) = cells(ANSWERS);
    for row in rows {
        let (name, effect) = (row[0], row[1]);
        let bench = Bench::everywhere().into_iter().find(|(n, _)| *n == name).expect("a state").1;
        for (column, expected) in columns[1..].iter().zip(&row[2..]) {
            let answer = answers().into_iter().find(|(n, _)| n == column).expect("an answer").1;
            let answer = if *column == "fits" { fitting(effect) } else { answer };
            let mut bench = bench.clone();
            let before = bench.state();
            bench.answer(effect, answer);
            let expected = if *expected == "=" { before } else { expected };
            assert_eq!(bench.state(), expected, "{name}: {effect} answered by {column}");
        }
    }
}

#[test]
fn an_answer_that_nobody_waits_for_changes_nothing_anywhere() {
    for (name, bench) in Bench::everywhere() {
        let mut kinds: Vec<Answer> = answers().into_iter().map(|(_, answer)| answer).collect();
        kinds.extend([code(), session(), created("payable"), verdict("paid"), verdict("closed")]);
        for answer in kinds {
            // One id that never was, and every id that was answered before.
            let open: Vec<EffectId> = bench.open.iter().map(|effect| effect.id()).collect();
            let answered = bench.asked.iter().map(|effect| effect.id()).filter(|id| !open.contains(id));
            for id in answered.chain([EffectId(u32::MAX)]) {
                let mut bench = bench.clone();
                let before = bench.copy_of_state();
                bench.answer_id(id, answer.clone());
                assert_eq!(bench.copy_of_state(), before, "{name} was changed by a stale {}", answer.name());
            }
        }
    }
}

#[test]
fn nothing_but_restore_is_taken_before_the_storage_was_read() {
    let mut machine = crate::machine::Machine::new();
    let now = crate::domain::Millis(0);
    let rejected = machine.handle(now, &crate::machine::event::Event::Command(start()));
    assert_eq!(rejected, Err(crate::machine::error::Rejected::NotRestored));
}
