//! How a run gets the values of its parameters: in its arguments, whole, and only what its definition allows.

use crate::{
    batches::support::{becomes, id_of, log, run_form, script, working},
    kit::on_both,
};

/// A job that writes down each of its arguments.
fn echoing(arguments: &str, parameter: &str) -> String {
    let written = script("count", "for it in \"$@\"; do echo \"<$it>\"; done", parameter);
    written.replace("done\"]", &format!("done\", \"count\", {arguments}]"))
}

on_both! {
    fn a_parameter_inside_an_argument_is_filled_in(world) {
        let date = "[[job.parameters]]\nname = \"date\"\ntitle = \"Day\"\ntype = \"date\"\ndefault = \"yesterday\"";
        let arguments = r#""--date={date}", "{date}", "s3://in/{date}/a.csv", "{{date}}", "${HOME}", "%{http_code}", "{}""#;
        let world = working(world.engine, &echoing(arguments, date));
        let jun = world.signed_in("jun");
        let done = run_form(&jun, "count").set("param-date", "2026-02-27").set("code", &world.code("jun")).submit();
        let id = id_of(done.location().unwrap());
        becomes(&world, id, "succeeded");
        let text = log(&jun, id);
        let lines: Vec<&str> = text.lines().map(|line| line.split_once(' ').unwrap().1).collect();
        let expected = ["<--date=2026-02-27>", "<2026-02-27>", "<s3://in/2026-02-27/a.csv>", "<{date}>", "<${HOME}>", "<%{http_code}>", "<{}>"];
        assert_eq!(lines, expected);
    }

    fn a_text_is_what_its_pattern_allows_and_stays_in_its_argument(world) {
        let text = "[[job.parameters]]\nname = \"scope\"\ntitle = \"대상\"\ntype = \"text\"\n\
                    pattern = \"(merchants|가맹점) [0-9]+(,[0-9]+)*|'.*'\"\nhint = \"merchants 1,2,3 또는 가맹점 7\"";
        let world = working(world.engine, &echoing(r#""--scope={scope}""#, text));
        let jun = world.signed_in("jun");
        let form = run_form(&jun, "count");
        assert!(jun.get("/batches/count?panel=run").says("#param-scope-hint").contains("merchants 1,2,3 또는 가맹점 7"));
        let back = form.set("param-scope", "everyone").set("code", &world.code("jun")).submit();
        assert_eq!(back.status, 422);
        assert!(back.says("#param-scope-error").contains("Allowed: merchants 1,2,3 또는 가맹점 7"), "{back}");
        for (typed, value) in [
            ("merchants 1,2,3", "merchants 1,2,3"),
            // Pasted from a Mac and from a spreadsheet.
            ("\u{1100}\u{1161}\u{1106}\u{1162}\u{11bc}\u{110c}\u{1165}\u{11b7}\u{a0}７", "가맹점 7"),
            ("'$(id); \"x\" --y `z` *'", "'$(id); \"x\" --y `z` *'"),
        ] {
            world.clock.advance(std::time::Duration::from_secs(30));
            let done = run_form(&jun, "count").set("param-scope", typed).set("code", &world.code("jun")).submit();
            assert_eq!(done.status, 303, "{done}");
            let id = id_of(done.location().unwrap());
            becomes(&world, id, "succeeded");
            let text = log(&jun, id);
            assert!(text.trim_end().ends_with(&format!(" <--scope={value}>")) && text.lines().count() == 1, "{text}");
            assert!(jun.get(&format!("/runs/{id}")).text().contains("대상"));
        }
    }
}
