//! E-mail: one for each person, in one thread for each alert.

use super::support::{alert, alerting, fail, resolve_run};
use crate::kit::{MailServer, Sink, on_both, wait_for, wait_until};

const ROUTE: &str = "[[route]]\nkinds = [\"*\"]\nto = [\"mail\"]";

on_both! {
    fn each_person_gets_a_mail_of_their_own_and_an_alert_is_one_thread(world) {
        let (sink, post) = (Sink::start(), MailServer::start());
        let people = ["oncall@example.com", "당직 <duty@회사.한국>"];
        let world = alerting(world.engine, &sink, &(post.channel(&people) + ROUTE));
        let jun = world.signed_in("jun");
        let run = fail(&world, &jun);
        let alert = alert(&world, "runs.failed");
        let people = ["oncall@example.com", "duty@xn--vf4b131b.xn--3e0b707e"];
        let first = wait_for(|| post.mails(people[0]).pop());
        assert_eq!(first.subject(), "[LOCAL] 배치 실행 실패: Job bad");
        assert_eq!(first.headers["from"], "인감 <ingam@example.com>");
        assert_eq!(first.headers["to"], people[0]);
        assert_eq!(first.headers["auto-submitted"], "auto-generated");
        assert!(first.headers["content-type"].starts_with("text/plain"), "{first:?}");
        assert!(first.body.contains(&format!("/alerts/{alert}")) && first.body.contains(&format!("/runs/{run}")), "{}", first.body);
        assert!(first.body.contains("https://wiki.example.com/bad") && first.body.contains("KST"), "{}", first.body);
        let thread = first.headers["message-id"].clone();
        assert!(thread.starts_with(&format!("<ingam.local.alert.{alert}@")), "{thread}");
        assert_eq!(wait_for(|| post.mails(people[1]).pop()).headers["message-id"], thread);

        jun.get(&format!("/alerts/{alert}")).form_to("/acknowledgement").submit();
        wait_until(|| people.iter().all(|to| post.mails(to).len() == 2));
        assert_eq!(resolve_run(&world, &jun, run).status, 303);
        wait_until(|| people.iter().all(|to| post.mails(to).len() == 3));
        for mail in &post.mails(people[0])[1..] {
            assert_eq!((&mail.headers["in-reply-to"], &mail.headers["references"]), (&thread, &thread));
            assert_ne!(mail.headers["message-id"], thread);
        }
        let subjects: Vec<_> = post.mails(people[1]).iter().map(|mail| mail.subject().to_owned()).collect();
        assert_eq!(subjects, ["[LOCAL] 배치 실행 실패: Job bad", "[LOCAL] Jun Park 님이 확인 중: 배치 실행 실패: Job bad", "[LOCAL] 종료: 배치 실행 실패: Job bad"]);
    }

    fn a_mailbox_that_is_refused_keeps_no_mail_from_the_others(world) {
        let (sink, post) = (Sink::start(), MailServer::start());
        post.refuse("left@example.com", Some("550 5.1.1 <left@example.com>: no such user"));
        let world = alerting(world.engine, &sink, &(post.channel(&["left@example.com", "oncall@example.com"]) + ROUTE));
        let jun = world.signed_in("jun");
        fail(&world, &jun);
        wait_until(|| post.mails("oncall@example.com").len() == 1);
        let refused = "select error from deliveries where state = 'failed' and recipient = 'left@example.com'";
        let error = wait_for(|| world.rows(refused).pop().and_then(|row| row[0].clone()));
        // Neither the log nor a page repeats the address.
        assert_eq!(error, "SMTP 550: 5.1.1 … no such user");
        let alert = alert(&world, "runs.failed");
        jun.get(&format!("/alerts/{alert}")).form_to("/acknowledgement").submit();
        wait_until(|| post.mails("oncall@example.com").len() == 2);
    }

    fn a_mailbox_that_is_full_gets_its_mails_later_and_in_order(world) {
        let (sink, post) = (Sink::start(), MailServer::start());
        post.refuse("oncall@example.com", Some("452 4.2.2 mailbox full"));
        let world = alerting(world.engine, &sink, &(post.channel(&["oncall@example.com"]) + ROUTE));
        let jun = world.signed_in("jun");
        fail(&world, &jun);
        let alert = alert(&world, "runs.failed");
        wait_until(|| world.number("select count(*) from deliveries where error = 'SMTP 452: 4.2.2 mailbox full' and state = 'waiting'") == 1);
        jun.get(&format!("/alerts/{alert}")).form_to("/acknowledgement").submit();
        post.refuse("oncall@example.com", None);
        world.clock.advance(std::time::Duration::from_secs(13));
        wait_until(|| post.mails("oncall@example.com").len() == 2);
        let subjects: Vec<_> = post.mails("oncall@example.com").iter().map(|mail| mail.subject().to_owned()).collect();
        assert_eq!(subjects, ["[LOCAL] 배치 실행 실패: Job bad", "[LOCAL] Jun Park 님이 확인 중: 배치 실행 실패: Job bad"]);
    }
}
