//! The pages of runs.

use super::{
    maker::{self, Maker, html, now},
    orders::fresh,
};
use crate::{
    batches::{
        accept_normal::NormalPanel, cancel::CancelPanel, detail::RunDetail, live::LivePage, params, record::Run,
        rerun::RerunPanel, resolve::ResolvePanel, show::ShowPage, state::State,
    },
    id::{RunId, Seq},
    web::{
        panel::{Button, Opened, Panel, Receipt, Side, side_of},
        shell::{
            Section,
            field::{FieldErrors, wrong},
            seal::SealForm,
        },
    },
};

impl Maker {
    pub(super) fn run_page(self, run: Run, buttons: &[&'static str], side: Side) -> String {
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
            live: LivePage {
                shell: self.shell(Section::Batches),
                process: Some(false),
                run: run.clone(),
                has_ended: false,
            },
            job: self.job("daily-settlement"),
            log: self.batch_log(),
            log_removed: false,
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
                Self::run(48_190, State::Failed),
                Run { attempt: 2, rerun_of: Some(RunId::new(48_190)), cause: "rerun".into(), ..run },
            ],
            rerun: None,
            runbook: Some("https://wiki.example.com/settlement".into()),
            titles: vec![("date".into(), self.text("정산일", "Day"))],
        })
    }

    pub(super) fn batch_seal(self) -> SealForm {
        SealForm { reason: self.reason(), ..fresh() }
    }

    pub(super) fn batch_side<P: Panel<Part = ()>>(self, on: &P::On, opened: Opened<P>, seal: SealForm) -> Side {
        side_of(&self.shell(Section::Batches), on, &(), opened, seal).unwrap().0
    }

    pub(super) fn run_detail(self, run: Run) -> RunDetail {
        RunDetail {
            job: self.job("daily-settlement"),
            run,
            definition: self.definition(),
            used: self.definition(),
            rerun: None,
        }
    }

    /// The page of a run with a panel beside it.
    pub(super) fn run_with<P: Panel<On = RunDetail, Part = ()>>(
        self,
        run: Run,
        buttons: &[&'static str],
        panel: P,
        seal: SealForm,
    ) -> String {
        let side = self.batch_side(&self.run_detail(run.clone()), Opened::Form(panel), seal);
        self.run_page(run, buttons, side)
    }

    pub(super) fn rerun_panel(self, wrong: Option<&str>) -> RerunPanel {
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

    pub(super) fn run_pages(self, add: &mut impl FnMut(&'static str, String)) {
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

    pub(super) fn run_receipt(self) -> Side {
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
}
