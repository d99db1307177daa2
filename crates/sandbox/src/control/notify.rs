//! `POST /_sandbox/notify {"outTradeNo" | "outRefundNo", "mchid"?, "forgery"?}`: one notification at once, a genuine one
//! that exists already or a forgery of it. Answers with what the receiver said.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::body::{self, BadCall, Read};
use crate::book::{About, Notice};
use crate::courier::{Sent, deliver, deliver_forged};
use crate::events::Kind;
use crate::faults::Forgery;
use crate::sandbox::Sandbox;
use crate::text::{Text, text};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Again {
    out_trade_no: Option<String>,
    out_refund_no: Option<String>,
    mchid: Option<String>,
    forgery: Option<Forgery>,
}

pub(crate) async fn notify(State(sandbox): State<Arc<Sandbox>>, request: Request) -> Result<Json<Value>, BadCall> {
    let Read { form: Again { out_trade_no, out_refund_no, mchid, forgery }, bytes } = body::read(request).await?;
    let is_meant = |notice: &&Notice| {
        let number = match &notice.about {
            About::Payment { out_trade_no: number, .. } => (Some(number), None),
            About::Refund { out_refund_no: number, .. } => (None, Some(number)),
        };
        number == (out_trade_no.as_ref(), out_refund_no.as_ref())
            && mchid.as_ref().is_none_or(|mchid| *mchid == notice.mchid)
    };
    let notice = sandbox.book().notices().find(is_meant).cloned().ok_or_else(|| {
        BadCall::new(
            "nothing was paid or refunded under this outTradeNo or outRefundNo (give exactly one of them)".to_owned(),
        )
    })?;
    let answer = match forgery {
        Some(forgery) => deliver_forged(&sandbox, &notice, forgery).await,
        None => {
            let label = sandbox.cup.dice(&[b"notify", &bytes]).hex(16);
            let answer = deliver(&sandbox, &Sent::again(&notice, &label)).await;
            let Text { en, zh } = match &answer {
                Ok(status) => text(format!("acknowledged with {status}"), format!("已确认（{status}）")),
                Err(why) => why.clone(),
            };
            let en = format!("{}: sent once more by hand: {en}", notice.about.name());
            sandbox.tell(Kind::Notification, text(en, format!("{}：手动再次发送：{zh}", notice.about.name_zh())));
            answer
        }
    };
    Ok(Json(match answer {
        Ok(status) => json!({ "acknowledged": true, "status": status }),
        Err(why) => json!({ "acknowledged": false, "why": why.en, "whyZh": why.zh }),
    }))
}
