//! What to do about a refusal.

/// What is worth trying after a call was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Advice {
    /// Send the same bytes again, soon: WeChat may or may not have acted on the first.
    RetrySame,
    /// Send the same bytes again, later and more slowly.
    RetryLater,
    /// Ask what became of the order: it has moved on, and money may have.
    Query,
    /// The same request will be refused again; someone must act.
    Never,
}

/// What to do about an answer with this HTTP status, error code and numeric code (see
/// [`numeric_code`]; 0 when there is none). Old codes lack the underscores; both are understood.
///
/// Codes that contradict their status follow the code: WeChat answers 500 for faults of the caller.
#[must_use]
pub fn advice(status: u16, code: &str, numeric: u64) -> Advice {
    // "Already paid" hides behind more than one code; the number is the same.
    if matches!(numeric, 268_449_538 | 268_498_689) {
        return Advice::Query;
    }
    match code.replace('_', "").as_str() {
        // TRADE_ERROR says that something about the trade stopped it, not what: a query does.
        "USERPAYING" | "ORDERPAID" | "ORDERCLOSED" | "OUTTRADENOUSED" | "TRADEERROR" => Advice::Query,
        "SYSTEMERROR" | "BANKERROR" => Advice::RetrySame,
        "FREQUENCYLIMITED" | "FREQUENCYLIMITEXCEED" | "RATELIMITEXCEEDED" | "NOTENOUGH" | "SERVICEUNAVAILABLE" => {
            Advice::RetryLater
        }
        "OPENIDMISMATCH" | "INVALIDTRANSACTIONID" => Advice::Never,
        _ => match status {
            202 => Advice::Query,
            429 | 502 | 503 | 504 => Advice::RetryLater,
            500..=599 => Advice::RetrySame,
            _ => Advice::Never,
        },
    }
}

/// WeChat's numeric error code: the digits after the last `-` of the `Request-ID` header, which
/// names a cause more finely than the body does. 0 when there is none.
#[must_use]
pub fn numeric_code(request_id: &str) -> u64 {
    request_id.rsplit_once('-').and_then(|(_, code)| code.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{Advice, advice, numeric_code};

    #[test]
    fn every_documented_code_in_both_spellings() {
        let table = [
            (202, "USERPAYING", Advice::Query),
            (202, "USER_PAYING", Advice::Query),
            (400, "PARAM_ERROR", Advice::Never),
            (400, "INVALID_REQUEST", Advice::Never),
            (400, "APPID_MCHID_NOT_MATCH", Advice::Never),
            (400, "MCH_NOT_EXISTS", Advice::Never),
            (400, "ORDER_CLOSED", Advice::Query),
            (400, "ORDERCLOSED", Advice::Query),
            (400, "ORDER_PAID", Advice::Query),
            (400, "ORDERPAID", Advice::Query),
            (401, "SIGN_ERROR", Advice::Never),
            (401, "SIGNERROR", Advice::Never),
            (403, "NO_AUTH", Advice::Never),
            (403, "OUT_TRADE_NO_USED", Advice::Query),
            (403, "RULE_LIMIT", Advice::Never),
            (403, "RULELIMIT", Advice::Never),
            (403, "TRADE_ERROR", Advice::Query),
            (403, "ACCOUNT_ERROR", Advice::Never),
            (403, "NOT_ENOUGH", Advice::RetryLater),
            (404, "ORDER_NOT_EXIST", Advice::Never),
            (404, "ORDERNOTEXIST", Advice::Never),
            (404, "RESOURCE_NOT_EXISTS", Advice::Never),
            (429, "FREQUENCY_LIMITED", Advice::RetryLater),
            (429, "RATELIMIT_EXCEEDED", Advice::RetryLater),
            (500, "SYSTEM_ERROR", Advice::RetrySame),
            (500, "SYSTEMERROR", Advice::RetrySame),
            (500, "BANK_ERROR", Advice::RetrySame),
            (500, "OPENID_MISMATCH", Advice::Never),
            (500, "INVALID_TRANSACTIONID", Advice::Never),
            (502, "SERVICE_UNAVAILABLE", Advice::RetryLater),
            (503, "", Advice::RetryLater),
            (500, "<html>", Advice::RetrySame),
            (418, "", Advice::Never),
        ];
        for (status, code, expected) in table {
            assert_eq!(advice(status, code, 0), expected, "{status} {code}");
        }
    }

    #[test]
    fn an_order_already_paid_is_queried_whatever_the_code_says() {
        assert_eq!(advice(400, "INVALID_REQUEST", 268_449_538), Advice::Query);
    }

    #[test]
    fn the_numeric_code_ends_the_request_id() {
        assert_eq!(numeric_code("08F78BB3AF0610D302189F9A0B20C9-268435461"), 268_435_461);
        for none in ["", "-", "08F7", "08F7-", "08F7-x"] {
            assert_eq!(numeric_code(none), 0, "{none:?}");
        }
    }
}
