//! `POST /_sandbox/clock`: `{"advanceMs": N}` moves it forward, `{"setMs": N}` sets it, `{"frozen": true}`
//! stops it, `{"frozen": false}` lets it go on, `{"reset": true}` gives it back the machine's time.
//! `{}` only reads it. Answers `{"nowMs", "frozen"}`.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use serde_json::{Value, json};

use super::body::{self, BadCall, Read};
use crate::clock::{Move, Setting};
use crate::events::Kind;
use crate::sandbox::Sandbox;
use crate::text::text;

/// The end of the year 9999: what lies beyond cannot be written as a date, and is a slip of units.
const LATEST_MS: u64 = 253_402_300_799_999;

pub(crate) async fn clock(State(sandbox): State<Arc<Sandbox>>, request: Request) -> Result<Json<Value>, BadCall> {
    let Read::<Move> { form: change, .. } = body::read(request).await?;
    let clock = &sandbox.clock;
    let before = clock.setting();
    let begin = change.set_ms.unwrap_or_else(|| clock.now_ms());
    if begin.saturating_add(change.advance_ms) > LATEST_MS {
        return Err(BadCall::new("the clock goes up to the year 9999; times are milliseconds since 1970"));
    }
    sandbox.book().settle(clock.now_ms());
    clock.change(&change);
    tell(&sandbox, &change);
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

fn tell(sandbox: &Sandbox, Move { reset, set_ms, advance_ms, frozen }: &Move) {
    if *reset {
        sandbox.tell(Kind::Clock, text("the clock shows the machine's time again", "时钟恢复为本机时间"));
    }
    if let Some(ms) = set_ms {
        sandbox.tell(Kind::Clock, text(format!("the clock was set to {ms}"), format!("时钟设为 {ms}")));
    }
    if *advance_ms > 0 {
        let en = format!("the clock was moved forward by {advance_ms} ms");
        sandbox.tell(Kind::Clock, text(en, format!("时钟前进 {advance_ms} 毫秒")));
    }
    match frozen {
        Some(true) => sandbox.tell(Kind::Clock, text("the clock stands", "时钟已停")),
        Some(false) => sandbox.tell(Kind::Clock, text("the clock goes on", "时钟继续")),
        None => {}
    }
}
