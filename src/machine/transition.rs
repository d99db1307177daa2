//! The table: what each event does in each state. One `match`, no wildcard over states.
//!
//! An arm that rejects comes before anything is asked of the world, so a rejected event leaves no
//! trace. The steps themselves are in `steps.rs`.

use super::desk::Room;
use super::effect::EffectId;
use super::error::Rejected;
use super::event::{Acknowledged, Answer, Command as C, Event};
use super::state::{Confirmation, Creating, Hint, Look, Order, Rest, Sheet, Silence, State as S, Subject, Then};
use super::steps::{self, Context};

/// The next state; nothing where it stays as it is.
pub(super) fn transition(cx: &mut Context<'_>, state: &S, event: &Event) -> Result<Option<S>, Rejected> {
    match event {
        Event::Command(command) => on_command(cx, state, command),
        Event::Answer { id, answer } => Ok(on_answer(cx, state, *id, answer)),
    }
}

fn on_answer(cx: &mut Context<'_>, state: &S, id: EffectId, answer: &Answer) -> Option<S> {
    Some(match (state, answer) {
        // The intent is written, or has had its two seconds: now the server may be asked.
        (S::Recording { sale, save }, _) if save.is_about(id) => {
            steps::create(cx, Subject::Fresh { sale: sale.clone(), then: Then::OpenSheet })
        }

        (S::SigningIn { subject, step }, answer) => steps::signed_in(cx, subject.clone(), *step, id, answer),

        (S::CreatingOrder { subject, step: Creating::Listing(call), tries }, answer) if call.is_about(id) => {
            steps::listed(cx, answer);
            steps::ask_for_order(cx, subject.clone(), *tries)
        }
        (S::CreatingOrder { subject, step: Creating::Asking { call, renewal }, tries }, answer)
            if call.is_about(id) =>
        {
            steps::created(cx, subject.clone(), *renewal, *tries, answer)
        }
        (S::CreatingOrder { subject, step: Creating::Renewing(sign_in), tries }, answer) => {
            steps::renewed(cx, subject.clone(), *sign_in, *tries, id, answer)
        }
        (S::CreatingOrder { subject, step: Creating::Resting(sleep), tries }, Answer::Slept) if *sleep == id => {
            steps::ask_for_order(cx, subject.clone(), *tries)
        }

        // The order is written, or has had its two seconds: money may move from here on.
        (S::Saving { order, params, save }, _) if save.is_about(id) => {
            steps::open_sheet(cx, order.clone(), params.clone())
        }

        (S::Paying { order, .. }, answer) if order.sheet == Sheet::Unanswered(id) => {
            steps::sheet_answered(cx, order.clone(), answer)
        }
        (S::Paying { order, silence: Silence::Short(sleep), look }, Answer::Slept) if *sleep == id => {
            S::Paying { order: order.clone(), silence: Silence::Long, look: *look }
        }
        (S::Paying { order, silence, look }, answer) => {
            steps::looked_while_paying(cx, order.clone(), *silence, *look, id, answer)
        }

        // A late answer of the sheet causes one look, and nothing else.
        (S::Confirming(conf), _) if conf.order.sheet == Sheet::Unanswered(id) => {
            let order = conf.order.without_sheet();
            S::Confirming(Confirmation { look: cx.look_at(&order), order, ..*conf })
        }
        (S::Unpaid { order, looks, .. }, _) if order.sheet == Sheet::Unanswered(id) => {
            S::Unpaid { look: cx.look_at(order), order: order.without_sheet(), looks: *looks }
        }
        (S::Unconfirmed { order, .. }, _) if order.sheet == Sheet::Unanswered(id) => {
            S::Unconfirmed { look: cx.look_at(order), order: order.without_sheet() }
        }

        (S::Confirming(conf), answer) => steps::looked_while_confirming(cx, conf.clone(), id, answer),
        (S::Unpaid { order, look, looks }, answer) => {
            steps::looked_while_unpaid(cx, order.clone(), *look, *looks, id, answer)
        }
        (S::Unconfirmed { order, look }, answer) => {
            steps::looked_while_unconfirmed(cx, order.clone(), *look, id, answer)
        }

        // Every other answer is stale or doubled: nobody waits for it.
        (
            S::Idle(_)
            | S::Recording { .. }
            | S::CreatingOrder { .. }
            | S::Saving { .. }
            | S::Closed { .. }
            | S::Paid { .. }
            | S::Failed { .. },
            _,
        ) => return None,
    })
}

