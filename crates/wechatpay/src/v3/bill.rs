//! The lines of a trade bill. The bill speaks yuan, with a backtick before every value so that no
//! spreadsheet rounds it; everything else here speaks fen.

use core::fmt;

use crate::Secret;
use crate::beijing::to_rfc3339;

/// A line of the bill of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillLine {
    /// When it happened, RFC 3339 in Beijing's time.
    pub time: String,
    /// The mini program; empty where there was none: not every way to pay has one.
    pub appid: String,
    /// The merchant that asked for it.
    pub mchid: String,
    /// For whom, in partner mode.
    pub sub_mchid: Option<String>,
    /// WeChat's number of the payment.
    pub transaction_id: String,
    /// The merchant's number of the order.
    pub out_trade_no: String,
    /// The payer; may be empty, too.
    pub openid: Secret<String>,
    /// `CNY`.
    pub currency: String,
    /// What happened.
    pub entry: BillEntry,
}

/// What a line tells of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BillEntry {
    /// Money was taken.
    Payment {
        /// What was ordered, in fen.
        total: u32,
    },
    /// A refund was asked for.
    Refund {
        /// WeChat's number of the refund.
        refund_id: String,
        /// The merchant's number of the refund.
        out_refund_no: String,
        /// What was asked for, in fen.
        refund: u32,
        /// `SUCCESS`, `PROCESSING` or `FAIL`.
        status: String,
    },
    /// Another state (`REVOKED` belongs to micropay).
    Other(String),
}

/// Why a bill is not read. Nothing of it may be compared with the books then: half a bill would show
/// payments as missing that are in the other half.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BillError {
    /// Another encoding, or still compressed.
    #[error("the bill is not UTF-8: uncompress it first")]
    NotUtf8,
    /// A column that every bill has.
    #[error("the bill has no column {0}")]
    NoColumn(Column),
    /// A value that is missing or malformed.
    #[error("line {line} of the bill: {column} is missing or malformed")]
    Line {
        /// Counted from 1; the first has the columns' names.
        line: usize,
        /// Which value.
        column: Column,
    },
    /// A line with more or fewer values than columns.
    #[error("line {0} of the bill has another number of values than there are columns")]
    Width(usize),
    /// No summary, or one that counts other lines.
    #[error("the bill's summary does not count the lines that were read: the file is cut off")]
    Summary,
    /// The summary's amounts are not the sums of the lines'.
    #[error("the bill's summary states other amounts than its lines add up to")]
    Totals,
}

/// A column that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Column {
    /// When.
    Time,
    /// The mini program.
    Appid,
    /// The merchant.
    Mchid,
    /// WeChat's number of the payment.
    TransactionId,
    /// The merchant's number of the order.
    OutTradeNo,
    /// The payer.
    Openid,
    /// What happened.
    TradeState,
    /// The currency.
    Currency,
    /// What was ordered.
    Total,
    /// WeChat's number of the refund.
    RefundId,
    /// The merchant's number of the refund.
    OutRefundNo,
    /// What was asked to go back.
    Refund,
    /// What became of that.
    RefundStatus,
}

impl Column {
    const fn heading(self) -> &'static str {
        match self {
            Self::Time => "交易时间",
            Self::Appid => "公众账号ID",
            Self::Mchid => "商户号",
            Self::TransactionId => "微信订单号",
            Self::OutTradeNo => "商户订单号",
            Self::Openid => "用户标识",
            Self::TradeState => "交易状态",
            Self::Currency => "货币种类",
            Self::Total => "订单金额",
            Self::RefundId => "微信退款单号",
            Self::OutRefundNo => "商户退款单号",
            Self::Refund => "申请退款金额",
            Self::RefundStatus => "退款状态",
        }
    }
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.heading())
    }
}

/// The sub-merchant's column has had two names; a merchant by itself finds a 0 there.
const SUB_MERCHANT: [&str; 2] = ["特约商户号", "子商户号"];

/// What the summary counts.
const COUNT: &str = "总交易单数";
/// What it adds up: of [`Column::Total`] and of [`Column::Refund`].
const TOTAL: &str = "订单总金额";
const REFUND_TOTAL: &str = "申请退款总金额";

