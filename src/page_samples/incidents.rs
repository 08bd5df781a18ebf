//! Incidents, their forms, and how long alerts take.

use super::maker::{Maker, Sample, before, html, now};
use crate::{
    gate::mention,
    id::{ActionId, AlertId, IncidentEventId, IncidentId, PostmortemId, Seq, StaffId},
    incidents::{
        action::{AddPanel, FinishPanel},
        advance::AdvancePanel,
        edit::EditPanel,
        lead::LeadPanel,
        list::{Filter, Incidents, ListPage},
        markdown,
        note::NotePanel,
        open::OpenPanel,
        postmortem::PostmortemPanel,
        record::{Action, Incident, Postmortem},
        reopen::ReopenPanel,
        severity::Grade,
        show::{IncidentView, ShowPage, Timeline},
        step::Step,
        timeline::Event,
        times::{Filter as TimesFilter, TimesPage, sample},
    },
    staff::colleague::Colleague,
    web::{
        list::{ListQuery as _, Page},
        panel::{Opened, Panel, Side, side_of},
        shell::{
            OpenIncident, Section, Tone,
            field::{FieldErrors, wrong},
            seal::SealForm,
        },
    },
};
use chrono::TimeDelta;

impl Maker {
    pub(super) fn an_incident(self, id: i64, step: Step) -> Incident {
        let has = |least: Step, text: String| (step >= least).then_some(text);
        let at = |least: Step, minutes: i64| (step >= least).then(|| before(TimeDelta::minutes(minutes)));
        Incident {
            id: IncidentId::new(id),
            title: self.text("일일 정산이 실패해 환불이 늦어짐", "Daily settlement fails, refunds are late"),
            severity: if id % 2 == 0 { Grade::Sev1 } else { Grade::Sev2 },
            step,
            opened_at: before(TimeDelta::minutes(80)),
            opened_name: self.me(),
            alert: Some(AlertId::new(31)),
            lead: (step > Step::Detected).then(|| StaffId::new(1)),
            lead_name: has(Step::Responding, self.me()),
            impact: if step == Step::Detected {
                String::new()
            } else {
                self.text("오늘 승인한 환불이 내일 입금됩니다.", "Refunds of today arrive tomorrow.")
            },
            cause: has(Step::Identified, self.text("은행 파일이 비어 있었습니다.", "The file of the bank was empty.")),
            remedy: has(
                Step::Recovered,
                self.text("은행에서 다시 받아 재실행했습니다.", "It was sent again and the job was rerun."),
            ),
            recovered_at: at(Step::Recovered, 20),
            closed_at: at(Step::Closed, 2),
            no_actions: None,
            changed: 3,
        }
    }

    fn actions(self) -> Vec<Action> {
        let action = |id: i64, due: &str, done: bool| Action {
            id: ActionId::new(id),
            incident: IncidentId::new(12),
            text: self.text("빈 파일이면 배치를 시작하지 않게 하기", "Do not start the job where the file is empty"),
            owner: StaffId::new(1),
            owner_name: self.me(),
            due: due.into(),
            done_at: done.then(|| before(TimeDelta::minutes(5))),
        };
        vec![action(1, "2026-11-18", false), action(2, "2026-12-03", false), action(3, "2026-11-20", true)]
    }

    fn a_postmortem(self) -> Postmortem {
        let text = self.text(
            "# INC-12 정산 실패\n\n은행이 **빈 파일**을 보냈습니다.\n\n## 경과\n\n- 03:04 [실행](/runs/1842) 실패\n- 03:10 확인\n\n| 시각 | 내용 |\n|---|---|\n| 03:30 | 복구 |\n\n> 배운 점",
            "# INC-12 Settlement fails\n\nThe bank sent an **empty file**.\n\n## Timeline\n\n- 03:04 [run](/runs/1842) failed\n- 03:10 acknowledged\n\n| Time | What |\n|---|---|\n| 03:30 | right again |\n\n> What we learned",
        );
        Postmortem {
            id: PostmortemId::new(1),
            text,
            hash: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad".into(),
            sealed_at: before(TimeDelta::minutes(4)),
            staff_name: self.me(),
        }
    }

    fn events(self) -> Vec<Event> {
        let event = |id: i64, what: &str, text: String, staff: bool, link: Option<&str>| Event {
            id: IncidentEventId::new(id),
            at: before(TimeDelta::minutes(90 - id * 5)),
            what: what.into(),
            staff_name: staff.then(|| self.me()),
            text,
            link: link.map(Into::into),
            seq: link.is_none().then(|| Seq::new(12_000 + id)),
        };
        let reason = || self.reason();
        let mut events = vec![
            event(1, "alert-opened", String::new(), false, Some("/alerts/31")),
            event(2, "told-opened", self.text("ops", "ops"), false, Some("/alerts/31")),
            event(3, "opened", reason(), true, None),
            event(4, "responding", self.me(), true, None),
            event(5, "told-failed", self.text("hook", "hook"), false, Some("/alerts/31")),
            event(6, "changed.batches.pause", reason(), true, Some("/audit/12006")),
            event(7, "asked.points.adjust", reason(), true, Some("/audit/12007")),
            event(8, "run-rerun", "#48214".into(), true, Some("/runs/48214")),
            event(9, "run-succeeded", "#48214".into(), false, Some("/runs/48214")),
            event(10, "note", self.text("은행과 통화했습니다.", "Called the bank."), true, None),
        ];
        events.reverse();
        events
    }

