//! Letters in streams: what others must be told because of facts, one after the other.
//!
//! A letter is written with its fact, in one transaction, and numbered within its stream: what concerns one
//! order is one stream. Letter n is done with (delivered, or given up by somebody) before n+1 is taken for the first
//! time. A letter that cannot be delivered is dead, and stops its stream, no other.

use std::time::Duration;

use wechatpay::Secret;
use wx_checkout::domain::OrderId;

use super::Later;

/// The letters. Every writing method about one letter is one transaction; all are on disk before they answer.
pub trait Letters: Send + Sync {
    /// From now on, letters of this channel wait to be sent; before, they are passed over. Opening it again
    /// changes nothing. Answers since when it is open, milliseconds since 1970.
    fn open_channel(&self, channel: Channel, now_ms: u64) -> Later<'_, u64>;

    /// From now on, letters of this channel are passed over, and so are those that wait. Streams are seen to one by
    /// one or a few at a time: half done, it can be done again. Answers how many letters waited.
    fn close_channel(&self, channel: Channel, now_ms: u64) -> Later<'_, u64>;

    /// Takes the letters that are due, the longest due first, one of each stream: nobody else has them until they
    /// are answered for, or `hold` has passed by the database's clock.
    fn take(&self, due: Due) -> Later<'_, Vec<Taken>>;

    /// The receiver has it. That is a fact whoever reports it, so it counts also when the letter was taken by
    /// somebody else meanwhile. The next letter of the stream is due.
    fn delivered<'a>(&'a self, hold: &'a Hold, status: u16, now_ms: u64) -> Later<'a, ()>;

    /// It was tried in vain. Whoever was overtaken changes nothing by it: `false`.
    fn failed<'a>(&'a self, hold: &'a Hold, failure: Failure, now_ms: u64) -> Later<'a, bool>;

    /// What was taken and not tried is anybody's again.
    fn put_back<'a>(&'a self, hold: &'a Hold) -> Later<'a, ()>;

    /// The letter of this name.
    fn letter<'a>(&'a self, id: &'a str) -> Later<'a, Option<Letter>>;

    /// All letters about an order, of every channel, in the order they were written.
    fn letters_of<'a>(&'a self, order: &'a OrderId) -> Later<'a, Vec<Letter>>;

    /// Dead letters, the oldest first: those that were written after the letter with this `arrival`.
    fn dead_letters(&self, channel: Channel, after: i64, limit: u32) -> Later<'_, Vec<Letter>>;

    /// Makes a letter due at once, and its ladder begin anew: a dead one, or one that waits for its next try.
    fn replay<'a>(&'a self, id: &'a str, now_ms: u64) -> Later<'a, Replayed>;

    /// The same for every stream that has a letter left, of which none waits for another; answers how many there are.
    fn replay_all(&self, channel: Channel, now_ms: u64) -> Later<'_, u64>;

    /// Gives a letter up: its stream goes on with the next.
    fn skip<'a>(&'a self, id: &'a str, skip: Skip, now_ms: u64) -> Later<'a, Skipped>;

    /// How a channel stands.
    fn standing(&self, channel: Channel) -> Later<'_, Standing>;
}

/// Who is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Channel {
    /// The merchant's own system.
    Webhook,
    /// WeChat, that goods are on their way.
    Shipping,
}

impl Channel {
    /// Its name, as the database has it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::Shipping => "shipping",
        }
    }
}

/// Which letters to take.
#[derive(Clone, Copy, Debug)]
pub struct Due {
    /// Of which channel.
    pub channel: Channel,
    /// New letters, or those that were tried in vain.
    pub lane: Lane,
    /// Milliseconds since 1970, by the server's clock.
    pub now_ms: u64,
    /// For how long, by the database's clock.
    pub hold: Duration,
    /// How many at most.
    pub limit: u32,
}

/// What goes well does not queue behind what goes badly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Letters that were not tried in vain so far.
    First,
    /// The others.
    Again,
}

/// A letter that is the caller's for a while.
#[derive(Debug)]
pub struct Taken {
    /// The letter.
    pub letter: Letter,
    /// What answers for it.
    pub hold: Hold,
    /// How often it was tried in vain since it was written, or replayed.
    pub tries: u32,
}

