//! Moments by the clock of the database, the only one that all replicas share.

use std::time::Duration;

use diesel::data_types::PgInterval;
use diesel::dsl::{auto_type, now};
use diesel::prelude::*;
use diesel::sql_types::{Interval, Timestamptz};

/// The longest period that is stored: keeps sums far from the ends of the calendar.
const LONGEST: Duration = Duration::from_secs(100 * 365 * 86_400);

/// The start of the transaction.
#[auto_type]
pub(crate) fn at_present() -> _ {
    now.into_sql::<Timestamptz>()
}

/// This much later than the start of the transaction.
#[auto_type]
pub(crate) fn in_future(period: PgInterval) -> _ {
    now.into_sql::<Timestamptz>() + period.into_sql::<Interval>()
}

/// This much earlier than the start of the transaction.
#[auto_type]
pub(crate) fn in_past(period: PgInterval) -> _ {
    now.into_sql::<Timestamptz>() - period.into_sql::<Interval>()
}

pub(crate) fn interval(period: Duration) -> PgInterval {
    let micros = period.min(LONGEST).as_micros();
    PgInterval::from_microseconds(i64::try_from(micros).unwrap_or(i64::MAX))
}

pub(crate) fn millis(period: Duration) -> i64 {
    i64::try_from(period.min(LONGEST).as_millis()).unwrap_or(i64::MAX)
}