    fn view(self, step: Step) -> IncidentView {
        let has = step >= Step::Recovered;
        IncidentView {
            incident: self.an_incident(12, step),
            actions: if has { self.actions() } else { Vec::new() },
            postmortem: (step == Step::Closed).then(|| self.a_postmortem()),
        }
    }

    fn incident_page(self, view: IncidentView, events: Vec<Event>, side: Side) -> String {
        let IncidentView { incident, actions, postmortem } = view;
        let next = events.last().map(|event| event.id);
        let timeline = Timeline::of(&incident, Page { rows: events, next }, true, true);
        let text = postmortem.as_ref().map(|postmortem| markdown::render(&postmortem.text));
        let within = self.incident_side(Step::Responding, &(), Opened::Form(NotePanel), FieldErrors::new()).within;
        let shell = self.shell(Section::Incidents);
        let today = "2026-11-20".into();
        let side = Side { within, ..side };
        html(&ShowPage {
            shell,
            incident,
            actions,
            postmortem,
            text,
            timeline,
            may_work: true,
            deployments: 2,
            today,
            side,
        })
    }

    fn incident_side<P: Panel<On = IncidentView>>(
        self,
        step: Step,
        part: &P::Part,
        opened: Opened<P>,
        errors: FieldErrors,
    ) -> Side {
        let reason = if P::NAME == NotePanel::NAME { String::new() } else { self.reason() };
        let seal = SealForm { errors, reason, ..SealForm::fresh(P::KIND, "01JD3Q8V5W", 3) };
        side_of(&self.shell(Section::Incidents), &self.view(step), part, opened, seal).unwrap().0
    }

    fn workers(self) -> Vec<Colleague> {
        vec![Colleague { id: StaffId::new(1), name: self.me() }, Colleague { id: StaffId::new(2), name: self.me() }]
    }

    pub(super) fn open_incidents(self) -> Vec<OpenIncident> {
        let open = |id: i64, severity: &str, tone, step: &str| OpenIncident {
            id: IncidentId::new(id),
            token: mention::token(IncidentId::new(id)),
            title: self.text("일일 정산이 실패해 환불이 늦어짐", "Daily settlement fails, refunds are late"),
            severity: severity.into(),
            tone,
            step: step.into(),
            alert: None,
        };
        vec![open(12, "sev1", Tone::Bad, "responding"), open(9, "sev3", Tone::Mute, "recovered")]
    }

    pub(super) fn home_actions(self) -> Vec<Action> {
        self.actions().into_iter().filter(|action| action.done_at.is_none()).collect()
    }

    fn incident_list(self, rows: Vec<Incident>, filter: Filter, errors: FieldErrors, side: Side) -> String {
        let pager = filter.pager(rows.last().map(|row| row.id));
        let shell = self.shell(Section::Incidents);
        html(&ListPage { shell, filter, errors, rows, pager, may_open: true, side })
    }

    fn open_side(self, panel: OpenPanel, errors: FieldErrors, reason: String) -> Side {
        let seal = SealForm { errors, reason, ..SealForm::fresh(OpenPanel::KIND, "01JD3Q8V5W", 0) };
        let on = Incidents::default();
        side_of(&self.shell(Section::Incidents), &on, &(), Opened::Form(panel), seal).unwrap().0
    }

    pub(super) fn incidents(self, out: &mut Vec<Sample>) {
        self.incident_lists(out);
        self.incident_pages(out);
        let mut add = |name, html| out.push(Sample { name, html });
        let (shell, filter) = (|| self.shell(Section::Incidents), TimesFilter::default());
        let (jobs, months) = sample(&self.text("일일 정산 집계", "Daily settlement"), now());
        add("incident-times", html(&TimesPage { shell: shell(), filter: filter.clone(), jobs, months, is_cut: true }));
        let (_, months) = sample("", before(TimeDelta::days(400)));
        add("incident-times-empty", html(&TimesPage { shell: shell(), filter, jobs: vec![], months, is_cut: false }));
    }

