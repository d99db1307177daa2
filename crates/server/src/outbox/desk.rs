//! From the store to a receiver, and the answer back: many letters at a time, one of each stream.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tracing::Instrument as _;

use super::Stop;
use super::ladder::{Ladder, wait_ms};
use crate::clock::Clock;
use crate::store::{Channel, Due, Failure, Lane, Letter, Next, Store, StoreError, Taken};

/// How often the store is asked for letters.
const POLL: Duration = Duration::from_secs(1);

/// Letters under way in each lane. Whatever hangs in the lane of repeats, first tries have these for themselves.
const AT_ONCE: usize = 8;

/// A letter is held for this much longer than its try may take: to write down what came of it.
const SPARE: Duration = Duration::from_secs(20);

/// What one way of telling does.
pub trait Carrier: Send + Sync + 'static {
    /// Whose letters it carries.
    const CHANNEL: Channel;
    /// When a try in vain is followed by the next.
    const LADDER: Ladder;
    /// What has to be done about a dead letter.
    const DEAD: &'static str;

    /// For how long a try may go on.
    fn longest(&self) -> Duration;

    /// One try.
    fn carry(&self, letter: &Letter) -> impl Future<Output = Carried> + Send;
}

/// What came of a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carried {
    /// The receiver has it.
    Delivered {
        /// Its answer.
        status: u16,
    },
    /// It does not.
    Failed {
        /// What it answered, if it did.
        status: Option<u16>,
        /// In a few words of ours.
        error: &'static str,
        /// Whether there is any use in another try.
        again: Again,
    },
}

/// Whether there is any use in another try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// As the ladder says.
    Later,
    /// The receiver wants no more of it.
    Never,
}

/// Where letters of one channel leave.
pub struct Desk<C> {
    shared: Arc<Shared<C>>,
}

struct Shared<C> {
    store: Arc<dyn Store>,
    clock: Clock,
    carrier: C,
}

impl<C: Carrier> Desk<C> {
    pub(super) fn new(store: Arc<dyn Store>, clock: Clock, carrier: C) -> Self {
        Self { shared: Arc::new(Shared { store, clock, carrier }) }
    }

    /// Until it is told to stop, and what was under way has ended.
    pub(super) async fn run(&self, stop: Stop) {
        let span = tracing::info_span!("round", what = "sending letters", channel = C::CHANNEL.word());
        let lanes = async { tokio::join!(self.lane(Lane::First, stop.clone()), self.lane(Lane::Again, stop)) };
        lanes.instrument(span).await;
    }

    async fn lane(&self, lane: Lane, mut stop: Stop) {
        loop {
            if let Err(error) = self.drain(lane, &stop).await {
                tracing::error!(cause = %error, channel = C::CHANNEL.word(), "letters could not be taken; the next try is in a second");
            }
            tokio::select! {
                // Also when whoever could tell it to stop is gone.
                _ = stop.wait_for(|stop| *stop) => return,
                () = tokio::time::sleep(POLL) => {}
            }
        }
    }

    /// Everything that is due has its turn.
    pub(super) async fn round(&self) -> Result<usize, StoreError> {
        let (_going_on, stop) = watch::channel(false);
        let mut count = 0;
        loop {
            // What was behind a repeat is a first try.
            match self.drain(Lane::First, &stop).await? + self.drain(Lane::Again, &stop).await? {
                0 => return Ok(count),
                some => count += some,
            }
        }
    }

    /// One try, of which nothing is written down but in the log. It goes on whether or not somebody waits for it.
    pub(super) fn once(&self, letter: Letter) -> JoinHandle<Carried> {
        let shared = Arc::clone(&self.shared);
        let span = tracing::Span::current();
        let sent = async move {
            let carried = shared.carry(&letter).await;
            tracing::info!(channel = C::CHANNEL.word(), letter = letter.id, outcome = ?carried, "a letter was sent once more");
            carried
        };
        tokio::spawn(sent.instrument(span))
    }

