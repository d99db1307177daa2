//! An order: its terms never change, its book only grows, its state is derived from both.

use std::collections::BTreeMap;

use wechatpay::Secret;
use wx_checkout::domain::{Fen, IdempotencyKey, OrderId};
use wx_checkout::wire::{Line, OrderState};

use super::refund::Refund;
use crate::order_token::MerchantOrderId;

/// One order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// What was agreed.
    pub terms: Terms,
    /// What goes to WeChat for it.
    pub attempt: Attempt,
    /// What is known.
    pub book: Book,
}

/// What was agreed when the order was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The order's name.
    pub id: OrderId,
    /// The payer.
    pub openid: Secret<String>,
    /// The checkout it was made in.
    pub key: IdempotencyKey,
    /// What was sold.
    pub sale: Sale,
    /// What the payer is charged.
    pub amount: Fen,
    /// Milliseconds since 1970.
    pub created_ms: u64,
    /// The final deadline, milliseconds since 1970: WeChat's `time_expire`. No parameters leave after it.
    pub payable_until_ms: u64,
    /// What happens to money that comes after the order was closed.
    pub late_payment: LatePayment,
}

/// What happens to money that comes after the order was closed. Either way it is recorded, and the
/// order counts as paid from then on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LatePayment {
    /// It goes back whole: the merchant was told that the order is closed.
    #[default]
    Refund,
    /// The order keeps it.
    Accept,
}

/// What was sold: two creates are about the same sale when these are the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sale {
    /// Articles of the catalogue: the basket in its canonical form.
    Basket(Vec<Line>),
    /// An order of the merchant's own backend, which signed its price.
    MerchantOrder(MerchantOrderId),
}

/// One order number at WeChat with everything that was sent under it. It keeps its own merchant,
/// mini program and API, so that a change of configuration does not orphan it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The number at WeChat: random, so that nobody can guess another order's.
    pub out_trade_no: String,
    /// The merchant whose keys sign: in partner mode the service provider.
    pub mchid: String,
    /// The mini program that the payer's openid belongs to.
    pub appid: String,
    /// How WeChat is spoken to about it.
    pub api: Api,
    /// Exactly the bytes of the prepay request: a repeat must not differ in one of them.
    pub request: Secret<Vec<u8>>,
}

/// How WeChat is spoken to about an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Api {
    /// Version 3, for the merchant itself.
    V3,
    /// Version 3, by a service provider for this merchant.
    Partner {
        /// The merchant that receives the money.
        sub_mchid: String,
    },
    /// Version 2.
    V2,
}

impl Api {
    /// The merchant that a service provider acts for.
    #[must_use]
    pub fn sub_mchid(&self) -> Option<&str> {
        match self {
            Self::Partner { sub_mchid } => Some(sub_mchid),
            Self::V3 | Self::V2 => None,
        }
    }
}

/// What is known of an order. Every part only grows, so that facts may arrive in any order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Book {
    /// Payments that fit the order, by WeChat's number. The first one committed keeps the order.
    pub received: Vec<Received>,
    /// Payments under this order's number that do not fit it, by WeChat's number.
    pub unmatched: BTreeMap<String, Unmatched>,
    /// Refunds of its payments, by our number: those asked for here and those WeChat told of.
    pub refunds: BTreeMap<String, Refund>,
    /// WeChat's trade state said that a refund of a payment was asked for.
    pub refund_asked: bool,
    /// WeChat said CLOSED.
    pub closed_seen: bool,
    /// WeChat said that it does not know the number.
    pub absent_seen: bool,
    /// We decided to close it. No parameters leave after that.
    pub close_asked: bool,
    /// Parameters for wx.requestPayment left this server: from then on it could be paid.
    pub parameters_left: bool,
    /// WeChat refused it before any parameters left. Its key is free again.
    pub refused: bool,
    /// Which outcome the payer has seen.
    pub acknowledged: Acknowledged,
    /// When WeChat last said something about it, milliseconds since 1970; 0 for never.
    pub evidence_ms: u64,
}

/// Which outcome the payer has seen. A payment after an acknowledged close is a new outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Acknowledged {
    /// None.
    #[default]
    No,
    /// That it was not paid.
    Unpaid,
    /// That it was paid.
    Paid,
}

/// A payment that fits the order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Received {
    /// WeChat's number of the payment.
    pub transaction_id: String,
    /// RFC 3339, as WeChat states it.
    pub paid_at: String,
}

