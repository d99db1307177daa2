//! What the books say, asked at most so often that it costs next to nothing.

use std::sync::Arc;
use std::time::Duration;

use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::Labels;
use crate::checkout::Checkout;
use crate::store::{Channel, Standing, StoreError, Tally};

/// Answers are kept at least so long ...
const AT_LEAST: Duration = Duration::from_secs(5);

/// ... and so many times as long as the question took: a fiftieth of a connection at most.
const TIMES: u32 = 50;

/// A database that takes longer is not up.
const PATIENCE: Duration = Duration::from_secs(4);

/// The last answer.
#[derive(Clone, Debug, Default)]
pub(super) struct Kept(Arc<Mutex<Option<Answer>>>);

#[derive(Clone, Debug)]
struct Answer {
    until: Instant,
    at_ms: u64,
    told: Option<Told>,
}

#[derive(Clone, Debug)]
struct Told {
    tally: Tally,
    channels: Vec<(Channel, Standing)>,
}

impl Kept {
    async fn answer(&self, checkout: &Checkout) -> Answer {
        let mut kept = self.0.lock().await;
        if let Some(answer) = kept.as_ref().filter(|answer| Instant::now() < answer.until) {
            return answer.clone();
        }
        let (began, at_ms) = (Instant::now(), checkout.clock.now_ms());
        let told = match tokio::time::timeout(PATIENCE, ask(checkout, at_ms)).await {
            Ok(Ok(told)) => Some(told),
            Ok(Err(error)) => {
                tracing::warn!(cause = %error, "the books could not be counted");
                None
            }
            Err(_) => None,
        };
        let until = Instant::now() + (began.elapsed() * TIMES).max(AT_LEAST);
        kept.insert(Answer { until, at_ms, told }).clone()
    }
}

async fn ask(checkout: &Checkout, now_ms: u64) -> Result<Told, StoreError> {
    let tally = checkout.store.tally(now_ms).await?;
    let mut channels = vec![];
    for channel in [Channel::Webhook, Channel::Shipping] {
        channels.push((channel, checkout.store.standing(channel).await?));
    }
    Ok(Told { tally, channels })
}

/// By a word, how many.
type Counts = Family<Labels<1>, Gauge>;

pub(super) async fn register(checkout: &Checkout, registry: &mut Registry) {
    let Answer { at_ms, told, .. } = checkout.meters.kept.answer(checkout).await;
    let up = Gauge::<i64>::default();
    up.set(i64::from(told.is_some()));
    registry.register("database_up", "Whether the database answers", up);
    let Some(Told { tally, channels }) = told else { return };
    let Tally { orders, overdue, oldest_unresolved_ms, refunds, frozen } = tally;
    let age = |since: Option<u64>| int(since.map_or(0, |since| at_ms.saturating_sub(since) / 1000));

    registry.register("orders", "Orders, by state", counts("state", orders));
    let mut gauge = |name: &str, help: &str, value: i64| {
        let gauge = Gauge::<i64>::default();
        gauge.set(value);
        registry.register(name, help, gauge);
    };
    gauge("orders_overdue", "Unresolved orders more than 15 minutes past their deadline", int(overdue));
    gauge(
        "oldest_unresolved_order_age_seconds",
        "Age of the oldest order that is neither paid nor closed; 0 when there is none",
        age(oldest_unresolved_ms),
    );
    gauge("frozen_payments", "Payments that fit no order: somebody has to look at them", int(frozen));
    registry.register("refunds", "Refunds, by stage", counts("stage", refunds));

    let by = |value: fn(&Standing) -> u64| {
        counts("channel", channels.iter().map(|(channel, standing)| (channel.word(), value(standing))))
    };
    registry.register("letters_waiting", "Letters neither delivered nor given up, by channel", by(|s| s.waiting));
    registry.register("dead_letters", "Letters that stand still until somebody replays or skips them", by(|s| s.dead));
    let ages = channels.iter().map(|(channel, s)| (channel.word(), u64::try_from(age(s.oldest_ms)).unwrap_or(0)));
    registry.register(
        "oldest_unsent_letter_age_seconds",
        "Age of the oldest letter (webhook, say) that is neither delivered nor given up; 0 when there is none",
        counts("channel", ages),
    );
}

fn counts(name: &'static str, values: impl IntoIterator<Item = (&'static str, u64)>) -> Counts {
    let counts = Counts::default();
    for (word, count) in values {
        counts.get_or_create(&[(name, word.into())]).set(int(count));
    }
    counts
}

fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
