//! The trade bill: asked for, checked, read.

use proptest::prelude::*;
use wechatpay::v3::types::{BadBill, BillAnswer, BillRequest, BillType};
use wechatpay::v3::{BillEntry, BillError, Column, read_bill};

const HEADINGS: &str = "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注";
const PAID: &str = "`2026-01-01 10:00:00,`wx1,`1900000001,`0,`,`4200000001,`T-000001,`o-1,`JSAPI,`SUCCESS,`OTHERS,`CNY,`63.00,`5.00,`0,`0,`0.00,`0.00,`,`,`龙井, 50g,`,`0.41000,`0.60%,`68.00,`0.00,`";
const REFUNDED: &str = "`2026-01-01 11:00:00,`wx1,`1900000001,`0,`,`4200000001,`T-000001,`o-1,`JSAPI,`REFUND,`OTHERS,`CNY,`0.00,`0.00,`5000000001,`dup-4200000001,`13.00,`5.00,`ORIGINAL,`PROCESSING,`龙井, 50g,`,`-0.11000,`0.60%,`0.00,`18.00,`";
const SUMMARY: &str = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额";

fn bill(lines: &[&str]) -> String {
    let lines: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
    let count = lines.lines().count();
    let sum = |word: &str, column: usize| -> f64 {
        let of_kind = lines.lines().filter(|line| line.contains(&format!("`{word},")));
        of_kind.filter_map(|line| line.split(",`").nth(column)?.parse::<f64>().ok()).fold(0.0, |sum, yuan| sum + yuan)
    };
    let (paid, refunded) = (sum("SUCCESS", 24) + sum("REVOKED", 24), sum("REFUND", 25));
    format!(
        "\u{feff}{HEADINGS}\r\n{lines}{SUMMARY}\r\n`{count},`63.00,`13.00,`5.00,`0.30000,`{paid:.2},`{refunded:.2}\r\n"
    )
}

#[test]
fn a_bill_is_asked_for_by_its_day() {
    let request = BillRequest { bill_date: "2026-01-01".into(), bill_type: BillType::All, sub_mchid: None };
    assert_eq!(request.path(), "/v3/bill/tradebill?bill_date=2026-01-01&bill_type=ALL&tar_type=GZIP");
    let request = BillRequest { bill_type: BillType::Refund, sub_mchid: Some("1900000109".into()), ..request };
    assert_eq!(
        request.path(),
        "/v3/bill/tradebill?bill_date=2026-01-01&bill_type=REFUND&tar_type=GZIP&sub_mchid=1900000109"
    );
}

#[test]
fn the_file_is_held_to_the_digest_in_the_signed_answer() {
    let json = r#"{"download_url":"https://api.mch.weixin.qq.com/v3/billdownload/file?token=x","hash_type":"SHA1",
        "hash_value":"A9993E364706816ABA3E25717850C26C9CD0D89D","tomorrow":1}"#;
    let answer: BillAnswer = serde_json::from_str(json).expect("reads");
    assert!(!format!("{answer:?}").contains("token"), "whoever has the address has the bill");
    // printf abc | sha1sum
    assert_eq!(answer.check(b"abc"), Ok(()));
    assert_eq!(answer.check(b"abd"), Err(BadBill::WrongHash));
    let cut = BillAnswer { hash_value: "A9993E".into(), ..answer.clone() };
    assert_eq!(cut.check(b"abc"), Err(BadBill::WrongHash));
    let other = BillAnswer { hash_type: "SHA256".into(), ..answer };
    assert_eq!(other.check(b"abc"), Err(BadBill::UnknownHash));
}

#[test]
fn payments_and_refunds_are_read_in_fen() {
    let lines = read_bill(bill(&[PAID, REFUNDED]).as_bytes()).expect("reads");
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0].entry, BillEntry::Payment { total: 6800 }, "what was ordered, not what was paid after coupons");
    assert_eq!(lines[0].time, "2026-01-01T10:00:00+08:00");
    assert_eq!((lines[0].transaction_id.as_str(), lines[0].out_trade_no.as_str()), ("4200000001", "T-000001"));
    assert_eq!((lines[0].mchid.as_str(), &lines[0].sub_mchid), ("1900000001", &None));
    assert_eq!((lines[0].openid.expose().as_str(), lines[0].currency.as_str()), ("o-1", "CNY"));
    assert_eq!(
        lines[1].entry,
        BillEntry::Refund {
            refund_id: "5000000001".into(),
            out_refund_no: "dup-4200000001".into(),
            refund: 1800,
            status: "PROCESSING".into(),
        }
    );
    assert!(!format!("{lines:?}").contains("o-1"), "an openid is personal data");
}

