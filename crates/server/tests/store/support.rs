//! Orders and payments to keep.

use std::sync::Arc;

use wechatpay::Secret;
use wx_checkout::domain::{Fen, IdempotencyKey, OrderId};
use wx_checkout::wire::Line;
use wx_checkout_server::ledger::{Api, Attempt, Book, LatePayment, Order, PaymentSeen, Sale, Terms, TradeEnd};
use wx_checkout_server::order_token::MerchantOrderId;
use wx_checkout_server::store::{Claimed, Duty, Lease, Opened, SameLines, Store};

use crate::database::Database;

/// A database with two servers at it.
pub struct Books {
    pub one: Arc<dyn Store>,
    pub two: Arc<dyn Store>,
    pub database: Database,
    _directory: tempfile::TempDir,
}

impl Books {
    pub async fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let database = Database::new(directory.path()).await;
        let (one, two) = match &database {
            // Together, as servers are that somebody starts together. A file is laid out by one.
            Database::Postgres { .. } => tokio::join!(database.open(), database.open()),
            Database::Sqlite { .. } => (database.open().await, database.open().await),
        };
        Self { one, two, database, _directory: directory }
    }

    /// An order that was made.
    pub async fn with(&self, order: Order) -> Order {
        match self.one.open(order, SameLines::BuyAgain).await.expect("written") {
            Opened::Made(order) => order,
            other => panic!("the order was not made: {other:?}"),
        }
    }
}

pub fn id(text: &str) -> OrderId {
    OrderId::try_from(text.to_owned()).expect("fits")
}

pub fn key(text: &str) -> IdempotencyKey {
    IdempotencyKey::try_from(text.to_owned()).expect("fits")
}

/// An order of `payer` under `key`; its name and number follow from both.
pub fn order(payer: &str, key: &str) -> Order {
    let name = format!("{payer}.{key}");
    Order {
        terms: Terms {
            id: id(&name),
            openid: Secret::new(payer.to_owned()),
            key: self::key(key),
            sale: Sale::Basket(vec![Line { sku: "龙井'\"\u{0}\\".to_owned(), quantity: 2 }]),
            amount: Fen::new(u32::MAX).expect("positive"),
            created_ms: 1_000_000,
            payable_until_ms: 8_200_000,
            late_payment: LatePayment::Refund,
        },
        attempt: Attempt {
            out_trade_no: format!("number.{name}"),
            mchid: "1900000001".to_owned(),
            appid: "wx0123456789abcdef".to_owned(),
            api: Api::V3,
            request: Secret::new(vec![0, 255, b'\'', b'{']),
        },
        book: Book::default(),
    }
}

/// A payment that fits `order`.
pub fn payment(order: &Order, transaction_id: &str) -> PaymentSeen {
    PaymentSeen {
        transaction_id: transaction_id.to_owned(),
        out_trade_no: order.attempt.out_trade_no.clone(),
        mchid: order.attempt.mchid.clone(),
        sub_mchid: None,
        appid: order.attempt.appid.clone(),
        openid: order.terms.openid.clone(),
        total: order.terms.amount.get(),
        currency: "CNY".to_owned(),
        paid_at: "2026-01-02T03:04:05+08:00".to_owned(),
        end: TradeEnd::Success,
        at_ms: 5,
    }
}

/// A duty that is free.
pub async fn held(store: &dyn Store, duty: Duty<'_>, seconds: u64) -> Lease {
    match store.claim(duty, std::time::Duration::from_secs(seconds)).await.expect("asked") {
        Claimed::Held(lease) => lease,
        Claimed::Taken { for_ms } => panic!("{duty} is taken for {for_ms} ms"),
    }
}

/// An order of the merchant's own backend, by its name there.
pub fn merchant_order(payer: &str, key: &str, name: &str) -> Order {
    let mut order = order(payer, key);
    order.terms.sale = Sale::MerchantOrder(MerchantOrderId::try_from(name.to_owned()).expect("fits"));
    order
}
