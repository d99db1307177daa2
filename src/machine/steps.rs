//! The steps of the table: what is asked of the world, and the state that waits for it.

use std::sync::Arc;

use super::desk::{Desk, Job};
use super::effect::{Call, Effect, EffectId, Reader, SnapshotText};
use super::error::{Fault, Reason};
use super::event::{Answer, Draft, SheetHint};
use super::outbox::Outbox;
use super::policy;
use super::reply::{self, Refusal, Verdict};
use super::sign_in::{Progress, Session, SignIn};
use super::state::{
    By, Confirmation, Creating, Hint, Look, Order, OrderFacts, Renewal, Rest, Sale, Seen, Sheet, Silence, State,
    Stopwatch, Subject, Then, Waiting,
};
use crate::domain::{IdempotencyKey, Millis};
use crate::wire::{CloseRequest, CreateAnswer, ListAnswer, OrderState, PaymentParams, ProblemCode, Retry};

/// Whether the app is in front of the payer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Visibility {
    Visible,
    Hidden,
}

/// Whether the caller's open orders must be asked for before the first create.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Listing {
    /// No readable snapshot was found: another life of this app may have left orders.
    Needed,
    Done,
}

/// What the steps may read and change, beside the state.
pub(super) struct Context<'a> {
    pub now: Millis,
    pub revision: u32,
    pub visibility: Visibility,
    pub out: &'a mut Outbox,
    pub session: &'a mut Option<Session>,
    pub desk: &'a mut Desk,
    pub listing: &'a mut Listing,
}

impl Context<'_> {
    fn fresh_session(&self) -> Option<Session> {
        self.session.clone().filter(|session| session.is_fresh(self.now))
    }

    fn call(&mut self, call: Call) -> Waiting {
        self.out.limited(policy::CALL_LIMIT, |id| Effect::Call { id, call })
    }

    /// The text is filled in when the step is over: it is the state after the step that is written.
    fn save(&mut self) -> Waiting {
        self.out.limited(policy::SAVE_LIMIT, |id| Effect::Save { id, snapshot: SnapshotText(String::new()) })
    }

    /// Asks the server about an order, by the order's own token.
    pub fn look_at(&mut self, order: &Order) -> Look {
        self.ask(order, Reader::Status(order.status_token.clone()), By::Token)
    }

    fn ask(&mut self, order: &Order, reader: Reader, by: By) -> Look {
        let call = self.call(Call::Verify { order_id: order.order_id.clone(), reader });
        Look::Asking { call, since: self.now, by }
    }

    fn look_after(&mut self, length: Millis) -> Look {
        match self.visibility {
            Visibility::Visible => Look::Sleeping { sleep: self.out.sleep(length), length },
            Visibility::Hidden => Look::Paused,
        }
    }
}

// From the tap to the sheet.

/// Writes the intent and its key, before anything is sent.
pub(super) fn record(cx: &mut Context<'_>, draft: Draft, key: IdempotencyKey) -> State {
    // What the server does not know yet of earlier purchases may stand in the way of this one.
    cx.desk.catch_up();
    let (basket, expected_amount, separate) = draft.into_parts();
    let sale = Sale { key, basket, expected_amount, separate };
    State::Recording { sale: Arc::new(sale), save: cx.save() }
}

/// Asks for the order, after a login where no session is good.
pub(super) fn create(cx: &mut Context<'_>, subject: Subject) -> State {
    match cx.fresh_session() {
        Some(_) => first_call(cx, subject),
        None => State::SigningIn { subject, step: SignIn::begin(cx.out) },
    }
}

pub(super) fn signed_in(cx: &mut Context<'_>, subject: Subject, step: SignIn, id: EffectId, answer: &Answer) -> State {
    match step.answer(cx.now, id, answer, cx.out) {
        Progress::NotMine => State::SigningIn { subject, step },
        Progress::Pending(step) => State::SigningIn { subject, step },
        Progress::Done(session) => {
            *cx.session = Some(session);
            first_call(cx, subject)
        }
        Progress::Failed(fault) => give_up(cx, subject, fault.reason, fault.request_id),
    }
}

