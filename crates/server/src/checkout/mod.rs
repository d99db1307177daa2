//! What the server does, without HTTP: the routes translate, and decide nothing.

mod alerts;
mod close;
mod create;
mod exchange;
mod hold;
mod inbox;
mod look;
mod notified;
mod offer;
mod orders;
mod preview;
mod refunds;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use wechatpay::Secret;
use wx_checkout::domain::OrderId;

pub use alerts::Alerts;
pub use close::Which;
pub use inbox::Inbox;
pub use look::{Looked, View};
pub use notified::{NotifyError, Route};
pub use preview::{HowMuch, Preview};
pub use refunds::{RefundError, RefundOrder};

use crate::bills::Bills;
use crate::catalogue::Catalogue;
use crate::clock::Clock;
use crate::gateway::{Gateway, Seller};
use crate::ledger::{Action, Api, LatePayment, Order};
use crate::login::Login;
use crate::looks::Looks;
use crate::metrics::Meters;
use crate::order_token::OrderTokens;
use crate::outbox::Outbox;
use crate::problem::Refusal;
use crate::session::{Bearer, TokenError, Tokens};
use crate::stopping::Stopping;
use crate::store::{Store, StoreError};

/// Everything the server needs, put together once at the start.
pub struct Checkout {
    /// The books.
    pub store: Arc<dyn Store>,
    /// Notifications on their way into the books.
    pub inbox: Inbox,
    /// What the merchant's own system is told.
    pub outbox: Outbox,
    /// WeChat Pay.
    pub gateway: Gateway,
    /// WeChat's login.
    pub login: Login,
    /// Sessions and order tokens.
    pub tokens: Tokens,
    /// The prices.
    pub catalogue: Catalogue,
    /// The merchant's own backend, which may set prices too.
    pub order_tokens: OrderTokens,
    /// What is counted.
    pub meters: Meters,
    /// Whether the end was asked for.
    pub stopping: Stopping,
    /// The wall clock.
    pub clock: Clock,
    /// What new orders are made for.
    pub merchant: Merchant,
    /// How long a session lasts, in milliseconds.
    pub session_ms: u64,
    /// Queries under way.
    pub looks: Looks<look::Looked>,
    /// Queries about one order begin at least this far apart, whichever server begins them.
    pub apart: Duration,
    /// Whether bills are asked for unasked.
    pub bills: Bills,
    /// What was alerted of.
    pub alerts: Alerts,
}

/// What new orders are made with. An order keeps what it was made with.
#[derive(Clone, Debug)]
pub struct Merchant {
    /// Whom they are made for, and in which version.
    pub seller: Seller,
    /// Where WeChat reaches this server: `https://HOST`, without a slash at its end.
    pub notify_base_url: String,
    /// How long an order can be paid, in milliseconds. It is a final deadline: WeChat's prepay_ids live
    /// shorter, and are renewed until then.
    pub payable_ms: u64,
    /// What happens to money that comes after an order was closed.
    pub late_payment: LatePayment,
}

/// What WeChat tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// A payment.
    Payment,
    /// A refund.
    Refund,
}

impl Merchant {
    /// Where WeChat tells of this, for an order of this version.
    #[must_use]
    pub fn notify_url(&self, api: &Api, about: About) -> String {
        let version = match api {
            Api::V3 | Api::Partner { .. } => "v3",
            Api::V2 => "v2",
        };
        let about = match about {
            About::Payment => "payment",
            About::Refund => "refund",
        };
        format!("{}/notify/{version}/{about}", self.notify_base_url)
    }
}

/// Who is asking.
#[derive(Clone, Debug)]
pub enum Caller {
    /// A payer who is logged in.
    Payer(Secret<String>),
    /// Somebody with the token of one order.
    Holder(OrderId),
}

impl Checkout {
    /// Who shows this token.
    ///
    /// # Errors
    /// When it is not ours, or has ended.
    pub fn caller(&self, token: &str) -> Result<Caller, Refusal> {
        match self.tokens.open(token, self.clock.now_ms()) {
            Ok(Bearer::Session { openid }) => Ok(Caller::Payer(openid)),
            Ok(Bearer::Status { order }) => Ok(Caller::Holder(order)),
            Err(error) => Err(refused_token(error)),
        }
    }

    /// The order, if the caller may see it. Somebody else's is not there, as if it did not exist.
    async fn find(&self, caller: &Caller, id: &OrderId) -> Result<Order, Refusal> {
        let order = self.store.by_id(id).await?;
        order
            .filter(|order| match caller {
                Caller::Payer(openid) => order.terms.openid == *openid,
                Caller::Holder(held) => order.terms.id == *held,
            })
            .ok_or_else(no_such_order)
    }
}

/// What the operator must hear of. The outbox has it too, written with the fact.
pub(crate) fn tell(order: Option<&OrderId>, actions: &[Action]) {
    let order = order.map_or("none", OrderId::as_str);
    for action in actions {
        match action {
            Action::Paid { .. } => tracing::info!(order, "an order was paid"),
            Action::Closed => tracing::info!(order, "an order was closed"),
            Action::Refunded { out_refund_no } => tracing::info!(order, out_refund_no, "money went back"),
            Action::PaidLate { .. } => {
                tracing::warn!(
                    order,
                    "ALERT: an order was paid after it was closed; its rule for late payments applies"
                );
            }
            Action::PaidTwice { .. } => {
                tracing::warn!(order, "ALERT: an order was paid once more; the second payment is being sent back");
            }
            Action::Unmatched { .. } => {
                tracing::error!(
                    order,
                    "ALERT: a payment does not fit its order; it is frozen in unmatched_payments: look at it"
                );
            }
            Action::RefundStopped { out_refund_no } => {
                tracing::error!(
                    order,
                    out_refund_no,
                    "ALERT: a refund ended without reaching the payer: settle it on the merchant platform, or ask for it again"
                );
            }
            Action::RefundContradicted { out_refund_no } => {
                tracing::error!(
                    order,
                    out_refund_no,
                    "ALERT: WeChat tells of a refund with another amount or payment than the books: compare them"
                );
            }
        }
    }
}

fn no_such_order() -> Refusal {
    use wx_checkout::wire::ProblemCode::OrderNotFound;
    Refusal::new(
        OrderNotFound,
        "No order of this caller has that name. Nothing was changed; check the orderId, or log in as its payer.",
    )
}

fn refused_token(error: TokenError) -> Refusal {
    use wx_checkout::wire::ProblemCode::{SessionExpired, Unauthorized};
    match error {
        TokenError::Expired => Refusal::new(
            SessionExpired,
            "The session has ended. No money moved by this request; log in again and repeat it.",
        ),
        TokenError::Unknown => Refusal::new(
            Unauthorized,
            "The bearer token is not one of this server's. No money moved by this request; log in again.",
        ),
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::internal(&error)
    }
}

impl fmt::Debug for Checkout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Checkout")
    }
}
