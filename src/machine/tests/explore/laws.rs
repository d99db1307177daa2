//! The ten laws, checked after every step of every explored state.

use super::server::Server;
use super::world::{Step, Wanted, World};
use crate::machine::effect::{Call, Effect};
use crate::machine::event::Command;
use crate::machine::policy;
use crate::machine::state::{Look, State};
use crate::machine::view::{Outcome, View};

type Law = Result<(), String>;

/// Checks the step that led from `before` to `after`, and `after` itself.
pub fn check(before: &World, step: &Step, after: &World) -> Law {
    paid_is_true(after)?;
    no_money_is_called_failed(after)?;
    no_screen_denies_money(after)?;
    only_verdicts_leave(before, step, after)?;
    sheets_are_asked_for(before, step, after)?;
    one_key(after)?;
    written_first(before, after)?;
    something_is_offered(after)?;
    nothing_is_lost(before, after)?;
    rejection_changes_nothing(before, step, after)?;
    nothing_secret_shows(after)?;
    one_payment(after)
}

fn law(number: u8, holds: bool, what: &str) -> Law {
    if holds { Ok(()) } else { Err(format!("law {number}: {what}")) }
}

fn order_at(state: &State) -> Option<usize> {
    Server::at(state.order()?.order_id.as_str())
}

fn paid_is_true(world: &World) -> Law {
    let shown = matches!(world.machine.state(), State::Paid { .. });
    let front = !shown || order_at(world.machine.state()).is_some_and(|at| world.server.orders[at].payments > 0);
    let watched = View::from(&world.machine).watched.into_iter().all(|w| {
        w.outcome != Outcome::Paid
            || Server::at(w.order.order_id.as_str()).is_some_and(|at| world.server.orders[at].payments > 0)
    });
    law(1, front && watched, "a screen says paid, and no money moved")
}

fn no_money_is_called_failed(world: &World) -> Law {
    let State::Failed { .. } = world.machine.state() else { return Ok(()) };
    // The order of the checkout in front, if its key has made one.
    let made = world.key.as_ref().and_then(|key| world.server.orders.iter().position(|order| order.key == *key));
    let opened = made.is_some_and(|at| world.opened.contains(&at));
    law(1, !opened, "a purchase whose sheet was opened is called failed")?;
    let closed_but_paid = |at: usize| world.server.orders[at].payments > 0;
    law(1, !made.is_some_and(closed_but_paid), "money that moved is called failed")
}

/// What a screen says, against the money of the order that its purchase has made.
fn no_screen_denies_money(world: &World) -> Law {
    let made = world.key.as_ref().and_then(|key| world.server.orders.iter().position(|order| order.key == *key));
    let view = View::from(&world.machine);
    if made.is_some_and(|at| world.server.orders[at].payments > 0) {
        let denies = ["没有扣款", "尚未扣款"].iter().any(|words| view.message.zh.contains(words))
            || ["Nothing was charged", "Nothing has been charged"].iter().any(|words| view.message.en.contains(words));
        law(1, !denies, "a screen says that nothing was charged, and money moved")?;
        law(1, view.outcome != Some(Outcome::Failed), "money that moved is an outcome called failed")?;
    }
    let told_paid = view.watched.iter().any(|watched| watched.outcome == Outcome::Paid);
    let at_rest = matches!(world.machine.state(), State::Idle(_));
    law(1, !(told_paid && at_rest && view.outcome.is_some()), "an outcome stands beside a payment that contradicts it")
}

/// Leaving {Paying, Confirming, Unconfirmed} takes a verdict, time, or the payer's own word.
fn only_verdicts_leave(before: &World, step: &Step, after: &World) -> Law {
    let held = |state: &State| matches!(state, State::Paying { .. } | State::Confirming(_) | State::Unconfirmed { .. });
    if !held(before.machine.state())
        || held(after.machine.state())
        || matches!(step, Step::Kill | Step::KillAndPurge(_))
    {
        return Ok(());
    }
    let by_verdict = match step {
        Step::Answer(at) | Step::Lag(at) => {
            matches!(before.pending.get(*at), Some(Effect::Call { call: Call::Verify { .. }, .. }))
        }
        _ => false,
    };
    let aside = matches!(step, Step::Tap(Command::SetAside));
    // The time of a confirmation ends with a look; what the last one saw stands.
    let time_is_up = matches!(after.machine.state(), State::Unpaid { .. });
    law(1, by_verdict || aside || time_is_up, "left without a verdict about the order")
}

