//! Ways to be reached.

use super::maker::{Maker, Sample, before, html, now};
use crate::{
    id::WayId,
    notify::health::Health,
    ways::{
        add::AddPanel,
        list::{Ways, WaysPage},
        prove::ProvePanel,
        record::Way,
        remove::RemovePanel,
    },
    web::{
        panel::{Opened, Panel, Side, side_of},
        shell::{
            Section,
            field::{FieldErrors, wrong},
            seal::SealForm,
        },
    },
};
use chrono::TimeDelta;

impl Maker {
    fn a_way(self, id: i64, channel: &str, hint: &str) -> Way {
        Way {
            id: WayId::new(id),
            channel: self.text(channel, channel),
            hint: self.text(hint, hint),
            made_at: before(TimeDelta::minutes(20)),
            code_until: now().plus(TimeDelta::minutes(40)),
            tries: 0,
            proven_at: None,
            failed_at: None,
            error: None,
        }
    }

    fn all_ways(self) -> Vec<Way> {
        let proven = Way {
            proven_at: Some(before(TimeDelta::minutes(15))),
            ..self.a_way(1, "duty-mail", "ju•••••••••@home.example")
        };
        let failed = Way {
            failed_at: Some(before(TimeDelta::minutes(5))),
            error: Some(self.text("HTTP 404: no_service", "HTTP 404: no_service")),
            ..self.a_way(2, "duty-slack", "hooks.slack.com/…fJun")
        };
        let over = Way { tries: 5, ..self.a_way(4, "duty-page", "…3Y00") };
        vec![proven, failed, self.a_way(3, "duty-page", "…7K21"), over]
    }

    fn ways_on(self, rows: Vec<Way>) -> Ways {
        let channel = |name: &str, kind: &str| Health {
            name: self.text(name, name),
            kind: kind.into(),
            host: String::new(),
            failing_since: None,
            error: None,
            proven_at: None,
            recipients: "[]".into(),
            addresses: Some("{}".into()),
        };
        Ways { rows, channels: vec![channel("duty-mail", "email"), channel("duty-page", "pagerduty")] }
    }

    fn ways_page(self, rows: Vec<Way>, has_channels: bool, side: Side) -> String {
        html(&WaysPage { shell: self.shell(Section::Oncall), rows, has_channels, side })
    }

    fn ways_side<P: Panel<On = Ways>>(self, part: &P::Part, opened: Opened<P>, errors: FieldErrors) -> Side {
        let seal = SealForm { errors, ..SealForm::fresh(P::KIND, "01JD3Q8V5W", 0) };
        side_of(&self.shell(Section::Oncall), &self.ways_on(self.all_ways()), part, opened, seal).unwrap().0
    }

    pub(super) fn ways(self, out: &mut Vec<Sample>) {
        let mut add = |name, html| out.push(Sample { name, html });
        add("ways", self.ways_page(self.all_ways(), true, Side::default()));
        add("ways-empty", self.ways_page(vec![], true, Side::default()));
        add("ways-no-channels", self.ways_page(vec![], false, Side::default()));
        let form = |channel: &str, address: &str| {
            Opened::Form(AddPanel { channel: channel.into(), address: self.text(address, address) })
        };
        let adding = self.ways_side(&(), form("", ""), FieldErrors::new());
        add("way-add", self.ways_page(self.all_ways(), true, adding));
        let mut errors =
            FieldErrors::one("address", super::maker::refused_field("way-host", &[("hosts", &"hooks.slack.com")]));
        errors.add("channel", wrong::not_a_choice());
        let refused = self.ways_side(&(), form("duty-mail", "https://example.com/hook"), errors);
        add("way-add-refused", self.ways_page(self.all_ways(), true, refused));
        let way = self.a_way(3, "duty-page", "…7K21");
        let prove = self.ways_side(&way.id.clone(), Opened::Form(ProvePanel(way.clone())), FieldErrors::new());
        add("way-prove", self.ways_page(self.all_ways(), true, prove));
        let remove = self.ways_side(&way.id.clone(), Opened::Form(RemovePanel(way)), FieldErrors::new());
        add("way-remove", self.ways_page(self.all_ways(), true, remove));
    }
}
