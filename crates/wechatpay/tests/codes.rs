//! The table of WeChat's codes against the documentation's lists.

use std::collections::BTreeSet;

use proptest::prelude::*;
use wechatpay::codes::{Advice, Code, Guidance, advice, explain, explain_login, numeric_code, refund_advice, table};

/// v3's table: status, code, what may be retried.
const V3: &[(u16, &str, Advice)] = &[
    (202, "USERPAYING", Advice::Query),
    (202, "USER_PAYING", Advice::Query),
    (400, "PARAM_ERROR", Advice::Never),
    (400, "INVALID_REQUEST", Advice::Never),
    (400, "APPID_MCHID_NOT_MATCH", Advice::Never),
    (400, "MCH_NOT_EXISTS", Advice::Never),
    (400, "ORDER_CLOSED", Advice::Query),
    (400, "ORDERCLOSED", Advice::Query),
    (400, "ORDER_PAID", Advice::Query),
    (400, "ORDERPAID", Advice::Query),
    (400, "NO_STATEMENT_EXIST", Advice::Never),
    (400, "STATEMENT_CREATING", Advice::RetryLater),
    (401, "SIGN_ERROR", Advice::Never),
    (401, "SIGNERROR", Advice::Never),
    (403, "NO_AUTH", Advice::Never),
    (403, "OUT_TRADE_NO_USED", Advice::Query),
    (403, "RULE_LIMIT", Advice::Never),
    (403, "RULELIMIT", Advice::Never),
    (403, "TRADE_ERROR", Advice::Query),
    (403, "ACCOUNT_ERROR", Advice::Never),
    (403, "NOT_ENOUGH", Advice::RetryLater),
    (404, "ORDER_NOT_EXIST", Advice::Never),
    (404, "ORDERNOTEXIST", Advice::Never),
    (404, "RESOURCE_NOT_EXISTS", Advice::Never),
    (429, "FREQUENCY_LIMITED", Advice::RetryLater),
    (429, "RATELIMIT_EXCEEDED", Advice::RetryLater),
    (500, "SYSTEM_ERROR", Advice::RetrySame),
    (500, "SYSTEMERROR", Advice::RetrySame),
    (500, "BANK_ERROR", Advice::RetrySame),
    (500, "OPENID_MISMATCH", Advice::Never),
    (500, "INVALID_TRANSACTIONID", Advice::Never),
    (502, "SERVICE_UNAVAILABLE", Advice::RetryLater),
    (503, "SERVICE_UNAVAILABLE", Advice::RetryLater),
];

/// v2's codes; the HTTP status is 200 for all of them.
const V2: &[(&str, Advice)] = &[
    ("ORDERPAID", Advice::Query),
    ("ORDERCLOSED", Advice::Query),
    ("OUT_TRADE_NO_USED", Advice::Query),
    ("SYSTEMERROR", Advice::RetrySame),
    ("SIGNERROR", Advice::Never),
    ("XML_FORMAT_ERROR", Advice::Never),
    ("LACK_PARAMS", Advice::Never),
    ("APPID_MCHID_NOT_MATCH", Advice::Never),
    ("NOAUTH", Advice::Never),
    ("ORDERNOTEXIST", Advice::Never),
    ("NOTENOUGH", Advice::RetryLater),
    ("REFUNDNOTEXIST", Advice::Never),
    ("BIZERR_NEED_RETRY", Advice::RetrySame),
];

/// The twenty numbers that merchants meet most.
const NUMBERS: &[(u64, Advice)] = &[
    (268_512_771, Advice::Never),
    (268_447_840, Advice::RetryLater),
    (268_435_461, Advice::Never),
    (268_449_538, Advice::Query),
    (268_498_689, Advice::Query),
    (270_924_358, Advice::Never),
    (268_443_715, Advice::Never),
    (268_447_843, Advice::Never),
    (268_443_705, Advice::Never),
    (268_447_914, Advice::Query),
    (268_443_704, Advice::Never),
    (268_448_010, Advice::Never),
    (268_449_641, Advice::Never),
    (268_447_845, Advice::Never),
    (268_443_699, Advice::Never),
    (268_501_013, Advice::Never),
    (268_443_701, Advice::Never),
    (268_498_688, Advice::Query),
    (268_445_527, Advice::Never),
    (268_435_464, Advice::Never),
];

const LOGIN: &[(i64, Advice)] = &[
    (-1, Advice::RetrySame),
    (40029, Advice::Never),
    (40163, Advice::Never),
    (45011, Advice::RetryLater),
    (40226, Advice::Never),
    (40013, Advice::Never),
    (40125, Advice::Never),
    (41002, Advice::Never),
    (41004, Advice::Never),
    (41008, Advice::Never),
];

fn is_word(guidance: &Guidance, word: &str) -> bool {
    matches!(guidance.code, Code::Word(known) if known.replace('_', "") == word.replace('_', ""))
}

