//! Which of WeChat's hosts is tried first: the main one, unless another one helped a moment ago.

use std::sync::{Mutex, PoisonError};

use reqwest::Url;

/// How long the host that helped is tried first, before the main one gets another chance.
const STAY_MS: u64 = 60_000;

/// WeChat's hosts, the main one first.
#[derive(Debug)]
pub(super) struct Hosts {
    all: Vec<Url>,
    helped: Mutex<Helped>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Helped {
    at: usize,
    since_ms: u64,
}

impl Hosts {
    pub(super) fn new(all: Vec<Url>) -> Self {
        Self { all, helped: Mutex::default() }
    }

    /// All of them, in the order in which to try them at `now_ms`.
    pub(super) fn in_order(&self, now_ms: u64) -> impl Iterator<Item = (usize, &Url)> {
        let Helped { at, since_ms } = *self.helped.lock().unwrap_or_else(PoisonError::into_inner);
        let first = if now_ms.abs_diff(since_ms) < STAY_MS { at } else { 0 };
        let first = first.min(self.all.len());
        let rest = self.all.iter().enumerate().filter(move |(at, _)| *at != first);
        self.all.get(first).map(|host| (first, host)).into_iter().chain(rest)
    }

    /// This one answered, at `now_ms`.
    pub(super) fn answered(&self, at: usize, now_ms: u64) {
        let mut helped = self.helped.lock().unwrap_or_else(PoisonError::into_inner);
        // Not each time: the main one gets its chance even while another one serves.
        if helped.at != at || now_ms.abs_diff(helped.since_ms) >= STAY_MS {
            *helped = Helped { at, since_ms: now_ms };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(hosts: &Hosts, now_ms: u64) -> Vec<usize> {
        hosts.in_order(now_ms).map(|(at, _)| at).collect()
    }

    #[test]
    fn the_host_that_helped_stays_first_for_a_minute() {
        let url = |name: &str| Url::parse(name).expect("a URL");
        let hosts = Hosts::new(vec![url("https://a.example"), url("https://b.example"), url("https://c.example")]);
        assert_eq!(order(&hosts, 1_000), [0, 1, 2]);
        hosts.answered(1, 1_000);
        assert_eq!(order(&hosts, 1_000), [1, 0, 2]);
        hosts.answered(1, 60_000);
        assert_eq!(order(&hosts, 60_999), [1, 0, 2]);
        assert_eq!(order(&hosts, 61_000), [0, 1, 2], "the main one gets another chance");
        hosts.answered(1, 61_000);
        assert_eq!(order(&hosts, 61_001), [1, 0, 2], "one");
        hosts.answered(0, 121_000);
        assert_eq!(order(&hosts, 121_001), [0, 1, 2]);
    }
}
