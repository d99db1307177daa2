//! `POST /_sandbox/login {"openid"?}` -> `{"code"}`: where a phone's wx.login gets its code.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::body::{self, BadCall};
use crate::events::Kind;
use crate::sandbox::Sandbox;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Login {
    /// The first user of sandbox.json when missing.
    openid: Option<String>,
}

pub(crate) async fn login(State(sandbox): State<Arc<Sandbox>>, request: Request) -> Result<Json<Value>, BadCall> {
    let Login { openid } = body::read(request).await?;
    let identity = &sandbox.identity;
    let openid = match openid {
        Some(openid) if identity.knows(&identity.appid, &openid) => openid,
        None if !identity.users.is_empty() => identity.users[0].openid.clone(),
        _ => return Err(BadCall("no such user: take an openid of sandbox.json".to_owned())),
    };
    let code = format!("0{}", sandbox.dice.letters(31));
    sandbox.book().add_code(code.clone(), openid, sandbox.clock.now_ms());
    sandbox.record(Kind::Login, "a login code was made for a phone".to_owned());
    Ok(Json(json!({ "code": code })))
}
