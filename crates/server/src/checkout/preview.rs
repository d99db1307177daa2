//! What a refund would come to, before it is asked for.

use wx_checkout::domain::{Fen, OrderId};

use super::{Checkout, RefundError, RefundOrder};
use crate::ledger::{Of, Plan, Planned, RefundRefusal};

/// How much is to go back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HowMuch {
    /// This.
    Fen(Fen),
    /// What is left of the payment.
    Rest,
}

/// What a refund would come to. Nothing is written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// WeChat's number of the payment.
    pub transaction_id: String,
    /// What was taken with it, fen.
    pub total: u32,
    /// What of it is neither back nor on its way back, fen; without this refund.
    pub left: u32,
    /// What would go back.
    pub amount: Fen,
    /// Whether it is in the books already.
    pub planned: Planned,
}

impl Checkout {
    /// Answers what [`Checkout::refund`] would, now, and writes nothing down but what WeChat said of an
    /// order that was unresolved.
    ///
    /// # Errors
    /// As [`Checkout::refund`].
    pub async fn preview_refund(
        &self,
        id: &OrderId,
        out_refund_no: String,
        of: Of,
        amount: HowMuch,
        reason: String,
    ) -> Result<Preview, RefundError> {
        let mut order = self.store.by_id(id).await?.ok_or(RefundError::UnknownOrder)?;
        if order.is_unresolved() {
            order = self.view(order).await?.order;
        }
        let (transaction_id, total) = order.payment(&of).ok_or(RefundRefusal::NothingReceived)?;
        let left = total.saturating_sub(order.held(&transaction_id));
        let amount = match amount {
            HowMuch::Fen(fen) => fen,
            HowMuch::Rest => {
                // Asked again, the rest is what it was.
                let before = order.book.refunds.get(&out_refund_no).map(|refund| refund.amount);
                Fen::new(before.unwrap_or(left)).ok_or(RefundRefusal::OverRefund { left })?
            }
        };
        let asked = RefundOrder { out_refund_no, of, amount, reason };
        asked.check()?;
        let RefundOrder { out_refund_no, of, amount, reason } = asked;
        let planned = order.plan_refund(Plan { out_refund_no, of, amount, reason }, self.clock.now_ms())?;
        // The same number again holds its own money already.
        let left = if planned == Planned::Before { left.saturating_add(amount.get()).min(total) } else { left };
        Ok(Preview { transaction_id, total, left, amount, planned })
    }
}
