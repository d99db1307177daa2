//! Signs, verifies and opens for whoever asks on stdin, one JSON object a line, and answers on stdout,
//! one JSON object a line: `{"ok": ...}` or `{"error": "..."}`. The tests in `interop/` hold the library
//! to two independent SDKs with it.

use std::io::{BufRead as _, Write as _};

use serde::Deserialize;
use serde_json::{Value, json};
use wechatpay::Secret;
use wechatpay::trade::{OutRefundNo, OutTradeNo, PaymentRef, RefundAmount};
use wechatpay::v2::{Fields, Merchant, RefundOrder, SignType, UnifiedOrder};
use wechatpay::v3::notification::{self, ApiV3Key, Resource};
use wechatpay::v3::{MerchantSigner, Order, Payee, PlatformCertificate, SignedHeaders, Verifiers};

type Failure = Box<dyn std::error::Error>;

/// What is asked for.
#[derive(Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case", deny_unknown_fields)]
enum Question {
    /// The `Authorization` of a request.
    Authorization { signer: Signer, method: String, path: String, timestamp: u64, nonce: String, body: String },
    /// The body of a request for a payment in version 3.
    Prepay { payee: Direct, order: Value },
    /// What wx.requestPayment takes in version 3.
    PaySign { signer: Signer, appid: String, prepay_id: String, timestamp: u64, nonce: String },
    /// Whether an answer or a notification verifies.
    Verify { keys: Keys, headers: Headers, body: String, now: u64 },
    /// What a notification of version 3 says, once it verified.
    Open { keys: Keys, headers: Headers, body: String, now: u64, api_v3_key: String },
    /// The message of a unified order.
    UnifiedOrder { merchant: V2, nonce: String, order: Value },
    /// The message of a refund in version 2.
    RefundV2 { merchant: V2, nonce: String, out_refund_no: String, refund: u32, total: u32, reason: String },
    /// What wx.requestPayment takes in version 2.
    PaySignV2 { merchant: V2, prepay_id: String, timestamp: u64, nonce: String },
    /// The fields of a message of version 2, once it verified.
    VerifyV2 { merchant: V2, message: String },
    /// What a payment notification of version 2 says.
    PaymentV2 { merchant: V2, message: String },
    /// What a refund notification of version 2 says, without proof.
    RefundHintV2 { merchant: V2, message: String },
}

#[derive(Deserialize)]
struct Signer {
    mchid: String,
    serial: String,
    key: String,
}

#[derive(Deserialize)]
struct Direct {
    appid: String,
    mchid: String,
}

/// WeChat's side: a public key under an id, a platform certificate, or both.
#[derive(Deserialize)]
struct Keys {
    public_key: Option<(String, String)>,
    certificate: Option<String>,
}

#[derive(Deserialize)]
struct Headers {
    timestamp: String,
    nonce: String,
    signature: String,
    serial: String,
}

#[derive(Deserialize)]
struct V2 {
    appid: String,
    mchid: String,
    key: String,
    sign_type: String,
}

fn main() -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let answer = match serde_json::from_str(&line?).map_err(Failure::from).and_then(answer) {
            Ok(answer) => json!({ "ok": answer }),
            Err(error) => json!({ "error": error.to_string() }),
        };
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    Ok(())
}

