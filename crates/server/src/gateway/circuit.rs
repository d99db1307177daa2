//! Keeps quiet for a while after WeChat asked to slow down: whoever goes on hammering is held off for
//! longer, and the payers' questions with it. Pure but for its lock.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// The first pause, and the longest; each one is twice the one before.
const FIRST_PAUSE_MS: u64 = 2_000;
const LONGEST_PAUSE_MS: u64 = 60_000;

/// Whether calls of one merchant go out.
#[derive(Debug, Default)]
pub(super) struct Circuit(Mutex<State>);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// They do.
    #[default]
    Flowing,
    /// They do not. After `pause_ms` one goes out and finds out.
    Resting { since_ms: u64, pause_ms: u64 },
}

impl Circuit {
    /// Whether a call may go out at `now_ms`.
    ///
    /// # Errors
    /// With the milliseconds after which it is worth another try.
    pub(super) fn admit(&self, now_ms: u64) -> Result<(), u64> {
        let mut state = self.state();
        let State::Resting { since_ms, pause_ms } = *state else { return Ok(()) };
        // A clock that was set back must not make the pause longer than it is.
        let left_ms = since_ms.saturating_add(pause_ms).saturating_sub(now_ms).min(pause_ms);
        if left_ms > 0 && now_ms >= since_ms {
            return Err(left_ms);
        }
        // This one finds out; the others wait for it, or for another pause if it never comes back.
        *state = State::Resting { since_ms: now_ms, pause_ms };
        Ok(())
    }

    /// Whether it rests at `now_ms`; asking changes nothing.
    pub(super) fn is_resting(&self, now_ms: u64) -> bool {
        match *self.state() {
            State::Flowing => false,
            State::Resting { since_ms, pause_ms } => (since_ms..since_ms.saturating_add(pause_ms)).contains(&now_ms),
        }
    }

    /// WeChat asked to slow down, in answer to a call that went out at `asked_ms`.
    pub(super) fn slowed(&self, asked_ms: u64, now_ms: u64) {
        let mut state = self.state();
        let pause_ms = match *state {
            State::Flowing => FIRST_PAUSE_MS,
            // Calls that were under way when the pause began say nothing new.
            State::Resting { since_ms, .. } if asked_ms < since_ms => return,
            State::Resting { pause_ms, .. } => (pause_ms * 2).min(LONGEST_PAUSE_MS),
        };
        *state = State::Resting { since_ms: now_ms, pause_ms };
    }

    /// WeChat answered a call that went out at `asked_ms` as usual.
    pub(super) fn flowed(&self, asked_ms: u64) {
        let mut state = self.state();
        match *state {
            State::Resting { since_ms, .. } if asked_ms < since_ms => {}
            _ => *state = State::Flowing,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_goes_out_until_the_pause_is_over_and_then_one_call_finds_out() {
        let circuit = Circuit::default();
        assert_eq!(circuit.admit(0), Ok(()));
        circuit.slowed(0, 100);
        assert_eq!(circuit.admit(100), Err(2_000));
        assert_eq!(circuit.admit(2_099), Err(1));
        assert_eq!(circuit.admit(2_100), Ok(()));
        assert_eq!(circuit.admit(2_101), Err(1_999), "one is enough to find out");
        circuit.flowed(2_100);
        assert_eq!((circuit.admit(2_102), circuit.admit(2_103)), (Ok(()), Ok(())));
    }

    #[test]
    fn each_pause_is_twice_the_one_before_up_to_a_minute_and_ends_with_the_first_good_answer() {
        let circuit = Circuit::default();
        let mut now = 0;
        let mut pauses = vec![];
        for _ in 0..7 {
            assert_eq!(circuit.admit(now), Ok(()));
            circuit.slowed(now, now);
            let pause = circuit.admit(now).expect_err("it rests");
            pauses.push(pause);
            now += pause;
        }
        assert_eq!(pauses, [2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
        assert_eq!(circuit.admit(now), Ok(()));
        circuit.flowed(now);
        circuit.slowed(now, now);
        assert_eq!(circuit.admit(now), Err(FIRST_PAUSE_MS));
    }

    #[test]
    fn answers_to_calls_that_were_under_way_change_nothing() {
        let circuit = Circuit::default();
        circuit.slowed(0, 100);
        circuit.slowed(50, 150);
        assert_eq!(circuit.admit(150), Err(1_950), "the pause is not doubled");
        circuit.flowed(60);
        assert_eq!(circuit.admit(150), Err(1_950), "nor ended");
    }

    #[test]
    fn a_call_that_never_comes_back_costs_one_pause() {
        let circuit = Circuit::default();
        circuit.slowed(0, 0);
        assert_eq!(circuit.admit(2_000), Ok(()));
        assert_eq!(circuit.admit(3_999), Err(1));
        assert_eq!(circuit.admit(4_000), Ok(()));
    }

    #[test]
    fn a_clock_that_was_set_back_ends_the_pause() {
        let circuit = Circuit::default();
        circuit.slowed(1_000_000, 1_000_000);
        assert_eq!(circuit.admit(10), Ok(()));
        assert_eq!(circuit.admit(10), Err(2_000));
    }
}
