//! Times as WeChat writes and reads them.

use jiff::Timestamp;
use jiff::tz::Offset;

/// RFC 3339 in Beijing's time, whole seconds.
pub(crate) fn beijing(ms: u64) -> String {
    format(ms, "%Y-%m-%dT%H:%M:%S+08:00")
}

/// `yyyyMMddHHmmss` in Beijing's time, as prepay ids begin.
pub(crate) fn compact(ms: u64) -> String {
    format(ms, "%Y%m%d%H%M%S")
}

/// `yyyy-MM-dd HH:mm:ss` in Beijing's time, as bills and v2's refunds write it.
pub(crate) fn bill(ms: u64) -> String {
    format(ms, "%Y-%m-%d %H:%M:%S")
}

/// Milliseconds since 1970 of `yyyyMMddHHmmss` in Beijing's time, as v2 writes it.
pub(crate) fn parse_compact(text: &str) -> Option<u64> {
    let digits = text.len() == 14 && text.bytes().all(|b| b.is_ascii_digit());
    let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    digits.then(|| {
        let (year, month, day) = (part(0, 4), part(4, 6), part(6, 8));
        let (hour, minute, second) = (part(8, 10), part(10, 12), part(12, 14));
        parse_rfc3339(&format!("{year}-{month}-{day}T{hour}:{minute}:{second}+08:00"))
    })?
}

fn format(ms: u64, pattern: &str) -> String {
    let instant = i64::try_from(ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok()).unwrap_or(Timestamp::MAX);
    Offset::constant(8).to_datetime(instant).strftime(pattern).to_string()
}

/// Milliseconds since 1970 of an RFC 3339 time with an offset.
pub(crate) fn parse_rfc3339(text: &str) -> Option<u64> {
    // The library reads more of ISO 8601 than the gateway does.
    let shaped = text.len() >= 20 && text.as_bytes().get(10) == Some(&b'T') && !text.contains('[');
    let instant: Timestamp = shaped.then(|| text.parse().ok()).flatten()?;
    u64::try_from(instant.as_millisecond()).ok()
}

#[cfg(test)]
mod tests {
    use super::{beijing, bill, compact, parse_compact, parse_rfc3339};

    #[test]
    fn times_are_beijings() {
        assert_eq!(beijing(1_528_425_296_000), "2018-06-08T10:34:56+08:00");
        assert_eq!(compact(1_528_425_296_000), "20180608103456");
        assert_eq!(bill(1_528_425_296_000), "2018-06-08 10:34:56");
        assert_eq!(parse_compact("20180608103456"), Some(1_528_425_296_000));
        assert_eq!(parse_compact("2018060810345"), None);
        assert_eq!(parse_rfc3339("2018-06-08T10:34:56+08:00"), Some(1_528_425_296_000));
        assert_eq!(parse_rfc3339("2018-06-08T02:34:56Z"), Some(1_528_425_296_000));
        for bad in ["", "2018-06-08 10:34:56+08:00", "2018-06-08T10:34:56", "20180608103456", "2018-13-08T10:34:56Z"] {
            assert_eq!(parse_rfc3339(bad), None, "{bad:?}");
        }
    }
}
