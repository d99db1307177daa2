//! Where orders are kept: one trait, and two databases. Their SQL is one text (`sql/`): each of
//! `sqlite.rs` and `postgres.rs` compiles it with what that database calls differently.

mod backup;
mod bills;
mod desk;
mod letters;
mod meter;
mod postgres;
mod sqlite;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use wechatpay::Secret;
use wx_checkout::domain::{IdempotencyKey, OrderId};

pub use backup::{BackupError, back_up};
pub use bills::{BillStore, DayBegun, DayStep, Fed, Learnt};
pub use desk::{Counts, Desk, Entry, Frozen, Kind, Place, Settled};
pub use letters::{
    Channel, Due, Failure, Hold, Lane, Letter, LetterState, Letters, Next, Replayed, Skip, Skipped, Standing, Taken,
    Try,
};
pub use meter::StoreMeter;
pub use postgres::Postgres;
pub use sqlite::Sqlite;

use crate::bills::{Account, BillOf};
use crate::ledger::{Action, Fact, Order, PaymentSeen, Plan, Planned, RefundRefusal, RefundSeen};
use crate::order_token::MerchantOrderId;

/// An answer of the store, once it is there.
pub type Later<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// The books. Every writing method is one transaction, on disk before it answers.
pub trait Store: BillStore + Desk + Letters + Send + Sync {
    /// Makes the order, unless its key is bound already, an open order has the same lines, or any order
    /// is the merchant order's already.
    fn open(&self, order: Order, rule: SameLines) -> Later<'_, Opened>;

    /// The order of this name.
    fn by_id<'a>(&'a self, id: &'a OrderId) -> Later<'a, Option<Order>>;

    /// The payer's order under this key.
    fn by_key<'a>(&'a self, openid: &'a Secret<String>, key: &'a IdempotencyKey) -> Later<'a, Option<Order>>;

    /// The order that this merchant's own backend calls so.
    fn by_merchant_order<'a>(&'a self, mchid: &'a str, id: &'a MerchantOrderId) -> Later<'a, Option<Order>>;

    /// The payer's orders that still have something to show, newest first, at most `limit`.
    fn open_orders<'a>(&'a self, openid: &'a Secret<String>, limit: u32) -> Later<'a, Vec<Order>>;

    /// Takes facts into an order's books, together with what must be done because of them.
    fn record<'a>(&'a self, id: &'a OrderId, facts: Vec<Fact>, now_ms: u64) -> Later<'a, Recorded>;

    /// Changes an order as [`Change`] says.
    fn change<'a>(&'a self, id: &'a OrderId, change: Change) -> Later<'a, Changed>;

    /// Keeps notifications that verified, and takes what they say into the books of their orders, all
    /// in one transaction; answers what became of each, in their order.
    fn receive(&self, receipts: Vec<Receipt>) -> Later<'_, Vec<Booked>>;

    /// Decides that money goes back, if the books allow it.
    fn plan_refund<'a>(&'a self, id: &'a OrderId, plan: Plan, now_ms: u64) -> Later<'a, Decided>;

    /// Refunds whose turn it is to be asked for or about, the longest due first. Each counts as taken for
    /// `for_ms` from now on, so that no two servers are at it, and is due again after that.
    fn due_refunds(&self, now_ms: u64, for_ms: u64, limit: u32) -> Later<'_, Vec<DueRefund>>;

    /// Writes down the bytes that ask for a refund, unless there are some; answers those that count.
    fn keep_request<'a>(&'a self, id: &'a OrderId, out_refund_no: &'a str, bytes: Vec<u8>) -> Later<'a, Vec<u8>>;

    /// Puts off what is left to do for a refund, if anything is.
    fn put_off<'a>(&'a self, id: &'a OrderId, out_refund_no: &'a str, to: PutOff) -> Later<'a, ()>;

    /// Unresolved orders whose turn it is to be asked about, the longest unlooked at first. An order is due
    /// when it was last looked at 30 s ago and an eighth of its age, and counts as looked at from now on.
    fn due(&self, now_ms: u64, limit: u32) -> Later<'_, Vec<Order>>;

    /// Takes a duty for `length`, by the database's clock, unless somebody holds it.
    fn claim<'a>(&'a self, duty: Duty<'a>, length: Duration) -> Later<'a, Claimed>;

    /// Ends a lease before its time; one that somebody took over is left alone.
    fn release(&self, lease: Lease) -> Later<'_, ()>;

    /// Whether the database answers.
    fn ping(&self) -> Later<'_, ()>;

    /// The books, counted.
    fn tally(&self, now_ms: u64) -> Later<'_, Tally>;

    /// How long it keeps us waiting.
    fn meter(&self) -> &StoreMeter;

    /// Lets every write that has begun end, then lets go of the database.
    fn close(&self) -> Later<'_, ()>;
}

