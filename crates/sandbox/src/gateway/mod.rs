//! WeChat Pay's v3 gateway. One way in: headers, signature, then the call's own rules. One way out:
//! signed, with its keys shuffled and a field that nobody announced. What goes wrong on purpose goes
//! wrong here, so that no call knows of it.

mod authorization;
pub(crate) mod bill;
pub(crate) mod call;
pub(crate) mod certificates;
pub(crate) mod close;
mod fields;
pub(crate) mod notify_url;
mod payee;
pub(crate) mod prepay;
pub(crate) mod query;
mod raw;
pub(crate) mod refund;
mod refusal;
mod suspects;
pub(crate) mod transaction;
mod unique;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use crate::connections::HangUp;
use crate::dice::Dice;
use crate::events::{Answered, Draft, Kind};
use crate::faults::{AnswerFault, Arranged, Case, Fault, RefundFault, by_header, unknown_case};
use crate::identity::Merchant;
use crate::keyring::{Addressee, Dress, Letter};
use crate::sandbox::Sandbox;
use crate::shuffle;
use crate::text::Text;
use call::Call;
pub(crate) use payee::Mode;
pub(crate) use refusal::Refusal;

/// A call of a merchant that was found to have signed it.
pub(crate) struct Asked<'a> {
    pub(crate) sandbox: &'a Arc<Sandbox>,
    pub(crate) merchant: &'a Merchant,
    pub(crate) call: &'a Call,
    pub(crate) dice: &'a Dice,
    pub(crate) now_ms: u64,
    faults: &'a Arranged<'a>,
}

impl Asked<'_> {
    /// Whether a query that found a payment must not see it yet.
    pub(crate) fn is_blind(&self) -> bool {
        self.faults.happens(AnswerFault::NotPaidYet)
    }

    /// How the refund that is accepted now must end, if somebody arranged that.
    pub(crate) fn refund_fault(&self) -> Option<RefundFault> {
        self.faults.find(|fault| match fault {
            Fault::Refund(fault) => Some(*fault),
            Fault::Answer(_) | Fault::Delivery(_) | Fault::SwitchToPublicKey => None,
        })
    }
}

/// A call that was carried out, and what is told of it.
pub(crate) struct Done {
    pub(crate) answer: Answer,
    pub(crate) kind: Kind,
    pub(crate) what: Text,
}

/// What a call comes to.
pub(crate) enum Answer {
    /// 200 with a body.
    Json(Value),
    /// 204.
    Empty,
    /// 200, a file: the only thing that is not signed.
    File(Vec<u8>),
}

impl Done {
    pub(crate) fn json(body: Value, kind: Kind, what: Text) -> Self {
        Self { answer: Answer::Json(body), kind, what }
    }
}

