//! Duties that only one server does at a time. Who holds one, and until when, is in the database and by
//! its clock: servers may die, stall, and disagree about the time.

use std::time::Duration;

use super::Connection;
use crate::store::{Claimed, Duty, Lease, StoreError};

/// Takes the duty if nobody holds it.
pub(super) async fn claim(db: &mut Connection, duty: Duty<'_>, length: Duration) -> Result<Claimed, StoreError> {
    let duty = duty.to_string();
    sqlx::query(concat!("DELETE FROM leases WHERE duty = $1 AND until_ms <= ", now_ms!()))
        .bind(&duty)
        .execute(&mut *db)
        .await?;
    let fence = sqlx::query_scalar::<_, i64>(concat!(
        "INSERT INTO leases (duty, until_ms) VALUES ($1, ",
        now_ms!(),
        " + $2) ON CONFLICT (duty) DO NOTHING RETURNING fence"
    ))
    .bind(&duty)
    .bind(i64::try_from(length.as_millis()).unwrap_or(i64::MAX / 2))
    .fetch_optional(&mut *db)
    .await?;
    if let Some(fence) = fence {
        return Ok(Claimed::Held(Lease { fence }));
    }
    let left_ms =
        sqlx::query_scalar::<_, i64>(concat!("SELECT until_ms - ", now_ms!(), " FROM leases WHERE duty = $1"))
            .bind(&duty)
            .fetch_optional(&mut *db)
            .await?;
    // Gone since: whoever held it has ended it.
    Ok(Claimed::Taken { for_ms: left_ms.and_then(|ms| u64::try_from(ms).ok()).unwrap_or(0) })
}

/// Goes on with a duty for `length` from now; `false` when somebody else took it over meanwhile.
pub(super) async fn extend(db: &mut Connection, lease: Lease, length: Duration) -> Result<bool, StoreError> {
    let extended = sqlx::query(concat!("UPDATE leases SET until_ms = ", now_ms!(), " + $2 WHERE fence = $1"))
        .bind(lease.fence)
        .bind(i64::try_from(length.as_millis()).unwrap_or(i64::MAX / 2))
        .execute(db)
        .await?;
    Ok(extended.rows_affected() > 0)
}

/// Whether nobody else took the duty over meanwhile. The row stays so until the transaction ends.
pub(super) async fn is_held(db: &mut Connection, lease: Lease) -> Result<bool, StoreError> {
    let held = sqlx::query(locking!("SELECT 1 FROM leases WHERE fence = $1")).bind(lease.fence).fetch_optional(db);
    Ok(held.await?.is_some())
}

/// Ends a lease; `false` when somebody else took the duty over meanwhile.
pub(super) async fn end(db: &mut Connection, lease: Lease) -> Result<bool, StoreError> {
    let ended = sqlx::query("DELETE FROM leases WHERE fence = $1").bind(lease.fence).execute(db).await?;
    Ok(ended.rows_affected() > 0)
}

/// Forgets what was left by servers that died: nobody still holds a lease that ended an hour ago.
pub(super) async fn tidy(db: &mut Connection) -> Result<(), StoreError> {
    sqlx::query(concat!("DELETE FROM leases WHERE until_ms < ", now_ms!(), " - 3600000")).execute(db).await?;
    Ok(())
}
