//! `POST /v3/refund/domestic/refunds` and the query of one. (v3 documentation 4012556457)

use serde_json::{Value, json};

use super::fields::{self, Fields};
use super::notify_url;
use super::payee::check_sub_mchid;
use super::prepay::LARGEST_TOTAL;
use super::query::{of_somebody_else, read_query};
use super::refusal::{OUT_OF_RANGE, Refusal};
use super::{Asked, Done};
use crate::book::{Api, Owner, Refund};
use crate::events::Kind;
use crate::refunds::{RefundFaultFound, Which, Wish, accept, is_refund_number};
use crate::text::text;
use crate::time;

pub(crate) fn refund(asked: &Asked<'_>) -> Result<Done, Refusal> {
    let body = fields::parse(&asked.call.body)?;
    let wish = read(asked, &body)?;
    let number = wish.out_refund_no.clone();
    let (owner, which) = (wish.owner.clone(), wish.which.clone());
    let refund =
        accept(asked.sandbox, wish, || asked.refund_fault(), asked.now_ms).map_err(|fault| match (&fault, &which) {
            (RefundFaultFound::NoSuchPayment, Which::TransactionId(id)) => {
                of_somebody_else(&asked.sandbox.book(), &owner, id).unwrap_or_else(|| refuse(fault))
            }
            _ => refuse(fault),
        })?;
    let (fen, order) = (refund.amount, &refund.out_trade_no);
    let what = text(
        format!("refund {number}: {fen} fen of order {order} were accepted"),
        format!("退款 {number}：已受理订单 {order} 的 {fen} 分"),
    );
    Ok(Done::json(describe(asked, &refund), Kind::Refund, what))
}

/// `GET /v3/refund/domestic/refunds/{out_refund_no}`
pub(crate) fn query(asked: &Asked<'_>, number: &str) -> Result<Done, Refusal> {
    let given = read_query(asked, &["sub_mchid"])?;
    let owner = match given.first() {
        Some((_, sub_mchid)) => of_partner(asked, sub_mchid)?,
        None => Owner::direct(&asked.merchant.mchid),
    };
    let refund = asked.sandbox.book().refund(&owner, number).cloned().ok_or_else(|| {
        Refusal::no_such_resource(text(
            "no refund of this merchant has this number: its request may never have succeeded",
            "该商户没有这个退款单号：退款申请可能没有成功",
        ))
    })?;
    let status = refund.status(asked.now_ms);
    let what = text(format!("refund {number}: {status}"), format!("退款 {number}：{status}"));
    Ok(Done::json(describe(asked, &refund), Kind::Query, what))
}

fn of_partner(asked: &Asked<'_>, sub_mchid: &str) -> Result<Owner, Refusal> {
    check_sub_mchid(asked, sub_mchid)?;
    Ok(Owner::partner(&asked.merchant.mchid, sub_mchid))
}

fn read(asked: &Asked<'_>, body: &Value) -> Result<Wish, Refusal> {
    let mut root = Fields::of(body)?;
    let owner = match root.optional_text("sub_mchid", 1..=32)? {
        Some(sub_mchid) => of_partner(asked, sub_mchid)?,
        None => Owner::direct(&asked.merchant.mchid),
    };
    let transaction_id = root.optional_text("transaction_id", 1..=32)?;
    let out_trade_no = root.optional_text("out_trade_no", 6..=32)?;
    let which = match (transaction_id, out_trade_no) {
        // Both may be sent; WeChat's number wins.
        (Some(id), _) => Which::TransactionId(id.to_owned()),
        (None, Some(number)) => Which::OutTradeNo(number.to_owned()),
        (None, None) => {
            return Err(root.bad("out_trade_no", text("or transaction_id is required", "与 transaction_id 至少传一个")));
        }
    };
    let out_refund_no = root.text("out_refund_no", 1..=64)?.to_owned();
    if !is_refund_number(&out_refund_no) {
        return Err(
            root.bad("out_refund_no", text("may have digits, letters and _-|*@ only", "只能含数字、字母和 _-|*@"))
        );
    }
    let reason = root.optional_text("reason", 1..=80)?.map(str::to_owned);
    let notify_url = root.optional_text("notify_url", 1..=255)?.map(str::to_owned);
    if let Some(url) = &notify_url {
        notify_url::check(url).map_err(|rule| root.bad("notify_url", rule))?;
    }
    if root.optional_text("funds_account", 1..=32)?.is_some_and(|account| account != "AVAILABLE") {
        return Err(root.bad("funds_account", text("must be AVAILABLE", "应为 AVAILABLE")));
    }
    for mut goods in root.objects("goods_detail")? {
        goods.text("merchant_goods_id", 1..=32)?;
        goods.optional_text("wechatpay_goods_id", 1..=32)?;
        goods.optional_text("goods_name", 1..=256)?;
        goods.integer("unit_price", 0..=LARGEST_TOTAL)?;
        goods.integer("refund_amount", 0..=LARGEST_TOTAL)?;
        goods.integer("refund_quantity", 1..=LARGEST_TOTAL)?;
        goods.finish()?;
    }
    let (amount, total) = read_amount(root.object("amount")?)?;
    root.finish()?;
    let posted = body.clone();
    Ok(Wish { api: Api::V3, owner, which, out_refund_no, amount, total, reason, notify_url, posted })
}