fn first_call(cx: &mut Context<'_>, subject: Subject) -> State {
    match (*cx.listing, cx.fresh_session()) {
        (Listing::Needed, Some(session)) => {
            let call = cx.call(Call::ListOrders { session: session.token });
            State::CreatingOrder { subject, step: Creating::Listing(call), tries: 0 }
        }
        (Listing::Needed, None) | (Listing::Done, _) => ask_for_order(cx, subject, 0),
    }
}

/// An unanswered list does not stop the sale: the server itself refuses a second order for the same lines.
pub(super) fn listed(cx: &mut Context<'_>, answer: &Answer) {
    if let Ok(list) = reply::read::<ListAnswer>(answer) {
        *cx.listing = Listing::Done;
        cx.desk.adopt_list(list, None);
    }
}

/// Sends the create, always under the same key; fetches a session first where none is good.
pub(super) fn ask_for_order(cx: &mut Context<'_>, subject: Subject, tries: u8) -> State {
    let step = match cx.fresh_session() {
        Some(session) => asking(cx, &subject, session, Renewal::Allowed),
        None => Creating::Renewing(SignIn::begin(cx.out)),
    };
    State::CreatingOrder { subject, step, tries }
}

fn asking(cx: &mut Context<'_>, subject: &Subject, session: Session, renewal: Renewal) -> Creating {
    let Sale { key, basket, expected_amount, separate } = Sale::clone(subject.sale());
    let call = cx.call(Call::CreateOrder { session: session.token, key, basket, expected_amount, separate });
    Creating::Asking { call, renewal }
}

pub(super) fn renewed(
    cx: &mut Context<'_>,
    subject: Subject,
    sign_in: SignIn,
    tries: u8,
    id: EffectId,
    answer: &Answer,
) -> State {
    let step = match sign_in.answer(cx.now, id, answer, cx.out) {
        Progress::NotMine => Creating::Renewing(sign_in),
        Progress::Pending(sign_in) => Creating::Renewing(sign_in),
        Progress::Done(session) => {
            *cx.session = Some(session.clone());
            asking(cx, &subject, session, Renewal::Used)
        }
        Progress::Failed(fault) => return give_up(cx, subject, fault.reason, fault.request_id),
    };
    State::CreatingOrder { subject, step, tries }
}

pub(super) fn created(cx: &mut Context<'_>, subject: Subject, renewal: Renewal, tries: u8, answer: &Answer) -> State {
    match reply::read::<CreateAnswer>(answer) {
        Ok(answer) => ordered(cx, subject, answer),
        Err(Refusal::Unauthorized(request_id)) => {
            *cx.session = None;
            match renewal {
                Renewal::Allowed => {
                    let step = Creating::Renewing(SignIn::begin(cx.out));
                    State::CreatingOrder { subject, step, tries }
                }
                Renewal::Used => give_up(cx, subject, Reason::Unauthorized, request_id),
            }
        }
        // The payer is done with the order in the way, and the server is about to learn it.
        Err(Refusal::Problem(problem))
            if tries < policy::CREATE_LADDER.len() as u8
                && problem.open_order.as_ref().is_some_and(|open| cx.desk.is_done_with(&open.order_id)) =>
        {
            rest(cx, subject, tries, Refusal::Problem(problem))
        }
        Err(Refusal::Problem(problem)) if problem.retry == Retry::Never => match (subject, problem.open_order) {
            (Subject::Known(order), _) => confirm(cx, order, Hint::Asked),
            (subject @ Subject::Fresh { then: Then::Look, .. }, _) if !says_unbound(problem.code) => {
                give_up(cx, subject, Reason::Refused(problem.code), problem.request_id)
            }
            (Subject::Fresh { .. }, Some(open)) => {
                // It shows among the watched ones, so that the payer can follow it.
                cx.desk.plan(Job::List);
                failed(Reason::OpenOrder(open), problem.request_id)
            }
            (Subject::Fresh { .. }, None) => failed(Reason::Refused(problem.code), problem.request_id),
        },
        Err(refusal) => rest(cx, subject, tries, refusal),
    }
}

