//! Where a checkout stands. Each variant holds what is true in it, and the ids of what it waits for.

use std::ops::Deref;
use std::sync::Arc;

use serde::Serialize;

use super::effect::EffectId;
use super::error::Fault;
use super::event::SheetHint;
use super::sign_in::SignIn;
use crate::domain::{Fen, IdempotencyKey, Millis, OrderId, StatusToken};
use crate::wire::{Basket, PaymentParams, RefundState};

/// One checkout. See the table in `transition.rs` for how each state is left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing is being bought.
    Idle(Rest),
    /// The intent and its key are being saved, before anything is sent.
    Recording {
        /// The intent.
        sale: Arc<Sale>,
        /// The write.
        save: Waiting,
    },
    /// A fresh login code is fetched and exchanged for a session.
    SigningIn {
        /// For what.
        subject: Subject,
        /// How far it is.
        step: SignIn,
    },
    /// The server is asked for the order under the key.
    CreatingOrder {
        /// For what.
        subject: Subject,
        /// How far it is.
        step: Creating,
        /// Creates that came to nothing so far.
        tries: u8,
    },
    /// The order is written down, before money can move.
    Saving {
        /// The order.
        order: Order,
        /// For the sheet; never stored.
        params: Arc<PaymentParams>,
        /// The write.
        save: Waiting,
    },
    /// The payment sheet is open.
    Paying {
        /// The order.
        order: Order,
        /// Whether the payer may say that the window is closed.
        silence: Silence,
        /// The looks meanwhile.
        look: Look,
    },
    /// The sheet has answered, or is gone. What it said is a hint; the server is asked.
    Confirming(Confirmation),
    /// WeChat saw no payment so far. Not final.
    Unpaid {
        /// The order.
        order: Order,
        /// The looks meanwhile.
        look: Look,
        /// Looks taken.
        looks: u8,
    },
    /// Nobody could say in time. Money may have moved.
    Unconfirmed {
        /// The order.
        order: Order,
        /// The look that being shown, or a late answer of the sheet, causes.
        look: Look,
    },
    /// WeChat says that the order is closed; final.
    Closed {
        /// The order.
        order: Order,
    },
    /// Money arrived; final.
    Paid {
        /// The order.
        order: Order,
        /// What the server said of it.
        receipt: Arc<Receipt>,
    },
    /// No payment was ever opened; final.
    Failed {
        /// Why.
        fault: Arc<Fault>,
    },
}

impl State {
    /// The state's name, without contents.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Idle(_) => "Idle",
            Self::Recording { .. } => "Recording",
            Self::SigningIn { .. } => "SigningIn",
            Self::CreatingOrder { .. } => "CreatingOrder",
            Self::Saving { .. } => "Saving",
            Self::Paying { .. } => "Paying",
            Self::Confirming(_) => "Confirming",
            Self::Unpaid { .. } => "Unpaid",
            Self::Unconfirmed { .. } => "Unconfirmed",
            Self::Closed { .. } => "Closed",
            Self::Paid { .. } => "Paid",
            Self::Failed { .. } => "Failed",
        }
    }

    /// Whether no purchase is under way: there is none, or it is final.
    #[must_use]
    pub const fn is_at_rest(&self) -> bool {
        match self {
            Self::Idle(_) | Self::Closed { .. } | Self::Paid { .. } | Self::Failed { .. } => true,
            Self::Recording { .. }
            | Self::SigningIn { .. }
            | Self::CreatingOrder { .. }
            | Self::Saving { .. }
            | Self::Paying { .. }
            | Self::Confirming(_)
            | Self::Unpaid { .. }
            | Self::Unconfirmed { .. } => false,
        }
    }

    /// The order, where there is one.
    #[must_use]
    pub const fn order(&self) -> Option<&Order> {
        match self {
            Self::SigningIn { subject: Subject::Known(order), .. }
            | Self::CreatingOrder { subject: Subject::Known(order), .. }
            | Self::Saving { order, .. }
            | Self::Paying { order, .. }
            | Self::Confirming(Confirmation { order, .. })
            | Self::Unpaid { order, .. }
            | Self::Unconfirmed { order, .. }
            | Self::Closed { order }
            | Self::Paid { order, .. } => Some(order),
            Self::Idle(_)
            | Self::Recording { .. }
            | Self::SigningIn { subject: Subject::Fresh { .. }, .. }
            | Self::CreatingOrder { subject: Subject::Fresh { .. }, .. }
            | Self::Failed { .. } => None,
        }
    }
}

/// Why nothing is being bought: what the page is told of the purchase before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rest {
    /// Nothing was asked, or all is acknowledged.
    Fresh,
    /// The payer gave up before a sheet, or closed an unpaid order.
    Abandoned,
    /// The payer left it for later; it is on the watch list.
    SetAside,
}

/// What the payer wants, and the key it goes by from Start to the end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sale {
    /// One for every repeat.
    pub key: IdempotencyKey,
    /// What is bought.
    pub basket: Basket,
    /// What the payer saw.
    pub expected_amount: Fen,
    /// The payer said "buy again".
    pub separate: bool,
}

/// An order in front of the payer.
///
/// Its facts never change and are shared: the state is cloned at every step, and what is cloned is
/// paid for in bytes of the phone's module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Order {
    /// What the server said when it was made.
    pub facts: Arc<OrderFacts>,
    /// The last sheet. A process that starts anew has none.
    #[serde(skip)]
    pub sheet: Sheet,
}

