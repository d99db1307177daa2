//! What became of an order: by the merchant's number, or by WeChat's once there is one.

use super::call::Call;
use super::refusal::Refusal;
use super::{Answer, transaction};
use crate::events::Kind;
use crate::sandbox::Sandbox;

/// `GET /v3/pay/transactions/out-trade-no/{number}?mchid=`
pub(crate) fn by_number(sandbox: &Sandbox, call: &Call, number: &str) -> Result<Answer, Refusal> {
    check_query(sandbox, call)?;
    let answer = {
        let mut book = sandbox.book();
        let order = book.order(number, sandbox.clock.now_ms()).ok_or_else(Refusal::no_such_order)?;
        transaction::describe(order)
    };
    sandbox.record(Kind::Query, format!("order {number}: {}", answer["trade_state"].as_str().unwrap_or_default()));
    Ok(Answer::Json(answer))
}

/// `GET /v3/pay/transactions/id/{id}?mchid=`
pub(crate) fn by_transaction(sandbox: &Sandbox, call: &Call, id: &str) -> Result<Answer, Refusal> {
    check_query(sandbox, call)?;
    let answer = {
        let book = sandbox.book();
        transaction::describe(book.order_by_transaction(id).ok_or_else(Refusal::no_such_order)?)
    };
    sandbox.record(Kind::Query, format!("transaction {id}: {}", answer["trade_state"].as_str().unwrap_or_default()));
    Ok(Answer::Json(answer))
}

/// Exactly `mchid`, and exactly the merchant that signed.
fn check_query(sandbox: &Sandbox, call: &Call) -> Result<(), Refusal> {
    if !call.body.is_empty() {
        return Err(Refusal::request("a GET has no body"));
    }
    let mut given = None;
    for (name, value) in
        call.query.split('&').filter(|part| !part.is_empty()).map(|part| part.split_once('=').unwrap_or((part, "")))
    {
        if name != "mchid" || given.replace(value).is_some() {
            return Err(Refusal::extra_field(name, "query"));
        }
    }
    match given {
        None | Some("") => Err(Refusal::query("mchid", "is required")),
        Some(mchid) if mchid == sandbox.identity.mchid => Ok(()),
        Some(_) => Err(Refusal::sign("mchid in the query is not the mchid in Authorization")),
    }
}
