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
        read(self.setting())
    }

    /// Seconds since 1970.
    pub(crate) fn now_seconds(&self) -> u64 {
        self.now_ms() / 1000
    }

    /// Moves the clock forward, and wakes whoever waits on it.
    pub(crate) fn advance(&self, ms: u64) {
        self.0.send_modify(|setting| match setting {
            Setting::Running { ahead_ms } => *ahead_ms = ahead_ms.saturating_add_unsigned(ms),
            Setting::Frozen { at_ms } => *at_ms = at_ms.saturating_add(ms),
        });
    }

    /// Sets the time; the clock goes on, or stands, as before.
    pub(crate) fn set(&self, ms: u64) {
        self.0.send_modify(|setting| {
            *setting = match setting {
                Setting::Running { .. } => running_from(ms),
                Setting::Frozen { .. } => Setting::Frozen { at_ms: ms },
            };
        });
    }

    /// Stops the clock at what it shows.
    pub(crate) fn freeze(&self) {
        self.0.send_modify(|setting| *setting = Setting::Frozen { at_ms: read(*setting) });
    }

    /// Lets the clock go on from what it shows.
    pub(crate) fn run(&self) {
        self.0.send_modify(|setting| *setting = running_from(read(*setting)));
    }

    /// Back to the machine's time.
    pub(crate) fn reset(&self) {
        self.0.send_modify(|setting| *setting = Setting::Running { ahead_ms: 0 });
    }

    /// Waits until the clock shows `deadline_ms`.
    pub(crate) async fn sleep_until(&self, deadline_ms: u64) {
        let mut moved = self.0.subscribe();
        loop {
            let setting = *moved.borrow_and_update();
            let left = deadline_ms.saturating_sub(read(setting));
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

fn read(setting: Setting) -> u64 {
    match setting {
        Setting::Running { ahead_ms } => machine_ms().saturating_add_signed(ahead_ms),
        Setting::Frozen { at_ms } => at_ms,
    }
}

fn running_from(ms: u64) -> Setting {
    let machine = i64::try_from(machine_ms()).unwrap_or(i64::MAX);
    Setting::Running { ahead_ms: i64::try_from(ms).unwrap_or(i64::MAX).saturating_sub(machine) }
}

fn machine_ms() -> u64 {
    let machine = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(machine.as_millis()).unwrap_or(u64::MAX)
}
