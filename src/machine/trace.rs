//! A bounded log of what happened, fit to be shown to anybody, from which the same states come again.
//!
//! Each line is one JSON object. Texts that are secret or personal are replaced by tokens of the same
//! use ([`crate::json::hidden`]): a machine that is told the lines again goes through the same states,
//! see [`super::replay`].

use std::collections::VecDeque;

use super::desk::Desk;
use super::effect::Effect;
use super::event::{Acknowledged, Answer, Command, Event, Reply};
use super::policy;
use super::snapshot::Memory;
use super::state::Rest;
use super::view::StorageHealth;
use crate::domain::Millis;
use crate::json::{Write, Writer};

/// One step of the machine, or where the log begins. As a type this is the documentation of the lines.
#[derive(Clone, Debug)]
#[cfg_attr(all(test, not(target_arch = "wasm32")), derive(ts_rs::TS), ts(optional_fields))]
pub struct TraceLine {
    /// The host's clock.
    pub at: Millis,
    /// What happened: a command, an answer, or `Checkpoint` where older lines were dropped. Among them the
    /// package puts `Host`: what a function of `wx` said in its own words.
    pub event: String,
    /// With an answer: the number of the effect that it answers.
    pub id: Option<u32>,
    /// What it said, redacted.
    #[cfg_attr(all(test, not(target_arch = "wasm32")), ts(type = "unknown"))]
    pub about: Option<()>,
    /// The state after it.
    pub state: String,
    /// Whether it was taken.
    pub taken: Taken,
    /// What was asked of the world.
    pub effects: Vec<String>,
}

/// Whether an event changed anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(all(test, not(target_arch = "wasm32")), derive(ts_rs::TS), ts(rename_all = "camelCase"))]
pub enum Taken {
    /// It had its effect.
    Yes,
    /// Nothing was seen of it: it was stale or doubled, or only noted.
    Stale,
    /// It was rejected.
    Rejected,
}

/// The names whose text may be shown: words of the protocol, and what support asks for.
const PLAIN: &[&str] = &[
    "state",
    "code",
    "retry",
    "refund",
    "source",
    "orderId",
    "order_id",
    "requestId",
    "request_id",
    "reason",
    "standing",
    "checkout",
    "Refused",
    "about",
    "acknowledged",
];

/// No line is longer, in bytes; what would be is a stranger's, and is left out.
const LONGEST_ABOUT: usize = 4096;

/// The last steps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Trace {
    lines: VecDeque<String>,
}

impl Trace {
    /// Takes a step down.
    pub fn add(&mut self, now: Millis, event: &Event, state: &'static str, taken: Taken, effects: &[Effect]) {
        if self.lines.len() == policy::TRACE_LINES {
            self.lines.pop_front();
        }
        let mut out = begin(now, event.name());
        if let Event::Answer { id, .. } = event {
            out.name("id");
            id.0.write(&mut out);
        }
        about(event, &mut out);
        out.name("state");
        out.quoted(state);
        out.name("taken");
        out.quoted(match taken {
            Taken::Yes => "yes",
            Taken::Stale => "stale",
            Taken::Rejected => "rejected",
        });
        out.name("effects");
        Names(effects).write(&mut out);
        out.raw("}");
        self.lines.push_back(out.into_text());
    }

    /// Whether it is time to begin anew, should the machine come to rest.
    pub fn is_long(&self) -> bool {
        self.lines.len() >= policy::TRACE_LINES / 2
    }

    /// Drops what there is and begins from a machine at rest.
    pub fn begin_anew(&mut self, now: Millis, checkpoint: &Checkpoint<'_>) {
        let mut out = begin(now, "Checkpoint");
        out.name("about");
        checkpoint.write(&mut out);
        out.raw("}");
        self.lines.clear();
        self.lines.push_back(out.into_text());
    }

    /// The newest line.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn last(&self) -> Option<&str> {
        self.lines.back().map(String::as_str)
    }

    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().map(String::as_str)
    }
}

/// All that a machine at rest knows: nothing is bought, and nothing is under way.
pub(super) struct Checkpoint<'a> {
    pub memory: Memory,
    pub desk: &'a Desk,
    pub revision: u32,
    pub last_id: u32,
    pub rest: Rest,
    pub storage: StorageHealth,
    pub is_hidden: bool,
    pub must_list: bool,
}

impl Write for Checkpoint<'_> {
    fn write(&self, out: &mut Writer) {
        out.raw("{");
        out.name("memory");
        self.memory.write(out);
        out.name("acknowledged");
        self.desk.acknowledged.write(out);
        for (name, number) in [("revision", self.revision), ("lastId", self.last_id), ("rest", self.rest as u32)] {
            out.name(name);
            number.write(out);
        }
        out.name("storage");
        self.storage.write(out);
        for (name, holds) in [("isHidden", self.is_hidden), ("mustList", self.must_list)] {
            out.name(name);
            holds.write(out);
        }
        out.raw("}");
    }
}

fn begin(now: Millis, event: &'static str) -> Writer {
    let mut out = Writer::redacting(PLAIN);
    out.raw("{");
    out.name("at");
    now.write(&mut out);
    out.name("event");
    out.quoted(event);
    out
}

/// What an event said, as far as its name does not say it.
fn about(event: &Event, out: &mut Writer) {
    let contents: &dyn Write = match event {
        Event::Command(Command::Start { draft, .. }) => draft,
        Event::Command(Command::PayAgain { revision }) => revision,
        Event::Command(Command::Acknowledge(Acknowledged::Order(order_id))) => order_id,
        Event::Command(Command::Restore(stored)) => stored,
        Event::Answer { answer: Answer::Called(reply), .. } => &Answered(reply),
        Event::Command(_) | Event::Answer { .. } => return,
    };
    let before = out.len();
    out.name("about");
    contents.write(out);
    if out.len() - before > LONGEST_ABOUT {
        out.truncate(before);
    }
}

/// An answer, without the one thing in it that is about a person and of no use to the machine.
struct Answered<'a>(&'a Reply);

impl Write for Answered<'_> {
    fn write(&self, out: &mut Writer) {
        out.raw("{");
        out.name("status");
        self.0.status.write(out);
        out.name("body");
        self.0.body.write_without("userOpenId", out);
        out.raw("}");
    }
}

/// The names of effects.
struct Names<'a>(&'a [Effect]);

impl Write for Names<'_> {
    fn write(&self, out: &mut Writer) {
        out.list(self.0, |out, effect| out.quoted(effect.name()));
    }
}
