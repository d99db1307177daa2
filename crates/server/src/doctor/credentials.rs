//! A question that is signed and harmless: about an order number that nobody ever used. Who answers
//! that there is no such order has accepted the merchant, the key and the signature.

use std::collections::BTreeMap;
use std::sync::Arc;

use wechatpay::Secret;
use wechatpay::codes;
use wechatpay::v3::notification::{self, ApiV3Key};

use super::books::Books;
use super::checks::Check;
use super::report::Findings;
use super::{Instruments, certificate};
use crate::config::Examined;
use crate::gateway::{CallError, Gateway, Keys, Listed, Seen};
use crate::ledger::{Api, Attempt};
use crate::random;

/// What was answered.
#[derive(Default)]
pub(super) struct Answers {
    questions: Vec<Question>,
    listed: Option<Result<Listed, CallError>>,
    api_v3_key: Option<ApiV3Key>,
}

struct Question {
    mchid: String,
    api: Api,
    answer: Result<Seen, CallError>,
}

pub(super) async fn ask(examined: &Examined, accounts: BTreeMap<String, Keys>, instruments: &Instruments) -> Answers {
    let (Some(written), Some(seller)) = (&examined.written, &examined.seller) else { return Answers::default() };
    if examined.api_hosts.is_empty() {
        return Answers::default();
    }
    let api_v3_key = accounts.get(&written.mchid).and_then(|keys| Some(keys.v3.as_ref()?.api_v3_key.clone()));
    let mut wanted = vec![];
    for (mchid, Keys { v3, v2 }) in &accounts {
        let ours = *mchid == written.mchid;
        if v3.is_some() {
            let api = if ours && seller.api() != Api::V2 { seller.api() } else { Api::V3 };
            wanted.push((mchid.clone(), api));
        }
        // Version 2 wants to know the mini program, and a former merchant's stands in its orders alone.
        if v2.is_some() && ours {
            wanted.push((mchid.clone(), Api::V2));
        }
    }
    let gateway = Gateway::new(&instruments.http, &examined.api_hosts, accounts, instruments.clock.clone());
    let gateway = Arc::new(gateway);
    let mut under_way = vec![];
    for (mchid, api) in wanted {
        let (gateway, appid) = (Arc::clone(&gateway), seller.appid().to_owned());
        under_way.push(tokio::spawn(async move {
            let out_trade_no = random::hex::<16>().unwrap_or_else(|_| "0".repeat(32));
            let attempt =
                Attempt { out_trade_no, mchid: mchid.clone(), appid, api: api.clone(), request: Secret::new(vec![]) };
            let answer = gateway.query(&attempt).await;
            Question { mchid, api, answer }
        }));
    }
    let listed = gateway.certificates(&written.mchid).await.transpose();
    let mut questions = vec![];
    for task in under_way {
        questions.extend(task.await.ok());
    }
    Answers { questions, listed, api_v3_key }
}

/// What it comes to.
pub(super) fn check(answers: Answers, books: &Books, findings: &mut Findings) {
    let Answers { questions, listed, api_v3_key } = answers;
    for question in &questions {
        judge(question, findings);
    }
    if let Some(key) = api_v3_key {
        check_opens(listed, &key, books, findings);
    }
    check_bound(books, findings);
}

fn judge(Question { mchid, api, answer }: &Question, findings: &mut Findings) {
    let check = if *api == Api::V2 { Check::CredentialsV2 } else { Check::CredentialsV3 };
    match answer {
        Ok(_) => {
            findings.pass(check, "WeChat Pay accepts the signature, and has no order of a number that nobody used");
            findings.pass(Check::WechatSignature, "WeChat Pay's answer verifies");
            findings.pass(Check::MerchantKnown, "WeChat Pay answers this merchant");
        }
        Err(CallError::Refused { status, code, .. }) => refused(check, mchid, *status, code, findings),
        Err(error @ (CallError::Forged(_) | CallError::ForgedV2(_))) => {
            let which = match api {
                Api::V2 => "compare merchant.api_v2_key with the merchant platform, account center, API security",
                Api::V3 | Api::Partner { .. } => {
                    "compare wechatpay.public_key_id and public_key_file (or the platform certificates) with the merchant platform, account center, API security"
                }
            };
            findings.fail(Check::WechatSignature, format!("merchant {mchid}: {error}"), which);
        }
        Err(CallError::Resting { .. }) => busy(check, findings),
        Err(CallError::Nonsense) => findings.fail(
            check,
            format!("merchant {mchid}: what answers is not WeChat Pay"),
            "set wechatpay.api_base_urls to WeChat Pay's hosts",
        ),
        // The hosts say why; or keys were not read, which is named.
        Err(CallError::Unreachable | CallError::NotSigned | CallError::NoKeys { .. }) => {}
    }
}

