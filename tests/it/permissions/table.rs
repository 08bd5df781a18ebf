//! Every route as everybody: what the console answers is what the table says, and both are what `permissions.txt` says.

use crate::evidence::support::{Key, said};
use crate::kit::{
    Browser, PEOPLE, World, block_on, csrf, moved, on_both, recovering, sample_export, sample_incidents,
    sample_requests, sample_rota, sample_runs, sample_suspicion,
};
use ingam::{
    allowlist::Allowlist,
    changes::{HOUSEKEEPING, KINDS},
    demo::customers::LoadSample,
    gate::{Actor, Admits, By, Change, CodeRefusal, Gate, Origin, Refusal, Role, Roles, Seal, Who},
    id::{CustomerId, StaffId},
    routes::ROUTES,
    staff::invite::InviteStaff,
    store::Store,
    users::{adjust::AdjustPoints, status::SetUserStatus},
    web::{
        route::{Opens, Route},
        session::{Stage, Visitor},
    },
};
use std::{fmt::Write as _, time::Duration};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/permissions/permissions.txt");

const HEAD: &str = "\
Who may do what in Ingam.

A test walks every route as everybody, compares what the console answers with its route table and both with this file.
After a change that is meant: UPDATE_PERMISSIONS=1 cargo nextest run --test it permissions

ROUTES
  yes    answered
  login  sent to the sign-in page
  home   sent on to the first page
  403    refused, and the refusal is in the audit log
  new    sent to the page of a new authenticator
  code   sent to the page that asks for a code, and that is in the audit log
  nobody: no session; half: the password was right and the code is still to come; lost: a recovery code was given in place
  of the authenticator; moved: signed in, but now in another browser and on another network; the others are signed in with
  one role

";

/// A person who walks the routes.
struct Walker {
    name: &'static str,
    browser: Browser,
    csrf: String,
    visitor: Option<Visitor>,
}

fn visitor(role: &str, stage: Stage) -> Visitor {
    Visitor {
        session: String::new(),
        stage,
        created: 0,
        seen: 0,
        id: StaffId::new(1),
        name: String::new(),
        email: String::new(),
        roles: Roles::new([role.parse().unwrap()]),
        lang: None,
        time_zone: String::new(),
        theme: String::new(),
        networks: String::new(),
        ip: String::new(),
        user_agent: String::new(),
    }
}

fn walkers(world: &World) -> Vec<Walker> {
    let nobody = world.browser();
    let csrf_of_nobody = csrf(&nobody.get("/login"));
    let half = world.browser();
    let csrf_of_half = csrf(&half.give_password("mina"));
    let lost = recovering(world, "owner");
    let csrf_of_lost = csrf(&lost.get("/login/authenticator"));
    let moved = moved(world, "owner");
    let csrf_of_moved = csrf(&moved.get("/login/confirmation"));
    let mut walkers = vec![
        Walker { name: "nobody", browser: nobody, csrf: csrf_of_nobody, visitor: None },
        Walker { name: "half", browser: half, csrf: csrf_of_half, visitor: Some(visitor("operator", Stage::Password)) },
        Walker { name: "lost", browser: lost, csrf: csrf_of_lost, visitor: Some(visitor("owner", Stage::Recovery)) },
        Walker { name: "moved", browser: moved, csrf: csrf_of_moved, visitor: Some(visitor("owner", Stage::Moved)) },
    ];
    for person in PEOPLE {
        let browser = world.signed_in(person.email);
        let csrf = csrf(&browser.get("/account"));
        walkers.push(Walker { name: person.role, browser, csrf, visitor: Some(visitor(person.role, Stage::Signed)) });
    }
    walkers
}

/// A path of this route with something in place of every `{…}`.
fn path(route: &Route, asset: &str) -> String {
    match route.path {
        "/static/{hash}/{name:.*}" => asset.to_owned(),
        "/audit/exports/size" => "/audit/exports/size?end=1".to_owned(),
        path => {
            let put = |part| match part {
                "{job}" => "settle",
                "{name}" => "first",
                "{kind}" => "reveals",
                "{period}" => "2026-03",
                "{tile:.+}" => "tile/0/000.p/1",
                part if str::starts_with(part, "{") => "1",
                part => part,
            };
            let parts: Vec<_> = path.split('/').map(put).collect();
            parts.join("/")
        }
    }
}

