//! An order as WeChat describes it, in answers and in notifications.

use serde_json::{Value, json};

use crate::book::{Order, OrderState};
use crate::time;

pub(crate) fn describe(order: &Order) -> Value {
    let form = &order.form;
    let mut text = json!({
        "appid": form.appid,
        "mchid": form.mchid,
        "out_trade_no": form.out_trade_no,
        "promotion_detail": [],
    });
    if let Some(attach) = &form.attach {
        text["attach"] = attach.as_str().into();
    }
    match &order.state {
        // What only a payment has is empty here, not null.
        OrderState::NotPaid => {
            text["trade_state"] = "NOTPAY".into();
            text["trade_state_desc"] = "订单未支付".into();
            text["payer"] = json!({});
            text["amount"] = json!({ "total": form.total });
        }
        OrderState::Closed => {
            text["trade_state"] = "CLOSED".into();
            text["trade_state_desc"] = "订单已关闭".into();
            text["payer"] = json!({});
            text["amount"] = json!({ "total": form.total });
        }
        OrderState::Paid(payment) => {
            text["trade_state"] = "SUCCESS".into();
            text["trade_state_desc"] = "支付成功".into();
            text["trade_type"] = "JSAPI".into();
            text["bank_type"] = "OTHERS".into();
            text["transaction_id"] = payment.transaction_id.as_str().into();
            text["success_time"] = time::beijing(payment.at_ms).into();
            text["payer"] = json!({ "openid": form.openid });
            text["amount"] = json!({
                "total": form.total, "payer_total": form.total, "currency": "CNY", "payer_currency": "CNY",
            });
        }
    }
    text
}
