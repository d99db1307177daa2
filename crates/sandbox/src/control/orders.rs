//! `GET /_sandbox/orders`: the books as they stand. No openid is in them.

use std::sync::Arc;

use axum::Json;
use axum::extract::{RawQuery, State};
use serde_json::{Value, json};

use super::body::{self, BadCall};
use crate::book::{Api, Order, OrderState, Progress};
use crate::clock::Setting;
use crate::sandbox::Sandbox;

/// So many are shown, the newest.
const SHOWN: usize = 500;

pub(crate) async fn orders(State(sandbox): State<Arc<Sandbox>>, query: RawQuery) -> Result<Json<Value>, BadCall> {
    body::bare(&query)?;
    let now_ms = sandbox.clock.now_ms();
    let frozen = matches!(sandbox.clock.setting(), Setting::Frozen { .. });
    let book = sandbox.book();
    let mut orders: Vec<&Order> = book.orders().collect();
    orders.sort_by_key(|order| core::cmp::Reverse(order.made_ms));
    let shown = orders.into_iter().take(SHOWN).map(|order| {
        let owner = order.form.payee.owner();
        let refunds = order.payment().map_or_else(Vec::new, |payment| book.refunds_of(&owner, &payment.transaction_id));
        let refunds: Vec<_> = refunds
            .into_iter()
            .map(|refund| {
                json!({
                    "outRefundNo": refund.out_refund_no, "refund": refund.amount, "status": refund.status(now_ms),
                    "reason": refund.reason,
                })
            })
            .collect();
        json!({
            "outTradeNo": order.form.out_trade_no,
            "mchid": owner.as_str(),
            "api": match order.form.api { Api::V3 => "v3", Api::V2(_) => "v2" },
            "description": order.form.description,
            "total": order.form.total,
            "state": match order.state(now_ms) {
                OrderState::NotPaid => "NOTPAY",
                OrderState::Paid(_) => "SUCCESS",
                OrderState::Refunding(_) => "REFUND",
                OrderState::Closed => "CLOSED",
            },
            "madeMs": order.made_ms,
            "transactionId": order.payment().map(|payment| payment.transaction_id.clone()),
            "refunds": refunds,
        })
    });
    let orders: Vec<_> = shown.collect();
    let owed = book.notices().filter_map(|notice| match notice.progress {
        Progress::Waiting { tries, next_ms } => Some(
            json!({ "about": notice.about.name(), "number": notice.about.number(), "tries": tries, "nextMs": next_ms }),
        ),
        Progress::Over => None,
    });
    let owed: Vec<_> = owed.collect();
    Ok(Json(json!({ "nowMs": now_ms, "frozen": frozen, "orders": orders, "notificationsOwed": owed })))
}
