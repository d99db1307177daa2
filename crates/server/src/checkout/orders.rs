//! The payer's orders, and what the payer has seen of them.

use wechatpay::Secret;
use wx_checkout::domain::OrderId;
use wx_checkout::wire::{ListAnswer, ListedOrder, ProblemCode, Retry};

use super::{Caller, Checkout};
use crate::problem::Refusal;
use crate::store::{Change, Changed};

/// As the wire format says.
const LISTED: u32 = 20;

impl Checkout {
    /// `GET /orders`: unresolved, or paid and not acknowledged; by the books.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list(&self, openid: &Secret<String>) -> Result<ListAnswer, Refusal> {
        let now_ms = self.clock.now_ms();
        let orders = self.store.open_orders(openid, LISTED).await?;
        let orders = orders.into_iter().map(|order| {
            Ok(ListedOrder {
                state: order.state(now_ms),
                amount: order.terms.amount,
                status_token: self.tokens.status(&order.terms.id).map_err(|error| Refusal::internal(&error))?,
                order_id: order.terms.id,
            })
        });
        Ok(ListAnswer { orders: orders.collect::<Result<_, Refusal>>()? })
    }

    /// `POST /orders/acknowledge`: a second time is as good as the first.
    ///
    /// # Errors
    /// When the caller has no such order, or the order has no outcome yet.
    pub async fn acknowledge(&self, caller: &Caller, id: &OrderId) -> Result<(), Refusal> {
        let order = self.find(caller, id).await?;
        match self.store.change(&order.terms.id, Change::Acknowledge).await? {
            Changed::Done(_) => Ok(()),
            Changed::NotNow(_) | Changed::Overtaken => Err(Refusal::new(
                ProblemCode::InProgress,
                "The order has no outcome yet, so there is nothing to acknowledge. Nothing was changed; ask /orders/verify first.",
            )
            .retry(Retry::Later, 5_000)),
        }
    }
}
