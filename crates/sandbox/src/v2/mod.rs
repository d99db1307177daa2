//! WeChat Pay's older API: XML with a keyed digest.
//!
//! Three layers, as the real one: what cannot be told to be a merchant's is answered unsigned with
//! `return_code` FAIL; what a merchant asked and does not get, signed with `result_code` FAIL.

mod arranged;
pub(crate) mod notify;
mod optional;
mod orders;
mod refunds;
pub(crate) mod sign;
mod wording;
pub(crate) mod xml;

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{Method, header};
use axum::response::{IntoResponse, Response};

use crate::book::SignType;
use crate::connections::{HangUp, Line};
use crate::diagnosis::Comparison;
use crate::dice::Dice;
use crate::events::Kind;
use crate::faults::{AnswerFault, Arranged, Case, Fault, RefundFault};
use crate::gateway::call::Call;
use crate::gateway::{bad_gateway, refusal};
use crate::identity::Merchant;
use crate::sandbox::Sandbox;
use crate::text::{Text, shorten, text};
use arranged::{negative_test, seal, spelling};
use wording::{not_taken, taken_answer};
use xml::Fields;

/// A call of a merchant that was found to have signed it.
pub(crate) struct Asked<'a> {
    sandbox: &'a Arc<Sandbox>,
    merchant: &'a Merchant,
    fields: &'a Fields,
    line: &'a Line,
    sign_type: SignType,
    dice: &'a Dice,
    now_ms: u64,
    faults: &'a Arranged<'a>,
}

impl Asked<'_> {
    fn get(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }

    fn refund_fault(&self) -> Option<RefundFault> {
        self.faults.find(|fault| match fault {
            Fault::Refund(fault) => Some(*fault),
            Fault::Answer(_) | Fault::Delivery(_) | Fault::SwitchToPublicKey => None,
        })
    }

    fn is_blind(&self) -> bool {
        self.faults.happens(AnswerFault::NotPaidYet)
    }
}

/// A call that was carried out.
pub(crate) struct Done {
    fields: Vec<(String, String)>,
    kind: Kind,
    what: Text,
}

/// Not carried out, in a signed answer.
pub(crate) struct Refusal {
    code: &'static str,
    rule: Text,
}

