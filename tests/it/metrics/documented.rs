//! docs/metrics.md names every metric with its type and its labels, and none that is not there.

use super::support::{OPENMETRICS, TOKEN, ask, open};
use crate::{
    batches::support::{becomes, declare, run, script},
    kit::{Engine, Sink, World, wait_until, within},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

/// Of each family, its type and the names of its labels.
type Families = BTreeMap<String, (String, BTreeSet<String>)>;

fn documented() -> Families {
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/metrics.md")).unwrap();
    let rows = text.lines().filter(|line| line.starts_with("| `ingam_") || line.starts_with("| `process_"));
    let rows = rows.filter_map(|line| line.strip_prefix("| `"));
    rows.map(|row| {
        let cells: Vec<&str> = row.split(" | ").collect();
        let name = cells[0].trim_end_matches('`').to_owned();
        let labels =
            cells[2].split(", ").map(|label| label.trim_matches('`').to_owned()).filter(|label| !label.is_empty());
        assert!(cells.len() == 4 && cells[3].len() > 10, "{row} has a meaning");
        (name, (cells[1].to_owned(), labels.collect()))
    })
    .collect()
}

fn served(text: &str) -> Families {
    let mut found = Families::new();
    let mut family = String::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            name.clone_into(&mut family);
            found.insert(family.clone(), (kind.to_owned(), BTreeSet::new()));
        } else if let Some(help) = line.strip_prefix("# HELP ") {
            assert!(help.is_ascii() && !help.contains('\\'), "{help}");
        } else if let Some((_, labels)) = line.split_once('{') {
            let names =
                labels.split("=\"").filter_map(|part| part.rsplit(['{', ',', '"']).next()).filter(|name| *name != "le");
            let names: Vec<String> = names
                .filter(|name| name.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
                .map(str::to_owned)
                .collect();
            let count = labels.matches("=\"").count();
            found.get_mut(&family).unwrap().1.extend(names.into_iter().take(count));
        }
    }
    found
}

#[test]
fn the_document_names_every_metric_and_no_other() {
    within(Engine::Sqlite, |world| {
        let jobs = [script("dawn", "echo '::count processed=41'", ""), script("dusk", "exit 1", "")].join("\n");
        let sink = Sink::start();
        let world = World::start_with(world.engine, |config| {
            declare(config, &jobs);
            open(config);
            sink.serve_for(config, "[[route]]\nkinds = [\"*\"]\nto = [\"ops\"]");
        });
        let jun = world.signed_in("jun");
        for (job, end) in [("dawn", "succeeded"), ("dusk", "failed")] {
            let id = run(&world, &jun, "jun", job);
            becomes(&world, id, end);
        }
        // A channel has metrics as soon as it is known.
        wait_until(|| world.number("select count(*) from channels") == 3);
        let bearer = format!("Bearer {TOKEN}");
        let text = ask(&world.browser(), Some(&bearer), None).text();
        let (served, documented) = (served(&text), documented());
        let names = |families: &Families| families.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&served), names(&documented));
        assert_eq!(served, documented);
        // The other form names counters without `_total`, and nothing else differs.
        let other = ask(&world.browser(), Some(&bearer), Some("application/openmetrics-text"));
        assert_eq!(other.header("content-type"), Some(OPENMETRICS));
        let other = other.text();
        for name in served.keys() {
            let described = name.trim_end_matches("_total");
            assert!(other.contains(&format!("# HELP {described} ")), "{described}");
        }
    });
}
