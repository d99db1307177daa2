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
    /// The mini program.
    pub appid: String,
    /// The merchant that asked for it.
    pub mchid: String,
    /// For whom, in partner mode.
    pub sub_mchid: Option<String>,
    /// WeChat's number of the payment.
    pub transaction_id: String,
    /// The merchant's number of the order.
    pub out_trade_no: String,
    /// The payer.
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

/// Reads an uncompressed bill that passed [`crate::v3::types::BillAnswer::check`].
///
/// # Errors
/// When it is not whole and well-formed.
pub fn read_bill(uncompressed: &[u8]) -> Result<Vec<BillLine>, BillError> {
    let text = core::str::from_utf8(uncompressed).map_err(|_| BillError::NotUtf8)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = text.lines().enumerate();
    let headings: Vec<&str> = lines.next().map(|(_, line)| line.split(',').collect()).unwrap_or_default();
    let mut read = Vec::new();
    for (index, line) in lines.by_ref() {
        let Some(values) = line.strip_prefix('`') else { break };
        // A description may hold a comma, so the backtick is part of what separates.
        let values: Vec<&str> = values.split(",`").collect();
        if values.len() != headings.len() {
            return Err(BillError::Width(index + 1));
        }
        read.push(Row { number: index + 1, headings: &headings, values }.line()?);
    }
    // The loop took the summary's headings; its first value counts the lines.
    let count = lines.next().and_then(|(_, line)| line.strip_prefix('`')).and_then(|line| line.split(',').next());
    if count.and_then(|count| count.parse().ok()) != Some(read.len()) {
        return Err(BillError::Summary);
    }
    Ok(read)
}

struct Row<'a> {
    number: usize,
    headings: &'a [&'a str],
    values: Vec<&'a str>,
}

impl Row<'_> {
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
            appid: self.owned(Column::Appid)?,
            mchid: self.owned(Column::Mchid)?,
            sub_mchid: sub_mchid.filter(|mchid| !matches!(*mchid, "" | "0")).map(str::to_owned),
            transaction_id: self.owned(Column::TransactionId)?,
            out_trade_no: self.owned(Column::OutTradeNo)?,
            openid: Secret::new(self.owned(Column::Openid)?),
            currency: self.owned(Column::Currency)?,
            entry,
        })
    }

    fn value(&self, heading: &str) -> Option<&str> {
        let at = self.headings.iter().position(|candidate| *candidate == heading)?;
        self.values.get(at).copied()
    }

    fn text(&self, column: Column) -> Result<&str, BillError> {
        let value = self.value(column.heading()).ok_or(BillError::NoColumn(column))?;
        if value.is_empty() { Err(self.bad(column)) } else { Ok(value) }
    }

    fn owned(&self, column: Column) -> Result<String, BillError> {
        self.text(column).map(str::to_owned)
    }

    fn fen(&self, column: Column) -> Result<u32, BillError> {
        fen(self.text(column)?).ok_or_else(|| self.bad(column))
    }

    const fn bad(&self, column: Column) -> BillError {
        BillError::Line { line: self.number, column }
    }
}

/// `68.00` yuan are 6800 fen. No floating point number comes near it.
fn fen(yuan: &str) -> Option<u32> {
    let (whole, part) = yuan.split_once('.').unwrap_or((yuan, "00"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(part) || part.len() > 2 {
        return None;
    }
    let part: u32 = format!("{part:0<2}").parse().ok()?;
    whole.parse::<u32>().ok()?.checked_mul(100)?.checked_add(part)
}

#[cfg(test)]
mod tests {
    use super::fen;

    #[test]
    fn yuan_become_fen() {
        for (yuan, expected) in
            [("0.01", 1), ("68.00", 6800), ("68", 6800), ("68.5", 6850), ("0", 0), ("42949672.95", u32::MAX)]
        {
            assert_eq!(fen(yuan), Some(expected), "{yuan}");
        }
        for bad in
            ["", ".", "1.", ".5", "-1.00", "+1.00", "1.001", "1,000.00", "1e2", " 1", "42949672.96", "99999999999"]
        {
            assert_eq!(fen(bad), None, "{bad:?}");
        }
    }
}
