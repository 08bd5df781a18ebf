//! Addresses are read by their owner and the lane that sends to them, and by no other person and no file.

use crate::{
    alerts::support::{ALL, alerting},
    kit::{MailServer, PEOPLE, Says, Sink, add_way, newest_way, on_both, prove_way, reached_at, wait_for, wait_until},
};

/// Every text in the database, column by column.
fn everything(world: &crate::kit::World) -> String {
    let tables = ["ways", "deliveries", "audit", "outbox", "idempotency", "channels", "drafts", "alert_events"];
    let columns = |table: &str| match table {
        "ways" => "channel, hint, salt, error",
        "deliveries" => "channel, recipient, thing, message, error",
        "audit" => "target_id, before, after, reason",
        "outbox" => "topic, body",
        "idempotency" => "output",
        "channels" => "name, host, recipients, addresses, error",
        "drafts" => "form",
        _ => "what, reason",
    };
    let rows = tables.iter().flat_map(|table| world.rows(&format!("select {} from {table}", columns(table))));
    rows.flatten().flatten().collect::<Vec<_>>().join("\n")
}

on_both! {
    fn an_address_is_in_no_row_and_on_no_page_of_others(outer) {
        let (sink, post) = (Sink::start(), MailServer::start());
        let world = alerting(outer.engine, &sink, &(sink.people() + &post.people() + ALL));
        let jun = world.signed_in("jun");
        reached_at(&world, &sink, &jun, "jun", "hooks/T0JUN/B0JUN/tokenOfJun");
        assert_eq!(add_way(&world, &jun, "jun", "mail", "jun.private@home.example").status, 303);
        let mail = wait_for(|| post.mails("jun.private@home.example").pop());
        let code: String = mail.subject().split_once("코드 ").unwrap().1.chars().take(6).collect();
        let id = newest_way(&world, "jun");
        assert_eq!(prove_way(&world, &jun, "jun", id, &code).status, 303);
        // One that is refused, with the address in the answer.
        sink.set("refused/tokenOfLater", Says::Status(404, "no hook refused/tokenOfLater here"));
        assert_eq!(add_way(&world, &jun, "jun", "duty", &sink.url("refused/tokenOfLater")).status, 303);
        wait_until(|| world.number("select count(*) from ways where failed_at is not null") == 1);

        let secrets = ["tokenOfJun", "T0JUN", "tokenOfLater", "jun.private", &code];
        let kept = everything(&world);
        for secret in secrets {
            assert!(!kept.contains(secret), "{secret} is stored");
        }
        let own = jun.get("/account/ways").text();
        assert!(own.contains("ju•••••••••@home.example") && own.contains("fJun"), "{own}");
        let id = world.number("select id from staff where email = 'jun@ingam.test'");
        for person in PEOPLE {
            let browser = world.signed_in(person.email);
            for page in ["/", "/account", "/account/ways", "/deliveries", "/alerts", "/silences", "/audit", "/staff", &format!("/staff/{id}"), "/readiness"] {
                let body = browser.get(page).text();
                for secret in secrets {
                    assert!(!body.contains(secret), "{} reads {secret} on {page}", person.email);
                }
                if person.name != "Jun Park" {
                    assert!(!body.contains("home.example") && !body.contains("fJun"), "{} sees the hint on {page}", person.email);
                }
            }
        }
        // Whose message was refused is there to read, and why.
        let seen = world.signed_in("owner").get("/deliveries").text();
        assert!(seen.contains("Jun Park") && seen.contains("HTTP 404: no hook"), "{seen}");
    }
}
