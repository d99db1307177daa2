//! `POST /_sandbox/faults` arranges a fault, `GET` lists them, `DELETE` takes them away.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, Request, State};
use serde_json::{Value, json};

use super::body::{self, BadCall, Read};
use crate::events::Kind;
use crate::faults::RuleForm;
use crate::sandbox::Sandbox;
use crate::text::text;

pub(crate) async fn add(State(sandbox): State<Arc<Sandbox>>, request: Request) -> Result<Json<Value>, BadCall> {
    let Read::<RuleForm> { form, .. } = body::read(request).await?;
    let rule = form.read().map_err(BadCall::new)?;
    let id = sandbox.faults.add(rule);
    sandbox.tell(Kind::Fault, text(format!("fault {id} was arranged"), format!("已安排故障 {id}")));
    Ok(Json(json!({ "id": id })))
}

pub(crate) async fn list(State(sandbox): State<Arc<Sandbox>>, query: RawQuery) -> Result<Json<Value>, BadCall> {
    body::bare(&query)?;
    Ok(Json(json!(sandbox.faults.list())))
}

pub(crate) async fn clear(State(sandbox): State<Arc<Sandbox>>, query: RawQuery) -> Result<Json<Value>, BadCall> {
    body::bare(&query)?;
    Ok(clear_all(&sandbox, None))
}

pub(crate) async fn clear_one(
    State(sandbox): State<Arc<Sandbox>>,
    id: Result<Path<u64>, PathRejection>,
    query: RawQuery,
) -> Result<Json<Value>, BadCall> {
    body::bare(&query)?;
    let Path(id) = id.map_err(|_| BadCall::new("a fault's id is a whole number: GET /_sandbox/faults lists them"))?;
    Ok(clear_all(&sandbox, Some(id)))
}

fn clear_all(sandbox: &Sandbox, id: Option<u64>) -> Json<Value> {
    let removed = sandbox.faults.clear(id);
    sandbox.tell(Kind::Fault, text(format!("{removed} faults were taken away"), format!("已撤销 {removed} 个故障")));
    Json(json!({ "removed": removed }))
}
