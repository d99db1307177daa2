//! Unified order, query and close. (v2 documentation: unifiedorder, orderquery, closeorder)

use std::net::IpAddr;

use serde_json::Value;

use super::optional::check_order;
use super::{Asked, Done, Refusal, named, refuse};
use crate::book::{Api, Form, OrderState, Owner, Payee, Payment, Settled};
use crate::events::Kind;
use crate::gateway::notify_url;
use crate::gateway::prepay::{LARGEST_TOTAL, PostFault, is_order_number, post};
use crate::gateway::transaction::coupon_id;
use crate::text::text;
use crate::time;

/// An order cannot be closed before it is so old.
const YOUNG_MS: u64 = 5 * 60 * 1000;

pub(super) fn unified_order(asked: &Asked<'_>) -> Result<Done, Refusal> {
    let form = read(asked)?;
    let number = form.out_trade_no.clone();
    let prepay_id =
        post(asked.sandbox, asked.dice, form, posted(asked), asked.now_ms).map_err(|fault| match fault {
            PostFault::Paid => refuse("ORDERPAID", "the order is paid: query it", "订单已支付：请查询订单"),
            PostFault::Closed => {
                refuse("ORDERCLOSED", "the order is closed and its number is used up", "订单已关闭，单号不能再用")
            }
            PostFault::OtherParameters => refuse(
                "OUT_TRADE_NO_USED",
                "the out_trade_no was posted before with other parameters",
                "201 商户订单号重复：曾以不同参数下单",
            ),
            PostFault::Lapsed => refuse("ORDERCLOSED", "the order's time_expire has passed", "订单已过支付截止时间"),
            PostFault::TooSoon => {
                refuse("PARAM_ERROR", "time_expire must be at least one minute ahead", "time_expire 至少要晚 1 分钟")
            }
        })?;
    let fields = vec![("trade_type", "JSAPI".to_owned()), ("prepay_id", prepay_id)];
    let what =
        text(format!("order {number}: a prepay_id was made (v2)"), format!("订单 {number}：已生成 prepay_id（v2）"));
    Ok(Done { fields: named(fields), kind: Kind::Prepay, what })
}

fn read(asked: &Asked<'_>) -> Result<Form, Refusal> {
    let description = text_of(asked, "body", 1..=127)?;
    let out_trade_no = text_of(asked, "out_trade_no", 6..=32)?;
    if !is_order_number(&out_trade_no) {
        return Err(refuse(
            "PARAM_ERROR",
            "out_trade_no may have digits, letters and _-|* only",
            "out_trade_no 只能含数字、字母和 _-|*",
        ));
    }
    let total = fen(asked, "total_fee")?;
    let address = text_of(asked, "spbill_create_ip", 1..=64)?;
    if address.parse::<IpAddr>().is_err() {
        return Err(refuse("PARAM_ERROR", "spbill_create_ip must be an IP address", "spbill_create_ip 应为 IP 地址"));
    }
    let notify_url = text_of(asked, "notify_url", 1..=255)?;
    notify_url::check(&notify_url)
        .map_err(|rule| refuse("PARAM_ERROR", format!("notify_url {}", rule.en), format!("notify_url {}", rule.zh)))?;
    if text_of(asked, "trade_type", 1..=16)? != "JSAPI" {
        return Err(refuse("PARAM_ERROR", "trade_type must be JSAPI here", "这里只支持 trade_type=JSAPI"));
    }
    let openid = text_of(asked, "openid", 1..=128)?;
    let appid = asked.get("appid").to_owned();
    if !asked.sandbox.identity.knows(&appid, &openid) {
        return Err(refuse("PARAM_ERROR", "openid does not belong to the appid", "appid和openid不匹配"));
    }
    let time_expire_ms = match asked.get("time_expire") {
        "" => None,
        given => Some(time::parse_compact(given).ok_or_else(|| {
            refuse(
                "PARAM_ERROR",
                "time_expire must be yyyyMMddHHmmss in Beijing's time",
                "time_expire 应为 yyyyMMddHHmmss（北京时间）",
            )
        })?),
    };
    let attach = match asked.get("attach") {
        "" => None,
        _ => Some(text_of(asked, "attach", 1..=127)?),
    };
    check_order(asked)?;
    let payee = Payee::Direct { mchid: asked.merchant.mchid.clone() };
    let api = Api::V2(asked.sign_type);
    Ok(Form { payee, api, appid, openid, out_trade_no, description, attach, notify_url, total, time_expire_ms })
}

/// What a repetition must say again: nonce and signature are new every time.
pub(super) fn posted(asked: &Asked<'_>) -> Value {
    let lasting = asked.fields.iter().filter(|(name, value)| {
        !value.is_empty() && !matches!(name.as_str(), "nonce_str" | "sign" | "spbill_create_ip")
    });
    lasting.map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect::<serde_json::Map<_, _>>().into()
}

pub(super) fn text_of(
    asked: &Asked<'_>,
    name: &str,
    length: core::ops::RangeInclusive<usize>,
) -> Result<String, Refusal> {
    let value = asked.get(name);
    if value.is_empty() {
        return Err(refuse("LACK_PARAMS", format!("{name} is required"), format!("缺少参数 {name}")));
    }
    if !length.contains(&value.chars().count()) {
        let (least, most) = (length.start(), length.end());
        return Err(refuse(
            "PARAM_ERROR",
            format!("{name} must have {least} to {most} characters"),
            format!("{name} 长度应为 {least} 到 {most} 个字符"),
        ));
    }
    Ok(value.to_owned())
}

