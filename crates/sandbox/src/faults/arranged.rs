//! What was arranged for one request. It is told, and counts as happened, once it did happen; what did not is
//! given back to its rule.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::{AnswerFault, Fault};
use crate::dice::Dice;
use crate::events::Kind;
use crate::keyring::Dress;
use crate::sandbox::Sandbox;
use crate::text::text;

pub(crate) struct Arranged<'a> {
    sandbox: &'a Sandbox,
    /// Method and path.
    request: String,
    struck: Vec<Struck>,
}

struct Struck {
    origin: Origin,
    fault: Fault,
    happened: AtomicBool,
}

enum Origin {
    Rule {
        id: u64,
        name: String,
    },
    /// Asked for by the request itself.
    Header,
}

impl<'a> Arranged<'a> {
    /// What the rules have for a request.
    pub(crate) fn of(sandbox: &'a Sandbox, method: &str, path: &str, dice: &Dice) -> Self {
        let struck = sandbox.faults.for_request(method, path, dice).into_iter().map(|(id, name, fault)| Struck {
            origin: Origin::Rule { id, name },
            fault,
            happened: AtomicBool::new(false),
        });
        Self { sandbox, request: format!("{method} {path}"), struck: struck.collect() }
    }

    /// Nothing.
    pub(crate) fn nothing(sandbox: &'a Sandbox) -> Self {
        Self { sandbox, request: String::new(), struck: Vec::new() }
    }

    /// What the request's own header asks for.
    pub(crate) fn add(&mut self, fault: AnswerFault) {
        let (origin, fault) = (Origin::Header, Fault::Answer(fault));
        self.struck.push(Struck { origin, fault, happened: AtomicBool::new(false) });
    }

    /// Whether this was arranged: then it happens now.
    pub(crate) fn happens(&self, fault: AnswerFault) -> bool {
        self.find(|known| (*known == Fault::Answer(fault)).then_some(())).is_some()
    }

    /// The first that is `wanted`: it happens now.
    pub(crate) fn find<T>(&self, wanted: impl Fn(&Fault) -> Option<T>) -> Option<T> {
        let (struck, found) = self.struck.iter().find_map(|struck| Some((struck, wanted(&struck.fault)?)))?;
        self.happened(struck);
        Some(found)
    }

    /// How an answer with this outcome is signed, if not as it should be.
    pub(crate) fn dress(&self, is_success: bool) -> Dress {
        let dressed = self.find(|fault| match fault {
            Fault::Answer(AnswerFault::Dress(Dress::Unsigned)) if !is_success => None,
            Fault::Answer(AnswerFault::Dress(dress)) => Some(*dress),
            _ => None,
        });
        dressed.unwrap_or_default()
    }

    /// How long the answer is held.
    pub(crate) fn delay(&self) -> Duration {
        let held = self.struck.iter().filter_map(|struck| match struck.fault {
            Fault::Answer(AnswerFault::Delay { ms }) => {
                self.happened(struck);
                Some(Duration::from_millis(ms))
            }
            _ => None,
        });
        held.sum()
    }

    fn happened(&self, struck: &Struck) {
        if struck.happened.swap(true, Ordering::Relaxed) {
            return;
        }
        if let Origin::Rule { name, .. } = &struck.origin {
            let request = &self.request;
            let zh = format!("{request}：预先安排的故障 {name}");
            self.sandbox.tell(Kind::Fault, text(format!("{request}: an arranged fault, {name}"), zh));
        }
    }
}

impl Drop for Arranged<'_> {
    fn drop(&mut self) {
        for struck in &self.struck {
            if let Origin::Rule { id, .. } = struck.origin
                && !struck.happened.load(Ordering::Relaxed)
            {
                self.sandbox.faults.give_back(id);
            }
        }
    }
}
