//! The pause of all jobs of an owner.

use crate::{
    batches::support::{script, working},
    kit::{Browser, Form, Page, World, assert_sound, at_once, on_both},
};

fn world_of(world: &World) -> World {
    let daily = "schedule = { cron = \"0 4 * * *\" }";
    let bank = |job: &str| job.replace("owner = \"tests\"", "owner = \"bank\"");
    let of_owners = |job: &str| job.replace("roles = [\"oncall\", \"operator\"]", "roles = [\"owner\"]");
    let jobs = [
        bank(&script("settle", "true", daily)),
        bank(&script("report", "true", daily)),
        bank(&script("by-hand", "true", "")),
        bank(&of_owners(&script("secret", "true", daily))),
        script("other", "true", daily),
    ];
    working(world.engine, &jobs.concat())
}

fn form(who: &Browser) -> Form {
    who.get("/batches?panel=pause-owner").form_to("/batches").set("reason", "The bank is closed, ticket 5")
}

fn pause(world: &World, jun: &Browser, hours: &str) -> Page {
    form(jun).set("owner", "bank").forge("hours", hours).set("code", &world.code("jun")).submit()
}

fn paused(world: &World) -> Vec<String> {
    let rows = world.rows("select name from batch_jobs where paused_until is not null order by name");
    rows.into_iter().map(|row| row[0].clone().unwrap()).collect()
}

on_both! {
    fn all_jobs_of_an_owner_pause_under_one_code_with_a_row_each(outer) {
        let world = world_of(outer);
        let jun = world.signed_in("jun");
        let page = jun.get("/batches?panel=pause-owner").says(".aside");
        assert!(page.contains("Job by-hand · has no schedule") && page.contains("Job secret · not for your roles"), "{page}");
        let before = world.audit_size();
        let done = pause(&world, &jun, "12");
        assert_eq!((done.status, done.location()), (303, Some("/batches?show=paused")), "{done}");
        assert_eq!(paused(&world), ["report", "settle"]);
        let rows = world.audit_from(before);
        let made: Vec<_> = rows.iter().map(|row| (row.action.as_str(), row.target.as_str(), row.outcome.as_str())).collect();
        assert_eq!(made, [("batches.pause", "batch/report", "applied"), ("batches.pause", "batch/settle", "applied")]);
        let done = pause(&world, &jun, "0");
        assert_eq!(done.status, 303, "{done}");
        assert!(paused(&world).is_empty());
        assert_eq!(pause(&world, &jun, "0").status, 422, "none is left to go on");
        assert_sound(&world);
    }

    fn a_form_that_names_no_owner_or_no_time_comes_back(outer) {
        let world = world_of(outer);
        let jun = world.signed_in("jun");
        for (owner, hours) in [("", "12"), ("nobody", "12"), ("bank", "x"), ("bank", "9999"), ("bank", "-1")] {
            let form = form(&jun).forge("owner", owner).forge("hours", hours).set("code", &world.code("jun"));
            assert_eq!(form.submit().status, 422, "{owner} {hours}");
        }
        assert!(paused(&world).is_empty());
        let sora = world.signed_in("sora");
        assert!(sora.get("/batches?panel=pause-owner").find_form("form[action='/batches']").is_none());
    }

    fn two_people_who_pause_the_same_owner_at_once_do_not_wait_for_each_other(outer) {
        let world = world_of(outer);
        let people: Vec<(&str, Browser)> = ["jun", "mina"].into_iter().map(|who| (who, world.signed_in(who))).collect();
        let forms: Vec<(&str, Form)> = people.iter().map(|(who, browser)| (*who, form(browser).set("owner", "bank"))).collect();
        let statuses = at_once(&forms, |(who, form)| form.clone().set("code", &world.code(who)).submit().status);
        assert_eq!(statuses, [303, 303]);
        assert_eq!(paused(&world), ["report", "settle"]);
        assert_sound(&world);
    }
}
