//! Orders: looking for them, looking at them, asking WeChat about them, closing them.

use std::time::Duration;

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use wx_checkout::domain::OrderId;

use super::json::{OrderDetail, OrderSummary};
use super::place;
use super::problem::{Answer, Code, Refusal};
use super::{Desk, describe as refusals};
use crate::checkout::Looked;
use crate::ledger::Order;
use crate::store::{Kind, Place};

/// Orders of one page.
const PAGE: u32 = 50;

/// For closing: three calls of WeChat's, within the deadline of a request.
const PATIENCE: Duration = Duration::from_secs(20);

/// The query of `GET /admin/api/orders`.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct OrdersQuery {
    /// An orderId, an out_trade_no, the merchant's own name, WeChat's transaction id or a refund's number.
    /// Answers the orders that it names exactly; the other parameters do not count then.
    #[param(min_length = 1, max_length = 128)]
    find: Option<String>,
    /// Which orders are listed.
    #[serde(default)]
    #[param(inline)]
    state: StateFilter,
    /// `next` of the page before.
    #[param(pattern = "^[0-9]{1,18}[.][!-~]{1,100}$")]
    after: Option<String>,
    /// At most so many.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// Which orders are listed.
#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum StateFilter {
    /// All.
    #[default]
    Any,
    /// Neither paid, closed nor frozen.
    Unresolved,
    /// Paid.
    Paid,
    /// Closed without a payment.
    Closed,
    /// With a payment that does not fit, and none that does.
    Frozen,
    /// With a refund that ended without the money going back, and was not made good since.
    Stopped,
}

/// Orders, newest first.
#[derive(Serialize, ToSchema)]
pub(super) struct OrderPage {
    orders: Vec<OrderSummary>,
    /// Where the next page begins; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    next: Option<String>,
}

/// What WeChat was asked, and the order after it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct LookAnswer {
    /// WeChat answered, and what it said is in the facts. If not, what is shown is what was known before.
    asked: bool,
    order: OrderDetail,
}

/// `GET /admin/api/orders`
#[utoipa::path(
    get,
    path = "/admin/api/orders",
    tag = "orders",
    summary = "Orders of a kind, newest first, or those that a number names",
    params(OrdersQuery),
    responses((status = 200, description = "These", body = OrderPage), refusals::Read),
    security(("operator" = []))
)]
pub(super) async fn list(
    State(desk): State<Desk>,
    query: Result<Query<OrdersQuery>, QueryRejection>,
) -> Answer<OrderPage> {
    let Query(OrdersQuery { find, state, after, limit }) = query.map_err(|_| bad_query())?;
    let limit = limit.unwrap_or(PAGE);
    let now_ms = desk.checkout.clock.now_ms();
    let shown = |orders: &[Order]| orders.iter().map(|order| OrderSummary::of(order, now_ms)).collect();
    let after = after.map(|text| place::read(&text).ok_or_else(bad_query)).transpose()?;
    if !(1..=200).contains(&limit) {
        return Err(bad_query());
    }
    if let Some(word) = find {
        let word = word.trim();
        if word.is_empty() || word.len() > 128 || word.contains('\0') {
            return Err(bad_query());
        }
        let orders = desk.checkout.store.found(word).await?;
        return Ok(Json(OrderPage { orders: shown(&orders), next: None }));
    }
    let kind = match state {
        StateFilter::Any => Kind::Any,
        StateFilter::Unresolved => Kind::Unresolved,
        StateFilter::Paid => Kind::Paid,
        StateFilter::Closed => Kind::Closed,
        StateFilter::Frozen => Kind::Frozen,
        StateFilter::Stopped => Kind::Stopped,
    };
    // One more than is shown says whether there is a next page.
    let mut orders = desk.checkout.store.listed(kind, after, limit + 1).await?;
    let more = orders.len() > limit as usize;
    orders.truncate(limit as usize);
    let next = orders
        .last()
        .filter(|_| more)
        .map(|order| place::written(&Place { ms: order.terms.created_ms, name: order.terms.id.as_str().to_owned() }));
    Ok(Json(OrderPage { orders: shown(&orders), next }))
}

