//! `POST /_sandbox/clock {"advanceMs"}` -> `{"nowMs"}`: two hours in an instant.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::body::{self, BadCall};
use crate::events::Kind;
use crate::sandbox::Sandbox;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Advance {
    advance_ms: u64,
}

pub(crate) async fn clock(State(sandbox): State<Arc<Sandbox>>, request: Request) -> Result<Json<Value>, BadCall> {
    let Advance { advance_ms } = body::read(request).await?;
    sandbox.clock.advance(advance_ms);
    sandbox.record(Kind::Clock, format!("the clock was moved forward by {advance_ms} ms"));
    Ok(Json(json!({ "nowMs": sandbox.clock.now_ms() })))
}
