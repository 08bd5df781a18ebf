//! Letting somebody in from some networks only, besides what holds for everybody.

use super::{
    show::{self, Asked},
    standing::{self, Standing},
    target,
};
use crate::{
    allowlist::net::{self, Unfit},
    gate::{Admits, Change, Fault, Target, Tx},
    sql,
    web::{
        Answer, Desk,
        shell::field::{FieldErrors, wrong},
        words::Message,
    },
};
use actix_web::web;
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

/// So many networks for one person.
pub(super) const MOST: usize = 20;

/// Says which networks somebody may come from.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RestrictStaff {
    pub staff: i64,
    /// As they stand in the database: in order, with a space between them; none is no limit.
    pub networks: String,
}

impl Change for RestrictStaff {
    const KIND: &'static str = "staff.networks";
    const ADMITS: Admits = Admits::owners();
    type Output = ();

    fn target(&self) -> Target {
        target(self.staff)
    }

    async fn version(&self, tx: &mut Tx<'_>) -> Result<Option<i64>, Fault> {
        standing::lock_version(tx, self.staff).await.map(Some)
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        self.judge(tx).await.map(drop)
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let before = self.judge(tx).await?.networks;
        tx.query(sql!("update staff set networks = $2, version = version + 1 where id = $1"))
            .bind(self.staff)
            .bind(self.networks.as_str())
            .run()
            .await?;
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        tx.note("networks", some(&before), some(&self.networks));
        tx.emit("staff.networks-changed", serde_json::json!({ "staff": self.staff }));
        Ok(())
    }
}

impl RestrictStaff {
    async fn judge(&self, tx: &mut Tx<'_>) -> Result<Standing, Fault> {
        standing::not_oneself(tx, self.staff)?;
        if read(&self.networks).ok().as_deref() != Some(&self.networks) {
            return Err(Fault::invalid("networks", "staff-networks"));
        }
        let standing = standing::lock(tx, self.staff).await?;
        if standing.networks == self.networks { Err(Fault::conflict("staff-already")) } else { Ok(standing) }
    }
}

/// Networks as people type them, one on a line, as they are kept: each once and in order.
pub(crate) fn read(text: &str) -> Result<String, Message> {
    let mut nets = Vec::new();
    for line in text.split(['\n', '\r', ' ', ',', '\t']).filter(|line| !line.is_empty()) {
        nets.push(net::parse(line).map_err(|unfit| what_is_wrong(line, unfit))?);
    }
    nets.sort();
    nets.dedup();
    if nets.len() > MOST {
        return Err(wrong::too_many_networks(MOST));
    }
    Ok(nets.iter().map(IpNet::to_string).collect::<Vec<_>>().join(" "))
}

fn what_is_wrong(line: &str, unfit: Unfit) -> Message {
    match unfit {
        Unfit::HostBits { meant } => wrong::not_a_whole_network(line, meant),
        Unfit::TooWide => wrong::limit_too_wide(line),
        // What is no network may be anything, so it is not repeated.
        Unfit::NotANetwork => wrong::not_a_network(),
    }
}

/// `POST /staff/{id}/networks`
pub async fn set_networks(desk: Desk, path: web::Path<i64>, body: web::Bytes) -> Answer {
    let staff = path.into_inner();
    let fields: Vec<&str> = ["networks"].into_iter().chain(show::SEAL).collect();
    let form = desk.form(&body, &fields).await?;
    let mut errors = FieldErrors::new();
    let networks = read(form.get("networks")).unwrap_or_else(|message| {
        errors.add("networks", message);
        String::new()
    });
    let asked = Asked::Networks(form.get("networks").to_owned());
    show::submit(&desk, staff, asked, &form, errors, RestrictStaff { staff, networks }).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::net::IpAddr;

    #[test]
    fn networks_are_kept_in_order_and_each_once() {
        assert_eq!(read("10.20.0.0/16\r\n10.2.0.7\n\n10.20.0.0/16, ::1").unwrap(), "10.2.0.7/32 10.20.0.0/16 ::1/128");
        assert_eq!(read(" \r\n").unwrap(), "");
    }

    #[test]
    fn what_is_no_network_is_told_apart() {
        assert_eq!(read("10.20.4.1/16").unwrap_err().key(), "field-error.not-a-whole-network");
        assert_eq!(read("0.0.0.0/0").unwrap_err().key(), "field-error.limit-too-wide");
        assert_eq!(read("office").unwrap_err().key(), "field-error.not-a-network");
        let many: Vec<String> = (0..=MOST).map(|n| format!("10.0.{n}.0/24")).collect();
        assert_eq!(read(&many.join("\n")).unwrap_err().key(), "field-error.too-many-networks");
    }

    proptest! {
        #[test]
        fn what_was_read_reads_the_same(nets in prop::collection::vec((any::<u32>(), 8_u8..=32), 0..10)) {
            let lines: Vec<String> = nets
                .iter()
                .map(|(ip, prefix)| IpNet::new(IpAddr::from(ip.to_be_bytes()), *prefix).unwrap().trunc().to_string())
                .collect();
            let kept = read(&lines.join("\n")).unwrap();
            prop_assert_eq!(read(&kept).unwrap(), kept);
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".*") {
            let _ = read(&text);
        }
    }
}
