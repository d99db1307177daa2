//! What is checked before the payer sees a price. (v3 documentation 4012365341)

use serde_json::{Map, Value};

use crate::book::{Api, Order, OrderState, Owner, PrepayAge, SignType};
use crate::diagnosis::{Comparison, explain_rsa, suspect};
use crate::sandbox::Sandbox;
use crate::text::{Text, text};
use crate::v2;

/// A sheet that WeChat was ready to open.
pub(super) struct Opened {
    pub(super) owner: Owner,
    pub(super) out_trade_no: String,
}

/// Why the sheet does not open, or no money moved: what the phone shows, and the rule behind it.
pub(super) struct Fault {
    pub(super) shown: String,
    pub(super) rule: Text,
    pub(super) comparison: Option<Box<Comparison>>,
}

impl Fault {
    pub(super) fn new(shown: impl Into<String>, en: &str, zh: &str) -> Self {
        Self { shown: shown.into(), rule: text(en, zh), comparison: None }
    }
}

const BAD_SIGNATURE: &str = "支付验证签名失败";

/// wx.requestPayment's parameters, each a text.
struct Parameters<'a> {
    time_stamp: &'a str,
    nonce_str: &'a str,
    package: &'a str,
    sign_type: &'a str,
    pay_sign: &'a str,
}

pub(super) fn open(sandbox: &Sandbox, appid: &str, openid: &str, given: &Map<String, Value>) -> Result<Opened, Fault> {
    let parameters = read(given)?;
    let prepay_id = parameters.package.strip_prefix("prepay_id=").filter(|id| !id.is_empty()).ok_or_else(|| {
        Fault::new(
            "调用支付JSAPI缺少参数: package",
            "package must read prepay_id=..., the prefix included",
            "package 应为 prepay_id=...，前缀不能少",
        )
    })?;
    let now_ms = sandbox.clock.now_ms();
    let (order, age) = {
        let book = sandbox.book();
        let found = book.order_by_prepay(prepay_id, now_ms);
        let (order, age) = found.ok_or_else(|| {
            Fault::new("预支付交易会话标识无效", "the prepay_id was never made here", "这里从未生成过该 prepay_id")
        })?;
        (order.clone(), age)
    };
    match order.form.api {
        Api::V3 => check_v3(sandbox, &order, appid, &parameters)?,
        Api::V2(kind) => check_v2(sandbox, &order, kind, appid, &parameters)?,
    }
    if age == PrepayAge::Expired {
        return Err(Fault::new(
            "预支付交易会话标识已过期，请重新下单",
            "the prepay_id is older than two hours: ask for a fresh one with the original parameters",
            "prepay_id 已超过两小时：请用原参数重新下单获取",
        ));
    }
    if order.form.appid != appid {
        return Err(Fault::new(
            "下单appid与支付appid不一致",
            "the order was made for another appid",
            "下单用的是另一个 appid",
        ));
    }
    if order.form.openid != openid {
        return Err(Fault::new(
            "下单账号与支付账号不一致，请核实后再支付",
            "the order was made for another payer",
            "下单用的是另一个用户的 openid",
        ));
    }
    match order.state(now_ms) {
        OrderState::Paid(_) | OrderState::Refunding(_) => Err(already_paid()),
        OrderState::Closed => Err(Fault::new("该订单已关闭，请重新下单", "the order is closed", "订单已关闭")),
        OrderState::NotPaid if order.has_lapsed(now_ms) => {
            Err(Fault::new("该订单已过期，请重新下单", "the order's time_expire has passed", "订单已过支付截止时间"))
        }
        OrderState::NotPaid => Ok(Opened { owner: order.form.payee.owner(), out_trade_no: order.form.out_trade_no }),
    }
}

pub(super) fn already_paid() -> Fault {
    Fault::new(
        "该订单已支付，请勿重复支付",
        "the order is paid: it takes one payment",
        "订单已支付：一个订单只收一次款",
    )
}

fn read(given: &Map<String, Value>) -> Result<Parameters<'_>, Fault> {
    let text = |name: &str| match given.get(name) {
        Some(Value::String(text)) if !text.is_empty() => Ok(text.as_str()),
        Some(Value::String(_)) | None => Err(Fault::new(
            format!("调用支付JSAPI缺少参数: {name}"),
            "a parameter of wx.requestPayment is missing or empty",
            "wx.requestPayment 的参数缺失或为空",
        )),
        Some(_) => Err(Fault::new(
            format!("parameter error: parameter.{name} should be String"),
            "every parameter of wx.requestPayment is a text, timeStamp too",
            "wx.requestPayment 的参数都是字符串，timeStamp 也是",
        )),
    };
    let parameters = Parameters {
        time_stamp: text("timeStamp")?,
        nonce_str: text("nonceStr")?,
        package: text("package")?,
        sign_type: text("signType")?,
        pay_sign: text("paySign")?,
    };
    let stamp = parameters.time_stamp;
    if stamp.len() != 10 || !stamp.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Fault::new(
            "参数错误: timeStamp",
            "timeStamp must be seconds since 1970, as a text",
            "timeStamp 应为 1970 年以来的秒数，字符串",
        ));
    }
    if parameters.nonce_str.len() > 32 {
        return Err(Fault::new(
            "参数错误: nonceStr",
            "nonceStr may have 32 characters at most",
            "nonceStr 最多 32 个字符",
        ));
    }
    Ok(parameters)
}