/// Reads an uncompressed bill that passed [`crate::v3::types::BillAnswer::check`], all at once.
///
/// # Errors
/// When it is not whole and well-formed.
pub fn read_bill(uncompressed: &[u8]) -> Result<Vec<BillLine>, BillError> {
    let mut reader = BillReader::new();
    let mut read = Vec::new();
    for line in uncompressed.split(|byte| *byte == b'\n') {
        read.extend(reader.line(line)?);
    }
    reader.end()?;
    Ok(read)
}

/// Reads a bill line by line, so that nobody needs room for all of it. Nothing counts before
/// [`BillReader::end`] has said that the bill is whole.
#[derive(Debug, Default)]
pub struct BillReader {
    part: Part,
    number: usize,
    sums: BillSums,
}

/// What a whole bill comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BillSums {
    /// How many lines it has, of whatever kind.
    pub lines: u64,
    /// What was ordered, in fen.
    pub total: u64,
    /// What was asked to go back, in fen.
    pub refund: u64,
}

/// Where in the file the next line stands.
#[derive(Debug, Default)]
enum Part {
    #[default]
    Headings,
    Lines(Vec<String>),
    Summary(Vec<String>),
    /// Behind the summary, which was right.
    Behind,
}

impl BillReader {
    /// Before the first line.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The next line of the file, with or without what ends it; answers what it tells of, if anything.
    ///
    /// # Errors
    /// When the bill is not whole and well-formed.
    pub fn line(&mut self, line: &[u8]) -> Result<Option<BillLine>, BillError> {
        self.number += 1;
        let line = core::str::from_utf8(line).map_err(|_| BillError::NotUtf8)?;
        let line = line.trim_end_matches(['\r', '\n']);
        match &self.part {
            Part::Headings => {
                let line = line.strip_prefix('\u{feff}').unwrap_or(line);
                self.part = Part::Lines(headings(line));
                Ok(None)
            }
            Part::Lines(columns) => match line.strip_prefix('`') {
                Some(values) => {
                    let row = Row::new(self.number, columns, values)?;
                    let (total, refund) = (row.fen(Column::Total)?, row.fen(Column::Refund)?);
                    let line = row.line()?;
                    self.sums.lines += 1;
                    self.sums.total += u64::from(total);
                    self.sums.refund += u64::from(refund);
                    Ok(Some(line))
                }
                None => {
                    self.part = Part::Summary(headings(line));
                    Ok(None)
                }
            },
            Part::Summary(columns) => {
                let values = line.strip_prefix('`').ok_or(BillError::Summary)?;
                let values: Vec<&str> = values.split(",`").collect();
                self.check(columns, &values)?;
                self.part = Part::Behind;
                Ok(None)
            }
            Part::Behind if line.is_empty() => Ok(None),
            Part::Behind => Err(BillError::Summary),
        }
    }

    /// After the last line.
    ///
    /// # Errors
    /// When there was no summary: the file is cut off.
    pub fn end(self) -> Result<BillSums, BillError> {
        match self.part {
            Part::Behind => Ok(self.sums),
            Part::Headings | Part::Lines(_) | Part::Summary(_) => Err(BillError::Summary),
        }
    }

    fn check(&self, columns: &[String], values: &[&str]) -> Result<(), BillError> {
        let value = |heading: &str| {
            let at = columns.iter().position(|column| column == heading)?;
            values.get(at).copied()
        };
        if value(COUNT).and_then(|count| count.parse().ok()) != Some(self.sums.lines) {
            return Err(BillError::Summary);
        }
        let sum = |heading| value(heading).and_then(fen);
        if (sum(TOTAL), sum(REFUND_TOTAL)) == (Some(self.sums.total), Some(self.sums.refund)) {
            Ok(())
        } else {
            Err(BillError::Totals)
        }
    }
}

fn headings(line: &str) -> Vec<String> {
    line.split(',').map(str::to_owned).collect()
}

struct Row<'a> {
    number: usize,
    headings: &'a [String],
    values: Vec<&'a str>,
}

