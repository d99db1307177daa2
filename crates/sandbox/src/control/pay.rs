//! `POST /_sandbox/pay`: the payment sheet. Takes what wx.requestPayment takes and who pays; answers
//! with the `errMsg` that the phone would show the page.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::body::{self, BadCall, Read};
use super::sheet::{Fault, Opened, already_paid, open};
use crate::book::{Payment, Settled};
use crate::connections::HangUp;
use crate::courier::{self, FirstTry};
use crate::events::{Draft, Kind};
use crate::sandbox::Sandbox;
use crate::text::{Text, text};
use crate::time;

/// A phone that hangs never answers; nobody's connection is kept for ever, though.
const HANGS: Duration = Duration::from_secs(120);
/// A receiver that does not answer has five seconds; so has this.
const FIRST_TRY: Duration = Duration::from_secs(6);

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

/// wx.requestPayment's. Many servers send appId along, which it does not look at.
const PARAMETERS: [&str; 6] = ["timeStamp", "nonceStr", "package", "signType", "paySign", "appId"];

/// What the payer does, and what the phone tells the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    /// Pays, and the page is told so.
    #[default]
    Pay,
    /// Pays, half of it with a coupon: what the payer pays is less than what was ordered.
    PayWithCoupon,
    /// Closes the sheet.
    Cancel,
    /// Wants to pay, and has not enough money.
    Insufficient,
    /// Pays, and the page is told that the payer cancelled: it happens.
    PayThenReportCancel,
    /// Pays, and the page is never told anything.
    PayThenHang,
}

pub(crate) async fn pay(State(sandbox): State<Arc<Sandbox>>, request: Request) -> Result<Response, BadCall> {
    let Read::<Sheet> { form: sheet, .. } = body::read(request).await?;
    if let Some(name) = sheet.parameters.keys().find(|name| !PARAMETERS.contains(&name.as_str())) {
        return Err(BadCall::new(format!(
            "{name} is none of this call's: it takes {}, openid, appid and outcome",
            PARAMETERS.join(", ")
        )));
    }
    let appid = sheet.appid.clone().or_else(|| sandbox.identity.app_of(&sheet.openid).map(|app| app.appid.clone()));
    let appid = appid.unwrap_or_else(|| sandbox.identity.appid.clone());
    let answer = match open(&sandbox, &appid, &sheet.openid, &sheet.parameters) {
        Ok(opened) => {
            let Text { en, zh } = word(sheet.outcome);
            let number = &opened.out_trade_no;
            let what = text(
                format!("order {number}: the sheet was opened, {en}"),
                format!("订单 {number}：支付面板已打开，{zh}"),
            );
            sandbox.tell(Kind::Sheet, what);
            act(&sandbox, &opened, sheet.outcome).await
        }
        Err(fault) => Err(fault),
    };
    match answer {
        Ok(Shown::Message(message)) => {
            Ok(Json(json!({ "errMsg": format!("requestPayment:{message}") })).into_response())
        }
        Ok(Shown::Nothing) => {
            tokio::time::sleep(HANGS).await;
            Ok(HangUp.into_response())
        }
        Err(Fault { shown, rule, comparison }) => {
            let draft = Draft::refused("wx.requestPayment", &rule).comparing(comparison.map(|comparison| *comparison));
            sandbox.events.record(sandbox.clock.now_ms(), draft);
            Ok(Json(json!({ "errMsg": format!("requestPayment:fail {shown}") })).into_response())
        }
    }
}

/// What the page hears.
enum Shown {
    Message(&'static str),
    Nothing,
}

async fn act(sandbox: &Arc<Sandbox>, opened: &Opened, outcome: Outcome) -> Result<Shown, Fault> {
    match outcome {
        Outcome::Cancel => return Ok(Shown::Message("fail cancel")),
        Outcome::Insufficient => {
            return Err(Fault::new(
                "余额不足",
                "the payer has not enough money: nothing moved",
                "付款人余额不足，没有扣款",
            ));
        }
        Outcome::Pay | Outcome::PayWithCoupon | Outcome::PayThenReportCancel | Outcome::PayThenHang => {}
    }
    if let Some(first_try) = take_money(sandbox, opened, outcome)? {
        // Arranged: the notification is there before the phone has its answer.
        let _ = tokio::time::timeout(FIRST_TRY, first_try).await;
    }
    Ok(match outcome {
        Outcome::PayThenReportCancel => Shown::Message("fail cancel"),
        Outcome::PayThenHang => Shown::Nothing,
        Outcome::Pay | Outcome::PayWithCoupon | Outcome::Cancel | Outcome::Insufficient => Shown::Message("ok"),
    })
}

/// One payment per order: who comes second finds it paid.
fn take_money(sandbox: &Arc<Sandbox>, opened: &Opened, outcome: Outcome) -> Result<Option<FirstTry>, Fault> {
    let Opened { owner, out_trade_no: number } = opened;
    let now_ms = sandbox.clock.now_ms();
    // One payment per order, so its id may hang on the order alone.
    let dice = sandbox.cup.fixed(&[b"payment", owner.as_str().as_bytes(), number.as_bytes()]);
    let transaction_id = format!("4200{}{}", &time::compact(now_ms)[..8], dice.digits(16));
    let order = {
        let mut book = sandbox.book();
        let mut order = book.order(owner, number).cloned().ok_or_else(already_paid)?;
        let coupon = if outcome == Outcome::PayWithCoupon { order.form.total / 2 } else { 0 };
        order.pay(Payment { transaction_id, at_ms: now_ms, coupon }, now_ms).map_err(|Settled| {
            Fault::new(
                "该订单已支付，请勿重复支付",
                "the order was paid or closed while the sheet was open",
                "面板打开期间订单已支付或关闭",
            )
        })?;
        book.put_order(order.clone());
        order
    };
    sandbox.tell(Kind::Paid, text(format!("order {number}: money moved"), format!("订单 {number}：已扣款")));
    Ok(courier::owe_payment_notice(sandbox, &order))
}

fn word(outcome: Outcome) -> Text {
    match outcome {
        Outcome::Pay => text("and the payer pays", "付款人支付"),
        Outcome::PayWithCoupon => text("and the payer pays half of it with a coupon", "付款人支付，其中一半使用代金券"),
        Outcome::Cancel => text("and the payer closes it", "付款人关闭面板"),
        Outcome::Insufficient => text("and the payer has not enough money", "付款人余额不足"),
        Outcome::PayThenReportCancel => {
            text("the payer pays, and the page is told of a cancel", "付款人支付，但页面收到取消")
        }
        Outcome::PayThenHang => {
            text("the payer pays, and the page is told nothing", "付款人支付，但页面收不到任何回调")
        }
    }
}
