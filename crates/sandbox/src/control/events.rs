//! `GET /_sandbox/events`: what happened, oldest first.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use crate::events::Event;
use crate::sandbox::Sandbox;

pub(crate) async fn events(State(sandbox): State<Arc<Sandbox>>) -> Json<Vec<Event>> {
    Json(sandbox.events.list())
}
