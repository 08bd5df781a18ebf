//! Incidents that a reason names, as `INC-12` does: rows of the log that are found by the incident, without a search of the log.

use super::Tx;
use crate::{
    id::{IncidentId, Seq},
    sql,
};

/// What comes before the number.
const PREFIX: &str = "INC-";
/// The most digits that are read.
const DIGITS: usize = 9;
/// The most incidents that one reason names.
const MOST: usize = 5;

/// As a reason names it: `INC-12`.
pub(crate) fn token(incident: IncidentId) -> String {
    format!("{PREFIX}{incident}")
}

/// The incident that a token names; nothing where the text is no token.
pub(crate) fn read(text: &str) -> Option<IncidentId> {
    text.strip_prefix(PREFIX).filter(|digits| is_number(digits)).and_then(|digits| digits.parse().ok())
}

fn is_number(digits: &str) -> bool {
    (1..=DIGITS).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0')
}

/// The incidents that a reason names, each once.
pub(crate) fn mentioned(reason: &str) -> Vec<IncidentId> {
    let mut found = Vec::new();
    for (at, _) in reason.match_indices(PREFIX) {
        let rest = reason.get(at..).unwrap_or_default();
        // What is part of a longer word, such as `LINC-12`, names none.
        let is_apart =
            reason.get(..at).and_then(|text| text.chars().next_back()).is_none_or(|c| !c.is_ascii_alphanumeric());
        let end = rest.char_indices().skip(PREFIX.len()).find(|(_, c)| !c.is_ascii_digit());
        let word = rest.get(..end.map_or(rest.len(), |(end, _)| end)).unwrap_or_default();
        let is_whole = end.is_none_or(|(_, c)| !c.is_ascii_alphabetic());
        if let Some(incident) = read(word).filter(|_| is_apart && is_whole)
            && !found.contains(&incident)
            && found.len() < MOST
        {
            found.push(incident);
        }
    }
    found
}

/// Writes down which incidents the reason of a row of the log names; nothing is asked of the database where it names none.
pub(super) async fn keep(tx: &mut Tx<'_>, seq: Seq, reason: &str) -> sqlx::Result<()> {
    for incident in mentioned(reason) {
        tx.query(sql!("insert into incident_mentions (incident, seq) values ($1, $2)"))
            .bind(incident)
            .bind(seq)
            .run()
            .await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_reason_names_incidents_by_their_tokens() {
        let named = |reason: &str| mentioned(reason).into_iter().map(IncidentId::get).collect::<Vec<_>>();
        assert_eq!(named("INC-12 the bank is back"), [12]);
        assert_eq!(named("은행 복구(INC-7), INC-8과 함께, INC-7"), [7, 8]);
        for none in ["", "INC-", "INC-x", "INC-012", "INC-12a", "LINC-12", "inc-12", "INC-1234567890"] {
            assert_eq!(named(none), [] as [i64; 0], "{none}");
        }
        assert_eq!(named("INC-1 INC-2 INC-3 INC-4 INC-5 INC-6").len(), MOST);
    }

    proptest! {
        #[test]
        fn any_reason_can_be_searched(text in ".{0,60}", id in 1..1_000_000_000_i64) {
            mentioned(&text);
            let id = IncidentId::new(id);
            prop_assert_eq!(mentioned(&format!("{} {}", text.replace("INC", ""), token(id))), vec![id]);
            prop_assert_eq!(read(&token(id)), Some(id));
        }
    }
}
