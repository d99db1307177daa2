//! Alerts about what goes on for days: the first time at once, and then once a day. Whoever heard every
//! half hour of one refund would not hear of the next one.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// Beyond this many the oldest are forgotten, and alert once more than they should.
const MOST: usize = 10_000;

/// What was alerted of, and when. Of this process: after a start all alert anew.
#[derive(Debug, Default)]
pub struct Alerts(Mutex<BTreeMap<String, u64>>);

impl Alerts {
    /// Whether to alert of this now; if so, it counts as done for a day.
    pub(super) fn is_due(&self, subject: &str, now_ms: u64) -> bool {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that was set back must not silence it.
        if told.get(subject).is_some_and(|ms| now_ms.checked_sub(*ms).is_some_and(|age_ms| age_ms < DAY_MS)) {
            return false;
        }
        if told.len() >= MOST {
            let oldest = told.iter().min_by_key(|(_, ms)| **ms).map(|(subject, _)| subject.clone());
            oldest.and_then(|oldest| told.remove(&oldest));
        }
        told.insert(subject.to_owned(), now_ms);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_time_at_once_and_then_once_a_day_and_each_for_itself() {
        let alerts = Alerts::default();
        let half_hours = |subject: &str, from: u64| {
            let at = (from..from + 96).filter(|at| alerts.is_due(subject, at * DAY_MS / 48));
            at.collect::<Vec<_>>()
        };
        assert_eq!(half_hours("dup-1", 1000), [1000, 1048]);
        assert_eq!(half_hours("dup-2", 1001), [1001, 1049]);
        assert!(alerts.is_due("dup-1", 1000), "the clock was set back");
    }

    #[test]
    fn there_is_room_for_so_many_and_the_oldest_goes() {
        let alerts = Alerts::default();
        for number in 0..=MOST {
            assert!(alerts.is_due(&number.to_string(), number as u64));
        }
        assert_eq!(alerts.0.lock().expect("lock").len(), MOST);
        assert!(!alerts.is_due("1", DAY_MS) && alerts.is_due("0", DAY_MS));
    }
}
