//! One of every form that the console has, each filled in.

use super::{
    Browser, Engine, Form, REASON, World, moved, recovering, sample_incidents, sample_requests, sample_runs, wait_for,
};
use ingam::{clock::Clock, gate::Window, routes::ROUTES, web::route::Opens};

/// A refund that can be tried again.
const FAILED_REFUND: &str = "
    insert into refunds (id, order_id, at, state, amount, released, reason_kind, settled_at, staff_name, change_id) values
      (1, 4, '2026-03-01T00:00:00.000000Z', 'failed', 15000, true, 'damaged', '2026-03-01T00:01:00.000000Z', 'Mina Kang', 'x');
    insert into refund_payments (refund_id, payment_id, order_id, amount, state, key, settled_at) values
      (1, 40, 4, 15000, 'failed', 'k', '2026-03-01T00:01:00.000000Z');
    update orders set failed_refunds = 1 where id = 4";

/// Every form with its page, filled in so that only one field at a time is strange. The code is missing, so that nothing
/// changes and no wrong code is counted.
#[expect(clippy::too_many_lines, reason = "a list, with nothing to follow")]
pub(crate) fn forms(world: &World) -> Vec<(Browser, Form)> {
    let link = invite(world, "nari@ingam.test", "operator");
    let mina = world.signed_in("mina");
    world.signed_in("mina");
    sample_runs(world);
    sample_requests(world);
    let (jun, hana) = (world.signed_in("jun"), world.signed_in("hana"));
    let half = world.browser();
    half.give_password("sora");
    let lost = recovering(world, "hana");
    let elsewhere = moved(world, "hana");
    let nobody = world.browser();
    let other_session = mina.get("/account").attributes("a[href^=\"/account?panel=session&\"]", "href").remove(0);
    let points = mina
        .get("/users/1?panel=points")
        .form_to("/point-adjustments")
        .set("amount", "10")
        .set("reason", "Late delivery");
    let preview = points.clone().to("/users/1/point-adjustments/preview");
    let refund = mina
        .get("/orders/1?panel=refund")
        .form_to("/refunds")
        .set("units-3", "1")
        .set("shipping", "yes")
        .set("amount", "5,000")
        .set("override_reason", "As agreed on the telephone")
        .set("payment-10", "2,000")
        .set("payment-11", "3,000")
        .set("reason", "Parcel damaged");
    let refund_preview = refund.clone().to("/orders/1/refunds/preview");
    world.database().tamper(FAILED_REFUND).unwrap();
    if world.engine == Engine::Postgres {
        world.database().tamper("alter table refunds alter column id restart with 100").unwrap();
    }
    let retry = mina.get("/orders/4").attributes("a[href*='panel=retry']", "href").remove(0);
    let dismissal = mina.get("/orders/4").attributes("a[href*='panel=dismiss']", "href").remove(0);
    let parcel = mina.get("/orders/1?panel=shipping").form_to("/shipping");
    let parcel = parcel.set("state", "shipped").set("carrier", "cj").set("tracking_number", "601234564471");
    let mut forms = vec![
        (
            nobody.clone(),
            nobody
                .get("/login")
                .form_with("password")
                .set("email", "x@ingam.test")
                .set("password", "not the right one"),
        ),
        (nobody.clone(), nobody.get(&link).form_with("password_again")),
        (half.clone(), half.get("/login/code").form_with("code")),
        (half.clone(), half.get("/login/code?with=recovery").form_with("code")),
        (elsewhere.clone(), elsewhere.get("/login/confirmation").form_with("code")),
        (lost.clone(), lost.get("/login/authenticator").form_to("/login/authenticator")),
        (
            mina.clone(),
            mina.get("/account?panel=password")
                .form_to("/account/password")
                .set("current", "x")
                .set("new", "seven boats going home")
                .set("new_again", "seven boats going home"),
        ),
        (mina.clone(), mina.get("/account?panel=authenticator").form_to("/account/authenticator")),
        (mina.clone(), mina.get("/account?panel=recovery-codes").form_to("/account/recovery-codes")),
        (mina.clone(), mina.get("/account?panel=sessions").form_to("/account/sessions/revocation")),
        (mina.clone(), mina.get(&other_session).form_to("/revocation")),
        (mina.clone(), mina.get("/account").form("#preferences form")),
        (mina.clone(), mina.get("/users").form_to("/users/searches").set("q", "kim")),
        (mina.clone(), mina.get("/users/1?panel=contact").form_to("/contact").set("reason", "She called, ticket 5")),
        (mina.clone(), points),
        (mina.clone(), preview),
        (mina.clone(), mina.get("/users/1?panel=status").form_to("/status").set("reason", "Asked for it herself")),
        (
            mina.clone(),
            mina.get("/users/1?panel=note")
                .form_to("/notes")
                .set("text", "Call after 6 pm")
                .set("reason", "She asked for it"),
        ),
        (jun.clone(), jun.get("/searches").form_to("/searches").set("q", "settle")),
        (mina.clone(), mina.get("/orders").form_to("/orders/searches").set("q", "20260228-000017")),
        (mina.clone(), refund),
        (mina.clone(), refund_preview),
        (mina.clone(), mina.get(&retry).form_to("/retry").set("reason", "The card works again")),
        (mina.clone(), mina.get(&dismissal).form_to("/dismissal").set("reason", "Paid from the till")),
        (mina.clone(), mina.get("/orders/1?panel=cancel").form_to("/cancellation").set("reason", "Ordered twice")),
        (mina.clone(), parcel.set("reason", "It has left")),
        (mina.clone(), mina.get("/orders/1").form_to("/notes").set("reason", "She will call again")),
        (mina.clone(), mina.get("/").form_to("/logout")),
        (mina.clone(), mina.get("/").form_to("/session")),
        (jun.clone(), jun.get("/batches/settle?panel=run").form_to("/runs").set("reason", "The bank asked for it")),
        (jun.clone(), jun.get("/batches/settle?panel=pause").form_to("/pause").set("reason", "The bank is closed")),
        (
            jun.clone(),
            jun.get("/batches/settle?panel=resolve").form_to("/lapses").set("reason", "The console was being updated"),
        ),
        (jun.clone(), jun.get("/runs?panel=rerun&run-1=on").form_to("/runs/reruns").set("reason", "The bank is back")),
        (jun.clone(), jun.get("/runs/1?panel=rerun").form_to("/rerun").set("reason", "The bank is back")),
        (jun.clone(), jun.get("/runs/2?panel=cancel").form_to("/cancellation").set("reason", "It is the wrong day")),
        (
            jun.clone(),
            jun.get("/runs/4?panel=resolve").form_to("/resolution").set("reason", "Looked for it on batch-02"),
        ),
        (jun.clone(), jun.get("/runs/3?panel=normal").form_to("/baseline").set("reason", "There is more to do now")),
    ];
    forms.extend(approval_forms(&mina, &hana));
    forms.extend(alert_forms(world, &jun));
    forms.extend(rota_forms(world, &jun));
    forms.extend(lever_forms(world, &jun));
    forms.extend(way_forms(world, &mina));
    forms.extend(incident_forms(world, &jun));
    forms.push(export_form(world));
    forms.push(suspicion_form(world));
    forms.push(review_form(world));
    forms.push(reversal_form(world));
    forms.extend(forms_of_owners(world));
    forms.extend(network_forms(world));
    forms.push(looks_form(world, &hana));
    forms.push(host_form(world));
    // A new route with a form is added here.
    for route in ROUTES.iter().filter(|route| route.method == "POST" && route.opens != Opens::Reports) {
        let pattern: Vec<&str> = route.path.split('/').collect();
        let is_this = |action: &str| {
            let parts: Vec<&str> = action.split('?').next().unwrap_or_default().split('/').collect();
            parts.len() == pattern.len()
                && parts.iter().zip(&pattern).all(|(part, wanted)| wanted.starts_with('{') || part == wanted)
        };
        assert!(forms.iter().any(|(_, form)| is_this(form.action())), "no form for {}", route.path);
    }
    forms
}

