//! An order as WeChat describes it, in answers and in notifications.

use serde_json::{Value, json};

use crate::book::{Order, OrderState, Payee, Payment};
use crate::identity::Identity;
use crate::time;

/// Which state of the order is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// As it stands.
    Now,
    /// As it stood before it was paid: a query can lag a payment by seconds.
    BeforePayment,
    /// As it stood when it was paid, for the notification.
    AtPayment,
}

pub(crate) fn describe(identity: &Identity, order: &Order, seen: Seen, now_ms: u64) -> Value {
    let form = &order.form;
    let mut about = json!({ "out_trade_no": form.out_trade_no, "promotion_detail": [] });
    match &form.payee {
        Payee::Direct { mchid } => {
            about["appid"] = form.appid.as_str().into();
            about["mchid"] = mchid.as_str().into();
        }
        Payee::Partner(partner) => {
            about["sp_appid"] = partner.sp_appid.as_str().into();
            about["sp_mchid"] = partner.sp_mchid.as_str().into();
            about["sub_mchid"] = partner.sub_mchid.as_str().into();
            if let Some(sub_appid) = &partner.sub_appid {
                about["sub_appid"] = sub_appid.as_str().into();
            }
        }
    }
    if let Some(attach) = &form.attach {
        about["attach"] = attach.as_str().into();
    }
    let state = match (order.state(now_ms), seen) {
        (OrderState::Paid(_) | OrderState::Refunding(_), Seen::BeforePayment) => &OrderState::NotPaid,
        (state, _) => state,
    };
    match (state, seen) {
        // What only a payment has is empty here, not null.
        (OrderState::NotPaid, _) => unpaid(&mut about, "NOTPAY", "订单未支付", form.total),
        (OrderState::Closed, _) => unpaid(&mut about, "CLOSED", "订单已关闭", form.total),
        (OrderState::Paid(payment), _) | (OrderState::Refunding(payment), Seen::AtPayment) => {
            paid(&mut about, ("SUCCESS", "支付成功"), identity, order, payment);
        }
        (OrderState::Refunding(payment), _) => {
            paid(&mut about, ("REFUND", "订单发生过退款"), identity, order, payment);
        }
    }
    about
}

fn unpaid(about: &mut Value, state: &str, words: &str, total: u64) {
    about["trade_state"] = state.into();
    about["trade_state_desc"] = words.into();
    about["payer"] = json!({});
    about["amount"] = json!({ "total": total });
}

fn paid(about: &mut Value, (state, words): (&str, &str), identity: &Identity, order: &Order, payment: &Payment) {
    let form = &order.form;
    about["trade_state"] = state.into();
    about["trade_state_desc"] = words.into();
    about["trade_type"] = "JSAPI".into();
    about["bank_type"] = "OTHERS".into();
    about["transaction_id"] = payment.transaction_id.as_str().into();
    about["success_time"] = time::beijing(payment.at_ms).into();
    about["payer"] = match &form.payee {
        Payee::Direct { .. } => json!({ "openid": form.openid }),
        Payee::Partner(partner) => {
            let of_provider = identity.elsewhere(&form.appid, &form.openid, &partner.sp_appid);
            let mut payer = json!({ "sp_openid": of_provider.unwrap_or(&form.openid) });
            if partner.sub_appid.is_some() {
                payer["sub_openid"] = form.openid.as_str().into();
            }
            payer
        }
    };
    let (total, coupon) = (form.total, payment.coupon);
    about["amount"] =
        json!({ "total": total, "payer_total": total - coupon, "currency": "CNY", "payer_currency": "CNY" });
    if coupon > 0 {
        about["promotion_detail"] = json!([{
            "coupon_id": coupon_id(payment), "name": "立减券", "scope": "GLOBAL", "type": "CASH", "amount": coupon,
            "stock_id": "9836588", "wechatpay_contribute": coupon, "merchant_contribute": 0, "other_contribute": 0,
            "currency": "CNY",
        }]);
    }
}

/// A coupon is used once: its number hangs on the payment's.
pub(crate) fn coupon_id(payment: &Payment) -> String {
    format!("1{}", &payment.transaction_id[payment.transaction_id.len() - 11..])
}
