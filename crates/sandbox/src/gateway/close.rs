//! `POST /v3/pay/transactions/out-trade-no/{number}/close`: 204, also the second time, and also for
//! a number that was never ordered: 204 alone proves nothing.

use super::Answer;
use super::call::Call;
use super::fields::{self, Fields};
use super::refusal::Refusal;
use crate::book::OrderState;
use crate::events::Kind;
use crate::sandbox::Sandbox;

pub(crate) fn close(sandbox: &Sandbox, call: &Call, number: &str) -> Result<Answer, Refusal> {
    let body = fields::parse(&call.body)?;
    let mut root = Fields::of(&body)?;
    let mchid = root.text("mchid", 1..=32)?;
    root.finish()?;
    if mchid != sandbox.identity.mchid {
        return Err(Refusal::sign("mchid in the body is not the mchid in Authorization"));
    }
    if let Some(order) = sandbox.book().order(number, sandbox.clock.now_ms()) {
        match order.state {
            OrderState::Paid(_) => return Err(Refusal::order_paid()),
            OrderState::NotPaid => order.state = OrderState::Closed,
            OrderState::Closed => {}
        }
    }
    sandbox.record(Kind::Close, format!("order {number}: close was answered with 204"));
    Ok(Answer::Empty)
}
