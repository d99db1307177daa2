//! Letters as rows, and their streams.

use std::collections::BTreeSet;

use wx_checkout::domain::OrderId;

use super::super::Books;
use super::letter::{self, letters_where};
use super::row::int;
use crate::store::{
    Channel, Due, Failure, Hold, Lane, Later, Letter, Letters, Next, Replayed, Skip, Skipped, Standing, StoreError,
    Taken,
};

impl Letters for Books {
    fn open_channel(&self, channel: Channel, now_ms: u64) -> Later<'_, u64> {
        Box::pin(async move {
            let mut db = self.writing().await?;
            sqlx::query("INSERT INTO channels (channel, since_ms) VALUES ($1, $2) ON CONFLICT (channel) DO NOTHING")
                .bind(channel.word())
                .bind(int(now_ms))
                .execute(&mut *db)
                .await?;
            let since = sqlx::query_scalar::<_, i64>("SELECT since_ms FROM channels WHERE channel = $1");
            let since = since.bind(channel.word()).fetch_one(&mut *db).await?;
            db.commit().await?;
            u64::try_from(since).map_err(|_| StoreError::Damaged("since_ms"))
        })
    }

    fn close_channel(&self, channel: Channel, now_ms: u64) -> Later<'_, u64> {
        Box::pin(async move {
            let mut db = self.writing().await?;
            sqlx::query("DELETE FROM channels WHERE channel = $1").bind(channel.word()).execute(&mut *db).await?;
            db.commit().await?;
            let waiting = with_letters(self, channel).await?;
            if waiting.is_empty() {
                return Ok(0);
            }
            // First the streams: whoever writes or sends a letter of one has it, too.
            let free = concat!(
                "UPDATE streams SET done = last, stopped = FALSE, tries = 0 WHERE stream IN (",
                skipping_locked!("SELECT stream FROM streams WHERE channel = $1 AND done < last"),
                ") RETURNING stream"
            );
            let mut db = self.writing().await?;
            let ended = sqlx::query_scalar::<_, String>(free).bind(channel.word()).fetch_all(&mut *db).await?;
            let letters = sqlx::query(
                "UPDATE outbox SET outcome = 'passed_over', ended_ms = $2 WHERE outcome IS NULL \
                 AND stream IN (SELECT stream FROM streams WHERE channel = $1 AND done = last)",
            );
            let letters = letters.bind(channel.word()).bind(int(now_ms)).execute(&mut *db).await?;
            db.commit().await?;
            let (mut passed_over, ended) = (letters.rows_affected(), BTreeSet::from_iter(ended));
            for stream in waiting.iter().filter(|stream| !ended.contains(*stream)) {
                let mut db = self.writing().await?;
                let one = sqlx::query("UPDATE streams SET done = last, stopped = FALSE, tries = 0 WHERE stream = $1");
                one.bind(stream).execute(&mut *db).await?;
                let letters = sqlx::query(
                    "UPDATE outbox SET outcome = 'passed_over', ended_ms = $2 WHERE stream = $1 AND outcome IS NULL",
                );
                let letters = letters.bind(stream).bind(int(now_ms)).execute(&mut *db).await?;
                db.commit().await?;
                passed_over += letters.rows_affected();
            }
            Ok(passed_over)
        })
    }

    fn take(&self, due: Due) -> Later<'_, Vec<Taken>> {
        Box::pin(async move {
            let Due { channel, lane, now_ms, hold, limit } = due;
            let mut db = self.writing().await?;
            let held = sqlx::query_as::<_, (String, i64, i64, i64)>(concat!(
                "UPDATE streams SET fence = fence + 1, held_until_ms = ",
                now_ms!(),
                " + $1 WHERE stream IN (",
                skipping_locked!(concat!(
                    "SELECT stream FROM streams WHERE channel = $2 AND stopped = FALSE AND next_ms <= $3 AND done < last \
                     AND (CASE WHEN tries > 0 THEN 1 ELSE 0 END) = $4 AND held_until_ms <= ",
                    now_ms!(),
                    " ORDER BY next_ms LIMIT $5"
                )),
                ") RETURNING stream, done + 1, fence, tries"
            ))
            .bind(i64::try_from(hold.as_millis()).unwrap_or(i64::MAX / 2))
            .bind(channel.word())
            .bind(int(now_ms))
            .bind(i32::from(lane == Lane::Again))
            .bind(i64::from(limit))
            .fetch_all(&mut *db)
            .await?;
            let mut taken = Vec::with_capacity(held.len());
            for (stream, sequence, fence, tries) in held {
                let row = sqlx::query(letters_where!("o.stream = $1 AND o.sequence = $2"));
                let row = row.bind(&stream).bind(sequence).fetch_optional(&mut *db).await?;
                let letter = letter::from_row(&row.ok_or(StoreError::Damaged("outbox"))?)?;
                let tries = u32::try_from(tries).map_err(|_| StoreError::Damaged("tries"))?;
                taken.push(Taken { letter, hold: Hold { stream, sequence, fence }, tries });
            }
            db.commit().await?;
            Ok(taken)
        })
    }

    fn delivered<'a>(&'a self, hold: &'a Hold, status: u16, now_ms: u64) -> Later<'a, ()> {
        Box::pin(async move {
            let mut db = self.writing().await?;
            let moved = sqlx::query(
                "UPDATE streams SET done = $2, stopped = FALSE, tries = 0, next_ms = $3, \
                 held_until_ms = CASE WHEN fence = $4 THEN 0 ELSE held_until_ms END WHERE stream = $1 AND done = $2 - 1",
            );
            let moved = moved.bind(&hold.stream).bind(hold.sequence).bind(int(now_ms)).bind(hold.fence);
            if moved.execute(&mut *db).await?.rows_affected() > 0 {
                letter::tried(&mut db, hold, Some(status), None, now_ms).await?;
                letter::end(&mut db, hold, "delivered", now_ms).await?;
            } else {
                letter::let_go(&mut db, hold).await?;
            }
            db.commit().await?;
            Ok(())
        })
    }

    fn failed<'a>(&'a self, hold: &'a Hold, failure: Failure, now_ms: u64) -> Later<'a, bool> {
        Box::pin(async move {
            let Failure { status, error, next } = failure;
            let (stopped, next_ms) = match next {
                Next::At(ms) => (false, ms),
                Next::Never => (true, now_ms),
            };
            let mut db = self.writing().await?;
            let moved = sqlx::query(
                "UPDATE streams SET stopped = $1, next_ms = $2, tries = tries + 1, held_until_ms = 0 \
                 WHERE stream = $3 AND fence = $4 AND done = $5 - 1",
            );
            let moved = moved.bind(stopped).bind(int(next_ms)).bind(&hold.stream).bind(hold.fence).bind(hold.sequence);
            let counts = moved.execute(&mut *db).await?.rows_affected() > 0;
            if counts {
                letter::tried(&mut db, hold, status, Some(error), now_ms).await?;
            } else {
                letter::let_go(&mut db, hold).await?;
            }
            db.commit().await?;
            Ok(counts)
        })
    }

    fn put_back<'a>(&'a self, hold: &'a Hold) -> Later<'a, ()> {
        Box::pin(async move {
            let mut db = self.writing().await?;
            letter::let_go(&mut db, hold).await?;
            db.commit().await?;
            Ok(())
        })
    }

    fn letter<'a>(&'a self, id: &'a str) -> Later<'a, Option<Letter>> {
        Box::pin(async move {
            let mut db = self.reading().await?;
            let row = sqlx::query(letters_where!("o.letter_id = $1")).bind(id).fetch_optional(&mut *db).await?;
            row.as_ref().map(letter::from_row).transpose()
        })
    }

    fn letters_of<'a>(&'a self, order: &'a OrderId) -> Later<'a, Vec<Letter>> {
        Box::pin(async move {
            let mut db = self.reading().await?;
            let rows = sqlx::query(letters_where!("o.order_id = $1 ORDER BY o.arrival")).bind(order.as_str());
            rows.fetch_all(&mut *db).await?.iter().map(letter::from_row).collect()
        })
    }

    fn dead_letters(&self, channel: Channel, after: i64, limit: u32) -> Later<'_, Vec<Letter>> {
        Box::pin(async move {
            let mut db = self.reading().await?;
            let rows = sqlx::query(letters_where!(
                "s.channel = $1 AND s.stopped = TRUE AND s.done < s.last AND o.sequence = s.done + 1 AND o.arrival > $2 \
                 ORDER BY o.arrival LIMIT $3"
            ));
            let rows = rows.bind(channel.word()).bind(after).bind(i64::from(limit));
            rows.fetch_all(&mut *db).await?.iter().map(letter::from_row).collect()
        })
    }

    fn replay<'a>(&'a self, id: &'a str, now_ms: u64) -> Later<'a, Replayed> {
        Box::pin(async move {
            let mut db = self.writing().await?;
            let Some((stream, sequence)) = letter::place(&mut db, id).await? else { return Ok(Replayed::Unknown) };
            let moved = sqlx::query(
                "UPDATE streams SET stopped = FALSE, tries = 0, next_ms = $3 WHERE stream = $1 AND done = $2 - 1",
            );
            let moved = moved.bind(&stream).bind(sequence).bind(int(now_ms)).execute(&mut *db).await?;
            if moved.rows_affected() > 0 {
                db.commit().await?;
                return Ok(Replayed::Due);
            }
            let row = sqlx::query(letters_where!("o.letter_id = $1")).bind(id).fetch_one(&mut *db).await?;
            let letter = letter::from_row(&row)?;
            Ok(if letter.state.is_done() { Replayed::Done(Box::new(letter)) } else { Replayed::Behind })
        })
    }

    fn replay_all(&self, channel: Channel, now_ms: u64) -> Later<'_, u64> {
        Box::pin(async move {
            let waiting = with_letters(self, channel).await?;
            let free = concat!(
                "UPDATE streams SET stopped = FALSE, tries = 0, next_ms = $2 WHERE stream IN (",
                skipping_locked!("SELECT stream FROM streams WHERE channel = $1 AND done < last"),
                ") RETURNING stream"
            );
            let mut db = self.writing().await?;
            let rows = sqlx::query_scalar::<_, String>(free).bind(channel.word()).bind(int(now_ms));
            let mut moved: BTreeSet<String> = rows.fetch_all(&mut *db).await?.into_iter().collect();
            db.commit().await?;
            // Somebody writes to these now. One after the other, so that whoever has one never waits for us over another.
            for stream in waiting {
                if moved.contains(&stream) {
                    continue;
                }
                let mut db = self.writing().await?;
                let one =
                    "UPDATE streams SET stopped = FALSE, tries = 0, next_ms = $2 WHERE stream = $1 AND done < last";
                let one = sqlx::query(one).bind(&stream).bind(int(now_ms)).execute(&mut *db).await?;
                db.commit().await?;
                if one.rows_affected() > 0 {
                    moved.insert(stream);
                }
            }
            Ok(u64::try_from(moved.len()).unwrap_or(u64::MAX))
        })
    }

    fn skip<'a>(&'a self, id: &'a str, skip: Skip, now_ms: u64) -> Later<'a, Skipped> {
        Box::pin(async move {
            let mut db = self.writing().await?;
            let Some((stream, sequence)) = letter::place(&mut db, id).await? else { return Ok(Skipped::Unknown) };
            let (done, left_ms, fence) = sqlx::query_as::<_, (i64, i64, i64)>(locking!(concat!(
                "SELECT done, held_until_ms - ",
                now_ms!(),
                ", fence FROM streams WHERE stream = $1"
            )))
            .bind(&stream)
            .fetch_one(&mut *db)
            .await?;
            if done >= sequence {
                return Ok(Skipped::Done);
            }
            if done + 1 < sequence {
                return Ok(Skipped::Behind);
            }
            if let Ok(for_ms @ 1..) = u64::try_from(left_ms) {
                return Ok(Skipped::BeingSent { for_ms });
            }
            sqlx::query("UPDATE streams SET done = $2, stopped = FALSE, tries = 0, next_ms = $3 WHERE stream = $1")
                .bind(&stream)
                .bind(sequence)
                .bind(int(now_ms))
                .execute(&mut *db)
                .await?;
            letter::end(&mut db, &Hold { stream: stream.clone(), sequence, fence }, "skipped", now_ms).await?;
            sqlx::query("UPDATE outbox SET skipped_by = $3, skipped_why = $4 WHERE stream = $1 AND sequence = $2")
                .bind(&stream)
                .bind(sequence)
                .bind(skip.by)
                .bind(skip.why)
                .execute(&mut *db)
                .await?;
            db.commit().await?;
            Ok(Skipped::Now)
        })
    }

    fn standing(&self, channel: Channel) -> Later<'_, Standing> {
        Box::pin(async move {
            let mut db = self.reading().await?;
            let (waiting, dead, oldest_ms) = sqlx::query_as::<_, (i64, i64, Option<i64>)>(
                "SELECT CAST(coalesce(sum(s.last - s.done), 0) AS BIGINT), \
                 CAST(coalesce(sum(CASE WHEN s.stopped THEN 1 ELSE 0 END), 0) AS BIGINT), min(o.created_ms) \
                 FROM streams s JOIN outbox o ON o.stream = s.stream AND o.sequence = s.done + 1 \
                 WHERE s.channel = $1 AND s.done < s.last",
            )
            .bind(channel.word())
            .fetch_one(&mut *db)
            .await?;
            let number = |number: i64| u64::try_from(number).map_err(|_| StoreError::Damaged("streams"));
            Ok(Standing {
                waiting: number(waiting)?,
                dead: number(dead)?,
                oldest_ms: oldest_ms.map(number).transpose()?,
            })
        })
    }
}

/// The streams of a channel that have a letter left.
async fn with_letters(books: &Books, channel: Channel) -> Result<Vec<String>, StoreError> {
    let streams = sqlx::query_scalar("SELECT stream FROM streams WHERE channel = $1 AND done < last");
    Ok(streams.bind(channel.word()).fetch_all(&mut *books.reading().await?).await?)
}
