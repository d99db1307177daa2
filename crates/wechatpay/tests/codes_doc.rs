//! docs/wechatpay-codes.md is written from the table.

use std::fmt::Write as _;

use wechatpay::codes::{Advice, Code, table};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/wechatpay-codes.md");

#[test]
fn the_page_of_codes_says_what_the_table_says() {
    let page = page();
    if std::env::var_os("WX_CHECKOUT_BLESS").is_some() {
        std::fs::write(FILE, &page).expect("docs/wechatpay-codes.md can be written");
    }
    let written = std::fs::read_to_string(FILE).expect("docs/wechatpay-codes.md");
    assert_eq!(written, page, "run this test with WX_CHECKOUT_BLESS=1");
}

fn page() -> String {
    let mut page = String::from(
        "<!-- Generated from crates/wechatpay/src/codes; do not edit. Write it anew with\n     \
         WX_CHECKOUT_BLESS=1 cargo test -p wechatpay --test codes_doc -->\n\
         # WeChat Pay's error codes\n\n\
         A numeric code ends the `Request-ID` of a v3 answer and goes before the word; words of v2 and older ones of v3 lack the\n\
         underscores. \"Same\" is the same bytes again, soon; \"later\" the same bytes, more slowly; \"query\" means that the order has moved\n\
         on, and money may have; \"never\" that somebody must act first. A refund that meets RESOURCE_NOT_EXISTS right after the\n\
         payment is repeated later, under its number.\n\n\
         | code | do | what happened, and the fix | 原因与处理 |\n|---|---|---|---|\n",
    );
    for entry in table() {
        let code = match entry.code {
            Code::Word(word) => word.to_owned(),
            Code::Number(number) => number.to_string(),
            Code::Login(errcode) => format!("login {errcode}"),
            Code::Status(status) => format!("HTTP {status}"),
        };
        let advice = match entry.advice {
            Advice::RetrySame => "same",
            Advice::RetryLater => "later",
            Advice::Query => "query",
            Advice::Never => "never",
        };
        let (en, zh) = (entry.en, entry.zh_cn);
        writeln!(page, "| {code} | {advice} | {} {} | {}{} |", en.cause, en.fix, zh.cause, zh.fix).expect("a String");
    }
    page
}
