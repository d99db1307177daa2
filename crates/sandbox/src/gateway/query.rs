//! What became of an order: by the merchant's number, or by WeChat's once there is one.

use super::payee::{Mode, owner};
use super::refusal::Refusal;
use super::transaction::{self, Seen};
use super::{Asked, Done};
use crate::book::{Book, Owner};
use crate::events::Kind;
use crate::text::text;

/// `GET /v3/pay/transactions/out-trade-no/{number}?mchid=`
pub(crate) fn by_number(asked: &Asked<'_>, mode: Mode, number: &str) -> Result<Done, Refusal> {
    let owner = check_query(asked, mode)?;
    let book = asked.sandbox.book();
    let order = book.order(&owner, number).ok_or_else(Refusal::no_such_order)?;
    let seen = if order.payment().is_some() && asked.is_blind() { Seen::BeforePayment } else { Seen::Now };
    let answer = transaction::describe(&asked.sandbox.identity, order, seen, asked.now_ms);
    let state = answer["trade_state"].as_str().unwrap_or_default();
    let what = text(format!("order {number}: {state}"), format!("订单 {number}：{state}"));
    Ok(Done::json(answer, Kind::Query, what))
}

/// `GET /v3/pay/transactions/id/{id}?mchid=`
pub(crate) fn by_transaction(asked: &Asked<'_>, mode: Mode, id: &str) -> Result<Done, Refusal> {
    let owner = check_query(asked, mode)?;
    let book = asked.sandbox.book();
    let order = match book.order_by_transaction(&owner, id) {
        // Its number is not known yet, either.
        Some(_) if asked.is_blind() => return Err(Refusal::no_such_order()),
        Some(order) => order,
        None => return Err(of_somebody_else(&book, &owner, id).unwrap_or_else(Refusal::no_such_order)),
    };
    let answer = transaction::describe(&asked.sandbox.identity, order, Seen::Now, asked.now_ms);
    let state = answer["trade_state"].as_str().unwrap_or_default();
    let what = text(format!("transaction {id}: {state}"), format!("微信支付单 {id}：{state}"));
    Ok(Done::json(answer, Kind::Query, what))
}

/// WeChat's numbers are the same for everybody: one of another merchant's payments is told as such.
pub(super) fn of_somebody_else(book: &Book, owner: &Owner, id: &str) -> Option<Refusal> {
    let other = book.owner_of_transaction(id).filter(|other| other != owner)?;
    Some(if owner.is_partner() && other.mchid() == owner.mchid() {
        Refusal::not_your_order(
            268_447_845,
            text(
                "the payment is another sub-merchant's, or the service provider's own: use the sub_mchid that it was ordered with",
                "该支付不是这个子商户的：请使用下单时的 sub_mchid",
            ),
        )
    } else {
        Refusal::not_your_order(
            268_447_843,
            text(
                "the payment is another merchant's: use the mchid that it was ordered with",
                "该支付属于另一个商户：请使用下单时的商户号",
            ),
        )
    })
}

/// Exactly the merchant's numbers, and exactly the merchant that signed.
fn check_query(asked: &Asked<'_>, mode: Mode) -> Result<Owner, Refusal> {
    let allowed: &[&str] = match mode {
        Mode::Direct => &["mchid"],
        Mode::Partner => &["sp_mchid", "sub_mchid"],
    };
    let given = read_query(asked, allowed)?;
    owner(asked, mode, |name| given.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()), "query")
}

/// The parameters of a GET: each one at most once, and none that the call does not define.
pub(super) fn read_query(asked: &Asked<'_>, allowed: &[&str]) -> Result<Vec<(String, String)>, Refusal> {
    if !asked.call.body.is_empty() {
        return Err(Refusal::request(text("a GET has no body", "GET 请求不能带请求体")));
    }
    let mut given: Vec<(String, String)> = Vec::new();
    for (name, value) in asked.call.parameters() {
        if !allowed.contains(&name) {
            return Err(Refusal::extra_field(name, "query").with_value(value));
        }
        if given.iter().any(|(known, _)| known == name) {
            let rule = text("comes twice: send it once", "重复出现：只能传一次");
            return Err(Refusal::query(name, rule).with_value(value));
        }
        given.push((name.to_owned(), value.to_owned()));
    }
    Ok(given)
}
