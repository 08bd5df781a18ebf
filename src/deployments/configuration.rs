//! Which configuration files consoles began with. Of a file there is a fingerprint under the secret key, so it gives away neither
//! what the file says nor whether a guess of a secret in it is right.

use crate::{
    clock::Instant,
    gate::{Gate, Housekeeping, Tx},
    secret::{Purpose, SecretKey},
    sql,
    store::Reader,
};

/// How often it is tried where other consoles begin at the same time.
const TRIES: u8 = 5;
/// Bytes of a fingerprint.
const SHOWN: usize = 16;

/// A configuration file that a console began with, and which version of the console that was.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Configuration {
    pub hash: String,
    pub seen_at: Instant,
    pub program: String,
}

/// Notes that a console begins with this file, where the newest one was another or another version of the console.
///
/// # Errors
/// The database failed.
pub(crate) async fn note(gate: &Gate, key: &SecretKey, digest: Option<[u8; 32]>) -> sqlx::Result<()> {
    let Some(digest) = digest else { return Ok(()) };
    let mac = key.alone().mac(Purpose::Configuration, &digest);
    let work = NoteConfiguration { hash: hex::encode(mac.get(..SHOWN).unwrap_or(&mac)) };
    for _ in 0..TRIES {
        if gate.run_housekeeping(&work).await? {
            return Ok(());
        }
    }
    tracing::warn!("that the console begins with this configuration could not be noted: many begin at once");
    Ok(())
}

/// Notes a configuration after the newest one, and says whether it is the newest now.
#[derive(Clone, Debug)]
pub(crate) struct NoteConfiguration {
    hash: String,
}

impl Housekeeping for NoteConfiguration {
    const NAME: &'static str = "configurations.note";
    type Output = bool;

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<bool> {
        let (now, program) = (tx.now(), env!("CARGO_PKG_VERSION"));
        let newest: Option<(i64, String, String)> =
            tx.query(sql!("select id, hash, program from configurations order by id desc limit 1")).optional().await?;
        if newest.as_ref().is_some_and(|(_, hash, of)| *hash == self.hash && of == program) {
            return Ok(true);
        }
        // One follows another: of two consoles that begin at once with the same file, one finds that it is noted.
        let inserted = tx
            .query(sql!(
                "insert into configurations (previous, hash, seen_at, program) values ($1, $2, $3, $4)
                 on conflict (previous) do nothing"
            ))
            .bind(newest.map_or(0, |(id, ..)| id))
            .bind(self.hash.as_str())
            .bind(now)
            .bind(program)
            .run()
            .await?;
        Ok(inserted > 0)
    }
}

/// The newest in a time.
pub(super) async fn newest(
    reader: &Reader,
    from: Instant,
    until: Instant,
    limit: i64,
) -> sqlx::Result<Vec<Configuration>> {
    reader
        .query(sql!(
            "select hash, seen_at, program from configurations where seen_at >= $1 and seen_at <= $2
              order by seen_at desc, id desc limit $3"
        ))
        .bind(from)
        .bind(until)
        .bind(limit)
        .all()
        .await
}
