//! The books about one order: what was agreed, what is known, and what follows from it. Pure.

mod apply;
mod fact;
mod order;

pub use apply::{Action, apply};
pub use fact::{Fact, PaymentSeen, TradeEnd};
pub use order::{Acknowledged, Attempt, Book, Misfit, Order, Received, Sale, Terms, Unmatched};
