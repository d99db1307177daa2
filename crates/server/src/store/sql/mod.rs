//! The books in SQL: one text for every database. Each database compiles it once, with what it calls
//! differently (types, locks, the clock) around it.

/// A payment of `unmatched_payments u` still wants somebody: not all of it went back, nobody has settled it, and it
/// turned out to be no payment that the order keeps.
macro_rules! still_frozen {
    () => {
        "u.settled_ms IS NULL AND u.total > (SELECT coalesce(sum(r.amount), 0) FROM refunds r \
         WHERE r.order_id = u.order_id AND r.transaction_id = u.transaction_id AND r.stage = 'success') \
         AND NOT EXISTS (SELECT 1 FROM payments p WHERE p.order_id = u.order_id AND p.transaction_id = u.transaction_id)"
    };
}

/// A refund `r` ended without the money going back, and later refunds of the payment did not send back as much as stopped
/// from it on.
macro_rules! stopped {
    () => {
        "r.stage IN ('abnormal', 'closed', 'refused') AND \
         (SELECT coalesce(sum(later.amount), 0) FROM refunds later WHERE later.order_id = r.order_id \
         AND later.transaction_id = r.transaction_id AND later.stage = 'success' AND later.asked_ms > r.asked_ms) < \
         (SELECT sum(other.amount) FROM refunds other WHERE other.order_id = r.order_id \
         AND other.transaction_id = r.transaction_id AND other.stage IN ('abnormal', 'closed', 'refused') \
         AND other.asked_ms >= r.asked_ms)"
    };
}

mod bills;
mod desk;
mod journal;
mod lease;
mod letter;
mod letters;
pub(super) mod look;
mod receipt;
mod refund;
mod row;
mod tally;

use std::time::Duration;

use wechatpay::Secret;
use wx_checkout::domain::{IdempotencyKey, OrderId};

use super::{Books, Connection, alone_with};
use crate::ledger::{self, Action, Fact, Order, Plan, Sale};
use crate::order_token::MerchantOrderId;
use crate::store::{
    Booked, Change, Changed, Claimed, Decided, DueRefund, Duty, Later, Lease, Opened, PutOff, Receipt, Recorded,
    SameLines, Store, StoreError, StoreMeter, Tally,
};
use journal::{News, Source};
use letter::Subject;
use row::int;

/// The order as it is, for looking.
async fn seen(db: &mut Connection, id: &str) -> Result<Option<Order>, StoreError> {
    match sqlx::query("SELECT * FROM orders WHERE id = $1").bind(id).fetch_optional(&mut *db).await? {
        Some(row) => row::load(db, &row).await.map(Some),
        None => Ok(None),
    }
}

/// The order for changing: nobody else changes it until the transaction ends.
async fn held(db: &mut Connection, id: &str) -> Result<Order, StoreError> {
    let row = sqlx::query(locking!("SELECT * FROM orders WHERE id = $1")).bind(id).fetch_optional(&mut *db).await?;
    row::load(db, &row.ok_or(StoreError::NoSuchOrder)?).await
}

async fn by_key(db: &mut Connection, openid: &str, key: &str) -> Result<Option<Order>, StoreError> {
    let query = sqlx::query("SELECT * FROM orders WHERE openid = $1 AND bound_key = $2");
    match query.bind(openid).bind(key).fetch_optional(&mut *db).await? {
        Some(row) => row::load(db, &row).await.map(Some),
        None => Ok(None),
    }
}

async fn by_merchant_order(
    db: &mut Connection,
    mchid: &str,
    id: &MerchantOrderId,
) -> Result<Option<Order>, StoreError> {
    let query = sqlx::query("SELECT * FROM orders WHERE mchid = $1 AND merchant_order_id = $2");
    match query.bind(mchid).bind(id.as_str()).fetch_optional(&mut *db).await? {
        Some(row) => row::load(db, &row).await.map(Some),
        None => Ok(None),
    }
}

/// The order that is about the same sale, where there may be only one.
async fn in_the_way(db: &mut Connection, order: &Order, rule: SameLines) -> Result<Option<Order>, StoreError> {
    let Order { terms, attempt, .. } = order;
    let row = match &terms.sale {
        Sale::Basket(_) if rule == SameLines::BuyAgain => None,
        sale @ Sale::Basket(_) => {
            let query = sqlx::query(
                "SELECT * FROM orders WHERE openid = $1 AND lines = $2 AND is_open ORDER BY created_ms DESC LIMIT 1",
            );
            query.bind(terms.openid.expose()).bind(row::text_of(sale)?).fetch_optional(&mut *db).await?
        }
        Sale::MerchantOrder(id) => {
            // Another payer may come with the same name: a wrong one, and at the same time.
            alone_with(&mut *db, &format!("{} {}", attempt.mchid, id.as_str())).await?;
            return by_merchant_order(db, &attempt.mchid, id).await;
        }
    };
    match row {
        Some(row) => row::load(db, &row).await.map(Some),
        None => Ok(None),
    }
}

