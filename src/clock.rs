//! Points in time, and where they come from.
//!
//! Nothing reads the system clock but [`Clock::system`]; everything else is handed a [`Clock`], so a test can say what
//! time it is. `clippy.toml` keeps it so.

use chrono::{DateTime, Months, NaiveDateTime, SecondsFormat, SubsecRound, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use sqlx::{
    Decode, Encode, Postgres, Sqlite, Type,
    encode::IsNull,
    error::BoxDynError,
    postgres::{PgArgumentBuffer, PgHasArrayType, PgTypeInfo, PgValueRef},
    sqlite::{SqliteArgumentsBuffer, SqliteTypeInfo, SqliteValueRef},
};
use std::{fmt, sync::Arc};

/// An instant in UTC, to the microsecond.
///
/// PostgreSQL keeps it as `timestamptz`, which holds no finer unit. SQLite keeps it as text of one fixed width,
/// `2026-11-22T06:44:19.250462Z`, so that text order is time order. Truncating when the value is made means that what
/// is read back equals what was written, on which the audit log's hashes depend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Instant(DateTime<Utc>);

const FIXED: &str = "%Y-%m-%dT%H:%M:%S%.6fZ";
/// The number of bytes of that form.
const WIDTH: usize = 27;

impl Instant {
    /// Seconds since 1970, rounded down.
    pub fn unix(self) -> i64 {
        self.0.timestamp()
    }

    pub fn from_unix(seconds: i64) -> Option<Self> {
        DateTime::from_timestamp(seconds, 0).map(Self)
    }

    /// Before and after everything that happens here; both engines can hold them.
    pub fn earliest() -> Self {
        Self(DateTime::UNIX_EPOCH)
    }

    pub fn latest() -> Self {
        // 9999-12-31T23:59:59Z
        Self(DateTime::from_timestamp(253_402_300_799, 0).unwrap_or(DateTime::<Utc>::MAX_UTC))
    }

    pub fn utc(self) -> DateTime<Utc> {
        self.0
    }

    /// Later by `delta`, or the farthest representable instant where that overflows.
    #[must_use]
    pub fn plus(self, delta: TimeDelta) -> Self {
        Self(self.0.checked_add_signed(delta).unwrap_or(DateTime::<Utc>::MAX_UTC))
    }

    #[must_use]
    pub fn minus(self, delta: TimeDelta) -> Self {
        Self(self.0.checked_sub_signed(delta).unwrap_or(DateTime::<Utc>::MIN_UTC))
    }

    /// The same time of the same day, `years` years before; of 29 February the day before it, where there is none.
    #[must_use]
    pub fn years_before(self, years: u32) -> Self {
        self.0.checked_sub_months(Months::new(years.saturating_mul(12))).map_or_else(Self::earliest, Self)
    }

    /// How long after `earlier` this is; negative where it is before.
    pub fn since(self, earlier: Self) -> TimeDelta {
        self.0.signed_duration_since(earlier.0)
    }

    /// Parses the fixed-width form that [`fmt::Display`] writes.
    pub fn parse(text: &str) -> Result<Self, chrono::ParseError> {
        // A pattern is read again for each text, which takes several times as long, and a verification reads millions of them.
        if let (WIDTH, true, Ok(at)) = (text.len(), text.ends_with('Z'), DateTime::parse_from_rfc3339(text))
            && text.get(10..11) == Some("T")
        {
            return Ok(Self(at.to_utc()));
        }
        NaiveDateTime::parse_from_str(text, FIXED).map(|at| Self(at.and_utc()))
    }
}

impl From<DateTime<Utc>> for Instant {
    fn from(at: DateTime<Utc>) -> Self {
        Self(at.trunc_subsecs(6))
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.to_rfc3339_opts(SecondsFormat::Micros, true))
    }
}

impl TryFrom<String> for Instant {
    type Error = chrono::ParseError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<Instant> for String {
    fn from(at: Instant) -> Self {
        at.to_string()
    }
}

impl Type<Postgres> for Instant {
    fn type_info() -> PgTypeInfo {
        <DateTime<Utc> as Type<Postgres>>::type_info()
    }
}
impl PgHasArrayType for Instant {
    fn array_type_info() -> PgTypeInfo {
        <DateTime<Utc> as PgHasArrayType>::array_type_info()
    }
}
impl Encode<'_, Postgres> for Instant {
    fn encode_by_ref(&self, buf: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        Encode::<Postgres>::encode_by_ref(&self.0, buf)
    }
}
impl Decode<'_, Postgres> for Instant {
    fn decode(value: PgValueRef<'_>) -> Result<Self, BoxDynError> {
        Ok(<DateTime<Utc> as Decode<Postgres>>::decode(value)?.into())
    }
}

impl Type<Sqlite> for Instant {
    fn type_info() -> SqliteTypeInfo {
        <str as Type<Sqlite>>::type_info()
    }
    fn compatible(ty: &SqliteTypeInfo) -> bool {
        <str as Type<Sqlite>>::compatible(ty)
    }
}
impl Encode<'_, Sqlite> for Instant {
    fn encode_by_ref(&self, buf: &mut SqliteArgumentsBuffer) -> Result<IsNull, BoxDynError> {
        Encode::<Sqlite>::encode(self.to_string(), buf)
    }
}
impl Decode<'_, Sqlite> for Instant {
    fn decode(value: SqliteValueRef<'_>) -> Result<Self, BoxDynError> {
        Ok(Self::parse(<&str as Decode<Sqlite>>::decode(value)?)?)
    }
}

/// Where the time comes from.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Instant + Send + Sync>);

impl Clock {
    /// The machine's clock.
    #[expect(clippy::disallowed_methods, reason = "the one place that may ask the machine")]
    pub fn system() -> Self {
        Self(Arc::new(|| Utc::now().into()))
    }

    /// A clock that returns the time `tell` returns.
    pub fn from_fn(tell: impl Fn() -> Instant + Send + Sync + 'static) -> Self {
        Self(Arc::new(tell))
    }

    pub fn now(&self) -> Instant {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({})", self.now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_the_one_form_is_read() {
        for text in [
            "2026-11-22T06:44:19.250462+09:00",
            "2026-11-22t06:44:19.250462Z",
            "2026-11-22 06:44:19.250462Z",
            "2026-11-22T06:44:19.250462z",
            "2026-11-22T06:44:19.2504621234Z",
            "2026-13-22T06:44:19.250462Z",
            "",
        ] {
            assert!(Instant::parse(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_as_the_same(seconds in -62_135_596_800_i64..253_402_300_800, micros in 0_i64..1_000_000) {
            let at = Instant::from_unix(seconds).unwrap().plus(TimeDelta::microseconds(micros));
            prop_assert_eq!(at.to_string(), at.utc().format(FIXED).to_string());
            prop_assert_eq!(Instant::parse(&at.to_string()).unwrap(), at);
        }
    }
}
