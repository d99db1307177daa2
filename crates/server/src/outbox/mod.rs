//! Telling others: the merchant's own system of every fact, by webhooks, and WeChat that goods were handed over.
//!
//! Letters are written with the facts ([`event`]) and wait in the [store](crate::store::Letters), each order's in a
//! stream of its own. A [`desk`] takes those that are due and carries them out; [`ladder`] says when a try in vain is
//! followed by the next.

mod access_token;
pub mod desk;
pub mod event;
pub mod ladder;
pub mod shipping;
pub mod webhook;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use tokio::sync::watch;

use crate::clock::Clock;
use crate::store::{Channel, Letter, LetterState, Replayed, Skip, Skipped, Store, StoreError};
use desk::{Carried, Desk};
use shipping::Shipping;
use webhook::Webhook;

/// For how long whoever asks for a replay is kept waiting for the receiver's answer: less than a request may take.
const ASKED_FOR: Duration = Duration::from_secs(20);

/// Everything that leaves the server because of a fact.
pub struct Outbox {
    store: Arc<dyn Store>,
    clock: Clock,
    webhook: Option<Desk<Webhook>>,
    shipping: Option<Desk<Shipping>>,
    off: Vec<Channel>,
}

/// What a configuration says about one way of telling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Telling<T> {
    /// There is somebody to tell.
    On(T),
    /// There is nobody, and letters do not wait.
    Off,
    /// Nothing: letters of before wait, for it may have been taken out for a while.
    Undecided,
}

impl<T> Telling<T> {
    /// From a section that is there: `None` where it says no.
    #[must_use]
    pub fn decided(what: Option<T>) -> Self {
        what.map_or(Self::Off, Self::On)
    }
}

/// Told to finish: `true` once nothing new is to be begun.
pub type Stop = watch::Receiver<bool>;

/// What became of a replay that the operator asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replay {
    /// It is due now, under the name, the number and the bytes that it has; the server sends it by itself.
    Due,
    /// It was done with, and was sent once more under the same name and number: the receiver has answered so.
    SentAgain {
        /// The receiver's answer, a 2xx.
        status: u16,
    },
    /// It was done with, and was sent once more, in vain. Nothing changed; ask again when the receiver is well.
    NotTaken {
        /// What the receiver answered, if it did.
        status: Option<u16>,
        /// What went wrong, in a few words.
        error: &'static str,
    },
    /// It was done with, and is being sent once more: the receiver takes its time. What it answers, the log says.
    StillBeingSent,
    /// It was done with, and cannot be sent once more: it is of before letters were kept whole, or is none that has a
    /// receiver now. Nothing changed.
    Impossible,
    /// Another letter of its stream comes first. Nothing changed.
    Behind,
    /// There is no such letter.
    Unknown,
}

impl Outbox {
    /// With nobody to tell yet.
    #[must_use]
    pub const fn new(store: Arc<dyn Store>, clock: Clock) -> Self {
        Self { store, clock, webhook: None, shipping: None, off: Vec::new() }
    }

    /// The merchant's system is told by this.
    #[must_use]
    pub fn with_webhook(mut self, webhook: Webhook) -> Self {
        self.webhook = Some(Desk::new(Arc::clone(&self.store), self.clock.clone(), webhook));
        self
    }

    /// WeChat is told by this that goods were handed over.
    #[must_use]
    pub fn with_shipping(mut self, shipping: Shipping) -> Self {
        self.shipping = Some(Desk::new(Arc::clone(&self.store), self.clock.clone(), shipping));
        self
    }

    /// Nobody is told this way, and no letter waits for it.
    #[must_use]
    pub fn without(mut self, channel: Channel) -> Self {
        self.off.push(channel);
        self
    }

