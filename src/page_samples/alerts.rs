//! Alerts, channels and messages.

use super::maker::{Maker, Sample, before, html, now};
use crate::{
    alerts::{
        acknowledge::AcknowledgePanel,
        call::{CallEvent, What},
        kind::AlertKind,
        list::{Filter as AlertFilter, ListPage, Shown},
        note::NotePanel,
        receive::{end::EndReceivedPanel, record::Received},
        record::{Alert, AlertEvent},
        show::{AlertView, ShowPage, timeline},
        silence::record::{Scope, Silence},
    },
    id::{AlertId, DeliveryId, IncidentId, StaffId},
    notify::{
        Facts, Message, Severity, What as Told,
        again::{AgainPanel, GiveUpPanel},
        health::Health,
        list::{Deliveries, DeliveriesPage, Delivery, Filter},
        test::{ChannelName, TestPanel},
        way::Faulty,
    },
    web::{
        list::ListQuery as _,
        panel::{Opened, Panel, Side, side_of},
        shell::{
            NextCall, Section,
            field::{FieldErrors, wrong},
            seal::SealForm,
        },
    },
};
use chrono::TimeDelta;

impl Maker {
    fn facts(self) -> Facts {
        Facts {
            run: Some(48_213),
            attempt: Some(2),
            took: Some(754_000),
            usual: Some(300_000),
            processed: Some(1_200),
            usually_processed: Some(41_000),
            exit_code: Some(3),
            failure: Some(self.text("은행 파일이 없습니다", "the file of the bank is not there")),
            due: Some(before(TimeDelta::hours(1))),
            detail: Some(self.text("응답 없음", "HTTP 404: no_service")),
            change: Some("points.adjust".into()),
            source: Some("alertmanager".into()),
            labels: [(self.text("instance", "instance"), self.text("매장 1", "shop-1"))].into(),
            link: Some("https://prometheus.example.com/graph".into()),
            silenced_until: Some(before(TimeDelta::minutes(20))),
            runbook: Some("https://wiki.example.com/settlement".into()),
            ..Facts::default()
        }
    }

    pub(super) fn an_alert(self, id: i64, kind: AlertKind, n: i64) -> Alert {
        Alert {
            id: AlertId::new(id),
            kind,
            subject: "daily-settlement".into(),
            title: self.text("일일 정산 집계", "Daily settlement"),
            severity: kind.severity(),
            opened_at: before(TimeDelta::minutes(84)),
            newest_at: before(TimeDelta::minutes(24)),
            n,
            reference: Some("48213".into()),
            facts: serde_json::to_string(&self.facts()).unwrap(),
            told_n: n,
            told_at: before(TimeDelta::minutes(24)),
            acknowledged_at: None,
            acknowledged_by: None,
            cleared_at: None,
            resolved_at: None,
            changed: 1,
        }
    }

    pub(super) fn open_alerts(self) -> Vec<Shown> {
        let seen = |alert: Alert| Alert {
            acknowledged_at: Some(before(TimeDelta::minutes(3))),
            acknowledged_by: Some(StaffId::new(2)),
            ..alert
        };
        let open = |alert| Shown { alert, silenced_until: None, stale_since: None };
        vec![
            open(self.an_alert(31, AlertKind::RunFailed, 3)),
            Shown {
                silenced_until: Some(now().plus(TimeDelta::days(1))),
                ..open(self.an_alert(30, AlertKind::Missed, 20_000))
            },
            open(self.an_alert(29, AlertKind::RunSlow, 1)),
            Shown { stale_since: Some(before(TimeDelta::hours(5))), ..open(self.an_alert(26, AlertKind::Received, 1)) },
            open(seen(self.an_alert(28, AlertKind::ChannelFailing, 1))),
            open(Alert { cleared_at: Some(now()), ..self.an_alert(27, AlertKind::Skipped, 4) }),
        ]
    }

    fn alert_list(self, rows: Vec<Shown>, show: &str) -> ListPage {
        let filter = AlertFilter { show: show.into(), ..AlertFilter::default() };
        ListPage { shell: self.shell(Section::Alerts), pager: filter.pager(None::<AlertId>), filter, rows }
    }

    fn alert_page(self, alert: Alert, told: Vec<Delivery>, silence: Option<Silence>, side: Side) -> String {
        let event = |what: &str, minutes, n, staff: Option<String>| AlertEvent {
            at: before(TimeDelta::minutes(minutes)),
            what: what.into(),
            n,
            reference: n.map(|n| (48_200 + n).to_string()),
            reason: staff.as_ref().map(|_| self.reason()),
            staff_name: staff,
        };
        let events = vec![
            event("opened", 84, Some(1), None),
            event("again", 24, Some(3), None),
            event("acknowledged", 3, None, Some(self.me())),
        ];
        let may_silence = silence.is_none();
        let (shell, facts) = (self.shell(Section::Alerts), alert.facts());
        let received = (alert.kind == AlertKind::Received).then(|| self.a_received());
        let events = timeline(events, self.calls());
        let next = (alert.state() == "open").then(|| NextCall {
            at: now().plus(TimeDelta::minutes(7)),
            name: "second".into(),
            is_rota: true,
            person: (alert.n > 1).then(|| self.me()),
        });
        let deployments = alert.n;
        let incident =
            may_silence.then(|| (IncidentId::new(12), self.text("일일 정산 실패", "Daily settlement fails")));
        let may_open_incident = true;
        html(&ShowPage {
            shell,
            alert,
            facts,
            events,
            next,
            told,
            silence,
            may_silence,
            deployments,
            received,
            incident,
            may_open_incident,
            side,
        })
    }