impl Order {
    /// The order, once its sheet has answered.
    #[must_use]
    pub fn without_sheet(&self) -> Self {
        Self { facts: self.facts.clone(), sheet: Sheet::Gone }
    }
}

impl Deref for Order {
    type Target = OrderFacts;

    fn deref(&self) -> &OrderFacts {
        &self.facts
    }
}

/// What is needed to read an order and to pay it again.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct OrderFacts {
    /// What it was made for.
    pub sale: Arc<Sale>,
    /// The server's name for it.
    pub order_id: OrderId,
    /// What it costs.
    pub amount: Fen,
    /// Reads it.
    pub status_token: StatusToken,
}

/// Whether a payment sheet of this order can be open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Sheet {
    /// None is: it answered, or the process that opened it is gone.
    #[default]
    Gone,
    /// This effect opened one, and it has not answered.
    Unanswered(EffectId),
}

/// What a create is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A purchase whose sheet was never opened.
    Fresh {
        /// The intent.
        sale: Arc<Sale>,
        /// What happens when the order is there.
        then: Then,
    },
    /// An order that may have been paid already: it can no longer fail.
    Known(Order),
}

impl Subject {
    /// The intent behind it.
    #[must_use]
    pub fn sale(&self) -> &Arc<Sale> {
        match self {
            Self::Fresh { sale, .. } => sale,
            Self::Known(order) => &order.facts.sale,
        }
    }
}

/// What follows a create.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Then {
    /// The sheet: the payer has just asked for it.
    OpenSheet,
    /// A look: this was repeated after a relaunch, and nothing opens by itself.
    Look,
}

/// How far a create is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Creating {
    /// The caller's open orders are asked for first, since the storage was empty or unreadable.
    Listing(Waiting),
    /// The create is on its way.
    Asking {
        /// The call.
        call: Waiting,
        /// Whether a refused session may still be renewed.
        renewal: Renewal,
    },
    /// The session was refused; a fresh one is fetched, and the same create follows.
    Renewing(SignIn),
    /// The create is repeated after this sleep.
    Resting(EffectId),
}

/// Whether a refused session may be renewed once more in this state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Renewal {
    /// It may.
    Allowed,
    /// It was, and the fresh session was refused as well.
    Used,
}

/// Something asked of the world, with a limit of our own beside it: some answers never come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Waiting {
    /// What was asked.
    pub effect: EffectId,
    /// The sleep that ends the wait.
    pub limit: EffectId,
}

/// Whether an open sheet has been silent for long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Silence {
    /// Not yet: this sleep says when.
    Short(EffectId),
    /// Yes: the payer is offered to say that it is closed.
    Long,
}

/// The looks at an order while something else is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// None is planned: the app is hidden, or the ladder is at its end.
    Paused,
    /// The next one follows this sleep.
    Sleeping {
        /// The sleep.
        sleep: EffectId,
        /// How long it is, for the view.
        length: Millis,
    },
    /// The server is being asked.
    Asking {
        /// The call.
        call: Waiting,
        /// When it was asked, to tell evidence from memory.
        since: Millis,
        /// By whose permission.
        by: By,
    },
    /// The order's token was refused; a session is fetched to ask with.
    Renewing(SignIn),
}

/// By whose permission an order is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum By {
    /// The order's own.
    Token,
    /// The payer's, since the order's was refused.
    Session,
}

/// The time after the sheet: the server is asked until it knows, or until time is up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmation {
    /// The order.
    pub order: Order,
    /// What decides how long to ask.
    pub hint: Hint,
    /// The looks.
    pub look: Look,
    /// Looks taken.
    pub looks: u8,
    /// Visible time spent.
    pub watch: Stopwatch,
    /// What the last counted look saw.
    pub seen: Seen,
}

/// Why an order is being confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Hint {
    /// The sheet answered.
    Sheet(SheetHint),
    /// The payer says that the silent sheet is closed.
    ClosedByHand,
    /// The app was started with this order in storage.
    Relaunch,
    /// The payer asked again, or paying again came to nothing.
    Asked,
}

/// What WeChat said last, asked after the sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Seen {
    /// Nothing so far.
    Nothing,
    /// No payment so far.
    NoPayment,
}

/// Counts the time in which the app was visible, by differences of the host's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Stopwatch {
    /// Counted so far.
    pub spent: Millis,
    /// When it was last read; `None` while the app is hidden.
    pub read_at: Option<Millis>,
}

impl Stopwatch {
    /// Counts up to `now`. A clock that went back, or leapt further than any wait of ours, counts
    /// as nothing and as the longest wait.
    pub fn read(&mut self, now: Millis) {
        if let Some(read_at) = self.read_at.replace(now) {
            let step = now.since(read_at).unwrap_or_default();
            self.spent = self.spent.after(step.min(super::policy::LONGEST_WAIT));
        }
    }

    /// Counts up to `now` and stops.
    pub fn stop(&mut self, now: Millis) {
        self.read(now);
        self.read_at = None;
    }
}

/// What the server said of a paid order.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize)]
pub struct Receipt {
    /// What went back.
    pub refund: RefundState,
    /// How many fen went back.
    pub refunded_amount: u32,
    /// WeChat's number of the payment; empty where the server did not say.
    pub wechat_transaction_id: String,
    /// When, RFC 3339; empty where the server did not say.
    pub paid_at: String,
}