/// Whether a refusal means that no order is under the key: a server looks the key up before it looks at
/// prices and stock. After a relaunch only that says that no sheet was ever opened.
fn says_unbound(code: ProblemCode) -> bool {
    matches!(
        code,
        ProblemCode::PriceChanged
            | ProblemCode::UnknownSku
            | ProblemCode::InvalidOrderToken
            | ProblemCode::OpenOrder
            | ProblemCode::PaymentRefused
    )
}

/// The same create once more, after a while; in the end, patience ends.
fn rest(cx: &mut Context<'_>, subject: Subject, tries: u8, refusal: Refusal) -> State {
    match policy::wait(&policy::CREATE_LADDER, tries, refusal.retry_after_ms()) {
        Some(length) => {
            let step = Creating::Resting(cx.out.sleep(length));
            State::CreatingOrder { subject, step, tries: tries + 1 }
        }
        None => give_up(cx, subject, Reason::Unreachable, refusal.request_id()),
    }
}

/// The server knows an order under the key.
fn ordered(cx: &mut Context<'_>, subject: Subject, answer: CreateAnswer) -> State {
    let (order, then) = match subject {
        Subject::Fresh { sale, then } => {
            if answer.amount != sale.expected_amount {
                // Nobody pays what nobody saw.
                cx.desk.close(CloseRequest::OrderId(answer.order_id));
                return failed(Reason::AmountDiffers, String::new());
            }
            let CreateAnswer { order_id, amount, status_token, .. } = answer;
            cx.desk.unwatch(&order_id);
            let facts = OrderFacts { sale, order_id, amount, status_token };
            (Order { facts: Arc::new(facts), sheet: Sheet::Gone }, then)
        }
        Subject::Known(order) if answer.order_id != order.order_id || answer.amount != order.amount => {
            return confirm(cx, order, Hint::Asked);
        }
        Subject::Known(order) => {
            // The token may have been renewed with the server's keys.
            let facts = OrderFacts {
                sale: order.sale.clone(),
                order_id: answer.order_id,
                amount: answer.amount,
                status_token: answer.status_token,
            };
            (Order { facts: Arc::new(facts), ..order }, Then::OpenSheet)
        }
    };
    match (answer.state, answer.payment, then) {
        (OrderState::Payable, Some(params), Then::OpenSheet) => {
            State::Saving { order, params: Arc::new(params), save: cx.save() }
        }
        (OrderState::Payable, None, _) | (OrderState::Payable, _, Then::Look) => confirm(cx, order, Hint::Relaunch),
        (OrderState::Paid | OrderState::Closing | OrderState::Closed | OrderState::Unknown, _, _) => {
            confirm(cx, order, Hint::Asked)
        }
    }
}

fn failed(reason: Reason, request_id: String) -> State {
    State::Failed { fault: Arc::new(Fault { reason, request_id }) }
}

/// Patience has ended, without a word about an order.
fn give_up(cx: &mut Context<'_>, subject: Subject, reason: Reason, request_id: String) -> State {
    match subject {
        // An answer may have been lost on its way here: what was made is closed.
        Subject::Fresh { sale, then: Then::OpenSheet } => {
            cx.desk.close(CloseRequest::IdempotencyKey(sale.key.clone()));
            failed(reason, request_id)
        }
        // The snapshot may be older than a sheet whose write failed. Only the server can tell, so it
        // is asked for as long as the payer does not give up.
        subject @ Subject::Fresh { then: Then::Look, .. } => {
            let step = Creating::Resting(cx.out.sleep(policy::LONGEST_WAIT));
            State::CreatingOrder { subject, step, tries: u8::MAX }
        }
        Subject::Known(order) => confirm(cx, order, Hint::Asked),
    }
}

pub(super) fn abandon_key(cx: &mut Context<'_>, sale: &Sale) -> State {
    cx.desk.close(CloseRequest::IdempotencyKey(sale.key.clone()));
    State::Idle(Rest::Abandoned)
}

pub(super) fn abandon_order(cx: &mut Context<'_>, order: &Order) -> State {
    cx.desk.watch(order);
    cx.desk.close(CloseRequest::OrderId(order.order_id.clone()));
    cx.desk.plan(Job::Look(order.order_id.clone()));
    State::Idle(Rest::Abandoned)
}

// The sheet.

