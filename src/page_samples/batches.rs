use super::maker::{Maker, Sample, before, html, now};
use crate::{
    batches::{
        bars::{Bars, Mini},
        baseline::Baseline,
        definition::{Definition, Values},
        detail::JobDetail,
        event::Event,
        job::JobPage,
        kind::Kind,
        lapse::Lapse,
        list_pages::{JobRow, LastRun, ListPage, Show},
        log::{LogLine, RunLog},
        params,
        pause::PausePanel,
        program::missing,
        record::{Job, Run},
        rerun_all::RerunAllPanel,
        runs::{Filter, RunList, RunRow, RunsPage},
        start::StartPanel,
        state::State,
    },
    id::{RunId, Seq},
    web::{
        list::ListQuery as _,
        panel::{Button, Opened, Panel, Side},
        shell::{
            Section,
            field::{FieldErrors, wrong},
            seal::SealForm,
            table::Choice,
        },
    },
};
use chrono::TimeDelta;

impl Maker {
    pub(super) fn job(self, name: &str) -> Job {
        Job {
            name: name.into(),
            title: self.text("일일 정산 집계", "Daily settlement"),
            owner: self.text("정산팀", "Settlement"),
            kind: Kind::Command,
            version: 4,
            is_retired: false,
            next_at: Some(now().plus(TimeDelta::hours(14))),
            paused_until: None,
            baseline_from: None,
            changed: 7,
        }
    }

    pub(super) fn definition(self) -> Definition {
        let text = r#"
            name = "daily-settlement"
            title = "Daily settlement"
            owner = "settlement"
            runbook = "https://wiki.example.com/settlement"
            command = ["/opt/jobs/settle", "--date", "{date}"]
            schedule = { cron = "30 2 * * *" }
            roles = ["oncall", "operator"]
            parameters = [
              { name = "date", title = "Day", type = "date", default = "yesterday" },
              { name = "bank", title = "Bank", type = "choice", choices = ["kb", "shinhan"], default = "kb" },
              { name = "pages", title = "Pages", type = "integer", min = 1, max = 500, default = "482" },
            ]"#;
        let mut definition: Definition = toml::from_str(text).unwrap();
        definition.owner = self.text("정산팀", "settlement");
        for parameter in &mut definition.parameters {
            parameter.title = self.text(&parameter.title, &parameter.title);
        }
        definition
    }

    pub(super) fn values() -> Values {
        [("date", "2026-11-19"), ("bank", "kb"), ("pages", "482")].map(|(n, v)| (n.to_owned(), v.to_owned())).into()
    }

    pub(super) fn run(id: i64, state: State) -> Run {
        let ended = !state.is_open();
        Run {
            id: RunId::new(id),
            job: "daily-settlement".into(),
            version: 3,
            state,
            cause: "schedule".into(),
            params: serde_json::to_string(&Self::values()).unwrap(),
            staff_name: None,
            rerun_of: None,
            root_id: None,
            attempt: 1,
            runner: Some("batch-02/4711/8812345".into()),
            fence: 1,
            pid: Some(4711),
            waits_for_pid: true,
            is_process_gone: false,
            pid_started: Some(8_812_345),
            deadline_at: None,
            queued_at: before(TimeDelta::minutes(42)),
            started_at: (state != State::Queued).then(|| before(TimeDelta::minutes(41))),
            ended_at: ended.then(|| before(TimeDelta::minutes(24))),
            duration_ms: ended.then_some(1_032_000),
            progress: Some(410),
            processed: Some(48_120),
            failed: Some(3),
            skipped: Some(12),
            exit_code: (state == State::Failed).then_some(75),
            failure: None,
            baseline_ms: Some(448_000),
            baseline_count: Some(117_300),
            baseline_runs: 20,
            is_slow: false,
            is_low: false,
            is_late: false,
            gap_from: None,
            gap_until: None,
            gap_bytes: 0,
            resolution: None,
            resolved_by: None,
            resolved_at: None,
            changed: 4,
        }
    }