/// What to do about an open order with the same lines. A merchant order is made once, whatever this says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SameLines {
    /// It stands in the way.
    Refuse,
    /// The payer said "buy again".
    BuyAgain,
}

/// What became of an order to be made.
#[derive(Debug)]
pub enum Opened {
    /// It was made.
    Made(Order),
    /// The key was bound already, to this order. Nothing was written.
    Bound(Order),
    /// This open order has the same lines, or this order is the merchant order's. Nothing was written.
    InTheWay(Order),
}

/// A change that depends on what the books say.
#[derive(Clone, Copy, Debug)]
pub enum Change {
    /// Parameters leave now, if they may, and if nobody took the prepay over: the lease ends with it.
    HandOut {
        /// Milliseconds since 1970.
        now_ms: u64,
        /// Of the order's [`Duty::Prepay`].
        lease: Lease,
    },
    /// WeChat refused it for good.
    Refuse,
    /// The payer has seen the outcome.
    Acknowledge,
}

/// What became of a [`Change`].
#[derive(Debug)]
pub enum Changed {
    /// It was made; the order as it is now.
    Done(Order),
    /// The books do not allow it; the order as it is.
    NotNow(Order),
    /// The lease ended, and somebody else has the duty or has done it. Nothing was written.
    Overtaken,
}

/// What only one server does at a time.
#[derive(Clone, Copy, Debug)]
pub enum Duty<'a> {
    /// Asking for a prepay of this order, until parameters left.
    Prepay(&'a OrderId),
    /// Asking WeChat about this order.
    Look(&'a OrderId),
    /// Looking after this order, unasked.
    Care(&'a OrderId),
    /// Comparing this day's bill.
    Bill(&'a BillOf),
}

impl fmt::Display for Duty<'_> {
    /// The name that the database knows it by.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Prepay(order) => write!(f, "prepay {}", order.as_str()),
            Self::Look(order) => write!(f, "look {}", order.as_str()),
            Self::Care(order) => write!(f, "care {}", order.as_str()),
            Self::Bill(BillOf { account: Account { mchid, sub_mchid }, day }) => {
                write!(f, "bill {mchid} {} {day}", sub_mchid.as_deref().unwrap_or("-"))
            }
        }
    }
}

/// The right to do a duty alone, for a while. Its number is larger than that of every lease before it,
/// and none is given twice: a write that names it is refused once somebody else has taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lease {
    fence: i64,
}

/// What became of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claimed {
    /// It is the caller's now.
    Held(Lease),
    /// Somebody else has it, for this much longer at most.
    Taken {
        /// Milliseconds; 0 when it may be free again.
        for_ms: u64,
    },
}

/// What became of facts.
#[derive(Debug)]
pub struct Recorded {
    /// The order as it is now.
    pub order: Order,
    /// What must be done, written down in the same transaction.
    pub actions: Vec<Action>,
}

/// What became of a notification.
#[derive(Debug)]
pub enum Booked {
    /// It says nothing that can be booked.
    Nothing,
    /// It went into this order's books.
    InOrder(Box<Recorded>),
    /// It tells of a payment that no order knows. These must be done; none when it was known before.
    Orphan(Vec<Action>),
    /// It tells of a refund that is none of an order here. It is kept, and somebody must look.
    Strange,
}

