//! A day's bills, and the files behind them. Bills speak yuan, with a backtick before every value; the digest
//! is of the uncompressed file.

mod fund_flow;
mod trade;

use std::io::Write as _;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;

use super::query::read_query;
use super::refusal::{OUT_OF_RANGE, Refusal};
use super::{Answer, Asked, Done};
use crate::events::Kind;
use crate::text::text;
use crate::time;
use fund_flow::FundFlow;
use trade::Trades;

const HOUR_MS: u64 = 60 * 60 * 1000;
const DAY_MS: u64 = 24 * HOUR_MS;
/// The next day's bill is ready from then on, Beijing's time.
const READY_AT_MS: u64 = 10 * HOUR_MS;
/// How long a download address is good for.
const ADDRESS_MS: u64 = 5 * 60 * 1000;
/// A bill is there for three months.
const KEPT_MS: u64 = 92 * DAY_MS;

/// Which of the two, as the path of its question names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Name {
    Trade,
    FundFlow,
}

impl Name {
    const fn word(self) -> &'static str {
        match self {
            Self::Trade => "tradebill",
            Self::FundFlow => "fundflowbill",
        }
    }

    /// What it can be asked for with.
    const fn parameters(self) -> &'static [&'static str] {
        match self {
            Self::Trade => &["bill_date", "bill_type", "tar_type", "sub_mchid"],
            Self::FundFlow => &["bill_date", "account_type", "tar_type"],
        }
    }
}

/// What is asked for.
struct Wanted {
    day: Day,
    packing: Packing,
    bill: Bill,
}

/// In Beijing.
struct Day {
    name: String,
    from_ms: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Packing {
    Plain,
    Gzip,
}

enum Bill {
    Trades(Trades),
    FundFlow(FundFlow),
}

/// `GET /v3/bill/tradebill`
pub(crate) fn trade_bill(asked: &Asked<'_>) -> Result<Done, Refusal> {
    ask(asked, Name::Trade)
}

/// `GET /v3/bill/fundflowbill`
pub(crate) fn fund_flow_bill(asked: &Asked<'_>) -> Result<Done, Refusal> {
    ask(asked, Name::FundFlow)
}

fn ask(asked: &Asked<'_>, name: Name) -> Result<Done, Refusal> {
    let given = read_query(asked, name.parameters())?;
    let wanted = read(asked, name, &given)?;
    let file = wanted.write(asked)?;
    let hash = hex::encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, file.as_bytes()));
    let until_ms = asked.now_ms + ADDRESS_MS;
    let (base, query) = (asked.call.base_url(&asked.sandbox.identity.base_url), &asked.call.query);
    let token = token(asked, name, query, until_ms);
    let word = name.word();
    let url = format!("{base}/v3/billdownload/file?token={token}&until={until_ms}&bill={word}&{query}");
    let day = &wanted.day.name;
    let what = text(format!("the {word} of {day} was asked for"), format!("申请了 {day} 的账单（{word}）"));
    Ok(Done::json(json!({ "hash_type": "SHA1", "hash_value": hash, "download_url": url }), Kind::Bill, what))
}

/// `GET /v3/billdownload/file`: asked for with a signature, answered without one.
pub(crate) fn download(asked: &Asked<'_>) -> Result<Done, Refusal> {
    let all = ["token", "until", "bill", "bill_date", "bill_type", "account_type", "tar_type", "sub_mchid"];
    let given = read_query(asked, &all)?;
    let value = |name: &str| given.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value);
    let name = if value("bill") == Name::FundFlow.word() { Name::FundFlow } else { Name::Trade };
    let rest = asked.call.query.splitn(4, '&').nth(3).unwrap_or_default();
    let until_ms: u64 = value("until").parse().unwrap_or_default();
    if value("token") != token(asked, name, rest, until_ms) {
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
    let wanted = read(asked, name, &given)?;
    let file = wanted.write(asked)?;
    let bytes = match wanted.packing {
        Packing::Plain => file.into_bytes(),
        Packing::Gzip => {
            gzip(file.as_bytes()).ok_or_else(|| Refusal::bill("STATEMENT_CREATING", text("try again", "请重试")))?
        }
    };
    let (day, word) = (&wanted.day.name, name.word());
    let what = text(format!("the {word} of {day} was downloaded"), format!("下载了 {day} 的账单（{word}）"));
    Ok(Done { answer: Answer::File(bytes), kind: Kind::Bill, what })
}

/// Good for this merchant, this bill, these parameters, and a few minutes; nothing is remembered.
fn token(asked: &Asked<'_>, name: Name, query: &str, until_ms: u64) -> String {
    let until = until_ms.to_be_bytes();
    let parts: [&[u8]; 5] =
        [b"bill", asked.merchant.mchid.as_bytes(), name.word().as_bytes(), query.as_bytes(), &until];
    asked.sandbox.cup.fixed(&parts).letters(32)
}

fn read(asked: &Asked<'_>, name: Name, given: &[(String, String)]) -> Result<Wanted, Refusal> {
    let value = |name: &str| given.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let day = value("bill_date").ok_or_else(|| Refusal::query("bill_date", text("is required", "必填")))?;
    let from_ms =
        time::parse_rfc3339(&format!("{day}T00:00:00+08:00")).filter(|_| day.len() == 10).ok_or_else(|| {
            let rule = text("must be a day, as 2026-01-31", "应为日期，如 2026-01-31");
            Refusal::query("bill_date", rule).with_value(day)
        })?;
    let bill = match name {
        Name::Trade => Bill::Trades(Trades::read(asked, value("bill_type"), value("sub_mchid"))?),
        Name::FundFlow => Bill::FundFlow(FundFlow::read(value("account_type"))?),
    };
    let packing = match value("tar_type") {
        None => Packing::Plain,
        Some("GZIP") => Packing::Gzip,
        Some(other) => {
            let rule = text("must be GZIP, or left out", "只能为 GZIP 或不传");
            return Err(Refusal::query("tar_type", rule).with_value(other));
        }
    };
    if asked.now_ms.saturating_sub(from_ms) > KEPT_MS {
        let rule = text("is more than three months ago: bills are kept no longer", "超过三个月：仅支持三个月内的账单");
        return Err(Refusal::query("bill_date", rule).with_value(day).with_numeric(OUT_OF_RANGE));
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
    Ok(Wanted { day: Day { name: day.to_owned(), from_ms }, packing, bill })
}

impl Wanted {
    /// The whole file.
    fn write(&self, asked: &Asked<'_>) -> Result<String, Refusal> {
        let file = match &self.bill {
            Bill::Trades(trades) => trades.write(asked, &self.day),
            Bill::FundFlow(flow) => flow.write(asked, &self.day),
        };
        file.ok_or_else(|| {
            let rule =
                text("nothing happened on this day that this bill has", "当天没有该账单所含的交易或资金变动，没有账单");
            Refusal::bill("NO_STATEMENT_EXIST", rule)
        })
    }
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
