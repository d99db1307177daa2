//! The desk beside the checkout: orders set aside, acknowledgements owed, orders being closed.
//!
//! It works one call at a time, never opens a sheet and never touches the checkout in front.

use std::collections::VecDeque;
use std::sync::Arc;

use serde::Serialize;

use super::effect::{Call, Effect, EffectId, Reader};
use super::event::Answer;
use super::outbox::Outbox;
use super::policy;
use super::reply::{self, Refusal, Verdict};
use super::sign_in::{Progress, Session, SignIn};
use super::state::{Order, Receipt, Renewal, Waiting};
use crate::domain::{Fen, Millis, OrderId, SessionToken, StatusToken};
use crate::wire::{CloseAnswer, CloseRequest, ListAnswer, OrderState, Retry};

/// An order on the watch list. It leaves by a verdict only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Watched {
    /// The order.
    pub order_id: OrderId,
    /// What it costs.
    pub amount: Fen,
    /// Reads it.
    pub status_token: StatusToken,
    /// What is known.
    pub standing: Standing,
}

/// What is known of a watched order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Standing {
    /// No verdict so far.
    Open,
    /// Money arrived; the payer has not acknowledged it.
    Paid(Arc<Receipt>),
}

/// An acknowledgement that the server has not taken yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Owed {
    /// The order.
    pub order_id: OrderId,
    /// Permission for it.
    pub status_token: StatusToken,
}

/// What the desk may be asked to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Job {
    Look(OrderId),
    Acknowledge(OrderId),
    Close(CloseRequest),
    List,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Running {
    job: Job,
    step: Step,
    renewal: Renewal,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    SigningIn(SignIn),
    Asking { call: Waiting, since: Millis },
}

/// The desk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Desk {
    pub(super) watch: Vec<Watched>,
    pub(super) owed: Vec<Owed>,
    /// Orders given up that the server has not been told of.
    pub(super) closing: Vec<CloseRequest>,
    /// What the payer has acknowledged in this process: the server may learn it a moment later.
    pub(super) acknowledged: Vec<OrderId>,
    queue: VecDeque<Job>,
    running: Option<Running>,
}

/// Whose answer it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    Desk,
    Other,
}

/// Whether an order could be taken on the watch list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Room {
    Found,
    Full,
}

impl Desk {
    /// What a restored machine has to do.
    pub fn restored(watch: Vec<Watched>, owed: Vec<Owed>, closing: Vec<CloseRequest>) -> Self {
        let acknowledged = owed.iter().map(|owed| owed.order_id.clone()).collect();
        let mut desk = Self::at_rest(watch, owed, closing, acknowledged);
        desk.look_round();
        desk
    }

    /// A desk that has nothing to do.
    pub fn at_rest(
        watch: Vec<Watched>,
        owed: Vec<Owed>,
        closing: Vec<CloseRequest>,
        acknowledged: Vec<OrderId>,
    ) -> Self {
        Self { watch, owed, closing, acknowledged, ..Self::default() }
    }

    /// Tells the server what it does not know yet, and looks at every open order.
    pub fn look_round(&mut self) {
        self.catch_up();
        let looks = self.watch.iter().filter(|w| w.standing == Standing::Open);
        for job in looks.map(|w| Job::Look(w.order_id.clone())).collect::<Vec<_>>() {
            self.plan(job);
        }
    }

    /// Tells the server what it does not know yet: orders given up, and outcomes that were seen.
    pub fn catch_up(&mut self) {
        let closing = self.closing.iter().cloned().map(Job::Close);
        let owed = self.owed.iter().map(|o| Job::Acknowledge(o.order_id.clone()));
        for job in closing.chain(owed).collect::<Vec<_>>() {
            self.plan(job);
        }
    }

    /// Whether a watched order has no verdict yet.
    pub fn is_watching(&self) -> bool {
        self.watch.iter().any(|watched| watched.standing == Standing::Open)
    }

    /// Has an order closed that was given up.
    pub fn close(&mut self, request: CloseRequest) {
        if self.closing.len() == policy::CLOSE_LIST {
            self.closing.remove(0);
        }
        self.plan(Job::Close(request.clone()));
        self.closing.push(request);
    }

    /// Whether nothing is to be done.
    pub fn is_idle(&self) -> bool {
        self.running.is_none() && self.queue.is_empty()
    }

    /// Queues a job, once.
    pub fn plan(&mut self, job: Job) {
        let running = self.running.as_ref().is_some_and(|running| running.job == job);
        if !running && !self.queue.contains(&job) {
            self.queue.push_back(job);
        }
    }

