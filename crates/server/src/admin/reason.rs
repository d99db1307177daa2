//! What the operator has to say about a decision, for whoever looks at it later.

use super::problem::{Code, Refusal};

/// In characters.
const MOST: usize = 200;

/// Refuses what says nothing; `what` is decided.
pub(super) fn check(why: &str, what: &str) -> Result<(), Refusal> {
    if !why.trim().is_empty() && why.chars().count() <= MOST && !why.contains('\0') {
        return Ok(());
    }
    let detail = format!("why must say in 1 to {MOST} characters why {what}. Nothing was changed; correct it.");
    Err(Refusal::new(Code::MalformedRequest, detail))
}
