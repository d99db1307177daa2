//! What happened, for whoever watches.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

/// The newest events are kept, so that a flood does not fill the memory.
const KEPT: usize = 10_000;
/// Of each, so much: a path is as long as its sender likes.
const LONGEST: usize = 300;

/// What an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// A login code was made or exchanged.
    Login,
    /// A prepay id was made.
    Prepay,
    /// An order was asked about.
    Query,
    /// An order was closed.
    Close,
    /// The payment sheet was opened and answered.
    Sheet,
    /// Money moved.
    Paid,
    /// A notification was delivered, or was not.
    Notification,
    /// The clock was moved.
    Clock,
    /// A request broke a rule.
    Refused,
}

/// One thing that happened. Names orders by the merchant's number; no openid, code or prepay id.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Event {
    seq: u64,
    at_ms: u64,
    kind: Kind,
    what: String,
    /// Of a refusal: the rule that was broken, in one sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<String>,
}

#[derive(Default)]
pub(crate) struct Events(Mutex<Log>);

#[derive(Default)]
struct Log {
    last: u64,
    events: VecDeque<Event>,
}

impl Events {
    pub(crate) fn record(&self, at_ms: u64, kind: Kind, what: String) {
        tracing::info!(?kind, "{what}");
        self.push(at_ms, kind, what, None);
    }

    /// Records that `what` broke `rule`.
    pub(crate) fn refused(&self, at_ms: u64, what: String, rule: String) {
        tracing::warn!("{what} refused: {rule}");
        self.push(at_ms, Kind::Refused, what, Some(rule));
    }

    /// Oldest first.
    pub(crate) fn list(&self) -> Vec<Event> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).events.iter().cloned().collect()
    }

    fn push(&self, at_ms: u64, kind: Kind, mut what: String, rule: Option<String>) {
        if let Some((cut, _)) = what.char_indices().nth(LONGEST) {
            what.truncate(cut);
        }
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        log.last += 1;
        let seq = log.last;
        if log.events.len() == KEPT {
            log.events.pop_front();
        }
        log.events.push_back(Event { seq, at_ms, kind, what, rule });
    }
}
