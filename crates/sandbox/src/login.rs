//! WeChat's login: `GET /sns/jscode2session`. Faults come as HTTP 200 with an `errcode`, as text/plain.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::book::CodeError;
use crate::connections::HangUp;
use crate::events::{Draft, Kind};
use crate::faults::{AnswerFault, Arranged, Case};
use crate::gateway::refusal;
use crate::sandbox::Sandbox;
use crate::text::{Text, text};

pub(crate) async fn code_to_session(
    State(sandbox): State<Arc<Sandbox>>,
    Query(parameters): Query<BTreeMap<String, String>>,
) -> Response {
    let named: Vec<_> = parameters.iter().flat_map(|(name, value)| [name.as_bytes(), value.as_bytes()]).collect();
    let dice = sandbox.cup.dice(&named);
    // What is about signatures, payments and refunds has no place here.
    let faults = Arranged::of(&sandbox, "GET", "/sns/jscode2session", &dice);
    if faults.happens(AnswerFault::DropRequest) {
        return HangUp.into_response();
    }
    if faults.happens(AnswerFault::BadGateway) {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    let outcome = match faults.find(refusal) {
        Some(case) => Err(arranged_fault(case)),
        None => exchange(&sandbox, &parameters).and_then(|openid| {
            // The code is spent, and the answer is a busy one.
            if faults.happens(AnswerFault::ErrorAfter) {
                Err(fault(
                    -1,
                    "system error",
                    "busy, as arranged, and the code is spent",
                    "按安排返回：系统繁忙，且 code 已被消耗",
                ))
            } else {
                Ok(openid)
            }
        }),
    };
    tokio::time::sleep(faults.delay()).await;
    // The code is spent, and nobody hears of it: the next try with it is 40163.
    if faults.happens(AnswerFault::DropAnswer) {
        return HangUp.into_response();
    }
    let body = match outcome {
        Ok(openid) => {
            sandbox.tell(Kind::Login, text("a login code was exchanged for a session", "登录 code 已换成会话"));
            json!({ "session_key": STANDARD.encode(dice.letters(16)), "openid": openid })
        }
        Err(LoginFault { errcode, errmsg, rule }) => {
            let draft = Draft::refused("GET /sns/jscode2session", &rule);
            sandbox.events.record(sandbox.clock.now_ms(), draft);
            json!({ "errcode": errcode, "errmsg": format!("{errmsg}, rid: {}", dice.hex(24)) })
        }
    };
    ([(CONTENT_TYPE, "text/plain")], body.to_string()).into_response()
}

/// `errcode`, `errmsg`, and the rule behind them.
struct LoginFault {
    errcode: i32,
    errmsg: &'static str,
    rule: Text,
}

fn fault(errcode: i32, errmsg: &'static str, en: &str, zh: &str) -> LoginFault {
    LoginFault { errcode, errmsg, rule: text(en, zh) }
}

/// WeChat's login has three of its own: too many calls, a user of high risk, and busy.
fn arranged_fault(case: Case) -> LoginFault {
    if case.status == 429 {
        return fault(
            45011,
            "api minute-quota reach limit",
            "too many calls a minute, as arranged",
            "按安排返回：调用过于频繁",
        );
    }
    if matches!(case.code, "RULE_LIMIT" | "ACCOUNT_ERROR") {
        return fault(40226, "code blocked", "a user of high risk, as arranged", "按安排返回：高风险用户");
    }
    fault(-1, "system error", "busy, as arranged: try again", "按安排返回：系统繁忙，请重试")
}

fn exchange(sandbox: &Sandbox, parameters: &BTreeMap<String, String>) -> Result<String, LoginFault> {
    let need = |name: &str, errcode, errmsg| {
        let missing = || fault(errcode, errmsg, &format!("{name} is required"), &format!("缺少参数 {name}"));
        parameters.get(name).filter(|value| !value.is_empty()).ok_or_else(missing)
    };
    let appid = need("appid", 41002, "appid missing")?;
    let secret = need("secret", 41004, "appsecret missing")?;
    let code = need("js_code", 41008, "missing code")?;
    if need("grant_type", 40002, "invalid grant_type")? != "authorization_code" {
        let zh = "grant_type 应为 authorization_code";
        return Err(fault(40002, "invalid grant_type", "grant_type must be authorization_code", zh));
    }
    let app = sandbox.identity.app(appid);
    let app = app.ok_or_else(|| fault(40013, "invalid appid", "there is no such mini program", "没有这个小程序"))?;
    if *secret != app.app_secret {
        return Err(fault(
            40125,
            "invalid appsecret",
            "the secret is not this mini program's",
            "不是该小程序的 AppSecret",
        ));
    }
    sandbox.book().codes.redeem(code, appid, sandbox.clock.now_ms()).map_err(|error| match error {
        CodeError::Unknown => fault(
            40029,
            "invalid code",
            "the code was never made for this mini program, or is older than 5 minutes",
            "code 不是该小程序的，或已超过 5 分钟",
        ),
        CodeError::Used => fault(40163, "code been used", "a code works once", "code 只能使用一次"),
    })
}
