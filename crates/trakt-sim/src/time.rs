//! Times as Trakt writes them: UTC, ISO 8601, with milliseconds. Inside the simulator a time is
//! milliseconds since 1970-01-01 UTC.

use chrono::{DateTime, Datelike, NaiveDate, SecondsFormat};
use serde::{Serialize, Serializer};

/// One minute in milliseconds.
pub(crate) const MINUTE: u64 = 60_000;
/// One hour in milliseconds.
pub(crate) const HOUR: u64 = 60 * MINUTE;
/// One day in milliseconds.
pub(crate) const DAY: u64 = 24 * HOUR;

/// `2014-09-01T09:10:11.000Z`.
pub(crate) fn iso(ms: u64) -> String {
    moment(ms).to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// A time that is written as [`iso`] writes it when it is serialised, and takes 8 bytes until
/// then.
pub(crate) struct Iso(pub(crate) u64);

impl Serialize for Iso {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&iso(self.0))
    }
}

/// `2014-09-01`.
pub(crate) fn date(ms: u64) -> String {
    moment(ms).format("%Y-%m-%d").to_string()
}

/// The year in UTC.
pub(crate) fn year(ms: u64) -> u16 {
    u16::try_from(moment(ms).year()).unwrap_or(u16::MAX)
}

/// The day of the week in English.
pub(crate) fn weekday(ms: u64) -> String {
    moment(ms).format("%A").to_string()
}

/// A time with an offset or `Z`, or a date alone, which is its midnight in UTC. `None` for
/// everything else and for what was before 1970.
pub(crate) fn parse(text: &str) -> Option<u64> {
    let ms = match DateTime::parse_from_rfc3339(text) {
        Ok(moment) => moment.timestamp_millis(),
        Err(_) => {
            let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
            day.and_hms_opt(0, 0, 0)?.and_utc().timestamp_millis()
        }
    };
    u64::try_from(ms).ok()
}

/// Midnight in UTC of a day; 0 for one that is none.
pub(crate) fn midnight(year: i32, month: u32, day: u32) -> u64 {
    NaiveDate::from_ymd_opt(year, month, day)
        .and_then(|day| day.and_hms_opt(0, 0, 0))
        .and_then(|time| u64::try_from(time.and_utc().timestamp_millis()).ok())
        .unwrap_or(0)
}

fn moment(ms: u64) -> DateTime<chrono::Utc> {
    i64::try_from(ms)
        .ok()
        .and_then(DateTime::from_timestamp_millis)
        .unwrap_or(DateTime::<chrono::Utc>::MAX_UTC)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_and_read_to_the_millisecond() {
        let text = "2014-09-01T09:10:11.007Z";
        assert_eq!(iso(parse(text).unwrap()), text);
        assert_eq!(parse("2014-09-01T11:10:11.007+02:00"), parse(text));
        assert_eq!(parse("2014-09-01"), parse("2014-09-01T00:00:00Z"));
        assert_eq!(parse("1969-12-31T23:59:59Z"), None);
        assert_eq!(parse("yesterday"), None);
        assert_eq!(date(midnight(2024, 2, 29)), "2024-02-29");
        assert_eq!(iso(u64::MAX).len(), iso(u64::MAX - 1).len());
    }
}