/// The fields of a call whose names are known ahead.
fn named(fields: Vec<(&'static str, String)>) -> Vec<(String, String)> {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn refuse(code: &'static str, en: impl Into<String>, zh: impl Into<String>) -> Refusal {
    Refusal { code, rule: text(en, zh) }
}

/// Not taken at all, in an unsigned answer.
struct NotTaken {
    rule: Text,
    signature: Option<Box<Comparison>>,
}

/// Which call a path stands for.
type Act = fn(&Asked<'_>) -> Result<Done, Refusal>;

pub(crate) async fn unified_order(State(sandbox): State<Arc<Sandbox>>, request: Request) -> Response {
    answer(&sandbox, request, orders::unified_order).await
}

pub(crate) async fn order_query(State(sandbox): State<Arc<Sandbox>>, request: Request) -> Response {
    answer(&sandbox, request, orders::order_query).await
}

pub(crate) async fn close_order(State(sandbox): State<Arc<Sandbox>>, request: Request) -> Response {
    answer(&sandbox, request, orders::close_order).await
}

pub(crate) async fn refund(State(sandbox): State<Arc<Sandbox>>, request: Request) -> Response {
    answer(&sandbox, request, refunds::refund).await
}

pub(crate) async fn refund_query(State(sandbox): State<Arc<Sandbox>>, request: Request) -> Response {
    answer(&sandbox, request, refunds::refund_query).await
}

async fn answer(sandbox: &Arc<Sandbox>, request: Request, act: Act) -> Response {
    let (call, received) = Call::receive(request).await;
    let dice = sandbox.cup.dice(&[call.method.as_str().as_bytes(), call.target.as_bytes(), &call.body]);
    let mut faults = Arranged::of(sandbox, call.method.as_str(), &call.path, &dice);
    if faults.happens(AnswerFault::DropRequest) {
        return HangUp.into_response();
    }
    let taken = match received {
        Ok(()) => take(sandbox, &call),
        Err(refusal) => Err(NotTaken { rule: *refusal.rule, signature: None }),
    };
    // Like any other request, one with this header has to be signed.
    let asked_for = match &taken {
        Ok(_) => negative_test(&call),
        Err(_) => Ok(None),
    };
    if let Ok(Some(fault)) = &asked_for {
        faults.add(*fault);
    }
    if faults.happens(AnswerFault::BadGateway) {
        return bad_gateway();
    }
    let (body, draft) = match &taken {
        Err(fault) => not_taken(&call, fault),
        Ok(taken) => {
            let outcome = asked_for.and_then(|_| carry_out(sandbox, taken, &call.line, &dice, &faults, act));
            let outcome = match outcome {
                Ok(_) if faults.happens(AnswerFault::ErrorAfter) => Err(refuse(
                    "SYSTEMERROR",
                    "this answer was arranged, and the request was carried out all the same",
                    "按预先安排返回的错误，但请求已经执行",
                )),
                outcome => outcome,
            };
            taken_answer(sandbox, taken, &call, &dice, outcome, seal(&faults))
        }
    };
    sandbox.events.record(sandbox.clock.now_ms(), draft);
    tokio::time::sleep(faults.delay()).await;
    if faults.happens(AnswerFault::DropAnswer) {
        return HangUp.into_response();
    }
    // HTTP is 200 whatever it says.
    ([(header::CONTENT_TYPE, "text/xml; charset=utf-8")], body).into_response()
}

/// Whether a path is this API's.
pub(crate) fn is_v2(path: &str) -> bool {
    path.starts_with("/pay/") || path.starts_with("/secapi/")
}

/// For every address and method that v2 does not have here.
pub(crate) fn no_such_address(sandbox: &Sandbox, call: &Call) -> Response {
    let rule = if call.method == Method::POST {
        text("there is no such address; paths are case-sensitive", "没有这个接口地址；路径区分大小写")
    } else {
        text(
            "there is no such address, or it takes POST alone (REQUIRE_POST_METHOD)",
            "没有这个接口地址，或只接受 POST（REQUIRE_POST_METHOD）",
        )
    };
    turn_away(sandbox, call, rule)
}

/// Refuses what is no call of v2.
pub(crate) fn turn_away(sandbox: &Sandbox, call: &Call, rule: Text) -> Response {
    let (body, draft) = not_taken(call, &NotTaken { rule, signature: None });
    sandbox.events.record(sandbox.clock.now_ms(), draft);
    ([(header::CONTENT_TYPE, "text/xml; charset=utf-8")], body).into_response()
}

/// A request that a merchant signed.
struct Taken<'a> {
    merchant: &'a Merchant,
    fields: Fields,
    sign_type: SignType,
}

fn take<'a>(sandbox: &'a Sandbox, call: &Call) -> Result<Taken<'a>, NotTaken> {
    let plain = |rule: Text| NotTaken { rule, signature: None };
    if let Some((name, _)) = call.parameters().next() {
        let mut name = name.to_owned();
        shorten(&mut name, 64);
        let zh = format!("参数只放在请求体里，URL 上不带查询参数：{name}");
        return Err(plain(text(format!("a call of v2 has no query, all of it is in the body: {name}"), zh)));
    }
    if call.body.is_empty() {
        return Err(plain(text("the body is empty (POST_DATA_EMPTY)", "请求体为空（POST_DATA_EMPTY）")));
    }
    let fields = xml::read(&call.body).map_err(|rule| {
        plain(text(format!("{} (XML_FORMAT_ERROR)", rule.en), format!("{}（XML_FORMAT_ERROR）", rule.zh)))
    })?;
    let get = |name: &str| fields.get(name).map_or("", String::as_str);
    let merchant = sandbox
        .identity
        .merchant(get("mch_id"))
        .ok_or_else(|| plain(text("mch_id is missing, or not a merchant here", "mch_id 缺失，或不是这里的商户")))?;
    let sign_type = match get("sign_type") {
        "" | "MD5" => SignType::Md5,
        "HMAC-SHA256" => SignType::HmacSha256,
        _ => return Err(plain(text("sign_type must be MD5 or HMAC-SHA256", "sign_type 应为 MD5 或 HMAC-SHA256"))),
    };
    let given = get("sign");
    if given.is_empty() || given != sign::sign(&fields, sign_type, &merchant.api_v2_key) {
        let comparison = sign::explain(&fields, sign_type, &merchant.api_v2_key, &merchant.api_v3_key, given);
        let rule = text(
            "签名错误 (SIGNERROR): the sign does not verify over the fields in byte order, empty ones left out, with &key=KEY at the end",
            "签名错误（SIGNERROR）：按参数名字节序拼接非空字段，末尾加 &key=密钥",
        );
        return Err(NotTaken { rule, signature: Some(Box::new(comparison.masked(&sandbox.identity))) });
    }
    Ok(Taken { merchant, fields, sign_type })
}

fn carry_out(
    sandbox: &Arc<Sandbox>,
    taken: &Taken<'_>,
    line: &Line,
    dice: &Dice,
    faults: &Arranged<'_>,
    act: Act,
) -> Result<Done, Refusal> {
    let Taken { merchant, fields, sign_type } = taken;
    if let Some(Case { code, zh, .. }) = faults.find(refusal) {
        let zh = format!("按预先安排返回的错误：{zh}");
        return Err(refuse(spelling(code), "refused because this was arranged", zh));
    }
    let nonce = fields.get("nonce_str").map_or("", String::as_str);
    if nonce.is_empty() {
        return Err(refuse("LACK_PARAMS", "nonce_str is required", "缺少 nonce_str"));
    }
    if nonce.len() > 32 {
        return Err(refuse("PARAM_ERROR", "nonce_str may have 32 characters at most", "nonce_str 最多 32 个字符"));
    }
    let appid = fields.get("appid").map_or("", String::as_str);
    if appid.is_empty() {
        return Err(refuse("LACK_PARAMS", "appid is required", "缺少 appid"));
    }
    if sandbox.identity.app(appid).is_none() {
        return Err(refuse("APPID_NOT_EXIST", "there is no such appid", "appid 不存在"));
    }
    if !sandbox.identity.is_bound(appid, &merchant.mchid) {
        return Err(refuse(
            "APPID_MCHID_NOT_MATCH",
            "the appid is not bound to the merchant",
            "appid 与商户号没有绑定关系",
        ));
    }
    let now_ms = sandbox.clock.now_ms();
    let asked = Asked { sandbox, merchant, fields, line, sign_type: *sign_type, dice, now_ms, faults };
    optional::check_direct(&asked)?;
    let done = act(&asked)?;
    match sandbox.book().trouble() {
        Some(why) => Err(refuse(
            "SYSTEMERROR",
            format!("the sandbox's --store cannot be written: {why}"),
            "沙箱的 --store 文件无法写入",
        )),
        None => Ok(done),
    }
}