/// The forms of requests, by a person who decides and by the requester.
fn approval_forms(mina: &Browser, hana: &Browser) -> Vec<(Browser, Form)> {
    vec![
        (
            hana.clone(),
            hana.get("/approvals/2?panel=approve").form_to("/approval").set("reason", "Looked at the parcels"),
        ),
        (hana.clone(), hana.get("/approvals/2?panel=reject").form_to("/rejection").set("reason", "One parcel came")),
        (
            mina.clone(),
            mina.get("/approvals/2?panel=withdraw").form_to("/withdrawal").set("reason", "It came after all"),
        ),
    ]
}

/// The forms of alerts, messages and channels.
fn alert_forms(world: &World, jun: &Browser) -> Vec<(Browser, Form)> {
    let now = world.clock.now();
    let (yes, no) = if world.engine == Engine::Postgres { ("true", "false") } else { ("1", "0") };
    world
        .database()
        .tamper(&format!(
            "insert into channels (name, kind, host, is_declared) values ('ops', 'slack', 'hooks.example.com', {yes});
             insert into deliveries (id, channel, thing, what, message, state, attempts, created_at, next_at, error) values
               (1001, 'ops', 'a', 'test', '{{}}', 'failed', 3, '{now}', '{now}', 'HTTP 400'),
               (1002, 'ops', 'b', 'test', '{{}}', 'waiting', 0, '{now}', '{now}', null);
             insert into received_alerts (subject, source, fingerprint, starts_at, title, severity, labels, first_at, heard_at, stale_at, is_suppressed) values
               ('am:a1:x', 'am', 'a1', '{now}', 'HighLatency', 'warning', '{{}}', '{now}', '{now}', '{now}', {no});
             insert into silences (id, scope, name, begun_at, until_at, reason, staff_name) values
               (1001, 'kind', 'audit.verification-failed', '{now}', '{}', 'The disk is being replaced', 'Jun Park')",
            now.plus(chrono::TimeDelta::days(6))
        ))
        .unwrap();
    let open = wait_for(|| world.rows("select id from alerts where resolved_at is null order by id limit 1").pop());
    let alert = open[0].clone().unwrap();
    let received =
        wait_for(|| world.rows("select id from alerts where kind = 'received.firing'").pop())[0].clone().unwrap();
    let form = |page: &str, action: &str| jun.get(page).form_to(action).set("reason", "The bank is back, ticket 7");
    vec![
        (jun.clone(), form(&format!("/alerts/{alert}?panel=acknowledge"), "/acknowledgement")),
        (jun.clone(), form(&format!("/alerts/{alert}?panel=note"), "/notes")),
        (jun.clone(), form(&format!("/alerts/{received}?panel=end"), "/end")),
        (jun.clone(), form("/silences?panel=begin&what=kind%3Aruns.lost", "/silences")),
        (jun.clone(), form("/silences?panel=end-1001", "/end")),
        (jun.clone(), form("/deliveries?panel=again-1001", "/repetition")),
        (jun.clone(), form("/deliveries?panel=give-up-1002", "/abandonment")),
        (jun.clone(), form("/deliveries?panel=test-ops", "/tests")),
    ]
}

