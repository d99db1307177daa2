//! `POST /v3/pay/transactions/jsapi` and its partner's twin: an order, and a prepay id that opens the
//! sheet for it.

use std::net::IpAddr;

use serde_json::{Value, json};

use super::fields::{self, Fields};
use super::payee::{Mode, check_payee, need_payer, read_payee, read_payer};
use super::refusal::{OUT_OF_RANGE, Refusal};
use super::{Asked, Done, notify_url};
use crate::book::{Api, Form, Order, OrderState};
use crate::dice::Dice;
use crate::events::Kind;
use crate::sandbox::Sandbox;
use crate::text::text;
use crate::time;

/// The least time a payer must be given on the first post.
const LEAST_AHEAD_MS: u64 = 60 * 1000;
/// The neighbour of the code for a number that comes again with other parameters.
const PAID_AND_ASKED_FOR_AGAIN: u64 = 268_498_689;
/// More than any payer's limit.
pub(crate) const LARGEST_TOTAL: u64 = 100_000_000_000;

pub(crate) fn prepay(asked: &Asked<'_>, mode: Mode) -> Result<Done, Refusal> {
    let body = fields::parse(&asked.call.body)?;
    let form = read(asked, mode, &body)?;
    let number = form.out_trade_no.clone();
    let prepay_id = post(asked.sandbox, asked.dice, form, body, asked.now_ms).map_err(|fault| match fault {
        PostFault::Paid => Refusal::order_paid().with_numeric(PAID_AND_ASKED_FOR_AGAIN),
        PostFault::Closed => Refusal::order_closed(),
        PostFault::OtherParameters => Refusal::other_parameters(),
        PostFault::Lapsed => Refusal::order_lapsed(),
        PostFault::TooSoon => {
            Refusal::field("/time_expire", text("must be at least one minute ahead", "至少要比当前时间晚 1 分钟"))
                .with_numeric(OUT_OF_RANGE)
        }
    })?;
    let what = text(format!("order {number}: a prepay_id was made"), format!("订单 {number}：已生成 prepay_id"));
    Ok(Done::json(json!({ "prepay_id": prepay_id }), Kind::Prepay, what))
}

/// Every field of the call, with its type, length and characters. (v3 documentation 4012525182)
fn read(asked: &Asked<'_>, mode: Mode, body: &Value) -> Result<Form, Refusal> {
    let mut root = Fields::of(body)?;
    let (payee, appid) = read_payee(asked, mode, &mut root)?;
    let description = root.text("description", 1..=127)?.to_owned();
    let out_trade_no = root.text("out_trade_no", 6..=32)?.to_owned();
    if !is_order_number(&out_trade_no) {
        let rule = text("may have digits, letters and _-|* only", "只能含数字、字母和 _-|*");
        return Err(root.bad("out_trade_no", rule));
    }
    let time_expire_ms = match root.optional_text("time_expire", 1..=64)? {
        Some(time) => Some(time::parse_rfc3339(time).ok_or_else(|| {
            let rule = text(
                "must be RFC 3339, as 2018-06-08T10:34:56+08:00",
                "应为 RFC 3339 格式，如 2018-06-08T10:34:56+08:00",
            );
            root.bad("time_expire", rule)
        })?),
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
        return Err(amount.bad("currency", text("must be CNY", "应为 CNY")));
    }
    amount.finish()?;
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
    need_payer(&mut root)?;
    check_payee(asked, &payee, &appid)?;
    let openid = read_payer(asked, &payee, &appid, &mut root)?;
    root.finish()?;
    let api = Api::V3;
    Ok(Form { payee, api, appid, openid, out_trade_no, description, attach, notify_url, total, time_expire_ms })
}

/// 6 to 32 of these; the length is checked where the field is read.
pub(crate) fn is_order_number(number: &str) -> bool {
    number.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-|*".contains(&b))
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
    if scene.text("payer_client_ip", 1..=45)?.parse::<IpAddr>().is_err() {
        return Err(scene.bad("payer_client_ip", text("must be an IPv4 or IPv6 address", "应为 IPv4 或 IPv6 地址")));
    }
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

/// Why an order is not taken, whichever API it came by.
pub(crate) enum PostFault {
    Paid,
    Closed,
    OtherParameters,
    Lapsed,
    TooSoon,
}

/// The re-entry matrix: an out_trade_no is never reusable, and a repetition must say the same.
pub(crate) fn post(
    sandbox: &Sandbox,
    dice: &Dice,
    form: Form,
    posted: Value,
    now_ms: u64,
) -> Result<String, PostFault> {
    let (owner, number) = (form.payee.owner(), form.out_trade_no.clone());
    let mut book = sandbox.book();
    match book.order(&owner, &number) {
        Some(order) => match order.state(now_ms) {
            OrderState::Paid(_) | OrderState::Refunding(_) => return Err(PostFault::Paid),
            OrderState::Closed => return Err(PostFault::Closed),
            OrderState::NotPaid if order.posted != posted => return Err(PostFault::OtherParameters),
            OrderState::NotPaid if order.has_lapsed(now_ms) => return Err(PostFault::Lapsed),
            OrderState::NotPaid => {}
        },
        None if form.time_expire_ms.is_some_and(|at| at < now_ms.saturating_add(LEAST_AHEAD_MS)) => {
            return Err(PostFault::TooSoon);
        }
        None => book.put_order(Order::new(form, posted, now_ms)),
    }
    let prepay_id = format!("wx{}{}", time::compact(now_ms), dice.hex(20));
    book.add_prepay(prepay_id.clone(), owner, number, now_ms);
    Ok(prepay_id)
}