    /// From now on, letters wait for those who are told. Comes before the first fact of this server.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn open(&self) -> Result<(), StoreError> {
        for (channel, served) in
            [(Channel::Webhook, self.webhook.is_some()), (Channel::Shipping, self.shipping.is_some())]
        {
            if served {
                self.store.open_channel(channel, self.clock.now_ms()).await?;
                continue;
            }
            if self.off.contains(&channel) {
                let letters = self.store.close_channel(channel, self.clock.now_ms()).await?;
                if letters > 0 {
                    tracing::warn!(channel = channel.word(), letters, "letters were passed over: it is switched off");
                }
                continue;
            }
            let (waiting, channel) = (self.store.standing(channel).await?.waiting, channel.word());
            if waiting > 0 {
                tracing::warn!(channel, waiting, "letters wait, and the configuration has nobody to tell");
            }
        }
        Ok(())
    }

    /// Tells whoever is to be told, until it is told to finish and what was begun has ended.
    pub async fn run(&self, stop: Stop) {
        let webhooks = async {
            if let Some(webhook) = &self.webhook {
                webhook.run(stop.clone()).await;
            }
        };
        let uploads = async {
            if let Some(shipping) = &self.shipping {
                shipping.run(stop.clone()).await;
            }
        };
        // Neither waits for the other.
        tokio::join!(webhooks, uploads);
    }

    /// Everything that is due has its turn; answers how many letters were sent.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn round(&self) -> Result<usize, StoreError> {
        let mut count = 0;
        if let Some(webhook) = &self.webhook {
            count += webhook.round().await?;
        }
        if let Some(shipping) = &self.shipping {
            count += shipping.round().await?;
        }
        Ok(count)
    }

    /// Sends a letter again because the operator says so. Nothing goes out under a new name or number.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn replay(&self, id: &str) -> Result<Replay, StoreError> {
        Ok(match self.store.replay(id, self.clock.now_ms()).await? {
            Replayed::Due => {
                tracing::info!(letter = id, "a letter is due again, as the operator says");
                Replay::Due
            }
            Replayed::Behind => Replay::Behind,
            Replayed::Unknown => Replay::Unknown,
            Replayed::Done(letter) => self.once_more(*letter).await,
        })
    }

    /// One try for a letter whose stream is past it: the stream knows nothing of it.
    async fn once_more(&self, letter: Letter) -> Replay {
        let (Channel::Webhook, Some(webhook), Some(_)) = (letter.channel, &self.webhook, &letter.body) else {
            return Replay::Impossible;
        };
        tracing::info!(letter = letter.id, "a letter that is done with is sent once more, as the operator says");
        match tokio::time::timeout(ASKED_FOR, webhook.once(letter)).await {
            Err(_) => Replay::StillBeingSent,
            Ok(Ok(Carried::Delivered { status })) => Replay::SentAgain { status },
            Ok(Ok(Carried::Failed { status, error, .. })) => Replay::NotTaken { status, error },
            Ok(Err(_)) => Replay::NotTaken { status: None, error: "the try broke off" },
        }
    }

    /// Makes every letter of a channel due that is neither delivered nor given up: after the receiver was mended, say.
    /// Answers how many streams go on.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn replay_all(&self, channel: Channel) -> Result<u64, StoreError> {
        let streams = self.store.replay_all(channel, self.clock.now_ms()).await?;
        tracing::info!(channel = channel.word(), streams, "all letters are due again, as the operator says");
        Ok(streams)
    }

    /// Gives a letter up because the operator says so: its stream goes on with the next.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn skip(&self, id: &str, skip: Skip) -> Result<Skipped, StoreError> {
        let by = skip.by.clone();
        let skipped = self.store.skip(id, skip, self.clock.now_ms()).await?;
        if skipped == Skipped::Now {
            tracing::warn!(letter = id, by, "a letter was given up, as the operator says");
        }
        Ok(skipped)
    }
}

/// The name of a letter follows from what it is, so that the same fact never goes out under two: not even
/// where a database was put back to an earlier state and learns the fact anew.
#[must_use]
pub fn letter_id(stream: &str, sequence: u64, action: &str, subject: &str) -> String {
    let text = format!("{stream}\n{sequence}\n{action}\n{subject}");
    format!("evt_{}", hex::encode(&digest(&SHA256, text.as_bytes()).as_ref()[..16]))
}

/// The word for a letter's state, for lists and logs.
#[must_use]
pub const fn word(state: &LetterState) -> &'static str {
    match state {
        LetterState::Due { .. } => "due",
        LetterState::Behind => "behind",
        LetterState::Dead { .. } => "dead",
        LetterState::Delivered { .. } => "delivered",
        LetterState::Skipped(_) => "skipped",
        LetterState::PassedOver => "passed_over",
    }
}

impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Outbox")
    }
}
