//! A trace told to a machine again: the same states come, or the first line that differs is named.
//!
//! Not in the phone's module: a trace is taken there and looked into elsewhere.

use super::desk::Desk;
use super::effect::{EffectId, LoginCode};
use super::event::{Acknowledged, Answer, Command, Draft, Event, Reply, Separate, SheetHint};
use super::sign_in::Session;
use super::snapshot::{Memory, Stored};
use super::state::{Rest, State};
use super::steps::{Listing, Visibility};
use super::view::StorageHealth;
use super::{Life, Machine};
use crate::domain::{Fen, Millis, OrderId};
use crate::json::{Json, Read};
use crate::wire::{Basket, Line};

/// Why a trace could not be told again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// It does not begin with a restore or a checkpoint: the lines before were dropped.
    #[error("the trace begins in the middle of a purchase: its first lines were dropped, nothing can be told from it")]
    NoBeginning,
    /// A line that this version does not understand.
    #[error("line {0} is not a line of a trace of this version")]
    Unreadable(usize),
    /// The machine did something else.
    #[error("line {line}: the trace says {traced}, the machine {replayed}")]
    Differs {
        /// Which line, from 1.
        line: usize,
        /// State, whether it was taken, and effects, as traced.
        traced: String,
        /// The same, as they came now.
        replayed: String,
    },
}

/// Tells a trace to a machine and answers how many steps were the same.
///
/// # Errors
/// Names the first line that cannot be read or differs.
pub fn replay<'a>(lines: impl IntoIterator<Item = &'a str>) -> Result<usize, ReplayError> {
    let mut machine = None;
    let mut steps = 0;
    for (at, text) in lines.into_iter().enumerate() {
        let unreadable = || ReplayError::Unreadable(at + 1);
        let line = Json::from_text(text).ok_or_else(unreadable)?;
        let name: String = line.field("event").ok_or_else(unreadable)?;
        let about = revived(line.member("about"));
        match (name.as_str(), &mut machine) {
            // The host's own words are for people.
            ("Host", _) => {}
            ("Checkpoint", machine) => *machine = Some(resumed(&about).ok_or_else(unreadable)?),
            ("Restore", machine @ None) => {
                step(machine.insert(Machine::new()), &line, restore(about), at + 1)?;
                steps += 1;
            }
            (_, None) => return Err(ReplayError::NoBeginning),
            (name, Some(machine)) => {
                let event = event(name, &line, about, steps).ok_or_else(unreadable)?;
                step(machine, &line, event, at + 1)?;
                steps += 1;
            }
        }
    }
    Ok(steps)
}

fn step(machine: &mut Machine, line: &Json, event: Event, number: usize) -> Result<(), ReplayError> {
    let now: Millis = line.field("at").ok_or(ReplayError::Unreadable(number))?;
    // Its own line says the rest.
    let _ = machine.handle(now, &event);
    let replayed = machine.trace.last().unwrap_or_default();
    let replayed = Json::from_text(replayed).ok_or(ReplayError::Unreadable(number))?;
    let said = |line: &Json| {
        let effects: Vec<String> = line.field("effects").unwrap_or_default();
        let word = |name: &str| line.field::<String>(name).unwrap_or_default();
        format!("{} ({}) asking {}", word("state"), word("taken"), effects.join(", "))
    };
    let (traced, replayed) = (said(line), said(&replayed));
    if traced == replayed { Ok(()) } else { Err(ReplayError::Differs { line: number, traced, replayed }) }
}

