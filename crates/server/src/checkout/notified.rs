//! A payment notification: verified, stored and booked before it is acknowledged.

use wechatpay::Secret;
use wechatpay::v3::notification::{self, OpenError, Resource};
use wechatpay::v3::{SignedHeaders, VerifyError};

use super::{Checkout, tell};
use crate::ledger::Fact;
use crate::store::{Booked, Delivery, StoreError, Told};

/// Why a notification is not acknowledged: WeChat will send it again.
#[derive(Debug, thiserror::Error)]
pub enum NotifyError {
    /// Its signature does not verify: nobody knows who sent it.
    #[error(transparent)]
    NotVerified(#[from] VerifyError),
    /// Signed, and yet not encrypted with our key.
    #[error(transparent)]
    NotOpened(OpenError),
    /// It could not be stored.
    #[error(transparent)]
    NotStored(#[from] StoreError),
}

impl Checkout {
    /// Takes in what came on the notification route: `header` looks one up by its lower-case name.
    ///
    /// # Errors
    /// When it must not be acknowledged; nothing was booked then.
    pub async fn notified<'a>(
        &self,
        header: impl Fn(&'static str) -> Option<&'a str>,
        body: &[u8],
    ) -> Result<(), NotifyError> {
        let received_ms = self.clock.now_ms();
        let signed = SignedHeaders::read(header)?;
        self.gateway.verifiers().verify(signed, body, received_ms / 1000)?;
        let delivery = Delivery {
            received_ms,
            headers: format!(
                "wechatpay-timestamp: {}\nwechatpay-nonce: {}\nwechatpay-signature: {}\nwechatpay-serial: {}\n",
                signed.timestamp, signed.nonce, signed.signature, signed.serial
            ),
            body: Secret::new(body.to_vec()),
        };
        let told = match notification::open(body, &self.api_v3_key) {
            Ok(notification) => told(notification.resource, received_ms),
            // The tag is part of the proof: refused, so that it comes again when the key is right.
            Err(error @ (OpenError::DoesNotDecrypt | OpenError::NonceLength)) => {
                tracing::error!(cause = %error, "ALERT: a signed notification does not decrypt");
                return Err(NotifyError::NotOpened(error));
            }
            // WeChat's, and not understood: kept, and the sweeper asks WeChat about open orders anyway.
            Err(error) => {
                tracing::error!(cause = %error, "ALERT: a verified notification was stored and not understood");
                Told::Nothing
            }
        };
        match self.store.receive(delivery, told).await? {
            Booked::Nothing => {}
            Booked::InOrder(recorded) => tell(Some(&recorded.order.terms.id), &recorded.actions),
            Booked::Orphan(actions) => tell(None, &actions),
        }
        Ok(())
    }
}

fn told(resource: Resource, at_ms: u64) -> Told {
    let Resource::Transaction(transaction) = resource else { return Told::Nothing };
    let out_trade_no = transaction.out_trade_no.clone();
    match Fact::of(transaction, at_ms) {
        Some(Fact::Paid(payment)) => Told::Payment(payment),
        // A notification is old by nature: that an order was unpaid then says nothing now.
        None | Some(Fact::NotPaidSoFar { .. }) => Told::Nothing,
        Some(fact) => Told::Other { out_trade_no, fact },
    }
}
