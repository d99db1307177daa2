//! What a notification says, and how it is forged.

use serde_json::{Value, json};

use super::Sent;
use crate::book::{About, Api, Notice, Order, Payee, Refund};
use crate::crypto::seal;
use crate::dice::Dice;
use crate::faults::Forgery;
use crate::gateway::transaction::{self, Seen};
use crate::identity::Merchant;
use crate::keyring::Dress;
use crate::sandbox::Sandbox;
use crate::{shuffle, time, v2};

/// What is told.
pub(crate) enum Letter {
    Payment { order: Box<Order> },
    Refund { order: Box<Order>, refund: Box<Refund> },
}

impl Letter {
    pub(super) fn api(&self) -> Api {
        match self {
            Self::Payment { order } => order.form.api,
            Self::Refund { refund, .. } => refund.api,
        }
    }

    pub(super) fn url(&self) -> &str {
        match self {
            Self::Payment { order } => &order.form.notify_url,
            Self::Refund { refund, .. } => refund.notify_url.as_deref().unwrap_or_default(),
        }
    }

    fn payee(&self) -> &Payee {
        match self {
            Self::Payment { order } | Self::Refund { order, .. } => &order.form.payee,
        }
    }

    /// The body, as it will be sent on every try.
    pub(super) fn write(&self, sandbox: &Sandbox, id: &str, dice: &Dice) -> Option<String> {
        let merchant = sandbox.identity.merchant(self.payee().mchid())?;
        match self.api() {
            Api::V3 => write_v3(sandbox, merchant, id, self.event(), self.about(sandbox), dice),
            Api::V2(sign) => Some(match self {
                Self::Payment { order } => v2::notify::payment(merchant, order, sign, dice, |_| {}),
                Self::Refund { order, refund } => v2::notify::refund(merchant, order, refund, dice)?,
            }),
        }
    }

    fn event(&self) -> Event {
        match self {
            Self::Payment { .. } => Event {
                event_type: "TRANSACTION.SUCCESS".to_owned(),
                summary: "支付成功",
                original_type: "transaction",
            },
            Self::Refund { refund, .. } => {
                let word = refund.fate.word();
                let summary = match word {
                    "SUCCESS" => "退款成功",
                    "ABNORMAL" => "退款异常",
                    _ => "退款关闭",
                };
                Event { event_type: format!("REFUND.{word}"), summary, original_type: "refund" }
            }
        }
    }

    fn about(&self, sandbox: &Sandbox) -> Value {
        match self {
            Self::Payment { order } => {
                transaction::describe(&sandbox.identity, order, Seen::AtPayment, sandbox.clock.now_ms())
            }
            Self::Refund { order, refund } => describe_refund(order, refund),
        }
    }
}

struct Event {
    event_type: String,
    summary: &'static str,
    original_type: &'static str,
}

/// (v3 documentation, refund notification)
fn describe_refund(order: &Order, refund: &Refund) -> Value {
    let (payer_total, payer_refund) = refund.of_payer();
    let mut about = json!({
        "out_trade_no": refund.out_trade_no,
        "transaction_id": refund.transaction_id,
        "out_refund_no": refund.out_refund_no,
        "refund_id": refund.refund_id,
        "refund_status": refund.fate.word(),
        "user_received_account": "支付用户零钱",
        "amount": {
            "total": refund.total, "refund": refund.amount, "payer_total": payer_total, "payer_refund": payer_refund,
        },
    });
    match &order.form.payee {
        Payee::Direct { mchid } => about["mchid"] = mchid.as_str().into(),
        Payee::Partner(partner) => {
            about["sp_mchid"] = partner.sp_mchid.as_str().into();
            about["sub_mchid"] = partner.sub_mchid.as_str().into();
        }
    }
    if let Some(at_ms) = refund.success_ms(refund.due_ms) {
        about["success_time"] = time::beijing(at_ms).into();
    }
    about
}

fn write_v3(
    sandbox: &Sandbox,
    merchant: &Merchant,
    id: &str,
    event: Event,
    mut about: Value,
    dice: &Dice,
) -> Option<String> {
    if let Some(object) = about.as_object_mut() {
        shuffle::add_unknown_field(object, dice);
    }
    let Event { event_type, summary, original_type } = event;
    let nonce = dice.letters(12);
    let ciphertext = seal(&merchant.api_v3_key, &nonce, original_type, shuffle::to_text(&about, dice)).ok()?;
    let mut outer = json!({
        "id": id,
        "create_time": time::beijing(sandbox.clock.now_ms()),
        "resource_type": "encrypt-resource",
        "event_type": event_type,
        "summary": summary,
        "resource": {
            "original_type": original_type,
            "algorithm": "AEAD_AES_256_GCM",
            "ciphertext": ciphertext,
            "associated_data": original_type,
            "nonce": nonce,
        },
    });
    if let Some(object) = outer.as_object_mut() {
        shuffle::add_unknown_field(object, dice);
    }
    Some(shuffle::to_text(&outer, dice))
}