pub(super) fn open_sheet(cx: &mut Context<'_>, order: Order, params: Arc<PaymentParams>) -> State {
    let sheet = Sheet::Unanswered(cx.out.add(|id| Effect::Pay { id, params }));
    let silence = Silence::Short(cx.out.sleep(policy::SHEET_SILENCE));
    State::Paying { order: Order { sheet, ..order }, silence, look: cx.look_after(policy::PAYING_LOOK) }
}

pub(super) fn sheet_answered(cx: &mut Context<'_>, order: Order, answer: &Answer) -> State {
    let hint = match answer {
        Answer::SheetAnswered(hint) => *hint,
        // A host that breaks its word has not told us more than one that says nothing.
        Answer::LoggedIn(_)
        | Answer::LoginFailed
        | Answer::Called(_)
        | Answer::CallLost
        | Answer::Stored
        | Answer::StoreFailed
        | Answer::Slept => SheetHint::Other,
    };
    confirm(cx, Order { sheet: Sheet::Gone, ..order }, Hint::Sheet(hint))
}

// Looking.

/// What an answer meant for a look.
enum LookAnswer {
    /// Nothing, or a step on the way to a verdict.
    Pending(Look),
    /// The server was asked.
    Answered(Verdict),
}

fn look_answer(cx: &mut Context<'_>, order: &Order, look: Look, id: EffectId, answer: &Answer) -> LookAnswer {
    LookAnswer::Pending(match look {
        Look::Sleeping { sleep, .. } if sleep == id => cx.look_at(order),
        Look::Asking { call, since, by } if call.is_about(id) => {
            match (reply::verdict(&order.order_id, order.amount, cx.now.since(since), answer), by) {
                (Verdict::Unauthorized, By::Token) => Look::Renewing(SignIn::begin(cx.out)),
                (verdict, By::Token | By::Session) => {
                    if let Verdict::Unauthorized = verdict {
                        *cx.session = None;
                    }
                    return LookAnswer::Answered(verdict);
                }
            }
        }
        Look::Renewing(sign_in) => match sign_in.answer(cx.now, id, answer, cx.out) {
            Progress::NotMine => Look::Renewing(sign_in),
            Progress::Pending(sign_in) => Look::Renewing(sign_in),
            Progress::Done(session) => {
                *cx.session = Some(session.clone());
                cx.ask(order, Reader::Session(session.token), By::Session)
            }
            Progress::Failed(_) => return LookAnswer::Answered(Verdict::Unknown(0)),
        },
        look @ (Look::Sleeping { .. } | Look::Asking { .. } | Look::Paused) => look,
    })
}

/// A payment that is not seen does not close the sheet: it may stand under an SMS code.
pub(super) fn looked_while_paying(
    cx: &mut Context<'_>,
    order: Order,
    silence: Silence,
    look: Look,
    id: EffectId,
    answer: &Answer,
) -> State {
    let look = match look_answer(cx, &order, look, id, answer) {
        LookAnswer::Pending(look) => look,
        LookAnswer::Answered(Verdict::Paid(receipt)) => return State::Paid { order, receipt },
        LookAnswer::Answered(Verdict::Closed) => return State::Closed { order },
        LookAnswer::Answered(Verdict::NoPayment | Verdict::Unknown(_) | Verdict::Unauthorized) => {
            cx.look_after(policy::PAYING_LOOK)
        }
    };
    State::Paying { order, silence, look }
}

/// Asks at once, then on the ladder, until a verdict or until time is up.
pub(super) fn confirm(cx: &mut Context<'_>, order: Order, hint: Hint) -> State {
    let read_at = match cx.visibility {
        Visibility::Visible => Some(cx.now),
        Visibility::Hidden => None,
    };
    State::Confirming(Confirmation {
        look: cx.look_at(&order),
        order,
        hint,
        looks: 0,
        watch: Stopwatch { spent: Millis(0), read_at },
        seen: Seen::Nothing,
    })
}