/// Digits alone.
pub(super) fn fen(asked: &Asked<'_>, name: &str) -> Result<u64, Refusal> {
    let value = text_of(asked, name, 1..=12)?;
    let number: Option<u64> = value.parse().ok().filter(|_| value.bytes().all(|b| b.is_ascii_digit()));
    number.filter(|fen| (1..=LARGEST_TOTAL).contains(fen)).ok_or_else(|| {
        refuse("PARAM_ERROR", format!("{name} must be a whole number of fen"), format!("{name} 应为以分为单位的整数"))
    })
}

pub(super) fn order_query(asked: &Asked<'_>) -> Result<Done, Refusal> {
    let owner = Owner::direct(&asked.merchant.mchid);
    let book = asked.sandbox.book();
    let order = match (asked.get("transaction_id"), asked.get("out_trade_no")) {
        ("", "") => {
            return Err(refuse(
                "LACK_PARAMS",
                "transaction_id or out_trade_no is required",
                "缺少 transaction_id 或 out_trade_no",
            ));
        }
        ("", number) => book.order(&owner, number),
        (id, _) => book.order_by_transaction(&owner, id),
    };
    let order = order.ok_or_else(|| {
        refuse("ORDERNOTEXIST", "no order of this merchant has this number", "该商户没有这个单号的订单")
    })?;
    let number = &order.form.out_trade_no;
    let mut fields = vec![("out_trade_no", number.clone()), ("total_fee", order.form.total.to_string())];
    if let Some(attach) = &order.form.attach {
        fields.push(("attach", attach.clone()));
    }
    let state = match order.state(asked.now_ms) {
        OrderState::Paid(_) | OrderState::Refunding(_) if asked.is_blind() => "NOTPAY",
        OrderState::NotPaid => "NOTPAY",
        OrderState::Closed => "CLOSED",
        OrderState::Paid(payment) => {
            fields.extend(paid_fields(&order.form, payment));
            "SUCCESS"
        }
        OrderState::Refunding(payment) => {
            fields.extend(paid_fields(&order.form, payment));
            "REFUND"
        }
    };
    fields.push(("trade_state", state.to_owned()));
    fields.push(("trade_state_desc", state.to_owned()));
    let what = text(format!("order {number}: {state} (v2)"), format!("订单 {number}：{state}（v2）"));
    Ok(Done { fields: named(fields), kind: Kind::Query, what })
}

/// What only a payment has.
pub(super) fn paid_fields(form: &Form, payment: &Payment) -> Vec<(&'static str, String)> {
    let mut fields = vec![
        ("openid", form.openid.clone()),
        ("is_subscribe", "N".to_owned()),
        ("trade_type", "JSAPI".to_owned()),
        ("bank_type", "OTHERS".to_owned()),
        ("cash_fee", (form.total - payment.coupon).to_string()),
        ("fee_type", "CNY".to_owned()),
        ("transaction_id", payment.transaction_id.clone()),
        ("time_end", time::compact(payment.at_ms)),
    ];
    if payment.coupon > 0 {
        fields.extend([
            ("coupon_fee", payment.coupon.to_string()),
            ("coupon_count", "1".to_owned()),
            ("coupon_type_0", "CASH".to_owned()),
            ("coupon_id_0", coupon_id(payment)),
            ("coupon_fee_0", payment.coupon.to_string()),
        ]);
    }
    fields
}

pub(super) fn close_order(asked: &Asked<'_>) -> Result<Done, Refusal> {
    let number = text_of(asked, "out_trade_no", 1..=32)?;
    let owner = Owner::direct(&asked.merchant.mchid);
    let mut book = asked.sandbox.book();
    let mut order = book.order(&owner, &number).cloned().ok_or_else(|| {
        refuse("ORDERNOTEXIST", "no order of this merchant has this number", "该商户没有这个单号的订单")
    })?;
    match order.state(asked.now_ms) {
        OrderState::Closed => return Err(refuse("ORDERCLOSED", "the order is closed already", "订单已关闭")),
        OrderState::Paid(_) | OrderState::Refunding(_) => {
            return Err(refuse(
                "ORDERPAID",
                "the order is paid: refund it if the money has to go back",
                "订单已支付：需要退钱请退款",
            ));
        }
        OrderState::NotPaid if asked.now_ms.saturating_sub(order.made_ms) < YOUNG_MS => {
            return Err(refuse(
                "SYSTEMERROR",
                "the order is younger than 5 minutes: close it later",
                "订单生成未满 5 分钟，不能关闭：请稍后重试",
            ));
        }
        OrderState::NotPaid => {}
    }
    order.close().map_err(|Settled| refuse("ORDERPAID", "the order is paid", "订单已支付"))?;
    book.put_order(order);
    let what = text(format!("order {number}: closed (v2)"), format!("订单 {number}：已关闭（v2）"));
    Ok(Done { fields: vec![], kind: Kind::Close, what })
}
