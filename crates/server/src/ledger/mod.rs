//! The books about one order: what was agreed, what is known, and what follows from it. Pure.

mod apply;
mod fact;
mod order;
mod plan;
mod refund;

#[cfg(test)]
mod tests;

pub(crate) use apply::misfit;
pub use apply::{Action, apply};
pub use fact::{Fact, PaymentSeen, RefundSeen, TradeEnd};
pub use order::{Acknowledged, Api, Attempt, Book, LatePayment, Misfit, Order, Received, Sale, Terms, Unmatched};
pub use plan::{Of, Plan, Planned, RefundRefusal};
pub use refund::{Refund, Stage, Why};
