//! Signing in: a fresh code, and its exchange. A sub-state of whatever needs a session.

use super::effect::{Call, Effect, EffectId};
use super::error::{Fault, Reason};
use super::event::Answer;
use super::outbox::Outbox;
use super::policy;
use super::reply::{self, Refusal};
use super::state::Waiting;
use crate::domain::{Millis, SessionToken};
use crate::wire::{ExchangeAnswer, Retry};

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SignIn {
    step: Step,
    tries: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Step {
    Code(Waiting),
    Exchanging(Waiting),
    Resting(EffectId),
}

/// A session, and when it is expected to end. The expectation is advice: a 401 is the truth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The token.
    pub token: SessionToken,
    /// By the host's clock.
    pub until: Millis,
}

impl Session {
    /// Whether it is worth showing. A clock that went back makes it last longer, which a 401 corrects.
    #[must_use]
    pub fn is_fresh(&self, now: Millis) -> bool {
        now < self.until
    }
}

/// What an answer did to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Nobody waited for that answer.
    NotMine,
    /// It goes on.
    Pending(SignIn),
    /// There is a session.
    Done(Session),
    /// It did not work.
    Failed(Fault),
}

impl SignIn {
    /// Asks for a code.
    pub(super) fn begin(out: &mut Outbox) -> Self {
        Self { step: Step::Code(fetch_code(out)), tries: 0 }
    }

    /// Takes an answer.
    pub(super) fn answer(self, now: Millis, id: EffectId, answer: &Answer, out: &mut Outbox) -> Progress {
        match self.step {
            Step::Code(wait) if wait.is_about(id) => match answer {
                Answer::LoggedIn(code) if id == wait.effect => {
                    let call = Call::Exchange { code: code.clone() };
                    let step = Step::Exchanging(out.limited(policy::CALL_LIMIT, |id| Effect::Call { id, call }));
                    Progress::Pending(Self { step, ..self })
                }
                _ => self.again(0, fault(Reason::LoginFailed, String::new()), out),
            },
            Step::Exchanging(wait) if wait.is_about(id) => match reply::read::<ExchangeAnswer>(answer) {
                Ok(answer) => {
                    Progress::Done(Session { token: answer.token, until: now.after(Millis(answer.expires_in_ms)) })
                }
                Err(Refusal::Problem(problem)) if problem.retry == Retry::Never => {
                    Progress::Failed(fault(Reason::LoginFailed, problem.request_id))
                }
                // Whatever became of the code, it is not used again.
                Err(Refusal::Unknown) => self.again(0, fault(Reason::Unreachable, String::new()), out),
                Err(refusal) => {
                    self.again(refusal.retry_after_ms(), fault(Reason::LoginFailed, refusal.request_id()), out)
                }
            },
            Step::Resting(sleep) if sleep == id => {
                Progress::Pending(Self { step: Step::Code(fetch_code(out)), ..self })
            }
            Step::Code(_) | Step::Exchanging(_) | Step::Resting(_) => Progress::NotMine,
        }
    }

    fn again(self, wish_ms: u64, fault: Fault, out: &mut Outbox) -> Progress {
        match policy::wait(&policy::LOGIN_LADDER, self.tries, wish_ms) {
            Some(length) => Progress::Pending(Self { step: Step::Resting(out.sleep(length)), tries: self.tries + 1 }),
            None => Progress::Failed(fault),
        }
    }
}

fn fault(reason: Reason, request_id: String) -> Fault {
    Fault { reason, request_id }
}

fn fetch_code(out: &mut Outbox) -> Waiting {
    out.limited(policy::CALL_LIMIT, |id| Effect::Login { id })
}
