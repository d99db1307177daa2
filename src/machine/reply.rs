//! Reading what the server answered. Whatever cannot be read is "unknown", never "no".

use std::sync::Arc;

use super::event::{Answer, Reply};
use super::policy::EVIDENCE_SLACK;
use super::state::Receipt;
use crate::domain::{Fen, Millis, OrderId};
use crate::json::Read;
use crate::wire::{EvidenceSource, OrderState, Problem, Retry, VerifyAnswer};

/// An answer that is not the one hoped for.
#[derive(Clone, Debug)]
pub(super) enum Refusal {
    /// No answer, or one that makes no sense: the request may have been carried out.
    Unknown,
    /// 401: the token shown is not good (any more).
    Unauthorized(String),
    /// The server says what is wrong.
    Problem(Box<Problem>),
}

impl Refusal {
    pub fn retry_after_ms(&self) -> u64 {
        match self {
            Self::Unknown | Self::Unauthorized(_) => 0,
            Self::Problem(problem) => problem.retry_after_ms,
        }
    }

    pub fn request_id(self) -> String {
        match self {
            Self::Unknown => String::new(),
            Self::Unauthorized(request_id) => request_id,
            Self::Problem(problem) => problem.request_id,
        }
    }
}

/// Reads an answer to a call as a `T`.
pub(super) fn read<T: Read>(answer: &Answer) -> Result<T, Refusal> {
    let Answer::Called(reply) = answer else { return Err(Refusal::Unknown) };
    if (200..300).contains(&reply.status) {
        return T::read(&reply.body).ok_or(Refusal::Unknown);
    }
    Err(refusal(reply))
}

#[inline(never)]
fn refusal(reply: &Reply) -> Refusal {
    let problem = Problem::read(&reply.body);
    match (reply.status, problem) {
        (401, problem) => Refusal::Unauthorized(problem.map(|p| p.request_id).unwrap_or_default()),
        (_, Some(problem)) if problem.retry == Retry::Login => Refusal::Unauthorized(problem.request_id),
        (400..500, Some(problem)) => Refusal::Problem(Box::new(problem)),
        // A server in trouble cannot say "never": it does not know what it did.
        (_, Some(problem)) => Refusal::Problem(Box::new(Problem { retry: retry_of_a_fault(problem.retry), ..problem })),
        (_, None) => Refusal::Unknown,
    }
}

fn retry_of_a_fault(said: Retry) -> Retry {
    match said {
        Retry::Never | Retry::Later | Retry::Login => Retry::Later,
        Retry::Same => Retry::Same,
    }
}

/// Whether an answer was a yes; its body, if any, does not matter.
pub(super) fn accepted(answer: &Answer) -> Result<(), Refusal> {
    match answer {
        Answer::Called(reply) if (200..300).contains(&reply.status) => Ok(()),
        Answer::Called(reply) => Err(refusal(reply)),
        _ => Err(Refusal::Unknown),
    }
}

/// What one look came to.
#[derive(Clone, Debug)]
pub(super) enum Verdict {
    /// Money arrived.
    Paid(Arc<Receipt>),
    /// WeChat, asked after `since`, saw no payment.
    NoPayment,
    /// WeChat says closed.
    Closed,
    /// Nobody could say; ask again, not before this many milliseconds.
    Unknown(u64),
    /// The token was refused.
    Unauthorized,
}

/// Reads the answer to a look at an order that was asked for `elapsed` ago.
///
/// Only an answer that echoes the order and its amount is about it. `payable` counts only when WeChat
/// was asked after we asked: a memory of the ledger, or an older answer, says nothing about a sheet
/// that has just closed.
pub(super) fn verdict(order_id: &OrderId, amount: Fen, elapsed: Option<Millis>, answer: &Answer) -> Verdict {
    let answer: VerifyAnswer = match read(answer) {
        Ok(answer) => answer,
        Err(Refusal::Unauthorized(_)) => return Verdict::Unauthorized,
        Err(refusal) => return Verdict::Unknown(refusal.retry_after_ms()),
    };
    if answer.order_id != *order_id || answer.amount != amount {
        return Verdict::Unknown(0);
    }
    match (answer.state, answer.is_valid) {
        (OrderState::Paid, true) => Verdict::Paid(Arc::new(Receipt {
            refund: answer.refund,
            refunded_amount: answer.refunded_amount,
            wechat_transaction_id: answer.wechat_transaction_id.unwrap_or_default(),
            paid_at: answer.paid_at.unwrap_or_default(),
        })),
        (OrderState::Closed, false) => Verdict::Closed,
        (OrderState::Payable, false)
            if answer.evidence.source == EvidenceSource::Wechat
                && elapsed.is_none_or(|elapsed| answer.evidence.age_ms <= elapsed.after(EVIDENCE_SLACK).0) =>
        {
            Verdict::NoPayment
        }
        (OrderState::Payable | OrderState::Closing | OrderState::Unknown, _)
        | (OrderState::Paid, false)
        | (OrderState::Closed, true) => Verdict::Unknown(answer.retry_after_ms),
    }
}
