//! What a page shows: the machine as a page sees it, and nothing that a page must not see.

use serde::Serialize;

use super::Machine;
use super::desk::{Standing, Watched};
use super::error::{Fault, Reason, Rejected};
use super::messages::{self, Text};
use super::state::{Look, Order, Receipt, Rest, Sheet, Silence, State};
use crate::domain::{Fen, OrderId};
use crate::wire::{ProblemCode, RefundState, Retry};

/// Everything a page needs to draw the checkout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(all(test, not(target_arch = "wasm32")), derive(ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct View {
    /// Grows with every change. `payAgain` names the one that the tap was made on.
    pub revision: u32,
    /// Where the checkout stands.
    pub phase: Phase,
    /// The order in front, from its creation on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderView>,
    /// What the payer may do now.
    pub actions: Vec<Action>,
    /// One sentence for the payer.
    pub message: Text,
    /// How long until the server is asked again by itself; absent when that is not planned, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_look_in_ms: Option<u32>,
    /// What the purchase came to; absent while it is under way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// With `paid`: what the server said of the payment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt: Option<ReceiptView>,
    /// With `failed`: why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<FaultView>,
    /// How the phone's storage is doing.
    pub storage: StorageHealth,
    /// Orders set aside, and those found on the server's list.
    pub watched: Vec<WatchedView>,
}

/// The state's name for pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(all(test, not(target_arch = "wasm32")), derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum Phase {
    /// Nothing is being bought.
    Idle,
    /// The intent is being saved.
    Recording,
    /// The payer is being signed in.
    SigningIn,
    /// The server is asked for the order.
    CreatingOrder,
    /// The order is being saved.
    Saving,
    /// The payment sheet is open.
    Paying,
    /// The server is asked what became of the payment.
    Confirming,
    /// No payment was seen so far; not final.
    Unpaid,
    /// Nobody could say; money may have moved.
    Unconfirmed,
    /// Closed without payment; final.
    Closed,
    /// Paid; final.
    Paid,
    /// Payment was never opened; final.
    Failed,
}

/// What the payer may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(all(test, not(target_arch = "wasm32")), derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum Action {
    /// Buy: `pay(draft)`.
    Pay,
    /// Open the sheet again for the same order.
    PayAgain,
    /// Ask the server again.
    CheckAgain,
    /// "I closed the payment window."
    SheetClosed,
    /// Give up.
    Abandon,
    /// Leave for later.
    SetAside,
    /// The outcome was seen.
    Acknowledge,
    /// Buy the same once more although an order for it is open: `pay` with `separate: true`.
    BuyAgain,
}

/// What a purchase came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(all(test, not(target_arch = "wasm32")), derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// Money arrived.
    Paid,
    /// No money was seen; it may still be paid, unless the phase is `closed`.
    Unpaid,
    /// Nobody could say.
    Unconfirmed,
    /// Payment was never opened.
    Failed,
}

/// An order as pages see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(all(test, not(target_arch = "wasm32")), derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct OrderView {
    /// The server's name for it; may be shown to the payer and to support.
    pub order_id: OrderId,
    /// What it costs, in fen.
    pub amount: Fen,
}

/// A payment as pages see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(all(test, not(target_arch = "wasm32")), derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct ReceiptView {
    /// How much went back.
    pub refund: RefundState,
    /// How many fen went back.
    pub refunded_amount: u32,
    /// WeChat's number of the payment; empty where unknown.
    pub wechat_transaction_id: String,
    /// When, RFC 3339; empty where unknown.
    pub paid_at: String,
}

impl From<&Receipt> for ReceiptView {
    fn from(receipt: &Receipt) -> Self {
        Self {
            refund: receipt.refund,
            refunded_amount: receipt.refunded_amount,
            wechat_transaction_id: receipt.wechat_transaction_id.clone(),
            paid_at: receipt.paid_at.clone(),
        }
    }
}

/// Why a purchase failed. No money moved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(all(test, not(target_arch = "wasm32")), derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct FaultView {
    /// What programs decide by.
    pub code: FaultCode,
    /// Names the refusal in the server's log; empty where the server was not reached.
    pub request_id: String,
    /// With `open_order`: the order that stands in the way; empty otherwise.
    pub open_order_id: String,
}

/// The stable code of a [`FaultView`]: the server's, or one of the client's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(all(test, not(target_arch = "wasm32")), derive(ts_rs::TS))]
#[serde(untagged)]
pub enum FaultCode {
    /// The server refused.
    Server(ProblemCode),
    /// The client gave up.
    Client(ClientCode),
}

/// The client's own codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(all(test, not(target_arch = "wasm32")), derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ClientCode {
    /// Signing in did not work.
    LoginFailed,
    /// The server could not be reached.
    Unreachable,
    /// The server's order costs something else than the payer saw.
    AmountDiffers,
}