/// The forms of levers, and of the jobs of an owner.
fn lever_forms(world: &World, jun: &Browser) -> Vec<(Browser, Form)> {
    let (now, until) = (world.clock.now(), world.clock.now().plus(chrono::TimeDelta::days(6)));
    // Of a kind that no lever can close: the other forms stay as they are.
    let lever = format!("(1001, 'points.expire', '{now}', '{until}', 'Points are given twice', 'Jun Park')");
    world
        .database()
        .tamper(&format!("insert into levers (id, kind, closed_at, until_at, reason, staff_name) values {lever}"))
        .unwrap();
    let owner = world.database().value("select owner from batch_jobs where name = 'settle'");
    let form =
        |page: &str, action: &str| jun.get(page).form_to(action).set("reason", "Points are given twice, ticket 12");
    vec![
        (jun.clone(), form("/levers?panel=close&kind=orders.ship", "/levers")),
        (jun.clone(), form("/levers?panel=open-1001", "/opening")),
        (jun.clone(), form("/batches?panel=pause-owner", "/batches").set("owner", &owner)),
    ]
}

/// A rota with an exception, and the calendar of one of its people.
pub(crate) fn sample_rota(world: &World) {
    let now = world.clock.now();
    let id = world.number("select id from staff where email = 'jun@ingam.test'");
    let mina = world.number("select id from staff where email = 'mina@ingam.test'");
    let (from, until) = (now.plus(chrono::TimeDelta::days(40)), now.plus(chrono::TimeDelta::days(41)));
    world
        .database()
        .tamper(&format!(
            "insert into rotas (id, name, title, made_at, changed_at, announced_at, told_at) values
               (1001, 'first', 'First line', '{now}', '{now}', '{now}', '{now}');
             insert into rota_plans (id, rota, from_at, zone, handover, unit, every, starts_on, members) values
               (1001, 1001, '{now}', 'Asia/Seoul', '09:00', 'day', 1, '2026-03-01', '{id} {mina}');
             insert into rota_overrides (id, rota, from_at, until_at, staff, made_at, staff_name, reason) values
               (1001, 1001, '{from}', '{until}', {id}, '{now}', 'Jun Park', 'A wedding');
             insert into calendars (id, staff, hash, made_at) values (1001, {id}, 'aa', '{now}')"
        ))
        .unwrap();
}

