//! Refunds and their query. (v2 documentation: refund, refundquery) Over TLS a refund takes the merchant's own
//! certificate, as at the real gateway; without TLS there is nothing to show it in.

use super::optional::check_refund;
use super::orders::{fen, posted, text_of};
use super::{Asked, Done, Refusal, named, refuse};
use crate::book::{Api, Owner, Refund};
use crate::connections::Line;
use crate::events::Kind;
use crate::gateway::notify_url;
use crate::refunds::{RefundFaultFound, Which, Wish, accept, is_refund_number};
use crate::text::text;
use crate::time;

pub(super) fn refund(asked: &Asked<'_>) -> Result<Done, Refusal> {
    check_certificate(asked)?;
    let wish = read(asked)?;
    let number = wish.out_refund_no.clone();
    let refund = accept(asked.sandbox, wish, || asked.refund_fault(), asked.now_ms).map_err(explain)?;
    let (payer_total, payer_refund) = refund.of_payer();
    let fields = vec![
        ("transaction_id", refund.transaction_id.clone()),
        ("out_trade_no", refund.out_trade_no.clone()),
        ("out_refund_no", number.clone()),
        ("refund_id", refund.refund_id.clone()),
        ("refund_fee", refund.amount.to_string()),
        ("total_fee", refund.total.to_string()),
        ("cash_fee", payer_total.to_string()),
        ("cash_refund_fee", payer_refund.to_string()),
        ("fee_type", "CNY".to_owned()),
    ];
    let what = text(format!("refund {number}: accepted (v2)"), format!("退款 {number}：已受理（v2）"));
    Ok(Done { fields: named(fields), kind: Kind::Refund, what })
}

fn check_certificate(asked: &Asked<'_>) -> Result<(), Refusal> {
    let Line::Tls { certificate } = asked.line else { return Ok(()) };
    let own = asked.sandbox.merchant_certificates.get(&asked.merchant.mchid).map(Vec::as_slice);
    if certificate.is_some() && certificate.as_deref() == own {
        return Ok(());
    }
    Err(refuse(
        "CERT_ERROR",
        "a refund of v2 takes the merchant's own certificate in the TLS handshake: none was shown, or another one",
        "v2 退款需要在 TLS 握手中出示该商户的 API 证书：没有出示，或不是该商户的",
    ))
}

fn read(asked: &Asked<'_>) -> Result<Wish, Refusal> {
    let which = match (asked.get("transaction_id"), asked.get("out_trade_no")) {
        ("", "") => {
            return Err(refuse(
                "LACK_PARAMS",
                "transaction_id or out_trade_no is required",
                "缺少 transaction_id 或 out_trade_no",
            ));
        }
        ("", number) => Which::OutTradeNo(number.to_owned()),
        (id, _) => Which::TransactionId(id.to_owned()),
    };
    let out_refund_no = text_of(asked, "out_refund_no", 1..=64)?;
    if !is_refund_number(&out_refund_no) {
        return Err(refuse(
            "PARAM_ERROR",
            "out_refund_no may have digits, letters and _-|*@ only",
            "out_refund_no 只能含数字、字母和 _-|*@",
        ));
    }
    let notify_url = match asked.get("notify_url") {
        "" => None,
        url => {
            notify_url::check(url).map_err(|rule| {
                refuse("PARAM_ERROR", format!("notify_url {}", rule.en), format!("notify_url {}", rule.zh))
            })?;
            Some(url.to_owned())
        }
    };
    let reason = match asked.get("refund_desc") {
        "" => None,
        _ => Some(text_of(asked, "refund_desc", 1..=80)?),
    };
    check_refund(asked)?;
    Ok(Wish {
        api: Api::V2(asked.sign_type),
        owner: Owner::direct(&asked.merchant.mchid),
        which,
        out_refund_no,
        amount: fen(asked, "refund_fee")?,
        total: fen(asked, "total_fee")?,
        reason,
        notify_url,
        posted: posted(asked),
    })
}

