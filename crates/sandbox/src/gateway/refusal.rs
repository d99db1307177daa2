//! A refusal, as the gateway words it: status, code, numeric code at the end of Request-ID, detail.

use axum::http::StatusCode;
use serde_json::{Value, json};

/// Why a call was refused. `rule` says in one sentence which rule was broken, and quotes no secret.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) numeric: u64,
    pub(crate) rule: String,
    /// For people who read Chinese, in a few words.
    title: &'static str,
    fault: Fault,
}

/// `detail`: where the fault is.
#[derive(Debug)]
enum Fault {
    Nowhere,
    Field { field: String, location: &'static str },
    Signature,
}

impl Refusal {
    fn new(status: StatusCode, code: &'static str, numeric: u64, title: &'static str, rule: impl Into<String>) -> Self {
        Self { status, code, numeric, rule: rule.into(), title, fault: Fault::Nowhere }
    }

    /// A header or the body as a whole.
    pub(crate) fn request(rule: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "INVALID_REQUEST", 268_435_461, "请求不合法", rule)
    }

    /// A field of the body, with the path to it.
    pub(crate) fn field(field: &str, rule: &str) -> Self {
        Self::at(field, "body", 268_435_461, format!("{field} {rule}"))
    }

    /// A field that the call does not define.
    pub(crate) fn extra_field(field: &str, location: &'static str) -> Self {
        Self::at(field, location, 270_924_358, format!("{field} is not a parameter of this call: remove it"))
    }

    /// A parameter of the query.
    pub(crate) fn query(field: &str, rule: &str) -> Self {
        Self::at(field, "query", 268_435_461, format!("{field} {rule}"))
    }

    fn at(field: &str, location: &'static str, numeric: u64, rule: String) -> Self {
        let refusal = Self::new(StatusCode::BAD_REQUEST, "PARAM_ERROR", numeric, "参数错误", rule);
        Self { fault: Fault::Field { field: field.to_owned(), location }, ..refusal }
    }

    /// The Authorization header.
    pub(crate) fn sign(rule: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "SIGN_ERROR", 268_443_699, "签名错误", rule)
    }

    /// The signature itself.
    pub(crate) fn sign_not_match() -> Self {
        let rule = "the signature does not verify with the merchant's key over METHOD, path with query, timestamp, nonce and raw body, each followed by a line feed";
        Self { fault: Fault::Signature, ..Self::sign(rule) }
    }

    pub(crate) fn not_bound() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "APPID_MCHID_NOT_MATCH",
            268_445_527,
            "appid和mchid不匹配",
            "the appid is not bound to the merchant: bind them on the merchant platform",
        )
    }

    pub(crate) fn no_such_order() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "ORDER_NOT_EXIST",
            268_512_771,
            "订单不存在",
            "no order of this merchant has this number: check it, and whether its prepay succeeded",
        )
    }

    pub(crate) fn order_paid() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "ORDER_PAID",
            268_449_538,
            "订单已支付",
            "the order is paid: query it, and refund it if the money has to go back",
        )
    }

    pub(crate) fn order_closed() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "ORDER_CLOSED",
            268_447_914,
            "订单已关闭",
            "the order is closed and its number is used up: order again under a new number",
        )
    }

    pub(crate) fn order_lapsed() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "INVALID_REQUEST",
            268_447_914,
            "订单已过期",
            "the order's time_expire has passed: close it, and order again under a new number",
        )
    }

    pub(crate) fn other_parameters() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "INVALID_REQUEST",
            268_498_688,
            "商户订单号重复",
            "the out_trade_no was posted before with other parameters: send the same, or close it and use a new number",
        )
    }

    pub(crate) fn no_such_address() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "RESOURCE_NOT_EXISTS",
            0,
            "接口不存在",
            "there is no such address and method; paths are case-sensitive",
        )
    }

    pub(crate) fn body(&self) -> Value {
        let mut body = json!({ "code": self.code, "message": format!("{}: {}", self.title, self.rule) });
        match &self.fault {
            Fault::Nowhere => {}
            Fault::Field { field, location } => {
                body["detail"] = json!({ "field": field, "value": "", "issue": self.rule, "location": location });
            }
            Fault::Signature => {
                body["detail"] = json!({ "field": "signature", "value": "", "issue": "sign not match", "location": "authorization" });
            }
        }
        body
    }
}