    /// Whether another order can be watched.
    pub fn room(&self) -> Room {
        if self.watch.len() < policy::WATCH_LIST { Room::Found } else { Room::Full }
    }

    /// Takes an order on the watch list. Ask [`Self::room`] first.
    pub fn watch(&mut self, order: &Order) {
        self.adopt(Watched {
            order_id: order.order_id.clone(),
            amount: order.amount,
            status_token: order.status_token.clone(),
            standing: Standing::Open,
        });
    }

    fn adopt(&mut self, watched: Watched) {
        if self.room() == Room::Found && !self.watch.iter().any(|w| w.order_id == watched.order_id) {
            self.watch.push(watched);
        }
    }

    /// The order is in front now.
    pub fn unwatch(&mut self, order_id: &OrderId) {
        self.watch.retain(|watched| watched.order_id != *order_id);
    }

    /// Takes what the server's list holds, but for the order that is in front.
    pub fn adopt_list(&mut self, list: ListAnswer, in_front: Option<&OrderId>) {
        for listed in list.orders {
            let is_open = match listed.state {
                OrderState::Payable | OrderState::Paid | OrderState::Closing | OrderState::Unknown => true,
                OrderState::Closed => false,
            };
            let is_owed = self.owed.iter().any(|owed| owed.order_id == listed.order_id);
            if is_open && !is_owed && in_front != Some(&listed.order_id) {
                self.plan(Job::Look(listed.order_id.clone()));
                self.adopt(Watched {
                    order_id: listed.order_id,
                    amount: listed.amount,
                    status_token: listed.status_token,
                    standing: Standing::Open,
                });
            }
        }
    }

    /// Owes the server an acknowledgement.
    pub fn acknowledge(&mut self, order_id: OrderId, status_token: StatusToken) {
        if self.owed.len() == policy::ACK_LIST {
            self.owed.remove(0);
        }
        if self.acknowledged.len() == policy::ACK_LIST {
            self.acknowledged.remove(0);
        }
        self.acknowledged.push(order_id.clone());
        self.plan(Job::Acknowledge(order_id.clone()));
        self.owed.push(Owed { order_id, status_token });
    }

    /// Whether the payer is done with this order; then the server is told so, if it was not.
    pub fn is_done_with(&mut self, order_id: &OrderId) -> bool {
        let done = self.acknowledged.contains(order_id);
        if done && self.owed.iter().any(|owed| owed.order_id == *order_id) {
            self.plan(Job::Acknowledge(order_id.clone()));
        }
        done
    }

    /// The payer has seen this watched order's outcome.
    pub fn acknowledge_watched(&mut self, order_id: &OrderId) -> Owner {
        let paid = |w: &Watched| w.order_id == *order_id && w.standing != Standing::Open;
        match self.watch.iter().position(paid) {
            Some(at) => {
                let watched = self.watch.remove(at);
                self.acknowledge(watched.order_id, watched.status_token);
                Owner::Desk
            }
            None => Owner::Other,
        }
    }

    /// Starts the next job, if the desk is free.
    pub fn work(&mut self, now: Millis, session: Option<&Session>, out: &mut Outbox) {
        while self.running.is_none() {
            let Some(job) = self.queue.pop_front() else { return };
            self.running = self.begin(job, now, session, out);
        }
    }

    /// `None` for a job that has lost its object meanwhile.
    fn begin(&self, job: Job, now: Millis, session: Option<&Session>, out: &mut Outbox) -> Option<Running> {
        let call = match &job {
            Job::Look(order_id) => {
                let watched = self.watch.iter().find(|w| w.order_id == *order_id)?;
                let reader = Reader::Status(watched.status_token.clone());
                Some(Call::Verify { order_id: order_id.clone(), reader })
            }
            Job::Acknowledge(order_id) => {
                let owed = self.owed.iter().find(|o| o.order_id == *order_id)?;
                Some(Call::Acknowledge { order_id: order_id.clone(), token: owed.status_token.clone() })
            }
            Job::Close(request) if !self.closing.contains(request) => return None,
            Job::Close(_) | Job::List => session.map(|session| with_session(&job, session.token.clone())),
        };
        let step = match call {
            Some(call) => ask(call, now, out),
            None => Step::SigningIn(SignIn::begin(out)),
        };
        Some(Running { job, step, renewal: Renewal::Allowed })
    }

