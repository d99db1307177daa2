//! The OpenAPI document of the operator's port, made of its routes and types, served as
//! `/admin/api/openapi.json`.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{OpenApi, RefOr, Response};
use utoipa::{OpenApi as _, ToSchema as _};

use super::Desk;
use super::problem::{self, AdminProblem, Code};
use crate::routes::refusals::{answers, refusals};

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "wx-checkout operator's API",
        description = "What the operator sees and does. It is on a port of its own, behind the token of [admin]. Amounts \
                       are integer fen, times integer milliseconds since 1970. Every refusal is application/problem+json \
                       (RFC 9457): `code` says why, `money` what became of the money."
    ),
    modifiers(&Credentials),
    components(schemas(AdminProblem))
)]
struct Document;

/// The document with what is not a route's.
pub(super) fn document() -> OpenApi {
    Document::openapi()
}

struct Credentials;

impl utoipa::Modify for Credentials {
    fn modify(&self, document: &mut OpenApi) {
        let mut scheme = Http::new(HttpAuthScheme::Bearer);
        scheme.description = Some("`admin.token` of the configuration.".to_owned());
        document.components.get_or_insert_default().add_security_scheme("operator", SecurityScheme::Http(scheme));
    }
}

/// `GET /admin/api/openapi.json`
#[utoipa::path(
    get,
    path = "/admin/api/openapi.json",
    tag = "operation",
    summary = "This document",
    responses((status = 200, description = "OpenAPI 3.1", body = Object), Read),
    security(("operator" = []))
)]
pub(super) async fn openapi(State(desk): State<Desk>) -> Json<Arc<OpenApi>> {
    Json(desk.document)
}

use Code as C;

/// Of every call.
const READ: &[Code] = &[C::MalformedRequest, C::Unauthorized, C::HostNotAllowed, C::RateLimited, C::Internal];
/// Of a call about an order.
const ORDER: &[Code] = &[C::OrderNotFound];
/// Of a call with a body.
const BODY: &[Code] = &[C::BodyTooLarge, C::UnsupportedMediaType];
/// Of a call about a refund.
const REFUND: &[Code] = &[
    C::NothingReceived,
    C::OverRefund,
    C::TooManyRefunds,
    C::TooSoon,
    C::TooOld,
    C::RefundNumberTaken,
    C::BadRefundNumber,
    C::BadReason,
];

/// Of a call about a letter.
const LETTER: &[Code] = &[C::LetterNotFound, C::LetterDone, C::LetterBehind, C::LetterBeingSent, C::LetterNotTaken];

/// Of a call about a frozen payment.
const FROZEN: &[Code] = &[C::PaymentNotFound];

/// Of a call about a bill.
const BILL: &[Code] = &[C::BillNotYet, C::BillTooOld];

refusals! {
    Read: READ;
    Order: READ, ORDER;
    Refund: READ, ORDER, BODY, REFUND;
    Change: READ, BODY;
    Compare: READ, BODY, BILL;
    Letter: READ, BODY, LETTER;
    Settle: READ, BODY, FROZEN;
}

fn by_status(groups: &[&[Code]]) -> BTreeMap<String, RefOr<Response>> {
    let codes = groups.iter().copied().flatten();
    answers(codes.map(|code| (problem::status(*code), problem::name(*code))), &AdminProblem::name())
}