/// What the console answers, and with which status. A form that is let in is told that it has a field too many, so that
/// nothing changes.
fn answer(walker: &Walker, route: &Route, path: &str) -> (&'static str, u16) {
    let page = match route.method {
        "GET" => walker.browser.get(path),
        _ => walker.browser.post(path, &[("csrf", &walker.csrf), ("stranger", "1")]),
    };
    let location = page.location().unwrap_or_default();
    let answer = match (page.status, route.method) {
        // A person who is signed in has no business on the sign-in page.
        (303, _) if route.path == "/login" && location == "/" => "yes",
        (303, _) if location == "/login/authenticator" => "new",
        (303, _) if location == "/login/confirmation" => "code",
        (303, _) if location.starts_with("/login") => "login",
        (403, _) => "403",
        (200, "GET") | (422, "POST") => "yes",
        (303, _) if route.opens.is_step() && location == "/" => "home",
        // An operator takes back what operators do, and row 1 is none of that.
        (404, "GET") if route.path == "/audit/{seq}/reversal" => "yes",
        // No checkpoint has a time stamp there.
        (404, "GET") if route.path == "/audit/checkpoints/{id}/timestamp" => "yes",
        // No report was signed here.
        (404, "GET") if route.path.starts_with("/audit/reviews/signed/") => "yes",
        // It may be gone, or in no signed log.
        (404, "GET") if route.path.starts_with("/access-records/{id}") => "yes",
        // It was taken, which its page says.
        (303, "GET") if route.path == "/audit/exports/{id}/file" => "yes",
        // It is there for the token of a scraper, which this console has none of: then it is not there.
        (404, "GET") if route.path == "/metrics" => "yes",
        // Nothing is called 1 there, which is said only to those who may ask.
        (404, _) if route.path.contains("{token}") || route.method == "POST" => "yes",
        _ => panic!("{} as {}: {page}", route.path, walker.name),
    };
    (answer, page.status)
}

fn expected(route: &Route, walker: &Walker) -> &'static str {
    match (route.opens.to(walker.visitor.as_ref()), &walker.visitor) {
        (true, _) => "yes",
        (false, Some(visitor)) if visitor.is_signed() && route.opens.is_step() => "home",
        (false, Some(visitor)) if visitor.is_signed() => "403",
        (false, Some(visitor)) if visitor.stage == Stage::Recovery => "new",
        (false, Some(visitor)) if visitor.stage == Stage::Moved => "code",
        (false, _) => "login",
    }
}

fn who(by: By) -> String {
    match by {
        By::Roles(roles) => roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(", "),
        By::AnyStaff => "anybody signed in".to_owned(),
        By::PasswordOnly => "a person who gave a password".to_owned(),
        By::RecoveryOnly => "a person who gave a recovery code".to_owned(),
        By::Session => "anybody with a session".to_owned(),
        By::Public => "anybody on an allowed network".to_owned(),
        By::SystemOnly => "no person".to_owned(),
    }
}

fn changes() -> String {
    let mut text =
        "\nCHANGES\n  code: a fresh one-time code is spent; host: the command line on the host may do it too\n\n"
            .to_owned();
    let line = |name: &str, by: &str, code: &str, host: &str| {
        format!("{name:34}{by:36}{code:6}{host}").trim_end().to_owned() + "\n"
    };
    text += &line("change", "who", "code", "host");
    let yes = |yes: bool| if yes { "yes" } else { "-" };
    for kind in KINDS {
        let Admits { by, code, host } = kind.admits;
        text += &line(kind.name, &who(by), yes(code), yes(host));
    }
    text += "\nHOUSEKEEPING\n  written by the console itself, alters no business data, not in the audit log\n\n";
    for name in HOUSEKEEPING {
        text += name;
        text.push('\n');
    }
    text
}