    fn incident_lists(self, out: &mut Vec<Sample>) {
        let mut add = |name, html| out.push(Sample { name, html });
        let rows = || Step::ALL.into_iter().zip(7..).map(|(step, id)| self.an_incident(id, step)).collect();
        let none = FieldErrors::new;
        add("incidents", self.incident_list(rows(), Filter::default(), none(), Side::default()));
        add("incidents-empty", self.incident_list(vec![], Filter::default(), none(), Side::default()));
        let filter = Filter { show: "closed".into(), q: self.text("정산", "settlement"), ..Filter::default() };
        let errors = FieldErrors::one("q", wrong::too_long(100));
        add("incidents-nothing", self.incident_list(vec![], filter, errors, Side::default()));
        let panel = |alert: &str, title: String| OpenPanel {
            alert: alert.into(),
            title,
            severity: "sev2".into(),
            impact: String::new(),
        };
        let fresh = panel("31", self.text("배치 실행 실패: 일일 정산", "Run failed: Daily settlement"));
        add(
            "incident-open",
            self.incident_list(rows(), Filter::default(), none(), self.open_side(fresh, none(), String::new())),
        );
        let mut errors = FieldErrors::one("title", super::maker::refused_field("incident-text", &[]));
        errors.add("severity", wrong::not_a_choice());
        errors.add("impact", super::maker::refused_field("incident-long", &[("max", &"2,000")]));
        let refused = self.open_side(panel("", self.text("", "")), errors, self.reason());
        add("incident-open-refused", self.incident_list(vec![], Filter::default(), none(), refused));
    }

    fn incident_pages(self, out: &mut Vec<Sample>) {
        let mut add = |name, html| out.push(Sample { name, html });
        let none = FieldErrors::new;
        let lead = || LeadPanel { workers: self.workers(), lead: "1".into() };
        let side = self.incident_side(Step::Detected, &(), Opened::Form(lead()), none());
        add("incident-detected", self.incident_page(self.view(Step::Detected), vec![], side));
        add("incident", self.incident_page(self.view(Step::Responding), self.events(), Side::default()));
        add("incident-closed", self.incident_page(self.view(Step::Closed), self.events(), Side::default()));
        let advance = |step, has_actions, errors| {
            let typed = |text: String| text;
            let panel = AdvancePanel {
                step,
                cause: typed(self.text("은행 파일이 비어 있었습니다.", "The file of the bank was empty.")),
                remedy: typed(self.text("다시 받았습니다.", "It was sent again.")),
                recovered_at: "2026-11-20T03:12".into(),
                no_actions: String::new(),
                has_actions,
            };
            self.incident_side(step, &(), Opened::Form(panel), errors)
        };
        for (name, step, has_actions) in [
            ("incident-cause", Step::Responding, false),
            ("incident-recovery", Step::Identified, false),
            ("incident-close", Step::Recovered, true),
        ] {
            add(name, self.incident_page(self.view(step), self.events(), advance(step, has_actions, none())));
        }
        let errors = FieldErrors::one("recovered_at", super::maker::refused_field("incident-recovered-early", &[]));
        let side = advance(Step::Identified, false, errors);
        add("incident-recovery-refused", self.incident_page(self.view(Step::Identified), vec![], side));
        let errors = FieldErrors::one("no_actions", super::maker::refused_field("incident-actions", &[]));
        let side = advance(Step::Recovered, false, errors);
        add("incident-close-refused", self.incident_page(self.view(Step::Recovered), vec![], side));
        let side = self.incident_side(Step::Closed, &(), Opened::Form(ReopenPanel), none());
        add("incident-reopen", self.incident_page(self.view(Step::Closed), self.events(), side));
        let edit = EditPanel {
            title: self.text("일일 정산 실패", "Daily settlement fails"),
            severity: "sev1".into(),
            impact: self.text("", ""),
        };
        let errors = FieldErrors::one("title", super::maker::refused_field("incident-same", &[]));
        let side = self.incident_side(Step::Responding, &(), Opened::Form(edit), errors);
        add("incident-edit", self.incident_page(self.view(Step::Responding), self.events(), side));
        let action = AddPanel {
            workers: self.workers(),
            text: self.text("빈 파일 검사 추가", "Check for empty files"),
            owner: "2".into(),
            due: "2026-12-03".into(),
        };
        let errors = FieldErrors::one("due", super::maker::refused_field("incident-due", &[]));
        let side = self.incident_side(Step::Recovered, &(), Opened::Form(action), errors);
        add("incident-action", self.incident_page(self.view(Step::Recovered), self.events(), side));
        let finish = FinishPanel(self.actions().remove(0));
        let part = finish.0.id;
        let side = self.incident_side(Step::Recovered, &part, Opened::Form(finish), none());
        add("incident-action-done", self.incident_page(self.view(Step::Recovered), self.events(), side));
        let panel = PostmortemPanel { text: self.a_postmortem().text };
        let side = self.incident_side(Step::Recovered, &(), Opened::Form(panel), none());
        add("incident-postmortem", self.incident_page(self.view(Step::Recovered), self.events(), side));
        let closed = Opened::<AdvancePanel>::Closed(self.shell(Section::Incidents).t("incident.lead-first").to_owned());
        let side = self.incident_side(Step::Detected, &(), closed, none());
        add("incident-closed-form", self.incident_page(self.view(Step::Detected), vec![], side));
    }
}
