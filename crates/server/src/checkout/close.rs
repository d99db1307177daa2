//! Closing: query, close, query. Only a query says that an order is closed.

use std::time::Duration;

use wx_checkout::domain::{IdempotencyKey, OrderId};
use wx_checkout::wire::OrderState;

use super::look::{View, warn_about};
use super::{Caller, Checkout, no_such_order, tell};
use crate::ledger::{Fact, Order};
use crate::problem::Refusal;
use crate::store::StoreError;

/// How long a client waits for the end: three calls of WeChat's may take longer than its request has.
const PATIENCE: Duration = Duration::from_secs(12);

/// Which order is meant.
#[derive(Clone, Debug)]
pub enum Which {
    /// By its name.
    Order(OrderId),
    /// By the checkout it was, or may have been, made in.
    Key(IdempotencyKey),
}

impl Checkout {
    /// `POST /orders/close`.
    ///
    /// # Errors
    /// When the caller has no such order, or shows only an order's token, which is for looking.
    pub async fn close_for(&self, caller: &Caller, which: &Which) -> Result<OrderState, Refusal> {
        let order = match (caller, which) {
            (_, Which::Order(id)) => self.find(caller, id).await?,
            (Caller::Payer(openid), Which::Key(key)) => {
                self.store.by_key(openid, key).await?.ok_or_else(no_such_order)?
            }
            (Caller::Holder(_), Which::Key(_)) => return Err(no_such_order()),
        };
        // Whatever could not be asked: parameters no longer leave, and the server goes on closing.
        let Ok(closed) = tokio::time::timeout(PATIENCE, self.close(order)).await else {
            return Ok(OrderState::Closing);
        };
        let view = closed?;
        Ok(match view.state {
            OrderState::Unknown if view.order.is_unresolved() => OrderState::Closing,
            state => state,
        })
    }

    /// Brings an order to its end, as far as WeChat can be asked.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn close(&self, order: Order) -> Result<View, StoreError> {
        let now_ms = self.clock.now_ms();
        // First in the books: from here on no parameters leave, whoever asks for them.
        let recorded = self.store.record(&order.terms.id, vec![Fact::CloseAsked], now_ms).await?;
        tell(Some(&recorded.order.terms.id), &recorded.actions);
        let view = self.view(recorded.order).await?;
        if !view.order.is_unresolved() {
            return Ok(view);
        }
        if let Err(error) = self.gateway.close(&view.order.attempt).await {
            // "Paid", "already closed" and silence all lead to the same question.
            warn_about(&view.order.terms.id, &error);
        }
        self.view(view.order).await
    }
}
