//! What to do about a refusal, as data: one table of WeChat's codes, each with an advice to the
//! program and, in Chinese and English, what happened and what the merchant does about it.
//!
//! The table is complete for the codes of the documentation that payments, refunds, bills and login
//! meet; a code that is not in it is answered by the HTTP status.

mod login;
mod numbers;
mod status;
mod words;

/// What is worth trying after a call was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Advice {
    /// Send the same bytes again, soon: WeChat may or may not have acted on the first.
    RetrySame,
    /// Send the same bytes again, later and more slowly.
    RetryLater,
    /// Ask what became of the order: it has moved on, and money may have.
    Query,
    /// The same request will be refused again; someone must act.
    Never,
}

/// What a code means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guidance {
    /// Which code.
    pub code: Code,
    /// What the program does.
    pub advice: Advice,
    /// In Chinese.
    pub zh_cn: Message,
    /// In English.
    pub en: Message,
}

/// A message for the merchant, in one language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    /// What happened.
    pub cause: &'static str,
    /// What the merchant does about it.
    pub fix: &'static str,
}

/// One of WeChat's codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// `code` of v3 or `err_code` of v2, as it is written today.
    Word(&'static str),
    /// The number that ends v3's `Request-ID`.
    Number(u64),
    /// `errcode` of code2session.
    Login(i64),
    /// No code that is known: what the HTTP status alone says.
    Status(&'static str),
}

/// What an answer with this HTTP status, word and number means ("" and 0 where there is none). The
/// number is finer than the word, and so it goes first; the status comes last, because WeChat answers
/// 500 for faults of the caller, too. Older spellings of a word lack the underscores; both are known.
#[must_use]
pub fn explain(status: u16, word: &str, number: u64) -> &'static Guidance {
    numbers::find(number).or_else(|| words::find(word)).unwrap_or_else(|| status::explain(status))
}

/// What an `errcode` of code2session means; its HTTP status is always 200.
#[must_use]
pub fn explain_login(errcode: i64) -> &'static Guidance {
    login::find(errcode).unwrap_or(&status::UNKNOWN)
}

/// [`explain`]'s advice.
#[must_use]
pub fn advice(status: u16, word: &str, number: u64) -> Advice {
    explain(status, word, number).advice
}

/// The advice for a refused refund. It differs in one word: a payment of a moment ago may not be there
/// to be refunded yet, so the same request, under the same number, is worth another try.
#[must_use]
pub fn refund_advice(status: u16, word: &str, number: u64) -> Advice {
    if words::same("RESOURCE_NOT_EXISTS", word) { Advice::RetryLater } else { advice(status, word, number) }
}

/// WeChat's numeric error code: the digits after the last `-` of the `Request-ID` header, which
/// names a cause more finely than the body does. 0 when there is none.
#[must_use]
pub fn numeric_code(request_id: &str) -> u64 {
    request_id.rsplit_once('-').and_then(|(_, code)| code.parse().ok()).unwrap_or(0)
}

/// The whole table.
pub fn table() -> impl Iterator<Item = &'static Guidance> {
    words::WORDS.iter().chain(numbers::NUMBERS).chain(login::CODES).chain(status::ALL)
}

/// A row: cause and fix in Chinese, cause and fix in English.
const fn row(code: Code, advice: Advice, zh_cn: [&'static str; 2], en: [&'static str; 2]) -> Guidance {
    Guidance {
        code,
        advice,
        zh_cn: Message { cause: zh_cn[0], fix: zh_cn[1] },
        en: Message { cause: en[0], fix: en[1] },
    }
}
