//! Payments that fit no order.

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use wx_checkout::domain::OrderId;

use super::json::MisfitShown;
use super::place;
use super::problem::{Answer, Code, Refusal};
use super::{Desk, describe as refusals, reason};
use crate::problem;
use crate::routes::body;
use crate::store::{Frozen, Place, Settled};

/// Payments of one page.
const PAGE: u32 = 50;

/// The query of `GET /admin/api/frozen`.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct FrozenQuery {
    /// `next` of the page before.
    #[param(pattern = "^[0-9]{1,18}[.][!-~]{1,100}$")]
    after: Option<String>,
}

/// Frozen payments, the last told of first.
#[derive(Serialize, ToSchema)]
pub(super) struct FrozenPage {
    payments: Vec<FrozenShown>,
    /// Where the next page begins; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    next: Option<String>,
}

/// A frozen payment.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct FrozenShown {
    transaction_id: String,
    /// The number that it came under.
    out_trade_no: String,
    /// Fen.
    total: u32,
    misfit: MisfitShown,
    /// When it was first told of, milliseconds since 1970; 0 when that was not written down.
    seen_ms: u64,
    /// Whose number it came under. Absent when no order has it: such a payment can only be refunded on the
    /// merchant platform, for the server does not know how it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    order_id: Option<OrderId>,
    /// Fen that went back.
    refunded: u32,
    /// Fen that can be refunded here.
    left: u32,
}

/// `GET /admin/api/frozen`
#[utoipa::path(
    get,
    path = "/admin/api/frozen",
    tag = "orders",
    summary = "Payments that fit no order and want somebody, and why; one of a known order is refunded there by its \
               transaction id. What went back whole or was settled is not among them",
    params(FrozenQuery),
    responses((status = 200, description = "These", body = FrozenPage), refusals::Read),
    security(("operator" = []))
)]
pub(super) async fn list(
    State(desk): State<Desk>,
    query: Result<Query<FrozenQuery>, QueryRejection>,
) -> Answer<FrozenPage> {
    let bad = || {
        let detail = "The query takes after, as a page before has it in next. Nothing was changed; correct it.";
        Refusal::new(Code::MalformedRequest, detail)
    };
    let Query(FrozenQuery { after }) = query.map_err(|_| bad())?;
    let after = after.map(|text| place::read(&text).ok_or_else(bad)).transpose()?;
    let mut frozen = desk.checkout.store.frozen(after, PAGE + 1).await?;
    let more = frozen.len() > PAGE as usize;
    frozen.truncate(PAGE as usize);
    let next = frozen
        .last()
        .filter(|_| more)
        .map(|last| place::written(&Place { ms: last.seen_ms, name: last.transaction_id.clone() }));
    Ok(Json(FrozenPage { payments: frozen.into_iter().map(FrozenShown::of).collect(), next }))
}

/// Why a frozen payment wants nobody any more.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct SettleRequest {
    /// In words for whoever looks at it later: 1 to 200 characters.
    #[schema(min_length = 1, max_length = 200)]
    why: String,
}

/// It is settled.
#[derive(Serialize, ToSchema)]
pub(super) struct SettleAnswer {
    /// Now; false where it was before, with the reason of then.
    now: bool,
}

/// `POST /admin/api/frozen/{transactionId}/settle`
#[utoipa::path(
    post,
    path = "/admin/api/frozen/{transactionId}/settle",
    tag = "orders",
    summary = "Notes that a frozen payment was settled elsewhere: refunded on the merchant platform, say. Moves no money",
    params(("transactionId" = String, Path)),
    request_body = SettleRequest,
    responses((status = 200, description = "It is settled", body = SettleAnswer), refusals::Settle),
    security(("operator" = []))
)]
pub(super) async fn settle(
    State(desk): State<Desk>,
    id: Result<Path<String>, PathRejection>,
    request: Result<body::Json<SettleRequest>, problem::Refusal>,
) -> Answer<SettleAnswer> {
    let Path(id) = id.map_err(|_| no_such_payment())?;
    if id.contains('\0') {
        return Err(no_such_payment());
    }
    let body::Json(SettleRequest { why }) = request?;
    reason::check(&why, "nobody has to look at the payment any more")?;
    tracing::info!(transaction_id = id, "the operator settles a frozen payment");
    match desk.checkout.store.settle(&id, &why, desk.checkout.clock.now_ms()).await? {
        Settled::Now => Ok(Json(SettleAnswer { now: true })),
        Settled::Before => Ok(Json(SettleAnswer { now: false })),
        Settled::Unknown => Err(no_such_payment()),
    }
}

fn no_such_payment() -> Refusal {
    Refusal::new(
        Code::PaymentNotFound,
        "No frozen payment has this number. Nothing was changed; look at the list again.",
    )
}

impl FrozenShown {
    fn of(frozen: Frozen) -> Self {
        let Frozen { transaction_id, out_trade_no, total, misfit, seen_ms, order } = frozen;
        let (refunded, left) = order.as_ref().map_or((0, 0), |order| {
            (order.refunded(&transaction_id), total.saturating_sub(order.held(&transaction_id)))
        });
        Self {
            transaction_id,
            out_trade_no,
            total,
            misfit: misfit.into(),
            seen_ms,
            order_id: order.map(|order| order.terms.id),
            refunded,
            left,
        }
    }
}