    pub(super) fn batch_log(self) -> RunLog {
        let line = |n, ko: &str, en: &str| LogLine {
            n,
            at: Some(before(TimeDelta::minutes(41 - n))),
            is_error: false,
            is_pending: false,
            text: self.text(ko, en),
        };
        RunLog {
            lines: vec![
                line(0, "시작: 2026-11-19, 대상 117,300건", "start: 2026-11-19, 117,300 rows"),
                line(1, "체크포인트 저장 간격 1,000건", "checkpoint every 1,000 rows"),
                line(7, "WARN PG 조회 8.1초 (평소 0.4초)", "WARN gateway lookup took 8.1 s (typically 0.4 s)"),
                line(
                    8,
                    "ERROR HTTP 504 Gateway Timeout: GET /v1/settlements?date=2026-11-19&page=482",
                    "ERROR HTTP 504 Gateway Timeout: GET /v1/settlements?date=2026-11-19&page=482",
                ),
            ],
            next: 9,
            gap: Some((7, 8_421)),
        }
    }

    pub(super) fn event(self, kind: &str, by: &str) -> Event {
        Event {
            at: before(TimeDelta::minutes(24)),
            kind: kind.into(),
            detail: (kind == "rerun").then(|| "48231".into()),
            staff_name: by.into(),
            seq: Some(Seq::new(12_340)),
            reason: (by != "system").then(|| self.reason()),
        }
    }

    pub(super) fn history() -> Vec<Run> {
        (0..30)
            .map(|n| {
                let state = if n % 14 == 0 { State::Failed } else { State::Succeeded };
                Run { duration_ms: Some(430_000 + n % 7 * 9000), ..Self::run(48_213 - n, state) }
            })
            .collect()
    }

    fn job_page(self, job: Job, side: Side) -> String {
        self.job_page_with(job, vec![], side)
    }

    pub(super) fn job_page_with(self, job: Job, lapses: Vec<Lapse>, side: Side) -> String {
        let definition = self.definition();
        let button = |name, icon, label: &str| Button { name, icon, label: self.frame().words.known(label).to_owned() };
        html(&JobPage {
            waiting: vec![self.request(7, crate::approvals::request::State::Waiting)],
            shell: self.shell(Section::Batches),
            normal: Baseline { duration: Some(448_000), processed: Some(117_300), runs: 20 },
            next: definition.schedule.as_ref().map(|schedule| schedule.following(now(), 5)).unwrap_or_default(),
            missing: missing(&definition).filter(|_| job.name == "stock-sync"),
            job,
            definition,
            recent: Self::history(),
            lapses,
            events: vec![
                self.event("defined", "system"),
                self.event("missed", "system"),
                self.event("paused", "박준호"),
            ],
            side: Side {
                buttons: vec![button("run", "play", "start.title"), button("pause", "minus", "pause.title")],
                ..side
            },
        })
    }

    /// The page of a job with a panel beside it.
    fn job_with<P: Panel<On = JobDetail, Part = ()>>(self, job: Job, panel: P, seal: SealForm) -> String {
        let on = JobDetail { job: job.clone(), definition: self.definition(), lapses: vec![] };
        self.job_page(job, self.batch_side(&on, Opened::Form(panel), seal))
    }

    pub(super) fn job_rows(self) -> Vec<JobRow> {
        let bars = || {
            let mini = |run: &Run| Mini { state: run.state, took: run.duration_ms, is_unusual: false };
            Bars::of(&Self::history().iter().rev().map(mini).collect::<Vec<_>>())
        };
        let row = |name: &str, state, needs, is_unusual| JobRow {
            job: self.job(name),
            bars: bars(),
            last: Some(LastRun { id: RunId::new(48_213), state, is_unusual, at: before(TimeDelta::minutes(24)) }),
            needs,
            lapses: vec![],
            typical: Some(448_000),
            is_running: state == State::Running,
            is_paused: false,
            is_missing: name == "stock-sync",
        };
        vec![
            row("stock-sync", State::Succeeded, None, false),
            row("daily-settlement", State::Failed, Some((RunId::new(48_213), true)), false),
            row("search-reindex", State::Succeeded, Some((RunId::new(48_201), false)), true),
            row("shipment-sync", State::Running, None, false),
            JobRow {
                is_paused: true,
                last: None,
                typical: None,
                bars: Bars::default(),
                ..row("dormant-users", State::Succeeded, None, false)
            },
        ]
    }

