//! What the machine is told: wishes of the page, and answers of the world.

use core::fmt;

use super::effect::{EffectId, LoginCode};
use super::snapshot::Stored;
use crate::domain::{Fen, IdempotencyKey, OrderId};
use crate::json::{Json, decimal};
use crate::wire::{Basket, MAX_LINES, MAX_QUANTITY};

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The page, or the phone around it, wants something. May be rejected.
    Command(Command),
    /// An effect was carried out, or failed. Never rejected: an answer that nobody waits for changes nothing.
    Answer {
        /// The effect's id.
        id: EffectId,
        /// What came of it.
        answer: Answer,
    },
}

impl Event {
    /// The event's name, without contents.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Command(command) => command.name(),
            Self::Answer { answer, .. } => answer.name(),
        }
    }
}

/// A wish of the page, or a fact about the app's life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Buy this.
    Start {
        /// What, and for how much.
        draft: Draft,
        /// The idempotency key: made by the host of its randomness, for this purchase and no other.
        key: IdempotencyKey,
    },
    /// Ask the server again.
    CheckAgain,
    /// Open the sheet again for the same order.
    PayAgain {
        /// The view that the tap was made on: a second tap on it finds a newer one, and is rejected.
        revision: u32,
    },
    /// The payer says that the payment window is closed, though it never answered.
    SheetClosed,
    /// Give the purchase up.
    Abandon,
    /// Leave it for later; it stays on the watch list.
    SetAside,
    /// The payer has seen an outcome.
    Acknowledge(Acknowledged),
    /// The app came to the front.
    Shown,
    /// The app went to the back.
    Hidden,
    /// What the storage held at launch. The first event of every machine.
    Restore(Stored),
}

impl Command {
    /// The command's name, without contents.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Start { .. } => "Start",
            Self::CheckAgain => "CheckAgain",
            Self::PayAgain { .. } => "PayAgain",
            Self::SheetClosed => "SheetClosed",
            Self::Abandon => "Abandon",
            Self::SetAside => "SetAside",
            Self::Acknowledge(_) => "Acknowledge",
            Self::Shown => "Shown",
            Self::Hidden => "Hidden",
            Self::Restore(_) => "Restore",
        }
    }
}

/// Which outcome was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Acknowledged {
    /// That of an order: the one in front, or a watched one.
    Order(OrderId),
    /// That of a purchase which never came to an order.
    Failure,
}

/// What came of an effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// wx.login gave a code.
    LoggedIn(LoginCode),
    /// wx.login failed.
    LoginFailed,
    /// The server answered.
    Called(Reply),
    /// No answer came: the request may or may not have been carried out.
    CallLost,
    /// The payment sheet called back. A hint, whatever it says.
    SheetAnswered(SheetHint),
    /// The snapshot was written, or removed.
    Stored,
    /// It was not.
    StoreFailed,
    /// The time is over.
    Slept,
}

impl Answer {
    /// The answer's name, without contents.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::LoggedIn(_) => "LoggedIn",
            Self::LoginFailed => "LoginFailed",
            Self::Called(_) => "Called",
            Self::CallLost => "CallLost",
            Self::SheetAnswered(SheetHint::Ok) => "SheetAnswered(Ok)",
            Self::SheetAnswered(SheetHint::Cancelled) => "SheetAnswered(Cancelled)",
            Self::SheetAnswered(SheetHint::Other) => "SheetAnswered(Other)",
            Self::Stored => "Stored",
            Self::StoreFailed => "StoreFailed",
            Self::Slept => "Slept",
        }
    }
}

/// An HTTP answer, its meaning unread.
#[derive(Clone, PartialEq, Eq)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The body; `null` for what is not JSON, and for none.
    pub body: Json,
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reply({})", self.status)
    }
}

/// What wx.requestPayment reported. Wrong in both directions often enough that it decides only how
/// long the server is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SheetHint {
    /// Exactly `requestPayment:ok`.
    Ok,
    /// One of the two known spellings of cancel.
    Cancelled,
    /// Anything else.
    Other,
}

impl SheetHint {
    /// Reads the `errMsg` of the callback.
    #[must_use]
    pub fn from_err_msg(text: &str) -> Self {
        match text {
            "requestPayment:ok" => Self::Ok,
            // The second is what old clients gave to `complete` alone.
            "requestPayment:fail cancel" | "requestPayment:cancel" => Self::Cancelled,
            _ => Self::Other,
        }
    }
}

/// A purchase as the page asked for it, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    basket: Basket,
    expected_amount: Fen,
    separate: bool,
}

/// What is wrong with a draft, by field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.rule())]
pub enum BadDraft {
    /// Neither items nor an order token, or no line.
    Empty,
    /// More lines than the server takes.
    TooManyLines,
    /// An article's name that is empty or too long, in this line (from 0).
    Sku(usize),
    /// A quantity out of range, in this line (from 0).
    Quantity(usize),
    /// An order token that is empty or too long.
    OrderToken,
}

impl BadDraft {
    /// The field and its rule. Put together by hand: the phone's module has no formatting in it.
    #[must_use]
    pub fn rule(self) -> String {
        match self {
            Self::Empty => "items: at least one line is needed".into(),
            Self::TooManyLines => "items: at most 50 lines".into(),
            Self::Sku(line) => ["items[", &decimal(line as u64), "].sku: 1 to 64 characters"].concat(),
            Self::Quantity(line) => {
                ["items[", &decimal(line as u64), "].quantity: a whole number from 1 to 999"].concat()
            }
            Self::OrderToken => "orderToken: 1 to 4096 characters".into(),
        }
    }
}

impl Draft {
    /// Checks a basket as the server will.
    ///
    /// # Errors
    /// Names the field that is wrong.
    pub fn new(basket: Basket, expected_amount: Fen, separate: Separate) -> Result<Self, BadDraft> {
        match &basket {
            Basket::Items(lines) => {
                if lines.is_empty() {
                    return Err(BadDraft::Empty);
                }
                if lines.len() > MAX_LINES {
                    return Err(BadDraft::TooManyLines);
                }
                for (at, line) in lines.iter().enumerate() {
                    if !(1..=64).contains(&line.sku.chars().count()) {
                        return Err(BadDraft::Sku(at));
                    }
                    if !(1..=MAX_QUANTITY).contains(&line.quantity) {
                        return Err(BadDraft::Quantity(at));
                    }
                }
            }
            Basket::OrderToken(token) => {
                if !(1..=4096).contains(&token.len()) {
                    return Err(BadDraft::OrderToken);
                }
            }
        }
        Ok(Self { basket, expected_amount, separate: separate == Separate::BuyAgain })
    }

    /// How many lines it has; none where the merchant's own backend made the order.
    #[must_use]
    pub fn lines(&self) -> u32 {
        match &self.basket {
            Basket::Items(lines) => lines.len() as u32,
            Basket::OrderToken(_) => 0,
        }
    }

    /// What the payer saw.
    #[must_use]
    pub const fn expected_amount(&self) -> Fen {
        self.expected_amount
    }

    pub(super) fn into_parts(self) -> (Basket, Fen, bool) {
        (self.basket, self.expected_amount, self.separate)
    }
}

/// Whether the payer knows of an open order with the same lines and wants another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Separate {
    /// An ordinary purchase: an open order with the same lines stands in the way.
    No,
    /// "Buy again".
    BuyAgain,
}