fn answer(question: Question) -> Result<Value, Failure> {
    Ok(match question {
        Question::Authorization { signer, method, path, timestamp, nonce, body } => {
            json!(signer.open()?.authorization(&method, &path, timestamp, &nonce, body.as_bytes())?)
        }
        Question::Prepay { payee: Direct { appid, mchid }, order } => {
            let order = Order {
                description: text(&order, "description")?,
                out_trade_no: text(&order, "out_trade_no")?,
                time_expire: text(&order, "time_expire").ok(),
                notify_url: text(&order, "notify_url")?,
                total: number(&order, "total")?,
                openid: Secret::new(text(&order, "openid")?),
            };
            serde_json::to_value(Payee::Direct { appid, mchid }.prepay(order))?
        }
        Question::PaySign { signer, appid, prepay_id, timestamp, nonce } => {
            serde_json::to_value(signer.open()?.pay_sign(&appid, &prepay_id, timestamp, &nonce)?)?
        }
        Question::Verify { keys, headers, body, now } => {
            keys.open()?.verify(headers.signed(), body.as_bytes(), now)?;
            json!(true)
        }
        Question::Open { keys, headers, body, now, api_v3_key } => {
            keys.open()?.verify(headers.signed(), body.as_bytes(), now)?;
            match notification::open(body.as_bytes(), &ApiV3Key::new(&api_v3_key)?)?.resource {
                Resource::Transaction(transaction) => json!({
                    "out_trade_no": transaction.out_trade_no,
                    "total": transaction.payment().map(|payment| payment.total),
                    "transaction_id": transaction.payment().map(|payment| payment.transaction_id.clone()),
                    "openid": transaction.payment().map(|payment| payment.payer.openid.expose().clone()),
                }),
                Resource::Refund(notice) => json!({
                    "mchid": notice.mchid,
                    "out_refund_no": notice.refund.out_refund_no,
                    "refund": notice.refund.refund,
                    "state": format!("{:?}", notice.refund.state),
                }),
                Resource::Other { original_type, .. } => json!({ "original_type": original_type }),
            }
        }
        Question::UnifiedOrder { merchant, nonce, order } => {
            let order = UnifiedOrder {
                body: text(&order, "description")?,
                out_trade_no: OutTradeNo::new(&text(&order, "out_trade_no")?)?,
                total_fee: number(&order, "total")?,
                spbill_create_ip: text(&order, "payer_ip")?.parse()?,
                notify_url: text(&order, "notify_url")?,
                time_expire: text(&order, "time_expire").ok(),
                openid: Secret::new(text(&order, "openid")?),
            };
            json!(String::from_utf8(merchant.open()?.unified_order(&order, &nonce)?)?)
        }
        Question::RefundV2 { merchant, nonce, out_refund_no, refund, total, reason } => {
            let order = RefundOrder {
                payment: PaymentRef::TransactionId("4200001234".to_owned()),
                out_refund_no: OutRefundNo::new(&out_refund_no)?,
                amount: RefundAmount::cny(refund, total)?,
                reason: Some(reason),
                notify_url: None,
            };
            json!(String::from_utf8(merchant.open()?.refund(&order, &nonce)?)?)
        }
        Question::PaySignV2 { merchant, prepay_id, timestamp, nonce } => {
            serde_json::to_value(merchant.open()?.pay_sign(&prepay_id, timestamp, &nonce)?)?
        }
        Question::VerifyV2 { merchant, message } => {
            let verified = Fields::read(message.as_bytes())?.verified(&Secret::new(merchant.key))?;
            verified.fields().iter().map(|(name, value)| (name.to_owned(), json!(value))).collect()
        }
        Question::PaymentV2 { merchant, message } => {
            let transaction = merchant.open()?.read_payment_notification(message.as_bytes())?;
            let payment = transaction.payment().ok_or("no payment")?;
            json!({
                "out_trade_no": transaction.out_trade_no,
                "total": payment.total,
                "transaction_id": payment.transaction_id,
                "success_time": payment.success_time,
            })
        }
        Question::RefundHintV2 { merchant, message } => {
            let hint = merchant.open()?.read_refund_notification(message.as_bytes())?;
            let refund = hint.unproven();
            json!({ "out_refund_no": refund.out_refund_no, "refund": refund.refund, "state": format!("{:?}", refund.state) })
        }
    })
}

impl Signer {
    fn open(&self) -> Result<MerchantSigner, Failure> {
        Ok(MerchantSigner::new(&self.mchid, &self.serial, self.key.as_bytes())?)
    }
}

impl Keys {
    fn open(&self) -> Result<Verifiers, Failure> {
        let mut verifiers = Verifiers::new();
        if let Some((id, pem)) = &self.public_key {
            verifiers = verifiers.with_public_key(id, pem.as_bytes())?;
        }
        if let Some(pem) = &self.certificate {
            verifiers = verifiers.with_certificate(PlatformCertificate::from_pem(pem.as_bytes())?);
        }
        Ok(verifiers)
    }
}

impl Headers {
    fn signed(&self) -> SignedHeaders<'_> {
        let Self { timestamp, nonce, signature, serial } = self;
        SignedHeaders { timestamp, nonce, signature, serial }
    }
}

impl V2 {
    fn open(self) -> Result<Merchant, Failure> {
        let sign_type = SignType::from_word(&self.sign_type).ok_or("sign_type is MD5 or HMAC-SHA256")?;
        Ok(Merchant::new(&self.appid, &self.mchid, Secret::new(self.key), sign_type)?)
    }
}

fn text(object: &Value, name: &str) -> Result<String, Failure> {
    Ok(object[name].as_str().ok_or_else(|| format!("{name} is missing"))?.to_owned())
}

fn number(object: &Value, name: &str) -> Result<u32, Failure> {
    Ok(u32::try_from(object[name].as_u64().ok_or_else(|| format!("{name} is missing"))?)?)
}
