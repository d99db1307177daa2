//! How an answer is worded: unsigned for what cannot be told to be a merchant's, signed for the rest.

use super::arranged::Seal;
use super::xml::Fields;
use super::{Done, NotTaken, Refusal, Taken, sign, xml};
use crate::book::SignType;
use crate::dice::Dice;
use crate::events::{Answered, Draft};
use crate::gateway::call::Call;
use crate::sandbox::Sandbox;

pub(super) fn not_taken(call: &Call, fault: &NotTaken) -> (String, Draft) {
    let body = xml::write(&[
        ("return_code".to_owned(), "FAIL".to_owned()),
        ("return_msg".to_owned(), format!("{} ({})", fault.rule.zh, fault.rule.en)),
    ]);
    let what = format!("{} {}", call.method, call.path);
    let draft = Draft::refused(&what, &fault.rule).comparing(fault.signature.as_deref().cloned());
    (body, draft.answered(answered(call, "FAIL")))
}

pub(super) fn taken_answer(
    sandbox: &Sandbox,
    taken: &Taken<'_>,
    call: &Call,
    dice: &Dice,
    outcome: Result<Done, Refusal>,
    seal: Seal,
) -> (String, Draft) {
    let mut fields: Vec<(String, String)> = Vec::new();
    let mut add = |name: &str, value: String| fields.push((name.to_owned(), value));
    for (name, value) in [
        ("return_code", "SUCCESS".to_owned()),
        ("return_msg", "OK".to_owned()),
        ("appid", taken.fields.get("appid").cloned().unwrap_or_default()),
        ("mch_id", taken.merchant.mchid.clone()),
        ("nonce_str", dice.letters(16)),
        // New fields are signed, too: who verifies only what is documented is found out.
        ("unannounced_field", dice.hex(8)),
    ] {
        add(name, value);
    }
    let draft = match outcome {
        Ok(done) => {
            add("result_code", "SUCCESS".to_owned());
            fields.extend(done.fields);
            Draft::new(done.kind, done.what).answered(answered(call, ""))
        }
        Err(Refusal { code, rule }) => {
            add("result_code", "FAIL".to_owned());
            add("err_code", code.to_owned());
            add("err_code_des", format!("{} ({})", rule.zh, rule.en));
            let what = format!("{} {}", call.method, call.path);
            Draft::refused(&what, &rule).answered(answered(call, code))
        }
    };
    let body = match seal {
        Seal::Genuine => signed(fields, taken.sign_type, &taken.merchant.api_v2_key, dice),
        Seal::Missing => xml::write(&fields),
        Seal::Wrong => {
            let nobodys = hex::encode(sandbox.cup.fixed(&[b"nobody's v2 key"]).letters(16));
            signed(fields, taken.sign_type, &nobodys, dice)
        }
    };
    (body, draft)
}

/// Signs and shuffles: the order of the fields means nothing.
pub(super) fn signed<N: Into<String>>(fields: Vec<(N, String)>, kind: SignType, key: &str, dice: &Dice) -> String {
    let mut map: Fields = fields.into_iter().map(|(name, value)| (name.into(), value)).collect();
    map.insert("sign".to_owned(), sign::sign(&map, kind, key));
    let mut all: Vec<_> = map.into_iter().collect();
    for last in (1..all.len()).rev() {
        all.swap(last, dice.below(last + 1));
    }
    xml::write(&all)
}

fn answered(call: &Call, code: &str) -> Answered {
    let request = format!("{} {}", call.method, call.path);
    Answered { request, status: 200, code: code.to_owned(), request_id: String::new() }
}
