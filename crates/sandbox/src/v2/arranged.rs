//! What goes wrong with an answer on purpose, in the ways that v2 has.

use super::{Refusal, refuse};
use crate::faults::{AnswerFault, Arranged, by_header, unknown_case};
use crate::gateway::call::Call;
use crate::keyring::Dress;

/// `Wechatpay-Negative-Test: CASE`, as for v3; what is wrong with a header's signature has no place here.
pub(super) fn negative_test(call: &Call) -> Result<Option<AnswerFault>, Refusal> {
    let Some(value) = call.header("wechatpay-negative-test") else { return Ok(None) };
    match by_header(value) {
        Some(AnswerFault::Dress(dress)) if !dress.is_of_v2() => Err(refuse(
            "INVALID_REQUEST",
            format!("{value} is about the headers that sign an answer of v3: v2 signs in the body"),
            format!("{value} 针对 v3 应答头中的签名；v2 的签名在报文里"),
        )),
        Some(fault) => Ok(Some(fault)),
        None => {
            let rule = unknown_case();
            Err(Refusal { code: "INVALID_REQUEST", rule })
        }
    }
}

/// How an answer is signed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Seal {
    Genuine,
    Missing,
    /// By a key that is not the merchant's.
    Wrong,
}

pub(super) fn seal(faults: &Arranged<'_>) -> Seal {
    // Every answer is HTTP 200, whatever it says.
    match faults.dress(true) {
        Dress::Unsigned => Seal::Missing,
        Dress::WrongKey => Seal::Wrong,
        _ => Seal::Genuine,
    }
}

/// v2 writes several of the codes without the underscores that v3 has.
pub(super) fn spelling(code: &'static str) -> &'static str {
    match code {
        "SYSTEM_ERROR" => "SYSTEMERROR",
        "BANK_ERROR" => "BANKERROR",
        "SIGN_ERROR" => "SIGNERROR",
        "ORDER_PAID" => "ORDERPAID",
        "ORDER_CLOSED" => "ORDERCLOSED",
        "ORDER_NOT_EXIST" => "ORDERNOTEXIST",
        "NO_AUTH" => "NOAUTH",
        "NOT_ENOUGH" => "NOTENOUGH",
        code => code,
    }
}
