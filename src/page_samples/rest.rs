use super::maker::{Maker, Sample, html, now};
use crate::{
    approvals::{news::News, request::State},
    dashboard::{begin::Task, pages as dashboard},
    gate::lead::Lead,
    orders::filter::Needs,
    web::{
        problem_page::{Onward, Problem, ProblemPage},
        shell::{Flash, Section, Tone},
    },
};
use chrono::TimeDelta;

fn waiting(needs: Needs, n: i64, is_more: bool) -> dashboard::Attention {
    dashboard::Attention { needs, n, is_more, can_retry: n % 2 == 0 }
}

fn ahead(is_held: bool) -> Lead {
    Lead { newest: now().plus(TimeDelta::hours(9)), by: TimeDelta::hours(9), is_held }
}

fn tasks() -> Vec<Task> {
    let all = ["approver", "owner", "network", "codes", "job", "data"].into_iter().enumerate();
    all.map(|(n, key)| Task { key, is_done: n % 2 == 1, href: "/staff?panel=invite" }).collect()
}

impl Maker {
    pub(super) fn home(self, out: &mut Vec<Sample>) {
        let mut add = |name, html| out.push(Sample { name, html });
        let flash = Flash {
            tone: Tone::Ok,
            title: self.text("설정을 저장했습니다", "Preferences saved"),
            body: Some(self.text("다음 화면부터 적용됩니다.", "From the next page on.")),
        };
        let mut shell = self.shell(Section::Home);
        shell.frame.flash = Some(flash);
        shell.incidents = self.open_incidents();
        shell.nav.iter_mut().for_each(|item| item.waiting = (item.section == Section::Users).then_some(3));
        add(
            "home",
            html(&dashboard::HomePage {
                lead: Some(ahead(false)),
                alerts: self.open_alerts(),
                actions: self.home_actions(),
                today: "2026-11-20".into(),
                attention: vec![
                    waiting(Needs::Retrying, 2, false),
                    waiting(Needs::Settling, 0, false),
                    waiting(Needs::Shipping, 99, true),
                ],
                shell,
                begin: vec![],
                owed: vec![self.request(7, State::Owed)],
                requests: 3,
                decided: vec![
                    News {
                        request: self.request(5, State::Rejected),
                        decision: Some((self.text("최하나", "Hana Choi"), self.reason())),
                    },
                    News { request: self.request(4, State::Expired), decision: None },
                ],
                runs: self.waiting_runs(),
                lapses: self.waiting_jobs(),
                suspicions: Some(3),
                overdue_reviews: 2,
                from_host: Some(dashboard::FromHost { n: 99, is_more: true, rows: self.host_rows() }),
                recent: Some(self.changes()),
                mine: self.changes().into_iter().take(2).collect(),
            }),
        );
        add(
            "home-empty",
            html(&dashboard::HomePage {
                lead: Some(ahead(true)),
                alerts: vec![],
                actions: vec![],
                today: "2026-11-20".into(),
                shell: self.shell(Section::Home),
                begin: tasks(),
                owed: vec![],
                requests: 0,
                decided: vec![],
                runs: vec![],
                lapses: vec![],
                suspicions: None,
                overdue_reviews: 0,
                from_host: None,
                attention: vec![waiting(Needs::Retrying, 0, false)],
                recent: Some(vec![]),
                mine: vec![],
            }),
        );
        let mut shell = self.shell(Section::Home);
        shell.nav.retain(|item| item.section == Section::Home);
        shell.audit_head = None;
        add(
            "home-least",
            html(&dashboard::HomePage {
                lead: None,
                alerts: vec![],
                actions: vec![],
                today: "2026-11-20".into(),
                shell,
                begin: vec![],
                owed: vec![],
                requests: 0,
                decided: vec![],
                runs: vec![],
                lapses: vec![],
                suspicions: None,
                overdue_reviews: 0,
                from_host: None,
                attention: vec![],
                recent: None,
                mine: self.changes(),
            }),
        );
    }

    pub(super) fn problems(self, out: &mut Vec<Sample>) {
        let onward = [Onward::Home, Onward::SignIn, Onward::Again("/users".into())];
        for (n, (name, problem)) in PROBLEMS.iter().enumerate() {
            let page = ProblemPage {
                shell: self.solo(None),
                problem: *problem,
                request: "req_01JD3QB2M8".into(),
                address: Some("203.0.113.58".into()),
                recorded: n % 2 == 0,
                onward: onward[n % onward.len()].clone(),
            };
            assert!(
                (400..600).contains(&problem.status()) && !page.title().is_empty() && !page.what().is_empty(),
                "{name}"
            );
            assert!(page.steps().len() == 2 && page.steps().iter().all(|step| !step.is_empty()), "{name}");
            out.push(Sample { name, html: html(&page) });
        }
        let until = Some(now().plus(TimeDelta::seconds(30)));
        for (name, problem) in [
            ("problem-too-many-until", Problem::TooMany { until }),
            ("problem-too-many-looks-until", Problem::TooManyLooks { until }),
        ] {
            let page = ProblemPage {
                shell: self.solo(None),
                problem,
                request: "req_1".into(),
                address: None,
                recorded: false,
                onward: Onward::Home,
            };
            out.push(Sample { name, html: html(&page) });
        }
    }
}

const PROBLEMS: [(&str, Problem); 20] = [
    ("problem-bad-request", Problem::BadRequest),
    ("problem-unnamed", Problem::Unnamed),
    ("problem-network", Problem::Network),
    ("problem-permission", Problem::Permission),
    ("problem-forgery", Problem::Forgery),
    ("problem-not-found", Problem::NotFound),
    ("problem-link-gone", Problem::LinkGone),
    ("problem-method", Problem::Method),
    ("problem-conflict", Problem::Conflict),
    ("problem-expired", Problem::Expired),
    ("problem-too-slow", Problem::TooSlow),
    ("problem-too-large", Problem::TooLarge),
    ("problem-media-type", Problem::MediaType),
    ("problem-host", Problem::Host),
    ("problem-unprocessable", Problem::Unprocessable),
    ("problem-too-many", Problem::TooMany { until: None }),
    ("problem-too-many-looks", Problem::TooManyLooks { until: None }),
    ("problem-internal", Problem::Internal),
    ("problem-not-recorded", Problem::NotRecorded),
    ("problem-unavailable", Problem::Unavailable),
];