/// A forged one beside a genuine one. None where the API has no such forgery.
pub(crate) fn forge(sandbox: &Sandbox, notice: &Notice, forgery: Forgery) -> Option<Sent> {
    let letter = find(sandbox, notice)?;
    let dice = sandbox.cup.dice(&[b"forgery", notice.id.as_bytes(), forgery.name().as_bytes()]);
    let label = format!("{}/forged/{}", notice.id, dice.hex(16));
    let Notice { api, mchid, url, body, .. } = notice.clone();
    let genuine = Sent { api, mchid, url, arriving: body.clone(), body, dress: Dress::Genuine, label };
    match api {
        Api::V3 => forge_v3(sandbox, &letter, &notice.id, forgery, genuine, &dice),
        Api::V2(sign) => {
            let Letter::Payment { order } = letter else { return None };
            let merchant = sandbox.identity.merchant(&notice.mchid)?;
            let other = other_merchant(sandbox, &notice.mchid)?;
            let body = v2::notify::forged(merchant, other, &order, sign, &dice, forgery)?;
            Some(Sent { arriving: body.clone(), body, ..genuine })
        }
    }
}

fn forge_v3(
    sandbox: &Sandbox,
    letter: &Letter,
    id: &str,
    forgery: Forgery,
    genuine: Sent,
    dice: &Dice,
) -> Option<Sent> {
    let dressed = |dress| Sent { dress, ..genuine_like(&genuine) };
    let merchant = sandbox.identity.merchant(letter.payee().mchid())?;
    let rewritten = |about: Value| write_v3(sandbox, merchant, id, letter.event(), about, dice);
    Some(match forgery {
        Forgery::WrongKey => dressed(Dress::WrongKey),
        Forgery::UnknownSerial => dressed(Dress::UnknownSerial),
        Forgery::Unsigned => dressed(Dress::Unsigned),
        Forgery::Stale => dressed(Dress::Stale),
        Forgery::Probe => dressed(Dress::Probe),
        Forgery::ReEncodedBody => {
            // The same JSON, other bytes: who parses before verifying does not notice.
            let value: Value = serde_json::from_str(&genuine.body).ok()?;
            Sent { arriving: serde_json::to_string_pretty(&value).ok()?, ..genuine }
        }
        Forgery::OtherMerchant => {
            let mut about = letter.about(sandbox);
            let name = if about.get("sp_mchid").is_some() { "sp_mchid" } else { "mchid" };
            about[name] = other_merchant(sandbox, &merchant.mchid)?.mchid.as_str().into();
            let body = rewritten(about)?;
            Sent { arriving: body.clone(), body, ..genuine }
        }
        Forgery::OtherAmount => {
            let mut about = letter.about(sandbox);
            let name = if about["amount"].get("refund").is_some() { "refund" } else { "total" };
            about["amount"][name] = (about["amount"][name].as_u64()? + 1).into();
            let body = rewritten(about)?;
            Sent { arriving: body.clone(), body, ..genuine }
        }
        Forgery::BadCiphertext => {
            let mut outer: Value = serde_json::from_str(&genuine.body).ok()?;
            let wrong = seal(&merchant.api_v2_key, &dice.letters(12), "transaction", "{}".to_owned()).ok()?;
            outer["resource"]["ciphertext"] = wrong.into();
            let body = shuffle::to_text(&outer, dice);
            Sent { arriving: body.clone(), body, ..genuine }
        }
        Forgery::Doctype => return None,
    })
}

fn genuine_like(sent: &Sent) -> Sent {
    let Sent { api, mchid, url, body, arriving, dress, label } = sent;
    Sent {
        api: *api,
        mchid: mchid.clone(),
        url: url.clone(),
        body: body.clone(),
        arriving: arriving.clone(),
        dress: *dress,
        label: label.clone(),
    }
}

fn other_merchant<'a>(sandbox: &'a Sandbox, mchid: &str) -> Option<&'a Merchant> {
    sandbox.identity.merchants.iter().find(|merchant| merchant.mchid != mchid)
}

/// What a notice told of, from the books.
fn find(sandbox: &Sandbox, notice: &Notice) -> Option<Letter> {
    let book = sandbox.book();
    match &notice.about {
        About::Payment { owner, out_trade_no } => {
            Some(Letter::Payment { order: Box::new(book.order(owner, out_trade_no)?.clone()) })
        }
        About::Refund { owner, out_refund_no } => {
            let refund = book.refund(owner, out_refund_no)?.clone();
            let order = Box::new(book.order(owner, &refund.out_trade_no)?.clone());
            Some(Letter::Refund { order, refund: Box::new(refund) })
        }
    }
}