/// The forms of rotas and of the reader's own calendar.
fn rota_forms(world: &World, jun: &Browser) -> Vec<(Browser, Form)> {
    sample_rota(world);
    let id = world.number("select id from staff where email = 'jun@ingam.test'");
    let form = |page: &str, action: &str| jun.get(page).form_to(action).set("reason", "Agreed in the team, ticket 8");
    let until = world.clock.now().plus(chrono::TimeDelta::days(20)).utc().format("%Y-%m-%dT%H:%M").to_string();
    let shifts = jun.get("/oncall/first?panel=swap").attributes("#one option", "value");
    let swap = form("/oncall/first?panel=swap", "/swaps").set("one", &shifts[1]).set("other", &shifts[2]);
    vec![
        (
            jun.clone(),
            form("/oncall?panel=create", "/oncall")
                .set("title", "Second line")
                .set("name", "second")
                .set("member-1", &id.to_string()),
        ),
        (jun.clone(), form("/oncall/first?panel=plan", "/plan").set("every", "2")),
        (jun.clone(), form("/oncall/first?panel=override", "/overrides").set("until", &until)),
        (jun.clone(), swap),
        (jun.clone(), form("/oncall/first?panel=remove-1001", "/removal")),
        (jun.clone(), form("/oncall/first?panel=retire", "/retirement")),
        (jun.clone(), form("/oncall?panel=calendar", "/calendars")),
        (jun.clone(), form("/oncall?panel=revoke", "/revocation")),
    ]
}