on_both! {
    fn the_permission_matrix_is_the_one_in_the_repository(world) {
        sample_runs(world);
        sample_requests(world);
        sample_rota(world);
        sample_incidents(world);
        sample_export(world);
        sample_suspicion(world);
        let signed = Key::make().sign(world);
        assert!(signed.status.success(), "{}", said(&signed));
        let walkers = walkers(world);
        let asset = walkers[0].browser.get("/login").attributes("link[rel=stylesheet]", "href").remove(0);
        let mut text = HEAD.to_owned();
        write!(text, "{:6}{:42}", "", "").unwrap();
        for walker in &walkers {
            write!(text, "{:10}", walker.name).unwrap();
        }
        text = text.trim_end().to_owned() + "\n";
        for route in ROUTES {
            let path = path(route, &asset);
            let mut line = format!("{:6}{:42}", route.method, route.path);
            for walker in &walkers {
                let before = world.audit_size();
                let (answer, status) = answer(walker, route, &path);
                assert_eq!(answer, expected(route, walker), "{} {} as {}", route.method, route.path, walker.name);
                let rows = world.audit_from(before);
                let refused: Vec<_> = rows.iter().map(|row| (row.action.as_str(), row.refusal.as_str())).collect();
                let recorded: &[_] = match answer {
                    _ if status == 422 => &[("request.refused", "form-malformed fault=unknown-field fields=1")],
                    "403" => &[("request.refused", "role")],
                    "code" => &[("request.refused", "session-moved")],
                    // No one was invited with the token 1.
                    _ if route.path.starts_with("/setup/") => &[("request.refused", "link-gone")],
                    _ => &[],
                };
                assert_eq!(refused, recorded, "{} {} as {}", route.method, route.path, walker.name);
                write!(line, "{answer:10}").unwrap();
                // The log takes 60 rows a minute of a person or address before it counts. The session of a walker who has lost
                // a telephone ends after some minutes, so no time passes without need.
                if !recorded.is_empty() {
                    world.clock.advance(Duration::from_secs(1));
                }
            }
            text += line.trim_end();
            text.push('\n');
        }
        text += &changes();
        if std::env::var_os("UPDATE_PERMISSIONS").is_some() {
            std::fs::write(FILE, &text).unwrap();
        }
        let there = std::fs::read_to_string(FILE).unwrap_or_default();
        assert!(text == there, "tests/it/permissions/permissions.txt says something else than the console does:\n{text}");
    }

    fn the_gate_itself_refuses_a_missing_role_whatever_the_routes_say(world) {
        for person in PEOPLE {
            world.signed_in(person.email);
        }
        let actors = PEOPLE.map(|person| (actor(world, person.email), person.role.parse::<Role>().unwrap()));
        block_on(async {
            let store = Store::open(&world.database().url, 1).await.unwrap();
            let config = world.config();
            let gate = Gate::open(&store, ingam::changes::CATALOG, world.clock.clock(), config.secret_key, Allowlist::loopback()).await.unwrap();
            for (actor, role) in &actors {
                let role = *role;
                let adjust = AdjustPoints { user: CustomerId::new(1), delta: 1, reason_kind: "goodwill".to_owned() };
                knock(&gate, actor, role, &adjust).await;
                knock(&gate, actor, role, &SetUserStatus { user: CustomerId::new(1), status: "suspended".to_owned() }).await;
                knock(&gate, actor, role, &LoadSample { first: 10, count: 1, total: 10, ..LoadSample::default() }).await;
                let invite = InviteStaff {
                    email: "new@ingam.test".to_owned(),
                    name: "New".to_owned(),
                    roles: Roles::new([Role::Owner]),
                    time_zone: "UTC".to_owned(),
                    token: "t".to_owned(),
                };
                knock(&gate, actor, role, &invite).await;
            }
            store.close().await;
            gate.close().await;
        });
        assert_eq!(world.number("select count(*) from users"), 5);
        assert_eq!(world.number("select count(*) from staff"), 5);
        assert_eq!(world.number("select points from users where id = 1"), 12_450);
    }

    fn a_page_that_does_not_exist_is_told_apart_from_one_that_is_closed(world) {
        let jun = world.signed_in("jun");
        assert_eq!(jun.get("/nowhere").status, 404);
        assert_eq!(jun.get("/users").status, 403);
        assert_eq!(world.browser().get("/nowhere").status, 404);
    }
}

/// Submits without a code: those who may are asked for one, the others are told that they may not.
async fn knock<C: Change>(gate: &Gate, actor: &Actor, role: Role, change: &C) {
    let refusal = gate.submit(actor, change, &Seal::none()).await.err().expect("without a code nothing is done");
    let may = matches!(C::ADMITS.by, By::Roles(roles) if roles.contains(&role));
    match refusal {
        Refusal::Code(CodeRefusal::Malformed) => assert!(may, "{role} gets as far as the code of {}", C::KIND),
        Refusal::Role => assert!(!may, "{role} may not do {}", C::KIND),
        other => panic!("{role}, {}: {other:?}", C::KIND),
    }
}

fn actor(world: &World, email: &str) -> Actor {
    let row = &world.rows(&format!(
        "select s.id, s.name, e.id from staff s join sessions e on e.staff_id = s.id and e.stage = 'signed'
          where s.email = '{email}'"
    ))[0];
    let text = |at: usize| row[at].clone().unwrap();
    // The gate must not believe the roles that the request brings.
    let roles = Roles::new(Role::ALL);
    Actor {
        who: Who::Staff { id: text(0).parse().unwrap(), name: text(1), email: email.to_owned(), roles },
        origin: Origin {
            ip: Some([127, 0, 0, 1].into()),
            peer: Some([127, 0, 0, 1].into()),
            user_agent: String::new(),
            session: Some(text(2)),
            request_id: "req_test".to_owned(),
        },
    }
}

#[test]
fn every_route_that_changes_something_is_a_post() {
    for route in ROUTES {
        assert!(matches!(route.method, "GET" | "POST"), "{}", route.path);
        assert!(!matches!(route.opens, Opens::Machines) || route.method == "GET", "{}", route.path);
    }
}
