//! The client's routes: from HTTP into the checkout's words, and back.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Extension, Query, State};
use axum::http::{HeaderMap, StatusCode};
use serde::Deserialize;
use wechatpay::Secret;
use wx_checkout::domain::OrderId;
use wx_checkout::wire::{
    AcknowledgeRequest, CloseAnswer, CloseRequest, CreateAnswer, ExchangeAnswer, ExchangeRequest, ListAnswer,
    ProblemCode, VerifyAnswer,
};

use super::body::{Json, StrictCreate, bearer, key};
use super::{App, limit};
use crate::checkout::{Caller, Checkout, Which};
use crate::problem::Refusal;

type Answer<T> = Result<axum::Json<T>, Refusal>;

/// `POST /auth/exchange`
pub(super) async fn exchange(
    State(checkout): State<Arc<Checkout>>,
    Json(request): Json<ExchangeRequest>,
) -> Answer<ExchangeAnswer> {
    checkout.exchange(&request.credential).await.map(axum::Json)
}

/// `POST /payments/create`
pub(super) async fn create(
    State(app): State<App>,
    Extension(limit::Client(address)): Extension<limit::Client>,
    headers: HeaderMap,
    body: Result<Json<StrictCreate>, Refusal>,
) -> Answer<CreateAnswer> {
    let openid = payer(&app, &headers)?;
    let key = key(&headers)?;
    let Json(StrictCreate(request)) = body?;
    app.checkout.create(openid, key, request, address).await.map(axum::Json)
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
pub(super) async fn close(
    State(app): State<App>,
    headers: HeaderMap,
    body: Result<Json<CloseRequest>, Refusal>,
) -> Answer<CloseAnswer> {
    let caller = Caller::Payer(payer(&app, &headers)?);
    let which = match body?.0 {
        CloseRequest::OrderId(id) => Which::Order(id),
        CloseRequest::IdempotencyKey(key) => Which::Key(key),
    };
    let state = app.checkout.close_for(&caller, &which).await?;
    Ok(axum::Json(CloseAnswer { state }))
}

/// `GET /orders`
pub(super) async fn list(State(app): State<App>, headers: HeaderMap) -> Answer<ListAnswer> {
    let openid = payer(&app, &headers)?;
    app.checkout.list(&openid).await.map(axum::Json)
}

/// `POST /orders/acknowledge`
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