/// The right to send one letter. Its number is larger than that of everybody who had the stream before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    pub(super) stream: String,
    pub(super) sequence: i64,
    pub(super) fence: i64,
}

/// A try that came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What the receiver answered, if it did.
    pub status: Option<u16>,
    /// In a few words of ours: nothing of what the receiver said.
    pub error: &'static str,
    /// What follows.
    pub next: Next,
}

/// What follows a try in vain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Another one, then: milliseconds since 1970.
    At(u64),
    /// None: the letter is dead.
    Never,
}

/// A letter as it stands.
#[derive(Clone, Debug)]
pub struct Letter {
    /// Larger than that of every letter written before.
    pub arrival: i64,
    /// The name that a receiver knows it by: `webhook-id`. Empty for those of before there were names.
    pub id: String,
    /// Who is told.
    pub channel: Channel,
    /// The order that it is about; `None` for a payment that no order knows.
    pub order: Option<OrderId>,
    /// Its number within the stream: 1, 2, 3 ...
    pub sequence: u64,
    /// What happened, in the ledger's words: `paid`, `closed`, `refunded` ...
    pub action: String,
    /// WeChat's number of the payment, or our number of the refund; may be empty.
    pub subject: String,
    /// When it was written, milliseconds since 1970.
    pub created_ms: u64,
    /// What is sent; `None` where it is made when it is sent.
    pub body: Option<Secret<Vec<u8>>>,
    /// How far it has come.
    pub state: LetterState,
    /// How often it was sent in all.
    pub tries: u32,
    /// What became of the last try; `None` before the first.
    pub last: Option<Try>,
}

/// How far a letter has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LetterState {
    /// It is the next of its stream.
    Due {
        /// When it is tried, milliseconds since 1970.
        next_ms: u64,
    },
    /// Another one of its stream comes first.
    Behind,
    /// It could not be delivered, and its stream stands still.
    Dead {
        /// How many letters wait behind it.
        behind: u64,
    },
    /// The receiver has it.
    Delivered {
        /// Milliseconds since 1970.
        at_ms: u64,
    },
    /// Somebody gave it up.
    Skipped(Skip),
    /// There was nobody to be told when it was written.
    PassedOver,
}

impl LetterState {
    /// Whether its stream is past it.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        match self {
            Self::Delivered { .. } | Self::Skipped(_) | Self::PassedOver => true,
            Self::Due { .. } | Self::Behind | Self::Dead { .. } => false,
        }
    }
}

/// A try to deliver a letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Try {
    /// Milliseconds since 1970.
    pub at_ms: u64,
    /// What the receiver answered, if it did.
    pub status: Option<u16>,
    /// What went wrong, in a few words; `None` when nothing did.
    pub error: Option<String>,
}

/// Who gave a letter up, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skip {
    /// The operator.
    pub by: String,
    /// What the operator had to say about it.
    pub why: String,
}

/// What became of a replay.
#[derive(Debug)]
pub enum Replayed {
    /// It is due now, under the name, the number and the bytes that it has.
    Due,
    /// It is done with: the stream is past it, and nothing changed.
    Done(Box<Letter>),
    /// Another one of its stream comes first; nothing changed.
    Behind,
    /// There is no such letter.
    Unknown,
}

/// What became of a skip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Skipped {
    /// It is given up, and the next letter of its stream is due.
    Now,
    /// It is being sent at this moment: only its outcome says whether it has to be given up.
    BeingSent {
        /// For this much longer at most, milliseconds.
        for_ms: u64,
    },
    /// It is done with; nothing changed.
    Done,
    /// Another one of its stream comes first: that one would be given up; nothing changed.
    Behind,
    /// There is no such letter.
    Unknown,
}

/// How a channel stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Letters that are neither delivered nor given up, those behind dead ones included.
    pub waiting: u64,
    /// Dead letters, and so streams that stand still.
    pub dead: u64,
    /// When the oldest of them all was written, milliseconds since 1970.
    pub oldest_ms: Option<u64>,
}
