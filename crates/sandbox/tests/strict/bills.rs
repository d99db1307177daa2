//! The bill of a day.

use std::io::Read as _;

use flate2::read::GzDecoder;
use reqwest::StatusCode;
use serde_json::json;
use wechatpay::v3::types::BillAnswer;
use wechatpay::v3::{BillEntry, read_bill};

use crate::merchant::{Merchant, Reply};

const DAY: &str = "2030-01-01";
/// Its beginning in Beijing.
const DAY_MS: u64 = 1_893_427_200_000;
const HOUR: u64 = 3600;

/// A merchant who lives on that day, at noon.
async fn at_noon() -> Merchant {
    let mut merchant = Merchant::start().await;
    merchant.control("clock", &json!({ "setMs": DAY_MS + 12 * HOUR * 1000, "frozen": true })).await;
    merchant.set_now(DAY_MS / 1000 + 12 * HOUR);
    merchant
}

async fn bill(merchant: &Merchant, more: &str) -> Reply {
    merchant.send(merchant.get(&format!("/v3/bill/tradebill?bill_date={DAY}{more}"))).await
}

/// The file behind an answer: asked for with a signature, answered without one.
async fn download(merchant: &Merchant, url: &str) -> Result<Vec<u8>, u16> {
    let target = url.trim_start_matches(&merchant.identity.base_url);
    let answer = merchant.send_unverified(merchant.get(target)).await.expect("an answer");
    match answer.status() {
        StatusCode::OK => {
            assert!(answer.headers().get("wechatpay-signature").is_none(), "the file is not signed");
            Ok(answer.bytes().await.expect("a body").to_vec())
        }
        status => Err(status.as_u16()),
    }
}

#[tokio::test]
async fn a_bill_has_every_payment_and_refund_of_its_day() {
    let mut merchant = at_noon().await;
    let transaction_id = merchant.pay_for("T-00000001").await;
    merchant.pay_for("T-00000002").await;
    merchant.prepay("T-00000003").await;
    assert_eq!(merchant.ask_refund("T-00000001", "R-1", 4200).await.status, StatusCode::OK);
    merchant.advance(24 * HOUR).await;
    merchant.pay_for("T-00000004").await;

    for (more, payments, refunds) in [("", 2, 1), ("&bill_type=SUCCESS", 2, 0), ("&bill_type=REFUND", 0, 1)] {
        let reply = bill(&merchant, &format!("{more}&tar_type=GZIP")).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.raw);
        let answer: BillAnswer = serde_json::from_value(reply.body).expect("an answer");
        let packed = download(&merchant, answer.download_url.expose()).await.expect("a file");
        let mut file = Vec::new();
        GzDecoder::new(packed.as_slice()).read_to_end(&mut file).expect("gzip");
        answer.check(&file).expect("the digest is of the uncompressed file");
        let lines = read_bill(&file).expect("a bill");
        let count = |is: fn(&BillEntry) -> bool| lines.iter().filter(|line| is(&line.entry)).count();
        assert_eq!(count(|entry| matches!(entry, BillEntry::Payment { total: 6800 })), payments);
        assert_eq!(count(|entry| matches!(entry, BillEntry::Refund { refund: 4200, .. })), refunds);
        assert!(lines.iter().any(|line| line.transaction_id == transaction_id), "{more}");
        assert!(lines.iter().all(|line| line.mchid == merchant.identity.mchid && line.currency == "CNY"));
    }
    let plain = bill(&merchant, "").await;
    let url = plain.body["download_url"].as_str().expect("an address").to_owned();
    let file = String::from_utf8(download(&merchant, &url).await.expect("a file")).expect("UTF-8");
    assert!(file.starts_with("\u{feff}交易时间,") && file.contains(",`68.00,"), "yuan, with a backtick: {file}");
}

