//! Deployments.

use super::maker::{Maker, Sample, before, html};
use crate::{
    deployments::{
        configuration::Configuration,
        list::{BeforeAlert, Defined, DeploymentsPage, Filter},
        record::Deployment,
    },
    id::{AlertId, DeploymentId},
    web::{list::ListQuery as _, shell::Section},
};
use chrono::TimeDelta;

impl Maker {
    fn a_deployment(self, id: i64, version: &str, source: &str) -> Deployment {
        let is_full = source == "token";
        Deployment {
            id: DeploymentId::new(id),
            service: "shop".into(),
            environment: if is_full { self.text("prod", "prod") } else { String::new() },
            version: self.text(version, version),
            at: before(TimeDelta::minutes(100 - id)),
            by_name: if is_full { self.me() } else { String::new() },
            source: source.into(),
            url: is_full.then(|| "https://wiki.example.com/releases/48213".into()),
            notes: if is_full { self.reason() } else { String::new() },
        }
    }

    pub(super) fn deployments(self, out: &mut Vec<Sample>) {
        let mut add = |name, rows: Vec<Deployment>, service: &str, is_before: bool| {
            let filter = Filter { service: service.to_owned(), ..Filter::default() };
            let pager = filter.pager(rows.last().map(|row| row.id));
            let alert = is_before.then(|| BeforeAlert {
                id: AlertId::new(31),
                title: self.text("일일 정산 집계", "Daily settlement"),
                at: before(TimeDelta::minutes(84)),
            });
            let is_empty = rows.is_empty();
            let defined = Defined {
                job: "daily-settlement".into(),
                title: self.text("일일 정산 집계", "Daily settlement"),
                n: 4,
                at: before(TimeDelta::hours(9)),
            };
            let configuration = Configuration {
                hash: "8f3a5c1d2e4b6a708f3a5c1d2e4b6a70".into(),
                seen_at: before(TimeDelta::hours(10)),
                program: "0.1.0".into(),
            };
            let page = DeploymentsPage {
                shell: self.shell(Section::Alerts),
                filter,
                alert,
                rows,
                pager,
                configurations: if is_empty { vec![] } else { vec![configuration] },
                defined: if is_empty { vec![] } else { vec![defined] },
            };
            out.push(Sample { name, html: html(&page) });
        };
        let rows = || vec![self.a_deployment(9, "1.4.2", "token"), self.a_deployment(8, "1.4.1", "host")];
        add("deployments", rows(), "", false);
        add("deployments-of-a-service", rows(), "shop", false);
        add("deployments-before-an-alert", rows(), "", true);
        add("deployments-empty", vec![], "", false);
    }
}
