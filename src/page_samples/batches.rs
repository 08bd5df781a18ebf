use super::{
    maker::{self, Maker, Sample, before, html, now},
    orders::fresh,
};
use crate::{
    batches::{
        accept_normal::NormalPanel,
        bars::{Bars, Mini},
        baseline::Baseline,
        cancel::CancelPanel,
        definition::{Definition, Values},
        detail::{JobDetail, RunDetail},
        event::Event,
        job::JobPage,
        kind::Kind,
        list_pages::{JobRow, LastRun, ListPage, Show},
        live::LivePage,
        log::{LogLine, RunLog},
        params,
        pause::PausePanel,
        record::{Job, Run},
        rerun::RerunPanel,
        rerun_all::RerunAllPanel,
        resolve::ResolvePanel,
        runs::{Filter, RunList, RunRow, RunsPage},
        show::ShowPage,
        start::StartPanel,
        state::State,
    },
    dashboard::pages::WaitingRun,
    id::{RunId, Seq},
    web::{
        list::ListQuery as _,
        panel::{Button, Opened, Panel, Receipt, Side, side_of},
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
    fn job(self, name: &str) -> Job {
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

    fn definition(self) -> Definition {
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

    fn values() -> Values {
        [("date", "2026-11-19"), ("bank", "kb"), ("pages", "482")].map(|(n, v)| (n.to_owned(), v.to_owned())).into()
    }

    fn run(id: i64, state: State) -> Run {
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

    fn batch_log(self) -> RunLog {
        let line = |n, ko: &str, en: &str| LogLine {
            n,
            at: Some(before(TimeDelta::minutes(41 - n))),
            is_error: false,
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

    fn event(self, kind: &str, by: &str) -> Event {
        Event {
            at: before(TimeDelta::minutes(24)),
            kind: kind.into(),
            detail: (kind == "rerun").then(|| "48231".into()),
            staff_name: by.into(),
            seq: Some(Seq::new(12_340)),
            reason: (by != "system").then(|| self.reason()),
        }
    }

    fn history() -> Vec<Run> {
        (0..30)
            .map(|n| {
                let state = if n % 14 == 0 { State::Failed } else { State::Succeeded };
                Run { duration_ms: Some(430_000 + n % 7 * 9000), ..Self::run(48_213 - n, state) }
            })
            .collect()
    }

    fn run_page(self, run: Run, buttons: &[&'static str], side: Side) -> String {
        let icon = |name: &str| match name {
            "rerun" => "rerun",
            "resolve" => "check",
            "normal" => "flag",
            _ => "ban",
        };
        let button = |name: &&'static str| Button {
            name,
            icon: icon(name),
            label: self.frame().words.name("run-panel", name).to_owned(),
        };
        html(&ShowPage {
            waiting: vec![],
            live: LivePage { shell: self.shell(Section::Batches), process: Some(false), run: run.clone() },
            job: self.job("daily-settlement"),
            log: self.batch_log(),
            may_act: true,
            side: Side { buttons: buttons.iter().map(button).collect(), ..side },
            events: vec![
                self.event("rerun", "박준호"),
                self.event("failed", "system"),
                self.event("slow", "system"),
                self.event("requested", "박준호"),
            ],
            recent: Self::history(),
            lineage: vec![
                Self::run(48_213, State::Failed),
                Run { attempt: 2, rerun_of: Some(RunId::new(48_213)), cause: "rerun".into(), ..run },
            ],
            rerun: None,
            runbook: Some("https://wiki.example.com/settlement".into()),
            titles: vec![("date".into(), self.text("정산일", "Day"))],
        })
    }

    fn batch_seal(self) -> SealForm {
        SealForm { reason: self.reason(), ..fresh() }
    }

    fn batch_side<P: Panel<Part = ()>>(self, on: &P::On, opened: Opened<P>, seal: SealForm) -> Side {
        side_of(&self.shell(Section::Batches), on, &(), opened, seal).unwrap().0
    }

    fn run_detail(self, run: Run) -> RunDetail {
        RunDetail {
            job: self.job("daily-settlement"),
            run,
            definition: self.definition(),
            used: self.definition(),
            rerun: None,
        }
    }

    /// The page of a run with a panel beside it.
    fn run_with<P: Panel<On = RunDetail, Part = ()>>(
        self,
        run: Run,
        buttons: &[&'static str],
        panel: P,
        seal: SealForm,
    ) -> String {
        let side = self.batch_side(&self.run_detail(run.clone()), Opened::Form(panel), seal);
        self.run_page(run, buttons, side)
    }

    fn rerun_panel(self, wrong: Option<&str>) -> RerunPanel {
        let mut values = Self::values();
        if wrong.is_some() {
            values.insert("pages".into(), self.text("많이", "many"));
        }
        RerunPanel {
            chosen: 3,
            differences: vec![("timeout_seconds".into(), "1800".into(), self.text("3600", "3600"))],
            fields: params::fields(&self.definition(), &values, Some(&Self::values()), wrong),
        }
    }

    fn run_pages(self, add: &mut impl FnMut(&'static str, String)) {
        let failed = || Run { is_slow: true, is_low: true, ..Self::run(48_213, State::Failed) };
        let both = &["rerun", "resolve"];
        add("run", self.run_with(failed(), both, self.rerun_panel(None), self.batch_seal()));
        let mut errors = FieldErrors::one("param", wrong::not_a_choice());
        errors.add("reason", wrong::too_short(5));
        let invalid = SealForm { errors, ..self.batch_seal() };
        add("run-invalid", self.run_with(failed(), both, self.rerun_panel(Some("pages")), invalid));
        let running = Run {
            cause: "rerun".into(),
            staff_name: Some(self.me()),
            rerun_of: Some(RunId::new(48_213)),
            ..Self::run(48_231, State::Running)
        };
        add("run-live", self.run_page(running.clone(), &["cancel"], Side::default()));
        let silent = Run { progress: None, processed: None, ..running.clone() };
        add("run-silent", self.run_page(silent, &["cancel"], Side::default()));
        add("run-cancel", self.run_with(running, &["cancel"], CancelPanel, self.batch_seal()));
        add("run-queued", self.run_page(Self::run(48_240, State::Queued), &["cancel"], Side::default()));
        let lost = Run { failure: Some("lease-over".into()), ..Self::run(48_213, State::Lost) };
        let dead = || ResolvePanel { resolution: "dead".into() };
        add("run-lost", self.run_with(lost, &["resolve"], dead(), self.batch_seal()));
        let errors = FieldErrors::one("resolution", wrong::not_a_choice());
        let seal = SealForm { errors, ..self.batch_seal() };
        add("run-resolve-invalid", self.run_with(failed(), both, dead(), seal));
        let odd = Run { is_low: true, exit_code: Some(0), ..Self::run(48_220, State::Succeeded) };
        add("run-normal", self.run_with(odd, &["resolve", "normal"], NormalPanel, fresh()));
        let succeeded = Self::run(48_220, State::Succeeded);
        let why = self.text("이미 성공한 실행입니다.", "This run succeeded.");
        let closed = Opened::<RerunPanel>::Closed(why);
        let side = self.batch_side(&self.run_detail(succeeded.clone()), closed, fresh());
        add("run-closed", self.run_page(succeeded, &[], side));
        let resolved = Run {
            resolution: Some("accepted".into()),
            resolved_by: Some(self.me()),
            resolved_at: Some(now()),
            ..failed()
        };
        add("run-done", self.run_page(resolved, &["rerun"], self.run_receipt()));
        let signal = Run { failure: Some("signal 9".into()), exit_code: None, ..Self::run(48_213, State::Failed) };
        add("run-signal", self.run_page(signal, both, Side::default()));
    }

    fn run_receipt(self) -> Side {
        let shell = self.shell(Section::Batches);
        let receipt = Receipt {
            seq: Seq::new(12_346),
            at: now(),
            by: self.me(),
            reason: self.reason(),
            action: "runs.resolve".to_owned(),
            changed: maker::changed(&[("resolution", None, Some("accepted"))], &shell),
        };
        Side { html: Some(receipt.html(&shell, "/runs/48213").unwrap()), ..Side::default() }
    }

    fn job_page(self, job: Job, side: Side) -> String {
        let definition = self.definition();
        let button = |name, icon, label: &str| Button { name, icon, label: self.frame().words.known(label).to_owned() };
        html(&JobPage {
            waiting: vec![self.request(7, crate::approvals::request::State::Waiting)],
            shell: self.shell(Section::Batches),
            normal: Baseline { duration: Some(448_000), processed: Some(117_300), runs: 20 },
            next: definition.schedule.as_ref().map(|schedule| schedule.following(now(), 5)).unwrap_or_default(),
            job,
            definition,
            recent: Self::history(),
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
        let on = JobDetail { job: job.clone(), definition: self.definition() };
        self.job_page(job, self.batch_side(&on, Opened::Form(panel), seal))
    }

    fn job_rows(self) -> Vec<JobRow> {
        let bars = || {
            let mini = |run: &Run| Mini { state: run.state, took: run.duration_ms, is_unusual: false };
            Bars::of(&Self::history().iter().rev().map(mini).collect::<Vec<_>>())
        };
        let row = |name: &str, state, needs, is_unusual| JobRow {
            job: self.job(name),
            bars: bars(),
            last: Some(LastRun { id: RunId::new(48_213), state, is_unusual, at: before(TimeDelta::minutes(24)) }),
            needs,
            typical: Some(448_000),
            is_running: state == State::Running,
            is_paused: false,
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

    pub(super) fn waiting_runs(self) -> Vec<WaitingRun> {
        let run = |id, state| WaitingRun {
            id,
            title: self.text("일일 정산 집계", "Daily settlement"),
            state,
            at: before(TimeDelta::minutes(24)),
        };
        vec![
            run(RunId::new(48_213), State::Failed),
            run(RunId::new(48_201), State::Lost),
            run(RunId::new(48_198), State::Succeeded),
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
        add("job-retired", self.job_page(Job { is_retired: true, next_at: None, ..job() }, Side::default()));
        self.run_pages(&mut add);
        let runs = |side, filter: Filter| RunsPage {
            shell: self.shell(Section::Batches),
            rows: Self::history()
                .into_iter()
                .map(|run| RunRow { title: self.text("일일 정산 집계", "Daily settlement"), run })
                .collect(),
            pager: filter.pager(Some(48_184)),
            filter,
            errors: FieldErrors::new(),
            jobs: vec![Choice::new("daily-settlement", self.text("일일 정산 집계", "Daily settlement"))],
            may_act: true,
            side,
        };
        let attention = || Filter { show: "attention".into(), ..Filter::default() };
        add("runs", html(&runs(Side::default(), attention())));
        let chosen = |ids: &[i64]| {
            ids.iter()
                .map(|id| RunRow {
                    title: self.text("일일 정산 집계", "Daily settlement"),
                    run: Self::run(*id, State::Failed),
                })
                .collect()
        };
        let bulk = |ids: &[i64]| {
            let panel = RerunAllPanel { chosen: chosen(ids) };
            self.batch_side(&RunList::attention(), Opened::Form(panel), self.batch_seal())
        };
        add("runs-rerun", html(&runs(bulk(&[48_213, 48_199]), attention())));
        add("runs-rerun-none", html(&runs(bulk(&[]), attention())));
        let mut empty =
            runs(Side::default(), Filter { job: "daily-settlement".into(), show: "lost".into(), ..Filter::default() });
        empty.rows.clear();
        add("runs-empty", html(&empty));
    }
}