fn explain(fault: RefundFaultFound) -> Refusal {
    match fault {
        RefundFaultFound::NoSuchPayment => {
            refuse("ORDERNOTEXIST", "no payment of this merchant has this number", "该商户没有这笔支付")
        }
        RefundFaultFound::NotPaid => refuse("TRADE_STATE_ERROR", "the order is not paid", "订单未支付，不能退款"),
        RefundFaultFound::OtherParameters => refuse(
            "REFUND_FEE_MISMATCH",
            "the out_refund_no was used before with other parameters",
            "退款单号曾以不同参数使用",
        ),
        RefundFaultFound::WrongTotal => {
            refuse("PARAM_ERROR", "total_fee is not the order's", "total_fee 与订单金额不一致")
        }
        RefundFaultFound::TooMuch => {
            refuse("ERROR", "together with the refunds before it is more than was paid", "累计退款金额超过订单金额")
        }
        RefundFaultFound::TooMany => {
            refuse("ERROR", "a payment is refunded in 50 parts at most", "一笔支付最多分 50 次退款")
        }
        RefundFaultFound::TooSoon => refuse(
            "FREQUENCY_LIMITED",
            "two refunds of one payment must be a minute apart",
            "同一笔支付的两次退款需间隔 1 分钟",
        ),
        RefundFaultFound::TooLate => {
            refuse("TRADE_OVERDUE", "the payment is more than a year old", "支付已超过一年，不能退款")
        }
    }
}

pub(super) fn refund_query(asked: &Asked<'_>) -> Result<Done, Refusal> {
    let owner = Owner::direct(&asked.merchant.mchid);
    let book = asked.sandbox.book();
    let by = ["refund_id", "out_refund_no", "transaction_id", "out_trade_no"].map(|name| asked.get(name));
    if by.iter().all(|value| value.is_empty()) {
        return Err(refuse(
            "LACK_PARAMS",
            "one of refund_id, out_refund_no, transaction_id and out_trade_no is required",
            "缺少单号",
        ));
    }
    let [refund_id, out_refund_no, transaction_id, out_trade_no] = by;
    let fits = |refund: &&Refund| {
        let same = |asked: &str, own: &str| asked.is_empty() || asked == own;
        refund.owner == owner
            && same(refund_id, &refund.refund_id)
            && same(out_refund_no, &refund.out_refund_no)
            && same(transaction_id, &refund.transaction_id)
            && same(out_trade_no, &refund.out_trade_no)
    };
    let mut found: Vec<_> = book.refunds().filter(fits).collect();
    found.sort_by_key(|refund| refund.made_ms);
    let first = found
        .first()
        .ok_or_else(|| refuse("REFUNDNOTEXIST", "no refund of this merchant has this number", "该商户没有这笔退款"))?;
    let number = first.out_trade_no.clone();
    let mut fields = vec![
        ("transaction_id".to_owned(), first.transaction_id.clone()),
        ("out_trade_no".to_owned(), number.clone()),
        ("total_fee".to_owned(), first.total.to_string()),
        ("cash_fee".to_owned(), first.of_payer().0.to_string()),
        ("fee_type".to_owned(), "CNY".to_owned()),
        ("refund_count".to_owned(), found.len().to_string()),
    ];
    for (at, refund) in found.iter().enumerate() {
        let status = match refund.status(asked.now_ms) {
            "CLOSED" => "REFUNDCLOSE",
            "ABNORMAL" => "CHANGE",
            status => status,
        };
        fields.push((format!("out_refund_no_{at}"), refund.out_refund_no.clone()));
        fields.push((format!("refund_id_{at}"), refund.refund_id.clone()));
        fields.push((format!("refund_fee_{at}"), refund.amount.to_string()));
        fields.push((format!("refund_status_{at}"), status.to_owned()));
        if let Some(at_ms) = refund.success_ms(asked.now_ms) {
            fields.push((format!("refund_success_time_{at}"), time::bill(at_ms)));
        }
    }
    let count = found.len();
    let what = text(format!("order {number}: {count} refunds (v2)"), format!("订单 {number}：{count} 笔退款（v2）"));
    Ok(Done { fields, kind: Kind::Query, what })
}
