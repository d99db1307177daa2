//! The books by themselves: every rule that needs no database and no WeChat.

mod facts;
mod payments;
mod refunds;

use wechatpay::Secret;
use wx_checkout::domain::{Fen, IdempotencyKey, OrderId};
use wx_checkout::wire::Line;

use super::{
    Api, Attempt, Book, Fact, LatePayment, Order, PaymentSeen, RefundSeen, Sale, Stage, Terms, TradeEnd, apply,
};

/// What the order costs, in fen.
const PRICE: u32 = 6800;

/// An order whose parameters were handed out.
fn order() -> Order {
    Order {
        terms: Terms {
            id: OrderId::try_from("order-1".to_owned()).expect("fits"),
            openid: Secret::new("payer".to_owned()),
            key: IdempotencyKey::try_from("key-1".to_owned()).expect("fits"),
            sale: Sale::Basket(vec![Line { sku: "tea".to_owned(), quantity: 1 }]),
            amount: fen(PRICE),
            created_ms: 0,
            payable_until_ms: 1_000,
            late_payment: LatePayment::Refund,
        },
        attempt: Attempt {
            out_trade_no: "number".to_owned(),
            mchid: "mchid".to_owned(),
            appid: "appid".to_owned(),
            api: Api::V3,
            request: Secret::new(vec![]),
        },
        book: Book { parameters_left: true, ..Book::default() },
    }
}

fn payment(transaction_id: &str, at_ms: u64) -> PaymentSeen {
    PaymentSeen {
        transaction_id: transaction_id.to_owned(),
        out_trade_no: "number".to_owned(),
        mchid: "mchid".to_owned(),
        sub_mchid: None,
        appid: "appid".to_owned(),
        openid: Secret::new("payer".to_owned()),
        total: PRICE,
        currency: "CNY".to_owned(),
        paid_at: "2026-01-01T00:00:00+08:00".to_owned(),
        end: TradeEnd::Success,
        at_ms,
    }
}

fn refund(out_refund_no: &str, transaction_id: &str, amount: u32, stage: Stage) -> Fact {
    Fact::Refund(RefundSeen {
        out_refund_no: out_refund_no.to_owned(),
        transaction_id: transaction_id.to_owned(),
        amount,
        stage,
        at_ms: 5,
    })
}

/// An order that `t1` paid.
fn paid() -> Order {
    let mut order = order();
    apply(&mut order, Fact::Paid(payment("t1", 1)));
    order
}

fn fen(amount: u32) -> Fen {
    Fen::new(amount).expect("positive")
}