/// The facts, the state they give, and what must be done, all in the caller's transaction.
async fn record(
    db: &mut Connection,
    order: &mut Order,
    facts: Vec<Fact>,
    now_ms: u64,
    told: Source<'_>,
) -> Result<Vec<Action>, StoreError> {
    let news: Vec<News<'_>> = facts.iter().map(|fact| News::of_fact(fact, told)).collect();
    let actions: Vec<Action> = facts.into_iter().flat_map(|fact| ledger::apply(order, fact)).collect();
    row::save(&mut *db, order).await?;
    let id = order.terms.id.as_str();
    for news in news.into_iter().chain(actions.iter().filter_map(News::of_action)) {
        journal::enter(&mut *db, id, news, now_ms).await?;
    }
    for action in &actions {
        if let Action::Unmatched { transaction_id } = action {
            row::date_unmatched(&mut *db, transaction_id, now_ms).await?;
        }
        letter::note(&mut *db, Subject::Order(order), action, now_ms).await?;
    }
    Ok(actions)
}

impl Store for Books {
    fn open(&self, order: Order, rule: SameLines) -> Later<'_, Opened> {
        Box::pin(async move {
            let mut db = self.writing().await?;
            let terms = &order.terms;
            // The rules below are about orders that are not there yet: a payer's creates go one by one.
            alone_with(&mut db, terms.openid.expose()).await?;
            if let Some(bound) = by_key(&mut db, terms.openid.expose(), terms.key.as_str()).await? {
                return Ok(Opened::Bound(bound));
            }
            if let Some(other) = in_the_way(&mut db, &order, rule).await? {
                return Ok(Opened::InTheWay(other));
            }
            sqlx::query(
                "INSERT INTO orders (id, openid, bound_key, idempotency_key, lines, amount, created_ms, payable_until_ms, \
                 out_trade_no, mchid, appid, request, merchant_order_id, is_open, is_unresolved, looked_ms, api, sub_mchid, \
                 late_payment) \
                 VALUES ($1, $2, $3, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, TRUE, TRUE, $6, $13, $14, $15)",
            )
            .bind(terms.id.as_str())
            .bind(terms.openid.expose())
            .bind(terms.key.as_str())
            .bind(row::text_of(&terms.sale)?)
            .bind(i64::from(terms.amount.get()))
            .bind(int(terms.created_ms))
            .bind(int(terms.payable_until_ms))
            .bind(&order.attempt.out_trade_no)
            .bind(&order.attempt.mchid)
            .bind(&order.attempt.appid)
            .bind(order.attempt.request.expose())
            .bind(row::name_of(&terms.sale))
            .bind(row::api_word(&order.attempt.api))
            .bind(order.attempt.api.sub_mchid())
            .bind(row::late_word(terms.late_payment))
            .execute(&mut *db)
            .await?;
            db.commit().await?;
            Ok(Opened::Made(order))
        })
    }

    fn by_id<'a>(&'a self, id: &'a OrderId) -> Later<'a, Option<Order>> {
        Box::pin(async move { seen(&mut *self.reading().await?, id.as_str()).await })
    }

    fn by_key<'a>(&'a self, openid: &'a Secret<String>, key: &'a IdempotencyKey) -> Later<'a, Option<Order>> {
        Box::pin(async move { by_key(&mut *self.reading().await?, openid.expose(), key.as_str()).await })
    }

    fn by_merchant_order<'a>(&'a self, mchid: &'a str, id: &'a MerchantOrderId) -> Later<'a, Option<Order>> {
        Box::pin(async move { by_merchant_order(&mut *self.reading().await?, mchid, id).await })
    }

    fn open_orders<'a>(&'a self, openid: &'a Secret<String>, limit: u32) -> Later<'a, Vec<Order>> {
        Box::pin(async move {
            let mut db = self.reading().await?;
            let rows =
                sqlx::query("SELECT * FROM orders WHERE openid = $1 AND is_open ORDER BY created_ms DESC, id LIMIT $2")
                    .bind(openid.expose())
                    .bind(i64::from(limit))
                    .fetch_all(&mut *db)
                    .await?;
            row::load_all(&mut db, &rows).await
        })
    }

    fn record<'a>(&'a self, id: &'a OrderId, facts: Vec<Fact>, now_ms: u64) -> Later<'a, Recorded> {
        Box::pin(async move {
            let mut db = self.writing().await?;
            let mut order = held(&mut db, id.as_str()).await?;
            let actions = record(&mut db, &mut order, facts, now_ms, Source::Wechat).await?;
            db.commit().await?;
            Ok(Recorded { order, actions })
        })
    }

    fn change<'a>(&'a self, id: &'a OrderId, change: Change) -> Later<'a, Changed> {
        Box::pin(async move {
            let mut db = self.writing().await?;
            let mut order = held(&mut db, id.as_str()).await?;
            let (done, news) = match change {
                Change::HandOut { now_ms, lease } => {
                    if !lease::end(&mut db, lease).await? {
                        return Ok(Changed::Overtaken);
                    }
                    (order.hand_out(now_ms), News::of_order("parameters_left", Source::Payer))
                }
                Change::Refuse => (order.refuse(), News::of_order("prepay_refused", Source::Wechat)),
                Change::Acknowledge => (order.acknowledge(), News::of_order("acknowledged", Source::Payer)),
            };
            if !done {
                return Ok(Changed::NotNow(order));
            }
            row::save(&mut db, &order).await?;
            let now_ms = match change {
                Change::HandOut { now_ms, .. } => now_ms,
                Change::Refuse | Change::Acknowledge => journal::now_ms(&mut db).await?,
            };
            journal::enter(&mut db, id.as_str(), news, now_ms).await?;
            db.commit().await?;
            Ok(Changed::Done(order))
        })
    }

    fn receive(&self, receipts: Vec<Receipt>) -> Later<'_, Vec<Booked>> {
        Box::pin(receipt::receive(self, receipts))
    }

    fn plan_refund<'a>(&'a self, id: &'a OrderId, plan: Plan, now_ms: u64) -> Later<'a, Decided> {
        Box::pin(refund::plan(self, id, plan, now_ms))
    }

    fn due_refunds(&self, now_ms: u64, for_ms: u64, limit: u32) -> Later<'_, Vec<DueRefund>> {
        Box::pin(refund::due(self, now_ms, for_ms, limit))
    }

    fn keep_request<'a>(&'a self, id: &'a OrderId, out_refund_no: &'a str, bytes: Vec<u8>) -> Later<'a, Vec<u8>> {
        Box::pin(refund::keep_request(self, id, out_refund_no, bytes))
    }

    fn put_off<'a>(&'a self, id: &'a OrderId, out_refund_no: &'a str, to: PutOff) -> Later<'a, ()> {
        Box::pin(refund::put_off(self, id, out_refund_no, to))
    }

    fn due(&self, now_ms: u64, limit: u32) -> Later<'_, Vec<Order>> {
        Box::pin(async move {
            let mut db = self.writing().await?;
            let rows = sqlx::query(concat!(
                "UPDATE orders SET looked_ms = $1 WHERE id IN (",
                skipping_locked!(
                    "SELECT id FROM orders WHERE is_unresolved AND $1 - looked_ms >= 30000 \
                     AND $1 - looked_ms >= ($1 - created_ms) / 8 ORDER BY looked_ms LIMIT $2"
                ),
                ") RETURNING *"
            ))
            .bind(int(now_ms))
            .bind(i64::from(limit))
            .fetch_all(&mut *db)
            .await?;
            let orders = row::load_all(&mut db, &rows).await?;
            lease::tidy(&mut db).await?;
            db.commit().await?;
            Ok(orders)
        })
    }

    fn claim<'a>(&'a self, duty: Duty<'a>, length: Duration) -> Later<'a, Claimed> {
        Box::pin(async move {
            let mut db = self.writing().await?;
            let claimed = lease::claim(&mut db, duty, length).await?;
            db.commit().await?;
            Ok(claimed)
        })
    }

    fn release(&self, lease: Lease) -> Later<'_, ()> {
        Box::pin(async move {
            let mut db = self.writing().await?;
            lease::end(&mut db, lease).await?;
            db.commit().await?;
            Ok(())
        })
    }

    fn ping(&self) -> Later<'_, ()> {
        Box::pin(async move {
            sqlx::query("SELECT 1 FROM orders LIMIT 1").fetch_optional(&mut *self.reading().await?).await?;
            Ok(())
        })
    }

    fn tally(&self, now_ms: u64) -> Later<'_, Tally> {
        Box::pin(tally::tally(self, now_ms))
    }

    fn meter(&self) -> &StoreMeter {
        &self.meter
    }

    fn close(&self) -> Later<'_, ()> {
        Box::pin(async move {
            self.end().await;
            Ok(())
        })
    }
}
