//! What an HTTP status says where no code is known.

use super::Advice::{Never, Query, RetryLater, RetrySame};
use super::Code::Status;
use super::{Guidance, row};

pub(super) fn explain(status: u16) -> &'static Guidance {
    match status {
        202 => &PENDING,
        429 => &TOO_MANY,
        502..=504 => &UNAVAILABLE,
        500..=599 => &BROKEN,
        _ => &UNKNOWN,
    }
}

/// For whoever reads the whole table.
pub(super) static ALL: [&Guidance; 5] = [&PENDING, &TOO_MANY, &UNAVAILABLE, &BROKEN, &UNKNOWN];

static PENDING: Guidance = row(
    Status("202"),
    Query,
    ["微信支付已收到请求，但还没有结果。", "稍后查询订单，以查询结果为准。"],
    ["WeChat Pay took the request and has no result yet.", "Query the order a little later and go by what it says."],
);
static TOO_MANY: Guidance = row(
    Status("429"),
    RetryLater,
    ["请求太频繁，被微信支付限流。", "放慢调用，用相同的参数稍后再试；长期不够用时申请提高额度。"],
    ["Too many requests.", "Slow down and send the same request later; if it keeps happening, ask for more quota."],
);
static UNAVAILABLE: Guidance = row(
    Status("502-504"),
    RetryLater,
    ["微信支付暂时不可用。", "稍后用相同的参数再试；结果不明的订单先查询。"],
    [
        "WeChat Pay is unavailable for the moment.",
        "Send the same request later; query an order whose outcome is not known.",
    ],
);
static BROKEN: Guidance = row(
    Status("5xx"),
    RetrySame,
    ["微信支付内部出错，请求可能已经生效，也可能没有。", "用相同的单号和参数再试，不要换新单号。"],
    [
        "WeChat Pay failed inside; the request may have taken effect or not.",
        "Send it again with the same number and the same parameters, never with a new number.",
    ],
);
pub(super) static UNKNOWN: Guidance = row(
    Status("other"),
    Never,
    ["微信支付拒绝了请求，返回的错误码不在已知列表中。", "按返回的说明修正请求；需要时凭 Request-ID 联系微信支付。"],
    [
        "WeChat Pay refused with a code that is not known here.",
        "Correct the request as the answer's message says; ask WeChat Pay's support with the Request-ID if need be.",
    ],
);
