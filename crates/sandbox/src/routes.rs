//! Every address of the sandbox. Paths are case-sensitive, as the gateway's are.

use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use axum::routing::{get, post};

use crate::gateway::{Mode, bill, certificates, close, prepay, query, refund};
use crate::sandbox::Sandbox;
use crate::{control, gateway, login, shipping, v2};

type Shared = State<Arc<Sandbox>>;

/// A number in a path, as it came.
type Number = Result<Path<String>, PathRejection>;

/// One that is no text is refused like any other that cannot be a number: signed, and after the checks
/// that come before.
fn as_text(number: Number) -> String {
    number.map_or_else(|_| char::REPLACEMENT_CHARACTER.to_string(), |Path(number)| number)
}

pub(crate) fn router(sandbox: Arc<Sandbox>) -> Router {
    Router::new()
        .route("/sns/jscode2session", get(login::code_to_session))
        .merge(shipping_desk())
        .merge(v3())
        .merge(v2())
        .merge(controls())
        .fallback(gateway::no_such_address)
        .method_not_allowed_fallback(gateway::no_such_address)
        .with_state(sandbox)
}

fn shipping_desk() -> Router<Arc<Sandbox>> {
    Router::new()
        .route("/cgi-bin/stable_token", post(shipping::stable_token))
        .route("/wxa/sec/order/get_order", post(shipping::get_order))
        .route("/wxa/sec/order/upload_shipping_info", post(shipping::upload))
}

fn v3() -> Router<Arc<Sandbox>> {
    Router::new()
        .merge(transactions("/v3/pay/transactions", Mode::Direct))
        .merge(transactions("/v3/pay/partner/transactions", Mode::Partner))
        .route("/v3/refund/domestic/refunds", post(ask_refund))
        .route("/v3/refund/domestic/refunds/{number}", get(query_refund))
        .route("/v3/certificates", get(list_certificates))
        .route("/v3/bill/tradebill", get(trade_bill))
        .route("/v3/billdownload/file", get(bill_file))
}

fn transactions(base: &str, mode: Mode) -> Router<Arc<Sandbox>> {
    let ask = move |State(sandbox): Shared, request: Request| async move {
        gateway::answer(&sandbox, request, |asked| prepay::prepay(asked, mode)).await
    };
    let by_number = move |State(sandbox): Shared, number: Number, request: Request| async move {
        let number = as_text(number);
        gateway::answer(&sandbox, request, |asked| query::by_number(asked, mode, &number)).await
    };
    let by_id = move |State(sandbox): Shared, id: Number, request: Request| async move {
        let id = as_text(id);
        gateway::answer(&sandbox, request, |asked| query::by_transaction(asked, mode, &id)).await
    };
    let close = move |State(sandbox): Shared, number: Number, request: Request| async move {
        let number = as_text(number);
        gateway::answer(&sandbox, request, |asked| close::close(asked, mode, &number)).await
    };
    Router::new()
        .route(&format!("{base}/jsapi"), post(ask))
        .route(&format!("{base}/out-trade-no/{{number}}"), get(by_number))
        .route(&format!("{base}/out-trade-no/{{number}}/close"), post(close))
        .route(&format!("{base}/id/{{id}}"), get(by_id))
}

fn v2() -> Router<Arc<Sandbox>> {
    Router::new()
        .route("/pay/unifiedorder", post(v2::unified_order))
        .route("/pay/orderquery", post(v2::order_query))
        .route("/pay/closeorder", post(v2::close_order))
        .route("/secapi/pay/refund", post(v2::refund))
        .route("/pay/refundquery", post(v2::refund_query))
}

fn controls() -> Router<Arc<Sandbox>> {
    Router::new()
        .route("/_sandbox", get(control::to_page))
        .route("/_sandbox/", get(control::page))
        .route("/_sandbox/login", post(control::login))
        .route("/_sandbox/pay", post(control::pay))
        .route("/_sandbox/clock", post(control::clock))
        .route("/_sandbox/keys", post(control::keys))
        .route("/_sandbox/notify", post(control::notify))
        .route("/_sandbox/events", get(control::events))
        .route("/_sandbox/orders", get(control::orders))
        .route("/_sandbox/faults", get(control::list_faults).post(control::add_fault).delete(control::clear_faults))
        .route("/_sandbox/faults/{id}", axum::routing::delete(control::clear_fault))
}

async fn ask_refund(State(sandbox): Shared, request: Request) -> Response {
    gateway::answer(&sandbox, request, refund::refund).await
}

async fn query_refund(State(sandbox): Shared, number: Number, request: Request) -> Response {
    let number = as_text(number);
    gateway::answer(&sandbox, request, |asked| refund::query(asked, &number)).await
}

async fn list_certificates(State(sandbox): Shared, request: Request) -> Response {
    gateway::answer(&sandbox, request, certificates::certificates).await
}

async fn trade_bill(State(sandbox): Shared, request: Request) -> Response {
    gateway::answer(&sandbox, request, bill::trade_bill).await
}

async fn bill_file(State(sandbox): Shared, request: Request) -> Response {
    gateway::answer(&sandbox, request, bill::download).await
}
