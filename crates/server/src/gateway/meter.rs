//! What WeChat Pay answers, and how long it takes.

use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use wechatpay::codes::{self, Code};

use super::NOT_TAKEN;
use crate::metrics::{Labels, seconds};

/// Answers of every merchant's calls; a clone counts into the same.
#[derive(Clone, Debug)]
pub struct GatewayMeter {
    answers: Family<Labels<3>, Counter>,
    seconds: Family<Labels<2>, Histogram, fn() -> Histogram>,
}

impl Default for GatewayMeter {
    fn default() -> Self {
        let answers = Family::<Labels<3>, Counter>::default();
        // A series that begins with its first event has no increase: what somebody is called for begins at 0.
        for (api, call, code) in called_for() {
            let _ = answers.get_or_create(&[("api", api.into()), ("call", call.into()), ("code", code.into())]);
        }
        Self { answers, seconds: Family::new_with_constructor(seconds) }
    }
}

impl GatewayMeter {
    /// A try came to this, an answer or none.
    pub(super) fn answered(&self, api: &'static str, path: &str, code: &'static str) {
        let labels = [("api", api.into()), ("call", call(path).into()), ("code", code.into())];
        self.answers.get_or_create(&labels).inc();
    }

    /// A try took so long, whatever it came to.
    pub(super) fn took(&self, api: &'static str, path: &str, time: Duration) {
        self.seconds.get_or_create(&[("api", api.into()), ("call", call(path).into())]).observe(time.as_secs_f64());
    }

    pub(crate) fn register(&self, registry: &mut Registry) {
        registry.register(
            "gateway_answers",
            "Answers of WeChat Pay, by API, call and code: OK, a code of WeChat's, or what stands in for one",
            self.answers.clone(),
        );
        registry.register("gateway_seconds", "How long WeChat Pay took, by API and call", self.seconds.clone());
    }
}

/// The answers that docs/alerts.yml counts one by one.
fn called_for() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    const CONFIGURATION: [&str; 6] =
        ["SIGN_ERROR", "NO_AUTH", "APPID_MCHID_NOT_MATCH", "MCH_NOT_EXISTS", "ACCOUNT_ERROR", NOT_TAKEN];
    ["v3", "v2"].into_iter().flat_map(|api| {
        let calls = ["prepay", "query", "close", "refund", "query_refund"].into_iter();
        let refused = calls.flat_map(move |call| CONFIGURATION.map(|code| (api, call, code)));
        refused.chain([(api, "refund", "NOT_ENOUGH")])
    })
}

/// A success that verifies.
pub(super) const OK: &str = "OK";
/// An answer that does not verify.
pub(super) const NOT_VERIFIED: &str = "NOT_VERIFIED";
/// No host answered.
pub(super) const UNREACHABLE: &str = "UNREACHABLE";
/// Nothing was sent: WeChat asked to slow down a moment ago.
pub(super) const RESTING: &str = "RESTING";

/// A refusal's code, if it is one that the documentation has; what anybody could make up is not a label.
pub(super) fn code(status: u16, word: &str) -> &'static str {
    match codes::explain(status, word, 0).code {
        Code::Word(known) => known,
        Code::Number(_) | Code::Login(_) | Code::Status(_) if status >= 500 => "OTHER_5XX",
        Code::Number(_) | Code::Login(_) | Code::Status(_) => "OTHER",
    }
}

/// Which call, without the numbers in its path.
fn call(path: &str) -> &'static str {
    let path = path.split('?').next().unwrap_or_default();
    match path {
        "/v3/certificates" => "certificates",
        "/v3/refund/domestic/refunds" | "/secapi/pay/refund" => "refund",
        "/pay/refundquery" => "query_refund",
        "/pay/unifiedorder" => "prepay",
        "/pay/orderquery" => "query",
        "/pay/closeorder" => "close",
        _ if path.starts_with("/v3/refund/domestic/refunds/") => "query_refund",
        _ if path.starts_with("/v3/bill/") || path.starts_with("/v3/billdownload/") || path == "/pay/downloadbill" => {
            "bill"
        }
        _ if path.ends_with("/jsapi") => "prepay",
        _ if path.ends_with("/close") => "close",
        _ if path.contains("/transactions/") => "query",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_number_and_no_word_of_anybodys_becomes_a_label() {
        assert_eq!(call("/v3/pay/transactions/out-trade-no/abc?mchid=1"), "query");
        assert_eq!(call("/v3/pay/partner/transactions/out-trade-no/abc/close"), "close");
        assert_eq!(call("/v3/pay/transactions/jsapi"), "prepay");
        assert_eq!(call("/v3/refund/domestic/refunds/no-1?sub_mchid=1"), "query_refund");
        assert_eq!(call("/v3/refund/domestic/refunds"), "refund");
        assert_eq!(call("/v3/bill/tradebill?bill_date=2026-01-01"), "bill");
        assert_eq!(call("/anything/else"), "other");
        assert_eq!((code(404, "ORDERNOTEXIST"), code(404, "ORDER_NOT_EXIST")), ("ORDER_NOT_EXIST", "ORDER_NOT_EXIST"));
        assert_eq!((code(400, "made up \" by a proxy"), code(502, "")), ("OTHER", "OTHER_5XX"));
    }
}
