use crate::kit::on_both;

on_both! {
    fn points_that_were_added_stand_in_balance_ledger_and_log(world) {
        let mina = world.signed_in("mina");
        let done = mina
            .get("/users/1?panel=points")
            .form_to("/point-adjustments")
            .set("direction", "add")
            .set("amount", "1,000")
            .set("reason_kind", "goodwill")
            .set("reason", "Late delivery, ticket CS-1")
            .set("code", &world.code("mina"))
            .submit();
        assert_eq!(done.status, 303, "{}", done.text());
        let rows = world.rows("select u.points, p.delta, p.balance, a.outcome, a.reason from users u, point_entries p, audit a
            where u.id = 1 and p.user_id = 1 and p.change_id = a.change_id");
        assert_eq!(rows.len(), 1);
        let row: Vec<_> = rows[0].iter().map(|cell| cell.as_deref().unwrap()).collect();
        assert_eq!(row, ["13450", "1000", "13450", "applied", "Late delivery, ticket CS-1"]);
    }
}
