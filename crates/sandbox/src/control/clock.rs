//! `POST /_sandbox/clock`: `{"advanceMs": N}` moves it forward, `{"setMs": N}` sets it, `{"frozen": true}`
//! stops it, `{"frozen": false}` lets it go on, `{"reset": true}` gives it back the machine's time.
//! `{}` only reads it. Answers `{"nowMs", "frozen"}`.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::body::{self, BadCall, Read};
use crate::clock::Setting;
use crate::events::Kind;
use crate::sandbox::Sandbox;
use crate::text::text;

/// The end of the year 9999: what lies beyond cannot be written as a date, and is a slip of units.
const LATEST_MS: u64 = 253_402_300_799_999;

/// Any of them, in this order.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Move {
    #[serde(default)]
    reset: bool,
    set_ms: Option<u64>,
    #[serde(default)]
    advance_ms: u64,
    frozen: Option<bool>,
}

pub(crate) async fn clock(State(sandbox): State<Arc<Sandbox>>, request: Request) -> Result<Json<Value>, BadCall> {
    let Read { form: Move { reset, set_ms, advance_ms, frozen }, .. } = body::read(request).await?;
    let clock = &sandbox.clock;
    let before = clock.setting();
    let begin = set_ms.unwrap_or_else(|| clock.now_ms());
    if begin.saturating_add(advance_ms) > LATEST_MS {
        return Err(BadCall::new("the clock goes up to the year 9999; times are milliseconds since 1970".to_owned()));
    }
    if reset {
        clock.reset();
        sandbox.tell(Kind::Clock, text("the clock shows the machine's time again", "时钟恢复为本机时间"));
    }
    if let Some(ms) = set_ms {
        clock.set(ms);
        sandbox.tell(Kind::Clock, text(format!("the clock was set to {ms}"), format!("时钟设为 {ms}")));
    }
    if advance_ms > 0 {
        clock.advance(advance_ms);
        let en = format!("the clock was moved forward by {advance_ms} ms");
        sandbox.tell(Kind::Clock, text(en, format!("时钟前进 {advance_ms} 毫秒")));
    }
    match frozen {
        Some(true) => {
            clock.freeze();
            sandbox.tell(Kind::Clock, text("the clock stands", "时钟已停"));
        }
        Some(false) => {
            clock.run();
            sandbox.tell(Kind::Clock, text("the clock goes on", "时钟继续"));
        }
        None => {}
    }
    let setting = clock.setting();
    if setting != before {
        let mut book = sandbox.book();
        book.keep_clock(setting);
        if let Some(why) = book.trouble() {
            return Err(BadCall::new(format!(
                "the clock was moved, but the --store cannot be written ({why}): free some space"
            )));
        }
    }
    Ok(Json(json!({ "nowMs": clock.now_ms(), "frozen": matches!(setting, Setting::Frozen { .. }) })))
}