/// What became of a [`Plan`].
#[derive(Debug)]
pub enum Decided {
    /// It is in the books, since now or before.
    Planned(Planned),
    /// The books do not allow it. Nothing was written.
    Refused(RefundRefusal),
}

/// A refund whose turn it is.
#[derive(Debug)]
pub struct DueRefund {
    /// The order that it is of.
    pub order: Order,
    /// Its number.
    pub out_refund_no: String,
    /// The bytes that ask for it, once they were written down.
    pub request: Option<Vec<u8>>,
    /// How often that came to nothing.
    pub tries: u32,
}

/// When a refund is asked for or about again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PutOff {
    /// Milliseconds since 1970.
    pub next_ms: u64,
    /// How often it came to nothing by now.
    pub tries: u32,
}

/// A notification, and what it told.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// As it came in.
    pub delivery: Delivery,
    /// What it told.
    pub told: Told,
}

/// A notification as it came in.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Milliseconds since 1970.
    pub received_ms: u64,
    /// Where, as the address has it behind `/notify/`.
    pub route: &'static str,
    /// The signed headers, a line each.
    pub headers: String,
    /// The raw body.
    pub body: Secret<Vec<u8>>,
}

/// What a notification told.
#[derive(Clone, Debug)]
pub enum Told {
    /// A payment.
    Payment(PaymentSeen),
    /// How far a refund has come.
    Refund {
        /// The merchant's number of the order.
        out_trade_no: String,
        /// The merchant; in partner mode the service provider.
        mchid: String,
        /// In partner mode, the merchant whose money goes back.
        sub_mchid: Option<String>,
        /// What it says.
        refund: RefundSeen,
    },
    /// Another state of the order with this number at WeChat.
    Other {
        /// The merchant's number.
        out_trade_no: String,
        /// What it says.
        fact: Fact,
    },
    /// Nothing that can be booked.
    Nothing,
}

/// The books, counted.
#[derive(Clone, Debug)]
pub struct Tally {
    /// Orders by state, as `/orders/verify` calls it without asking WeChat.
    pub orders: Vec<(&'static str, u64)>,
    /// Unresolved orders more than 15 minutes past their deadline: by then the job should have closed them.
    pub overdue: u64,
    /// When the oldest unresolved order was made, milliseconds since 1970.
    pub oldest_unresolved_ms: Option<u64>,
    /// Refunds by stage.
    pub refunds: Vec<(&'static str, u64)>,
    /// Payments that fit no order.
    pub frozen: u64,
}

/// Whose orders a look from outside is about.
#[derive(Clone, Copy, Debug)]
pub struct WhoseBooks<'a> {
    /// The merchant.
    pub mchid: &'a str,
    /// The mini program.
    pub appid: &'a str,
}

/// What a look from outside shows.
#[derive(Debug)]
pub struct Looked {
    /// How the database is laid out.
    pub layout: Layout,
    /// Whether a server could write there.
    pub writable: bool,
    /// WeChat gave a prepay_id to this merchant for this mini program before.
    pub prepaid: bool,
    /// The newest notification of version 3, as it came.
    pub notification: Option<NotificationSeen>,
}

/// How a database is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// As this version of the server wants it.
    Current,
    /// Not at all: the next start does it.
    Missing,
    /// As an older version wanted it: the next start changes it.
    Older,
    /// As a newer version wants it.
    Newer,
    /// A change of the layout was cut off.
    HalfDone,
}

/// A notification in the books.
#[derive(Debug)]
pub struct NotificationSeen {
    /// Milliseconds since 1970.
    pub received_ms: u64,
    /// Still encrypted.
    pub body: Vec<u8>,
}

/// The store could not do it; nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database refused or could not be reached.
    #[error("the database failed: {0}")]
    Database(sqlx::Error),
    /// The database's layout could not be brought up to date.
    #[error("the database's layout could not be brought up to date: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// A row does not hold what was written into it.
    #[error("the database holds an order that cannot be read ({0}): restore it from a backup")]
    Damaged(&'static str),
    /// There is no such order.
    #[error("the database has no such order")]
    NoSuchOrder,
    /// The server is being stopped.
    #[error("the server is being stopped")]
    Stopped,
}
