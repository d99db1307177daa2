//! Days as bills have them: Beijing's, whatever the machine's time zone is.

use std::fmt;
use std::str::FromStr;

use jiff::ToSpan as _;
use jiff::civil::Date;
use serde::{Serialize, Serializer};

const HOUR_MS: u64 = 60 * 60 * 1000;
const DAY_MS: u64 = 24 * HOUR_MS;
/// Beijing is this far ahead of UTC, all year round.
const AHEAD_MS: u64 = 8 * HOUR_MS;
/// A bill can be had from then on, on the next day. (v3 documentation: tradebill)
const READY_AT_MS: u64 = 10 * HOUR_MS;
const FIRST: Date = Date::constant(1970, 1, 1);
/// The year 9999 ends before it: what a day is written with has four digits for the year.
const MOST: u32 = 2_932_896;

/// One day in Beijing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day {
    /// Since 1970-01-01.
    number: u32,
}

/// Not a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a day is written as 2026-01-31")]
pub struct BadDay;

impl Day {
    /// The day of this time, milliseconds since 1970.
    #[must_use]
    pub fn of(ms: u64) -> Self {
        let number = ms.saturating_add(AHEAD_MS) / DAY_MS;
        Self { number: u32::try_from(number).unwrap_or(MOST).min(MOST) }
    }

    /// The last day whose bill can be had at this time.
    #[must_use]
    pub fn last_ready(now_ms: u64) -> Self {
        Self::of(now_ms.saturating_sub(READY_AT_MS)).back(1)
    }

    /// When its bill can be had, milliseconds since 1970.
    #[must_use]
    pub fn ready_ms(self) -> u64 {
        self.next().begins_ms() + READY_AT_MS
    }

    /// When it begins, milliseconds since 1970.
    #[must_use]
    pub fn begins_ms(self) -> u64 {
        (u64::from(self.number) * DAY_MS).saturating_sub(AHEAD_MS)
    }

    /// The day after it.
    #[must_use]
    pub fn next(self) -> Self {
        Self { number: self.number.saturating_add(1).min(MOST) }
    }

    /// So many days before it.
    #[must_use]
    pub fn back(self, days: u32) -> Self {
        Self { number: self.number.saturating_sub(days) }
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = FIRST.checked_add(i64::from(self.number).days()).map_err(|_| fmt::Error)?;
        write!(f, "{:04}-{:02}-{:02}", date.year(), date.month(), date.day())
    }
}

impl FromStr for Day {
    type Err = BadDay;

    fn from_str(text: &str) -> Result<Self, BadDay> {
        // The parser takes more than this one spelling.
        let spelled = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
        let date: Date = if spelled { text.parse().map_err(|_| BadDay)? } else { return Err(BadDay) };
        let days = FIRST.until(date).map_err(|_| BadDay)?.get_days();
        Ok(Self { number: u32::try_from(days).map_err(|_| BadDay)? })
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(time: &str) -> u64 {
        let time: jiff::Timestamp = time.parse().expect("a time");
        u64::try_from(time.as_millisecond()).expect("after 1970")
    }

    #[test]
    fn m12_a_day_is_beijings() {
        assert_eq!(Day::of(ms("2026-11-23T23:59:59.999+08:00")).to_string(), "2026-11-23");
        assert_eq!(Day::of(ms("2026-11-24T00:00:00+08:00")).to_string(), "2026-11-24");
        assert_eq!(Day::of(ms("2026-11-23T16:00:01Z")).to_string(), "2026-11-24");
        let day: Day = "2026-11-23".parse().expect("a day");
        assert_eq!(day.begins_ms(), ms("2026-11-23T00:00:00+08:00"));
        assert_eq!(day.ready_ms(), ms("2026-11-24T10:00:00+08:00"));
        assert_eq!((day.next().to_string(), day.back(23).to_string()), ("2026-11-24".into(), "2026-10-31".into()));
    }

    #[test]
    fn m12_a_bill_can_be_had_from_ten_oclock_of_the_next_day() {
        for (now, last) in [
            ("2026-11-24T09:59:59.999+08:00", "2026-11-22"),
            ("2026-11-24T10:00:00+08:00", "2026-11-23"),
            ("2026-11-25T00:00:00+08:00", "2026-11-23"),
            ("2026-03-01T10:00:00+08:00", "2026-02-28"),
        ] {
            assert_eq!(Day::last_ready(ms(now)).to_string(), last, "{now}");
        }
    }

    #[test]
    fn a_day_has_one_spelling_and_none_makes_it_panic() {
        for bad in
            ["", "20261123", "2026-1-1", "2026-02-30", "2026-13-01", "1969-12-31", "2026-11-23 ", "today", "-026-11-23"]
        {
            assert_eq!(bad.parse::<Day>(), Err(BadDay), "{bad:?}");
        }
        assert_eq!(Day::of(u64::MAX).to_string(), "9999-12-31");
        assert_eq!(Day::of(0).back(5).to_string(), "1970-01-01");
        assert_eq!("2024-02-29".parse::<Day>().map(|day| day.to_string()), Ok("2024-02-29".to_owned()));
    }
}