impl From<&Fault> for FaultView {
    fn from(fault: &Fault) -> Self {
        let (code, open_order_id) = match &fault.reason {
            Reason::LoginFailed => (FaultCode::Client(ClientCode::LoginFailed), ""),
            Reason::Unauthorized => (FaultCode::Server(ProblemCode::Unauthorized), ""),
            Reason::Unreachable => (FaultCode::Client(ClientCode::Unreachable), ""),
            Reason::AmountDiffers => (FaultCode::Client(ClientCode::AmountDiffers), ""),
            Reason::OpenOrder(open) => (FaultCode::Server(ProblemCode::OpenOrder), open.order_id.as_str()),
            Reason::Refused(code) => (FaultCode::Server(*code), ""),
        };
        Self { code, request_id: fault.request_id.clone(), open_order_id: open_order_id.into() }
    }
}

/// How the phone's storage is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(all(test, not(target_arch = "wasm32")), derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum StorageHealth {
    /// Nothing is wrong with it.
    Working,
    /// The last write failed: a killed app would be helped by the server's list only.
    Failing,
    /// What it held at launch could not be read; the server's list was asked instead.
    Damaged,
    /// What it held at launch was written by a newer version; the server's list was asked instead.
    Newer,
}

/// A watched order as pages see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(all(test, not(target_arch = "wasm32")), derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct WatchedView {
    /// The order.
    pub order: OrderView,
    /// `paid`, or `unconfirmed` while there is no verdict.
    pub outcome: Outcome,
}

impl From<&Watched> for WatchedView {
    fn from(watched: &Watched) -> Self {
        Self {
            order: OrderView { order_id: watched.order_id.clone(), amount: watched.amount },
            outcome: match watched.standing {
                Standing::Open => Outcome::Unconfirmed,
                Standing::Paid(_) => Outcome::Paid,
            },
        }
    }
}

impl From<&Order> for OrderView {
    fn from(order: &Order) -> Self {
        Self { order_id: order.order_id.clone(), amount: order.amount }
    }
}

impl From<&Machine> for View {
    fn from(machine: &Machine) -> Self {
        let state = machine.state();
        let (receipt, fault) = match state {
            State::Paid { receipt, .. } => (Some(ReceiptView::from(&**receipt)), None),
            State::Failed { fault } => (None, Some(FaultView::from(&**fault))),
            State::Idle(_)
            | State::Recording { .. }
            | State::SigningIn { .. }
            | State::CreatingOrder { .. }
            | State::Saving { .. }
            | State::Paying { .. }
            | State::Confirming(_)
            | State::Unpaid { .. }
            | State::Unconfirmed { .. }
            | State::Closed { .. } => (None, None),
        };
        Self {
            revision: machine.revision(),
            phase: phase(state),
            order: state.order().map(OrderView::from),
            actions: actions(machine),
            message: match state {
                State::Idle(_) if machine.is_left_and_paid() => messages::LEFT_AND_PAID,
                _ => messages::of(state),
            },
            next_look_in_ms: next_look(state),
            outcome: outcome(state).filter(|_| !(machine.is_left_and_paid() && matches!(state, State::Idle(_)))),
            receipt,
            fault,
            storage: machine.storage(),
            watched: machine.watched().iter().map(WatchedView::from).collect(),
        }
    }
}

const fn phase(state: &State) -> Phase {
    match state {
        State::Idle(_) => Phase::Idle,
        State::Recording { .. } => Phase::Recording,
        State::SigningIn { .. } => Phase::SigningIn,
        State::CreatingOrder { .. } => Phase::CreatingOrder,
        State::Saving { .. } => Phase::Saving,
        State::Paying { .. } => Phase::Paying,
        State::Confirming(_) => Phase::Confirming,
        State::Unpaid { .. } => Phase::Unpaid,
        State::Unconfirmed { .. } => Phase::Unconfirmed,
        State::Closed { .. } => Phase::Closed,
        State::Paid { .. } => Phase::Paid,
        State::Failed { .. } => Phase::Failed,
    }
}

/// What the payer is offered. An order whose sheet may still be open is not closed by anybody.
fn actions(machine: &Machine) -> Vec<Action> {
    let state = machine.state();
    let mut actions = match state {
        State::Idle(_) => vec![Action::Pay],
        State::Failed { fault } => match fault.reason {
            Reason::OpenOrder(_) => vec![Action::Pay, Action::Acknowledge, Action::BuyAgain],
            Reason::LoginFailed
            | Reason::Unauthorized
            | Reason::Unreachable
            | Reason::AmountDiffers
            | Reason::Refused(_) => vec![Action::Pay, Action::Acknowledge],
        },
        State::Closed { .. } => vec![Action::Pay, Action::Acknowledge],
        State::SigningIn { .. } | State::CreatingOrder { .. } => match state.order().map(|order| order.sheet) {
            None | Some(Sheet::Gone) => vec![Action::Abandon],
            Some(Sheet::Unanswered(_)) => vec![],
        },
        State::Recording { .. } | State::Saving { .. } | State::Confirming(_) => vec![],
        State::Paying { silence, .. } => match silence {
            Silence::Short(_) => vec![],
            Silence::Long => vec![Action::SheetClosed],
        },
        State::Unpaid { order, .. } => match order.sheet {
            Sheet::Gone => vec![Action::PayAgain, Action::Abandon, Action::SetAside],
            Sheet::Unanswered(_) => vec![Action::PayAgain, Action::SetAside],
        },
        State::Unconfirmed { .. } => vec![Action::CheckAgain, Action::SetAside],
        State::Paid { .. } => vec![Action::Acknowledge],
    };
    if machine.is_watching() && state.is_at_rest() {
        actions.push(Action::CheckAgain);
    }
    actions
}