/// The forms of ways to be reached.
fn way_forms(world: &World, mina: &Browser) -> Vec<(Browser, Form)> {
    let now = world.clock.now();
    let (yes, nothing) = if world.engine == Engine::Postgres { ("true", "'\\x00'") } else { ("1", "x'00'") };
    let id = world.number("select id from staff where email = 'mina@ingam.test'");
    world
        .database()
        .tamper(&format!(
            "insert into channels (name, kind, host, is_declared, addresses) values
               ('duty', 'webhook', 'hooks.example.com', {yes}, '{{\"form\":\"url\",\"hosts\":[\"hooks.example.com\"]}}');
             insert into ways (id, staff, channel, address, hint, salt, made_at, code_until) values
               (1001, {id}, 'duty', {nothing}, 'hooks.example.com/…ab12', 'x', '{now}', '2099-01-01T00:00:00.000000Z')"
        ))
        .unwrap();
    let form = |panel: &str, action: &str| mina.get(&format!("/account/ways?panel={panel}")).form_to(action);
    let address = "https://hooks.example.com/services/one";
    vec![
        (mina.clone(), form("add", "/account/ways").set("channel", "duty").set("address", address)),
        (mina.clone(), form("prove-1001", "/proof").set("way_code", "123456")),
        (mina.clone(), form("remove-1001", "/removal")),
    ]
}

/// The forms of incidents: one of which the cause is not known, and one that is right again.
fn incident_forms(world: &World, jun: &Browser) -> Vec<(Browser, Form)> {
    sample_incidents(world);
    let mina = world.number("select id from staff where email = 'mina@ingam.test'").to_string();
    let form = |page: &str, action: &str| jun.get(page).form_to(action).set("reason", "The bank is back, ticket 7");
    let forms = vec![
        form("/incidents?panel=open", "/incidents").set("title", "Payments fail").set("severity", "sev1"),
        form("/incidents/1", "/notes"),
        form("/incidents/1?panel=lead", "/lead").set("lead", &mina),
        form("/incidents/1?panel=advance", "/step").set("cause", "The bank sent no file"),
        form("/incidents/2?panel=reopen", "/reopening"),
        form("/incidents/1?panel=edit", "/description").set("impact", "Refunds are late"),
        form("/incidents/1?panel=action", "/actions").set("text", "Ask for the file a day earlier"),
        form("/incidents/1?panel=done-1", "/end"),
        form("/incidents/2?panel=postmortem", "/postmortem"),
        form("/incidents/2?panel=postmortem", "/postmortem").to("/incidents/2/postmortem/preview"),
    ];
    forms.into_iter().map(|form| (jun.clone(), form)).collect()
}

/// A file of the whole log.
fn export_form(world: &World) -> (Browser, Form) {
    let sora = world.signed_in("sora");
    let form = sora.get("/audit/exports?panel=export").form_to("/audit/exports");
    (sora, form.set("purpose", "audit").set("reason", "For the inspection of November"))
}

/// What a rule found of Mina.
fn suspicion_form(world: &World) -> (Browser, Form) {
    super::sample_suspicion(world);
    let sora = world.signed_in("sora");
    let form = sora.get("/audit/suspicions/1?panel=close").form_to("/end");
    (sora, form.set("outcome", "explained").set("reason", "She was on leave until yesterday"))
}

/// The report about the month in which the log began, which is over.
fn review_form(world: &World) -> (Browser, Form) {
    let sora = world.signed_in("sora");
    let form = sora.get("/audit/reviews/2026-03?panel=sign").form_to("/audit/reviews/2026-03");
    let form = form.set("result", "found").set("findings", "Nothing that was not asked for").set("measures", "None");
    (sora, form.set("responsible", "Kim Boho, privacy officer").set("reason", "The review of March"))
}

/// Taking back what the command line did: no rule holds that up.
fn reversal_form(world: &World) -> (Browser, Form) {
    let roles = ["staff", "roles", "nari@ingam.test", "--role", "auditor", "--reason", REASON];
    let done = world.command(&roles).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let seq = world.number("select max(seq) from audit where action = 'staff.roles'");
    let owner = world.signed_in("owner");
    let form = owner.get(&format!("/audit/{seq}/reversal")).form_to("/reversal");
    (owner, form.set("reason", "She is to be an operator after all"))
}