fn read_amount(mut amount: Fields<'_>) -> Result<(u64, u64), Refusal> {
    let refund = amount.integer("refund", 1..=LARGEST_TOTAL)?;
    let total = amount.integer("total", 1..=LARGEST_TOTAL)?;
    if amount.text("currency", 1..=16)? != "CNY" {
        return Err(amount.bad("currency", text("must be CNY", "应为 CNY")));
    }
    for mut from in amount.objects("from")? {
        from.text("account", 1..=32)?;
        from.integer("amount", 1..=LARGEST_TOTAL)?;
        from.finish()?;
    }
    if refund > total {
        return Err(amount.bad("refund", text("is more than total", "大于 total")).with_numeric(OUT_OF_RANGE));
    }
    amount.finish()?;
    Ok((refund, total))
}

fn refuse(fault: RefundFaultFound) -> Refusal {
    let request = |en: &str, zh: &str| Refusal::request(text(en, zh));
    match fault {
        RefundFaultFound::NoSuchPayment => Refusal::no_such_resource(text(
            "no payment of this merchant has this number; one that was made just now is found a little later",
            "该商户没有这笔支付；刚支付的订单请稍后用同一退款单号重试",
        )),
        RefundFaultFound::NotPaid => request("the order is not paid: there is nothing to refund", "订单未支付，不能退款"),
        RefundFaultFound::OtherParameters => request(
            "the out_refund_no was used before with other parameters: repeat a refund with the same ones, and give another refund another number",
            "退款单号曾以不同参数使用：重试要用相同参数，另一笔退款要用新的退款单号",
        )
        .with_numeric(268_498_688),
        RefundFaultFound::WrongTotal => {
            Refusal::field("/amount/total", text("is not the order's total", "与订单金额不一致"))
        }
        RefundFaultFound::TooMuch => request(
            "together with the refunds before it is more than was paid: sum them up first",
            "累计退款金额超过订单金额：发起前要先汇总已退金额",
        ),
        RefundFaultFound::TooMany => request("a payment is refunded in 50 parts at most", "一笔支付最多分 50 次退款"),
        RefundFaultFound::TooSoon => Refusal::too_often(text(
            "two refunds of one payment must be a minute apart: repeat it later under the same out_refund_no",
            "同一笔支付的两次退款需间隔 1 分钟：稍后用同一退款单号重试",
        )),
        RefundFaultFound::TooLate => {
            request("the payment is more than a year old and cannot be refunded any more", "支付已超过一年，不能退款")
        }
    }
}

fn describe(asked: &Asked<'_>, refund: &Refund) -> Value {
    let (payer_total, payer_refund) = refund.of_payer();
    let mut about = json!({
        "refund_id": refund.refund_id,
        "out_refund_no": refund.out_refund_no,
        "transaction_id": refund.transaction_id,
        "out_trade_no": refund.out_trade_no,
        "channel": "ORIGINAL",
        "user_received_account": "支付用户零钱",
        "create_time": time::beijing(refund.made_ms),
        "status": refund.status(asked.now_ms),
        "funds_account": "AVAILABLE",
        "amount": {
            "total": refund.total, "refund": refund.amount, "payer_total": payer_total, "payer_refund": payer_refund,
            "settlement_refund": refund.amount, "settlement_total": refund.total,
            "discount_refund": refund.amount - payer_refund,
            "currency": "CNY", "from": [],
        },
        "promotion_detail": [],
    });
    if let Some(at_ms) = refund.success_ms(asked.now_ms) {
        about["success_time"] = time::beijing(at_ms).into();
    }
    about
}
