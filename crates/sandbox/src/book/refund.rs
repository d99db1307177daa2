//! Refunds, and the arithmetic of them.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::order::{Api, Owner};

/// Of one payment, so many at most.
pub(crate) const MOST_REFUNDS: usize = 50;
/// Between two of one payment, so long at least.
pub(crate) const REFUND_PAUSE_MS: u64 = 60 * 1000;
/// A payment can be refunded for so long.
pub(crate) const REFUNDABLE_MS: u64 = 365 * 24 * 60 * 60 * 1000;
/// How long an accepted refund is PROCESSING.
pub(crate) const REFUND_TAKES_MS: u64 = 3000;

/// Money on its way back. The answer to the request is acceptance only.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Refund {
    pub(crate) owner: Owner,
    pub(crate) api: Api,
    pub(crate) out_refund_no: String,
    pub(crate) refund_id: String,
    pub(crate) out_trade_no: String,
    pub(crate) transaction_id: String,
    pub(crate) amount: u64,
    pub(crate) total: u64,
    /// What of the total a coupon had paid: of a refund its share goes back to it.
    #[serde(default)]
    pub(crate) coupon: u64,
    pub(crate) reason: Option<String>,
    pub(crate) notify_url: Option<String>,
    /// The request as it was posted: a repetition must say the same.
    pub(crate) posted: Value,
    pub(crate) made_ms: u64,
    /// When it stops being PROCESSING.
    pub(crate) due_ms: u64,
    pub(crate) fate: Fate,
}

/// How a refund ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Fate {
    /// SUCCESS.
    #[default]
    Success,
    /// ABNORMAL: the payer's account cannot be reached, the merchant must act.
    Abnormal,
    /// CLOSED: nothing was refunded, and nothing will be.
    Closed,
}

impl Fate {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Success => "SUCCESS",
            Self::Abnormal => "ABNORMAL",
            Self::Closed => "CLOSED",
        }
    }
}

impl Refund {
    /// What the payer had paid, and what of this refund comes back to the payer.
    pub(crate) fn of_payer(&self) -> (u64, u64) {
        let share = u128::from(self.amount) * u128::from(self.coupon) / u128::from(self.total.max(1));
        (self.total - self.coupon, self.amount - u64::try_from(share).unwrap_or(0))
    }

    /// PROCESSING, or how it ended.
    pub(crate) fn status(&self, now_ms: u64) -> &'static str {
        if now_ms < self.due_ms { "PROCESSING" } else { self.fate.word() }
    }

    /// When the money was back with the payer.
    pub(crate) fn success_ms(&self, now_ms: u64) -> Option<u64> {
        (now_ms >= self.due_ms && self.fate == Fate::Success).then_some(self.due_ms)
    }

    /// What of the payment it takes up: a closed refund gives its part back.
    pub(crate) fn holds(&self, now_ms: u64) -> u64 {
        if now_ms >= self.due_ms && self.fate == Fate::Closed { 0 } else { self.amount }
    }
}
