//! An order as columns, and back.

use serde::{Deserialize, Serialize};
use sqlx::Row as _;
use wechatpay::Secret;
use wx_checkout::domain::{Fen, IdempotencyKey, OrderId};
use wx_checkout::wire::Line;

use super::super::{Connection, Row};
use super::refund;
use crate::ledger::{Acknowledged, Api, Attempt, Book, LatePayment, Misfit, Order, Received, Sale, Terms, Unmatched};
use crate::order_token::MerchantOrderId;
use crate::store::StoreError;

/// Milliseconds and fen fit the 63 bits that databases have; a clock beyond that is capped.
pub(super) fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// What was sold, as the text that sales are compared by: a list for a basket, an object for an order
/// of the merchant's.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum SaleText {
    Basket(Vec<Line>),
    #[serde(rename_all = "camelCase")]
    MerchantOrder {
        merchant_order_id: MerchantOrderId,
    },
}

pub(super) fn text_of(sale: &Sale) -> Result<String, StoreError> {
    let text = match sale.clone() {
        Sale::Basket(lines) => SaleText::Basket(lines),
        Sale::MerchantOrder(merchant_order_id) => SaleText::MerchantOrder { merchant_order_id },
    };
    serde_json::to_string(&text).map_err(|_| StoreError::Damaged("lines"))
}

fn sale_of(text: &str) -> Result<Sale, StoreError> {
    Ok(match serde_json::from_str(text).map_err(|_| StoreError::Damaged("lines"))? {
        SaleText::Basket(lines) => Sale::Basket(lines),
        SaleText::MerchantOrder { merchant_order_id } => Sale::MerchantOrder(merchant_order_id),
    })
}

/// The merchant's own name of the order, if it has one.
pub(super) fn name_of(sale: &Sale) -> Option<&str> {
    match sale {
        Sale::Basket(_) => None,
        Sale::MerchantOrder(id) => Some(id.as_str()),
    }
}

/// The book's flags and what is derived from them.
pub(super) async fn save(db: &mut Connection, order: &Order) -> Result<(), StoreError> {
    let Order { terms, attempt, book } = order;
    let id = terms.id.as_str();
    sqlx::query(
        "UPDATE orders SET bound_key = $1, refund_asked = $2, closed_seen = $3, absent_seen = $4, close_asked = $5, \
         parameters_left = $6, refused = $7, acknowledged = $8, evidence_ms = $9, is_open = $10, is_unresolved = $11, \
         merchant_order_id = $12 WHERE id = $13",
    )
    .bind((!book.refused).then_some(terms.key.as_str()))
    .bind(book.refund_asked)
    .bind(book.closed_seen)
    .bind(book.absent_seen)
    .bind(book.close_asked)
    .bind(book.parameters_left)
    .bind(book.refused)
    .bind(match book.acknowledged {
        Acknowledged::No => 0_i64,
        Acknowledged::Unpaid => 1,
        Acknowledged::Paid => 2,
    })
    .bind(int(book.evidence_ms))
    .bind(order.is_open())
    .bind(order.is_unresolved())
    .bind(name_of(&terms.sale).filter(|_| !book.refused))
    .bind(id)
    .execute(&mut *db)
    .await?;
    for Received { transaction_id, paid_at } in &book.received {
        sqlx::query(
            "INSERT INTO payments (order_id, transaction_id, paid_at) VALUES ($1, $2, $3) ON CONFLICT (order_id, transaction_id) DO NOTHING",
        )
        .bind(id)
        .bind(transaction_id)
        .bind(paid_at)
        .execute(&mut *db)
        .await?;
    }
    for (transaction_id, unmatched) in &book.unmatched {
        save_unmatched(&mut *db, &attempt.out_trade_no, transaction_id, Some(id), *unmatched).await?;
    }
    refund::save(db, order).await
}

/// A frozen payment, with its order if one has the number.
pub(super) async fn save_unmatched(
    db: &mut Connection,
    out_trade_no: &str,
    transaction_id: &str,
    order_id: Option<&str>,
    unmatched: Unmatched,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO unmatched_payments (out_trade_no, transaction_id, order_id, total, misfit) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (out_trade_no, transaction_id) DO UPDATE SET total = excluded.total, misfit = excluded.misfit \
         WHERE unmatched_payments.total <> excluded.total OR unmatched_payments.misfit <> excluded.misfit",
    )
    .bind(out_trade_no)
    .bind(transaction_id)
    .bind(order_id)
    .bind(i64::from(unmatched.total))
    .bind(unmatched.misfit.as_str())
    .execute(&mut *db)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Notes when a frozen payment was first told of.
pub(super) async fn date_unmatched(db: &mut Connection, transaction_id: &str, now_ms: u64) -> Result<(), StoreError> {
    sqlx::query("UPDATE unmatched_payments SET seen_ms = $1 WHERE transaction_id = $2 AND seen_ms = 0")
        .bind(int(now_ms))
        .bind(transaction_id)
        .execute(db)
        .await?;
    Ok(())
}

