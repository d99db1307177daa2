//! v2's messages: requests as published examples sign them, and answers layer by layer.

mod answers;
mod properties;
mod refunds;
mod requests;

use serde_json::Value;
use wechatpay::Secret;
use wechatpay::v2::{Fields, Merchant, SignType};

const KEY: &str = "192006250b4c09247ec02edce69f6a2d";
const APPID: &str = "wx2421b1c4370ec43b";
const MCH_ID: &str = "10000100";
const NONCE: &str = "5K8264ILTKCH16CQ2502SI8ZNMTM67VS";

fn key() -> Secret<String> {
    Secret::new(KEY.to_owned())
}

fn merchant(sign_type: SignType) -> Merchant {
    Merchant::new(APPID, MCH_ID, key(), sign_type).expect("a key")
}

fn md5() -> Merchant {
    merchant(SignType::Md5)
}

/// The published example of this name: its fields, signed as published.
fn published(name: &str) -> Fields {
    let json: Value = serde_json::from_str(include_str!("../../vectors/v2-sign.json")).expect("JSON");
    let vectors = json["vectors"].as_array().expect("a list");
    let text = |value: &Value| value.as_str().expect("a text in the vectors").to_owned();
    let vector = vectors.iter().find(|vector| text(&vector["source"]).ends_with(name)).expect(name);
    let fields = text(&vector["sorted_params_without_key"]);
    let fields = fields.split('&').map(|field| field.split_once('=').expect("name=value"));
    fields.fold(Fields::new(), |all, (name, value)| all.with(name, value)).with("sign", text(&vector["sign"]))
}

/// What every good answer has.
fn base() -> Fields {
    Fields::new()
        .with("return_code", "SUCCESS")
        .with("return_msg", "OK")
        .with("appid", APPID)
        .with("mch_id", MCH_ID)
        .with("nonce_str", "IITRi8Iabbblz1Jc")
        .with("result_code", "SUCCESS")
}

fn paid() -> Fields {
    base()
        .with("trade_state", "SUCCESS")
        .with("out_trade_no", "T-000001")
        .with("transaction_id", "42")
        .with("openid", "o-1")
        .with("total_fee", "6800")
        .with("cash_fee", "6300")
        .with("time_end", "20260101100000")
}

fn signed(fields: Fields) -> Vec<u8> {
    signed_as(fields, SignType::Md5)
}

fn signed_as(fields: Fields, sign_type: SignType) -> Vec<u8> {
    fields.signed(&key(), sign_type).write().expect("writes").into_bytes()
}