#[tokio::test]
async fn a_bill_is_ready_at_ten_the_next_day() {
    let mut merchant = at_noon().await;
    merchant.pay_for("T-00000001").await;
    bill(&merchant, "").await.refused(400, "NO_STATEMENT_EXIST");
    merchant.advance(21 * HOUR + 3599).await;
    bill(&merchant, "").await.refused(400, "STATEMENT_CREATING");
    merchant.advance(1).await;
    assert_eq!(bill(&merchant, "").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_day_without_trades_has_no_bill() {
    let mut merchant = at_noon().await;
    merchant.advance(48 * HOUR).await;
    bill(&merchant, "").await.refused(400, "NO_STATEMENT_EXIST");
}

#[tokio::test]
async fn an_address_lives_minutes_and_belongs_to_its_merchant() {
    let mut merchant = at_noon().await;
    merchant.pay_for("T-00000001").await;
    merchant.advance(24 * HOUR).await;
    let url = bill(&merchant, "").await.body["download_url"].as_str().expect("an address").to_owned();
    assert!(download(&merchant, &url).await.is_ok());
    assert_eq!(download(&merchant, &url.replacen("token=", "token=x", 1)).await, Err(404));
    assert_eq!(download(&merchant.second(), &url).await, Err(404));
    let unsigned = merchant.http.get(&url).header("accept", "*/*").header("user-agent", "x").send().await;
    assert_eq!(unsigned.expect("an answer").status(), StatusCode::UNAUTHORIZED);
    merchant.advance(301).await;
    assert_eq!(download(&merchant, &url).await, Err(404));
}

#[tokio::test]
async fn what_a_bill_cannot_be_asked_for_with() {
    let merchant = at_noon().await;
    for more in ["&bill_type=SOME", "&tar_type=ZIP", "&x=1", "&bill_date=2030-01-02"] {
        let reply = bill(&merchant, more).await;
        assert_eq!(reply.refused(400, "PARAM_ERROR").body["detail"]["location"], "query", "{more}");
    }
    let old = merchant.send(merchant.get("/v3/bill/tradebill?bill_date=2029-09-01")).await;
    assert!(old.refused(400, "PARAM_ERROR").raw.contains("three months"), "{}", old.raw);
    for day in ["2030-13-01", "20300101", "2030-1-1", "today"] {
        let draft = merchant.get(&format!("/v3/bill/tradebill?bill_date={day}"));
        merchant.send(draft).await.refused(400, "PARAM_ERROR");
    }
}

async fn fund_flow(merchant: &Merchant, more: &str) -> Reply {
    merchant.send(merchant.get(&format!("/v3/bill/fundflowbill?bill_date={DAY}{more}"))).await
}

#[tokio::test]
async fn the_fund_flow_has_every_movement_of_its_day_and_what_is_left() {
    let mut merchant = at_noon().await;
    let transaction_id = merchant.pay_for("T-00000001").await;
    assert_eq!(merchant.ask_refund("T-00000001", "R-1", 4200).await.status, StatusCode::OK);
    merchant.advance(61).await;
    merchant.fault(json!({ "fault": "refund_closed", "count": 1 })).await;
    assert_eq!(merchant.ask_refund("T-00000001", "R-2", 100).await.status, StatusCode::OK);
    merchant.advance(24 * HOUR).await;
    merchant.pay_for("T-00000002").await;

    let reply = fund_flow(&merchant, "&account_type=BASIC&tar_type=GZIP").await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.raw);
    let answer: BillAnswer = serde_json::from_value(reply.body).expect("an answer");
    let packed = download(&merchant, answer.download_url.expose()).await.expect("a file");
    let mut file = Vec::new();
    GzDecoder::new(packed.as_slice()).read_to_end(&mut file).expect("gzip");
    answer.check(&file).expect("the digest is of the uncompressed file");
    let file = String::from_utf8(file).expect("UTF-8");
    let lines: Vec<Vec<&str>> =
        file.lines().map(|line| line.split(',').map(|value| value.trim_start_matches('`')).collect()).collect();
    assert!(file.starts_with("\u{feff}记账时间,微信支付业务单号,资金流水单号,"), "{file}");
    let told: Vec<_> = lines[1..5].iter().map(|line| (line[4], line[5], line[6], line[7], line[10])).collect();
    assert_eq!(
        told,
        [
            ("交易", "收入", "68.00", "68.00", "T-00000001"),
            ("退款", "支出", "42.00", "26.00", "R-1"),
            ("退款", "支出", "1.00", "25.00", "R-2"),
            ("退款关闭", "收入", "1.00", "26.00", "R-2"),
        ]
    );
    assert_eq!(lines[1][1], transaction_id);
    assert_eq!(lines[5][0], "资金流水总笔数");
    assert_eq!(lines[6], ["4", "2", "69.00", "2", "43.00"]);

    // The next day begins with what was left; a bill's address is no other bill's.
    merchant.advance(24 * HOUR).await;
    let next = merchant.send(merchant.get("/v3/bill/fundflowbill?bill_date=2030-01-02")).await;
    let url = next.body["download_url"].as_str().expect("an address").to_owned();
    let file = String::from_utf8(download(&merchant, &url).await.expect("a file")).expect("UTF-8");
    assert!(file.contains("`68.00,`94.00,"), "{file}");
    assert_eq!(download(&merchant, &url.replacen("fundflowbill", "tradebill", 1)).await, Err(404));
}

#[tokio::test]
async fn accounts_in_which_nothing_moves_have_no_fund_flow() {
    let mut merchant = at_noon().await;
    merchant.pay_for("T-00000001").await;
    fund_flow(&merchant, "").await.refused(400, "NO_STATEMENT_EXIST");
    merchant.advance(21 * HOUR).await;
    fund_flow(&merchant, "").await.refused(400, "STATEMENT_CREATING");
    merchant.advance(HOUR).await;
    assert_eq!(fund_flow(&merchant, "").await.status, StatusCode::OK);
    for account in ["OPERATION", "FEES"] {
        fund_flow(&merchant, &format!("&account_type={account}")).await.refused(400, "NO_STATEMENT_EXIST");
    }
    for more in ["&account_type=basic", "&bill_type=ALL", "&tar_type=ZIP"] {
        fund_flow(&merchant, more).await.refused(400, "PARAM_ERROR");
    }
    merchant
        .second()
        .send(merchant.second().get(&format!("/v3/bill/fundflowbill?bill_date={DAY}")))
        .await
        .refused(400, "NO_STATEMENT_EXIST");
}
