//! Everything one running sandbox holds.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::book::Book;
use crate::clock::Clock;
use crate::courier::Courier;
use crate::crypto::Keys;
use crate::dice::Dice;
use crate::events::{Events, Kind};
use crate::identity::Identity;

pub(crate) struct Sandbox {
    pub(crate) identity: Identity,
    pub(crate) keys: Keys,
    pub(crate) clock: Clock,
    pub(crate) dice: Dice,
    pub(crate) events: Events,
    pub(crate) courier: Courier,
    pub(crate) book: Mutex<Book>,
}

impl Sandbox {
    /// What WeChat remembers. Never held over an await.
    pub(crate) fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn record(&self, kind: Kind, what: String) {
        self.events.record(self.clock.now_ms(), kind, what);
    }

    pub(crate) fn record_refusal(&self, what: String, rule: &str) {
        self.events.refused(self.clock.now_ms(), what, rule.to_owned());
    }
}