const fn outcome(state: &State) -> Option<Outcome> {
    match state {
        State::Unpaid { .. } | State::Closed { .. } | State::Idle(Rest::Abandoned) => Some(Outcome::Unpaid),
        State::Unconfirmed { .. } | State::Idle(Rest::SetAside) => Some(Outcome::Unconfirmed),
        State::Paid { .. } => Some(Outcome::Paid),
        State::Failed { .. } => Some(Outcome::Failed),
        State::Idle(Rest::Fresh)
        | State::Recording { .. }
        | State::SigningIn { .. }
        | State::CreatingOrder { .. }
        | State::Saving { .. }
        | State::Paying { .. }
        | State::Confirming(_) => None,
    }
}

fn next_look(state: &State) -> Option<u32> {
    let look = match state {
        State::Paying { look, .. } | State::Unpaid { look, .. } | State::Unconfirmed { look, .. } => look,
        State::Confirming(conf) => &conf.look,
        State::Idle(_)
        | State::Recording { .. }
        | State::SigningIn { .. }
        | State::CreatingOrder { .. }
        | State::Saving { .. }
        | State::Closed { .. }
        | State::Paid { .. }
        | State::Failed { .. } => return None,
    };
    match look {
        Look::Sleeping { length, .. } => u32::try_from(length.0).ok(),
        Look::Asking { .. } | Look::Renewing(_) => Some(0),
        Look::Paused => None,
    }
}

/// A command that was not taken, as pages see it. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(all(test, not(target_arch = "wasm32")), derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Refusal {
    /// What programs decide by.
    pub code: RefusalCode,
    /// For the payer.
    pub message: Text,
    /// With `bad_draft`: the field that is wrong, and its rule; empty otherwise.
    pub detail: String,
    /// What is worth trying.
    pub retry: Retry,
    /// The order that stands in the way; empty where there is none.
    pub order_id: String,
    /// What can be done now, that order's way out among it.
    pub actions: Vec<Action>,
}

/// The stable code of a [`Refusal`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(all(test, not(target_arch = "wasm32")), derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum RefusalCode {
    /// The storage is still being read.
    NotRestored,
    /// The storage was read before.
    AlreadyRestored,
    /// A purchase is under way.
    Busy,
    /// Another order is open: see `orderId`, and `view.actions` for what can be done.
    OrderOpen,
    /// A paid order waits to be acknowledged: see `orderId`.
    NotAcknowledged,
    /// The tap was made on an older view.
    OldView,
    /// Not possible in this phase.
    NotNow,
    /// No outcome of that order is waiting.
    UnknownOrder,
    /// Eight orders are set aside already.
    WatchListFull,
    /// The draft is wrong: `detail` names the field.
    BadDraft,
}

impl Refusal {
    /// The refusal of a command that the machine has just rejected.
    #[must_use]
    pub fn new(rejected: &Rejected, machine: &Machine) -> Self {
        let (code, retry, order_id) = match rejected {
            Rejected::NotRestored => (RefusalCode::NotRestored, Retry::Same, ""),
            Rejected::AlreadyRestored => (RefusalCode::AlreadyRestored, Retry::Never, ""),
            Rejected::Busy => (RefusalCode::Busy, Retry::Later, ""),
            Rejected::OrderOpen(id) => (RefusalCode::OrderOpen, Retry::Later, id.as_str()),
            Rejected::NotAcknowledged(id) => (RefusalCode::NotAcknowledged, Retry::Later, id.as_str()),
            Rejected::OldView => (RefusalCode::OldView, Retry::Same, ""),
            Rejected::NotNow => (RefusalCode::NotNow, Retry::Later, ""),
            Rejected::UnknownOrder(id) => (RefusalCode::UnknownOrder, Retry::Never, id.as_str()),
            Rejected::WatchListFull => (RefusalCode::WatchListFull, Retry::Later, ""),
        };
        let message = messages::of_rejection(rejected);
        Self { code, message, detail: String::new(), retry, order_id: order_id.into(), actions: actions(machine) }
    }

    /// The refusal of a draft; `detail` names the field and its rule.
    #[must_use]
    pub fn of_draft(detail: String, machine: &Machine) -> Self {
        Self {
            code: RefusalCode::BadDraft,
            message: messages::of_bad_draft(),
            detail,
            retry: Retry::Never,
            order_id: String::new(),
            actions: actions(machine),
        }
    }
}
