//! Sending money back: first what it would come to, then the thing itself.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wx_checkout::domain::{Fen, OrderId};

use super::json::RefundShown;
use super::orders::find;
use super::problem::{Answer, Code, Refusal};
use super::{Desk, describe as refusals};
use crate::checkout::{HowMuch, Preview, RefundError, RefundOrder};
use crate::ledger::{Of, Planned, RefundRefusal};
use crate::problem;
use crate::random;
use crate::routes::body;

/// What is asked about a refund to be.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct PreviewRequest {
    /// Of which payment: WeChat's number, a frozen one's included. The one that keeps the order if absent.
    transaction_id: Option<String>,
    /// Fen. All that is left if absent.
    amount: Option<Fen>,
    /// The number it will be asked for under. A new one is made up if absent.
    out_refund_no: Option<String>,
    /// What the payer reads.
    #[serde(default)]
    reason: String,
}

/// What a refund would come to. Nothing was written down.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct PreviewAnswer {
    order_id: OrderId,
    transaction_id: String,
    /// What was taken with the payment, fen.
    total: u32,
    /// What of it is neither back nor on its way back before this refund, fen.
    left: u32,
    /// What would go back.
    amount: Fen,
    /// The number to ask for it under: asked again under it, it is the same refund.
    out_refund_no: String,
    planned: PlannedShown,
}

/// Whether it is a new refund.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Planned)]
enum PlannedShown {
    /// It is new.
    Now,
    /// It was in the books before: nothing goes back twice.
    Before,
}

/// A refund to be.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RefundRequest {
    /// Chosen by whoever asks, 1 to 64 of letters, digits and `_-|*@`. Asked again under it, it is the same refund.
    out_refund_no: String,
    /// Of which payment: WeChat's number, a frozen one's included. The one that keeps the order if absent.
    transaction_id: Option<String>,
    /// Fen.
    amount: Fen,
    /// What the payer reads: at most 80 bytes.
    #[serde(default)]
    reason: String,
}

/// A refund that is in the books.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RefundAnswer {
    order_id: OrderId,
    planned: PlannedShown,
    refund: RefundShown,
}

/// `POST /admin/api/orders/{orderId}/refunds/preview`
#[utoipa::path(
    post,
    path = "/admin/api/orders/{orderId}/refunds/preview",
    tag = "refunds",
    summary = "What a refund would come to: asked before the second confirmation, it writes nothing down",
    params(("orderId" = OrderId, Path)),
    request_body = PreviewRequest,
    responses((status = 200, description = "It would be taken", body = PreviewAnswer), refusals::Refund),
    security(("operator" = []))
)]
pub(super) async fn preview(
    State(desk): State<Desk>,
    id: Result<Path<OrderId>, PathRejection>,
    request: Result<body::Json<PreviewRequest>, problem::Refusal>,
) -> Answer<PreviewAnswer> {
    let order = find(&desk, id).await?;
    let body::Json(PreviewRequest { transaction_id, amount, out_refund_no, reason }) = request?;
    let out_refund_no = match out_refund_no {
        Some(number) => number,
        None => format!("op-{}", random::hex::<12>().map_err(|error| Refusal::internal(&error))?),
    };
    let amount = amount.map_or(HowMuch::Rest, HowMuch::Fen);
    let id = order.terms.id;
    let Preview { transaction_id, total, left, amount, planned } =
        desk.checkout.preview_refund(&id, out_refund_no.clone(), of(transaction_id), amount, reason).await?;
    Ok(Json(PreviewAnswer {
        order_id: id,
        transaction_id,
        total,
        left,
        amount,
        out_refund_no,
        planned: planned.into(),
    }))
}

/// `POST /admin/api/orders/{orderId}/refunds`
#[utoipa::path(
    post,
    path = "/admin/api/orders/{orderId}/refunds",
    tag = "refunds",
    summary = "Sends money back. It is written down when this answers; what becomes of it is in the order's refunds",
    params(("orderId" = OrderId, Path)),
    request_body = RefundRequest,
    responses((status = 200, description = "It is in the books, since now or before", body = RefundAnswer), refusals::Refund),
    security(("operator" = []))
)]
pub(super) async fn refund(
    State(desk): State<Desk>,
    id: Result<Path<OrderId>, PathRejection>,
    request: Result<body::Json<RefundRequest>, problem::Refusal>,
) -> Answer<RefundAnswer> {
    let order = find(&desk, id).await?;
    let body::Json(RefundRequest { out_refund_no, transaction_id, amount, reason }) = request?;
    let id = order.terms.id;
    let plan = RefundOrder { out_refund_no: out_refund_no.clone(), of: of(transaction_id), amount, reason };
    // The books write down who decided it, in the transaction of the refund itself.
    let planned = desk.checkout.refund(&id, plan).await?;
    let order = desk.checkout.store.by_id(&id).await?.ok_or_else(Refusal::no_such_order)?;
    let refund = order.book.refunds.get(&out_refund_no).ok_or_else(Refusal::no_such_order)?;
    tracing::info!(order = id.as_str(), refund = out_refund_no, ?planned, "the operator asked for a refund");
    Ok(Json(RefundAnswer { order_id: id, planned: planned.into(), refund: RefundShown::of(&out_refund_no, refund) }))
}

fn of(transaction_id: Option<String>) -> Of {
    transaction_id.map_or(Of::Kept, Of::Transaction)
}

impl From<Planned> for PlannedShown {
    fn from(planned: Planned) -> Self {
        match planned {
            Planned::Now => Self::Now,
            Planned::Before => Self::Before,
        }
    }
}

impl From<RefundError> for Refusal {
    fn from(error: RefundError) -> Self {
        let words = sentence(&error.to_string());
        match error {
            RefundError::UnknownOrder => Self::no_such_order(),
            RefundError::BadNumber(_) | RefundError::ReservedNumber => Self::new(Code::BadRefundNumber, words),
            RefundError::BadReason => Self::new(Code::BadReason, words),
            RefundError::Store(error) => error.into(),
            RefundError::Refused(refusal) => match refusal {
                RefundRefusal::NothingReceived => Self::new(Code::NothingReceived, words),
                RefundRefusal::OverRefund { left } => Self::new(Code::OverRefund, words).left(left),
                RefundRefusal::TooMany => Self::new(Code::TooManyRefunds, words),
                RefundRefusal::TooSoon { wait_ms } => Self::new(Code::TooSoon, words).after(wait_ms),
                RefundRefusal::TooOld => Self::new(Code::TooOld, words),
                RefundRefusal::NumberTaken => Self::new(Code::RefundNumberTaken, words),
            },
        }
    }
}

/// An error's words as a sentence.
fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), letters.as_str()))
}
