//! What the checkout, its routes and its jobs count.

use std::borrow::Cow;
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::books::Kept;
use super::{Labels, seconds};
use crate::checkout::{NotifyError, Route};
use crate::gateway::Unheard;

/// Counters of one server; a clone counts into the same.
#[derive(Clone, Debug)]
pub struct Meters {
    requests: Family<Labels<2>, Counter>,
    request_seconds: Family<Labels<1>, Histogram, fn() -> Histogram>,
    limited: Family<Labels<1>, Counter>,
    notifications: Family<Labels<2>, Counter>,
    rounds: Family<Labels<1>, Gauge<f64, std::sync::atomic::AtomicU64>>,
    pub(super) kept: Kept,
}

impl Default for Meters {
    fn default() -> Self {
        Self {
            requests: Family::default(),
            request_seconds: Family::new_with_constructor(seconds),
            limited: Family::default(),
            notifications: Family::default(),
            rounds: Family::default(),
            kept: Kept::default(),
        }
    }
}

/// What became of a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is in the books.
    Accepted,
    /// Too large, too slow or cut off.
    Unreadable,
    /// Its signature does not verify.
    NotVerified,
    /// It is signed, and does not decrypt.
    NotOpened,
    /// No merchant is configured for it.
    NoKeys,
    /// The database did not take it, or not in time.
    NotStored,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Accepted, Self::Unreadable, Self::NotVerified, Self::NotOpened, Self::NoKeys, Self::NotStored];

    const fn word(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Unreadable => "unreadable",
            Self::NotVerified => "not_verified",
            Self::NotOpened => "not_opened",
            Self::NoKeys => "no_keys",
            Self::NotStored => "not_stored",
        }
    }
}

impl From<&NotifyError> for Outcome {
    fn from(error: &NotifyError) -> Self {
        match error {
            NotifyError::Unheard(Unheard::NotVerified(_)) => Self::NotVerified,
            NotifyError::Unheard(Unheard::NotOpened(_)) => Self::NotOpened,
            NotifyError::Unheard(Unheard::NoKeys) => Self::NoKeys,
            NotifyError::NotStored(_) => Self::NotStored,
        }
    }
}

/// Work that is done unasked, again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Round {
    /// Looking after open orders.
    Orders,
    /// Seeing refunds through.
    Refunds,
    /// Comparing the bill.
    Bills,
}

impl Round {
    const fn word(self) -> &'static str {
        match self {
            Self::Orders => "orders",
            Self::Refunds => "refunds",
            Self::Bills => "bills",
        }
    }
}

impl Meters {
    /// A request was answered.
    pub fn answered(&self, route: &str, status: u16, took: Duration) {
        let route = Cow::from(route.to_owned());
        self.requests.get_or_create(&[("route", route.clone()), ("status", status.to_string().into())]).inc();
        self.request_seconds.get_or_create(&[("route", route)]).observe(took.as_secs_f64());
    }

    /// Somebody asked too often.
    pub fn limited(&self, by: &'static str) {
        self.limited.get_or_create(&[("by", by.into())]).inc();
    }

    /// A notification came.
    pub fn notified(&self, route: Route, outcome: Outcome) {
        let labels = [("route", route.as_str().into()), ("outcome", outcome.word().into())];
        self.notifications.get_or_create(&labels).inc();
    }

    /// A round went well.
    pub fn went_round(&self, round: Round, now_ms: u64) {
        // Milliseconds since 1970 fit a double for a long time to come.
        #[allow(clippy::cast_precision_loss)]
        self.rounds.get_or_create(&[("round", round.word().into())]).set(now_ms as f64 / 1000.0);
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register("http_requests", "Requests answered, by route and status", self.requests.clone());
        registry.register("http_request_seconds", "How long requests took, by route", self.request_seconds.clone());
        registry.register("rate_limited", "Requests refused because somebody asked too often", self.limited.clone());
        // A counter that is not there yet cannot be alerted on.
        for route in Route::ALL {
            for outcome in Outcome::ALL {
                let labels = [("route", route.as_str().into()), ("outcome", outcome.word().into())];
                drop(self.notifications.get_or_create(&labels));
            }
        }
        registry.register(
            "notifications",
            "Notifications of WeChat's, by route and what became of them",
            self.notifications.clone(),
        );
        registry.register(
            "round_last_success_timestamp_seconds",
            "When background work last went well, seconds since 1970",
            self.rounds.clone(),
        );
    }
}