pub(super) fn looked_while_confirming(
    cx: &mut Context<'_>,
    mut conf: Confirmation,
    id: EffectId,
    answer: &Answer,
) -> State {
    let wish_ms = match look_answer(cx, &conf.order, conf.look, id, answer) {
        LookAnswer::Pending(look) => {
            conf.look = look;
            return State::Confirming(conf);
        }
        // By the session too: nobody will say until the server's keys are mended.
        LookAnswer::Answered(Verdict::Unauthorized) => {
            return State::Unconfirmed { order: conf.order, look: Look::Paused };
        }
        LookAnswer::Answered(Verdict::Paid(receipt)) => return State::Paid { order: conf.order, receipt },
        LookAnswer::Answered(Verdict::Closed) => return State::Closed { order: conf.order },
        LookAnswer::Answered(Verdict::NoPayment) => {
            conf.seen = Seen::NoPayment;
            0
        }
        LookAnswer::Answered(Verdict::Unknown(wish_ms)) => {
            conf.seen = Seen::Nothing;
            wish_ms
        }
    };
    next_look(cx, conf, wish_ms)
}

/// After "ok" the money is on its way, and a query that does not see it yet is not the end.
fn next_look(cx: &mut Context<'_>, mut conf: Confirmation, wish_ms: u64) -> State {
    let (patience, may_end_early) = match conf.hint {
        Hint::Sheet(SheetHint::Ok) => (policy::CONFIRM_AFTER_OK, Seen::Nothing),
        Hint::Sheet(SheetHint::Cancelled | SheetHint::Other) | Hint::ClosedByHand | Hint::Relaunch | Hint::Asked => {
            (policy::CONFIRM_OTHERWISE, Seen::NoPayment)
        }
    };
    conf.looks = conf.looks.saturating_add(1);
    // Read here and not at every event: a stale answer must not even move the watch.
    if conf.watch.read_at.is_some() {
        conf.watch.read(cx.now);
    }
    let time_is_up = conf.watch.spent >= patience || conf.looks >= policy::CONFIRM_LOOKS;
    match conf.seen {
        Seen::NoPayment if time_is_up || may_end_early == Seen::NoPayment => unpaid(cx, conf.order),
        Seen::Nothing if time_is_up => State::Unconfirmed { order: conf.order, look: Look::Paused },
        Seen::NoPayment | Seen::Nothing => {
            let rung = (conf.looks - 1).min(policy::CONFIRM_LADDER.len() as u8 - 1);
            let length = policy::wait(&policy::CONFIRM_LADDER, rung, wish_ms).unwrap_or(policy::LONGEST_WAIT);
            conf.look = cx.look_after(length);
            State::Confirming(conf)
        }
    }
}

fn unpaid(cx: &mut Context<'_>, order: Order) -> State {
    State::Unpaid { order, look: cx.look_after(policy::UNPAID_LADDER[0]), looks: 0 }
}

pub(super) fn looked_while_unpaid(
    cx: &mut Context<'_>,
    order: Order,
    look: Look,
    looks: u8,
    id: EffectId,
    answer: &Answer,
) -> State {
    match look_answer(cx, &order, look, id, answer) {
        LookAnswer::Pending(look) => State::Unpaid { order, look, looks },
        LookAnswer::Answered(Verdict::Paid(receipt)) => State::Paid { order, receipt },
        LookAnswer::Answered(Verdict::Closed) => State::Closed { order },
        LookAnswer::Answered(Verdict::NoPayment | Verdict::Unknown(_) | Verdict::Unauthorized) => {
            let looks = looks.saturating_add(1);
            let look = match policy::wait(&policy::UNPAID_LADDER, looks, 0) {
                Some(length) => cx.look_after(length),
                None => Look::Paused,
            };
            State::Unpaid { order, look, looks }
        }
    }
}

pub(super) fn looked_while_unconfirmed(
    cx: &mut Context<'_>,
    order: Order,
    look: Look,
    id: EffectId,
    answer: &Answer,
) -> State {
    match look_answer(cx, &order, look, id, answer) {
        LookAnswer::Pending(look) => State::Unconfirmed { order, look },
        LookAnswer::Answered(Verdict::Paid(receipt)) => State::Paid { order, receipt },
        LookAnswer::Answered(Verdict::Closed) => State::Closed { order },
        LookAnswer::Answered(Verdict::NoPayment) => unpaid(cx, order),
        LookAnswer::Answered(Verdict::Unknown(_) | Verdict::Unauthorized) => {
            State::Unconfirmed { order, look: Look::Paused }
        }
    }
}
