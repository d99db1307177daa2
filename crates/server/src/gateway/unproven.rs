//! Answers of version 3 that their signature does not prove: a file has none, and what is signed with a
//! certificate that only the answer holds is proven later.

use reqwest::header::HeaderMap;
use wechatpay::v3::types::ErrorBody;
use wechatpay::v3::{Advice, advice, numeric_code};

use super::line::{Incoming, Outgoing, Speech};
use super::v3::V3;
use super::{CallError, meter};

/// Signs as version 3 does, and takes the answer as it comes. Nothing in it may be believed yet.
pub(super) struct Unproven<'a>(pub(super) V3<'a>);

impl Speech for Unproven<'_> {
    type Answer = Incoming;

    const API: &'static str = V3::API;

    fn headers(&self, out: &Outgoing<'_>) -> Result<HeaderMap, CallError> {
        self.0.headers(out)
    }

    fn hear(&self, incoming: Incoming) -> Incoming {
        incoming
    }

    fn advice(answer: &Incoming) -> Option<Advice> {
        (answer.status != 200).then(|| advice_of(answer))
    }

    fn outcome(answer: &Incoming) -> &'static str {
        if answer.status == 200 { meter::OK } else { meter::code(answer.status, &error(answer).code) }
    }

    fn is_slow(answer: &Incoming) -> bool {
        answer.status == 429 || super::asks_to_slow_down(&error(answer).code)
    }
}

/// An answer that is no success.
pub(super) fn refusal(answer: &Incoming) -> CallError {
    let code = super::word(&error(answer).code);
    CallError::Refused { status: answer.status, code, advice: advice_of(answer) }
}

fn advice_of(answer: &Incoming) -> Advice {
    let request_id = answer.header("request-id").unwrap_or_default();
    advice(answer.status, &error(answer).code, numeric_code(request_id))
}

fn error(answer: &Incoming) -> ErrorBody {
    serde_json::from_slice(&answer.body).unwrap_or_default()
}