fn check_v3(sandbox: &Sandbox, order: &Order, appid: &str, parameters: &Parameters<'_>) -> Result<(), Fault> {
    let Parameters { time_stamp, nonce_str, package, sign_type, pay_sign } = parameters;
    if *sign_type != "RSA" {
        return Err(Fault::new(
            BAD_SIGNATURE,
            "signType must be RSA for an order made with API v3",
            "APIv3 下的单，signType 应为 RSA",
        ));
    }
    let four = |lines: &[&str]| lines.iter().map(|line| format!("{line}\n")).collect::<String>();
    let message = four(&[appid, time_stamp, nonce_str, package]);
    let mchid = order.form.payee.mchid();
    let Some(key) = sandbox.keys.of_merchant(mchid) else { return Err(already_paid()) };
    if key.signed(message.as_bytes(), pay_sign) {
        return Ok(());
    }
    let bare = package.trim_start_matches("prepay_id=");
    let mut suspects = vec![
        suspect(
            four(&[appid, time_stamp, nonce_str, bare]),
            "the prefix prepay_id= was left out of the signed string",
            "待签名串里漏了 prepay_id= 前缀",
        ),
        suspect(message.trim_end_matches('\n'), "the last line feed is missing", "缺少最后的换行"),
        suspect(
            four(&[appid, time_stamp, nonce_str, package, "RSA"]),
            "signType was signed: it is passed, and not signed",
            "signType 不参与签名，只需传给 wx.requestPayment",
        ),
        suspect(
            format!("appId={appid}&nonceStr={nonce_str}&package={package}&signType=RSA&timeStamp={time_stamp}"),
            "this is the string of API v2: v3 signs four lines",
            "这是 APIv2 的待签名串：v3 是四行",
        ),
    ];
    for app in sandbox.identity.apps.iter().filter(|app| app.appid != appid) {
        suspects.push(suspect(
            four(&[&app.appid, time_stamp, nonce_str, package]),
            "another appid was signed than the one that pays",
            "签名用的 appid 不是支付所在小程序的 appid",
        ));
    }
    let others = sandbox.keys.merchants().filter(|(other, _)| *other != mchid);
    let comparison = explain_rsa(key, others, message.as_bytes(), pay_sign, suspects).masked(&sandbox.identity);
    let fault = Fault::new(
        BAD_SIGNATURE,
        "paySign does not verify with the merchant's key over appid, timeStamp, nonceStr and package, each followed by a line feed",
        "paySign 验签失败：待签名串为 appid、timeStamp、nonceStr、package 四行，每行以换行结尾，用下单商户的私钥",
    );
    Err(Fault { comparison: Some(Box::new(comparison)), ..fault })
}

fn check_v2(
    sandbox: &Sandbox,
    order: &Order,
    kind: SignType,
    appid: &str,
    parameters: &Parameters<'_>,
) -> Result<(), Fault> {
    let Parameters { time_stamp, nonce_str, package, sign_type, pay_sign } = parameters;
    if *sign_type != kind.name() {
        return Err(Fault::new(
            BAD_SIGNATURE,
            "signType must be what unifiedorder was signed with",
            "signType 必须与 unifiedorder 的 sign_type 一致",
        ));
    }
    let Some(merchant) = sandbox.identity.merchant(order.form.payee.mchid()) else { return Err(already_paid()) };
    let fields: v2::xml::Fields = [
        ("appId", appid),
        ("timeStamp", time_stamp),
        ("nonceStr", nonce_str),
        ("package", package),
        ("signType", sign_type),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    if v2::sign::sign(&fields, kind, &merchant.api_v2_key) == *pay_sign {
        return Ok(());
    }
    let comparison = v2::sign::explain(&fields, kind, &merchant.api_v2_key, &merchant.api_v3_key, pay_sign)
        .masked(&sandbox.identity);
    let fault = Fault::new(
        BAD_SIGNATURE,
        "paySign does not verify with the API v2 key over appId, nonceStr, package, signType and timeStamp",
        "paySign 验签失败：用 APIv2 密钥对 appId、nonceStr、package、signType、timeStamp 签名",
    );
    Err(Fault { comparison: Some(Box::new(comparison)), ..fault })
}
