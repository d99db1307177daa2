//! What the operator reads in the books, and writes beside them.

use wx_checkout::domain::OrderId;

use super::Later;
use crate::ledger::{Misfit, Order};

/// The operator's side of the store. Nothing here changes what is known of money.
pub trait Desk: Send + Sync {
    /// Orders of this kind, newest first, from behind `after` on.
    fn listed(&self, kind: Kind, after: Option<Place>, limit: u32) -> Later<'_, Vec<Order>>;

    /// The orders that this word names: an order's id, an `out_trade_no`, the merchant's own name, WeChat's
    /// number of a payment, a refund's number. At most a handful.
    fn found<'a>(&'a self, word: &'a str) -> Later<'a, Vec<Order>>;

    /// What happened to an order, in the order in which it was learnt.
    fn facts<'a>(&'a self, id: &'a OrderId) -> Later<'a, Vec<Entry>>;

    /// Writes down that the operator did something to an order.
    fn audit<'a>(&'a self, id: &'a OrderId, what: &'static str, subject: &'a str, now_ms: u64) -> Later<'a, ()>;

    /// Frozen payments that want somebody, the last seen first, from behind `after` on.
    fn frozen(&self, after: Option<Place>, limit: u32) -> Later<'_, Vec<Frozen>>;

    /// Notes that somebody has settled a frozen payment elsewhere, and why. What is known of the money stays as it is.
    fn settle<'a>(&'a self, transaction_id: &'a str, why: &'a str, now_ms: u64) -> Later<'a, Settled>;

    /// How many orders there are of which kind.
    fn counts(&self) -> Later<'_, Counts>;
}

/// Which orders are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// All.
    Any,
    /// Neither paid, closed nor frozen.
    Unresolved,
    /// With a payment that fits.
    Paid,
    /// Ended without one.
    Closed,
    /// With a payment that does not fit, and none that does.
    Frozen,
    /// With a refund that ended without the money going back, and was not made good since.
    Stopped,
}

/// What became of settling a frozen payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// It is noted now.
    Now,
    /// It was before: nothing changed.
    Before,
    /// No payment with this number is frozen.
    Unknown,
}

/// Behind which row a list goes on: its time, and its name among those of the same time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Milliseconds since 1970.
    pub ms: u64,
    /// An order's id, or WeChat's number of a payment.
    pub name: String,
}

/// Something that happened to an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When it was first said, milliseconds since 1970.
    pub at_ms: u64,
    /// When it was last said without anything else between.
    pub last_ms: u64,
    /// How often.
    pub times: u64,
    /// What, in one word.
    pub what: String,
    /// Who said it.
    pub source: String,
    /// The payment or the refund that it is about; empty for the order itself.
    pub subject: String,
    /// Fen; 0 where it is about none.
    pub amount: u64,
}

/// A payment that fits no order.
#[derive(Debug)]
pub struct Frozen {
    /// WeChat's number of it.
    pub transaction_id: String,
    /// The merchant's number that it came under.
    pub out_trade_no: String,
    /// Fen.
    pub total: u32,
    /// Why it is frozen.
    pub misfit: Misfit,
    /// When it was first told of, milliseconds since 1970; 0 when that was not written down.
    pub seen_ms: u64,
    /// The order that has the number, if one has.
    pub order: Option<Order>,
}

/// How many there are of what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Orders.
    pub orders: u64,
    /// See [`Kind::Unresolved`].
    pub unresolved: u64,
    /// See [`Kind::Paid`].
    pub paid: u64,
    /// See [`Kind::Frozen`].
    pub frozen: u64,
    /// Payments that fit no order and want somebody, those of paid orders and those of no order included.
    pub frozen_payments: u64,
    /// Refunds that the operator has to settle.
    pub stopped_refunds: u64,
    /// When the oldest unresolved order was made, milliseconds since 1970.
    pub oldest_unresolved_ms: Option<u64>,
}
