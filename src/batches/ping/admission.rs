//! Who may report for a job: a program that has its token.

use super::{failed, refused::No};
use crate::{
    batches::{
        definition::Definition,
        record::{self, Job},
    },
    secret::{Purpose, SecretKey},
    web::Console,
};
use subtle::ConstantTimeEq as _;

/// What a job's reports are let in by. Made from the installation's key, so that none is stored; raising the revision in the
/// definition makes it worthless.
pub fn token(key: &SecretKey, job: &str, revision: u32) -> String {
    let mac = key.mac(Purpose::Reports, format!("{job}\n{revision}").as_bytes());
    hex::encode(mac.get(..16).unwrap_or(&mac))
}

/// The job, where the token is its own. A wrong guess reveals neither which jobs there are nor how close it came.
pub(super) async fn admitted(console: &Console, offered: &str, name: &str) -> Result<(Job, Definition), No> {
    let job = record::job(&mut &console.reader, name).await.map_err(failed)?;
    let Some(job) = job.filter(|job| !job.is_retired) else { return Err(No::NOT_FOUND) };
    let definition = record::definition(&mut &console.reader, name, job.version).await.map_err(failed)?;
    let Some(definition) = definition else { return Err(No::NOT_FOUND) };
    let is_token =
        |key: SecretKey| bool::from(token(&key, name, definition.ping_revision).as_bytes().ct_eq(offered.as_bytes()));
    if !is_token(console.key.alone()) {
        if !console.key.former().is_some_and(is_token) {
            let is_former = is_former(console, offered, name, definition.ping_revision);
            return Err(if is_former { No::FORMER_TOKEN } else { No::NOT_FOUND });
        }
        tracing::warn!(
            job = name,
            "reported with a token of the former key, which goes with that key: `ingam batch token` gives the new one"
        );
    }
    if !definition.kind().reports() {
        return Err(No::STARTS_HERE);
    }
    Ok((job, definition))
}

/// The number of earlier tokens that are looked through.
const FORMER: u32 = 100;

/// Whether this was the token of the job before its revision was raised: a program that still has it was forgotten.
fn is_former(console: &Console, offered: &str, name: &str, revision: u32) -> bool {
    let former = (revision.saturating_sub(FORMER)..revision).map(|revision| token(&console.key, name, revision));
    former.fold(false, |is, token| is | bool::from(token.as_bytes().ct_eq(offered.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret;

    #[test]
    fn a_token_fits_one_job_and_one_revision() {
        let key = SecretKey::new(secret::random());
        assert_eq!(token(&key, "a", 1), token(&key, "a", 1));
        assert_ne!(token(&key, "a", 1), token(&key, "b", 1));
        assert_ne!(token(&key, "a", 1), token(&key, "a", 2));
    }
}
