//! What only one server does at a time: see [`Duty`].

use std::sync::Arc;
use std::time::Duration;

use tracing::Instrument as _;
use wx_checkout::domain::OrderId;

use super::Checkout;
use crate::bills::BillOf;
use crate::store::{Claimed, Duty, Lease, Store, StoreError};

/// How long a duty of a request is held at most: above the deadline of every request, so that a
/// request that still runs still holds it.
const REQUEST: Duration = Duration::from_secs(20);

/// How long looking after one order is held; [`crate::jobs`] gives up before.
const CARE: Duration = Duration::from_secs(60);

/// How often a look waits for its turn behind other servers' looks.
const TURNS: u32 = 4;

/// A duty held: let go of at the end, or when whoever held it was cut off.
pub(crate) struct Held {
    store: Arc<dyn Store>,
    lease: Lease,
    ended: bool,
}

impl Checkout {
    /// Holds the prepay of an order; `None` while somebody else does.
    pub(super) async fn hold_prepay(&self, order: &OrderId) -> Result<Option<Held>, StoreError> {
        self.hold(Duty::Prepay(order), REQUEST).await
    }

    /// Holds the care for an order; `None` while somebody else does.
    pub(crate) async fn hold_care(&self, order: &OrderId) -> Result<Option<Held>, StoreError> {
        self.hold(Duty::Care(order), CARE).await
    }

    /// Holds the comparison of a day's bill; `None` while somebody else does.
    pub(crate) async fn hold_bill(&self, bill: &BillOf, length: Duration) -> Result<Option<Held>, StoreError> {
        self.hold(Duty::Bill(bill), length).await
    }

    async fn hold(&self, duty: Duty<'_>, length: Duration) -> Result<Option<Held>, StoreError> {
        Ok(match self.store.claim(duty, length).await? {
            Claimed::Held(lease) => Some(Held { store: Arc::clone(&self.store), lease, ended: false }),
            Claimed::Taken { .. } => None,
        })
    }

    /// Waits until this server may ask WeChat about an order: one look begins per order and
    /// [`Checkout::apart`], whichever server begins it. `false` when the others never let go.
    pub(super) async fn turn_to_look(&self, order: &OrderId) -> Result<bool, StoreError> {
        if self.apart.is_zero() {
            return Ok(true);
        }
        for _ in 0..TURNS {
            // Never released: it ends by itself when the next look may begin.
            match self.store.claim(Duty::Look(order), self.apart).await? {
                Claimed::Held(_) => return Ok(true),
                Claimed::Taken { for_ms } => tokio::time::sleep(Duration::from_millis(for_ms + 1)).await,
            }
        }
        Ok(false)
    }
}

impl Held {
    /// What a write that depends on the duty names.
    pub(crate) const fn lease(&self) -> Lease {
        self.lease
    }

    /// Lets go, so that the next one need not wait for the lease's end.
    pub(crate) async fn release(mut self) {
        self.ended = true;
        let_go(&*self.store, self.lease).await;
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let (false, Ok(runtime)) = (self.ended, tokio::runtime::Handle::try_current()) else { return };
        // Cut off: the client hung up, or the deadline came. Its next try should not find the duty taken.
        let (store, lease) = (Arc::clone(&self.store), self.lease);
        runtime.spawn(async move { let_go(&*store, lease).await }.in_current_span());
    }
}

async fn let_go(store: &dyn Store, lease: Lease) {
    if let Err(error) = store.release(lease).await {
        tracing::warn!(cause = %error, "a lease could not be ended; it ends by itself");
    }
}
