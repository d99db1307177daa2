//! `POST /_sandbox/keys`: which key signs for the merchant that verifies by certificates.
//! `{"certificate": "by_date" | "next", "publicKeyPermille": 0..1000}`; `{}` only reads it.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::body::{self, BadCall, Read};
use crate::events::Kind;
use crate::keyring::{Certificate, Habit};
use crate::sandbox::Sandbox;
use crate::text::text;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Change {
    certificate: Option<Certificate>,
    public_key_permille: Option<u16>,
}

pub(crate) async fn keys(State(sandbox): State<Arc<Sandbox>>, request: Request) -> Result<Json<Value>, BadCall> {
    let Read { form: Change { certificate, public_key_permille }, .. } = body::read(request).await?;
    if public_key_permille.is_some_and(|permille| permille > 1000) {
        return Err(BadCall::new("publicKeyPermille goes from 0 to 1000".to_owned()));
    }
    let Some(mchid) = sandbox.certificate_merchant().map(|merchant| merchant.mchid.clone()) else {
        return Err(BadCall::new("no merchant of sandbox.json verifies by certificates".to_owned()));
    };
    let before = sandbox.book().habit(&mchid);
    let habit = Habit {
        certificate: certificate.unwrap_or(before.certificate),
        public_key_permille: public_key_permille.unwrap_or(before.public_key_permille),
    };
    if habit != before {
        sandbox.book().set_habit(&mchid, habit);
        sandbox.tell(Kind::Keys, text("which key signs was changed", "签名使用的密钥已更改"));
    }
    Ok(Json(json!({
        "mchid": mchid, "certificate": habit.certificate, "publicKeyPermille": habit.public_key_permille,
    })))
}
