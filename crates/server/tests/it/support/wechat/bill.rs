//! The trade bill of a day: the lines that a test puts into it, and what may be wrong with the file.

use std::io::Write as _;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;

use super::{Said, Wechat};
use crate::support::SUB_MCHID;

const HEADINGS: &str = "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注";
const SUMMARY: &str = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额";

/// A line. What is not in it is the same in all.
#[derive(Clone, Debug)]
pub struct Line {
    /// Beijing's, as `2026-01-31 12:00:00`.
    pub time: String,
    pub appid: String,
    pub mchid: String,
    pub sub_mchid: String,
    pub transaction_id: String,
    pub number: String,
    pub openid: String,
    pub state: &'static str,
    pub total: u64,
    pub out_refund_no: String,
    pub refund: u64,
    pub refund_status: &'static str,
}

/// What is wrong with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spoilt {
    No,
    /// STATEMENT_CREATING.
    Creating,
    /// Another file than the announced one.
    OtherBytes,
    /// The gzip is cut off.
    CutGzip,
    /// Not compressed at all.
    NotGzip,
    /// A whole gzip, rightly announced, of a file that is cut off.
    CutLines,
    /// A column has another name.
    OtherColumn,
    /// The summary states another amount.
    WrongTotal,
    /// An amount that is none.
    BadYuan,
}

/// The file of a day.
#[derive(Clone, Debug)]
pub struct Bill {
    pub lines: Vec<Line>,
    pub spoilt: Spoilt,
}

fn yuan(fen: u64) -> String {
    format!("{}.{:02}", fen / 100, fen % 100)
}

impl Line {
    fn row(&self) -> String {
        let refunds = self.state == "REFUND";
        let or_zero = |text: &str| if refunds { text.to_owned() } else { "0".to_owned() };
        let values = [
            self.time.clone(),
            self.appid.clone(),
            self.mchid.clone(),
            self.sub_mchid.clone(),
            String::new(),
            self.transaction_id.clone(),
            self.number.clone(),
            self.openid.clone(),
            "JSAPI".to_owned(),
            self.state.to_owned(),
            "OTHERS".to_owned(),
            "CNY".to_owned(),
            yuan(self.total),
            yuan(0),
            or_zero("5030"),
            or_zero(&self.out_refund_no),
            yuan(self.refund),
            yuan(0),
            if refunds { "ORIGINAL" } else { "" }.to_owned(),
            self.refund_status.to_owned(),
            "龙井, 50g".to_owned(),
            String::new(),
            "0.41000".to_owned(),
            "0.60%".to_owned(),
            yuan(self.total),
            yuan(self.refund),
            String::new(),
        ];
        let quoted: Vec<String> = values.iter().map(|value| format!("`{value}")).collect();
        quoted.join(",") + "\r\n"
    }
}

impl Bill {
    fn text(&self) -> String {
        let rows: String = self.lines.iter().map(Line::row).collect();
        let sum = |of: fn(&Line) -> u64| self.lines.iter().map(of).sum::<u64>();
        let (count, total, refund) = (self.lines.len(), sum(|line| line.total), sum(|line| line.refund));
        let stated = if self.spoilt == Spoilt::WrongTotal { total + 1 } else { total };
        let (total, refund, stated) = (yuan(total), yuan(refund), yuan(stated));
        let summary = format!("{SUMMARY}\r\n`{count},`{total},`{refund},`0.00,`0.41000,`{stated},`{refund}\r\n");
        let whole = format!("\u{feff}{HEADINGS}\r\n{rows}{summary}");
        match self.spoilt {
            Spoilt::CutLines => whole.split_inclusive('\n').take(2).collect(),
            Spoilt::OtherColumn => whole.replacen("商户订单号", "订单号", 1),
            Spoilt::BadYuan => whole.replacen("`0.60%,`68.00", "`0.60%,`6.8e1", 1),
            _ => whole,
        }
    }
}

