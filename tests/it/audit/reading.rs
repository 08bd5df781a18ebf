//! Reading the log and the access records leaves a record itself.

use crate::{
    kit::{World, on_both},
    sealing::support::unrecorded_access,
};

fn records(world: &World) -> Vec<[String; 4]> {
    let rows = world.rows("select task, subject, detail, staff_name from access_records order by id");
    rows.iter().map(|row| [0, 1, 2, 3].map(|at| row[at].clone().unwrap_or_default())).collect()
}

fn record(task: &str, subject: &str, detail: &str) -> [String; 4] {
    [task, subject, detail, "Sora Lee"].map(str::to_owned)
}

on_both! {
    fn reading_the_log_is_recorded(world) {
        let mina = world.signed_in("mina");
        let adjusted = mina
            .get("/users/1?panel=points")
            .form_to("/point-adjustments")
            .set("amount", "10")
            .set("reason", "Late delivery")
            .set("code", &world.code("mina"))
            .submit();
        assert_eq!(adjusted.status, 303, "{adjusted}");
        let seq = world.last_audit().seq;
        let sora = world.signed_in("sora");
        let before = records(world).len();
        for (path, task, subject, detail) in [
            ("/audit".to_owned(), "view-log", "", String::new()),
            ("/audit?outcome=refused".to_owned(), "view-log", "", String::new()),
            ("/audit?target=u_1".to_owned(), "view-log", "user/1", String::new()),
            ("/audit?before=1".to_owned(), "view-log", "", String::new()),
            (format!("/audit/{seq}"), "view-log", "user/1", format!("audit/{seq}")),
            ("/audit/0".to_owned(), "view-log", "", "audit/0".to_owned()),
            ("/access-records".to_owned(), "view-records", "", String::new()),
            ("/access-records?subject=1".to_owned(), "view-records", "user/1", String::new()),
        ] {
            let known = records(world).len();
            assert_eq!(sora.get(&path).status, 200, "{path}");
            assert_eq!(records(world)[known..], [record(task, subject, &detail)], "{path}");
        }
        // What shows nothing is no look.
        for path in ["/audit?from=x", "/access-records?task=x", "/audit/99999", "/audit?before=x"] {
            let known = records(world).len();
            assert!(matches!(sora.get(path).status, 400 | 404 | 422), "{path}");
            assert_eq!(records(world).len(), known, "{path}");
        }
        assert_eq!(records(world).len(), before + 8);
    }

    fn the_records_of_reading_the_records_do_not_feed_themselves(world) {
        let sora = world.signed_in("sora");
        for n in 1..=5 {
            let page = sora.get("/access-records");
            assert_eq!(page.all("tbody tr").len(), n, "one for each time, this one included: {page}");
            assert!(page.says("tbody").contains("Read access records"), "{page}");
        }
        assert_eq!(sora.get("/access-records?task=view-log").all("tbody tr").len(), 0);
        sora.get("/audit/0");
        let page = sora.get("/access-records?task=view-log");
        assert_eq!(page.all("tbody tr").len(), 1);
        assert_eq!(page.attributes("tbody a[href='/audit/0']", "href").len(), 1, "{page}");
    }

    fn the_log_is_not_shown_where_reading_it_cannot_be_recorded(world) {
        let sora = world.signed_in("sora");
        let (spoil, mend) = unrecorded_access(world);
        world.database().tamper(spoil).unwrap();
        for path in ["/audit", "/audit/0", "/access-records"] {
            let page = sora.get(path);
            assert_eq!(page.status, 503, "{path}: {page}");
            assert!(!page.has("tbody") && !page.text().contains("Mina Kang"), "{path}: {page}");
        }
        world.database().tamper(mend).unwrap();
        assert_eq!(sora.get("/audit").status, 200);
    }
}
