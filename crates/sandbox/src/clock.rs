//! WeChat's clock: the machine's, moved as far as somebody moved it, or stopped.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

/// How WeChat's time comes from the machine's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Setting {
    /// It goes on, so many milliseconds ahead (or behind).
    Running { ahead_ms: i64 },
    /// It stands.
    Frozen { at_ms: u64 },
}

/// How it is moved: back to the machine's time, to another, forward, stopped or not, in this order.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Move {
    #[serde(default)]
    pub(crate) reset: bool,
    pub(crate) set_ms: Option<u64>,
    #[serde(default)]
    pub(crate) advance_ms: u64,
    pub(crate) frozen: Option<bool>,
}

/// Everything that has a time-out here asks this clock, so that two hours can pass in a test.
pub(crate) struct Clock(watch::Sender<Setting>);

impl Clock {
    pub(crate) fn new(setting: Setting) -> Self {
        Self(watch::Sender::new(setting))
    }

    pub(crate) fn setting(&self) -> Setting {
        *self.0.borrow()
    }

    /// Milliseconds since 1970.
    pub(crate) fn now_ms(&self) -> u64 {
        read(self.setting(), machine_ms())
    }

    /// Seconds since 1970.
    pub(crate) fn now_seconds(&self) -> u64 {
        self.now_ms() / 1000
    }

    /// Moves it, all at one instant, and wakes whoever waits on it.
    pub(crate) fn change(&self, change: &Move) {
        self.0.send_if_modified(|setting| {
            let machine_ms = machine_ms();
            let before = *setting;
            let begin = if change.reset { Setting::Running { ahead_ms: 0 } } else { before };
            let shown = change.set_ms.unwrap_or_else(|| read(begin, machine_ms)).saturating_add(change.advance_ms);
            let stands = change.frozen.unwrap_or(matches!(begin, Setting::Frozen { .. }));
            *setting = if stands { Setting::Frozen { at_ms: shown } } else { running_from(shown, machine_ms) };
            *setting != before
        });
    }

    /// Waits until the clock shows `deadline_ms`.
    pub(crate) async fn sleep_until(&self, deadline_ms: u64) {
        let mut moved = self.0.subscribe();
        loop {
            let setting = *moved.borrow_and_update();
            let left = deadline_ms.saturating_sub(read(setting, machine_ms()));
            if left == 0 {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(Duration::from_millis(left)), if matches!(setting, Setting::Running { .. }) => {}
                _ = moved.changed() => {}
            }
        }
    }
}

fn read(setting: Setting, machine_ms: u64) -> u64 {
    match setting {
        Setting::Running { ahead_ms } => machine_ms.saturating_add_signed(ahead_ms),
        Setting::Frozen { at_ms } => at_ms,
    }
}

fn running_from(ms: u64, machine_ms: u64) -> Setting {
    let machine = i64::try_from(machine_ms).unwrap_or(i64::MAX);
    Setting::Running { ahead_ms: i64::try_from(ms).unwrap_or(i64::MAX).saturating_sub(machine) }
}

fn machine_ms() -> u64 {
    let machine = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(machine.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::{Clock, Move, Setting};

    /// No millisecond passes between being set and being stopped.
    #[test]
    fn what_is_asked_for_at_once_happens_at_once() {
        let clock = Clock::new(Setting::Running { ahead_ms: 7 });
        for at_ms in [1_893_427_200_000, 5] {
            clock.change(&Move { set_ms: Some(at_ms), advance_ms: 10, frozen: Some(true), ..Move::default() });
            assert_eq!(clock.setting(), Setting::Frozen { at_ms: at_ms + 10 });
            clock.change(&Move { frozen: Some(false), ..Move::default() });
        }
        clock.change(&Move { reset: true, ..Move::default() });
        assert_eq!(clock.setting(), Setting::Running { ahead_ms: 0 });
        clock.change(&Move::default());
        assert_eq!(clock.setting(), Setting::Running { ahead_ms: 0 });
        clock.change(&Move { advance_ms: 60_000, ..Move::default() });
        assert_eq!(clock.setting(), Setting::Running { ahead_ms: 60_000 });
    }
}
