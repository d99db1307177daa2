//! Why a command was rejected, and why a purchase came to nothing. What to tell the payer is in `messages.rs`.

use serde::Serialize;

use crate::domain::OrderId;
use crate::wire::{ListedOrderRef, ProblemCode};

/// A command that the machine did not take. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// The storage has not been read yet.
    #[error("the checkout is still reading its storage")]
    NotRestored,
    /// The storage was read before.
    #[error("the checkout was restored before")]
    AlreadyRestored,
    /// A purchase is under way, without an order so far.
    #[error("a purchase is under way")]
    Busy,
    /// An order is open. `view.actions` says what can be done about it.
    #[error("order {} is open", .0.as_str())]
    OrderOpen(OrderId),
    /// An outcome waits to be acknowledged.
    #[error("the outcome of order {} was not acknowledged", .0.as_str())]
    NotAcknowledged(OrderId),
    /// The tap was made on an older view.
    #[error("the view has changed since")]
    OldView,
    /// This cannot be done now.
    #[error("not possible now")]
    NotNow,
    /// No such outcome here.
    #[error("no outcome of order {} is waiting", .0.as_str())]
    UnknownOrder(OrderId),
    /// Eight orders are set aside already.
    #[error("too many orders are set aside")]
    WatchListFull,
}

/// Why a purchase ended before a sheet was opened. No money moved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The reason.
    pub reason: Reason,
    /// Names the refusal in the server's log; empty where the server was not reached.
    pub request_id: String,
}

/// The reason of a [`Fault`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Reason {
    /// wx.login, or the exchange of its code, did not work, repeatedly.
    LoginFailed,
    /// The session was refused, renewed, and refused again.
    Unauthorized,
    /// The server could not be reached, or said "later", until patience ended.
    Unreachable,
    /// The server's order costs something else than the payer saw.
    AmountDiffers,
    /// Another order stands in the way: "buy again" makes a separate one.
    OpenOrder(ListedOrderRef),
    /// Another definite refusal.
    Refused(ProblemCode),
}