    /// Goes on until nothing of the lane is due and nothing under way. A place that is free is filled at once: a slow
    /// letter holds up its own stream only.
    async fn drain(&self, lane: Lane, stop: &Stop) -> Result<usize, StoreError> {
        let mut under_way = JoinSet::new();
        let mut count = 0;
        loop {
            let free = AT_ONCE - under_way.len();
            if free > 0 && !*stop.borrow() {
                let asked = Instant::now();
                let taken = match self.shared.take(lane, free).await {
                    Ok(taken) => taken,
                    Err(error) => {
                        while under_way.join_next().await.is_some() {}
                        return Err(error);
                    }
                };
                count += taken.len();
                for taken in taken {
                    under_way.spawn(Arc::clone(&self.shared).see_to(taken, asked).in_current_span());
                }
            }
            if under_way.is_empty() {
                return Ok(count);
            }
            tokio::select! {
                _ = under_way.join_next() => {}
                () = tokio::time::sleep(POLL) => {}
            }
        }
    }
}

impl<C: Carrier> Shared<C> {
    async fn take(&self, lane: Lane, free: usize) -> Result<Vec<Taken>, StoreError> {
        let due = Due {
            channel: C::CHANNEL,
            lane,
            now_ms: self.clock.now_ms(),
            hold: self.carrier.longest() + SPARE,
            limit: u32::try_from(free).unwrap_or(1),
        };
        self.store.take(due).await
    }

    async fn carry(&self, letter: &Letter) -> Carried {
        let late = Carried::Failed { status: None, error: "no answer in time", again: Again::Later };
        tokio::time::timeout(self.carrier.longest(), self.carrier.carry(letter)).await.unwrap_or(late)
    }

    /// One try, and what came of it.
    async fn see_to(self: Arc<Self>, taken: Taken, asked: Instant) {
        // A server that stalled in between: the try might outlast what it holds, and another one be at it, too.
        if asked.elapsed() > SPARE / 2 {
            if let Err(error) = self.store.put_back(&taken.hold).await {
                tracing::warn!(cause = %error, letter = taken.letter.id, "a letter could not be put back; it is due by itself");
            }
            return;
        }
        let carried = self.carry(&taken.letter).await;
        if let Err(error) = self.write_down(&taken, carried).await {
            // Nobody has it once its time is over: it is sent again then, under the same name.
            tracing::error!(cause = %error, letter = taken.letter.id, "what came of a letter could not be written down; it is due again");
        }
    }

    async fn write_down(&self, taken: &Taken, carried: Carried) -> Result<(), StoreError> {
        let Taken { letter, hold, tries } = taken;
        let now_ms = self.clock.now_ms();
        let order = letter.order.as_ref().map_or("none", |order| order.as_str());
        let (channel, name, sequence) = (C::CHANNEL.word(), letter.id.as_str(), letter.sequence);
        let (status, error, again) = match carried {
            Carried::Delivered { status } => {
                tracing::info!(channel, letter = name, order, sequence, status, "a letter was delivered");
                return self.store.delivered(hold, status, now_ms).await;
            }
            Carried::Failed { status, error, again } => (status, error, again),
        };
        let next = match again {
            Again::Later => wait_ms(C::LADDER, tries.saturating_add(1), name).map(|wait| now_ms.saturating_add(wait)),
            Again::Never => None,
        };
        let failure = Failure { status, error, next: next.map_or(Next::Never, Next::At) };
        if !self.store.failed(hold, failure, now_ms).await? {
            tracing::warn!(channel, letter = name, order, "another server had a letter meanwhile; its word counts");
        } else if next.is_none() {
            tracing::error!(
                channel,
                letter = name,
                order,
                sequence,
                status,
                error,
                "ALERT: a letter is dead: {}",
                C::DEAD
            );
        } else {
            tracing::warn!(
                channel,
                letter = name,
                order,
                sequence,
                status,
                error,
                "a letter was not taken; it is sent again"
            );
        }
        Ok(())
    }
}
