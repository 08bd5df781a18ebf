//! Addresses under another secret key, when that is rotated.

use crate::{
    gate::{Housekeeping, Tx},
    id::{StaffId, WayId},
    notify::way,
    secret::SecretKey,
    sql,
    store::Reader,
};

/// Addresses under the key in use.
#[derive(Clone, Debug)]
pub(crate) struct ResealWays {
    ways: Vec<(WayId, Vec<u8>, Vec<u8>)>,
    unreadable: usize,
}

impl ResealWays {
    /// The addresses that are under the former key.
    pub(crate) async fn find(reader: &Reader, key: &SecretKey) -> sqlx::Result<Self> {
        let rows: Vec<(WayId, StaffId, Vec<u8>)> = reader
            .query(sql!("select id, staff, address from ways where removed_at is null order by id"))
            .all()
            .await?;
        let (mut ways, mut unreadable) = (Vec::new(), 0);
        for (id, staff, sealed) in rows {
            if way::open(&key.alone(), staff, &sealed).is_some() {
                continue;
            }
            match way::open(key, staff, &sealed) {
                Some(address) => ways.push((id, sealed, way::seal(key, staff, &address))),
                None => unreadable += 1,
            }
        }
        Ok(Self { ways, unreadable })
    }

    /// In pieces that each hold the database for a short time.
    pub(crate) fn pieces(&self, size: usize) -> impl Iterator<Item = Self> {
        self.ways.chunks(size.max(1)).map(|ways| Self { ways: ways.to_vec(), unreadable: 0 })
    }

    pub(crate) fn count(&self) -> usize {
        self.ways.len()
    }

    /// How many no key opens.
    pub(crate) const fn unreadable(&self) -> usize {
        self.unreadable
    }
}

impl Housekeeping for ResealWays {
    const NAME: &'static str = "ways.reseal";
    type Output = ();

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<()> {
        for (id, before, after) in &self.ways {
            tx.query(sql!("update ways set address = $3 where id = $1 and address = $2"))
                .bind(*id)
                .bind(before.as_slice())
                .bind(after.as_slice())
                .run()
                .await?;
        }
        Ok(())
    }
}
