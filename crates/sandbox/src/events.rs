//! What happened, for whoever watches.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::sync::watch;

use crate::diagnosis::Comparison;
use crate::text::{Text, shorten, text};

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
    /// An order or a refund was asked about.
    Query,
    /// An order was closed.
    Close,
    /// A refund was asked for.
    Refund,
    /// Certificates were listed.
    Certificates,
    /// A bill was asked for or downloaded.
    Bill,
    /// An access token was given out, or WeChat's shipping desk was told or asked.
    Shipping,
    /// The payment sheet was opened and answered.
    Sheet,
    /// Money moved.
    Paid,
    /// A notification was delivered, or was not.
    Notification,
    /// The clock was moved.
    Clock,
    /// Which key signs was changed.
    Keys,
    /// A fault was arranged, or happened.
    Fault,
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
    what_zh: String,
    /// Of a refusal: the rule that was broken, in one sentence.
    #[serde(flatten)]
    rule: Option<Rule>,
    /// Of a request: what it was answered with.
    #[serde(flatten)]
    answered: Option<Answered>,
    /// Of a failed signature: what was signed, and what should have been.
    #[serde(skip_serializing_if = "Option::is_none")]
    signature: Option<Comparison>,
}

#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    rule: String,
    rule_zh: String,
}

/// What a request was answered with.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answered {
    pub(crate) request: String,
    pub(crate) status: u16,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) code: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) request_id: String,
}

/// An event before it has its number.
pub(crate) struct Draft {
    kind: Kind,
    what: Text,
    rule: Option<Rule>,
    answered: Option<Answered>,
    signature: Option<Comparison>,
}

impl Draft {
    pub(crate) fn new(kind: Kind, what: Text) -> Self {
        Self { kind, what, rule: None, answered: None, signature: None }
    }

    /// That `what` broke `rule`.
    pub(crate) fn refused(what: &str, rule: &Text) -> Self {
        let rule = Rule { rule: rule.en.clone(), rule_zh: rule.zh.clone() };
        Self { rule: Some(rule), ..Self::new(Kind::Refused, text(what, what)) }
    }

    pub(crate) fn answered(self, answered: Answered) -> Self {
        Self { answered: Some(answered), ..self }
    }

    pub(crate) fn comparing(self, signature: Option<Comparison>) -> Self {
        Self { signature, ..self }
    }
}

pub(crate) struct Events {
    log: Mutex<VecDeque<Event>>,
    last: watch::Sender<u64>,
}

impl Default for Events {
    fn default() -> Self {
        Self { log: Mutex::default(), last: watch::Sender::new(0) }
    }
}

impl Events {
    pub(crate) fn record(&self, at_ms: u64, draft: Draft) {
        let Draft { kind, mut what, rule, mut answered, signature } = draft;
        shorten(&mut what.en, LONGEST);
        shorten(&mut what.zh, LONGEST);
        if let Some(answered) = &mut answered {
            shorten(&mut answered.request, LONGEST);
        }
        match &rule {
            Some(Rule { rule, .. }) => tracing::warn!("{} refused: {rule}", what.en),
            None => tracing::info!(?kind, "{}", what.en),
        }
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        let seq = *self.last.borrow() + 1;
        if log.len() == KEPT {
            log.pop_front();
        }
        log.push_back(Event { seq, at_ms, kind, what: what.en, what_zh: what.zh, rule, answered, signature });
        self.last.send_replace(seq);
    }

    /// Those after number `after`, oldest first.
    pub(crate) fn list(&self, after: u64) -> Vec<Event> {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.iter().filter(|event| event.seq > after).cloned().collect()
    }

    /// Returns when there is one after number `after`, or after `patience`.
    pub(crate) async fn wait(&self, after: u64, patience: Duration) {
        let mut last = self.last.subscribe();
        // Nobody having news in time is an answer, too.
        let _ = tokio::time::timeout(patience, last.wait_for(|seq| *seq > after)).await;
    }
}
