//! `GET /v3/certificates`: the platform certificates, encrypted; 404 for a merchant that knows WeChat
//! Pay by its public key alone.

use serde_json::{Value, json};

use super::query::read_query;
use super::refusal::Refusal;
use super::{Asked, Done};
use crate::crypto::seal;
use crate::events::Kind;
use crate::identity::VerifiesBy;
use crate::text::text;
use crate::time;

const AAD: &str = "certificate";

pub(crate) fn certificates(asked: &Asked<'_>) -> Result<Done, Refusal> {
    read_query(asked, &[])?;
    if asked.merchant.verifies_by == VerifiesBy::PublicKey {
        return Err(Refusal::no_such_resource(text(
            "this merchant has no platform certificate: verify with the WeChat Pay public key (publicKeyId, wechatpay_public_key.pem)",
            "该商户没有平台证书：请改用微信支付公钥验签（publicKeyId、wechatpay_public_key.pem）",
        )));
    }
    let known = asked.merchant.platform_certificates.iter().zip(&asked.sandbox.certificates);
    let valid = known.filter(|(certificate, _)| {
        time::parse_rfc3339(&certificate.expire_time).is_some_and(|expires| asked.now_ms < expires)
    });
    let listed = valid.map(|(certificate, pem)| {
        let nonce = asked.dice.letters(12);
        let ciphertext = seal(&asked.merchant.api_v3_key, &nonce, AAD, pem.clone())
            .map_err(|_| Refusal::request(text("the certificate could not be encrypted", "证书加密失败")))?;
        Ok(json!({
            "serial_no": certificate.serial,
            "effective_time": certificate.effective_time,
            "expire_time": certificate.expire_time,
            "encrypt_certificate": {
                "algorithm": "AEAD_AES_256_GCM", "nonce": nonce, "associated_data": AAD, "ciphertext": ciphertext,
            },
        }))
    });
    let list = listed.collect::<Result<Vec<Value>, Refusal>>()?;
    let count = list.len();
    let what = text(format!("{count} platform certificates were listed"), format!("返回了 {count} 张平台证书"));
    Ok(Done::json(json!({ "data": list }), Kind::Certificates, what))
}
