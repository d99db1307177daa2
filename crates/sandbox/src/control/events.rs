//! `GET /_sandbox/events`: what happened, oldest first. `?after=SEQ` gives what came later, and with
//! `&wait=SECONDS` it is waited for; `&limit=N` gives the newest N of them.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use serde::Deserialize;

use super::body::BadCall;
use crate::events::Event;
use crate::sandbox::Sandbox;

/// Longer than a proxy keeps a silent connection.
const LONGEST_WAIT: u64 = 25;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Since {
    #[serde(default)]
    after: u64,
    #[serde(default)]
    wait: u64,
    limit: Option<usize>,
}

pub(crate) async fn events(
    State(sandbox): State<Arc<Sandbox>>,
    query: Result<Query<Since>, QueryRejection>,
) -> Result<Json<Vec<Event>>, BadCall> {
    let Query(Since { after, wait, limit }) = query.map_err(|fault| {
        let why = fault.body_text();
        let why = why.rsplit_once("query string: ").map_or(why.as_str(), |(_, why)| why);
        BadCall::new(format!("the query takes after, wait and limit, each once and a whole number: {why}"))
    })?;
    if wait > 0 {
        sandbox.events.wait(after, Duration::from_secs(wait.min(LONGEST_WAIT))).await;
    }
    let mut events = sandbox.events.list(after);
    if let Some(limit) = limit {
        events.drain(..events.len().saturating_sub(limit));
    }
    Ok(Json(events))
}
