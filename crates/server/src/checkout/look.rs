//! Asking WeChat about an order, and what may be said about it afterwards.

use wx_checkout::wire::{Evidence, EvidenceSource, OrderState, VerifyAnswer};

use super::{Caller, Checkout, tell};
use crate::gateway::{CallError, Seen};
use crate::ledger::{Fact, Order};
use crate::problem::Refusal;
use crate::store::StoreError;
use wx_checkout::domain::OrderId;

/// The outcome of a look, shared by all who waited for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Looked {
    /// WeChat said something, and it is in the books.
    Told,
    /// WeChat could not be asked, or said nothing about money.
    CouldNotAsk,
    /// WeChat said something, and the books could not take it.
    StoreFailed,
}

/// An order and what may be said about it.
#[derive(Debug)]
pub struct View {
    /// The order as the books have it.
    pub order: Order,
    /// What may be said.
    pub state: OrderState,
    /// What that rests on.
    pub source: EvidenceSource,
}

impl Checkout {
    /// What is true of an order now: by the books when they are final, else by asking WeChat.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn view(&self, order: Order) -> Result<View, StoreError> {
        if let Some(state) = order.settled() {
            return Ok(View { order, state, source: EvidenceSource::Wechat });
        }
        let looked = self.looks.look(&order.terms.id, || self.ask(&order)).await;
        let order = self.store.by_id(&order.terms.id).await?.ok_or(StoreError::NoSuchOrder)?;
        if looked == Looked::Told || order.settled().is_some() {
            let state = order.state(self.clock.now_ms());
            return Ok(View { order, state, source: EvidenceSource::Wechat });
        }
        Ok(View { order, state: OrderState::Unknown, source: EvidenceSource::Ledger })
    }

    /// Asks WeChat whatever the books say: a refund that was made elsewhere shows in a final order too.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn look_again(&self, order: Order) -> Result<(Order, Looked), StoreError> {
        let looked = self.looks.look(&order.terms.id, || self.ask(&order)).await;
        let order = self.store.by_id(&order.terms.id).await?.ok_or(StoreError::NoSuchOrder)?;
        Ok((order, looked))
    }

    /// One query, and its outcome in the books.
    async fn ask(&self, order: &Order) -> Looked {
        let id = &order.terms.id;
        match self.turn_to_look(id).await {
            Ok(true) => {}
            Ok(false) => return Looked::CouldNotAsk,
            Err(error) => {
                tracing::error!(cause = %error, order = id.as_str(), "nobody was asked about an order");
                return Looked::StoreFailed;
            }
        }
        let began_ms = self.clock.now_ms();
        let fact = match self.gateway.query(&order.attempt).await {
            Ok(Seen::Absent) => Some(Fact::Absent { at_ms: began_ms }),
            Ok(Seen::Transaction(transaction)) => Fact::of(*transaction, began_ms),
            Err(error) => {
                warn_about(id, &error);
                return Looked::CouldNotAsk;
            }
        };
        let Some(fact) = fact else { return Looked::CouldNotAsk };
        match self.store.record(id, vec![fact], began_ms).await {
            Ok(recorded) => {
                tell(Some(id), &recorded.actions);
                Looked::Told
            }
            Err(error) => {
                tracing::error!(cause = %error, order = id.as_str(), "WeChat's answer could not be booked");
                Looked::StoreFailed
            }
        }
    }

    /// `GET /orders/verify`.
    ///
    /// # Errors
    /// When the caller has no such order.
    pub async fn verify(&self, caller: &Caller, id: &OrderId) -> Result<VerifyAnswer, Refusal> {
        let order = self.find(caller, id).await?;
        let View { order, state, source } = self.view(order).await?;
        // Where WeChat has said nothing yet, what is known is as old as the order.
        let known_ms = order.book.evidence_ms.max(order.terms.created_ms);
        let evidence = Evidence { source, age_ms: self.clock.now_ms().saturating_sub(known_ms) };
        let kept = order.kept();
        let (refund, refunded_amount) = order.refund_state();
        Ok(VerifyAnswer {
            is_valid: state == OrderState::Paid,
            state,
            amount: order.terms.amount,
            refund,
            refunded_amount,
            wechat_transaction_id: kept.map(|payment| payment.transaction_id.clone()),
            paid_at: kept.map(|payment| payment.paid_at.clone()),
            evidence,
            retry_after_ms: retry_after_ms(state),
            order_id: order.terms.id,
        })
    }
}

/// When a next look may say something new.
const fn retry_after_ms(state: OrderState) -> u64 {
    match state {
        OrderState::Payable => 1_000,
        OrderState::Unknown => 3_000,
        OrderState::Closing => 5_000,
        OrderState::Paid | OrderState::Closed => 0,
    }
}

/// A call that came to nothing: for the operator, without the order's number at WeChat.
pub(super) fn warn_about(order: &OrderId, error: &CallError) {
    if let CallError::NoKeys { .. } = error {
        tracing::error!(cause = %error, order = order.as_str(), "ALERT: nobody can ask about an order");
        return;
    }
    tracing::warn!(cause = %error, order = order.as_str(), "WeChat Pay could not be asked");
}
