//! An error page keeps the frame of a person who is signed in, and leads only to what they may open.

use crate::kit::on_both;

on_both! {
    fn an_error_page_keeps_navigation_and_search_for_those_who_are_signed_in(world) {
        let mina = world.signed_in("mina");
        for (status, path) in [(403, "/audit"), (403, "/staff/1"), (404, "/users/999999"), (404, "/nowhere"), (404, "/orders/x")] {
            let page = mina.get(path);
            assert_eq!(page.status, status, "{path}: {page}");
            assert!(page.has("nav.nav a[href='/orders']") && page.has("form.find"), "{path} keeps the frame: {page}");
            for href in page.attributes("main a, nav.nav a", "href") {
                assert_eq!(mina.get(&href).status, 200, "{path} leads to {href}");
            }
            assert!(page.says("main").contains("Request id"), "{page}");
        }
        let guest = world.browser().get("/login/nowhere");
        assert!(!guest.has("nav.nav") && !guest.has("form.find"), "{guest}");
    }

    fn loading_a_revealed_contact_again_leads_to_the_customer(world) {
        let mina = world.signed_in("mina");
        let form = mina.get("/users/1?panel=contact").form_to("/contact").set("reason", "The customer asked to be called back");
        let shown = form.submit();
        assert!(shown.status == 200 && shown.says("#panel").contains("seoyeon.k@naver.com"), "{shown}");
        let again = mina.get("/users/1/contact");
        assert!(again.status == 200 && again.says("h1").contains('김') && again.has("#ledger"), "{again}");
        assert!(!again.text().contains("seoyeon.k@naver.com"));
        assert_eq!(world.browser().get("/users/1/contact").location(), Some("/login"));
    }
}