#[test]
fn a_day_without_lines_and_a_partners_line_are_read() {
    assert_eq!(read_bill(bill(&[]).as_bytes()), Ok(vec![]));
    let partner = PAID.replace("`0,`,`42", "`1900000109,`,`42");
    let lines = read_bill(bill(&[&partner]).as_bytes()).expect("reads");
    assert_eq!(lines[0].sub_mchid.as_deref(), Some("1900000109"));
    let revoked = PAID.replace("`SUCCESS", "`REVOKED");
    let lines = read_bill(bill(&[&revoked]).as_bytes()).expect("reads");
    assert_eq!(lines[0].entry, BillEntry::Other("REVOKED".into()));
}

#[test]
fn half_a_bill_is_no_bill() {
    let whole = bill(&[PAID, REFUNDED]);
    let lines: Vec<&str> = whole.split_inclusive("\r\n").collect();
    for kept in 0..lines.len() {
        assert!(read_bill(lines[..kept].concat().as_bytes()).is_err(), "{kept} lines");
    }
    let dropped = [lines[0], lines[1], lines[3], lines[4]].concat();
    assert_eq!(read_bill(dropped.as_bytes()), Err(BillError::Summary));
}

#[test]
fn what_is_malformed_is_named() {
    let read = |text: &str| read_bill(text.as_bytes()).expect_err("malformed");
    let line = |column| BillError::Line { line: 2, column };
    assert_eq!(read(&bill(&[&PAID.replace("`68.00", "`68.001")])), line(Column::Total));
    assert_eq!(read(&bill(&[&PAID.replace("`2026-01-01 10:00:00", "`yesterday")])), line(Column::Time));
    assert_eq!(read(&bill(&[&PAID.replace("`T-000001", "`")])), line(Column::OutTradeNo));
    assert_eq!(read(&bill(&["`1,`2"])), BillError::Width(2));
    assert_eq!(read(&bill(&[PAID]).replace("用户标识", "用户")), BillError::NoColumn(Column::Openid));
    assert_eq!(read_bill(&[0x1f, 0x8b, 0x08, 0xff]), Err(BillError::NotUtf8));
}

#[test]
fn m12_a_summary_that_does_not_add_up_is_refused() {
    let whole = bill(&[PAID, REFUNDED]);
    for (from, to) in [
        ("`68.00,`18.00\r", "`68.01,`18.00\r"),
        ("`68.00,`18.00\r", "`68.00,`17.99\r"),
        ("`68.00,`18.00\r", "`68.00,`-\r"),
    ] {
        assert!(whole.contains(from));
        assert_eq!(read_bill(whole.replace(from, to).as_bytes()), Err(BillError::Totals), "{to}");
    }
    assert_eq!(read_bill(whole.replace("订单总金额,申请", "总额,申请").as_bytes()), Err(BillError::Totals));
    assert_eq!(read_bill(format!("{whole}`1,`2").as_bytes()), Err(BillError::Summary), "something follows it");
}

#[test]
fn m12_lines_of_other_ways_to_pay_do_not_make_a_bill_unreadable() {
    let app = PAID.replace("`o-1", "`").replace("`wx1", "`").replace("`JSAPI", "`MWEB");
    let more = bill(&[&app, PAID]).replace("费率备注", "费率备注,新列").replace("0.00,`\r", "0.00,`,`\r");
    let lines = read_bill(more.as_bytes()).expect("reads, a new column too");
    assert_eq!((lines[0].openid.expose().as_str(), lines[0].appid.as_str()), ("", ""));
    assert_eq!(lines[1].openid.expose(), "o-1");
}

#[test]
fn m12_yuan_that_are_none_are_named_with_their_line() {
    for bad in ["-", "1e3", "0.1.2", "", "-68.00", "68.001", "99999999.00"] {
        let read = read_bill(bill(&[PAID, &PAID.replace("`68.00", &format!("`{bad}"))]).as_bytes());
        assert_eq!(read, Err(BillError::Line { line: 3, column: Column::Total }), "{bad:?}");
    }
    for (yuan, fen) in [("0.07", 7), ("1234567.89", 123_456_789), ("42949672.95", u32::MAX)] {
        let lines = read_bill(bill(&[&PAID.replace("`68.00", &format!("`{yuan}"))]).as_bytes()).expect("reads");
        assert_eq!(lines[0].entry, BillEntry::Payment { total: fen }, "{yuan}");
    }
}

proptest! {
    #[test]
    fn nothing_received_makes_the_reader_panic(bytes in any::<Vec<u8>>(), text in "([`,.0-9\r\n]|SUCCESS|订单金额){0,60}", at in any::<prop::sample::Index>()) {
        let _ = read_bill(&bytes);
        let _ = read_bill(text.as_bytes());
        let mut whole = bill(&[PAID, REFUNDED]);
        let at = (0..=at.index(whole.len())).rev().find(|at| whole.is_char_boundary(*at)).unwrap_or(0);
        whole.insert_str(at, &text);
        let _ = read_bill(whole.as_bytes());
    }
}