    /// Takes an answer, if it is the desk's.
    pub fn answer(
        &mut self,
        now: Millis,
        id: EffectId,
        answer: &Answer,
        session: &mut Option<Session>,
        in_front: Option<&OrderId>,
        out: &mut Outbox,
    ) -> Owner {
        let Some(mut running) = self.running.take() else { return Owner::Other };
        match running.step.clone() {
            Step::SigningIn(sign_in) => match sign_in.answer(now, id, answer, out) {
                Progress::NotMine => {
                    self.running = Some(running);
                    return Owner::Other;
                }
                Progress::Pending(sign_in) => {
                    running.step = Step::SigningIn(sign_in);
                    self.running = Some(running);
                }
                Progress::Done(fresh) => {
                    running.step = ask(with_session(&running.job, fresh.token.clone()), now, out);
                    *session = Some(fresh);
                    self.running = Some(running);
                }
                // The job stands as planned; being shown tries again what matters.
                Progress::Failed(_) => {}
            },
            Step::Asking { call, .. } if !call.is_about(id) => {
                self.running = Some(running);
                return Owner::Other;
            }
            Step::Asking { since, .. } => {
                let refused = matches!(reply::accepted(answer), Err(Refusal::Unauthorized(_)));
                // An order whose own token is refused is looked at by the payer's session.
                let may_renew = matches!(running.job, Job::Close(_) | Job::List | Job::Look(_));
                if refused && may_renew && running.renewal == Renewal::Allowed {
                    *session = None;
                    running.renewal = Renewal::Used;
                    running.step = Step::SigningIn(SignIn::begin(out));
                    self.running = Some(running);
                } else {
                    self.finish(running.job, now.since(since), answer, in_front);
                }
            }
        }
        Owner::Desk
    }

    fn finish(&mut self, job: Job, elapsed: Option<Millis>, answer: &Answer, in_front: Option<&OrderId>) {
        match job {
            Job::Look(order_id) => self.looked(&order_id, elapsed, answer),
            Job::Acknowledge(order_id) => {
                let taken = match reply::accepted(answer) {
                    Ok(()) => true,
                    Err(Refusal::Problem(problem)) => problem.retry == Retry::Never,
                    Err(Refusal::Unauthorized(_)) => true,
                    Err(Refusal::Unknown) => false,
                };
                if taken {
                    self.owed.retain(|owed| owed.order_id != order_id);
                }
            }
            Job::Close(request) => {
                let answer = reply::read::<CloseAnswer>(answer);
                let taken = match &answer {
                    Ok(_) => true,
                    Err(Refusal::Problem(problem)) => problem.retry == Retry::Never,
                    Err(Refusal::Unauthorized(_) | Refusal::Unknown) => false,
                };
                if taken {
                    self.closing.retain(|closing| *closing != request);
                }
                // By key, the order's name is not known here: the list tells it.
                if let (CloseRequest::IdempotencyKey(_), Ok(CloseAnswer { state: OrderState::Paid })) =
                    (request, answer)
                {
                    self.plan(Job::List);
                }
            }
            Job::List => {
                if let Ok(list) = reply::read::<ListAnswer>(answer) {
                    self.adopt_list(list, in_front);
                }
            }
        }
    }

    fn looked(&mut self, order_id: &OrderId, elapsed: Option<Millis>, answer: &Answer) {
        let Some(at) = self.watch.iter().position(|w| w.order_id == *order_id) else { return };
        let watched = &mut self.watch[at];
        match reply::verdict(&watched.order_id, watched.amount, elapsed, answer) {
            Verdict::Paid(receipt) => watched.standing = Standing::Paid(receipt),
            Verdict::Closed if watched.standing == Standing::Open => {
                self.watch.remove(at);
            }
            Verdict::Closed | Verdict::NoPayment | Verdict::Unknown(_) | Verdict::Unauthorized => {}
        }
    }
}

fn ask(call: Call, now: Millis, out: &mut Outbox) -> Step {
    Step::Asking { call: out.limited(policy::CALL_LIMIT, |id| Effect::Call { id, call }), since: now }
}

/// The calls by a session.
fn with_session(job: &Job, session: SessionToken) -> Call {
    match job {
        Job::Close(request) => Call::Close { session, request: request.clone() },
        Job::Look(order_id) => Call::Verify { order_id: order_id.clone(), reader: Reader::Session(session) },
        Job::List | Job::Acknowledge(_) => Call::ListOrders { session },
    }
}