/// Whole orders from their rows, in the rows' order.
pub(super) async fn load_all(db: &mut Connection, rows: &[Row]) -> Result<Vec<Order>, StoreError> {
    let mut orders = Vec::with_capacity(rows.len());
    for row in rows {
        orders.push(load(db, row).await?);
    }
    Ok(orders)
}

/// A whole order from its row and those that belong to it.
pub(super) async fn load(db: &mut Connection, row: &Row) -> Result<Order, StoreError> {
    let mut order = from_row(row)?;
    let id = order.terms.id.as_str();
    let payments = sqlx::query_as::<_, (String, String)>(
        "SELECT transaction_id, paid_at FROM payments WHERE order_id = $1 ORDER BY arrival",
    )
    .bind(id)
    .fetch_all(&mut *db)
    .await?;
    let unmatched = sqlx::query_as::<_, (String, i64, String)>(
        "SELECT transaction_id, total, misfit FROM unmatched_payments WHERE order_id = $1",
    )
    .bind(id)
    .fetch_all(&mut *db)
    .await?;
    order.book.received =
        payments.into_iter().map(|(transaction_id, paid_at)| Received { transaction_id, paid_at }).collect();
    for (transaction_id, total, misfit) in unmatched {
        let misfit = misfit_of(&misfit).ok_or(StoreError::Damaged("misfit"))?;
        let total = u32::try_from(total).map_err(|_| StoreError::Damaged("total"))?;
        order.book.unmatched.insert(transaction_id, Unmatched { total, misfit });
    }
    refund::load(db, &mut order).await?;
    Ok(order)
}

fn from_row(row: &Row) -> Result<Order, StoreError> {
    let millis = |name| -> Result<u64, StoreError> {
        u64::try_from(row.try_get::<i64, _>(name)?).map_err(|_| StoreError::Damaged(name))
    };
    Ok(Order {
        terms: Terms {
            id: OrderId::try_from(row.try_get::<String, _>("id")?).map_err(|_| StoreError::Damaged("id"))?,
            openid: Secret::new(row.try_get("openid")?),
            key: IdempotencyKey::try_from(row.try_get::<String, _>("idempotency_key")?)
                .map_err(|_| StoreError::Damaged("idempotency_key"))?,
            sale: sale_of(row.try_get("lines")?)?,
            amount: u32::try_from(row.try_get::<i64, _>("amount")?)
                .ok()
                .and_then(Fen::new)
                .ok_or(StoreError::Damaged("amount"))?,
            created_ms: millis("created_ms")?,
            payable_until_ms: millis("payable_until_ms")?,
            late_payment: late_of(row.try_get("late_payment")?).ok_or(StoreError::Damaged("late_payment"))?,
        },
        attempt: Attempt {
            out_trade_no: row.try_get("out_trade_no")?,
            mchid: row.try_get("mchid")?,
            appid: row.try_get("appid")?,
            api: api_of(row.try_get("api")?, row.try_get("sub_mchid")?).ok_or(StoreError::Damaged("api"))?,
            request: Secret::new(row.try_get("request")?),
        },
        book: Book {
            refund_asked: row.try_get("refund_asked")?,
            closed_seen: row.try_get("closed_seen")?,
            absent_seen: row.try_get("absent_seen")?,
            close_asked: row.try_get("close_asked")?,
            parameters_left: row.try_get("parameters_left")?,
            refused: row.try_get("refused")?,
            acknowledged: match row.try_get::<i64, _>("acknowledged")? {
                0 => Acknowledged::No,
                1 => Acknowledged::Unpaid,
                2 => Acknowledged::Paid,
                _ => return Err(StoreError::Damaged("acknowledged")),
            },
            evidence_ms: millis("evidence_ms")?,
            ..Book::default()
        },
    })
}

const MISFITS: [Misfit; 6] =
    [Misfit::Order, Misfit::Amount, Misfit::Currency, Misfit::Mchid, Misfit::Appid, Misfit::Payer];

pub(super) fn misfit_of(word: &str) -> Option<Misfit> {
    MISFITS.into_iter().find(|known| known.as_str() == word)
}

pub(super) const fn api_word(api: &Api) -> &'static str {
    match api {
        Api::V3 => "v3",
        Api::Partner { .. } => "partner",
        Api::V2 => "v2",
    }
}

fn api_of(word: &str, sub_mchid: Option<String>) -> Option<Api> {
    match (word, sub_mchid) {
        ("v3", None) => Some(Api::V3),
        ("partner", Some(sub_mchid)) => Some(Api::Partner { sub_mchid }),
        ("v2", None) => Some(Api::V2),
        _ => None,
    }
}

pub(super) const fn late_word(late: LatePayment) -> &'static str {
    match late {
        LatePayment::Refund => "refund",
        LatePayment::Accept => "accept",
    }
}

fn late_of(word: &str) -> Option<LatePayment> {
    [LatePayment::Refund, LatePayment::Accept].into_iter().find(|late| late_word(*late) == word)
}
