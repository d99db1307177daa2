//! The OpenAPI document: put together from the routes and the types themselves, served as
//! `/openapi.json`.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{OpenApi, RefOr, Response};
use utoipa::{OpenApi as _, ToSchema as _};
use wx_checkout::wire::{Problem, ProblemCode};

use super::refusals::{answers, refusals};
use crate::problem;

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "wx-checkout companion server",
        description = "Orders of a WeChat mini program's checkout. Amounts are integer fen, lengths of time integer \
                       milliseconds. Every refusal is application/problem+json (RFC 9457): `code` says why, `retry` what \
                       is worth trying, and no refusal leaves anything half done."
    ),
    modifiers(&Credentials),
    components(schemas(Problem))
)]
struct Document;

/// The document with what is not a route's.
pub(super) fn document() -> OpenApi {
    Document::openapi()
}

struct Credentials;

impl utoipa::Modify for Credentials {
    fn modify(&self, document: &mut OpenApi) {
        let bearer = |what: &str| {
            let mut scheme = Http::new(HttpAuthScheme::Bearer);
            scheme.description = Some(what.to_owned());
            SecurityScheme::Http(scheme)
        };
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("session", bearer("The token that `POST /auth/exchange` answers."));
        components.add_security_scheme("order", bearer("An order's `statusToken`: good for that order only."));
        components.add_security_scheme(
            "orderInQuery",
            SecurityScheme::ApiKey(ApiKey::Query(ApiKeyValue::with_description(
                "statusToken",
                "The same, for callers that cannot set a header.",
            ))),
        );
    }
}

/// `GET /openapi.json`
#[utoipa::path(
    get,
    path = "/openapi.json",
    tag = "operation",
    summary = "This document",
    responses((status = 200, description = "OpenAPI 3.1", body = Object), Public)
)]
pub(super) async fn openapi(State(document): State<Arc<OpenApi>>) -> Json<Arc<OpenApi>> {
    Json(document)
}

use ProblemCode as P;

/// Of every call that is limited.
const LIMITED: &[P] = &[P::RateLimited, P::Internal];
/// Of a call with a body.
const BODY: &[P] = &[P::MalformedRequest, P::BodyTooLarge, P::UnsupportedMediaType];
/// Of a call by somebody.
const CALLER: &[P] = &[P::Unauthorized, P::SessionExpired];

refusals! {
    Public: LIMITED;
    Exchange: LIMITED, BODY, &[P::LoginCodeInvalid, P::LoginUnavailable, P::GatewayMisconfigured];
    Create: LIMITED, BODY, CALLER, &[P::IdempotencyKeyMissing, P::PriceChanged, P::OpenOrder, P::InProgress, P::UnknownSku,
        P::InvalidOrderToken, P::IdempotencyKeyReused, P::PaymentRefused, P::GatewayUnavailable, P::GatewayMisconfigured];
    Verify: LIMITED, CALLER, &[P::MalformedRequest, P::OrderNotFound];
    Close: LIMITED, BODY, CALLER, &[P::OrderNotFound];
    List: LIMITED, CALLER;
    Acknowledge: LIMITED, BODY, CALLER, &[P::OrderNotFound, P::InProgress];
}

fn by_status(groups: &[&[ProblemCode]]) -> BTreeMap<String, RefOr<Response>> {
    let codes = groups.iter().copied().flatten();
    answers(codes.map(|code| (problem::status(*code), problem::name(*code))), &Problem::name())
}
