//! One try: what goes over the wire, and what counts as an acknowledgement.

use reqwest::Url;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HOST, USER_AGENT};

use super::route::authority;
use crate::book::{Api, Notice};
use crate::keyring::{Addressee, Dress, Letter};
use crate::sandbox::Sandbox;
use crate::text::{Text, text};

/// v2 is acknowledged with exactly this.
pub(crate) const V2_ACKNOWLEDGEMENT: &str =
    "<xml><return_code><![CDATA[SUCCESS]]></return_code><return_msg><![CDATA[OK]]></return_msg></xml>";

/// What is sent, and how it is signed.
pub(crate) struct Sent {
    pub(super) api: Api,
    pub(super) mchid: String,
    pub(super) url: String,
    /// What is signed.
    pub(super) body: String,
    /// What arrives: the same, unless it is forged.
    pub(super) arriving: String,
    pub(super) dress: Dress,
    /// Tells the tries of one notification apart, for the nonce.
    pub(super) label: String,
}

impl Sent {
    pub(super) fn genuine(notice: &Notice, tries: usize, copy: usize) -> Self {
        let Notice { id, api, mchid, url, body, .. } = notice.clone();
        let label = format!("{id}/{tries}/{copy}");
        Self { api, mchid, url, arriving: body.clone(), body, dress: Dress::Genuine, label }
    }

    /// Once more, outside of the ladder.
    pub(crate) fn again(notice: &Notice, label: &str) -> Self {
        Self { label: format!("{}/{label}", notice.id), ..Self::genuine(notice, 0, 0) }
    }
}

/// Sends it; `Err` says why it was not acknowledged.
pub(crate) async fn deliver(sandbox: &Sandbox, sent: &Sent) -> Result<u16, Text> {
    let url = Url::parse(&sent.url).map_err(|_| text("notify_url is not a URL", "notify_url 不是 URL"))?;
    let host = authority(&url).unwrap_or_default();
    let target = sandbox.courier.targets.get(&host).ok_or_else(|| {
        text(
            format!(
                "lost: nothing says where {host} really is (start with --deliver https://{host}=http://127.0.0.1:PORT)"
            ),
            format!("丢失：不知道 {host} 实际在哪里（启动时加 --deliver https://{host}=http://127.0.0.1:PORT）"),
        )
    })?;
    let kind = match sent.api {
        Api::V3 => "application/json",
        Api::V2(_) => "text/xml",
    };
    let mut request = sandbox
        .courier
        .http
        .post(format!("{target}{}", url.path()))
        .header(HOST, host)
        .header(CONTENT_TYPE, kind)
        .header(ACCEPT, "*/*")
        .header(USER_AGENT, "Mozilla/4.0")
        .body(sent.arriving.clone());
    if sent.api == Api::V3 {
        for (name, value) in sign(sandbox, sent)? {
            request = request.header(name, value);
        }
    }
    let mut answer = request.send().await.map_err(|error| {
        if error.is_timeout() {
            text("no answer within 5 s", "5 秒内没有应答")
        } else {
            text("could not be delivered", "无法送达")
        }
    })?;
    let status = answer.status().as_u16();
    match sent.api {
        Api::V3 if matches!(status, 200 | 204) => Ok(status),
        Api::V3 => Err(not_an_acknowledgement(status)),
        Api::V2(_) => {
            let mut body = Vec::new();
            while let Ok(Some(part)) = answer.chunk().await {
                body.extend_from_slice(&part);
                if body.len() > V2_ACKNOWLEDGEMENT.len() {
                    break;
                }
            }
            if status != 200 {
                Err(not_an_acknowledgement(status))
            } else if body != V2_ACKNOWLEDGEMENT.as_bytes() {
                Err(text(
                    format!("answered with 200, but not with exactly {V2_ACKNOWLEDGEMENT}"),
                    format!("应答 200，但内容不是 {V2_ACKNOWLEDGEMENT}"),
                ))
            } else {
                Ok(status)
            }
        }
    }
}

fn not_an_acknowledgement(status: u16) -> Text {
    text(format!("answered with {status}, which is not an acknowledgement"), format!("应答 {status}，不算确认"))
}

fn sign(sandbox: &Sandbox, sent: &Sent) -> Result<Vec<(&'static str, String)>, Text> {
    let habit = sandbox.book().habit(&sent.mchid);
    let merchant = sandbox.identity.merchant(&sent.mchid);
    let to = Addressee { merchant, public_key_id: &sandbox.identity.public_key_id, habit };
    let dice = sandbox.cup.fixed(&[b"try", sent.label.as_bytes()]);
    let letter = Letter { body: &sent.body, now_seconds: sandbox.clock.now_seconds(), dress: sent.dress, dice: &dice };
    let signed = sandbox.keys.sign_notification(&to, &letter);
    signed.map_err(|_| text("the sandbox could not sign", "沙箱签名失败"))
}