fn busy(check: Check, findings: &mut Findings) {
    findings.warn(
        check,
        "WeChat Pay is busy or asks to slow down: the signature was not tried",
        "try again in a minute",
    );
}

fn refused(check: Check, mchid: &str, status: u16, code: &str, findings: &mut Findings) {
    let said = format!("merchant {mchid}: WeChat Pay refuses a signed question with HTTP {status} {code}");
    let word = code.replace('_', "");
    match word.as_str() {
        _ if status == 401 || word == "SIGNERROR" => {
            let fix = if findings.failed(Check::Clock) {
                "set the clock first; if it is refused then, too, compare mchid, serial and private key with the merchant platform"
            } else {
                "mchid, serial and private_key_file must be of one API certificate: compare them with the merchant platform, account center, API security"
            };
            findings.fail(check, said, fix);
        }
        "NOTTAKEN" => findings.fail(
            check,
            said,
            "compare merchant.mchid, appid and api_v2_key with the merchant platform, account center, API security",
        ),
        "APPIDMCHIDNOTMATCH" | "APPIDNOTEXIST" => {
            findings.fail(
                Check::AppidBound,
                said,
                "bind the app id to the merchant number: product center, AppID management",
            );
        }
        "MCHNOTEXISTS" | "MCHIDNOTEXIST" | "NOAUTH" | "ACCOUNTERROR" => {
            findings.fail(Check::MerchantKnown, said, codes::explain(status, code, 0).en.fix);
        }
        _ if status == 429 || status >= 500 || word.starts_with("FREQUENCYLIMIT") => busy(check, findings),
        _ => findings.fail(check, said, codes::explain(status, code, 0).en.fix),
    }
}

/// The APIv3 key signs nothing: only what WeChat encrypted with it shows whether it is right.
fn check_opens(listed: Option<Result<Listed, CallError>>, key: &ApiV3Key, books: &Books, findings: &mut Findings) {
    let check = Check::ApiV3KeyOpens;
    let wrong =
        "set merchant.api_v3_key to the APIv3 key that is set on the merchant platform, account center, API security";
    match listed {
        Some(Ok(Listed::Opened)) => {
            findings.pass(check, "it opens WeChat's list of platform certificates");
            return;
        }
        Some(Ok(Listed::NotOpened)) => {
            findings.fail(check, "it does not open WeChat's list of platform certificates", wrong);
            return;
        }
        _ => {}
    }
    match books.notification() {
        Some(seen) if notification::open(&seen.body, key).is_ok() => findings.pass(
            check,
            format!("it opens the newest notification in the books, of {}", certificate::day(seen.received_ms / 1000)),
        ),
        Some(_) => findings.warn(
            check,
            "it does not open the newest notification in the books: it was changed since, or is wrong now",
            wrong,
        ),
        None if !books.can_tell() => {}
        None => findings.warn(
            check,
            "nothing shows yet whether it is right: WeChat has encrypted nothing for this merchant",
            format!(
                "compare it once more, or {wrong}; the first notification shows it (ALERT in the log if it is wrong)"
            ),
        ),
    }
}

fn check_bound(books: &Books, findings: &mut Findings) {
    if [Check::AppidBound, Check::Mchid, Check::Appid].into_iter().any(|check| findings.failed(check)) {
        return;
    }
    match books.prepaid() {
        Some(true) => {
            findings.pass(Check::AppidBound, "WeChat has taken orders of this merchant for this mini program");
        }
        Some(false) => findings.warn(
            Check::AppidBound,
            "no order was made with this merchant and mini program yet, and no question without an order shows whether they are bound",
            "look at the merchant platform, product center, AppID management: this app id must be listed as bound; then buy something for one fen",
        ),
        None => {}
    }
}