impl<'a> Row<'a> {
    fn new(number: usize, headings: &'a [String], values: &'a str) -> Result<Self, BillError> {
        // A description may hold a comma, so the backtick is part of what separates.
        let values: Vec<&str> = values.split(",`").collect();
        if values.len() == headings.len() {
            Ok(Self { number, headings, values })
        } else {
            Err(BillError::Width(number))
        }
    }

    fn line(&self) -> Result<BillLine, BillError> {
        let entry = match self.text(Column::TradeState)? {
            "SUCCESS" => BillEntry::Payment { total: self.fen(Column::Total)? },
            "REFUND" => BillEntry::Refund {
                refund_id: self.owned(Column::RefundId)?,
                out_refund_no: self.owned(Column::OutRefundNo)?,
                refund: self.fen(Column::Refund)?,
                status: self.owned(Column::RefundStatus)?,
            },
            word => BillEntry::Other(word.to_owned()),
        };
        let sub_mchid = SUB_MERCHANT.iter().find_map(|heading| self.value(heading));
        Ok(BillLine {
            time: to_rfc3339(self.text(Column::Time)?).ok_or_else(|| self.bad(Column::Time))?,
            appid: self.maybe(Column::Appid)?.to_owned(),
            mchid: self.owned(Column::Mchid)?,
            sub_mchid: sub_mchid.filter(|mchid| !matches!(*mchid, "" | "0")).map(str::to_owned),
            transaction_id: self.owned(Column::TransactionId)?,
            out_trade_no: self.owned(Column::OutTradeNo)?,
            openid: Secret::new(self.maybe(Column::Openid)?.to_owned()),
            currency: self.owned(Column::Currency)?,
            entry,
        })
    }

    fn value(&self, heading: &str) -> Option<&str> {
        let at = self.headings.iter().position(|candidate| candidate == heading)?;
        self.values.get(at).copied()
    }

    /// May be empty.
    fn maybe(&self, column: Column) -> Result<&str, BillError> {
        self.value(column.heading()).ok_or(BillError::NoColumn(column))
    }

    fn text(&self, column: Column) -> Result<&str, BillError> {
        let value = self.maybe(column)?;
        if value.is_empty() { Err(self.bad(column)) } else { Ok(value) }
    }

    fn owned(&self, column: Column) -> Result<String, BillError> {
        self.text(column).map(str::to_owned)
    }

    fn fen(&self, column: Column) -> Result<u32, BillError> {
        let fen = fen(self.text(column)?).and_then(|fen| u32::try_from(fen).ok());
        fen.ok_or_else(|| self.bad(column))
    }

    const fn bad(&self, column: Column) -> BillError {
        BillError::Line { line: self.number, column }
    }
}

/// `68.00` yuan are 6800 fen. No floating point number comes near it.
fn fen(yuan: &str) -> Option<u64> {
    let (whole, part) = yuan.split_once('.').unwrap_or((yuan, "00"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(part) || part.len() > 2 {
        return None;
    }
    let part: u64 = format!("{part:0<2}").parse().ok()?;
    whole.parse::<u64>().ok()?.checked_mul(100)?.checked_add(part)
}

#[cfg(test)]
mod tests {
    use super::fen;

    #[test]
    fn m12_yuan_become_fen_exactly() {
        for (yuan, expected) in [
            ("0.01", 1),
            ("0.07", 7),
            ("0.10", 10),
            ("68.00", 6800),
            ("68", 6800),
            ("68.5", 6850),
            ("0", 0),
            ("00.00", 0),
            ("1234567.89", 123_456_789),
            // Where a floating point number would be off by one.
            ("1.15", 115),
            ("4.35", 435),
            ("90071992547409.93", 9_007_199_254_740_993),
        ] {
            assert_eq!(fen(yuan), Some(expected), "{yuan}");
        }
        for bad in [
            "",
            "-",
            ".",
            "1.",
            ".5",
            "-1.00",
            "+1.00",
            "1.001",
            "0.1.2",
            "1,000.00",
            "1e2",
            "1e3",
            "0x10",
            " 1",
            "1 ",
            "１.００",
            "NaN",
            "99999999999999999999",
        ] {
            assert_eq!(fen(bad), None, "{bad:?}");
        }
    }
}
