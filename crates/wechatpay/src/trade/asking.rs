//! What a refund is asked for with.

use serde::Serialize;

/// A payment by one of its two numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentRef {
    /// WeChat's: exactly this payment.
    TransactionId(String),
    /// The merchant's.
    OutTradeNo(String),
}

/// The amounts of a refund that is asked for, in fen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RefundAmount {
    refund: u32,
    total: u32,
    currency: &'static str,
}

impl RefundAmount {
    /// `refund` of the `total` that was ordered.
    ///
    /// # Errors
    /// When nothing, or more than was ordered, would go back.
    pub const fn cny(refund: u32, total: u32) -> Result<Self, BadRefund> {
        if refund == 0 || refund > total {
            return Err(BadRefund { refund, total });
        }
        Ok(Self { refund, total, currency: "CNY" })
    }

    /// What goes back.
    #[must_use]
    pub const fn refund(&self) -> u32 {
        self.refund
    }

    /// What was ordered.
    #[must_use]
    pub const fn total(&self) -> u32 {
        self.total
    }
}

/// A refund of nothing, or of more than was ordered; nothing was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a refund of {refund} fen from an order of {total} fen is not possible: it must be 1 fen or more and no more than the order; nothing was sent"
)]
pub struct BadRefund {
    /// What should have gone back.
    pub refund: u32,
    /// What was ordered.
    pub total: u32,
}
