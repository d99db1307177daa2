//! WeChat Pay's v3 gateway. One way in: headers, signature, then the call's own rules. One way out:
//! signed, with its keys shuffled and a field that nobody announced.

mod authorization;
mod call;
pub(crate) mod close;
mod fields;
mod notify_url;
pub(crate) mod prepay;
pub(crate) mod query;
mod refusal;
pub(crate) mod transaction;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use crate::sandbox::Sandbox;
use crate::shuffle;
use call::Call;
use refusal::Refusal;

/// What a call comes to.
pub(crate) enum Answer {
    /// 200 with a body.
    Json(Value),
    /// 204.
    Empty,
}

/// Takes a request through the gateway.
pub(crate) async fn answer(
    sandbox: &Arc<Sandbox>,
    request: Request,
    act: impl FnOnce(&Sandbox, &Call) -> Result<Answer, Refusal>,
) -> Response {
    let what = format!("{} {}", request.method(), request.uri().path());
    let outcome = Call::receive(request)
        .await
        .and_then(|call| authorization::check(sandbox, &call).and_then(|()| act(sandbox, &call)));
    match outcome {
        Ok(Answer::Json(mut body)) => {
            if let Some(object) = body.as_object_mut() {
                shuffle::add_unknown_field(object, &sandbox.dice);
            }
            signed(sandbox, StatusCode::OK, 0, shuffle::to_text(&body, &sandbox.dice))
        }
        Ok(Answer::Empty) => signed(sandbox, StatusCode::NO_CONTENT, 0, String::new()),
        Err(refusal) => refuse(sandbox, what, &refusal),
    }
}

/// For every address and method that the gateway does not have.
pub(crate) async fn no_such_address(State(sandbox): State<Arc<Sandbox>>, request: Request) -> Response {
    let what = format!("{} {}", request.method(), request.uri().path());
    refuse(&sandbox, what, &Refusal::no_such_address())
}

fn refuse(sandbox: &Sandbox, what: String, refusal: &Refusal) -> Response {
    sandbox.record_refusal(what, &refusal.rule);
    let body = shuffle::to_text(&refusal.body(), &sandbox.dice);
    signed(sandbox, refusal.status, refusal.numeric, body)
}

/// Signs everything that leaves: an answer without a signature is to be treated as forged.
fn signed(sandbox: &Sandbox, status: StatusCode, numeric: u64, body: String) -> Response {
    let timestamp = sandbox.clock.now_seconds().to_string();
    let nonce = sandbox.dice.hex(32);
    let Ok(signature) = sandbox.keys.sign(format!("{timestamp}\n{nonce}\n{body}\n").as_bytes()) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let headers = [
        ("Wechatpay-Timestamp", timestamp),
        ("Wechatpay-Nonce", nonce),
        ("Wechatpay-Signature", signature),
        ("Wechatpay-Serial", sandbox.identity.public_key_id.clone()),
        ("Wechatpay-Signature-Type", "WECHATPAY2-SHA256-RSA2048".to_owned()),
        ("Request-ID", format!("08{}-{numeric}", sandbox.dice.text(30, b"0123456789ABCDEF"))),
    ];
    let mut response = (status, headers, Body::from(body)).into_response();
    if status != StatusCode::NO_CONTENT {
        let json = header::HeaderValue::from_static("application/json; charset=utf-8");
        response.headers_mut().insert(header::CONTENT_TYPE, json);
    }
    response
}