/// Takes a request through the gateway.
pub(crate) async fn answer(
    sandbox: &Arc<Sandbox>,
    request: Request,
    act: impl FnOnce(&Asked<'_>) -> Result<Done, Refusal>,
) -> Response {
    let (call, received) = Call::receive(request).await;
    let dice = sandbox.cup.dice(&[call.method.as_str().as_bytes(), call.target.as_bytes(), &call.body]);
    let mut faults = Arranged::of(sandbox, call.method.as_str(), &call.path, &dice);
    if faults.happens(AnswerFault::DropRequest) {
        return HangUp.into_response();
    }
    if faults.happens(AnswerFault::BadGateway) {
        return bad_gateway();
    }
    if faults.find(|fault| matches!(fault, Fault::SwitchToPublicKey).then_some(())).is_some() {
        sandbox.switch_to_public_key();
    }
    let outcome = received
        .and_then(|()| call.check_headers())
        .and_then(|()| authorization::check(sandbox, &call))
        .and_then(|merchant| {
            call.check_query()?;
            if let Some(fault) = negative_test(&call)? {
                faults.add(fault);
            }
            if let Some(case) = faults.find(refusal) {
                return Err(Refusal::arranged(case));
            }
            let now_ms = sandbox.clock.now_ms();
            act(&Asked { sandbox, merchant, call: &call, dice: &dice, now_ms, faults: &faults })
        })
        .and_then(|done| match sandbox.book().trouble() {
            Some(why) => Err(Refusal::store(why)),
            None => Ok(done),
        })
        .map_err(|refusal| refusal.quoting(&call.body));
    // The header can ask for this one, too: it is only known now.
    if faults.happens(AnswerFault::BadGateway) {
        return bad_gateway();
    }
    let response = send(sandbox, &call, &dice, &faults, outcome);
    tokio::time::sleep(faults.delay()).await;
    if faults.happens(AnswerFault::DropAnswer) { HangUp.into_response() } else { response }
}

/// The refusal that was arranged.
pub(crate) fn refusal(fault: &Fault) -> Option<Case> {
    match fault {
        Fault::Answer(AnswerFault::Refuse(case)) => Some(*case),
        _ => None,
    }
}

/// `Wechatpay-Negative-Test: CASE`: one documented case, for this request alone.
fn negative_test(call: &Call) -> Result<Option<AnswerFault>, Refusal> {
    let Some(value) = call.header("wechatpay-negative-test") else { return Ok(None) };
    match by_header(value) {
        Some(fault) => Ok(Some(fault)),
        None => Err(Refusal::request(unknown_case())),
    }
}

/// What something on the way answers with.
pub(crate) fn bad_gateway() -> Response {
    let page = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>";
    (StatusCode::BAD_GATEWAY, [(header::CONTENT_TYPE, "text/html")], page).into_response()
}

/// For every address and method that the gateway does not have, and for what is no request at all.
pub(crate) fn refuse(sandbox: &Arc<Sandbox>, call: &Call, refusal: Refusal) -> Response {
    let dice = sandbox.cup.dice(&[call.method.as_str().as_bytes(), call.target.as_bytes()]);
    send(sandbox, call, &dice, &Arranged::nothing(sandbox), Err(refusal))
}

/// Words the outcome, tells of it, and signs it.
fn send(
    sandbox: &Arc<Sandbox>,
    call: &Call,
    dice: &Dice,
    faults: &Arranged<'_>,
    outcome: Result<Done, Refusal>,
) -> Response {
    let outcome = match outcome {
        Ok(done) if faults.happens(AnswerFault::ErrorAfter) => {
            sandbox.events.record(sandbox.clock.now_ms(), Draft::new(done.kind, done.what));
            Err(Refusal::arranged_after())
        }
        outcome => outcome,
    };
    let (status, numeric, code) = match &outcome {
        Ok(Done { answer: Answer::Empty, .. }) => (StatusCode::NO_CONTENT, 0, ""),
        Ok(_) => (StatusCode::OK, 0, ""),
        Err(refusal) => (refusal.status, refusal.numeric, refusal.code),
    };
    let mut request_id = format!("08{}", dice.text(30, b"0123456789ABCDEF"));
    // 0 is success's number: a refusal that has none ends without one.
    if numeric > 0 || status.is_success() && code.is_empty() {
        request_id += &format!("-{numeric}");
    }
    let answered = Answered {
        request: format!("{} {}", call.method, call.path),
        status: status.as_u16(),
        code: code.to_owned(),
        request_id: request_id.clone(),
    };
    let (body, draft) = match outcome {
        Ok(Done { answer, kind, what }) => (answer, Draft::new(kind, what)),
        Err(refusal) => {
            let what = format!("{} {}", call.method, call.path);
            let draft = Draft::refused(&what, &refusal.rule).comparing(refusal.comparison().cloned());
            (Answer::Json(refusal.body()), draft)
        }
    };
    sandbox.events.record(sandbox.clock.now_ms(), draft.answered(answered));
    let body = match body {
        Answer::File(bytes) => return file(bytes, &request_id),
        Answer::Empty => String::new(),
        Answer::Json(mut body) => {
            if let Some(object) = body.as_object_mut().filter(|_| status == StatusCode::OK) {
                shuffle::add_unknown_field(object, dice);
            }
            shuffle::to_text(&body, dice)
        }
    };
    signed(sandbox, call, dice, faults.dress(status.is_success()), (status, body), &request_id)
}

/// Signs everything that leaves, 204 too: an answer without a signature is to be treated as forged.
fn signed(
    sandbox: &Sandbox,
    call: &Call,
    dice: &Dice,
    dress: Dress,
    (status, body): (StatusCode, String),
    request_id: &str,
) -> Response {
    let merchant = authorization::claimed(sandbox, call);
    let habit = merchant.map(|merchant| sandbox.book().habit(&merchant.mchid)).unwrap_or_default();
    let to = Addressee { merchant, public_key_id: &sandbox.identity.public_key_id, habit };
    let letter = Letter { body: &body, now_seconds: sandbox.clock.now_seconds(), dress, dice };
    let Ok(headers) = sandbox.keys.sign_answer(&to, call.header("wechatpay-serial"), &letter) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let mut response = (status, Body::from(body)).into_response();
    for (name, value) in headers.into_iter().chain([("Request-ID", request_id.to_owned())]) {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response.headers_mut().remove(header::CONTENT_TYPE);
    if status != StatusCode::NO_CONTENT {
        let json = HeaderValue::from_static("application/json; charset=utf-8");
        response.headers_mut().insert(header::CONTENT_TYPE, json);
    }
    response
}

/// A bill's file is not signed: its digest was, in the answer that named its address.
fn file(bytes: Vec<u8>, request_id: &str) -> Response {
    let headers = [("Request-ID", request_id), ("Content-Type", "text/plain")];
    (headers, Body::from(bytes)).into_response()
}
