//! A notification: verified, stored and booked before it is acknowledged.

use wechatpay::Secret;
use wechatpay::v3::types::RefundNotice;

use super::{Checkout, tell};
use crate::gateway::{Heard, Unheard};
use crate::ledger::{Fact, RefundSeen};
use crate::store::{Booked, Delivery, Receipt, StoreError, Told};

/// Why a notification is not acknowledged: WeChat will send it again.
#[derive(Debug, thiserror::Error)]
pub enum NotifyError {
    /// It is not believed.
    #[error(transparent)]
    Unheard(#[from] Unheard),
    /// It could not be stored.
    #[error(transparent)]
    NotStored(#[from] StoreError),
}

/// Where a notification came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// Version 3, about a payment.
    V3Payment,
    /// Version 3, about a refund.
    V3Refund,
    /// Version 2, about a payment.
    V2Payment,
    /// Version 2, about a refund.
    V2Refund,
}

impl Route {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::V3Payment, Self::V3Refund, Self::V2Payment, Self::V2Refund];

    /// As the address has it, behind `/notify/`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V3Payment => "v3/payment",
            Self::V3Refund => "v3/refund",
            Self::V2Payment => "v2/payment",
            Self::V2Refund => "v2/refund",
        }
    }
}

/// What version 3 signs with; kept beside the body, so that an auditor can verify again.
const SIGNED: [&str; 4] = ["wechatpay-timestamp", "wechatpay-nonce", "wechatpay-signature", "wechatpay-serial"];

impl Checkout {
    /// Takes in what came on a notification route: `header` looks one up by its lower-case name.
    ///
    /// # Errors
    /// When it must not be acknowledged; nothing was booked then.
    pub async fn notified<'a>(
        &self,
        route: Route,
        header: impl Fn(&'static str) -> Option<&'a str>,
        body: &[u8],
    ) -> Result<(), NotifyError> {
        let received_ms = self.clock.now_ms();
        let headers: Vec<String> =
            SIGNED.iter().filter_map(|name| header(name).map(|value| format!("{name}: {value}\n"))).collect();
        let heard = match route {
            Route::V3Payment | Route::V3Refund => self.gateway.hear_v3(header, body),
            Route::V2Payment => self.gateway.hear_v2_payment(body),
            Route::V2Refund => self.gateway.hear_v2_refund(body),
        };
        let heard = heard.inspect_err(|error| {
            if let Unheard::NotOpened(_) | Unheard::NoKeys = error {
                tracing::error!(cause = %error, route = route.as_str(), "ALERT: a notification could not be read");
            }
        })?;
        let delivery = Delivery {
            received_ms,
            route: route.as_str(),
            headers: headers.concat(),
            body: Secret::new(body.to_vec()),
        };
        match self.inbox.receive(Receipt { delivery, told: told(heard, received_ms) }).await? {
            Booked::Nothing => {}
            Booked::InOrder(recorded) => tell(Some(&recorded.order.terms.id), &recorded.actions),
            Booked::Orphan(actions) => tell(None, &actions),
            Booked::Strange => {
                tracing::error!(
                    route = route.as_str(),
                    "ALERT: a refund was told of that belongs to no order here; the notification is kept: look at it"
                );
            }
        }
        Ok(())
    }
}

/// What goes into the books. Whatever does not, is kept all the same.
fn told(heard: Heard, at_ms: u64) -> Told {
    match heard {
        Heard::Transaction(transaction) => {
            let out_trade_no = transaction.out_trade_no.clone();
            match Fact::of(*transaction, at_ms) {
                Some(Fact::Paid(payment)) => Told::Payment(payment),
                // A notification is old by nature: that an order was unpaid then says nothing now.
                None | Some(Fact::NotPaidSoFar { .. }) => Told::Nothing,
                Some(fact) => Told::Other { out_trade_no, fact },
            }
        }
        Heard::Refund(RefundNotice { mchid, sub_mchid, refund }) => {
            let out_trade_no = refund.out_trade_no.clone();
            match RefundSeen::of(refund, at_ms) {
                Some(refund) => Told::Refund { out_trade_no, mchid, sub_mchid, refund },
                None => Told::Nothing,
            }
        }
        Heard::RefundHint { out_trade_no, out_refund_no } => {
            Told::Other { out_trade_no, fact: Fact::RefundRumoured { out_refund_no, at_ms } }
        }
        Heard::Unclear(what) => {
            tracing::error!(cause = what, "ALERT: a verified notification was stored and not understood");
            Told::Nothing
        }
    }
}
