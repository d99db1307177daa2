//! `POST /v3/pay/transactions/out-trade-no/{number}/close`: 204, also the second time, and also for
//! a number that was never ordered: 204 alone proves nothing.

use super::fields::{self, Fields};
use super::payee::{Mode, owner};
use super::refusal::Refusal;
use super::{Answer, Asked, Done};
use crate::book::Settled;
use crate::events::Kind;
use crate::text::text;

pub(crate) fn close(asked: &Asked<'_>, mode: Mode, number: &str) -> Result<Done, Refusal> {
    let body = fields::parse(&asked.call.body)?;
    let mut root = Fields::of(&body)?;
    let names: &[&'static str] = match mode {
        Mode::Direct => &["mchid"],
        Mode::Partner => &["sp_mchid", "sub_mchid"],
    };
    for name in names {
        root.text(name, 1..=32)?;
    }
    root.finish()?;
    let owner = owner(asked, mode, |name| body[name].as_str().map(str::to_owned), "body")?;
    let mut book = asked.sandbox.book();
    if let Some(mut order) = book.order(&owner, number).cloned() {
        order.close().map_err(|Settled| Refusal::order_paid())?;
        book.put_order(order);
    }
    let what = text(format!("order {number}: close was answered with 204"), format!("订单 {number}：关单返回 204"));
    Ok(Done { answer: Answer::Empty, kind: Kind::Close, what })
}
