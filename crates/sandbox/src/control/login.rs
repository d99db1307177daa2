//! `POST /_sandbox/login {"openid"?, "appid"?}` -> `{"code"}`: where a phone's wx.login gets its code.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::body::{self, BadCall, Read};
use crate::events::Kind;
use crate::sandbox::Sandbox;
use crate::text::text;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Login {
    /// The first user of the mini program when missing.
    openid: Option<String>,
    /// The openid's own mini program when missing; without an openid, the first one.
    appid: Option<String>,
}

pub(crate) async fn login(State(sandbox): State<Arc<Sandbox>>, request: Request) -> Result<Json<Value>, BadCall> {
    let Read { form: Login { openid, appid }, bytes } = body::read(request).await?;
    let identity = &sandbox.identity;
    let app = match (&appid, &openid) {
        (Some(appid), _) => identity.app(appid),
        (None, Some(openid)) => identity.app_of(openid),
        (None, None) => identity.apps.first(),
    };
    let found = app.and_then(|app| {
        let user = match &openid {
            Some(openid) => app.users.iter().find(|user| user.openid == *openid),
            None => app.users.first(),
        };
        user.map(|user| (app, user))
    });
    let Some((app, user)) = found else {
        return Err(BadCall::new("no such user: take an openid (and its appid) of sandbox.json".to_owned()));
    };
    let code = format!("0{}", sandbox.cup.dice(&[b"login", &bytes]).letters(31));
    sandbox.book().codes.add(code.clone(), &app.appid, &user.openid, sandbox.clock.now_ms());
    sandbox.tell(Kind::Login, text("a login code was made for a phone", "已为手机生成登录 code"));
    Ok(Json(json!({ "code": code })))
}