fn event(name: &str, line: &Json, about: Json, number: usize) -> Option<Event> {
    let command = match name {
        "Start" => {
            let lines = match about.field::<u32>("lines")? {
                0 => Basket::OrderToken("token".into()),
                count => Basket::Items((0..count).map(|at| Line { sku: at.to_string(), quantity: 1 }).collect()),
            };
            let draft = Draft::new(lines, about.field::<Fen>("expectedAmount")?, Separate::No).ok()?;
            Command::Start { draft, key: format!("key-{number}").try_into().ok()? }
        }
        "CheckAgain" => Command::CheckAgain,
        "PayAgain" => Command::PayAgain { revision: u32::read(&about)? },
        "SheetClosed" => Command::SheetClosed,
        "Abandon" => Command::Abandon,
        "SetAside" => Command::SetAside,
        "Acknowledge" => Command::Acknowledge(match about {
            Json::Null => Acknowledged::Failure,
            about => Acknowledged::Order(OrderId::read(&about)?),
        }),
        "Shown" => Command::Shown,
        "Hidden" => Command::Hidden,
        "Restore" => return Some(restore(about)),
        answer => return Some(Event::Answer { id: EffectId(line.field("id")?), answer: self::answer(answer, about)? }),
    };
    Some(Event::Command(command))
}

fn answer(name: &str, about: Json) -> Option<Answer> {
    Some(match name {
        "LoggedIn" => Answer::LoggedIn(LoginCode("code".into())),
        "LoginFailed" => Answer::LoginFailed,
        "Called" => Answer::Called(Reply {
            status: u16::try_from(about.field::<u32>("status")?).ok()?,
            body: about.member("body").clone(),
        }),
        "CallLost" => Answer::CallLost,
        "SheetAnswered(Ok)" => Answer::SheetAnswered(SheetHint::Ok),
        "SheetAnswered(Cancelled)" => Answer::SheetAnswered(SheetHint::Cancelled),
        "SheetAnswered(Other)" => Answer::SheetAnswered(SheetHint::Other),
        "Stored" => Answer::Stored,
        "StoreFailed" => Answer::StoreFailed,
        "Slept" => Answer::Slept,
        _ => return None,
    })
}

fn restore(about: Json) -> Event {
    Event::Command(Command::Restore(match about.text() {
        Some("missing") => Stored::Missing,
        Some("noJson") => Stored::NoJson,
        Some("unreadable") => Stored::Unreadable,
        _ => Stored::Found(about),
    }))
}

/// A machine at rest, as a checkpoint tells of it.
fn resumed(about: &Json) -> Option<Machine> {
    let memory: Memory = about.field("memory")?;
    let mut machine = Machine::new();
    machine.life = Life::Restored;
    machine.written = memory.to_text();
    machine.session = memory.session.map(|kept| Session { token: kept.token, until: kept.until });
    let acknowledged = about.field("acknowledged")?;
    machine.desk = Desk::at_rest(memory.watch, memory.owed, memory.closing, acknowledged);
    machine.revision = about.field("revision")?;
    machine.out.last_id = about.field("lastId")?;
    let rests = [Rest::Fresh, Rest::Abandoned, Rest::SetAside];
    machine.state = State::Idle(*rests.iter().find(|rest| about.field("rest") == Some(**rest as u32))?);
    machine.storage = match about.member("storage").text()? {
        "failing" => StorageHealth::Failing,
        "damaged" => StorageHealth::Damaged,
        "newer" => StorageHealth::Newer,
        _ => StorageHealth::Working,
    };
    if about.field("isHidden")? {
        machine.visibility = Visibility::Hidden;
    }
    if about.field("mustList")? {
        machine.listing = Listing::Needed;
    }
    Some(machine)
}

/// Every token of [`crate::json::hidden`] as a text of the same use: length, and whether it can be an
/// identifier, are those of the text it stands for; other texts are other again.
fn revived(json: &Json) -> Json {
    match json {
        Json::Text(text) => Json::Text(unhidden(text).unwrap_or_else(|| text.clone())),
        Json::List(items) => Json::List(items.iter().map(revived).collect()),
        Json::Object(fields) => {
            Json::Object(fields.iter().map(|(name, value)| (name.clone(), revived(value))).collect())
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::OtherNumber => json.clone(),
    }
}

fn unhidden(token: &str) -> Option<String> {
    let (kind, rest) = match token.strip_prefix("~ ") {
        Some(rest) => (" ", rest),
        None => ("", token.strip_prefix('~')?),
    };
    let (length, hash) = rest.split_once('.')?;
    let length: usize = length.parse().ok()?;
    Some(kind.chars().chain(hash.chars().cycle()).take(length).collect())
}
