//! Limiting the networks from which a person may use the console, besides what holds for all.

use super::{
    account_state::{self, AccountState},
    people::Member,
    target,
};
use crate::{
    allowlist::net::{self, Unfit},
    gate::{Admits, Change, Fault, Target, Tx},
    id::StaffId,
    sql,
    staff::STAFF_ALREADY,
    web::{
        Desk, PageError,
        form::Form,
        panel::{Button, Opened, Opening, Panel, Unread, View},
        shell::{
            Shell,
            field::{FieldErrors, wrong},
            seal::SealForm,
        },
        words::Message,
    },
};
use askama::Template;
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

crate::gate::refusal_words! {
    /// The text is no list of networks.
    STAFF_NETWORKS = "staff-networks";
}

crate::gate::topics! {
    /// The networks that one account is limited to were changed.
    STAFF_NETWORKS_CHANGED = "staff.networks-changed";
}

/// The number of networks one person may have at most.
pub(super) const MOST: usize = 20;

/// Sets the networks from which a person may use the console.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RestrictStaff {
    pub staff: StaffId,
    /// As they are stored: in order, with a space between them; empty where there is no limit.
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
        account_state::lock_version(tx, self.staff).await.map(Some)
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        self.validate(tx).await.map(drop)
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let before = self.validate(tx).await?.networks;
        tx.query(sql!("update staff set networks = $2, version = version + 1 where id = $1"))
            .bind(self.staff)
            .bind(self.networks.as_str())
            .run()
            .await?;
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        tx.note("networks", some(&before), some(&self.networks));
        tx.emit(STAFF_NETWORKS_CHANGED, serde_json::json!({ "staff": self.staff }));
        Ok(())
    }
}

impl RestrictStaff {
    async fn validate(&self, tx: &mut Tx<'_>) -> Result<AccountState, Fault> {
        account_state::not_oneself(tx, self.staff)?;
        if read(&self.networks).ok().as_deref() != Some(&self.networks) {
            return Err(Fault::invalid("networks", STAFF_NETWORKS));
        }
        let account = account_state::lock(tx, self.staff).await?;
        if account.networks == self.networks { Err(Fault::conflict(STAFF_ALREADY)) } else { Ok(account) }
    }
}

/// The form, as it was typed.
pub(crate) struct NetworksPanel {
    pub(crate) networks: String,
}

impl Panel for NetworksPanel {
    type On = Member;
    type Part = ();
    type Asks = RestrictStaff;
    const NAME: &'static str = "networks";
    const ROUTE: &'static str = "/staff/{id}/networks";
    const FIELDS: &'static [&'static str] = &["networks"];

    fn button(desk: &Desk, _: &Member) -> Option<Button> {
        Some(Button { name: Self::NAME, icon: "shield", label: desk.words().get("restrict.title").to_owned() })
    }

    async fn open(_: &Desk, on: &Member, (): &(), opening: Opening<'_>) -> Result<Opened<Self>, PageError> {
        Ok(Opened::Form(Self { networks: opening.typed("networks", &on.person.networks().join("\n")) }))
    }

    async fn read(_: &Desk, on: &Member, (): &(), form: &Form) -> Result<RestrictStaff, Unread> {
        let networks = read(form.get("networks")).map_err(|message| FieldErrors::one("networks", message))?;
        Ok(RestrictStaff { staff: on.person.id, networks })
    }

    fn render(&self, View { shell, seal, .. }: View<'_, Self>) -> askama::Result<String> {
        NetworksForm { shell, networks: &self.networks, seal }.render()
    }
}

#[derive(Template)]
#[template(path = "staff/networks.html")]
struct NetworksForm<'a> {
    shell: &'a Shell,
    networks: &'a str,
    seal: &'a SealForm,
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
        Unfit::NotANetwork => wrong::refused(STAFF_NETWORKS),
    }
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
        assert_eq!(read("office").unwrap_err().key(), "field-error.staff-networks");
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
