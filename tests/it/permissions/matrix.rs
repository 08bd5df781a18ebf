//! Every form and every change as everybody who may not make it: what is posted counts, not what the pages offer.

use crate::kit::{Browser, Form, PEOPLE, World, block_on, forms, on_both, recovering};
use ingam::{
    allowlist::Allowlist,
    changes::{AnyChange, KINDS},
    gate::{Actor, Admits, By, CodeRefusal, Gate, Origin, Refusal, Role, Roles, Seal, Who},
    routes::ROUTES,
    store::Store,
    web::route::{Opens, Route},
};
use std::{fs, path::Path, time::Duration};

/// An address that is in no network of the console.
const ELSEWHERE: &str = "203.0.113.9";

fn route_of(action: &str) -> &'static Route {
    let path: Vec<&str> = action.split('?').next().unwrap().split('/').collect();
    let fits = |route: &&Route| {
        let pattern: Vec<&str> = route.path.split('/').collect();
        route.method == "POST"
            && pattern.len() == path.len()
            && pattern.iter().zip(&path).all(|(wanted, part)| wanted.starts_with('{') || wanted == part)
    };
    ROUTES.iter().filter(fits).max_by_key(|route| !route.path.contains('{')).unwrap()
}

/// The same form in another browser, with the token of that one.
fn as_if(form: &Form, browser: &Browser, csrf: &str) -> Form {
    let mut fields = form.fields().to_vec();
    for (name, value) in &mut fields {
        if name == "csrf" {
            csrf.clone_into(value);
        }
    }
    Form::bare(browser, form.action(), &fields)
}

/// How many changes were made, besides people coming and going.
fn made(world: &World) -> i64 {
    world.number("select count(*) from audit where outcome in ('applied', 'requested') and action not like 'session.%'")
}

fn csrf_of(browser: &Browser) -> String {
    browser.get("/account").form_to("/logout").value("csrf").unwrap().to_owned()
}

/// Whose form it is, by the session that its page was read with.
fn owner(world: &World, browser: &Browser) -> Option<&'static str> {
    let page = browser.get("/account");
    let _ = world;
    PEOPLE.iter().map(|person| person.email).find(|email| page.status == 200 && page.text().contains(email))
}

on_both! {
    fn no_form_does_anything_for_a_person_without_its_role(world) {
        let proxied = world.another(|config| config.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()]).unwrap();
        let forms = forms(world);
        let people: Vec<_> = PEOPLE.iter().map(|person| {
            let browser = world.signed_in(person.email);
            let csrf = csrf_of(&browser);
            (person, browser, csrf)
        }).collect();
        let before = made(world);
        for (browser, form) in &forms {
            let route = route_of(form.action());
            let what = form.action();
            let sealed = form.value("key").is_some() && form.fields().iter().any(|(name, _)| name == "code");
            world.clock.advance(Duration::from_secs(2));

            // Without a code, unchanged.
            if sealed {
                let page = form.submit();
                assert!(matches!(page.status, 409 | 422) || (page.status == 200 && what.ends_with("preview")), "{what}: {page}");
            }
            // From a network that is not let in.
            let page = as_if(form, &browser.at(proxied.address).with_header("X-Forwarded-For", ELSEWHERE), form.value("csrf").unwrap_or_default()).submit();
            assert_eq!(page.status, 403, "{what} from elsewhere: {page}");
            assert_eq!(world.last_audit().refusal, "network", "{what}");
            let Opens::Roles(roles) = route.opens else { continue };
            // As everybody else.
            for (person, other, csrf) in &people {
                let role: Role = person.role.parse().unwrap();
                if !roles.contains(&role) {
                    let page = as_if(form, other, csrf).submit();
                    assert_eq!(page.status, 403, "{what} as {}: {page}", person.role);
                    assert_eq!(world.last_audit().refusal, "role", "{what}");
                    world.clock.advance(Duration::from_secs(2));
                }
            }
            // Without a session.
            let page = as_if(form, &world.browser(), "").submit();
            assert_eq!(page.location(), Some("/login"), "{what} without a session: {page}");
            // By whom it was for when the page was read, and who has lost the role since, or the account.
            let email = owner(world, browser).unwrap();
            let role = PEOPLE.iter().find(|person| person.email == email).unwrap().role;
            let set = |sql: &str| world.database().tamper(&format!("update staff set {sql} where email = '{email}'")).unwrap();
            set("roles = ''");
            let page = form.submit();
            assert_eq!(page.status, 403, "{what} without the role: {page}");
            assert_eq!(world.last_audit().refusal, "role", "{what}");
            set(&format!("roles = '{role}', active = false"));
            let page = form.submit();
            assert_eq!(page.location(), Some("/login?notice=ended"), "{what} disabled: {page}");
            set("active = true");
        }
        assert_eq!(made(world), before, "something was changed");
    }

    fn the_gate_refuses_changes_without_the_role(world) {
        for person in PEOPLE {
            world.signed_in(person.email);
        }
        let before = made(world);
        let changes = golden();
        assert_eq!(changes.len(), KINDS.len());
        let people = PEOPLE.map(|person| (person.role.parse::<Role>().unwrap(), actor(world, person.email)));
        block_on(async {
            let store = Store::open(&world.database().url, 1).await.unwrap();
            let gate = Gate::open(&store, ingam::changes::CATALOG, world.clock.clock(), world.config().secret_key, Allowlist::loopback()).await.unwrap();
            for (role, here) in &people {
                for change in &changes {
                    knock(&gate, here, *role, change).await;
                }
            }
            store.close().await;
            gate.close().await;
        });
        world.database().tamper("update staff set active = false").unwrap();
        block_on(async {
            let store = Store::open(&world.database().url, 1).await.unwrap();
            let gate = Gate::open(&store, ingam::changes::CATALOG, world.clock.clock(), world.config().secret_key, Allowlist::loopback()).await.unwrap();
            for (_, disabled) in &people {
                let of_anybody = |change: &&AnyChange| !matches!(change.as_dyn().admits().by, By::Public);
                for change in changes.iter().filter(of_anybody) {
                    let refusal = change.submit(&gate, disabled, &Seal::none()).await.unwrap_err();
                    assert!(matches!(refusal, Refusal::SignedOut), "{}: {refusal:?}", change.kind());
                }
            }
            store.close().await;
            gate.close().await;
        });
        assert_eq!(made(world), before, "something was changed");
    }

    fn the_gate_takes_nothing_but_a_new_authenticator_after_a_recovery_code(world) {
        recovering(world, "owner");
        let before = made(world);
        let lost = actor_in(world, "owner@ingam.test", "recovery");
        let seal = Seal { code: Some(world.code("owner")), ..Seal::none() };
        block_on(async {
            let store = Store::open(&world.database().url, 1).await.unwrap();
            let gate = Gate::open(&store, ingam::changes::CATALOG, world.clock.clock(), world.config().secret_key, Allowlist::loopback()).await.unwrap();
            for change in golden() {
                match change.as_dyn().admits().by {
                    By::Public | By::Session => {}
                    By::RecoveryOnly => {
                        // The one at rest proves no new authenticator.
                        let refusal = change.submit(&gate, &lost, &seal).await.unwrap_err();
                        assert_eq!((change.kind(), refusal.word().as_str()), ("account.recover-authenticator", "new-code-wrong"));
                    }
                    _ => {
                        let refusal = change.submit(&gate, &lost, &seal).await.unwrap_err();
                        assert!(matches!(refusal, Refusal::SignedOut), "{}: {refusal:?}", change.kind());
                    }
                }
            }
            store.close().await;
            gate.close().await;
        });
        assert_eq!(made(world), before, "something was changed");
    }
}

