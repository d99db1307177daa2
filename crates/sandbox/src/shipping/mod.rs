//! WeChat's shipping desk, and the access token that it asks for. Faults come as HTTP 200 with an `errcode`.
//! (api_getstableaccesstoken, api_uploadshippinginfo and api_getorder of the mini program documentation)

mod desk;
mod form;
mod tokens;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

pub(crate) use desk::Desk;
pub(crate) use tokens::Tokens;

use crate::connections::HangUp;
use crate::dice::Dice;
use crate::events::{Draft, Kind};
use crate::faults::{AnswerFault, Arranged};
use crate::gateway::refusal;
use crate::sandbox::Sandbox;
use crate::text::{Text, text};

/// `errcode`, `errmsg`, and the rule behind them.
struct Fault {
    errcode: i64,
    errmsg: &'static str,
    rule: Text,
}

fn fault(errcode: i64, errmsg: &'static str, en: &str, zh: &str) -> Fault {
    Fault { errcode, errmsg, rule: text(en, zh) }
}

fn malformed(what: &str) -> Fault {
    let en = format!("the body must be JSON as the documentation has it: {what}");
    fault(47001, "data format error", &en, &format!("请求体应为文档规定的 JSON：{what}"))
}

fn busy() -> Fault {
    fault(-1, "system error", "busy, as arranged: try again", "按安排返回：系统繁忙，请重试")
}

type Parameters = Query<BTreeMap<String, String>>;

pub(crate) async fn stable_token(State(sandbox): State<Arc<Sandbox>>, body: Bytes) -> Response {
    answer(&sandbox, "/cgi-bin/stable_token", &body, |dice| {
        let asked = read::<tokens::Asked>(&body)?;
        let (token, seconds) = tokens::give_out(&sandbox, &asked, dice)?;
        sandbox.tell(Kind::Shipping, text("an access token was given out", "已签发 access_token"));
        Ok(json!({ "access_token": token, "expires_in": seconds }))
    })
    .await
}

pub(crate) async fn get_order(State(sandbox): State<Arc<Sandbox>>, parameters: Parameters, body: Bytes) -> Response {
    answer(&sandbox, "/wxa/sec/order/get_order", &body, |_| {
        let appid = caller(&sandbox, &parameters)?;
        let order = desk::state(&sandbox, &appid, &read(&body)?)?;
        sandbox.tell(Kind::Shipping, text("shipping was asked about", "查询了发货状态"));
        Ok(json!({ "errcode": 0, "errmsg": "ok", "order": order }))
    })
    .await
}

pub(crate) async fn upload(State(sandbox): State<Arc<Sandbox>>, parameters: Parameters, body: Bytes) -> Response {
    answer(&sandbox, "/wxa/sec/order/upload_shipping_info", &body, |_| {
        let appid = caller(&sandbox, &parameters)?;
        let number = desk::upload(&sandbox, &appid, &read(&body)?)?;
        let zh = format!("订单 {number} 已录入发货信息");
        sandbox.tell(Kind::Shipping, text(format!("order {number} was shipped"), zh));
        Ok(json!({ "errcode": 0, "errmsg": "ok" }))
    })
    .await
}

fn read<'a, T: Deserialize<'a>>(body: &'a Bytes) -> Result<T, Fault> {
    serde_json::from_slice(body).map_err(|error| malformed(&error.to_string()))
}

/// The mini program whose token this is.
fn caller(sandbox: &Sandbox, parameters: &Parameters) -> Result<String, Fault> {
    let missing = || fault(41001, "access_token missing", "access_token is required in the query", "缺少 access_token");
    let token = parameters.get("access_token").filter(|token| !token.is_empty()).ok_or_else(missing)?;
    tokens::app_of(sandbox, token)
}

/// The work, with what was arranged to go wrong about it.
async fn answer(
    sandbox: &Sandbox,
    path: &'static str,
    body: &Bytes,
    work: impl FnOnce(&Dice) -> Result<Value, Fault>,
) -> Response {
    let dice = sandbox.cup.dice(&[path.as_bytes(), body]);
    // What is about signatures and notifications has no place here.
    let faults = Arranged::of(sandbox, "POST", path, &dice);
    if faults.happens(AnswerFault::DropRequest) {
        return HangUp.into_response();
    }
    if faults.happens(AnswerFault::BadGateway) {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    let outcome = match faults.find(refusal) {
        Some(case) if case.status == 429 => {
            Err(fault(45009, "reach max api daily quota limit", "too many calls, as arranged", "按安排返回：调用超限"))
        }
        Some(_) => Err(busy()),
        None => work(&dice).and_then(|done| {
            if faults.happens(AnswerFault::NotPaidYet) {
                Err(desk::not_heard_of())
            } else if faults.happens(AnswerFault::ErrorAfter) {
                Err(busy())
            } else {
                Ok(done)
            }
        }),
    };
    tokio::time::sleep(faults.delay()).await;
    if faults.happens(AnswerFault::DropAnswer) {
        return HangUp.into_response();
    }
    match outcome {
        Ok(body) => Json(body).into_response(),
        Err(Fault { errcode, errmsg, rule }) => {
            sandbox.events.record(sandbox.clock.now_ms(), Draft::refused(&format!("POST {path}"), &rule));
            Json(json!({ "errcode": errcode, "errmsg": format!("{errmsg} rid: {}", dice.hex(24)) })).into_response()
        }
    }
}