impl Wechat {
    /// Puts a day's bill there.
    pub fn bill(&self, day: &str, lines: Vec<Line>) {
        self.spoilt_bill(day, lines, Spoilt::No);
    }

    pub fn spoilt_bill(&self, day: &str, lines: Vec<Line>, spoilt: Spoilt) {
        self.bills.lock().expect("lock").insert(day.to_owned(), Bill { lines, spoilt });
    }

    /// The line of an order's payment, at the time that WeChat states for it.
    pub fn paid_line(&self, number: &str) -> Line {
        let time = self.transaction(number)["success_time"].as_str().expect("paid").replace('T', " ");
        let trade = self.trades.lock().expect("lock")[number].clone();
        Line {
            time: time.trim_end_matches("+08:00").to_owned(),
            appid: trade.appid.clone(),
            mchid: trade.mchid.clone(),
            sub_mchid: trade.sub_mchid.clone().unwrap_or_else(|| "0".to_owned()),
            transaction_id: trade.transaction_id(number),
            number: number.to_owned(),
            openid: trade.openid.clone(),
            state: "SUCCESS",
            total: trade.total,
            out_refund_no: String::new(),
            refund: 0,
            refund_status: "",
        }
    }

    /// The line of a refund, at the time of its payment.
    pub fn refund_line(&self, out_refund_no: &str, refund_status: &'static str) -> Line {
        let refund = self.refunds.lock().expect("lock")[out_refund_no].clone();
        let (out_refund_no, state) = (out_refund_no.to_owned(), "REFUND");
        let paid = self.paid_line(&refund.out_trade_no);
        Line { state, total: 0, refund: refund.amount, out_refund_no, refund_status, ..paid }
    }

    pub(super) fn tell_bill(&self, query: Option<&str>) -> Said {
        let query = query.unwrap_or_default();
        let value = |name: &str| {
            let parts = query.split('&').filter_map(|part| part.split_once('='));
            parts.into_iter().find(|(known, _)| *known == name).map(|(_, value)| value.to_owned())
        };
        let (Some(day), Some("ALL"), Some("GZIP")) =
            (value("bill_date"), value("bill_type").as_deref(), value("tar_type").as_deref())
        else {
            return Err((400, "PARAM_ERROR"));
        };
        if value("sub_mchid").is_some_and(|sub| sub != SUB_MCHID) {
            return Err((403, "NO_AUTH"));
        }
        let Some(bill) = self.bills.lock().expect("lock").get(&day).cloned() else {
            return Err((400, "NO_STATEMENT_EXIST"));
        };
        if bill.spoilt == Spoilt::Creating {
            return Err((400, "STATEMENT_CREATING"));
        }
        let hash = hex::encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, bill.text().as_bytes()).as_ref());
        // As WeChat's own host, wherever it was asked.
        let url = format!("https://api.mch.weixin.qq.com/v3/billdownload/file?token={day}");
        Ok((200, json!({"hash_type": "SHA1", "hash_value": hash, "download_url": url, "a_new_field": 1})))
    }

    /// The file: asked for with a signature, answered without one.
    pub(super) fn give_bill(&self, query: Option<&str>) -> Response {
        let day = query.and_then(|query| query.strip_prefix("token=")).unwrap_or_default();
        let Some(bill) = self.bills.lock().expect("lock").get(day).cloned() else {
            return StatusCode::NOT_FOUND.into_response();
        };
        let mut text = bill.text().into_bytes();
        if bill.spoilt == Spoilt::OtherBytes {
            let at = text.iter().rposition(|byte| *byte == b'8').expect("an 8");
            text[at] = b'9';
        }
        if bill.spoilt == Spoilt::NotGzip {
            return text.into_response();
        }
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&text).expect("in memory");
        let mut packed = encoder.finish().expect("in memory");
        if bill.spoilt == Spoilt::CutGzip {
            packed.truncate(packed.len() / 2);
        }
        packed.into_response()
    }
}