fn bad_query() -> Refusal {
    Refusal::new(
        Code::MalformedRequest,
        "The query takes find, or state (any, unresolved, paid, closed, frozen, stopped), after and limit (1 to 200). \
         Nothing was changed; correct it.",
    )
}

/// `GET /admin/api/orders/{orderId}`
#[utoipa::path(
    get,
    path = "/admin/api/orders/{orderId}",
    tag = "orders",
    summary = "One order with its facts in the order of time, by the books",
    params(("orderId" = OrderId, Path)),
    responses((status = 200, description = "The order", body = OrderDetail), refusals::Order),
    security(("operator" = []))
)]
pub(super) async fn one(State(desk): State<Desk>, id: Result<Path<OrderId>, PathRejection>) -> Answer<OrderDetail> {
    let order = find(&desk, id).await?;
    detail(&desk, &order).await.map(Json)
}

/// `POST /admin/api/orders/{orderId}/look`
#[utoipa::path(
    post,
    path = "/admin/api/orders/{orderId}/look",
    tag = "orders",
    summary = "Asks WeChat about the order now, whatever the books say",
    params(("orderId" = OrderId, Path)),
    responses((status = 200, description = "What it came to", body = LookAnswer), refusals::Order),
    security(("operator" = []))
)]
pub(super) async fn look(State(desk): State<Desk>, id: Result<Path<OrderId>, PathRejection>) -> Answer<LookAnswer> {
    let order = find(&desk, id).await?;
    desk.audit(&order.terms.id, "look_asked", "").await?;
    let (order, looked) = desk.checkout.look_again(order).await?;
    Ok(Json(LookAnswer { asked: looked == Looked::Told, order: detail(&desk, &order).await? }))
}

/// `POST /admin/api/orders/{orderId}/close`
#[utoipa::path(
    post,
    path = "/admin/api/orders/{orderId}/close",
    tag = "orders",
    summary = "Closes the order at WeChat, unless the money was faster; one that is final stays as it is",
    params(("orderId" = OrderId, Path)),
    responses((status = 200, description = "The order after it: its state says what it came to", body = OrderDetail), refusals::Order),
    security(("operator" = []))
)]
pub(super) async fn close(State(desk): State<Desk>, id: Result<Path<OrderId>, PathRejection>) -> Answer<OrderDetail> {
    let order = find(&desk, id).await?;
    if !order.is_unresolved() {
        return detail(&desk, &order).await.map(Json);
    }
    let id = order.terms.id.clone();
    desk.audit(&id, "close_asked", "").await?;
    // Cut off, it is decided all the same: no parameters leave any more, and the server goes on closing.
    if let Ok(closed) = tokio::time::timeout(PATIENCE, desk.checkout.close(order)).await {
        closed?;
    }
    let order = desk.checkout.store.by_id(&id).await?.ok_or_else(Refusal::no_such_order)?;
    detail(&desk, &order).await.map(Json)
}

/// The order that a path names.
pub(super) async fn find(desk: &Desk, id: Result<Path<OrderId>, PathRejection>) -> Result<Order, Refusal> {
    // What cannot be an order's id names none.
    let Path(id) = id.map_err(|_| Refusal::no_such_order())?;
    desk.checkout.store.by_id(&id).await?.ok_or_else(Refusal::no_such_order)
}

async fn detail(desk: &Desk, order: &Order) -> Result<OrderDetail, Refusal> {
    let facts = desk.checkout.store.facts(&order.terms.id).await?;
    let letters = desk.checkout.store.letters_of(&order.terms.id).await?;
    Ok(OrderDetail::of(order, facts, letters, desk.checkout.clock.now_ms()))
}
