//! WeChat's clock: the machine's, and as much further ahead as it was moved.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::watch;

/// Everything that has a time-out here asks this clock, so that two hours can pass in a test.
pub(crate) struct Clock {
    ahead_ms: watch::Sender<u64>,
}

impl Clock {
    pub(crate) fn new() -> Self {
        Self { ahead_ms: watch::Sender::new(0) }
    }

    /// Milliseconds since 1970.
    pub(crate) fn now_ms(&self) -> u64 {
        let machine = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(machine.as_millis()).unwrap_or(u64::MAX).saturating_add(*self.ahead_ms.borrow())
    }

    /// Seconds since 1970.
    pub(crate) fn now_seconds(&self) -> u64 {
        self.now_ms() / 1000
    }

    /// Moves the clock forward, and wakes whoever waits on it.
    pub(crate) fn advance(&self, ms: u64) {
        self.ahead_ms.send_modify(|ahead| *ahead = ahead.saturating_add(ms));
    }

    /// Waits until the clock shows `deadline_ms`.
    pub(crate) async fn sleep_until(&self, deadline_ms: u64) {
        let mut moved = self.ahead_ms.subscribe();
        loop {
            let left = deadline_ms.saturating_sub(self.now_ms());
            if left == 0 {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(Duration::from_millis(left)) => {}
                _ = moved.changed() => {}
            }
        }
    }
}