fn on_command(cx: &mut Context<'_>, state: &S, command: &C) -> Result<Option<S>, Rejected> {
    Ok(Some(match (state, command) {
        // A new purchase begins where none is open; it takes leave of an outcome without money.
        (S::Idle(_) | S::Closed { .. } | S::Failed { .. }, C::Start { draft, key }) => {
            steps::record(cx, draft.clone(), key.clone())
        }
        (S::Paid { order, .. }, C::Start { .. }) => return Err(Rejected::NotAcknowledged(order.order_id.clone())),
        (
            S::Recording { .. }
            | S::SigningIn { .. }
            | S::CreatingOrder { .. }
            | S::Saving { .. }
            | S::Paying { .. }
            | S::Confirming(_)
            | S::Unpaid { .. }
            | S::Unconfirmed { .. },
            C::Start { .. },
        ) => return Err(state.order().map_or(Rejected::Busy, |order| Rejected::OrderOpen(order.order_id.clone()))),

        (S::Unconfirmed { order, .. }, C::CheckAgain) => steps::confirm(cx, order.clone(), Hint::Asked),
        // Nothing is in front: the orders on the watch list are meant.
        (S::Idle(_) | S::Closed { .. } | S::Paid { .. } | S::Failed { .. }, C::CheckAgain) if cx.desk.is_watching() => {
            cx.desk.look_round();
            return Ok(None);
        }
        (
            S::Idle(_)
            | S::Recording { .. }
            | S::SigningIn { .. }
            | S::CreatingOrder { .. }
            | S::Saving { .. }
            | S::Paying { .. }
            | S::Confirming(_)
            | S::Unpaid { .. }
            | S::Closed { .. }
            | S::Paid { .. }
            | S::Failed { .. },
            C::CheckAgain,
        ) => return Err(Rejected::NotNow),

        // Never with stored parameters: the server is asked for the order again, and decides.
        (S::Unpaid { order, .. }, C::PayAgain { revision }) => {
            if *revision != cx.revision {
                return Err(Rejected::OldView);
            }
            steps::create(cx, Subject::Known(order.clone()))
        }
        (
            S::Idle(_)
            | S::Recording { .. }
            | S::SigningIn { .. }
            | S::CreatingOrder { .. }
            | S::Saving { .. }
            | S::Paying { .. }
            | S::Confirming(_)
            | S::Unconfirmed { .. }
            | S::Closed { .. }
            | S::Paid { .. }
            | S::Failed { .. },
            C::PayAgain { revision },
        ) => return Err(if *revision == cx.revision { Rejected::NotNow } else { Rejected::OldView }),

        (S::Paying { order, silence: Silence::Long, .. }, C::SheetClosed) => {
            steps::confirm(cx, order.clone(), Hint::ClosedByHand)
        }
        (
            S::Idle(_)
            | S::Recording { .. }
            | S::SigningIn { .. }
            | S::CreatingOrder { .. }
            | S::Saving { .. }
            | S::Paying { silence: Silence::Short(_), .. }
            | S::Confirming(_)
            | S::Unpaid { .. }
            | S::Unconfirmed { .. }
            | S::Closed { .. }
            | S::Paid { .. }
            | S::Failed { .. },
            C::SheetClosed,
        ) => return Err(Rejected::NotNow),

        // An order may have been made under the key: the server is asked to close it.
        (
            S::SigningIn { subject: Subject::Fresh { sale, .. }, .. }
            | S::CreatingOrder { subject: Subject::Fresh { sale, .. }, .. },
            C::Abandon,
        ) => steps::abandon_key(cx, sale),
        (
            S::SigningIn { subject: Subject::Known(order), .. }
            | S::CreatingOrder { subject: Subject::Known(order), .. }
            | S::Unpaid { order, .. },
            C::Abandon,
        ) => {
            may_close(cx, order)?;
            steps::abandon_order(cx, order)
        }
        (
            S::Idle(_)
            | S::Recording { .. }
            | S::Saving { .. }
            | S::Paying { .. }
            | S::Confirming(_)
            | S::Unconfirmed { .. }
            | S::Closed { .. }
            | S::Paid { .. }
            | S::Failed { .. },
            C::Abandon,
        ) => return Err(Rejected::NotNow),

        (S::Unpaid { order, .. } | S::Unconfirmed { order, .. }, C::SetAside) => {
            if cx.desk.room() == Room::Full {
                return Err(Rejected::WatchListFull);
            }
            cx.desk.watch(order);
            S::Idle(Rest::SetAside)
        }
        (
            S::Idle(_)
            | S::Recording { .. }
            | S::SigningIn { .. }
            | S::CreatingOrder { .. }
            | S::Saving { .. }
            | S::Paying { .. }
            | S::Confirming(_)
            | S::Closed { .. }
            | S::Paid { .. }
            | S::Failed { .. },
            C::SetAside,
        ) => return Err(Rejected::NotNow),

        (S::Paid { order, .. }, C::Acknowledge(Acknowledged::Order(seen))) if order.order_id == *seen => {
            cx.desk.acknowledge(order.order_id.clone(), order.status_token.clone());
            S::Idle(Rest::Fresh)
        }
        (S::Closed { order }, C::Acknowledge(Acknowledged::Order(seen))) if order.order_id == *seen => {
            S::Idle(Rest::Fresh)
        }
        (S::Failed { .. }, C::Acknowledge(Acknowledged::Failure)) => S::Idle(Rest::Fresh),
        (
            S::Idle(_)
            | S::Recording { .. }
            | S::SigningIn { .. }
            | S::CreatingOrder { .. }
            | S::Saving { .. }
            | S::Paying { .. }
            | S::Confirming(_)
            | S::Unpaid { .. }
            | S::Unconfirmed { .. }
            | S::Closed { .. }
            | S::Paid { .. }
            | S::Failed { .. },
            C::Acknowledge(seen),
        ) => {
            return Err(match seen {
                Acknowledged::Order(order_id) => Rejected::UnknownOrder(order_id.clone()),
                Acknowledged::Failure => Rejected::NotNow,
            });
        }

        // Being shown looks at once: an interrupted request may never answer.
        (S::Paying { order, silence, .. }, C::Shown) => {
            S::Paying { look: cx.look_at(order), order: order.clone(), silence: *silence }
        }
        (S::Confirming(conf), C::Shown) => {
            let mut conf = conf.clone();
            conf.watch.read_at = Some(cx.now);
            conf.look = cx.look_at(&conf.order);
            S::Confirming(conf)
        }
        (S::Unpaid { order, looks, .. }, C::Shown) => {
            S::Unpaid { look: cx.look_at(order), order: order.clone(), looks: *looks }
        }
        (S::Unconfirmed { order, .. }, C::Shown) => S::Unconfirmed { look: cx.look_at(order), order: order.clone() },
        (S::CreatingOrder { subject, step: Creating::Resting(_), tries }, C::Shown) => {
            steps::ask_for_order(cx, subject.clone(), *tries)
        }
        (
            S::Idle(_)
            | S::Recording { .. }
            | S::SigningIn { .. }
            | S::CreatingOrder { .. }
            | S::Saving { .. }
            | S::Closed { .. }
            | S::Paid { .. }
            | S::Failed { .. },
            C::Shown,
        ) => return Ok(None),

        // Hidden time does not count, and nothing is planned in it.
        (S::Paying { order, silence, look }, C::Hidden) => {
            S::Paying { order: order.clone(), silence: *silence, look: paused(*look) }
        }
        (S::Confirming(conf), C::Hidden) => {
            let mut conf = conf.clone();
            conf.watch.stop(cx.now);
            conf.look = paused(conf.look);
            S::Confirming(conf)
        }
        (S::Unpaid { order, look, looks }, C::Hidden) => {
            S::Unpaid { order: order.clone(), look: paused(*look), looks: *looks }
        }
        (
            S::Idle(_)
            | S::Recording { .. }
            | S::SigningIn { .. }
            | S::CreatingOrder { .. }
            | S::Saving { .. }
            | S::Unconfirmed { .. }
            | S::Closed { .. }
            | S::Paid { .. }
            | S::Failed { .. },
            C::Hidden,
        ) => return Ok(None),

        // Only the first event restores; `Machine::handle` sees to that.
        (
            S::Idle(_)
            | S::Recording { .. }
            | S::SigningIn { .. }
            | S::CreatingOrder { .. }
            | S::Saving { .. }
            | S::Paying { .. }
            | S::Confirming(_)
            | S::Unpaid { .. }
            | S::Unconfirmed { .. }
            | S::Closed { .. }
            | S::Paid { .. }
            | S::Failed { .. },
            C::Restore(_),
        ) => return Err(Rejected::AlreadyRestored),
    }))
}

/// A question that is on its way is left alone; a planned one is dropped.
fn paused(look: Look) -> Look {
    match look {
        Look::Sleeping { .. } | Look::Paused => Look::Paused,
        Look::Asking { .. } | Look::Renewing(_) => look,
    }
}

/// An order is closed only when no sheet of it can be open, and stays watched until a verdict.
fn may_close(cx: &Context<'_>, order: &Order) -> Result<(), Rejected> {
    match (order.sheet, cx.desk.room()) {
        (Sheet::Unanswered(_), _) => Err(Rejected::NotNow),
        (Sheet::Gone, Room::Full) => Err(Rejected::WatchListFull),
        (Sheet::Gone, Room::Found) => Ok(()),
    }
}