    fn calls(self) -> Vec<CallEvent> {
        let call = |minutes: i64, what: What, step: Option<i64>| CallEvent {
            at: before(TimeDelta::minutes(minutes)),
            what: what.as_str().into(),
            policy: Some("batches".into()),
            step,
            target: step.map(|step| if step == 2 { "channel:ops".into() } else { "rota:first".into() }),
            staff: None,
            staff_name: step.filter(|step| *step < 2).map(|_| self.me()),
            detail: None,
        };
        let because = |detail: &str, event: CallEvent| CallEvent { detail: Some(detail.into()), ..event };
        let note =
            CallEvent { detail: Some(self.reason()), staff_name: Some(self.me()), ..call(60, What::Noted, None) };
        vec![
            call(84, What::Started, None),
            call(84, What::Called, Some(0)),
            because("no-way", call(74, What::Unreachable, Some(1))),
            call(74, What::Called, Some(2)),
            note,
            call(20, What::Returned, None),
            because("round", call(19, What::Unreachable, None)),
            because("steps", call(3, What::Ended, None)),
        ]
    }

    fn a_received(self) -> Received {
        Received {
            subject: "alertmanager:8f3a5c1d2e4b6a70:2026-11-19T16:48:08.120000Z".into(),
            source: "alertmanager".into(),
            fingerprint: "8f3a5c1d2e4b6a70".into(),
            starts_at: before(TimeDelta::minutes(84)),
            title: self.text("일일 정산 집계", "Daily settlement"),
            severity: Severity::Critical,
            labels: "{}".into(),
            url: None,
            summary: None,
            heard_at: before(TimeDelta::hours(5)),
            stale_at: before(TimeDelta::minutes(5)),
            is_suppressed: true,
        }
    }

    fn told(self) -> Vec<Delivery> {
        let waiting = Delivery { error: Some(self.text("HTTP 503", "HTTP 503")), ..self.a_delivery(8, "waiting", 2) };
        let dropped = Delivery { error: Some("resolved".into()), ..self.a_delivery(6, "dropped", 0) };
        vec![self.a_delivery(9, "told", 1), waiting, self.a_delivery(7, "failed", 7), dropped]
    }

    fn channel(self, name: &str, kind: &str, is_failing: bool) -> Health {
        Health {
            name: name.into(),
            kind: kind.into(),
            host: self.text("hooks.slack.com", "hooks.slack.com"),
            failing_since: is_failing.then(|| before(TimeDelta::hours(40))),
            error: is_failing.then(|| self.text("HTTP 404: no_service", "HTTP 404: no_service")),
            proven_at: (kind != "webhook").then(|| before(TimeDelta::days(3))),
            recipients: "[]".into(),
            addresses: None,
        }
    }

    fn a_delivery(self, id: i64, state: &str, attempts: i64) -> Delivery {
        let message = Message {
            what: Told::Opened,
            kind: "runs.failed".into(),
            severity: Severity::Critical,
            key: "ingam:prod:runs.failed:daily-settlement".into(),
            title: self.text("일일 정산 집계", "Daily settlement"),
            since: before(TimeDelta::minutes(84)),
            at: before(TimeDelta::minutes(84)),
            n: 1,
            path: "/alerts/31".into(),
            facts: self.facts(),
        };
        Delivery {
            id: DeliveryId::new(id),
            channel: if id == 7 { "duty".into() } else { "ops".into() },
            person: (id == 7).then(|| self.me()),
            what: "opened".into(),
            alert: Some(AlertId::new(31)),
            message: serde_json::to_string(&message).unwrap(),
            state: state.into(),
            attempts,
            created_at: before(TimeDelta::minutes(84)),
            next_at: now().plus(TimeDelta::minutes(2)),
            told_at: (state == "told").then(|| before(TimeDelta::minutes(83))),
            error: (state == "failed").then(|| self.text("HTTP 400: invalid_blocks", "HTTP 400: invalid_blocks")),
        }
    }

    fn channels(self) -> Vec<Health> {
        vec![
            self.channel("ops", "slack", true),
            self.channel("page", "pagerduty", false),
            self.channel("hook", "webhook", false),
            self.channel("mail", "email", false),
            self.channel("points", "influxdb", false),
            Health { addresses: Some("{}".into()), ..self.channel("duty", "slack", false) },
        ]
    }

