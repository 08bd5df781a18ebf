//! Rotating the secret key: another one takes its place, and what is encrypted under the former one is encrypted again, person by person.

use crate::{
    gate::{Admits, Change, Fault, Housekeeping, Kept, Target, Tx, code, former, key_check},
    id::StaffId,
    secret::{Purpose, SecretKey, fingerprint},
    sql,
    staff::STAFF_CREDENTIAL_CHANGED,
    store::Reader,
    web::drafts,
};
use serde::{Deserialize, Serialize};

crate::gate::refusal_words! {
    /// The person has set up another authenticator meanwhile.
    AUTHENTICATOR_CHANGED = "authenticator-changed";
}

/// Takes the key that the console starts with as the database's key. What is under the former one is read with that, until it is under this one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RotateKey {
    key_check: String,
    /// It never waits for an approval, so what is encrypted is not written down with it.
    #[serde(skip)]
    kept: Vec<Kept>,
}

impl RotateKey {
    /// Of a key that brings its former one along.
    pub async fn new(reader: &Reader, key: &SecretKey) -> sqlx::Result<Self> {
        Ok(Self { key_check: key_check::value(key), kept: former::to_keep(reader, key).await? })
    }
}

impl Change for RotateKey {
    const KIND: &'static str = "installation.rotate-key";
    const ADMITS: Admits = Admits::host_only();
    type Output = ();

    fn target(&self) -> Target {
        Target::new("installation", 1)
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        former::begin(tx, &self.key_check, &self.kept).await?;
        tx.emit(STAFF_CREDENTIAL_CHANGED, serde_json::json!({ "staff": null, "credential": "key-rotated" }));
        Ok(())
    }
}

/// Writes down that nothing is under the former key any more.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EndKeyRotation {
    /// How many authenticators no key opens.
    pub unreadable: i64,
}

impl Change for EndKeyRotation {
    const KIND: &'static str = "installation.end-key-rotation";
    const ADMITS: Admits = Admits::host_only();
    type Output = ();

    fn target(&self) -> Target {
        Target::new("installation", 1)
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        if !former::end(tx).await? {
            return Err(Fault::conflict(former::KEY_NOT_IN_USE));
        }
        tx.note("unreadable", None::<i64>, self.unreadable);
        Ok(())
    }
}

/// The secret of an authenticator under the key in use. It stays the same secret: the person notices nothing.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ResealAuthenticator {
    pub staff: StaffId,
    #[serde(skip)]
    before: String,
    #[serde(skip)]
    secret: Vec<u8>,
}

/// An authenticator as a rotation finds it.
#[derive(Debug)]
pub enum Found {
    Done,
    ToReseal(ResealAuthenticator),
    /// No key opens it.
    Unreadable,
}

impl ResealAuthenticator {
    /// What is to be done for the next people after `after`, at most `limit` of them, and the last of them.
    pub async fn find(
        reader: &Reader,
        key: &SecretKey,
        after: StaffId,
        limit: i64,
    ) -> sqlx::Result<Vec<(StaffId, Found)>> {
        let rows: Vec<(StaffId, Vec<u8>)> = reader
            .query(sql!("select staff_id, secret from authenticators where staff_id > $1 order by staff_id limit $2"))
            .bind(after)
            .bind(limit)
            .all()
            .await?;
        let found = |(staff, sealed): (StaffId, Vec<u8>)| {
            let context = code::context(staff);
            let found = if key.alone().open(&context, &sealed).is_some() {
                Found::Done
            } else if let Some(secret) = key.open(&context, &sealed) {
                let secret = key.seal(&context, &secret);
                Found::ToReseal(Self { staff, before: fingerprint(&sealed), secret })
            } else {
                Found::Unreadable
            };
            (staff, found)
        };
        Ok(rows.into_iter().map(found).collect())
    }
}

impl Change for ResealAuthenticator {
    const KIND: &'static str = "installation.reseal-authenticator";
    const ADMITS: Admits = Admits::system_only();
    type Output = ();

    fn target(&self) -> Target {
        Target::new("staff", self.staff)
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        key_check::hold(tx).await?;
        let stored: Option<(Vec<u8>,)> = tx
            .query(sql!(
                sqlite: "select secret from authenticators where staff_id = $1",
                postgres: "select secret from authenticators where staff_id = $1 for update",
            ))
            .bind(self.staff)
            .optional()
            .await?;
        if stored.is_none_or(|(stored,)| fingerprint(&stored) != self.before) {
            return Err(Fault::conflict(AUTHENTICATOR_CHANGED));
        }
        tx.query(sql!("update authenticators set secret = $2 where staff_id = $1"))
            .bind(self.staff)
            .bind(self.secret.as_slice())
            .run()
            .await?;
        tx.note("authenticator_sha256", self.before.as_str(), fingerprint(&self.secret));
        Ok(())
    }
}

/// Drafts under the key in use.
#[derive(Clone, Debug)]
pub(crate) struct ResealDrafts {
    drafts: Vec<(StaffId, String, Vec<u8>, Vec<u8>)>,
}

impl ResealDrafts {
    /// The drafts that are under the former key.
    pub(crate) async fn find(reader: &Reader, key: &SecretKey) -> sqlx::Result<Self> {
        // A person has eight at most, and each is gone within the hour.
        let rows: Vec<(StaffId, String, Vec<u8>)> = reader
            .query(sql!("select staff_id, form, sealed from drafts order by staff_id, form limit 10000"))
            .all()
            .await?;
        let reseal = |(staff, form, sealed): (StaffId, String, Vec<u8>)| {
            let context = drafts::context(staff, &form);
            if key.alone().open_as(Purpose::Drafts, &context, &sealed).is_some() {
                return None;
            }
            let plain = key.open_as(Purpose::Drafts, &context, &sealed)?;
            let again = key.seal_as(Purpose::Drafts, &context, &plain);
            Some((staff, form, sealed, again))
        };
        Ok(Self { drafts: rows.into_iter().filter_map(reseal).collect() })
    }

    /// In pieces that each hold the database for a short time.
    pub(crate) fn pieces(&self, size: usize) -> impl Iterator<Item = Self> {
        self.drafts.chunks(size.max(1)).map(|drafts| Self { drafts: drafts.to_vec() })
    }

    pub(crate) fn count(&self) -> usize {
        self.drafts.len()
    }
}

impl Housekeeping for ResealDrafts {
    const NAME: &'static str = "drafts.reseal";
    type Output = ();

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<()> {
        for (staff, form, before, after) in &self.drafts {
            tx.query(sql!("update drafts set sealed = $4 where staff_id = $1 and form = $2 and sealed = $3"))
                .bind(*staff)
                .bind(form.as_str())
                .bind(before.as_slice())
                .bind(after.as_slice())
                .run()
                .await?;
        }
        Ok(())
    }
}
