//! Running again what failed: one run from its own page, or several from the list under one code.

use super::{
    definition::{Definition, Values},
    job,
    panels::{Panel, RerunPanel},
    params, record, run_target,
    runs::{self, Bulk},
    show::{self, Found},
    start::RerunRun,
};
use crate::{
    gate::{Change, Given, Seal},
    web::{
        Answer, Desk, Stop,
        desk::seal_of,
        form::Form,
        problem_page::Problem,
        refused::{self, Refused},
        shell::{
            field::{FieldErrors, wrong},
            seal::Seal as Shape,
        },
    },
};
use actix_web::web;

/// The panel for a run, with what it had.
pub(super) async fn panel(desk: &Desk, found: &Found) -> Result<RerunPanel, Stop> {
    let used = used(desk, found).await?;
    let values = found.run.values();
    Ok(RerunPanel {
        seal: found.seal(RerunRun::KIND).marked(used.approval || found.definition.approval),
        used: found.run.version,
        newest: found.job.version,
        chosen: found.run.version,
        differences: differences(&used, &found.definition),
        fields: params::fields(&used, &values, Some(&values), None),
        reason: String::new(),
    })
}

async fn used(desk: &Desk, found: &Found) -> Result<Definition, Stop> {
    record::definition(&mut desk.reader(), &found.run.job, found.run.version)
        .await?
        .ok_or_else(|| Problem::NotFound.into())
}

/// The fields in which two definitions differ, as they stand in the configuration; of the environment only the names, because
/// somebody will have put a secret there.
fn differences(then: &Definition, now: &Definition) -> Vec<(String, String, String)> {
    let fields = |definition: &Definition| {
        let mut fields = serde_json::to_value(definition).unwrap_or_default();
        if let Some(env) = fields.get_mut("env") {
            *env = definition.env.keys().cloned().collect::<Vec<_>>().into();
        }
        fields
    };
    let (then, now) = (fields(then), fields(now));
    let names = [&then, &now].into_iter().filter_map(|value| value.as_object()).flat_map(|object| object.keys());
    let mut names: Vec<String> = names.cloned().collect();
    names.sort();
    names.dedup();
    let text = |value: Option<&serde_json::Value>| value.map(ToString::to_string).unwrap_or_default();
    names
        .into_iter()
        .map(|name| (text(then.get(&name)), text(now.get(&name)), name))
        .filter(|(then, now, _)| then != now)
        .map(|(then, now, name)| (name, then, now))
        .collect()
}

/// `POST /runs/{id}/rerun`
pub async fn rerun(desk: Desk, path: web::Path<i64>, body: web::Bytes) -> Answer {
    let found = Found::load(&desk, path.into_inner()).await?;
    let used = used(&desk, &found).await?;
    let fields = [&used, &found.definition].into_iter().flat_map(params::field_names);
    let names: Vec<String> = fields.chain(["reason", "code", "key", "seen", "version"].map(str::to_owned)).collect();
    let form = desk.form(&body, &names.iter().map(String::as_str).collect::<Vec<_>>()).await?;
    let version = match form.or("version", "") {
        "" => found.run.version,
        text => text.parse().map_err(|_| Problem::Unprocessable)?,
    };
    let chosen = if version == found.job.version { &found.definition } else { &used };
    let mut defaults = chosen.defaults(job::today(&desk, chosen));
    defaults.extend(found.run.values());
    let (values, wrong) = params::read(chosen, &form, &defaults);
    let reason = match refused::read_reason_beside(&form, params::errors(wrong.as_deref())) {
        Ok(reason) => reason,
        Err(errors) => return again(&desk, found, &form, version, &values, wrong.as_deref(), errors.into()).await,
    };
    let change = RerunRun { run: found.run.id, version, params: values.clone() };
    match desk.submit(&change, &seal_of(&form, reason)?).await {
        Ok(sealed) => Ok(match sealed.output {
            Given::Made(run) => desk.see_other(&format!("/runs/{run}")),
            Given::Waits(request) => desk.see_request(request, sealed.seq),
        }),
        Err(refusal) => {
            let refused = refused::explain(&desk, refusal, &change.target()).await?;
            let found = Found::load(&desk, found.run.id).await?;
            again(&desk, found, &form, version, &values, None, refused).await
        }
    }
}

async fn again(
    desk: &Desk,
    found: Found,
    form: &Form,
    version: i64,
    values: &Values,
    wrong: Option<&str>,
    refused: Refused,
) -> Answer {
    let (status, seal) = Shape::again(RerunRun::KIND, form, found.run.changed, refused);
    let fresh = panel(desk, &found).await?;
    let used = used(desk, &found).await?;
    let panel = RerunPanel {
        seal: seal.marked(fresh.seal.is_marked),
        chosen: version,
        fields: params::fields(&used, values, Some(&found.run.values()), wrong),
        reason: form.get("reason").to_owned(),
        ..fresh
    };
    show::page(desk, found, Some(Panel::Rerun(panel)), status).await
}

/// `POST /runs/reruns`: each of the chosen runs once more as it was, under one code.
pub async fn rerun_all(desk: Desk, body: web::Bytes) -> Answer {
    let chosen = runs::chosen_in(&body);
    let names: Vec<String> = chosen.iter().map(|id| runs::box_name(*id)).collect();
    let mut allowed: Vec<&str> = names.iter().map(String::as_str).collect();
    allowed.extend(["reason", "code", "key", "seen"]);
    let form = desk.form(&body, &allowed).await?;
    let mut errors = FieldErrors::new();
    if chosen.is_empty() {
        errors.add("runs", wrong::required());
    }
    let reason = match refused::read_reason_beside(&form, errors) {
        Ok(reason) => reason,
        Err(errors) => return all_again(&desk, &form, &chosen, errors.into()).await,
    };
    let changes = as_they_were(&desk, &chosen).await?;
    // What each of them is at is checked by the change itself; one version could not speak for several runs.
    let seal = Seal { seen: None, ..seal_of(&form, reason)? };
    match desk.submit_all(&changes, &seal).await {
        Ok(sealed) if sealed.output.iter().all(|given| matches!(given, Given::Made(_))) => {
            Ok(desk.see_other("/runs?show=running"))
        }
        // Some of them wait for a second person.
        Ok(_) => Ok(desk.see_other("/approvals?show=mine")),
        Err(refusal) => {
            let at = changes.first().map_or_else(|| run_target(0), Change::target);
            let refused = refused::explain(&desk, refusal, &at).await?;
            all_again(&desk, &form, &chosen, refused).await
        }
    }
}

/// The changes that run these again with the definition and the values they had.
async fn as_they_were(desk: &Desk, chosen: &[i64]) -> Result<Vec<RerunRun>, Stop> {
    let mut changes = Vec::with_capacity(chosen.len());
    for id in chosen {
        let run = record::run(&mut desk.reader(), *id).await?.ok_or(Problem::NotFound)?;
        changes.push((run.job.clone(), RerunRun { run: run.id, version: run.version, params: run.values() }));
    }
    // Jobs are locked in this order, so that two people who choose the same runs do not wait for each other.
    changes.sort_by(|(job, change), (other, than)| (job, change.run).cmp(&(other, than.run)));
    Ok(changes.into_iter().map(|(_, change)| change).collect())
}

async fn all_again(desk: &Desk, form: &Form, chosen: &[i64], refused: Refused) -> Answer {
    let (status, seal) = Shape::again(RerunRun::KIND, form, 0, refused);
    runs::page_with(desk, Bulk { seal, chosen: chosen.to_vec(), reason: form.get("reason").to_owned() }, status).await
}
