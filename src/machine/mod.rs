//! The checkout as a pure state machine: it is told what happened, and answers what to do.
//!
//! It reads no clock, no storage, no randomness and no network. [`Machine::handle`] is the only way
//! in; [`View`](view::View) is what pages see of it.

pub mod desk;
pub mod effect;
pub mod error;
pub mod event;
mod forms;
pub mod messages;
mod outbox;
pub mod policy;
#[cfg(not(target_arch = "wasm32"))]
pub mod replay;
mod reply;
pub mod sign_in;
mod snapshot;
pub mod state;
mod steps;
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
pub mod trace;
mod transition;
pub mod view;

use desk::{Desk, Owner, Standing, Watched};
use effect::{Effect, EffectId, SnapshotText};
use error::Rejected;
use event::{Acknowledged, Answer, Command, Event};
use outbox::Outbox;
use sign_in::Session;
use snapshot::{Kept, KeptSession, Memory, Unusable};
pub use snapshot::{Stored, VERSION};
use state::{Hint, Rest, State, Subject, Then};
use steps::{Context, Listing, Visibility};
use trace::{Checkpoint, Taken, Trace};
use view::{StorageHealth, View};

use crate::domain::Millis;

/// One checkout. There is one machine per app and server.
#[derive(Clone, Debug)]
pub struct Machine {
    state: State,
    life: Life,
    session: Option<Session>,
    desk: Desk,
    visibility: Visibility,
    listing: Listing,
    storage: StorageHealth,
    revision: u32,
    out: Outbox,
    written: SnapshotText,
    trace: Trace,
}

/// Whether the storage was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Life {
    Unrestored,
    Restored,
}

/// All but the state, for the steps. Written out where it is used: the state is borrowed beside it.
macro_rules! context {
    ($machine:ident, $now:ident) => {
        Context {
            now: $now,
            revision: $machine.revision,
            visibility: $machine.visibility,
            out: &mut $machine.out,
            session: &mut $machine.session,
            desk: &mut $machine.desk,
            listing: &mut $machine.listing,
        }
    };
}

impl Default for Machine {
    fn default() -> Self {
        Self::new()
    }
}

impl Machine {
    /// A machine that waits for [`Command::Restore`].
    #[must_use]
    pub fn new() -> Self {
        Self {
            state: State::Idle(Rest::Fresh),
            life: Life::Unrestored,
            session: None,
            desk: Desk::default(),
            visibility: Visibility::Visible,
            listing: Listing::Done,
            storage: StorageHealth::Working,
            revision: 0,
            out: Outbox::default(),
            written: SnapshotText(String::new()),
            trace: Trace::default(),
        }
    }

    /// Takes one event and says what is to be done.
    ///
    /// # Errors
    /// A command that is not possible now is rejected, and nothing has changed. Answers are never
    /// rejected: one that nobody waits for changes nothing.
    pub fn handle(&mut self, now: Millis, event: &Event) -> Result<Vec<Effect>, Rejected> {
        let before = View::from(&*self);
        let step = match event {
            Event::Command(command) => self.command(now, command, event),
            Event::Answer { id, answer } => self.answered(now, *id, answer, event),
        };
        if let Err(rejected) = step {
            self.trace.add(now, event, self.state.name(), Taken::Rejected, &[]);
            return Err(rejected);
        }
        self.desk.work(now, self.session.as_ref(), &mut self.out);
        self.remember();
        let changed = before != View::from(&*self);
        if changed {
            self.revision = self.revision.wrapping_add(1);
        }
        let taken = if changed || !self.out.effects().is_empty() { Taken::Yes } else { Taken::Stale };
        self.trace.add(now, event, self.state.name(), taken, self.out.effects());
        self.tidy_trace(now);
        Ok(self.out.take())
    }

    /// Where the checkout stands.
    #[must_use]
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// Grows with every change of the view.
    #[must_use]
    pub const fn revision(&self) -> u32 {
        self.revision
    }

    /// How the phone's storage is doing.
    #[must_use]
    pub const fn storage(&self) -> StorageHealth {
        self.storage
    }

    /// The watch list.
    #[must_use]
    pub fn watched(&self) -> &[Watched] {
        &self.desk.watch
    }

    /// Whether a watched order has no verdict yet.
    #[must_use]
    pub fn is_watching(&self) -> bool {
        self.desk.is_watching()
    }

    /// Whether a watched order turned out to be paid, and the payer has not acknowledged it.
    #[must_use]
    pub fn is_left_and_paid(&self) -> bool {
        self.desk.watch.iter().any(|watched| watched.standing != Standing::Open)
    }

    /// The last steps, a [`trace::TraceLine`] in JSON each.
    pub fn trace(&self) -> impl Iterator<Item = &str> {
        self.trace.lines()
    }

    /// A long trace begins anew where little needs to be told to begin from.
    fn tidy_trace(&mut self, now: Millis) {
        if let State::Idle(rest) = self.state
            && self.life == Life::Restored
            && self.desk.is_idle()
            && self.trace.is_long()
        {
            let checkpoint = Checkpoint {
                memory: self.memory(),
                desk: &self.desk,
                revision: self.revision,
                last_id: self.out.last_id,
                rest,
                storage: self.storage,
                is_hidden: self.visibility == Visibility::Hidden,
                must_list: self.listing == Listing::Needed,
            };
            self.trace.begin_anew(now, &checkpoint);
        }
    }

