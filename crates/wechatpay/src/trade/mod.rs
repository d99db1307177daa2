//! What both versions of the protocol speak of: payments, refunds, and the merchant's numbers for them.

mod asking;
mod client_params;
mod numbers;
mod refund;
mod transaction;

pub use asking::{BadRefund, PaymentRef, RefundAmount};
pub use client_params::ClientParams;
pub use numbers::{BadNumber, OutRefundNo, OutTradeNo};
pub use refund::{Refund, RefundState};
pub use transaction::{Payer, Payment, TradeState, Transaction};
