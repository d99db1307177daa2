//! What is known of goods, order by order.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::form::{Form, Which};
use super::{Fault, fault};
use crate::book::{Book, Fate, Order, Payee};
use crate::sandbox::Sandbox;

/// Uploads, by WeChat's number of the payment. Not in the store: shipping ends with the process.
#[derive(Default)]
pub(crate) struct Desk {
    uploads: BTreeMap<String, Vec<Upload>>,
}

struct Upload {
    form: Form,
    at_ms: u64,
}

#[derive(Deserialize)]
pub(super) struct Asked {
    transaction_id: Option<String>,
    merchant_id: Option<String>,
    merchant_trade_no: Option<String>,
}

/// An order that was paid, as the desk sees it.
struct Paid {
    order: Order,
    transaction_id: String,
    paid_ms: u64,
    is_refunded: bool,
}

/// The desk does not know the payment.
pub(super) fn not_heard_of() -> Fault {
    fault(
        10_060_001,
        "支付单不存在",
        "the desk knows no such payment of this mini program (it may hear of one up to a minute later)",
        "该小程序没有这笔支付单（支付后可能需等待一分钟）",
    )
}

/// How an order stands.
pub(super) fn state(sandbox: &Sandbox, appid: &str, asked: &Asked) -> Result<Value, Fault> {
    let Asked { transaction_id, merchant_id, merchant_trade_no } = asked;
    let which = match (transaction_id, merchant_id, merchant_trade_no) {
        (Some(id), _, _) => Which::Transaction(id.clone()),
        (None, Some(mchid), Some(number)) => Which::Number { mchid: mchid.clone(), out_trade_no: number.clone() },
        _ => {
            let en = "either transaction_id, or merchant_id and merchant_trade_no";
            return Err(fault(10_060_014, "参数错误", en, "需要 transaction_id，或 merchant_id 与 merchant_trade_no"));
        }
    };
    let paid = find(sandbox, appid, &which)?;
    let desk = sandbox.desk();
    let uploads = desk.uploads.get(&paid.transaction_id).map_or(&[][..], Vec::as_slice);
    let finished = uploads.iter().filter(|upload| upload.form.finishes()).count();
    let order_state = if paid.is_refunded {
        5
    } else if finished > 0 {
        2
    } else {
        1
    };
    let Paid { order, transaction_id, paid_ms, .. } = &paid;
    let form = &order.form;
    let mut answer = json!({
        "transaction_id": transaction_id, "merchant_id": form.payee.mchid(), "merchant_trade_no": form.out_trade_no,
        "description": form.description, "paid_amount": form.total, "openid": form.openid,
        "trade_create_time": order.made_ms / 1000, "pay_time": paid_ms / 1000, "order_state": order_state,
        "in_complaint": false,
    });
    if let Payee::Partner(partner) = &form.payee {
        answer["sub_merchant_id"] = json!(partner.sub_mchid);
    }
    if let Some(last) = uploads.last() {
        answer["shipping"] = shipping(last, finished);
    }
    Ok(answer)
}

fn shipping(upload: &Upload, finished: usize) -> Value {
    let Form { delivery_mode, logistics_type, shipping_list, .. } = &upload.form;
    let parcels: Vec<Value> = shipping_list
        .iter()
        .map(|parcel| {
            json!({
                "tracking_no": parcel.tracking_no.as_deref().unwrap_or_default(),
                "express_company": parcel.express_company.as_deref().unwrap_or_default(),
                "goods_desc": parcel.item_desc, "upload_time": upload.at_ms / 1000,
            })
        })
        .collect();
    json!({
        "delivery_mode": delivery_mode, "logistics_type": logistics_type, "finish_shipping": finished > 0,
        "finish_shipping_count": finished, "shipping_list": parcels,
    })
}

/// Takes an upload; answers the merchant's number of the order.
pub(super) fn upload(sandbox: &Sandbox, appid: &str, form: &Form) -> Result<String, Fault> {
    let which = form.order_key.which()?;
    let uploaded_ms = form.check()?;
    let paid = find(sandbox, appid, &which)?;
    if form.payer.openid.as_deref() != Some(paid.order.form.openid.as_str()) {
        let en = "payer.openid is not who paid";
        return Err(fault(10_060_031, "该笔支付单不属于 openid 所指定的用户", en, "payer.openid 不是付款人"));
    }
    if paid.is_refunded {
        let en = "what was refunded is not shipped";
        return Err(fault(10_060_004, "支付单处于不可发货的状态", en, "已退款的支付单不可发货"));
    }
    let mut desk = sandbox.desk();
    let uploads = desk.uploads.entry(paid.transaction_id).or_default();
    let finished = uploads.iter().filter(|upload| upload.form.finishes()).count();
    if finished >= 2 {
        let en = "an order that was shipped can be shipped anew once, and was";
        return Err(fault(10_060_003, "支付单已使用重新发货机会", en, "每笔支付单仅可重新发货一次"));
    }
    if let Some(last) = uploads.last() {
        if form.says_the_same(&last.form) {
            let en = "nothing is new in it: the order keeps what it has";
            return Err(fault(10_060_023, "发货信息未更新", en, "发货信息未更新"));
        }
        if uploaded_ms <= last.at_ms {
            let en = "upload_time must be later than that of the upload before";
            return Err(fault(10_060_014, "参数错误", en, "upload_time 必须晚于上一次"));
        }
    }
    uploads.push(Upload { form: form.clone(), at_ms: uploaded_ms });
    Ok(paid.order.form.out_trade_no)
}

/// An order of this mini program that was paid.
fn find(sandbox: &Sandbox, appid: &str, which: &Which) -> Result<Paid, Fault> {
    let now_ms = sandbox.clock.now_ms();
    let book = sandbox.book();
    let fits = |order: &&Order| {
        let is_it = match which {
            Which::Transaction(id) => order.payment().is_some_and(|payment| payment.transaction_id == *id),
            Which::Number { mchid, out_trade_no } => {
                let payee = &order.form.payee;
                let is_payee = match payee {
                    Payee::Direct { mchid: own } => own == mchid,
                    // In partner mode the sub-merchant's.
                    Payee::Partner(partner) => partner.sub_mchid == *mchid,
                };
                is_payee && order.form.out_trade_no == *out_trade_no
            }
        };
        is_it && order.form.appid == appid
    };
    let order = book.orders().find(fits).ok_or_else(not_heard_of)?;
    let payment = order.payment().ok_or_else(not_heard_of)?;
    let (transaction_id, paid_ms) = (payment.transaction_id.clone(), payment.at_ms);
    let is_refunded = refunded(&book, order, &transaction_id, now_ms) >= order.form.total;
    Ok(Paid { order: order.clone(), transaction_id, paid_ms, is_refunded })
}

/// Fen that went back.
fn refunded(book: &Book, order: &Order, transaction_id: &str, now_ms: u64) -> u64 {
    let refunds = book.refunds_of(&order.form.payee.owner(), transaction_id);
    let done = refunds.into_iter().filter(|refund| refund.fate == Fate::Success && refund.due_ms <= now_ms);
    done.map(|refund| refund.amount).sum()
}
