//! v2's notifications: of payments, signed; of refunds, encrypted and signed by nobody.

use super::orders;
use super::sign::sign;
use super::wording::signed;
use super::xml::{self, Fields};
use crate::book::{Order, Refund, SignType};
use crate::crypto::seal_v2;
use crate::dice::Dice;
use crate::faults::Forgery;
use crate::identity::Merchant;
use crate::time;

/// The fields of a payment's notification, changed by `change` before they are signed.
pub(crate) fn payment(
    merchant: &Merchant,
    order: &Order,
    kind: SignType,
    dice: &Dice,
    change: impl FnOnce(&mut Vec<(&'static str, String)>),
) -> String {
    let mut fields = fields_of(merchant, order, kind, dice);
    change(&mut fields);
    signed(fields, kind, &merchant.api_v2_key, dice)
}

fn fields_of(merchant: &Merchant, order: &Order, kind: SignType, dice: &Dice) -> Vec<(&'static str, String)> {
    let mut fields = vec![
        ("return_code", "SUCCESS".to_owned()),
        ("result_code", "SUCCESS".to_owned()),
        ("appid", order.form.appid.clone()),
        ("mch_id", merchant.mchid.clone()),
        ("nonce_str", dice.letters(16)),
        ("out_trade_no", order.form.out_trade_no.clone()),
        ("total_fee", order.form.total.to_string()),
        ("unannounced_field", dice.hex(8)),
    ];
    if let Some(attach) = &order.form.attach {
        fields.push(("attach", attach.clone()));
    }
    if let Some(payment) = order.payment() {
        fields.extend(orders::paid_fields(&order.form, payment));
    }
    // Sometimes there and then signed, sometimes absent, whatever the algorithm is.
    if dice.child(&[b"sign_type"]).happens(0.5) {
        fields.push(("sign_type", kind.name().to_owned()));
    }
    fields
}

/// A refund's.
pub(crate) fn refund(merchant: &Merchant, order: &Order, refund: &Refund, dice: &Dice) -> Option<String> {
    let status = match refund.fate.word() {
        "CLOSED" => "REFUNDCLOSE",
        "ABNORMAL" => "CHANGE",
        word => word,
    };
    let mut inner = vec![
        ("transaction_id", refund.transaction_id.clone()),
        ("out_trade_no", refund.out_trade_no.clone()),
        ("refund_id", refund.refund_id.clone()),
        ("out_refund_no", refund.out_refund_no.clone()),
        ("total_fee", refund.total.to_string()),
        ("settlement_total_fee", refund.total.to_string()),
        ("refund_fee", refund.amount.to_string()),
        ("settlement_refund_fee", refund.amount.to_string()),
        ("refund_status", status.to_owned()),
        ("refund_recv_accout", "支付用户零钱".to_owned()),
        ("refund_account", "REFUND_SOURCE_RECHARGE_FUNDS".to_owned()),
        ("refund_request_source", "API".to_owned()),
    ];
    if let Some(at_ms) = refund.success_ms(refund.due_ms) {
        inner.push(("success_time", time::bill(at_ms)));
    }
    let inner: String = inner.iter().map(|(name, value)| format!("<{name}><![CDATA[{value}]]></{name}>")).collect();
    let req_info = seal_v2(&merchant.api_v2_key, format!("<root>{inner}</root>")).ok()?;
    let fields = [
        ("return_code", "SUCCESS".to_owned()),
        ("appid", order.form.appid.clone()),
        ("mch_id", merchant.mchid.clone()),
        ("nonce_str", dice.letters(16)),
        ("req_info", req_info),
    ];
    Some(xml::write(&fields.map(|(name, value)| (name.to_owned(), value))))
}

/// A forged payment; none where v2 has no such forgery.
pub(crate) fn forged(
    merchant: &Merchant,
    other: &Merchant,
    order: &Order,
    kind: SignType,
    dice: &Dice,
    forgery: Forgery,
) -> Option<String> {
    let set = |fields: &mut Vec<(&'static str, String)>, name: &'static str, value: String| {
        fields.retain(|(known, _)| *known != name);
        fields.push((name, value));
    };
    Some(match forgery {
        Forgery::WrongKey => signed(fields_of(merchant, order, kind, dice), kind, &other.api_v2_key, dice),
        Forgery::Unsigned => {
            let fields = fields_of(merchant, order, kind, dice);
            xml::write(&fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Vec<_>>())
        }
        // Signed, and then changed.
        Forgery::ReEncodedBody => {
            let mut fields: Fields = fields_of(merchant, order, kind, dice)
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect();
            let signature = sign(&fields, kind, &merchant.api_v2_key);
            // Never the amount that was signed, however small that was.
            fields.insert("total_fee".to_owned(), (order.form.total + 1).to_string());
            fields.insert("sign".to_owned(), signature);
            xml::write(&fields.into_iter().collect::<Vec<_>>())
        }
        Forgery::OtherMerchant => {
            payment(merchant, order, kind, dice, |fields| set(fields, "mch_id", other.mchid.clone()))
        }
        Forgery::OtherAmount => payment(merchant, order, kind, dice, |fields| {
            set(fields, "total_fee", (order.form.total + 1).to_string());
        }),
        Forgery::Doctype => {
            let genuine = payment(merchant, order, kind, dice, |_| {});
            format!("<!DOCTYPE xml [<!ENTITY x SYSTEM \"file:///etc/hostname\">]>{genuine}")
        }
        Forgery::UnknownSerial | Forgery::Stale | Forgery::BadCiphertext | Forgery::Probe => return None,
    })
}
