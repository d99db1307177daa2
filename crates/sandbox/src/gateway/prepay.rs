//! `POST /v3/pay/transactions/jsapi`: an order, and a prepay id that opens the sheet for it.

use serde_json::{Value, json};

use super::call::Call;
use super::fields::{self, Fields};
use super::refusal::Refusal;
use super::{Answer, notify_url};
use crate::book::{Form, Order, OrderState};
use crate::events::Kind;
use crate::sandbox::Sandbox;
use crate::time;

/// The least time a payer must be given on the first post.
const LEAST_AHEAD_MS: u64 = 60 * 1000;
/// More than any payer's limit.
const LARGEST_TOTAL: u64 = 100_000_000_000;

pub(crate) fn prepay(sandbox: &Sandbox, call: &Call) -> Result<Answer, Refusal> {
    let body = fields::parse(&call.body)?;
    let form = read(&body)?;
    check_parties(sandbox, &form)?;
    let number = form.out_trade_no.clone();
    let prepay_id = post(sandbox, form, body)?;
    sandbox.record(Kind::Prepay, format!("order {number}: a prepay_id was made"));
    Ok(Answer::Json(json!({ "prepay_id": prepay_id })))
}

/// Every field of the call, with its type, length and characters. (v3 documentation 4012525182)
fn read(body: &Value) -> Result<Form, Refusal> {
    let mut root = Fields::of(body)?;
    let appid = root.text("appid", 1..=32)?.to_owned();
    let mchid = root.text("mchid", 1..=32)?.to_owned();
    root.text("description", 1..=127)?;
    let out_trade_no = root.text("out_trade_no", 6..=32)?.to_owned();
    if !out_trade_no.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-|*".contains(&b)) {
        return Err(root.bad("out_trade_no", "may have digits, letters and _-|* only"));
    }
    let time_expire_ms = match root.optional_text("time_expire", 1..=64)? {
        Some(text) => Some(
            time::parse_rfc3339(text)
                .ok_or_else(|| root.bad("time_expire", "must be RFC 3339, as 2018-06-08T10:34:56+08:00"))?,
        ),
        None => None,
    };
    let attach = root.optional_text("attach", 1..=128)?.map(str::to_owned);
    let notify_url = root.text("notify_url", 1..=255)?.to_owned();
    notify_url::check(&notify_url).map_err(|rule| root.bad("notify_url", rule))?;
    root.optional_text("goods_tag", 1..=32)?;
    root.optional_flag("support_fapiao")?;

    let mut amount = root.object("amount")?;
    let total = amount.integer("total", 1..=LARGEST_TOTAL)?;
    if amount.optional_text("currency", 1..=16)?.is_some_and(|currency| currency != "CNY") {
        return Err(amount.bad("currency", "must be CNY"));
    }
    amount.finish()?;

    let mut payer = root.object("payer")?;
    let openid = payer.text("openid", 1..=128)?.to_owned();
    payer.finish()?;

    if let Some(detail) = root.optional_object("detail")? {
        read_detail(detail)?;
    }
    if let Some(scene) = root.optional_object("scene_info")? {
        read_scene(scene)?;
    }
    if let Some(mut settle) = root.optional_object("settle_info")? {
        settle.optional_flag("profit_sharing")?;
        settle.finish()?;
    }
    root.finish()?;
    Ok(Form { appid, mchid, out_trade_no, attach, notify_url, total, openid, time_expire_ms })
}

fn read_detail(mut detail: Fields<'_>) -> Result<(), Refusal> {
    detail.optional_integer("cost_price", 0..=LARGEST_TOTAL)?;
    detail.optional_text("invoice_id", 1..=32)?;
    for mut goods in detail.objects("goods_detail")? {
        goods.text("merchant_goods_id", 1..=32)?;
        goods.optional_text("wechatpay_goods_id", 1..=32)?;
        goods.optional_text("goods_name", 1..=256)?;
        goods.integer("quantity", 1..=LARGEST_TOTAL)?;
        goods.integer("unit_price", 0..=LARGEST_TOTAL)?;
        goods.finish()?;
    }
    detail.finish()
}

fn read_scene(mut scene: Fields<'_>) -> Result<(), Refusal> {
    scene.text("payer_client_ip", 1..=45)?;
    scene.optional_text("device_id", 1..=32)?;
    if let Some(mut store) = scene.optional_object("store_info")? {
        store.text("id", 1..=32)?;
        store.optional_text("name", 1..=256)?;
        store.optional_text("area_code", 1..=32)?;
        store.optional_text("address", 1..=512)?;
        store.finish()?;
    }
    scene.finish()
}

fn check_parties(sandbox: &Sandbox, form: &Form) -> Result<(), Refusal> {
    // The merchant of the Authorization header was found to be this one already.
    if form.mchid != sandbox.identity.mchid {
        return Err(Refusal::sign("mchid in the body is not the mchid in Authorization"));
    }
    if form.appid != sandbox.identity.appid {
        return Err(Refusal::not_bound());
    }
    if !sandbox.identity.knows(&form.appid, &form.openid) {
        return Err(Refusal::field("payer.openid", "does not belong to the appid (appid和openid不匹配)"));
    }
    Ok(())
}

/// The re-entry matrix: an out_trade_no is never reusable, and a repetition must say the same.
fn post(sandbox: &Sandbox, form: Form, posted: Value) -> Result<String, Refusal> {
    let now_ms = sandbox.clock.now_ms();
    let number = form.out_trade_no.clone();
    let mut book = sandbox.book();
    match book.order(&number, now_ms) {
        Some(order) => match order.state {
            OrderState::Paid(_) => return Err(Refusal::order_paid()),
            OrderState::Closed => return Err(Refusal::order_closed()),
            OrderState::NotPaid if order.posted != posted => return Err(Refusal::other_parameters()),
            OrderState::NotPaid if order.has_lapsed(now_ms) => return Err(Refusal::order_lapsed()),
            OrderState::NotPaid => {}
        },
        None if form.time_expire_ms.is_some_and(|at| at < now_ms.saturating_add(LEAST_AHEAD_MS)) => {
            return Err(Refusal::field("time_expire", "must be at least one minute ahead"));
        }
        None => book.add_order(Order::new(form, posted, now_ms)),
    }
    let prepay_id = format!("wx{}{}", time::compact(now_ms), sandbox.dice.hex(20));
    book.add_prepay(prepay_id.clone(), number, now_ms);
    Ok(prepay_id)
}