#[test]
fn every_documented_code_of_v3_is_in_the_table() {
    for (status, word, expected) in V3 {
        assert!(is_word(explain(*status, word, 0), word), "{word}");
        assert_eq!(advice(*status, word, 0), *expected, "{status} {word}");
    }
}

#[test]
fn every_documented_code_of_v2_is_in_the_table() {
    for (word, expected) in V2 {
        assert!(is_word(explain(200, word, 0), word), "{word}");
        assert_eq!(advice(200, word, 0), *expected, "{word}");
    }
}

#[test]
fn the_twenty_numbers_are_in_the_table() {
    assert_eq!(NUMBERS.len(), 20);
    for (number, expected) in NUMBERS {
        let guidance = explain(400, "INVALID_REQUEST", *number);
        assert_eq!((guidance.code, guidance.advice), (Code::Number(*number), *expected));
    }
}

#[test]
fn every_code_of_code2session_is_in_the_table() {
    for (errcode, expected) in LOGIN {
        let guidance = explain_login(*errcode);
        assert_eq!((guidance.code, guidance.advice), (Code::Login(*errcode), *expected));
    }
    assert_eq!(explain_login(99_999).code, Code::Status("other"));
}

#[test]
fn every_word_is_known_without_its_underscores_too() {
    for guidance in table() {
        let Code::Word(word) = guidance.code else { continue };
        assert_eq!(explain(418, word, 0), guidance);
        assert_eq!(explain(418, &word.replace('_', ""), 0), guidance, "{word}");
    }
}

#[test]
fn no_code_is_in_the_table_twice() {
    let codes: Vec<String> = table().map(|guidance| format!("{:?}", guidance.code).replace('_', "")).collect();
    assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), codes.len());
}

#[test]
fn every_message_is_in_both_languages_and_names_the_fix() {
    let chinese = |text: &str| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
    for Guidance { code, zh_cn, en, .. } in table() {
        for text in [zh_cn.cause, zh_cn.fix] {
            assert!(chinese(text) && text.ends_with('。'), "{code:?}: {text}");
        }
        for text in [en.cause, en.fix] {
            assert!(text.is_ascii() && text.ends_with('.') && text.contains(' '), "{code:?}: {text}");
        }
        assert_ne!(zh_cn.cause, zh_cn.fix, "{code:?}");
        assert_ne!(en.cause, en.fix, "{code:?}");
    }
}

#[test]
fn whoever_is_told_to_repeat_a_refund_is_told_to_keep_its_number() {
    for word in ["NOT_ENOUGH", "BIZERR_NEED_RETRY", "ORDER_NOT_READY"] {
        let guidance = explain(403, word, 0);
        assert!(guidance.en.fix.contains("same out_refund_no"), "{word}");
        assert!(guidance.zh_cn.fix.contains("相同的 out_refund_no"), "{word}");
    }
}

#[test]
fn a_code_that_is_not_known_is_answered_by_the_status() {
    for (status, expected) in [
        (200, Advice::Never),
        (202, Advice::Query),
        (400, Advice::Never),
        (418, Advice::Never),
        (429, Advice::RetryLater),
        (500, Advice::RetrySame),
        (502, Advice::RetryLater),
        (503, Advice::RetryLater),
        (504, Advice::RetryLater),
        (599, Advice::RetrySame),
    ] {
        for word in ["", "<html>", "TOMORROW"] {
            assert_eq!(advice(status, word, 0), expected, "{status} {word}");
            assert_eq!(advice(status, word, 1), expected, "{status} {word}");
        }
    }
}

#[test]
fn an_order_already_paid_is_queried_whatever_the_word_says() {
    assert_eq!(advice(400, "INVALID_REQUEST", 268_449_538), Advice::Query);
}

#[test]
fn a_wrong_key_that_looks_like_a_system_error_is_not_retried() {
    assert_eq!(advice(500, "SYSTEM_ERROR", 268_443_699), Advice::Never);
}

#[test]
fn a_refund_of_a_payment_just_made_is_tried_again() {
    assert_eq!(refund_advice(404, "RESOURCE_NOT_EXISTS", 0), Advice::RetryLater);
    assert_eq!(refund_advice(404, "ORDER_NOT_EXIST", 0), Advice::Never);
    assert_eq!(refund_advice(403, "NOT_ENOUGH", 0), Advice::RetryLater);
}

#[test]
fn the_number_ends_the_request_id() {
    assert_eq!(numeric_code("08F78BB3AF0610D302189F9A0B20C9-268435461"), 268_435_461);
    for none in ["", "-", "08F7", "08F7-", "08F7-x"] {
        assert_eq!(numeric_code(none), 0, "{none:?}");
    }
}

proptest! {
    #[test]
    fn every_answer_has_an_explanation(status in any::<u16>(), word in "\\PC{0,40}", number in any::<u64>(), id in "\\PC{0,40}") {
        let _ = (explain(status, &word, number), numeric_code(&id));
    }
}
