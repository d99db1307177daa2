//! `GET /v3/bill/tradebill`, and the file behind it. The bill speaks yuan, with a backtick before
//! every value; its digest is of the uncompressed file.

use std::io::Write as _;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;

use super::payee::check_sub_mchid;
use super::query::read_query;
use super::refusal::Refusal;
use super::{Answer, Asked, Done};
use crate::book::{Book, Order, Payee, Payment, Refund};
use crate::events::Kind;
use crate::text::text;
use crate::time;

const HOUR_MS: u64 = 60 * 60 * 1000;
const DAY_MS: u64 = 24 * HOUR_MS;
/// The next day's bill is ready from then on, Beijing's time.
const READY_AT_MS: u64 = 10 * HOUR_MS;
/// How long a download address is good for.
const ADDRESS_MS: u64 = 5 * 60 * 1000;

const HEADINGS: &str = "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注";
const SUMMARY: &str = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额";

/// Which bill.
struct Wanted {
    day: String,
    from_ms: u64,
    kind: BillKind,
    packing: Packing,
    sub_mchid: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum BillKind {
    All,
    Success,
    Refund,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Packing {
    Plain,
    Gzip,
}

pub(crate) fn trade_bill(asked: &Asked<'_>) -> Result<Done, Refusal> {
    let given = read_query(asked, &["bill_date", "bill_type", "tar_type", "sub_mchid"])?;
    let wanted = read(asked, &given)?;
    let file = write(asked, &wanted)?;
    let hash = hex::encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, file.as_bytes()));
    let until_ms = asked.now_ms + ADDRESS_MS;
    let token = token(asked, &asked.call.query, until_ms);
    let base = &asked.sandbox.identity.base_url;
    let url = format!("{base}/v3/billdownload/file?token={token}&until={until_ms}&{}", asked.call.query);
    let day = &wanted.day;
    let what = text(format!("the bill of {day} was asked for"), format!("申请了 {day} 的账单"));
    Ok(Done::json(json!({ "hash_type": "SHA1", "hash_value": hash, "download_url": url }), Kind::Bill, what))
}

/// `GET /v3/billdownload/file`: asked for with a signature, answered without one.
pub(crate) fn download(asked: &Asked<'_>) -> Result<Done, Refusal> {
    let given = read_query(asked, &["token", "until", "bill_date", "bill_type", "tar_type", "sub_mchid"])?;
    let value = |name: &str| given.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value);
    let rest = asked.call.query.splitn(3, '&').nth(2).unwrap_or_default();
    let until_ms: u64 = value("until").parse().unwrap_or_default();
    if value("token") != token(asked, rest, until_ms) {
        return Err(Refusal::no_such_resource(text(
            "this address was never given out, or was changed: use download_url as it is",
            "下载地址无效：请原样使用 download_url",
        )));
    }
    if asked.now_ms > until_ms {
        return Err(Refusal::no_such_resource(text(
            "the address is older than 5 minutes: ask for the bill again",
            "下载地址已超过 5 分钟：请重新申请账单",
        )));
    }
    let wanted = read(asked, &given)?;
    let file = write(asked, &wanted)?;
    let bytes = match wanted.packing {
        Packing::Plain => file.into_bytes(),
        Packing::Gzip => {
            gzip(file.as_bytes()).ok_or_else(|| Refusal::bill("STATEMENT_CREATING", text("try again", "请重试")))?
        }
    };
    let day = &wanted.day;
    let what = text(format!("the bill of {day} was downloaded"), format!("下载了 {day} 的账单"));
    Ok(Done { answer: Answer::File(bytes), kind: Kind::Bill, what })
}

/// Good for this merchant, these parameters, and a few minutes; nothing is remembered.
fn token(asked: &Asked<'_>, query: &str, until_ms: u64) -> String {
    let parts: [&[u8]; 4] = [b"bill", asked.merchant.mchid.as_bytes(), query.as_bytes(), &until_ms.to_be_bytes()];
    asked.sandbox.cup.fixed(&parts).letters(32)
}

fn read(asked: &Asked<'_>, given: &[(String, String)]) -> Result<Wanted, Refusal> {
    let value = |name: &str| given.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let day = value("bill_date").ok_or_else(|| Refusal::query("bill_date", text("is required", "必填")))?;
    let from_ms =
        time::parse_rfc3339(&format!("{day}T00:00:00+08:00")).filter(|_| day.len() == 10).ok_or_else(|| {
            let rule = text("must be a day, as 2026-01-31", "应为日期，如 2026-01-31");
            Refusal::query("bill_date", rule).with_value(&day.into())
        })?;
    let kind = match value("bill_type") {
        None | Some("ALL") => BillKind::All,
        Some("SUCCESS") => BillKind::Success,
        Some("REFUND") => BillKind::Refund,
        Some(other) => {
            let rule = text("must be ALL, SUCCESS or REFUND", "应为 ALL、SUCCESS 或 REFUND");
            return Err(Refusal::query("bill_type", rule).with_value(&other.into()));
        }
    };
    let packing = match value("tar_type") {
        None => Packing::Plain,
        Some("GZIP") => Packing::Gzip,
        Some(other) => {
            let rule = text("must be GZIP, or left out", "只能为 GZIP 或不传");
            return Err(Refusal::query("tar_type", rule).with_value(&other.into()));
        }
    };
    let sub_mchid = value("sub_mchid").map(str::to_owned);
    if let Some(sub_mchid) = &sub_mchid {
        check_sub_mchid(asked, sub_mchid)?;
    }
    if asked.now_ms < from_ms + DAY_MS {
        return Err(Refusal::bill(
            "NO_STATEMENT_EXIST",
            text("the day is not over: there is no bill of it", "当天尚未结束，没有账单"),
        ));
    }
    if asked.now_ms < from_ms + DAY_MS + READY_AT_MS {
        return Err(Refusal::bill(
            "STATEMENT_CREATING",
            text(
                "the bill is still being made: ask for it after 10:00 of the next day, Beijing's time",
                "账单生成中：请在次日 10 点（北京时间）后获取",
            ),
        ));
    }
    Ok(Wanted { day: day.to_owned(), from_ms, kind, packing, sub_mchid })
}

