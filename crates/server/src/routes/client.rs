//! The client's routes: from HTTP into the checkout's words, and back.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Extension, Query, State};
use axum::http::{HeaderMap, StatusCode};
use serde::Deserialize;
use wechatpay::Secret;
use wx_checkout::domain::{IdempotencyKey, OrderId};
use wx_checkout::wire::{
    AcknowledgeRequest, CloseAnswer, CreateAnswer, ExchangeAnswer, ExchangeRequest, ListAnswer, ProblemCode,
    VerifyAnswer,
};

use super::body::{Json, StrictClose, StrictCreate, bearer, key};
use super::{App, describe as refusals, limit};
use crate::checkout::{Caller, Checkout};
use crate::problem::Refusal;

type Answer<T> = Result<axum::Json<T>, Refusal>;

/// `POST /auth/exchange`
#[utoipa::path(
    post,
    path = "/auth/exchange",
    tag = "checkout",
    summary = "Exchanges a fresh code of wx.login, which works once, for a session",
    request_body = ExchangeRequest,
    responses((status = 200, description = "Logged in", body = ExchangeAnswer), refusals::Exchange)
)]
pub(super) async fn exchange(
    State(checkout): State<Arc<Checkout>>,
    Json(request): Json<ExchangeRequest>,
) -> Answer<ExchangeAnswer> {
    checkout.exchange(&request.credential).await.map(axum::Json)
}

/// `POST /payments/create`
#[utoipa::path(
    post,
    path = "/payments/create",
    tag = "checkout",
    summary = "The order under the key, made now or before, and the parameters for wx.requestPayment while it is payable",
    params(("Idempotency-Key" = IdempotencyKey, Header, description = "The checkout's own, the same on every repeat")),
    request_body(
        content = StrictCreate,
        examples(("tea" = (value = json!({"items": [{"sku": "longjing-50g", "quantity": 1}], "expectedAmount": 6800}))))
    ),
    responses(
        (
            status = 200,
            description = "The order",
            body = CreateAnswer,
            links(("look" = (operation_id = "verify", parameters(("transactionId" = "$response.body#/orderId")))))
        ),
        refusals::Create
    ),
    security(("session" = []))
)]
pub(super) async fn create(
    State(app): State<App>,
    Extension(limit::Client(address)): Extension<limit::Client>,
    headers: HeaderMap,
    body: Result<Json<StrictCreate>, Refusal>,
) -> Answer<CreateAnswer> {
    let openid = payer(&app, &headers)?;
    let key = key(&headers)?;
    let Json(request) = body?;
    app.checkout.create(openid, key, request.into(), address).await.map(axum::Json)
}

/// The query of `GET /orders/verify`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct VerifyQuery {
    transaction_id: OrderId,
    /// For callers that cannot set a header.
    status_token: Option<String>,
}

/// `GET /orders/verify`
#[utoipa::path(
    get,
    path = "/orders/verify",
    tag = "checkout",
    summary = "What became of an order: the only answer that can make it paid on a screen",
    params(("transactionId" = OrderId, Query, description = "The orderId")),
    responses((status = 200, description = "What may be said", body = VerifyAnswer), refusals::Verify),
    security(("session" = []), ("order" = []), ("orderInQuery" = []))
)]
pub(super) async fn verify(
    State(app): State<App>,
    headers: HeaderMap,
    query: Result<Query<VerifyQuery>, QueryRejection>,
) -> Answer<VerifyAnswer> {
    let Query(VerifyQuery { transaction_id, status_token }) = query.map_err(|_| {
        Refusal::malformed(
            "The query must be transactionId=ORDER_ID, and may have statusToken. Nothing was changed; correct it.",
        )
    })?;
    let caller = match status_token {
        Some(token) => app.checkout.caller(&token)?,
        None => app.checkout.caller(bearer(&headers)?)?,
    };
    limit::by_order(&app, &caller, &transaction_id)?;
    app.checkout.verify(&caller, &transaction_id).await.map(axum::Json)
}

/// `POST /orders/close`
#[utoipa::path(
    post,
    path = "/orders/close",
    tag = "checkout",
    summary = "Closes an order, unless the money was faster",
    request_body = StrictClose,
    responses((status = 200, description = "What it came to", body = CloseAnswer), refusals::Close),
    security(("session" = []))
)]
pub(super) async fn close(
    State(app): State<App>,
    headers: HeaderMap,
    body: Result<Json<StrictClose>, Refusal>,
) -> Answer<CloseAnswer> {
    let caller = Caller::Payer(payer(&app, &headers)?);
    let which = body?.0.into();
    let state = app.checkout.close_for(&caller, &which).await?;
    Ok(axum::Json(CloseAnswer { state }))
}

/// `GET /orders`
#[utoipa::path(
    get,
    path = "/orders",
    tag = "checkout",
    summary = "The payer's unresolved orders, and those paid but not acknowledged",
    responses((status = 200, description = "Newest first", body = ListAnswer), refusals::List),
    security(("session" = []))
)]
pub(super) async fn list(State(app): State<App>, headers: HeaderMap) -> Answer<ListAnswer> {
    let openid = payer(&app, &headers)?;
    app.checkout.list(&openid).await.map(axum::Json)
}

/// `POST /orders/acknowledge`
#[utoipa::path(
    post,
    path = "/orders/acknowledge",
    tag = "checkout",
    summary = "The payer has seen the outcome",
    request_body = AcknowledgeRequest,
    responses((status = 204, description = "Noted, now or before"), refusals::Acknowledge),
    security(("session" = []), ("order" = []))
)]
pub(super) async fn acknowledge(
    State(app): State<App>,
    headers: HeaderMap,
    body: Result<Json<AcknowledgeRequest>, Refusal>,
) -> Result<StatusCode, Refusal> {
    let caller = app.checkout.caller(bearer(&headers)?)?;
    let AcknowledgeRequest { order_id } = body?.0;
    match &caller {
        Caller::Payer(openid) => limit::by_caller(&app, openid)?,
        Caller::Holder(_) => limit::by_order(&app, &caller, &order_id)?,
    }
    app.checkout.acknowledge(&caller, &order_id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Only a session will do: an order's token is for looking.
fn payer(app: &App, headers: &HeaderMap) -> Result<Secret<String>, Refusal> {
    match app.checkout.caller(bearer(headers)?)? {
        Caller::Payer(openid) => limit::by_caller(app, &openid).map(|()| openid),
        Caller::Holder(_) => Err(Refusal::new(
            ProblemCode::Unauthorized,
            "An order's token reads and acknowledges that order only. No money moved by this request; log in.",
        )),
    }
}
