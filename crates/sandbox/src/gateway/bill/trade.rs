//! The bill of a day's trades: every payment and every refund.

use super::{DAY_MS, Day, row, yuan};
use crate::book::{Book, Order, Payee, Payment, Refund};
use crate::gateway::Asked;
use crate::gateway::payee::check_sub_mchid;
use crate::gateway::refusal::Refusal;
use crate::text::text;
use crate::time;

const HEADINGS: &str = "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注";
const SUMMARY: &str = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额";

/// Whose, and which lines.
pub(super) struct Trades {
    kind: Kind,
    sub_mchid: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    All,
    Success,
    Refund,
}

impl Trades {
    pub(super) fn read(asked: &Asked<'_>, bill_type: Option<&str>, sub_mchid: Option<&str>) -> Result<Self, Refusal> {
        let kind = match bill_type {
            None | Some("ALL") => Kind::All,
            Some("SUCCESS") => Kind::Success,
            Some("REFUND") => Kind::Refund,
            Some(other) => {
                let rule = text("must be ALL, SUCCESS or REFUND", "应为 ALL、SUCCESS 或 REFUND");
                return Err(Refusal::query("bill_type", rule).with_value(other));
            }
        };
        if let Some(sub_mchid) = sub_mchid {
            check_sub_mchid(asked, sub_mchid)?;
        }
        Ok(Self { kind, sub_mchid: sub_mchid.map(str::to_owned) })
    }

    /// The whole file; none where nothing was traded.
    pub(super) fn write(&self, asked: &Asked<'_>, day: &Day) -> Option<String> {
        let book = asked.sandbox.book();
        let mut lines = lines(&book, asked, self, day);
        if lines.is_empty() {
            return None;
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
        Some(format!("\u{feff}{HEADINGS}\r\n{rows}{SUMMARY}\r\n{}", row(&summary)))
    }
}

struct Line {
    at_ms: u64,
    paid: u64,
    refunded: u64,
    values: Vec<String>,
}

fn lines(book: &Book, asked: &Asked<'_>, wanted: &Trades, day: &Day) -> Vec<Line> {
    let day = day.from_ms..day.from_ms + DAY_MS;
    let mut lines = Vec::new();
    for order in book.orders().filter(|order| belongs(order, asked, wanted)) {
        let Some(payment) = order.payment() else { continue };
        if wanted.kind != Kind::Refund && day.contains(&payment.at_ms) {
            lines.push(line(order, payment, None, asked.now_ms));
        }
        for refund in book.refunds_of(&order.form.payee.owner(), &payment.transaction_id) {
            if wanted.kind != Kind::Success && day.contains(&refund.made_ms) {
                lines.push(line(order, payment, Some(refund), asked.now_ms));
            }
        }
    }
    lines
}

fn belongs(order: &Order, asked: &Asked<'_>, wanted: &Trades) -> bool {
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
        yuan(if refund.is_some() { 0 } else { payment.coupon }),
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
