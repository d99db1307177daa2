//! A bounded log of what happened, without contents: names only.

use std::collections::VecDeque;

use serde::Serialize;

use super::effect::Effect;
use super::policy;
use crate::domain::Millis;

/// One step of the machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(all(test, not(target_arch = "wasm32")), derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct TraceLine {
    /// The host's clock.
    pub at: Millis,
    /// What happened.
    pub event: &'static str,
    /// The state after it.
    pub state: &'static str,
    /// Whether it was taken.
    pub taken: Taken,
    /// What was asked of the world.
    pub effects: Vec<&'static str>,
}

/// Whether an event changed anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(all(test, not(target_arch = "wasm32")), derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum Taken {
    /// It had its effect.
    Yes,
    /// It was stale or doubled: nobody waited for it.
    Stale,
    /// It was rejected.
    Rejected,
}

/// The last [`policy::TRACE_LINES`] steps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Trace {
    lines: VecDeque<TraceLine>,
}

impl Trace {
    pub fn add(&mut self, at: Millis, event: &'static str, state: &'static str, taken: Taken, effects: &[Effect]) {
        if self.lines.len() == policy::TRACE_LINES {
            self.lines.pop_front();
        }
        let effects = effects.iter().map(Effect::name).collect();
        self.lines.push_back(TraceLine { at, event, state, taken, effects });
    }

    pub fn lines(&self) -> impl Iterator<Item = &TraceLine> {
        self.lines.iter()
    }
}
