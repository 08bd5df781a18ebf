//! What the tests of this folder have in common.

use crate::kit::{Browser, Form, Operator, Page, World, totp};
use std::fmt::Write as _;

pub(crate) const REASON: &str = "Agreed with the head of support";
pub(crate) const PASSWORD: &str = "a bus full of violins";

/// The id of a person by the part before the @ of their address.
pub(crate) fn id_of(world: &World, who: &str) -> i64 {
    world.number(&format!("select id from staff where email = '{who}@ingam.test'"))
}

/// Makes one of the five an owner beside what they are, as if that had been long ago.
pub(crate) fn make_owner(world: &World, who: &str) {
    let sql = format!("update staff set roles = roles || ' owner' where email = '{who}@ingam.test'");
    world.database().tamper(&sql).unwrap();
}

/// The form of a panel on a person's page, with a reason.
pub(crate) fn panel(browser: &Browser, id: i64, panel: &str) -> Form {
    let page = browser.get(&format!("/staff/{id}?panel={panel}"));
    assert_eq!(page.status, 200, "{page}");
    page.form("form.seal").set("reason", REASON)
}

/// The form that leaves a person these roles and no others.
pub(crate) fn roles_form(browser: &Browser, id: i64, roles: &[&str]) -> Form {
    with_roles(panel(browser, id, "roles"), roles)
}

pub(crate) fn with_roles(form: Form, roles: &[&str]) -> Form {
    let bare = ["operator", "oncall", "auditor", "approver", "owner"]
        .iter()
        .fold(form, |form, role| form.without(&format!("role-{role}")));
    roles.iter().fold(bare, |form, role| form.set(&format!("role-{role}"), "yes"))
}

/// The form that invites a person.
pub(crate) fn invitation(browser: &Browser, email: &str, roles: &[&str]) -> Form {
    let form = browser.get("/staff?panel=invite").form("form.seal");
    with_roles(form.set("email", email).set("name", "Nari Yoon").set("reason", REASON), roles)
}

/// The path of the link that a page shows.
pub(crate) fn link_on(page: &Page) -> String {
    assert_eq!(page.status, 200, "{page}");
    let link = page.attributes("#setup-link", "value");
    let link = link.first().unwrap_or_else(|| panic!("no link: {page}"));
    link[link.find("/setup/").unwrap()..].to_owned()
}

/// Sets password and authenticator with a link, and says which secret the authenticator holds now.
pub(crate) fn set_up(world: &World, link: &str) -> (Page, Vec<u8>) {
    let page = world.browser().get(link);
    assert_eq!(page.status, 200, "{page}");
    let shown = page.says("code.secret").replace(' ', "");
    let secret = totp_rs::Secret::try_from_base32(&shown).unwrap().as_ref().to_vec();
    let done = page
        .form_with("password_again")
        .set("password", PASSWORD)
        .set("password_again", PASSWORD)
        .set("code", &totp(&secret, world.clock.now().unix() / 30))
        .submit();
    assert_eq!(done.status, 200, "{done}");
    (done, secret)
}

/// Signs in with a password and a secret of none of the five.
pub(crate) fn enter(world: &World, email: &str, secret: &[u8]) -> Browser {
    let browser = world.browser();
    let half = browser.get("/login").form_with("password").set("email", email).set("password", PASSWORD).submit();
    assert_eq!(half.location(), Some("/login/code"), "{half}");
    world.clock.advance(std::time::Duration::from_secs(30));
    let code = totp(secret, world.clock.now().unix() / 30);
    let done = half.follow().form_with("code").set("code", &code).submit();
    assert_eq!(done.status, 303, "{done}");
    browser
}

/// A fresh code of a person of the kit.
pub(crate) fn code(world: &World, person: &Operator) -> String {
    person.code(world.clock.now(), 0)
}

/// How many owners there are who could sign in and manage the staff.
pub(crate) fn able_owners(world: &World) -> i64 {
    world.number(
        "select count(*) from staff s join authenticators a on a.staff_id = s.id
          where s.active and s.roles like '%owner%' and s.password_hash is not null and not a.locked",
    )
}

/// Runs `ingam staff …`, with a reason where a change has none, and says whether it did it, and what it said.
pub(crate) fn host(world: &World, arguments: &[&str]) -> (bool, String) {
    let mut arguments: Vec<&str> = ["staff"].iter().chain(arguments).copied().collect();
    if !arguments.contains(&"list") && !arguments.contains(&"--reason") {
        arguments.extend(["--reason", REASON]);
    }
    let output = world.command(&arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.success(), said)
}

/// The path of the link that the command line printed.
pub(crate) fn link_in(said: &str) -> String {
    let line = said.lines().find(|line| line.contains("/setup/")).unwrap_or_else(|| panic!("no link in {said}"));
    line[line.find("/setup/").unwrap()..].to_owned()
}

/// The sessions of the owners of the kit, to be put back by [`sign_in_again`].
pub(crate) fn sessions_of_owners(world: &World) -> Vec<Vec<Option<String>>> {
    world.rows("select id, staff_id, ip, user_agent from sessions where staff_id >= 2000")
}

/// Signs all of them in again who could do so themselves: their passwords belong to no one.
pub(crate) fn sign_in_again(world: &World, sessions: &[Vec<Option<String>>]) {
    let now = world.clock.now();
    let mut sql = String::new();
    for row in sessions {
        let text = |at: usize| row[at].clone().unwrap();
        write!(
            sql,
            "delete from sessions where id = '{0}';
             insert into sessions (id, staff_id, stage, created_at, seen_at, ip, user_agent)
               select '{0}', id, 'signed', '{now}', '{now}', '{2}', '{3}' from staff where id = {1} and active
                  and password_hash is not null and id in (select staff_id from authenticators where not locked);",
            text(0),
            text(1),
            text(2),
            text(3)
        )
        .unwrap();
    }
    world.database().tamper(&sql).unwrap();
}
