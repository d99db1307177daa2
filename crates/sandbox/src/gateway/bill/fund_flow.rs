//! The bill of a day's fund flow: what moved in the merchant's account, and what is in it. Here the account
//! has what was paid and refunded, from nothing; there are no fees, no withdrawals, and no other accounts.

use super::{DAY_MS, Day, row, yuan};
use crate::book::{Book, Fate, Owner};
use crate::gateway::Asked;
use crate::gateway::refusal::Refusal;
use crate::text::text;
use crate::time;

const HEADINGS: &str = "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),资金变更提交申请人,备注,业务凭证号";
const SUMMARY: &str = "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额";

/// Which account.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum FundFlow {
    Basic,
    /// Operations or fees: nothing ever moves there.
    Other,
}

enum Direction {
    In,
    Out,
}

/// One movement.
struct Movement {
    at_ms: u64,
    /// WeChat's number of the payment or the refund.
    id: String,
    business: &'static str,
    direction: Direction,
    fen: u64,
    /// The merchant's number of it.
    voucher: String,
}

impl FundFlow {
    pub(super) fn read(account_type: Option<&str>) -> Result<Self, Refusal> {
        match account_type {
            None | Some("BASIC") => Ok(Self::Basic),
            Some("OPERATION" | "FEES") => Ok(Self::Other),
            Some(other) => {
                let rule = text("must be BASIC, OPERATION or FEES", "应为 BASIC、OPERATION 或 FEES");
                Err(Refusal::query("account_type", rule).with_value(other))
            }
        }
    }

    /// The whole file; none where nothing moved.
    pub(super) fn write(self, asked: &Asked<'_>, day: &Day) -> Option<String> {
        if self == Self::Other {
            return None;
        }
        let until_ms = day.from_ms + DAY_MS;
        let mut all = movements(&asked.sandbox.book(), &Owner::direct(&asked.merchant.mchid));
        all.retain(|movement| movement.at_ms < until_ms);
        all.sort_by_key(|movement| movement.at_ms);
        let mut balance: u64 = 0;
        let mut rows = String::new();
        let (mut came, mut went) = (Vec::new(), Vec::new());
        for movement in &all {
            let (word, sums) = match movement.direction {
                Direction::In => ("收入", &mut came),
                Direction::Out => ("支出", &mut went),
            };
            balance = match movement.direction {
                Direction::In => balance + movement.fen,
                Direction::Out => balance.saturating_sub(movement.fen),
            };
            if movement.at_ms < day.from_ms {
                continue;
            }
            sums.push(movement.fen);
            let flow = asked.sandbox.cup.fixed(&[b"flow", movement.business.as_bytes(), movement.id.as_bytes()]);
            rows += &row(&[
                time::bill(movement.at_ms),
                movement.id.clone(),
                flow.digits(20),
                movement.business.to_owned(),
                movement.business.to_owned(),
                word.to_owned(),
                yuan(movement.fen),
                yuan(balance),
                "system".to_owned(),
                format!("{}总金额{}元;含手续费0.00元", movement.business, yuan(movement.fen)),
                movement.voucher.clone(),
            ]);
        }
        let count = |fens: &[u64]| fens.len().to_string();
        let sum = |fens: &[u64]| yuan(fens.iter().sum());
        let all = (came.len() + went.len()).to_string();
        let summary = row(&[all, count(&came), sum(&came), count(&went), sum(&went)]);
        (!rows.is_empty()).then(|| format!("\u{feff}{HEADINGS}\r\n{rows}{SUMMARY}\r\n{summary}"))
    }
}

/// A sub-merchant's money is in its own account, not in the service provider's.
fn movements(book: &Book, owner: &Owner) -> Vec<Movement> {
    let mut all = Vec::new();
    for order in book.orders().filter(|order| order.form.payee.owner() == *owner) {
        let Some(payment) = order.payment() else { continue };
        all.push(Movement {
            at_ms: payment.at_ms,
            id: payment.transaction_id.clone(),
            business: "交易",
            direction: Direction::In,
            fen: order.form.total,
            voucher: order.form.out_trade_no.clone(),
        });
        for refund in book.refunds_of(owner, &payment.transaction_id) {
            let movement = |at_ms, business, direction| Movement {
                at_ms,
                id: refund.refund_id.clone(),
                business,
                direction,
                fen: refund.amount,
                voucher: refund.out_refund_no.clone(),
            };
            all.push(movement(refund.made_ms, "退款", Direction::Out));
            if refund.fate == Fate::Closed {
                all.push(movement(refund.due_ms, "退款关闭", Direction::In));
            }
        }
    }
    all
}