/// The whole file.
fn write(asked: &Asked<'_>, wanted: &Wanted) -> Result<String, Refusal> {
    let book = asked.sandbox.book();
    let mut lines = lines(&book, asked, wanted);
    if lines.is_empty() {
        return Err(Refusal::bill(
            "NO_STATEMENT_EXIST",
            text("nothing was traded on this day", "当天没有交易，没有账单"),
        ));
    }
    lines.sort_by_key(|line| line.at_ms);
    let sum = |of: fn(&Line) -> u64| yuan(lines.iter().map(of).sum());
    let summary = [
        lines.len().to_string(),
        sum(|line| line.paid),
        sum(|line| line.refunded),
        yuan(0),
        "0.00000".to_owned(),
        sum(|line| line.paid),
        sum(|line| line.refunded),
    ];
    let rows: String = lines.iter().map(|line| row(&line.values)).collect();
    Ok(format!("\u{feff}{HEADINGS}\r\n{rows}{SUMMARY}\r\n{}", row(&summary)))
}

struct Line {
    at_ms: u64,
    paid: u64,
    refunded: u64,
    values: Vec<String>,
}

fn lines(book: &Book, asked: &Asked<'_>, wanted: &Wanted) -> Vec<Line> {
    let day = wanted.from_ms..wanted.from_ms + DAY_MS;
    let mut lines = Vec::new();
    for order in book.orders().filter(|order| belongs(order, asked, wanted)) {
        let Some(payment) = order.payment() else { continue };
        if wanted.kind != BillKind::Refund && day.contains(&payment.at_ms) {
            lines.push(line(order, payment, None, asked.now_ms));
        }
        for refund in book.refunds_of(&order.form.payee.owner(), &payment.transaction_id) {
            if wanted.kind != BillKind::Success && day.contains(&refund.made_ms) {
                lines.push(line(order, payment, Some(refund), asked.now_ms));
            }
        }
    }
    lines
}

fn belongs(order: &Order, asked: &Asked<'_>, wanted: &Wanted) -> bool {
    let sub_mchid = match &order.form.payee {
        Payee::Direct { .. } => None,
        Payee::Partner(partner) => Some(&partner.sub_mchid),
    };
    order.form.payee.mchid() == asked.merchant.mchid
        && wanted.sub_mchid.as_ref().is_none_or(|wanted| sub_mchid == Some(wanted))
}

fn line(order: &Order, payment: &Payment, refund: Option<&Refund>, now_ms: u64) -> Line {
    let form = &order.form;
    let (appid, sub_mchid) = match &form.payee {
        Payee::Direct { .. } => (form.appid.clone(), "0".to_owned()),
        Payee::Partner(partner) => (partner.sp_appid.clone(), partner.sub_mchid.clone()),
    };
    let at_ms = refund.map_or(payment.at_ms, |refund| refund.made_ms);
    let refunded = refund.map_or(0, |refund| refund.amount);
    let paid = if refund.is_some() { 0 } else { form.total };
    let status = refund.map(|refund| match refund.status(now_ms) {
        "SUCCESS" => "SUCCESS",
        "PROCESSING" => "PROCESSING",
        _ => "FAIL",
    });
    let of_refund = |of: fn(&Refund) -> String, none: &str| refund.map_or_else(|| none.to_owned(), of);
    let values = vec![
        time::bill(at_ms),
        appid,
        form.payee.mchid().to_owned(),
        sub_mchid,
        String::new(),
        payment.transaction_id.clone(),
        form.out_trade_no.clone(),
        form.openid.clone(),
        "JSAPI".to_owned(),
        if refund.is_some() { "REFUND" } else { "SUCCESS" }.to_owned(),
        "OTHERS".to_owned(),
        "CNY".to_owned(),
        yuan(paid),
        yuan(0),
        of_refund(|refund| refund.refund_id.clone(), "0"),
        of_refund(|refund| refund.out_refund_no.clone(), "0"),
        yuan(refunded),
        yuan(0),
        of_refund(|_| "ORIGINAL".to_owned(), ""),
        status.unwrap_or_default().to_owned(),
        form.description.replace([',', '`', '\r', '\n'], " "),
        form.attach.clone().unwrap_or_default().replace([',', '`', '\r', '\n'], " "),
        "0.00000".to_owned(),
        "0.60%".to_owned(),
        yuan(paid),
        yuan(refunded),
        String::new(),
    ];
    Line { at_ms, paid, refunded, values }
}

fn row(values: &[String]) -> String {
    let quoted: Vec<_> = values.iter().map(|value| format!("`{value}")).collect();
    quoted.join(",") + "\r\n"
}

fn yuan(fen: u64) -> String {
    format!("{}.{:02}", fen / 100, fen % 100)
}

fn gzip(file: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(file).ok()?;
    encoder.finish().ok()
}
