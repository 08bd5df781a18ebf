use super::maker::{self, Maker, Sample, before, html, now, refused_field, wrong_state};
use crate::{
    id::{NetworkId, Seq},
    networks::{
        add::AddPanel,
        change::ChangePanel,
        fields::{Confirmation, Typed},
        list::{ListPage, Networks},
        open::Network,
        remove::RemovePanel,
        rules::Question,
    },
    web::{
        panel::{Button, Opened, Panel, Receipt, Side, side_of},
        shell::{
            Section,
            field::{FieldErrors, wrong},
            seal::{FormRefusal, Meanwhile, SealForm},
        },
    },
};
use chrono::TimeDelta;

const FIXED: [&str; 3] = ["127.0.0.0/8", "::1/128", "10.20.4.0/24"];

impl Maker {
    fn network(self, id: i64, net: &str, note: (&str, &str), hours: Option<i64>) -> Network {
        Network {
            id: NetworkId::new(id),
            net: net.parse().unwrap(),
            note: self.text(note.0, note.1),
            expires_at: hours.map(|hours| now().plus(TimeDelta::hours(hours))),
            added_at: before(TimeDelta::days(40 * id)),
            added_by: self.me(),
            version: 3,
        }
    }

    fn networks_list(rows: Vec<Network>, fixed: &[&str]) -> Networks {
        Networks {
            rows,
            fixed: fixed.iter().map(|net| net.parse().unwrap()).collect(),
            address: Some("10.20.4.22".parse().unwrap()),
        }
    }

    fn networks_page(self, on: Networks, side: Side) -> String {
        let label = self.frame().words.known("networks.add").to_owned();
        let Networks { rows, fixed, address } = on;
        html(&ListPage {
            shell: self.shell(Section::Networks),
            address,
            keeps: rows.iter().take(1).map(|row| row.id).collect(),
            rows,
            fixed,
            side: Side { buttons: vec![Button { name: "add", icon: "plus", label }], ..side },
        })
    }

    fn networks_side<P: Panel<On = Networks>>(self, part: &P::Part, opened: Opened<P>, seal: SealForm) -> Side {
        let on = Self::networks_list(self.network_rows(), &FIXED);
        side_of(&self.shell(Section::Networks), &on, part, opened, SealForm { reason: self.reason(), ..seal })
            .unwrap()
            .0
    }

    fn network_rows(self) -> Vec<Network> {
        vec![
            self.network(1, "10.20.0.0/16", ("본사 사무실", "Head office"), None),
            self.network(2, "203.0.113.58/32", ("외부 감사인", "Auditor from outside"), Some(100)),
            self.network(3, "2001:db8:40::/48", ("", ""), Some(3)),
            self.network(4, "198.51.100.0/24", ("협력사 사무실", "Partner's office"), Some(-30)),
        ]
    }

    fn network_typed(self, confirmation: Option<Confirmation>) -> Typed {
        Typed {
            net: self.text("10.0.0.0/8", "10.0.0.0/8"),
            note: self.text("협력사 사무실", "Partner's office"),
            expires_at: self.text("2026-12-20T09:00", "2026-12-20T09:00"),
            confirmation,
        }
    }

    fn network_receipt(self) -> Side {
        let shell = self.shell(Section::Networks);
        let changed = maker::changed(
            &[
                ("net", Some("10.20.0.0/16"), Some("10.20.0.0/15")),
                ("expires_at", None, Some("2026-12-20T00:00:00.000000Z")),
            ],
            &shell,
        );
        let receipt = Receipt {
            seq: Seq::new(12_345),
            at: now(),
            by: self.me(),
            reason: self.reason(),
            action: "networks.change".to_owned(),
            changed,
        };
        Side { html: Some(receipt.html(&shell, "/networks").unwrap()), ..Side::default() }
    }

    pub(super) fn networks(self, out: &mut Vec<Sample>) {
        let rows = || self.network_rows();
        let mut push = |name, side| {
            out.push(Sample { name, html: self.networks_page(Self::networks_list(rows(), &FIXED), side) });
        };
        let fresh = || SealForm::fresh("", "01JD3Q8V5W", 3);
        let asked = |is_wide, overlaps: &[&str], is_confirmed| Confirmation {
            net: "10.0.0.0/8".parse().unwrap(),
            question: Question { is_wide, overlaps: overlaps.iter().map(|net| net.parse().unwrap()).collect() },
            is_confirmed,
        };
        let add = |seal, asked| self.networks_side(&(), Opened::Form(AddPanel(self.network_typed(asked))), seal);
        let change = |seal, asked| {
            self.networks_side(&NetworkId::new(1), Opened::Form(ChangePanel(self.network_typed(asked))), seal)
        };
        push("networks", Side::default());
        push("networks-add", add(fresh(), None));
        let mut errors = FieldErrors::one("net", refused_field("network-host-bits", &[("meant", &"10.0.0.0/8")]));
        errors.add("note", wrong::too_long(200));
        errors.add("expires_at", refused_field("network-expiry", &[]));
        errors.add("reason", wrong::too_short(5));
        push("networks-add-invalid", add(SealForm { errors, ..fresh() }, None));
        let errors = || FieldErrors::one("wide_confirmed", refused_field("network-wide", &[("net", &"10.0.0.0/8")]));
        let overlapping = asked(true, &["10.20.0.0/16", "10.20.4.0/24"], false);
        push("networks-add-asked", add(SealForm { errors: errors(), ..fresh() }, Some(overlapping)));
        push("networks-add-wide", add(SealForm { errors: errors(), ..fresh() }, Some(asked(true, &[], false))));
        let refusal = Some(FormRefusal::WrongCode { left: Some(2) });
        let overlapping = asked(false, &["10.20.0.0/16"], true);
        push("networks-change", change(SealForm { refusal, ..fresh() }, Some(overlapping)));
        let errors = FieldErrors::one("net", refused_field("network-yours", &[]));
        push("networks-change-yours", change(SealForm { errors, ..fresh() }, None));
        let remove = |seal| {
            let row = self.network(1, "10.20.0.0/16", ("본사 사무실", "Head office"), None);
            self.networks_side(&NetworkId::new(1), Opened::Form(RemovePanel(row)), seal)
        };
        push("networks-remove", remove(fresh()));
        let meanwhile = Meanwhile { by: self.me(), at: before(TimeDelta::minutes(4)), seq: Seq::new(12_344) };
        push(
            "networks-remove-stale",
            remove(SealForm { refusal: Some(FormRefusal::Stale(Some(meanwhile))), ..fresh() }),
        );
        push("networks-remove-refused", remove(SealForm { refusal: Some(wrong_state()), ..fresh() }));
        let why = |key| self.frame().words.known(key).to_owned();
        let yours = Opened::<RemovePanel>::Closed(why("refused-state.network-yours"));
        push("networks-remove-yours", self.networks_side(&NetworkId::new(1), yours, fresh()));
        let gone = Opened::<ChangePanel>::Closed(why("networks.gone"));
        push("networks-gone", self.networks_side(&NetworkId::new(9), gone, fresh()));
        push("networks-done", self.network_receipt());
        let empty = self.networks_page(Self::networks_list(vec![], &FIXED), Side::default());
        out.push(Sample { name: "networks-empty", html: empty });
        let only_list = self.networks_page(Self::networks_list(rows(), &[]), Side::default());
        out.push(Sample { name: "networks-only-list", html: only_list });
    }
}
