//! Levers, and the pause of all jobs of an owner.

use super::maker::{Maker, Sample, before, html, now};
use crate::{
    batches::{
        list::JobList,
        list_pages::{ListPage, Show},
        pause_owner::{Pausable, PauseOwnerPanel},
    },
    gate::lever::ClosedKind,
    id::LeverId,
    levers::{
        close::ClosePanel,
        list::{Levers, LeversPage, OVER},
        open::OpenPanel,
        record::Lever,
    },
    web::{
        list::pager_within,
        panel::{Button, Opened, Panel, Side, Subject, side_of},
        shell::{
            Section, Shell,
            field::{FieldErrors, wrong},
            seal::SealForm,
        },
    },
};
use chrono::TimeDelta;

impl Maker {
    fn a_lever(self, id: i64, kind: &str) -> Lever {
        Lever {
            id: LeverId::new(id),
            kind: kind.into(),
            closed_at: before(TimeDelta::minutes(40)),
            until_at: now().plus(TimeDelta::hours(3)),
            reason: self.reason(),
            staff_name: self.me(),
            opened_at: None,
            opened_by: None,
        }
    }

    fn closed_levers(self) -> Vec<Lever> {
        vec![self.a_lever(4, "points.adjust"), self.a_lever(3, "orders.refund")]
    }

    fn shell_with_levers(self, section: Section, levers: &[Lever]) -> Shell {
        let closed = |lever: &Lever| ClosedKind {
            kind: lever.kind.clone(),
            until_at: lever.until_at,
            staff_name: lever.staff_name.clone(),
        };
        Shell { closed: levers.iter().map(closed).collect(), ..self.shell(section) }
    }

    fn levers_page(self, closed: Vec<Lever>, over: Vec<Lever>, side: Side) -> String {
        let pager = pager_within("/levers", OVER, true, over.last().map(|lever| lever.id));
        let shell = self.shell_with_levers(Section::Alerts, &closed);
        let button = Button { name: "close", icon: "ban", label: shell.t("levers.close").to_owned() };
        let side = Side { buttons: vec![button], ..side };
        html(&LeversPage { shell, closed, over, pager, may_open: true, side })
    }

    fn lever_side<P: Panel>(self, on: &P::On, part: &P::Part, opened: Opened<P>, errors: FieldErrors) -> Side {
        let seal = SealForm { reason: self.reason(), errors, ..SealForm::fresh(P::KIND, "01JD3Q8V5W", 0) };
        side_of(&self.shell(P::On::SECTION), on, part, opened, seal).unwrap().0
    }

    pub(super) fn levers(self, out: &mut Vec<Sample>) {
        let mut add = |name, html| out.push(Sample { name, html });
        let on = || Levers {
            before: None,
            closed: self.closed_levers(),
            kinds: vec!["points.adjust", "users.status", "orders.refund", "batches.run"],
        };
        let expired = Lever { until_at: before(TimeDelta::minutes(5)), ..self.a_lever(1, "batches.run") };
        let early = Lever {
            opened_at: Some(before(TimeDelta::minutes(20))),
            opened_by: Some(self.me()),
            ..self.a_lever(0, "users.status")
        };
        let over = || vec![expired.clone(), early.clone()];
        add("levers", self.levers_page(self.closed_levers(), over(), Side::default()));
        add("levers-empty", self.levers_page(vec![], vec![], Side::default()));
        let form = |kind: &str, until: String| Opened::Form(ClosePanel { kind: kind.into(), until });
        let fresh = self.lever_side(&on(), &(), form("", "2026-11-20T07:12".into()), FieldErrors::new());
        add("lever-close", self.levers_page(vec![], over(), fresh));
        let mut errors = FieldErrors::one("kind", wrong::required());
        errors.add("until", super::maker::refused_field("lever-long", &[]));
        let refused = self.lever_side(&on(), &(), form("orders.refund", self.text("", "")), errors);
        add("lever-close-refused", self.levers_page(self.closed_levers(), vec![], refused));
        let lever = self.a_lever(4, "points.adjust");
        let open = self.lever_side(&on(), &lever.id.clone(), Opened::Form(OpenPanel(lever)), FieldErrors::new());
        add("lever-open", self.levers_page(self.closed_levers(), over(), open));
        let job = |name: &str, is_paused, has_schedule, is_theirs| Pausable {
            name: name.into(),
            title: self.text("일일 정산 집계", "Daily settlement"),
            is_paused,
            has_schedule,
            is_theirs,
        };
        let jobs = vec![
            job("a", false, true, true),
            job("b", true, true, true),
            job("c", false, false, true),
            job("d", false, true, false),
        ];
        let panel = |owner: &str| {
            let owners = vec![(self.text("정산팀", "Settlement"), jobs.clone())];
            Opened::Form(PauseOwnerPanel { owner: owner.into(), hours: "12".into(), owners })
        };
        let pause = |opened, errors| {
            let side = self.lever_side(&JobList::ALL, &(), opened, errors);
            let button = Button {
                name: "pause-owner",
                icon: "minus",
                label: self.frame().words.known("pause-owner.title").to_owned(),
            };
            let page = ListPage::new(self.shell(Section::Batches), self.job_rows(), Show::All);
            html(&ListPage { side: Side { buttons: vec![button], ..side }, ..page })
        };
        add("batches-pause-owner", pause(panel(&self.text("정산팀", "Settlement")), FieldErrors::new()));
        add("batches-pause-owner-refused", pause(panel(""), FieldErrors::one("owner", wrong::required())));
    }
}