fn sheets_are_asked_for(before: &World, step: &Step, after: &World) -> Law {
    let opened = after.asked.iter().filter(|effect| matches!(effect, Effect::Pay { .. })).count();
    if opened == 0 {
        return Ok(());
    }
    law(5, !matches!(step, Step::Kill | Step::KillAndPurge(_)), "a relaunch opened the sheet by itself")?;
    law(2, opened == 1, "two sheets at once")?;
    law(2, after.wanted == Wanted::Answered, "a sheet without a command and a create after it")?;
    law(4, matches!(before.machine.state(), State::Saving { .. }), "the sheet opened before the order was written")?;
    // Only the payer's word that a silent sheet is closed lets another open beside it. One whose order
    // is paid or closed takes no more money, though its callback may still come.
    let live = before.sheets.iter().any(|sheet| {
        let order = &before.server.orders[sheet.order];
        sheet.effect.is_some() && order.payments == 0 && !order.closed
    });
    law(2, !live || before.said_closed, "a second sheet beside one that can take money")
}

/// A create goes out under the key that its Start was given, after a relaunch too.
fn one_key(after: &World) -> Law {
    let asked = after.asked.iter().find_map(|effect| match effect {
        Effect::Call { call: Call::CreateOrder { key, .. }, .. } => Some(key.as_str()),
        _ => None,
    });
    let Some(key) = asked else { return Ok(()) };
    law(3, after.given.iter().any(|given| given == key), "a create went out under a key that no Start was given")?;
    let State::CreatingOrder { subject, .. } = after.machine.state() else { return Ok(()) };
    law(3, key == subject.sale().key.as_str(), "a create went out under another key")
}

fn written_first(before: &World, after: &World) -> Law {
    let creates = after.asked.iter().any(|e| matches!(e, Effect::Call { call: Call::CreateOrder { .. }, .. }));
    let recording = matches!(before.machine.state(), State::Recording { .. });
    let waits = matches!(after.machine.state(), State::Recording { .. });
    law(4, !(creates && recording && waits), "an order was asked for before the intent was written")
}

fn something_is_offered(world: &World) -> Law {
    let state = world.machine.state();
    let view = View::from(&world.machine);
    let bounded = match state {
        // These end by a write or its two seconds.
        State::Recording { .. } | State::Saving { .. } => true,
        // By the sheet's silence.
        State::Paying { .. } => true,
        State::Confirming(conf) => {
            let waits = !matches!(conf.look, Look::Paused) || conf.watch.read_at.is_none();
            conf.looks <= policy::CONFIRM_LOOKS && waits
        }
        State::Idle(_)
        | State::SigningIn { .. }
        | State::CreatingOrder { .. }
        | State::Unpaid { .. }
        | State::Unconfirmed { .. }
        | State::Closed { .. }
        | State::Paid { .. }
        | State::Failed { .. } => !view.actions.is_empty(),
    };
    let has_sheet = state.order().is_some_and(|order| order.sheet != crate::machine::state::Sheet::Gone);
    law(6, bounded || has_sheet, "nothing is offered, and nothing will end it")?;
    let waits_for = match state {
        State::Recording { save, .. } | State::Saving { save, .. } => Some(save.limit),
        _ => None,
    };
    let ends = waits_for.is_none_or(|limit| world.pending.iter().any(|effect| effect.id() == limit));
    law(6, ends, "a wait without a limit")
}

/// An opened order that nobody is done with is known to the machine, and to the storage once it works.
fn nothing_is_lost(before: &World, world: &World) -> Law {
    let memory = world.machine.memory().to_text().0;
    for at in &world.opened {
        let order = &world.server.orders[*at];
        if world.done.contains(at) || world.amnesia || order.closed {
            continue;
        }
        let name = format!("\"{}\"", Server::name(*at));
        // By its name, or by the key that the server knows it by.
        let known = |text: &str| text.contains(&name) || text.contains(&order.key);
        law(7, known(&memory), "an order whose sheet was opened is not known any more")?;
        law(7, world.disk_failed || !known(&before.disk) || known(&world.disk), "an open order left the storage")?;
    }
    Ok(())
}

fn rejection_changes_nothing(before: &World, step: &Step, after: &World) -> Law {
    if !after.rejected {
        return Ok(());
    }
    let same = before.machine.state() == after.machine.state()
        && before.machine.desk == after.machine.desk
        && before.machine.revision() == after.machine.revision()
        && before.pending == after.pending;
    law(8, same && matches!(step, Step::Tap(_)), "a rejected command changed something")
}

fn nothing_secret_shows(world: &World) -> Law {
    let secrets = ["s1.t", "o1.", "prepay_id", world.key.as_deref().unwrap_or("s1.t")];
    let shown = world.shown.clone() + &crate::json::written(&View::from(&world.machine));
    law(9, !secrets.iter().any(|secret| shown.contains(secret)), "a secret shows")
}

fn one_payment(world: &World) -> Law {
    law(2, world.server.orders.iter().all(|order| order.payments <= 1), "an order was paid twice")?;
    let unseen = world.server.orders.iter().filter(|order| order.payments > 0 && !order.acknowledged).count();
    law(2, unseen <= 1, "the same basket was paid twice before the first was seen")
}
