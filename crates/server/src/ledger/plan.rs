//! How much may still go back, and deciding that some of it shall. Asked under the order's lock.

use wx_checkout::domain::Fen;
use wx_checkout::wire::RefundState;

use super::order::Order;
use super::refund::{Refund, Stage, Why};

/// WeChat takes this many refunds of one payment. (v3 documentation 4012556457, for these three)
const MOST_REFUNDS: usize = 50;

/// Refunds of one payment are at least this far apart.
const APART_MS: u64 = 60 * 1000;

/// A payment can be refunded for one year.
const YEAR_MS: u64 = 365 * 24 * 60 * 60 * 1000;

/// A refund that somebody asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The number that it is known by, here and at WeChat: the same number is the same refund.
    pub out_refund_no: String,
    /// Of which payment.
    pub of: Of,
    /// How much.
    pub amount: Fen,
    /// What the payer reads about it.
    pub reason: String,
}

/// Which of an order's payments is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Of {
    /// The one that keeps the order.
    Kept,
    /// The one with this number of WeChat's, a frozen one included.
    Transaction(String),
}

/// What became of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Planned {
    /// It is in the books now.
    Now,
    /// It was in the books before: nothing changed, nothing goes back twice.
    Before,
}

/// Why no refund was planned. Nothing was written and no money moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefundRefusal {
    /// The order has no such payment.
    #[error("no such payment was received for this order: there is nothing to refund")]
    NothingReceived,
    /// More than what was received, what went back and what is on its way considered.
    #[error("only {left} fen of this payment are not refunded yet, those on their way counted: ask for that or less")]
    OverRefund {
        /// What may still go back, fen.
        left: u32,
    },
    /// WeChat takes no more refunds of this payment.
    #[error("WeChat Pay takes at most 50 refunds of one payment: settle the rest with the payer in another way")]
    TooMany,
    /// The last refund of this payment is less than a minute old.
    #[error("WeChat Pay takes one refund of a payment per minute: ask again in {wait_ms} ms")]
    TooSoon {
        /// When it may be asked for again, milliseconds from now.
        wait_ms: u64,
    },
    /// More than a year has passed.
    #[error("WeChat Pay refunds within one year only: settle it with the payer in another way")]
    TooOld,
    /// The number is another refund's.
    #[error("this out_refund_no belongs to another refund of the order: a new refund needs a new number")]
    NumberTaken,
}

impl Order {
    /// Writes a refund down, if it may be asked for. The same plan again is no second refund.
    ///
    /// # Errors
    /// When it must not be asked for; nothing changed then.
    pub fn plan_refund(&mut self, plan: Plan, now_ms: u64) -> Result<Planned, RefundRefusal> {
        let Plan { out_refund_no, of, amount, reason } = plan;
        let (transaction_id, taken) = self.payment(&of).ok_or(RefundRefusal::NothingReceived)?;
        let amount = amount.get();
        if let Some(known) = self.book.refunds.get(&out_refund_no) {
            let same = known.transaction_id == transaction_id && known.amount == amount && known.why != Why::Foreign;
            return if same { Ok(Planned::Before) } else { Err(RefundRefusal::NumberTaken) };
        }
        let left = taken.saturating_sub(self.held(&transaction_id));
        if amount > left {
            return Err(RefundRefusal::OverRefund { left });
        }
        // What WeChat refused was never one of its refunds.
        let sent = || self.refunds_of(&transaction_id).filter(|refund| refund.stage != Stage::Refused);
        if sent().count() >= MOST_REFUNDS {
            return Err(RefundRefusal::TooMany);
        }
        let last_ms = sent().map(|refund| refund.asked_ms).max();
        let next_ms = last_ms.map_or(0, |last| last.saturating_add(APART_MS));
        if next_ms > now_ms {
            // A clock that was set back must not make this a long wait.
            return Err(RefundRefusal::TooSoon { wait_ms: (next_ms - now_ms).min(APART_MS) });
        }
        if now_ms.saturating_sub(self.terms.created_ms) > YEAR_MS {
            return Err(RefundRefusal::TooOld);
        }
        let refund = Refund {
            transaction_id,
            amount,
            why: Why::Operator,
            reason,
            stage: Stage::Due,
            asked_ms: now_ms,
            contradicted: false,
        };
        self.book.refunds.insert(out_refund_no, refund);
        Ok(Planned::Now)
    }

    /// WeChat's number of a payment, and what was taken with it in fen.
    #[must_use]
    pub fn payment(&self, of: &Of) -> Option<(String, u32)> {
        match of {
            Of::Kept => self.kept().map(|kept| (kept.transaction_id.clone(), self.terms.amount.get())),
            Of::Transaction(id) => self.taken(id).map(|taken| (id.clone(), taken)),
        }
    }

    /// What was taken with this payment, in fen; `None` when the order knows no such payment.
    #[must_use]
    pub fn taken(&self, transaction_id: &str) -> Option<u32> {
        let book = &self.book;
        if book.received.iter().any(|received| received.transaction_id == transaction_id) {
            return Some(self.terms.amount.get());
        }
        book.unmatched.get(transaction_id).map(|unmatched| unmatched.total)
    }

    /// What of this payment went back or may still, in fen.
    #[must_use]
    pub fn held(&self, transaction_id: &str) -> u32 {
        sum(self.refunds_of(transaction_id).filter(|refund| refund.stage.holds_money()))
    }

    /// What of this payment went back, in fen.
    #[must_use]
    pub fn refunded(&self, transaction_id: &str) -> u32 {
        sum(self.refunds_of(transaction_id).filter(|refund| refund.stage == Stage::Success))
    }

    /// How much of the payment that keeps the order went back, and whether more is on its way.
    #[must_use]
    pub fn refund_state(&self) -> (RefundState, u32) {
        let Some(kept) = self.kept() else { return (RefundState::None, 0) };
        let refunded = self.refunded(&kept.transaction_id);
        let known = || self.refunds_of(&kept.transaction_id);
        // WeChat says REFUND of the trade: that is explained by a refund it told of, or still to be.
        let unexplained = self.book.refund_asked && !self.book.refunds.values().any(|refund| refund.stage.is_told());
        let state = if known().any(|refund| refund.stage.is_open()) || unexplained {
            RefundState::Refunding
        } else if refunded > 0 {
            RefundState::Refunded
        } else {
            RefundState::None
        };
        (state, refunded)
    }

    fn refunds_of(&self, transaction_id: &str) -> impl Iterator<Item = &Refund> {
        self.book.refunds.values().filter(move |refund| refund.transaction_id == transaction_id)
    }
}

fn sum<'a>(refunds: impl Iterator<Item = &'a Refund>) -> u32 {
    refunds.fold(0, |sum, refund| sum.saturating_add(refund.amount))
}
