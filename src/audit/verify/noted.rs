//! What the log noted of a column, as SQL that a statement about a table asks row by row.

/// What the last row of the log about a target noted of a field: `=` and the text; null where no row noted it. Along the
/// index of targets, from the newest row back.
macro_rules! noted {
    ($kind:literal, $id:literal, $field:literal) => {
        concat!(
            "(select '=' || coalesce(a.after ->> '",
            $field,
            "', '') from audit a where a.target_kind = '",
            $kind,
            "' and a.target_id ",
            $id,
            " and a.outcome = 'applied' and (a.before ->> '",
            $field,
            "' is not null or a.after ->> '",
            $field,
            "' is not null) order by a.seq desc limit 1)"
        )
    };
}

/// Whether a column is what the last row noted of it; also where no row did, because the console has not changed it.
macro_rules! holds {
    ($kind:literal, $id:literal, $field:literal, $column:literal) => {
        concat!(
            "coalesce(",
            $crate::audit::verify::noted::noted!($kind, $id, $field),
            " = '=' || coalesce(cast(",
            $column,
            " as text), ''), true)"
        )
    };
}

/// Whether the time of a row is that of its row `a` in the log. The log's time never runs backwards: where a clock was set
/// back, its row has the time of the one before it.
macro_rules! at_fits {
    ($at:literal) => {
        concat!(
            "(",
            $at,
            " = a.at or (",
            $at,
            " < a.at and a.at = (select before_it.at from audit before_it where before_it.seq = a.seq - 1)))"
        )
    };
}

pub(super) use {at_fits, holds, noted};
