//! A refusal, as the gateway words it: status, code, numeric code at the end of Request-ID, detail.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::raw;
use crate::diagnosis::Comparison;
use crate::faults::Case;
use crate::text::{Text, shorten, text};

/// A parameter that is not legal.
const ILLEGAL: u64 = 268_435_461;
/// One that is, and out of the range that it must be in.
pub(crate) const OUT_OF_RANGE: u64 = 268_435_464;
/// Of what a sender named or wrote, so much is repeated.
const LONGEST_VALUE: usize = 256;
/// `location` of a field.
const BODY: &str = "body";
const SIGN_NOT_MATCH: &str = "sign not match";

/// Why a call was refused. `rule` says in one sentence which rule was broken, and quotes no secret.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) numeric: u64,
    pub(crate) rule: Box<Text>,
    /// For people who read Chinese, in a few words.
    title: &'static str,
    fault: Fault,
}

/// `detail`: where the fault is.
#[derive(Debug)]
enum Fault {
    Nowhere,
    /// `field` is a JSON pointer into the body, or the name of a query's parameter.
    Field {
        field: String,
        value: String,
        location: &'static str,
    },
    Signature {
        comparison: Box<Comparison>,
        signed: Value,
    },
}

impl Refusal {
    fn new(status: u16, code: &'static str, numeric: u64, title: &'static str, rule: Text) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self { status, code, numeric, rule: Box::new(rule), title, fault: Fault::Nowhere }
    }

    /// A header or the body as a whole.
    pub(crate) fn request(rule: Text) -> Self {
        Self::new(400, "INVALID_REQUEST", ILLEGAL, "请求不合法", rule)
    }

    /// A field of the body, with the JSON pointer to it.
    pub(crate) fn field(pointer: &str, rule: Text) -> Self {
        Self::at(pointer, BODY, ILLEGAL, rule)
    }

    /// A field that the call does not define.
    pub(crate) fn extra_field(field: &str, location: &'static str) -> Self {
        let rule = text("is not a parameter of this call: remove it", "不是该接口的参数，请去掉");
        Self::at(field, location, 270_924_358, rule)
    }

    /// The same refusal under a code of its own.
    pub(crate) fn with_numeric(self, numeric: u64) -> Self {
        Self { numeric, ..self }
    }

    /// The same refusal, and what was sent in this parameter. It goes back to the sender, and nowhere else.
    pub(crate) fn with_value(mut self, given: &str) -> Self {
        if let Fault::Field { value, .. } = &mut self.fault {
            given.clone_into(value);
            shorten(value, LONGEST_VALUE);
        }
        self
    }

    /// The same refusal, with what stands in `body` where it points to, as it was sent.
    pub(crate) fn quoting(mut self, body: &[u8]) -> Self {
        if let Fault::Field { field, value, location: BODY } = &mut self.fault
            && let Some(sent) = core::str::from_utf8(body).ok().and_then(|body| raw::at(body, field))
        {
            *value = sent;
            shorten(value, LONGEST_VALUE);
        }
        self
    }

    /// A parameter of the query.
    pub(crate) fn query(field: &str, rule: Text) -> Self {
        Self::at(field, "query", ILLEGAL, rule)
    }

    fn at(field: &str, location: &'static str, numeric: u64, rule: Text) -> Self {
        let mut field = field.to_owned();
        shorten(&mut field, LONGEST_VALUE);
        let name = field.trim_start_matches('/').replace('/', ".");
        let rule = text(format!("{name} {}", rule.en), format!("{name} {}", rule.zh));
        let refusal = Self::new(400, "PARAM_ERROR", numeric, "参数错误", rule);
        Self { fault: Fault::Field { field, value: String::new(), location }, ..refusal }
    }

    /// The payer of another mini program.
    pub(crate) fn openid_of_elsewhere() -> Self {
        let rule = text(
            "the openid is one of another mini program: take the one from a login in the mini program that is paid in",
            "openid 属于另一个小程序：请使用支付所在小程序登录得到的 openid",
        );
        Self::new(500, "OPENID_MISMATCH", 0, "appid和openid不匹配", rule)
    }

    /// A payment that somebody else's order was made for.
    pub(crate) fn not_your_order(numeric: u64, rule: Text) -> Self {
        Self::new(400, "INVALID_REQUEST", numeric, "商户号与订单不匹配", rule)
    }

    /// The Authorization header.
    pub(crate) fn sign(rule: Text) -> Self {
        Self::new(401, "SIGN_ERROR", 268_443_699, "签名错误", rule)
    }

    /// The signature itself.
    pub(crate) fn sign_not_match(comparison: Comparison, signed: Value) -> Self {
        let rule = text(
            "the signature does not verify with the merchant's key over METHOD, path with query, timestamp, nonce and raw body, each followed by a line feed",
            "签名与商户公钥不匹配：待签名串应为 方法、路径(含查询串)、时间戳、随机串、原始请求体，每行以换行结尾",
        );
        Self { fault: Fault::Signature { comparison: Box::new(comparison), signed }, ..Self::sign(rule) }
    }

    pub(crate) fn other_mchid(place: &'static str) -> Self {
        Self::sign(text(
            format!("{place} is not the mchid in Authorization"),
            format!("{place} 与 Authorization 中的 mchid 不一致"),
        ))
    }

    pub(crate) fn not_bound() -> Self {
        let rule = text(
            "the appid is not bound to the merchant: bind them on the merchant platform",
            "appid 与商户号没有绑定关系：请在商户平台绑定",
        );
        Self::new(400, "APPID_MCHID_NOT_MATCH", 268_445_527, "appid和mchid不匹配", rule)
    }

    pub(crate) fn no_such_order() -> Self {
        let rule = text(
            "no order of this merchant has this number: check it, and whether its prepay succeeded",
            "该商户没有这个单号的订单：核对单号（区分大小写），以及下单是否成功",
        );
        Self::new(404, "ORDER_NOT_EXIST", 268_512_771, "订单不存在", rule)
    }

    pub(crate) fn order_paid() -> Self {
        let rule = text(
            "the order is paid: query it, and refund it if the money has to go back",
            "订单已支付：请查询订单；需要退钱请退款",
        );
        Self::new(400, "ORDER_PAID", 268_449_538, "订单已支付", rule)
    }

    pub(crate) fn order_closed() -> Self {
        let rule = text(
            "the order is closed and its number is used up: order again under a new number",
            "订单已关闭，单号不能再用：请用新单号重新下单",
        );
        Self::new(400, "ORDER_CLOSED", 268_447_914, "订单已关闭", rule)
    }

    pub(crate) fn order_lapsed() -> Self {
        let rule = text(
            "the order's time_expire has passed: close it, and order again under a new number",
            "订单已过支付截止时间：请关单后用新单号重新下单",
        );
        Self::new(400, "INVALID_REQUEST", 268_447_914, "订单已过期", rule)
    }

    pub(crate) fn other_parameters() -> Self {
        let rule = text(
            "the out_trade_no was posted before with other parameters: send the same, or close it and use a new number",
            "同一 out_trade_no 曾以不同参数下单：请用相同参数重试，或关单后换新单号",
        );
        Self::new(400, "INVALID_REQUEST", 268_498_688, "商户订单号重复", rule)
    }

    /// Nothing here has this number.
    pub(crate) fn no_such_resource(rule: Text) -> Self {
        Self::new(404, "RESOURCE_NOT_EXISTS", 0, "查询的资源不存在", rule)
    }

    pub(crate) fn too_often(rule: Text) -> Self {
        Self::new(429, "FREQUENCY_LIMITED", 268_447_840, "频率超限", rule)
    }

    /// Partner mode: the sub-merchant is missing, the caller itself, or somebody else's.
    pub(crate) fn partner(status: u16, code: &'static str, numeric: u64, rule: Text) -> Self {
        Self::new(status, code, numeric, "服务商关系错误", rule)
    }

    pub(crate) fn bill(code: &'static str, rule: Text) -> Self {
        Self::new(400, code, 0, "账单不可用", rule)
    }

    /// A documented refusal that somebody asked for.
    pub(crate) fn arranged(case: Case) -> Self {
        let rule = text(
            "refused because this was arranged: by a rule under /_sandbox/faults, or by Wechatpay-Negative-Test",
            "按预先安排返回的错误：来自 /_sandbox/faults 的规则，或 Wechatpay-Negative-Test 请求头",
        );
        Self::new(case.status, case.code, case.numeric, case.zh, rule)
    }

    /// 500 although everything was done.
    pub(crate) fn arranged_after() -> Self {
        let rule = text(
            "this answer was arranged, and the request was carried out all the same: repeat it with the same number and parameters",
            "按预先安排返回的错误，但请求已经执行：请用相同单号和参数重试",
        );
        Self::new(500, "SYSTEM_ERROR", 0, "系统错误", rule)
    }

    /// The store does not take what was done.
    pub(crate) fn store(why: &str) -> Self {
        let rule = text(
            format!("the sandbox's --store cannot be written ({why}): free some space, then repeat the request"),
            format!("沙箱的 --store 文件无法写入（{why}）：请腾出空间后重试"),
        );
        Self::new(500, "SYSTEM_ERROR", 0, "系统错误", rule)
    }

    /// A head beyond what any call needs.
    pub(crate) fn head(status: StatusCode, rule: Text) -> Self {
        Self::new(status.as_u16(), "INVALID_REQUEST", ILLEGAL, "请求不合法", rule)
    }

    pub(crate) fn no_such_address() -> Self {
        let rule = text(
            "there is no such address and method; paths are case-sensitive",
            "没有这个接口地址或方法；路径区分大小写",
        );
        Self::new(404, "RESOURCE_NOT_EXISTS", 0, "接口不存在", rule)
    }

    pub(crate) fn body(&self) -> Value {
        let mut body =
            json!({ "code": self.code, "message": format!("{}: {} ({})", self.title, self.rule.zh, self.rule.en) });
        match &self.fault {
            Fault::Nowhere => {}
            Fault::Field { field, value, location } => {
                body["detail"] = json!({ "field": field, "value": value, "issue": self.rule.en, "location": location });
            }
            // As documented, and as the gateway really writes it: the issue one step further down as well.
            Fault::Signature { signed, .. } => {
                body["detail"] = json!({
                    "field": "signature", "value": "", "issue": SIGN_NOT_MATCH, "location": "authorization",
                    "detail": { "issue": SIGN_NOT_MATCH }, "sign_information": signed,
                });
            }
        }
        body
    }

    /// Of a signature that does not verify.
    pub(crate) fn comparison(&self) -> Option<&Comparison> {
        match &self.fault {
            Fault::Signature { comparison, .. } => Some(comparison),
            Fault::Nowhere | Fault::Field { .. } => None,
        }
    }
}