    fn deliveries_page(self, rows: Vec<Delivery>, channels: Vec<Health>, side: Side) -> String {
        let filter = Filter::default();
        let pager = filter.pager(rows.last().map(|row| row.id));
        let shell = self.shell(Section::Alerts);
        let faulty = vec![Faulty {
            channel: "duty".into(),
            name: self.me(),
            error: Some(self.text("HTTP 404: no_service", "HTTP 404: no_service")),
        }];
        html(&DeliveriesPage { shell, filter, rows, pager, channels, faulty, may_mend: true, reads_queues: true, side })
    }

    fn deliveries_side<P: Panel<On = Deliveries>>(self, part: &P::Part, opened: Opened<P>) -> Side {
        let on = Deliveries::of(self.channels());
        let seal = SealForm { reason: self.reason(), ..SealForm::fresh(P::KIND, "01JD3Q8V5W", 0) };
        side_of(&self.shell(Section::Alerts), &on, part, opened, seal).unwrap().0
    }

    pub(super) fn alerts(self, out: &mut Vec<Sample>) {
        let mut add = |name, html| out.push(Sample { name, html });
        add("alerts", html(&self.alert_list(self.open_alerts(), "")));
        add("alerts-empty", html(&self.alert_list(vec![], "")));
        let over = Alert { resolved_at: Some(now()), ..self.an_alert(3, AlertKind::RunLost, 2) };
        add(
            "alerts-all",
            html(&self.alert_list(vec![Shown { alert: over.clone(), silenced_until: None, stale_since: None }], "all")),
        );
        add("alert-over", self.alert_page(over, self.told(), None, Side::default()));
        let received = AlertView {
            alert: self.an_alert(26, AlertKind::Received, 1),
            events: vec![],
            calls: vec![],
            told: vec![],
            silence: None,
            received: Some(self.a_received()),
            incident: None,
        };
        let seal = SealForm::fresh(EndReceivedPanel::KIND, "01JD3Q8V5W", 0);
        let end =
            side_of(&self.shell(Section::Alerts), &received, &(), Opened::Form(EndReceivedPanel), seal).unwrap().0;
        add("alert-received-end", self.alert_page(received.alert.clone(), vec![], None, end));
        add(
            "alert-received",
            self.alert_page(self.an_alert(26, AlertKind::Received, 1), self.told(), None, Side::default()),
        );
        let alert = self.an_alert(31, AlertKind::RunFailed, 3);
        let view = AlertView {
            alert: alert.clone(),
            events: vec![],
            calls: vec![],
            told: vec![],
            silence: None,
            received: None,
            incident: None,
        };
        // While incidents are open, its reason can name one of them.
        let mut shell = self.shell(Section::Alerts);
        shell.incidents = self.open_incidents();
        let side = |seal| side_of(&shell, &view, &(), Opened::Form(AcknowledgePanel), seal);
        let fresh = SealForm::fresh(AcknowledgePanel::KIND, "01JD3Q8V5W", 0);
        add("alert", self.alert_page(alert.clone(), vec![], None, side(fresh.clone()).unwrap().0));
        let note = SealForm::fresh(NotePanel::KIND, "01JD3Q8V5W", 0);
        let note = side_of(&self.shell(Section::Alerts), &view, &(), Opened::Form(NotePanel), note).unwrap().0;
        add("alert-note", self.alert_page(alert.clone(), self.told(), None, note));
        let errors = FieldErrors::one("reason", wrong::required());
        let wrong = SealForm { errors, reason: String::new(), ..fresh };
        add(
            "alert-without-reason",
            self.alert_page(
                alert,
                self.told(),
                Some(self.a_silence(4, Scope::Kind, "runs.failed")),
                side(wrong).unwrap().0,
            ),
        );
        let rows = || {
            vec![
                self.a_delivery(9, "waiting", 2),
                self.a_delivery(8, "failed", 7),
                self.a_delivery(7, "told", 1),
                self.a_delivery(6, "dropped", 0),
            ]
        };
        add("deliveries", self.deliveries_page(rows(), self.channels(), Side::default()));
        add("deliveries-empty", self.deliveries_page(vec![], vec![], Side::default()));
        let failed = self.a_delivery(8, "failed", 7);
        let again = self.deliveries_side(&failed.id.clone(), Opened::Form(AgainPanel(failed)));
        add("delivery-again", self.deliveries_page(rows(), self.channels(), again));
        let waiting = self.a_delivery(9, "waiting", 2);
        let give_up = self.deliveries_side(&waiting.id.clone(), Opened::Form(GiveUpPanel(waiting)));
        add("delivery-give-up", self.deliveries_page(rows(), self.channels(), give_up));
        let channel = self.channel("ops", "slack", true);
        let test = self.deliveries_side(&ChannelName("ops".into()), Opened::Form(TestPanel(channel)));
        add("channel-test", self.deliveries_page(rows(), self.channels(), test));
    }
}
