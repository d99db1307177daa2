//! Documented refusals, to be had on purpose: by a rule, or by the header `Wechatpay-Negative-Test`.

use crate::text::{Text, text};

/// A refusal without a cause of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Case {
    pub(crate) status: u16,
    pub(crate) code: &'static str,
    pub(crate) numeric: u64,
    pub(crate) zh: &'static str,
}

/// Every one that the documentation names for these calls, with its HTTP status.
const CASES: [Case; 26] = [
    case(202, "USERPAYING", 0, "用户支付中，需要输入密码"),
    case(202, "USER_PAYING", 0, "用户支付中"),
    case(400, "PARAM_ERROR", 268_435_461, "参数错误"),
    case(400, "INVALID_REQUEST", 268_435_461, "请求不合法"),
    case(400, "APPID_MCHID_NOT_MATCH", 268_445_527, "appid和mchid不匹配"),
    case(400, "MCH_NOT_EXISTS", 268_443_715, "商户号不存在"),
    case(400, "ORDER_CLOSED", 268_447_914, "订单已关闭"),
    case(400, "ORDER_PAID", 268_449_538, "订单已支付"),
    case(400, "NO_STATEMENT_EXIST", 0, "账单文件不存在"),
    case(400, "STATEMENT_CREATING", 0, "账单生成中"),
    case(401, "SIGN_ERROR", 268_443_699, "签名错误"),
    case(403, "NO_AUTH", 268_448_010, "商户无权限"),
    case(403, "OUT_TRADE_NO_USED", 268_498_688, "商户订单号重复"),
    case(403, "RULE_LIMIT", 0, "业务规则限制"),
    case(403, "TRADE_ERROR", 0, "交易错误"),
    case(403, "ACCOUNT_ERROR", 0, "账号异常"),
    case(403, "NOT_ENOUGH", 0, "余额不足"),
    case(404, "ORDER_NOT_EXIST", 268_512_771, "订单不存在"),
    case(404, "RESOURCE_NOT_EXISTS", 0, "查询的资源不存在"),
    case(429, "FREQUENCY_LIMITED", 268_447_840, "频率超限"),
    case(429, "RATELIMIT_EXCEEDED", 268_447_840, "频率超限"),
    case(500, "SYSTEM_ERROR", 0, "系统错误"),
    case(500, "BANK_ERROR", 0, "银行系统异常"),
    case(500, "OPENID_MISMATCH", 0, "openid和appid不匹配"),
    case(500, "INVALID_TRANSACTIONID", 0, "订单号非法"),
    case(503, "SERVICE_UNAVAILABLE", 0, "服务不可用"),
];

const fn case(status: u16, code: &'static str, numeric: u64, zh: &'static str) -> Case {
    Case { status, code, numeric, zh }
}

impl Case {
    /// The case of this code.
    pub(crate) fn named(code: &str) -> Option<Self> {
        CASES.into_iter().find(|case| case.code == code)
    }
}

/// All codes, for whoever named another.
pub(crate) fn documented() -> String {
    CASES.map(|case| case.code).join(", ")
}

/// Of a header that names another one.
pub(crate) fn unknown_case() -> Text {
    let known = documented();
    text(
        format!(
            "Wechatpay-Negative-Test names no documented case: it can be unsigned_answer, stale_timestamp, unknown_serial, wrong_key, probe, error_after, drop_answer, bad_gateway, or {known}"
        ),
        "Wechatpay-Negative-Test 的值不是文档中的用例",
    )
}

/// What the header `Wechatpay-Negative-Test` selects: a documented code, or a fault by its name in rules.
pub(crate) fn by_header(value: &str) -> Option<super::AnswerFault> {
    use super::AnswerFault::{BadGateway, Dress, DropAnswer, ErrorAfter, Refuse};
    use crate::keyring::Dress as Dressed;
    match value {
        "unsigned_answer" => Some(Dress(Dressed::Unsigned)),
        "stale_timestamp" => Some(Dress(Dressed::Stale)),
        "unknown_serial" => Some(Dress(Dressed::UnknownSerial)),
        "wrong_key" => Some(Dress(Dressed::WrongKey)),
        "probe" => Some(Dress(Dressed::Probe)),
        "error_after" => Some(ErrorAfter),
        "drop_answer" => Some(DropAnswer),
        "bad_gateway" => Some(BadGateway),
        code => Case::named(code).map(Refuse),
    }
}
