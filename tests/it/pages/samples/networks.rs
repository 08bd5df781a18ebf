use super::{Maker, Sample, before, html, now, wrong_state};
use chrono::TimeDelta;
use ingam::{
    audit::pages::Changed,
    networks::{
        open::Network,
        pages::{Asked, Done, EditPanel, ListPage, Panel, RemovePanel},
        rules::Question,
    },
    web::shell::{
        Section,
        field::{FieldErrors, wrong},
        seal::{Meanwhile, Refusal, Seal, Sealed},
    },
};

impl Maker {
    fn network(self, id: i64, net: &str, note: (&str, &str), hours: Option<i64>) -> Network {
        Network {
            id,
            net: net.parse().unwrap(),
            note: self.text(note.0, note.1),
            expires_at: hours.map(|hours| now().plus(TimeDelta::hours(hours))),
            added_at: before(TimeDelta::days(40 * id)),
            added_by: self.me(),
            version: 3,
        }
    }

    fn networks_page(self, rows: Vec<Network>, fixed: &[&str], panel: Option<Panel>) -> String {
        html(&ListPage {
            shell: self.shell(Section::Networks),
            address: Some("10.20.4.22".parse().unwrap()),
            rows,
            fixed: fixed.iter().map(|net| net.parse().unwrap()).collect(),
            panel,
        })
    }

    fn edit(self, id: Option<i64>, seal: Seal, asked: Option<Asked>) -> Panel {
        Panel::Edit(Box::new(EditPanel {
            seal,
            id,
            net: self.text("10.0.0.0/8", "10.0.0.0/8"),
            note: self.text("협력사 사무실", "Partner's office"),
            expires_at: self.text("2026-12-20T09:00", "2026-12-20T09:00"),
            reason: self.reason(),
            asked,
        }))
    }

    pub(super) fn networks(self, out: &mut Vec<Sample>) {
        let rows = || {
            vec![
                self.network(1, "10.20.0.0/16", ("본사 사무실", "Head office"), None),
                self.network(2, "203.0.113.58/32", ("외부 감사인", "Auditor from outside"), Some(100)),
                self.network(3, "2001:db8:40::/48", ("", ""), Some(3)),
                self.network(4, "198.51.100.0/24", ("협력사 사무실", "Partner's office"), Some(-30)),
            ]
        };
        let fixed = ["127.0.0.0/8", "::1/128", "10.20.4.0/24"];
        let mut add = |name, panel| {
            out.push(Sample { name, html: self.networks_page(rows(), &fixed, panel) });
        };
        let fresh = || Seal::fresh("", "01JD3Q8V5W", 3);
        let asked = |is_wide, overlaps: &[&str], is_confirmed| Asked {
            net: "10.0.0.0/8".parse().unwrap(),
            question: Question { is_wide, overlaps: overlaps.iter().map(|net| net.parse().unwrap()).collect() },
            is_confirmed,
        };
        add("networks", None);
        add("networks-add", Some(self.edit(None, fresh(), None)));
        let mut errors = FieldErrors::one("net", wrong::host_bits("10.0.0.0/8"));
        errors.add("note", wrong::too_long(200));
        errors.add("expires_at", wrong::not_an_expiry());
        errors.add("reason", wrong::too_short(5));
        add("networks-add-invalid", Some(self.edit(None, Seal { errors, ..fresh() }, None)));
        let errors = FieldErrors::one("wide_confirmed", wrong::not_confirmed("10.0.0.0/8"));
        add(
            "networks-add-asked",
            Some(self.edit(
                None,
                Seal { errors: errors.clone(), ..fresh() },
                Some(asked(true, &["10.20.0.0/16", "10.20.4.0/24"], false)),
            )),
        );
        add("networks-add-wide", Some(self.edit(None, Seal { errors, ..fresh() }, Some(asked(true, &[], false)))));
        let refusal = Some(Refusal::WrongCode { left: Some(2) });
        let overlapping = Some(asked(false, &["10.20.0.0/16"], true));
        add("networks-change", Some(self.edit(Some(1), Seal { refusal, ..fresh() }, overlapping)));
        let errors = FieldErrors::one("net", wrong::shuts_you_out());
        add("networks-change-yours", Some(self.edit(Some(1), Seal { errors, ..fresh() }, None)));
        let remove = |seal| {
            Panel::Remove(RemovePanel {
                seal,
                row: self.network(1, "10.20.0.0/16", ("본사 사무실", "Head office"), None),
                reason: self.reason(),
            })
        };
        add("networks-remove", Some(remove(fresh())));
        let meanwhile = Meanwhile { by: self.me(), at: before(TimeDelta::minutes(4)), seq: 12_344 };
        add("networks-remove-stale", Some(remove(Seal { refusal: Some(Refusal::Stale(Some(meanwhile))), ..fresh() })));
        add("networks-remove-refused", Some(remove(Seal { refusal: Some(wrong_state()), ..fresh() })));
        let closed = |panel: &str, why| Some(Panel::Closed { panel: panel.to_owned(), why });
        add("networks-remove-yours", closed("remove-1", "refused-state.network-yours"));
        add("networks-gone", closed("change-9", "networks.gone"));
        let changed = |field: &str, before: Option<&str>, after: Option<&str>| Changed {
            field: field.to_owned(),
            before: before.map(str::to_owned),
            after: after.map(str::to_owned),
        };
        let done = |action: &str| {
            Some(Panel::Done(Done {
                sealed: Sealed { seq: 12_345, at: now(), by: self.me(), reason: self.reason() },
                action: action.to_owned(),
                changed: vec![
                    changed("net", Some("10.20.0.0/16"), Some("10.20.0.0/15")),
                    changed("expires_at", None, Some("2026-12-20T00:00:00.000000Z")),
                ],
            }))
        };
        add("networks-done", done("networks.change"));
        out.push(Sample { name: "networks-empty", html: self.networks_page(vec![], &fixed, None) });
        out.push(Sample { name: "networks-only-list", html: self.networks_page(rows(), &[], None) });
    }
}
