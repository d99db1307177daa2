//! `POST /_sandbox/pay`: the payment sheet. Takes what wx.requestPayment takes and who pays; answers
//! with the `errMsg` that the phone would show the page.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::body::{self, BadCall};
use crate::book::{OrderState, Payment, PrepayAge, Settled};
use crate::events::Kind;
use crate::sandbox::Sandbox;
use crate::time;

#[derive(Deserialize)]
struct Sheet {
    openid: String,
    appid: Option<String>,
    #[serde(default)]
    outcome: Outcome,
    /// wx.requestPayment's own parameters: checked by hand, because the phone's words about them count.
    #[serde(flatten)]
    parameters: Map<String, Value>,
}

/// What the payer does, and what the phone tells the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    /// Pays, and the page is told so.
    #[default]
    Pay,
    /// Closes the sheet.
    Cancel,
    /// Pays, and the page is told that the payer cancelled: it happens.
    PayThenReportCancel,
}

pub(crate) async fn pay(State(sandbox): State<Arc<Sandbox>>, request: Request) -> Result<Json<Value>, BadCall> {
    let sheet: Sheet = body::read(request).await?;
    let message = match open(&sandbox, &sheet) {
        Ok(opened) => {
            sandbox.record(
                Kind::Sheet,
                format!("order {}: the sheet was opened, {}", opened.out_trade_no, word(sheet.outcome)),
            );
            match sheet.outcome {
                Outcome::Cancel => Ok("requestPayment:fail cancel"),
                Outcome::Pay => take_money(&sandbox, &opened).map(|()| "requestPayment:ok"),
                Outcome::PayThenReportCancel => take_money(&sandbox, &opened).map(|()| "requestPayment:fail cancel"),
            }
        }
        Err(fault) => Err(fault),
    };
    let message = message.map_or_else(
        |Fault { shown, rule }| {
            sandbox.record_refusal("wx.requestPayment".to_owned(), rule);
            format!("requestPayment:fail {shown}")
        },
        str::to_owned,
    );
    Ok(Json(json!({ "errMsg": message })))
}

/// A sheet that WeChat was ready to open.
struct Opened {
    out_trade_no: String,
}

/// Why the sheet does not open, or no money moved: what the phone shows, and the rule behind it.
struct Fault {
    shown: String,
    rule: &'static str,
}

impl Fault {
    fn new(shown: impl Into<String>, rule: &'static str) -> Self {
        Self { shown: shown.into(), rule }
    }
}

/// Everything that is checked before the payer sees a price. (v3 documentation 4012365341)
fn open(sandbox: &Sandbox, sheet: &Sheet) -> Result<Opened, Fault> {
    let text = |name: &str| match sheet.parameters.get(name) {
        Some(Value::String(text)) if !text.is_empty() => Ok(text.as_str()),
        Some(Value::String(_)) | None => Err(Fault::new(
            format!("调用支付JSAPI缺少参数: {name}"),
            "a parameter of wx.requestPayment is missing or empty",
        )),
        Some(_) => Err(Fault::new(
            format!("parameter error: parameter.{name} should be String"),
            "every parameter of wx.requestPayment is a text, timeStamp too",
        )),
    };
    let time_stamp = text("timeStamp")?;
    let nonce_str = text("nonceStr")?;
    let package = text("package")?;
    let sign_type = text("signType")?;
    let pay_sign = text("paySign")?;
    if time_stamp.len() != 10 || !time_stamp.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Fault::new("参数错误: timeStamp", "timeStamp must be seconds since 1970, as a text"));
    }
    if nonce_str.len() > 32 {
        return Err(Fault::new("参数错误: nonceStr", "nonceStr may have 32 characters at most"));
    }
    let prepay_id = package.strip_prefix("prepay_id=").filter(|id| !id.is_empty()).ok_or_else(|| {
        Fault::new("调用支付JSAPI缺少参数: package", "package must read prepay_id=..., the prefix included")
    })?;
    if sign_type != "RSA" {
        return Err(Fault::new("支付验证签名失败", "signType must be RSA for an order made with API v3"));
    }
    let appid = sheet.appid.as_deref().unwrap_or(&sandbox.identity.appid);
    let message = [appid, time_stamp, nonce_str, package].map(|line| format!("{line}\n")).concat();
    if !sandbox.keys.merchant_signed(message.as_bytes(), pay_sign) {
        return Err(Fault::new(
            "支付验证签名失败",
            "paySign does not verify with the merchant's key over appid, timeStamp, nonceStr and package, each followed by a line feed",
        ));
    }
    let now_ms = sandbox.clock.now_ms();
    let mut book = sandbox.book();
    let (order, age) = book
        .order_by_prepay(prepay_id, now_ms)
        .ok_or_else(|| Fault::new("预支付交易会话标识无效", "the prepay_id was never made here"))?;
    if age == PrepayAge::Expired {
        return Err(Fault::new(
            "预支付交易会话标识已过期，请重新下单",
            "the prepay_id is older than two hours: ask for a fresh one",
        ));
    }
    if order.form.appid != appid {
        return Err(Fault::new("下单appid与支付appid不一致", "the order was made for another appid"));
    }
    if order.form.openid != sheet.openid {
        return Err(Fault::new("下单账号与支付账号不一致，请核实后再支付", "the order was made for another payer"));
    }
    match order.state {
        OrderState::Paid(_) => Err(Fault::new("该订单已支付，请勿重复支付", "the order is paid: it takes one payment")),
        OrderState::Closed => Err(Fault::new("该订单已关闭，请重新下单", "the order is closed")),
        OrderState::NotPaid if order.has_lapsed(now_ms) => {
            Err(Fault::new("该订单已过期，请重新下单", "the order's time_expire has passed"))
        }
        OrderState::NotPaid => Ok(Opened { out_trade_no: order.form.out_trade_no.clone() }),
    }
}

/// One payment per order: who comes second finds it paid.
fn take_money(sandbox: &Arc<Sandbox>, opened: &Opened) -> Result<(), Fault> {
    let now_ms = sandbox.clock.now_ms();
    let transaction_id = format!("4200{}{}", &time::compact(now_ms)[..8], sandbox.dice.digits(16));
    let notice = {
        let mut book = sandbox.book();
        let settled =
            || Fault::new("该订单已支付，请勿重复支付", "the order was paid or closed while the sheet was open");
        let order = book.order(&opened.out_trade_no, now_ms).ok_or_else(settled)?;
        order.pay(Payment { transaction_id, at_ms: now_ms }).map_err(|Settled| settled())?;
        crate::courier::notice(sandbox, order)
    };
    sandbox.record(Kind::Paid, format!("order {}: money moved", opened.out_trade_no));
    match notice {
        Ok(notice) => crate::courier::send(Arc::clone(sandbox), notice),
        Err(_) => {
            sandbox.record(Kind::Notification, format!("order {}: no notification could be made", opened.out_trade_no))
        }
    }
    Ok(())
}

const fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Pay => "and the payer pays",
        Outcome::Cancel => "and the payer closes it",
        Outcome::PayThenReportCancel => "the payer pays, and the page is told of a cancel",
    }
}
