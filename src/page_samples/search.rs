use super::maker::{Maker, Sample, html};
use crate::{
    batches::state::State,
    id::{IncidentId, RunId, StaffId},
    incidents::step::Step,
    search::{
        find::{Found, IncidentRow, JobRow, Kind, RunRow, StaffRow},
        pages::ResultPage,
    },
    web::shell::{
        Section,
        field::{FieldErrors, wrong},
    },
};

impl Maker {
    pub(super) fn searches(self, out: &mut Vec<Sample>) {
        let mut add = |name, page: ResultPage| out.push(Sample { name, html: html(&page) });
        let page = |found, typed: &str| ResultPage {
            shell: self.shell(Section::Home),
            typed: typed.to_owned(),
            found,
            is_indexing: false,
            errors: FieldErrors::new(),
            all_customers: None,
            all_orders: None,
        };
        let found = Found {
            customers: Kind { rows: self.customers(), has_more: true },
            orders: Kind { rows: self.order_rows(), has_more: true },
            runs: Kind::of(vec![RunRow { id: RunId::new(48_201), job: "point-expiry".into(), state: State::Failed }]),
            jobs: Kind::of(vec![JobRow {
                name: "daily-settlement".into(),
                title: self.text("일일 정산", "Daily settlement"),
            }]),
            incidents: Kind::of(vec![IncidentRow {
                id: IncidentId::new(12),
                title: self.text("김치 주문이 두 번 결제됨", "Kimchi orders are charged twice"),
                step: Step::Identified,
            }]),
            staff: Kind::of(vec![StaffRow {
                id: StaffId::new(3),
                name: self.me(),
                email: "sora@ingam.test".into(),
                roles: "auditor operator".into(),
            }]),
        };
        let everything = ResultPage {
            is_indexing: true,
            all_customers: Some("/users?search=6b334a3978".into()),
            all_orders: Some("/orders?q=20261119-004829".into()),
            ..page(found, &self.text("김서연", "Kim"))
        };
        add("search-found", everything);
        add("search", page(Found::default(), ""));
        add("search-nothing", page(Found::default(), &self.text("없는 것", "no such thing")));
        let invalid = ResultPage {
            errors: FieldErrors::one("q", wrong::nothing_to_search()),
            ..page(Found::default(), &self.text("…", "…"))
        };
        add("search-invalid", invalid);
        let mut for_jobs = page(Found::default(), "");
        for_jobs.shell.nav.retain(|item| !matches!(item.section, Section::Users | Section::Orders));
        add("search-for-jobs", for_jobs);
    }
}