/// A payment that does not fit: it is frozen until the operator has looked at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unmatched {
    /// Fen.
    pub total: u32,
    /// The first thing that did not fit.
    pub misfit: Misfit,
}

/// What does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Misfit {
    /// No order has the number.
    Order,
    /// Another amount (`amount.total`, not what the payer paid after coupons).
    Amount,
    /// Not CNY.
    Currency,
    /// Another merchant.
    Mchid,
    /// Another mini program.
    Appid,
    /// Another payer.
    Payer,
}

impl Misfit {
    /// Its word, in the database and in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Order => "order",
            Self::Amount => "amount",
            Self::Currency => "currency",
            Self::Mchid => "mchid",
            Self::Appid => "appid",
            Self::Payer => "payer",
        }
    }
}

impl Order {
    /// Payments that do not fit. One that was told of in two ways and turned out to be the order's is not among them.
    pub fn frozen(&self) -> impl Iterator<Item = (&str, &Unmatched)> {
        let kept = |id: &str| self.book.received.iter().any(|received| received.transaction_id == id);
        self.book.unmatched.iter().map(|(id, unmatched)| (id.as_str(), unmatched)).filter(move |(id, _)| !kept(id))
    }

    /// The state that the books give at `now_ms`. Past the deadline an order counts as closing:
    /// nothing more is offered for it, and a payment may still turn up.
    #[must_use]
    pub fn state(&self, now_ms: u64) -> OrderState {
        match self.settled() {
            Some(state) => state,
            // Money went back, so some had come: neither payable nor closed, until WeChat is asked.
            None if self.refund_without_payment() => OrderState::Unknown,
            None if self.book.close_asked || now_ms >= self.terms.payable_until_ms => OrderState::Closing,
            None => OrderState::Payable,
        }
    }

    /// Paid or closed, and never undone; or unknown for a frozen order, which the operator must look at.
    #[must_use]
    pub fn settled(&self) -> Option<OrderState> {
        let book = &self.book;
        if !book.received.is_empty() {
            return Some(OrderState::Paid);
        }
        // Money moved under this number: to say unpaid or closed would be wrong.
        if !book.unmatched.is_empty() {
            return Some(OrderState::Unknown);
        }
        if self.refund_without_payment() {
            return None;
        }
        // An unknown number proves that nothing was paid only if nobody ever held parameters for it.
        let never_payable = book.close_asked && book.absent_seen && !book.parameters_left;
        (book.closed_seen || never_payable || book.refused).then_some(OrderState::Closed)
    }

    /// WeChat told of a refund before it told of the payment.
    fn refund_without_payment(&self) -> bool {
        self.book.received.is_empty() && self.book.refunds.values().any(|refund| refund.stage.is_told())
    }

    /// Still to be looked after: neither paid, closed nor frozen.
    #[must_use]
    pub fn is_unresolved(&self) -> bool {
        self.settled().is_none()
    }

    /// Whether the payer still has something to see: it stands in the way of the same basket (a frozen one too).
    #[must_use]
    pub fn is_open(&self) -> bool {
        match self.settled() {
            None | Some(OrderState::Unknown) => true,
            Some(OrderState::Paid) => self.book.acknowledged != Acknowledged::Paid,
            Some(_) => false,
        }
    }

    /// The payment that keeps the order.
    #[must_use]
    pub fn kept(&self) -> Option<&Received> {
        self.book.received.first()
    }

    /// Notes that parameters leave now, if they still may; `false` means that they must not.
    #[must_use]
    pub fn hand_out(&mut self, now_ms: u64) -> bool {
        let may = self.state(now_ms) == OrderState::Payable;
        self.book.parameters_left |= may;
        may
    }

    /// Notes that WeChat refused the order for good, which only counts while nobody can pay it;
    /// `false` means that somebody might.
    #[must_use]
    pub fn refuse(&mut self) -> bool {
        let may = self.is_unresolved() && !self.book.parameters_left;
        self.book.refused |= may;
        may
    }

    /// Notes that the payer has seen the outcome; `false` means that there is none yet.
    #[must_use]
    pub fn acknowledge(&mut self) -> bool {
        let seen = match self.settled() {
            Some(OrderState::Paid) => Acknowledged::Paid,
            Some(OrderState::Closed) => Acknowledged::Unpaid,
            _ => return false,
        };
        self.book.acknowledged = self.book.acknowledged.max(seen);
        true
    }
}
