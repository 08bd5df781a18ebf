use crate::{
    kit::{REASON, addition, assert_sound, on_both, points},
    sealing::support::deduction,
};
use serde_json::json;

on_both! {
    fn points_that_were_added_are_in_balance_ledger_and_log(world) {
        let mina = world.signed_in("mina");
        let done = addition(&mina, 1, "1,000").set("code", &world.code("mina")).submit();
        assert_eq!(done.status, 303, "{}", done.text());
        let rows = world.rows("select u.points, p.delta, p.balance, a.outcome, a.reason from users u, point_entries p, audit a
            where u.id = 1 and p.user_id = 1 and p.change_id = a.change_id");
        assert_eq!(rows.len(), 1);
        let row: Vec<_> = rows[0].iter().map(|cell| cell.as_deref().unwrap()).collect();
        assert_eq!(row, ["13450", "1000", "13450", "applied", "Late delivery, ticket CS-1"]);
        let row = world.last_audit();
        assert_eq!((row.action.as_str(), row.target.as_str(), row.email.as_str()), ("points.adjust", "user/1", "mina@ingam.test"));
        assert_eq!(row.before["points"], json!("12450"));
        assert_eq!(row.after["points"], json!("13450"));
    }

    fn a_whole_balance_can_be_deducted_and_not_a_point_more(world) {
        let mina = world.signed_in("mina");
        let code = world.code("mina");
        let refused = deduction(&mina, 3, "501").set("code", &code).submit();
        assert_eq!(refused.status, 422, "{refused}");
        assert!(refused.has("#amount-error"), "{refused}");
        assert_eq!(points(world, 3), 500);
        assert_eq!(world.last_audit().refusal, "points-more-than-balance balance=500");
        let done = deduction(&mina, 3, "500").set("code", &code).submit();
        assert_eq!((done.status, points(world, 3)), (303, 0), "{done}");
        let refused = deduction(&mina, 3, "1").set("code", &world.code("mina")).submit();
        assert_eq!((refused.status, points(world, 3)), (422, 0), "{refused}");
        assert_sound(world);
    }

    fn a_balance_fills_sixty_four_bits_and_never_runs_over(world) {
        let mina = world.signed_in("mina");
        let code = world.code("mina");
        for amount in ["9223372036854775808", "99999999999999999999999999", "18446744073709551617"] {
            let refused = addition(&mina, 2, amount).set("code", &code).submit();
            assert_eq!((refused.status, points(world, 2)), (422, 0), "{amount}: {refused}");
        }
        let earned = format!("insert into point_entries (user_id, at, delta, balance, kind) values (2, '2026-01-01T00:00:00.000000Z', {0}, {0}, 'earned')", i64::MAX - 5);
        world.database().tamper(&earned).unwrap();
        world.database().tamper(&format!("update users set points = {} where id = 2", i64::MAX - 5)).unwrap();
        assert!(world.command(&["audit", "take-over-ledger", "--reason", REASON]).output().unwrap().status.success());
        let done = addition(&mina, 2, "5").set("code", &code).submit();
        assert_eq!((done.status, points(world, 2)), (303, i64::MAX), "{done}");
        assert_eq!(done.follow().status, 200);
        let refused = addition(&mina, 2, "1").set("code", &world.code("mina")).submit();
        assert_eq!((refused.status, points(world, 2)), (422, i64::MAX), "{refused}");
        assert_eq!(world.last_audit().refusal, "points-too-large");
        assert_sound(world);
    }

    fn one_adjustment_and_the_adjustments_of_a_customer_in_a_day_have_an_upper_bound(world) {
        let mina = world.signed_in("mina");
        for amount in ["10,000,001", "9223372036854775807"] {
            let refused = addition(&mina, 2, amount).set("code", &world.code("mina")).submit();
            assert_eq!(refused.status, 422, "{refused}");
            assert!(refused.says("#amount-error").contains("10,000,000"), "{refused}");
            assert_eq!(world.last_audit().refusal, "points-over-bound most=10000000");
        }
        for _ in 0..2 {
            assert_eq!(addition(&mina, 2, "10,000,000").set("code", &world.code("mina")).submit().status, 303);
        }
        // What is taken away counts too, so that back and forth is no way around it.
        assert_eq!(deduction(&mina, 2, "9,999,999").set("code", &world.code("mina")).submit().status, 303);
        let refused = addition(&mina, 2, "2").set("code", &world.code("mina")).submit();
        assert_eq!((refused.status, world.last_audit().refusal.as_str()), (422, "points-over-day left=1"), "{refused}");
        assert_eq!(addition(&mina, 1, "2").set("code", &world.code("mina")).submit().status, 303, "another customer");
        world.clock.advance(std::time::Duration::from_hours(24));
        let mina = world.signed_in("mina");
        assert_eq!(addition(&mina, 2, "2").set("code", &world.code("mina")).submit().status, 303, "a day later");
        assert_sound(world);
    }

    fn a_customer_that_is_not_there_gets_no_points(world) {
        let mina = world.signed_in("mina");
        let before = world.audit_size();
        let mut fields = addition(&mina, 1, "5").set("code", &world.code("mina")).fields().to_vec();
        fields.retain(|(name, _)| name != "seen");
        let answer = mina.request("POST", "/users/999/point-adjustments").form(&fields).send();
        assert_eq!(answer.status, 404, "{answer}");
        assert_eq!(world.audit_size(), before + 1);
        assert_eq!(world.last_audit().refusal, "user-missing");
    }

    fn a_suspended_customer_can_be_let_back_in(world) {
        let mina = world.signed_in("mina");
        let panel = || mina.get("/users/1?panel=status").form_to("/status").set("reason", "Chargeback fraud");
        let done = panel().set("code", &world.code("mina")).submit();
        assert_eq!(done.status, 303, "{done}");
        assert_eq!(world.database().value("select status from users where id = 1"), "suspended");
        let row = world.last_audit();
        assert_eq!((row.action.as_str(), row.outcome.as_str(), row.reason.as_str()), ("users.status", "applied", "Chargeback fraud"));
        assert_eq!((&row.before, &row.after), (&json!({"status": "active"}), &json!({"status": "suspended"})));

        let done = panel().set("code", &world.code("mina")).submit();
        assert_eq!(done.status, 303, "{done}");
        assert_eq!(world.database().value("select status from users where id = 1"), "active");
        assert_eq!(world.last_audit().after, json!({"status": "active"}));
    }

    fn who_is_suspended_is_not_suspended_again_and_the_code_is_kept(world) {
        let mina = world.signed_in("mina");
        let code = world.code("mina");
        let panel = || mina.get("/users/4?panel=status").form_to("/status").set("reason", "Chargeback fraud");
        let refused = panel().forge("status", "suspended").set("code", &code).submit();
        assert_eq!(refused.status, 409, "{refused}");
        assert_eq!((world.last_audit().outcome.as_str(), world.last_audit().refusal.as_str()), ("refused", "status-already"));
        let done = panel().forge("status", "active").set("code", &code).submit();
        assert_eq!(done.status, 303, "{done}");
        let refused = panel().forge("status", "deleted").set("code", &world.code("mina")).submit();
        assert_eq!(refused.status, 422, "{refused}");
        assert_eq!(world.database().value("select status from users where id = 4"), "active");
    }
}
