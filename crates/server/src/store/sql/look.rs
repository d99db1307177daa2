//! A look at the books from outside: how they are laid out, and what they prove.

use std::collections::BTreeSet;

use sqlx::migrate::Migrator;

use super::super::{Connection, is_no_table};
use crate::store::{Layout, Looked, NotificationSeen, StoreError, WhoseBooks};

pub(in crate::store) async fn look(
    db: &mut Connection,
    known: &Migrator,
    whose: WhoseBooks<'_>,
) -> Result<Looked, StoreError> {
    let layout = layout(db, known).await?;
    let mut looked = Looked { layout, writable: true, prepaid: false, notification: None };
    if looked.layout == Layout::Current {
        looked.prepaid =
            sqlx::query("SELECT 1 FROM orders WHERE mchid = $1 AND appid = $2 AND parameters_left LIMIT 1")
                .bind(whose.mchid)
                .bind(whose.appid)
                .fetch_optional(&mut *db)
                .await?
                .is_some();
        let newest = sqlx::query_as::<_, (i64, Vec<u8>)>(
            "SELECT received_ms, body FROM notifications WHERE route IN ('v3/payment', 'v3/refund') ORDER BY arrival DESC LIMIT 1",
        );
        looked.notification = newest
            .fetch_optional(&mut *db)
            .await?
            .map(|(received_ms, body)| NotificationSeen { received_ms: u64::try_from(received_ms).unwrap_or(0), body });
    }
    Ok(looked)
}

async fn layout(db: &mut Connection, known: &Migrator) -> Result<Layout, StoreError> {
    let query = sqlx::query_as::<_, (i64, bool)>("SELECT version, success FROM _sqlx_migrations");
    let steps = match query.fetch_all(&mut *db).await {
        Ok(steps) => steps,
        Err(sqlx::Error::Database(error)) if is_no_table(&*error) => return Ok(Layout::Missing),
        Err(error) => return Err(error.into()),
    };
    if steps.iter().any(|(_, whole)| !whole) {
        return Ok(Layout::HalfDone);
    }
    let done: BTreeSet<i64> = steps.into_iter().map(|(version, _)| version).collect();
    let known: BTreeSet<i64> = known.iter().map(|step| step.version).collect();
    Ok(if done.difference(&known).next().is_some() {
        Layout::Newer
    } else if done == known {
        Layout::Current
    } else if done.is_empty() {
        Layout::Missing
    } else {
        Layout::Older
    })
}