/// The same of what owners do with the staff.
fn forms_of_owners(world: &World) -> Vec<(Browser, Form)> {
    let owner = world.signed_in("owner");
    let staff = |panel: &str| {
        let page = owner.get(&format!("/staff/1?panel={panel}"));
        page.form("form.seal").set("reason", "Agreed with the head of support")
    };
    let invited = world.number("select id from staff where email = 'nari@ingam.test'");
    let session = owner.get("/staff/1").attributes("a[href*='panel=session&']", "href").remove(0);
    vec![
        (
            owner.clone(),
            owner
                .get("/staff?panel=invite")
                .form("form.seal")
                .set("email", "new@ingam.test")
                .set("name", "New One")
                .set("role-operator", "yes")
                .set("reason", "Begins on Monday"),
        ),
        (owner.clone(), staff("roles").set("role-auditor", "yes")),
        (owner.clone(), staff("status")),
        (owner.clone(), staff("reset")),
        (owner.clone(), staff("sessions")),
        (owner.clone(), staff("networks").set("networks", "127.0.0.0/8")),
        (owner.clone(), owner.get(&session).form_to("/revocation").set("reason", "Left it on a train")),
        (
            owner.clone(),
            owner
                .get(&format!("/staff/{invited}?panel=link"))
                .form_to("/setup-link")
                .set("reason", "The first one is lost"),
        ),
    ]
}

fn network_forms(world: &World) -> Vec<(Browser, Form)> {
    let owner = world.signed_in("owner");
    world
        .database()
        .tamper(
            "insert into networks (net, note, added_at, added_by)
               values ('10.20.0.0/16', 'Head office', '2026-03-01T00:00:00.000000Z', 'Olivia Owens')",
        )
        .unwrap();
    vec![
        (
            owner.clone(),
            owner
                .get("/networks?panel=add")
                .form_to("/networks")
                .set("net", "10.0.0.0/8")
                .set("note", "All of us")
                .set("expires_at", "2026-03-09T09:00")
                .set("reason", "The new office")
                .submit()
                .form_to("/networks"),
        ),
        (owner.clone(), owner.get("/networks?panel=change-1").form_to("/networks/1").set("reason", "It has moved")),
        (owner.clone(), owner.get("/networks?panel=remove-1").form_to("/removal").set("reason", "It has moved")),
    ]
}

/// The form of a person at the first limit on looking at customers.
fn looks_form(world: &World, hana: &Browser) -> (Browser, Form) {
    let (now, id) = (world.clock.now(), world.number("select id from staff where email = 'hana@ingam.test'"));
    let hour = Window::hour(now).starts;
    let looks = format!(
        "insert into looks (staff_id, kind, span, starts_at, seen, first_at, last_at)
           values ({id}, 'reveals', 'hour', '{hour}', 60, '{now}', '{now}')"
    );
    world.database().tamper(&looks).unwrap();
    let form = hana.get("/looks/reveals?return=/users/1").form_to("/continuation");
    (hana.clone(), form.set("reason", "Calls of the whole team, ticket 9"))
}

/// The form of an owner who is shown what commands on the host changed.
fn host_form(world: &World) -> (Browser, Form) {
    let owner = world.signed_in("owner");
    let form = owner.get("/host-changes").form_to("/confirmation").set("reason", "Asked the administrators");
    (owner, form)
}

/// Runs `ingam staff add` and says which path its link has.
pub(crate) fn invite(world: &World, email: &str, role: &str) -> String {
    // The program asks the machine for the time, so the world's clock must not be behind it.
    if world.clock.now() < Clock::system().now() {
        world.clock.set(Clock::system().now());
    }
    let output = world
        .command(&["staff", "add", "--email", email, "--name", "Nari Yoon", "--role", role, "--reason", REASON])
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let link = said.lines().find(|line| line.contains("/setup/")).unwrap_or_else(|| panic!("no link in {said}"));
    link[link.find("/setup/").unwrap()..].to_owned()
}
