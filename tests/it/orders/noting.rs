//! Notes: a change like any other, whose text is its reason.

use crate::{kit::on_both, orders::support::refund};

on_both! {
    fn a_note_is_sealed_and_is_on_the_timeline(world) {
        let mina = world.signed_in("mina");
        let text = "Customer will be away until Friday";
        let form = mina.get("/orders/4").form_to("/notes").set("reason", text);
        let wrong = form.clone().set("code", &world.wrong_code("mina")).submit();
        assert_eq!(wrong.status, 422, "{wrong}");
        assert_eq!(wrong.form_to("/notes").value("reason"), Some(text), "what was typed is kept");
        assert_eq!(wrong.form_to("/notes").value("code"), Some(""));
        let done = wrong.form_to("/notes").set("code", &world.code("mina")).submit();
        assert_eq!((done.status, done.location()), (303, Some("/orders/4#timeline")), "{done}");
        let page = mina.get("/orders/4");
        assert!(page.says("#timeline").contains(text) && page.says("#timeline").contains("Mina Kang"), "{}", page.says("#timeline"));
        let row = world.last_audit();
        assert_eq!((row.action.as_str(), row.target.as_str(), row.reason.as_str()), ("orders.note", "order/4", text));
        let sora = world.signed_in("sora");
        assert_eq!(sora.get(&format!("/audit/{}", row.seq)).status, 200);
    }

    fn a_note_does_not_make_open_forms_out_of_date(world) {
        let mina = world.signed_in("mina");
        let form = refund(&mina, 4, &[(1, "1")]);
        let note = mina.get("/orders/4").form_to("/notes").set("reason", "Called back, all is well");
        assert_eq!(note.set("code", &world.code("mina")).submit().status, 303);
        assert_eq!(form.set("code", &world.code("mina")).submit().status, 303);
    }

    fn a_note_of_nothing_and_one_on_nothing_are_refused(world) {
        let mina = world.signed_in("mina");
        let form = mina.get("/orders/4").form_to("/notes").set("code", &world.code("mina"));
        assert_eq!(form.clone().set("reason", " ").submit().status, 422);
        assert_eq!(form.clone().set("reason", &"x".repeat(501)).submit().status, 422);
        assert_eq!(form.set("reason", "Where is it?").to("/orders/999/notes").submit().status, 404);
        assert_eq!(world.number("select count(*) from order_events"), 0);
    }
}