    pub(super) fn batches(self, out: &mut Vec<Sample>) {
        let mut add = |name, html| out.push(Sample { name, html });
        let list = |rows, show| html(&ListPage::new(self.shell(Section::Batches), rows, show));
        add("batches", list(self.job_rows(), Show::All));
        add("batches-attention", list(self.job_rows(), Show::Attention));
        add("batches-empty", list(vec![], Show::All));
        add("batches-none-paused", list(vec![], Show::Paused));
        let job = || self.job("daily-settlement");
        let start = |wrong| StartPanel { fields: params::fields(&self.definition(), &Self::values(), None, wrong) };
        add("job", self.job_page(job(), Side::default()));
        add("job-run", self.job_with(job(), start(None), self.batch_seal()));
        let seal = SealForm { errors: FieldErrors::one("param", wrong::not_a_choice()), ..self.batch_seal() };
        add("job-run-invalid", self.job_with(job(), start(Some("bank")), seal));
        let pause = || PausePanel { hours: "12".into() };
        let paused = Job { paused_until: Some(now().plus(TimeDelta::hours(5))), ..job() };
        add("job-paused", self.job_with(paused, pause(), self.batch_seal()));
        let seal = SealForm { errors: FieldErrors::one("hours", wrong::not_a_choice()), ..self.batch_seal() };
        add("job-pause-invalid", self.job_with(job(), pause(), seal));
        add("job-program-missing", self.job_page(self.job("stock-sync"), Side::default()));
        add("job-retired", self.job_page(Job { is_retired: true, next_at: None, ..job() }, Side::default()));
        self.lapse_pages(&mut add);
        self.run_pages(&mut add);
        let runs = |side, filter: Filter| RunsPage {
            shell: self.shell(Section::Batches),
            rows: Self::history()
                .into_iter()
                .map(|run| RunRow {
                    title: self.text("일일 정산 집계", "Daily settlement"),
                    is_yours: true,
                    may_rerun: run.state.may_rerun() && run.resolution.is_none(),
                    run,
                })
                .collect(),
            pager: filter.pager(Some(48_184)),
            filter,
            errors: FieldErrors::new(),
            jobs: vec![Choice::new("daily-settlement", self.text("일일 정산 집계", "Daily settlement"))],
            side,
        };
        let attention = || Filter { show: "attention".into(), ..Filter::default() };
        add("runs", html(&runs(Side::default(), attention())));
        let chosen = |ids: &[i64]| {
            ids.iter()
                .map(|id| RunRow {
                    title: self.text("일일 정산 집계", "Daily settlement"),
                    run: Self::run(*id, State::Failed),
                    is_yours: true,
                    may_rerun: *id % 2 == 1,
                })
                .collect()
        };
        let bulk = |ids: &[i64]| {
            let panel = RerunAllPanel { chosen: chosen(ids), left_out: chosen(&[48_190]) };
            self.batch_side(&RunList::attention(), Opened::Form(panel), self.batch_seal())
        };
        add("runs-rerun", html(&runs(bulk(&[48_213, 48_199]), attention())));
        add("runs-rerun-none", html(&runs(bulk(&[]), attention())));
        let mut empty =
            runs(Side::default(), Filter { job: "daily-settlement".into(), show: "lost".into(), ..Filter::default() });
        empty.rows.clear();
        add("runs-empty", html(&empty));
        let mut before_the_first = runs(Side::default(), Filter::default());
        before_the_first.rows.clear();
        add("runs-none-yet", html(&before_the_first));
    }
}