    fn command(&mut self, now: Millis, command: &Command, event: &Event) -> Result<(), Rejected> {
        match (self.life, command) {
            (Life::Unrestored, Command::Restore(stored)) => {
                self.restore(now, stored);
                return Ok(());
            }
            (Life::Restored, Command::Restore(_)) => return Err(Rejected::AlreadyRestored),
            // The app may come and go while its storage is being read.
            (_, Command::Shown) => {
                self.visibility = Visibility::Visible;
                self.desk.look_round();
            }
            (_, Command::Hidden) => self.visibility = Visibility::Hidden,
            (Life::Unrestored, _) => return Err(Rejected::NotRestored),
            (Life::Restored, Command::Acknowledge(Acknowledged::Order(order_id))) => {
                if self.desk.acknowledge_watched(order_id) == Owner::Desk {
                    return Ok(());
                }
            }
            (Life::Restored, _) => {}
        }
        self.transit(now, event)
    }

    fn answered(&mut self, now: Millis, id: EffectId, answer: &Answer, event: &Event) -> Result<(), Rejected> {
        match answer {
            Answer::Stored if self.storage == StorageHealth::Failing => self.storage = StorageHealth::Working,
            Answer::StoreFailed => self.storage = StorageHealth::Failing,
            _ => {}
        }
        let in_front = self.state.order().map(|order| &order.order_id);
        match self.desk.answer(now, id, answer, &mut self.session, in_front, &mut self.out) {
            Owner::Desk => Ok(()),
            Owner::Other => self.transit(now, event),
        }
    }

    fn transit(&mut self, now: Millis, event: &Event) -> Result<(), Rejected> {
        if let Some(next) = transition::transition(&mut context!(self, now), &self.state, event)? {
            self.state = next;
        }
        Ok(())
    }

    /// Takes up what the storage held. Nothing opens the sheet from here.
    fn restore(&mut self, now: Millis, stored: &Stored) {
        self.life = Life::Restored;
        let memory = match stored {
            Stored::Missing => {
                self.listing = Listing::Needed;
                return;
            }
            Stored::NoJson => Err(Unusable::Damaged),
            Stored::Unreadable => Err(Unusable::Unread),
            Stored::Found(json) => Memory::from_json(json),
        };
        let memory = match memory {
            Ok(memory) => memory,
            Err(unusable) => {
                self.storage = match unusable {
                    Unusable::Damaged | Unusable::Unread => StorageHealth::Damaged,
                    Unusable::Newer => StorageHealth::Newer,
                };
                self.out.add(|id| Effect::Preserve { id });
                self.listing = Listing::Needed;
                self.desk.plan(desk::Job::List);
                return;
            }
        };
        self.session = memory.session.map(|kept| Session { token: kept.token, until: kept.until });
        self.desk = Desk::restored(memory.watch, memory.owed, memory.closing);
        let mut cx = context!(self, now);
        self.state = match memory.checkout {
            Kept::Nothing => State::Idle(Rest::Fresh),
            Kept::Intent(sale) => steps::create(&mut cx, Subject::Fresh { sale, then: Then::Look }),
            Kept::Order(order) => steps::confirm(&mut cx, order, Hint::Relaunch),
            Kept::Closed(order) => State::Closed { order },
            Kept::Paid(order, receipt) => State::Paid { order, receipt },
            Kept::Failed(fault) => State::Failed { fault },
        };
    }

    /// Writes the memory whenever it has changed: storage follows the machine, whatever the step was.
    fn remember(&mut self) {
        if self.life == Life::Unrestored {
            return;
        }
        let text = self.memory().to_text();
        if self.out.writes() {
            self.out.fill(&text);
        } else if text != self.written {
            if text.0.is_empty() {
                self.out.add(|id| Effect::Forget { id });
            } else {
                let snapshot = text.clone();
                self.out.add(|id| Effect::Save { id, snapshot });
            }
        }
        self.written = text;
    }

    fn memory(&self) -> Memory {
        Memory {
            session: self.session.as_ref().map(|s| KeptSession { token: s.token.clone(), until: s.until }),
            checkout: match &self.state {
                State::Idle(_) => Kept::Nothing,
                State::Recording { sale, .. } => Kept::Intent(sale.clone()),
                State::SigningIn { subject, .. } | State::CreatingOrder { subject, .. } => match subject {
                    Subject::Fresh { sale, .. } => Kept::Intent(sale.clone()),
                    Subject::Known(order) => Kept::Order(order.clone()),
                },
                State::Saving { order, .. }
                | State::Paying { order, .. }
                | State::Unpaid { order, .. }
                | State::Unconfirmed { order, .. } => Kept::Order(order.clone()),
                State::Confirming(conf) => Kept::Order(conf.order.clone()),
                State::Closed { order } => Kept::Closed(order.clone()),
                State::Paid { order, receipt } => Kept::Paid(order.clone(), receipt.clone()),
                State::Failed { fault } => Kept::Failed(fault.clone()),
            },
            watch: self.desk.watch.clone(),
            owed: self.desk.owed.clone(),
            closing: self.desk.closing.clone(),
        }
    }
}
