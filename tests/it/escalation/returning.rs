//! An alert that was acknowledged and then left alone comes back.

use super::support::{STEPS, a_while, become_events, calling, events, minutes, page, rota, told};
use crate::{
    alerts::support::fail,
    batches::support::rerun_form,
    kit::{Sink, World, on_both, reached_at, wait_until},
};

/// Mina is called and Jun acknowledges.
fn acknowledged(outer: &World, sink: &Sink) -> (World, i64) {
    let world = calling(outer.engine, sink, STEPS);
    rota(world.database(), "first", "mina");
    reached_at(&world, sink, &world.signed_in("mina"), "mina", "mina");
    let jun = world.signed_in("jun");
    let run = fail(&world, &jun);
    wait_until(|| told(sink, "mina") == ["opened"]);
    assert_eq!(jun.get(&page(&world)).form_to("/acknowledgement").submit().status, 303);
    wait_until(|| told(sink, "mina") == ["opened", "acknowledged"]);
    (world, run)
}

on_both! {
    fn an_hour_after_it_was_acknowledged_it_is_open_again_and_is_called_about(outer) {
        let sink = Sink::start();
        let (world, _) = acknowledged(outer, &sink);
        minutes(&world, 58);
        a_while();
        assert_eq!(events(&world), ["started", "called 0 mina"]);
        minutes(&world, 2);
        wait_until(|| told(&sink, "mina") == ["opened", "acknowledged", "again"]);
        become_events(&world, &["started", "called 0 mina", "returned jun", "started", "called 0 mina"]);
        assert_eq!(world.number("select count(*) from alerts where acknowledged_at is null and acknowledged_by is null"), 1);
        let text = |path: &str| sink.bodies(path).pop().unwrap()["data"]["text"].clone();
        assert_eq!(text("mina"), "[LOCAL] Acknowledged and left alone for an hour: Run failed: Job bad");
        // The channel that knows of it is told as well, once.
        wait_until(|| sink.sent("hook").len() == 3);
        assert_eq!(text("hook"), "[LOCAL] 확인 후 한 시간 동안 조치 없음: 배치 실행 실패: Job bad");
        a_while();
        assert_eq!((sink.sent("hook").len(), told(&sink, "mina").len()), (3, 3));
        // It can be acknowledged again, and comes back again.
        let jun = world.signed_in("jun");
        assert!(jun.get(&page(&world)).text().contains("Back: acknowledged and left alone"));
        assert_eq!(jun.get(&page(&world)).form_to("/acknowledgement").submit().status, 303);
        wait_until(|| told(&sink, "mina").len() == 4);
        minutes(&world, 61);
        wait_until(|| told(&sink, "mina").len() == 5);
    }

    fn a_note_and_a_rerun_begin_the_hour_again(outer) {
        let sink = Sink::start();
        let (world, run) = acknowledged(outer, &sink);
        minutes(&world, 50);
        let hana = world.signed_in("hana");
        let form = hana.get(&format!("{}?panel=note", page(&world))).form_to("/notes");
        assert_eq!(form.clone().set("reason", "no").submit().status, 422, "too short");
        assert_eq!(form.set("reason", "The bank says that its file comes at six").submit().status, 303);
        let row = world.last_audit();
        assert_eq!((row.action.as_str(), row.reason.as_str()), ("alerts.note", "The bank says that its file comes at six"));
        assert!(hana.get(&page(&world)).text().contains("The bank says that its file comes at six"));
        minutes(&world, 50);
        a_while();
        assert_eq!(events(&world), ["started", "called 0 mina", "noted hana"], "it was not left alone");
        let jun = world.signed_in("jun");
        assert_eq!(rerun_form(&jun, run).set("code", &world.code("jun")).submit().status, 303);
        wait_until(|| world.number("select count(*) from batch_runs where state = 'failed'") == 2);
        let noted = told(&sink, "mina").len();
        minutes(&world, 50);
        a_while();
        assert_eq!(events(&world).len(), 3);
        minutes(&world, 11);
        wait_until(|| told(&sink, "mina").len() > noted);
        wait_until(|| events(&world).contains(&"returned jun".to_owned()));
    }

    fn those_who_only_read_note_nothing(outer) {
        let sink = Sink::start();
        let (world, _) = acknowledged(outer, &sink);
        let sora = world.signed_in("sora");
        assert!(sora.get(&format!("{}?panel=note", page(&world))).find_form("form.seal").is_none());
        let jun = world.signed_in("jun");
        let form = jun.get(&format!("{}?panel=note", page(&world))).form_to("/notes").set("reason", "Looked at it");
        let posted = crate::kit::Form::bare(&sora, form.action(), form.fields()).submit();
        assert_eq!(posted.status, 403, "{posted}");
        assert_eq!(world.number("select count(*) from escalation_events where what = 'noted'"), 0);
    }
}
