//! What both versions of the protocol speak of: payments, refunds, and the merchant's numbers for them.

mod numbers;
mod refund;
mod transaction;

pub use numbers::{BadNumber, OutRefundNo, OutTradeNo};
pub use refund::{Refund, RefundState};
pub use transaction::{Payer, Payment, TradeState, Transaction};
