//! What the store keeps of comparisons with WeChat's bills: see [`crate::bills`].

use std::time::Duration;

use wechatpay::v3::BillLine;
use wx_checkout::domain::OrderId;

use super::{Later, Lease};
use crate::bills::{Account, BillOf, Day, DayReport, Listed};
use crate::ledger::Action;

/// Days and their differences. Every writing method is one transaction, and where it names a lease, it
/// writes nothing once somebody else has taken the day over.
pub trait BillStore: Send + Sync {
    /// When the account's first order was made, milliseconds since 1970; `None` when it has none.
    fn first_order_ms<'a>(&'a self, account: &'a Account) -> Later<'a, Option<u64>>;

    /// The days that are known of, compared or not, the first one first.
    fn known_days<'a>(&'a self, account: &'a Account) -> Later<'a, Vec<Day>>;

    /// Writes days down that are to be compared; those that are known already stay as they are.
    fn plan_days<'a>(&'a self, account: &'a Account, days: &'a [Day], now_ms: u64) -> Later<'a, ()>;

    /// Writes days down that nobody can compare any more, and why; those that are known already stay as they are.
    fn give_up_days<'a>(
        &'a self,
        account: &'a Account,
        days: &'a [Day],
        problem: &'static str,
        now_ms: u64,
    ) -> Later<'a, ()>;

    /// Open days whose turn it is, the oldest first.
    fn due_days(&self, now_ms: u64, limit: u32) -> Later<'_, Vec<BillOf>>;

    /// What is known of a day.
    fn day_report<'a>(&'a self, bill: &'a BillOf) -> Later<'a, Option<DayReport>>;

    /// The days of all accounts, newest first, those before `before` only.
    fn day_reports(&self, before: Day, limit: u32) -> Later<'_, Vec<DayReport>>;

    /// The differences of a day, those that stand first; `skip` and `limit` page through them.
    fn differences<'a>(&'a self, bill: &'a BillOf, skip: u32, limit: u32) -> Later<'a, Vec<Listed>>;

    /// Opens a day again, from its first line, whatever became of it. What was found before stays in the
    /// report. `false` when the lease was overtaken.
    fn reopen_day<'a>(&'a self, bill: &'a BillOf, lease: Lease, now_ms: u64) -> Later<'a, bool>;

    /// Begins to feed the bill whose digest this is, or goes on with it where it was left.
    fn begin_day<'a>(&'a self, bill: &'a BillOf, lease: Lease, digest: &'a str) -> Later<'a, DayBegun>;

    /// Compares lines with the books, and takes in what they say; the lease goes on for `length`.
    fn feed_lines<'a>(
        &'a self,
        bill: &'a BillOf,
        lease: Lease,
        lines: Vec<BillLine>,
        length: Duration,
        now_ms: u64,
    ) -> Later<'a, Fed>;

    /// The next step of a day that is not about lines.
    fn step_day<'a>(&'a self, bill: &'a BillOf, lease: Lease, step: DayStep, now_ms: u64) -> Later<'a, bool>;

    /// Whether the books have a payment of this day, or a refund that WeChat took on it.
    fn has_trade_on<'a>(&'a self, bill: &'a BillOf) -> Later<'a, bool>;
}

/// What became of the beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DayBegun {
    /// So many lines of this bill are in already.
    At(u64),
    /// The day was compared already.
    Ended,
    /// Somebody else has the day.
    Overtaken,
}

/// What became of lines.
#[derive(Debug)]
pub enum Fed {
    /// They are in. What follows for orders is written down, and told of here.
    Taken(Vec<Learnt>),
    /// Somebody else has the day. Nothing was written.
    Overtaken,
}

/// What a line changed.
#[derive(Debug)]
pub struct Learnt {
    /// The order, if one is known.
    pub order: Option<OrderId>,
    /// What must be done.
    pub actions: Vec<Action>,
}

/// A step of a day.
#[derive(Clone, Debug)]
pub enum DayStep {
    /// All lines are in: what the books have and the bill has not is found now.
    Compared,
    /// WeChat has no bill, and the books have no payment.
    NoBill,
    /// It came to nothing for now.
    PutOff {
        /// Milliseconds since 1970.
        next_ms: u64,
        /// Why.
        problem: String,
    },
    /// It came to nothing for good.
    GiveUp,
}
