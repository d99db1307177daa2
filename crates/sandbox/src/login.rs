//! WeChat's login: `GET /sns/jscode2session`. Faults come as HTTP 200 with an `errcode`, as text/plain.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::book::CodeError;
use crate::events::Kind;
use crate::sandbox::Sandbox;

pub(crate) async fn code_to_session(
    State(sandbox): State<Arc<Sandbox>>,
    Query(parameters): Query<BTreeMap<String, String>>,
) -> Response {
    let body = match exchange(&sandbox, &parameters) {
        Ok(openid) => {
            sandbox.record(Kind::Login, "a login code was exchanged for a session".to_owned());
            json!({ "session_key": STANDARD.encode(sandbox.dice.letters(16)), "openid": openid })
        }
        Err(Fault(errcode, errmsg)) => {
            sandbox.record_refusal("GET /sns/jscode2session".to_owned(), errmsg);
            json!({ "errcode": errcode, "errmsg": format!("{errmsg}, rid: {}", sandbox.dice.hex(24)) })
        }
    };
    ([(CONTENT_TYPE, "text/plain")], body.to_string()).into_response()
}

/// `errcode` and `errmsg`.
struct Fault(i32, &'static str);

fn exchange(sandbox: &Sandbox, parameters: &BTreeMap<String, String>) -> Result<String, Fault> {
    let need = |name, fault| parameters.get(name).filter(|value| !value.is_empty()).ok_or(fault);
    let appid = need("appid", Fault(41002, "appid missing"))?;
    let secret = need("secret", Fault(41004, "appsecret missing"))?;
    let code = need("js_code", Fault(41008, "missing code"))?;
    if need("grant_type", Fault(40002, "invalid grant_type"))? != "authorization_code" {
        return Err(Fault(40002, "invalid grant_type"));
    }
    if *appid != sandbox.identity.appid {
        return Err(Fault(40013, "invalid appid"));
    }
    if *secret != sandbox.identity.app_secret {
        return Err(Fault(40125, "invalid appsecret"));
    }
    sandbox.book().use_code(code, sandbox.clock.now_ms()).map_err(|error| match error {
        CodeError::Unknown => Fault(40029, "invalid code"),
        CodeError::Used => Fault(40163, "code been used"),
    })
}
