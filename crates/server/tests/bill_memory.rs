//! A bill of a hundred thousand lines, in a process of its own: what it takes is measured, and must not
//! be the room that its text would need.

use std::io::Write as _;

use aws_lc_rs::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY};
use flate2::Compression;
use flate2::write::GzEncoder;
use wechatpay::Secret;
use wechatpay::v3::types::BillAnswer;
use wx_checkout_server::bills::File;

const LINES: u64 = 100_000;
const HEADINGS: &str = "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注";
const SUMMARY: &str = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额";

/// The file, compressed, and what a signed answer says of it; and how long its text is.
fn bill() -> (Vec<u8>, BillAnswer, usize) {
    let mut digest = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let mut length = 0;
    let mut write = |text: &str| {
        digest.update(text.as_bytes());
        length += text.len();
        encoder.write_all(text.as_bytes()).expect("in memory");
    };
    write(&format!("\u{feff}{HEADINGS}\r\n"));
    for at in 0..LINES {
        write(&format!(
            "`2026-01-01 10:00:00,`wx0123456789abcdef,`1900000001,`0,`,`42000000000000000000{at:08},`{at:032x},\
             `oUpF8uMuAJO_M2pxb1Q9zNjWeS6o,`JSAPI,`SUCCESS,`OTHERS,`CNY,`68.00,`0.00,`0,`0,`0.00,`0.00,`,`,\
             `西湖龙井 50g 明前特级 礼盒装,`,`0.41000,`0.60%,`68.00,`0.00,`\r\n"
        ));
    }
    write(&format!("{SUMMARY}\r\n`{LINES},`6800000.00,`0.00,`0.00,`41000.00,`6800000.00,`0.00\r\n"));
    let packed = encoder.finish().expect("in memory");
    let hash_value = hex::encode(digest.finish().as_ref());
    let download_url = Secret::new(String::new());
    (packed, BillAnswer { hash_type: "SHA1".to_owned(), hash_value, download_url }, length)
}

/// The most memory that this process has had so far, in bytes.
#[cfg(target_os = "linux")]
fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux has it");
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("a line");
    let kilobytes: usize = line.split_whitespace().nth(1).expect("a number").parse().expect("a number");
    kilobytes * 1024
}

#[test]
fn m12_a_bill_of_a_hundred_thousand_lines_is_read_in_the_room_of_a_few() {
    let (packed, answer, text_bytes) = bill();
    #[cfg(target_os = "linux")]
    let before = peak();
    let file = File::check(packed, &answer).expect("a bill");
    assert_eq!((file.sums().lines, file.sums().total), (LINES, LINES * 6800));
    let mut lines = file.lines_from(10);
    let mut count = 10;
    loop {
        let batch = lines.take(100).expect("checked");
        if batch.is_empty() {
            break;
        }
        count += batch.len() as u64;
    }
    assert_eq!(count, LINES);
    #[cfg(target_os = "linux")]
    {
        let taken = peak() - before;
        assert!(text_bytes > 25 << 20 && taken < text_bytes / 3, "{taken} bytes for a bill of {text_bytes}");
    }
    let _ = text_bytes;
}