/// Submits the change without a code, here and from elsewhere.
async fn knock(gate: &Gate, here: &Actor, role: Role, change: &AnyChange) {
    let there =
        Actor { origin: Origin { ip: Some(ELSEWHERE.parse().unwrap()), ..here.origin.clone() }, ..here.clone() };
    let admits = change.as_dyn().admits();
    let what = format!("{} as {role}", change.kind());
    match (admits.by, may(admits, role)) {
        // One's own affairs that need no code are for the tests of accounts, and entering for those of sessions.
        (By::AnyStaff, _) if !admits.code => {}
        (By::Public | By::Session, _) => {}
        (_, true) => {
            let refusal = change.submit(gate, &there, &Seal::none()).await.unwrap_err();
            assert!(matches!(refusal, Refusal::Network), "{what} from elsewhere: {refusal:?}");
            if admits.code {
                let refusal = change.submit(gate, here, &Seal::none()).await.unwrap_err();
                let is_code = matches!(refusal, Refusal::Code(CodeRefusal::Malformed));
                assert!(is_code || matches!(refusal, Refusal::Rejected(_)), "{what}: {refusal:?}");
            }
        }
        (by, false) => {
            let refusal = change.submit(gate, here, &Seal::none()).await.unwrap_err();
            let is_meant = match by {
                By::PasswordOnly | By::RecoveryOnly => matches!(refusal, Refusal::SignedOut),
                _ => matches!(refusal, Refusal::Role),
            };
            assert!(is_meant, "{what}: {refusal:?}");
        }
    }
}

fn may(admits: Admits, role: Role) -> bool {
    match admits.by {
        By::Roles(roles) => roles.contains(&role),
        By::AnyStaff => true,
        By::PasswordOnly | By::RecoveryOnly | By::Session | By::Public | By::SystemOnly => false,
    }
}

/// One of every change there is.
fn golden() -> Vec<AnyChange> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/sealing/golden");
    let read = |entry: fs::DirEntry| serde_json::from_str(&fs::read_to_string(entry.path()).unwrap()).unwrap();
    fs::read_dir(folder).unwrap().flatten().map(read).collect()
}

fn actor(world: &World, email: &str) -> Actor {
    actor_in(world, email, "signed")
}

/// The person with a session of this stage.
fn actor_in(world: &World, email: &str, stage: &str) -> Actor {
    let row = &world.rows(&format!(
        "select s.id, s.name, e.id from staff s join sessions e on e.staff_id = s.id and e.stage = '{stage}'
          where s.email = '{email}'"
    ))[0];
    let text = |at: usize| row[at].clone().unwrap();
    Actor {
        // The gate must not believe the roles that the request brings.
        who: Who::Staff {
            id: text(0).parse().unwrap(),
            name: text(1),
            email: email.to_owned(),
            roles: Roles::new(Role::ALL),
        },
        origin: Origin {
            ip: Some([127, 0, 0, 1].into()),
            peer: Some([127, 0, 0, 1].into()),
            user_agent: String::new(),
            session: Some(text(2)),
            request_id: "req_test".to_owned(),
        },
    }
}
