//! Collects the effects of one step and numbers them.

use super::effect::{Effect, EffectId, SnapshotText};
use super::state::Waiting;
use crate::domain::Millis;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Outbox {
    pub(super) last_id: u32,
    effects: Vec<Effect>,
}

impl Outbox {
    /// Adds one effect.
    pub fn add(&mut self, effect: impl FnOnce(EffectId) -> Effect) -> EffectId {
        self.last_id = self.last_id.wrapping_add(1);
        let id = EffectId(self.last_id);
        self.effects.push(effect(id));
        id
    }

    /// Adds one effect and the sleep that ends the wait for it.
    pub fn limited(&mut self, limit: Millis, effect: impl FnOnce(EffectId) -> Effect) -> Waiting {
        let effect = self.add(effect);
        Waiting { effect, limit: self.sleep(limit) }
    }

    /// Adds a sleep.
    pub fn sleep(&mut self, length: Millis) -> EffectId {
        self.add(|id| Effect::Sleep { id, length })
    }

    /// Whether this step writes to storage already.
    pub fn writes(&self) -> bool {
        self.effects.iter().any(|effect| matches!(effect, Effect::Save { .. } | Effect::Forget { .. }))
    }

    /// Gives this step's writes their text.
    pub fn fill(&mut self, text: &SnapshotText) {
        for effect in &mut self.effects {
            if let Effect::Save { snapshot, .. } = effect {
                *snapshot = text.clone();
            }
        }
    }

    /// What was collected, for the trace.
    pub fn effects(&self) -> &[Effect] {
        &self.effects
    }

    /// Hands the step's effects out.
    pub fn take(&mut self) -> Vec<Effect> {
        core::mem::take(&mut self.effects)
    }
}

impl Waiting {
    /// Whether this id is the effect's or its limit's.
    pub(super) fn is_about(self, id: EffectId) -> bool {
        id == self.effect || id == self.limit
    }
}
