use super::*;
use rustix::process::{Pid, Signal, kill_process};
use std::time::Instant as Moment;

/// Neither the command nor anything that it started is there any more.
fn is_gone(running: &Running) -> bool {
    let identity = running.identity();
    identity.is_alive(HOST) == Alive::No && members(identity.pid).is_empty()
}

#[tokio::test]
async fn exit_codes_and_signals_are_told_as_they_are() {
    for (script, outcome) in [
        ("true", Outcome::Exited(0)),
        ("exit 7", Outcome::Exited(7)),
        ("exit 255", Outcome::Exited(255)),
        ("kill -KILL $$", Outcome::Signalled(9)),
        ("kill -TERM $$", Outcome::Signalled(15)),
    ] {
        let (ended, _) = run(shell(script)).await;
        assert_eq!(ended.outcome, outcome, "{script}");
        assert!(!ended.left_behind, "{script}");
    }
}

#[tokio::test]
async fn a_command_is_known_by_its_process_and_leads_a_group() {
    let (mut running, mut output) = begin(&shell("echo ready; sleep 30")).await;
    said(&mut output, "ready").await;
    let identity = running.identity().clone();
    assert_eq!(identity.is_alive(HOST), Alive::Yes);
    assert!(members(identity.pid).contains(&identity.pid));
    running.cancel();
    running.ended().await;
    assert_eq!(identity.is_alive(HOST), Alive::No);
}

#[tokio::test]
async fn what_takes_too_long_is_ended() {
    let began = Moment::now();
    let (ended, _) = run(Spec { timeout: Some(Duration::from_millis(100)), ..shell("sleep 30") }).await;
    assert_eq!(ended.outcome, Outcome::TimedOut);
    assert!(ended.duration >= Duration::from_millis(100) && began.elapsed() < Duration::from_secs(25), "{ended:?}");
}

#[tokio::test]
async fn a_command_may_put_things_in_order_before_it_ends() {
    let script = "trap 'echo tidied; exit 0' TERM; echo ready; while :; do sleep 0.02; done";
    let (mut running, mut output) = begin(&shell(script)).await;
    said(&mut output, "ready").await;
    running.cancel();
    running.cancel();
    let ended = running.ended().await;
    assert_eq!(ended.outcome, Outcome::Cancelled);
    assert!(rest(&mut output).await.texts().contains(&"tidied"));
    assert_eq!(running.ended().await, ended, "the end is told as often as it is asked for");
}

#[tokio::test]
async fn the_grace_is_for_children_too() {
    // The shell that leads the group dies of SIGTERM at once.
    let script = "(trap 'sleep 0.3; echo tidied; exit' TERM; echo ready; while :; do sleep 0.02; done) & wait";
    let (mut running, mut output) = begin(&shell(script)).await;
    said(&mut output, "ready").await;
    running.cancel();
    assert_eq!(running.ended().await.outcome, Outcome::Cancelled);
    assert!(rest(&mut output).await.texts().contains(&"tidied"));
    assert!(is_gone(&running));
}

#[tokio::test]
async fn what_ignores_sigterm_is_killed_with_its_children() {
    // What is ignored stays so in children, so the sleeping ones ignore it as well.
    let script = "trap '' TERM; (sleep 30; echo never) & (exec >/dev/null 2>&1; sleep 31) & echo ready; sleep 32";
    let (mut running, mut output) = begin(&Spec { grace: Duration::from_millis(200), ..shell(script) }).await;
    said(&mut output, "ready").await;
    assert!(members(running.identity().pid).len() >= 3);
    let began = Moment::now();
    running.cancel();
    let ended = running.ended().await;
    assert_eq!(ended.outcome, Outcome::Cancelled);
    assert!(!ended.left_behind && is_gone(&running));
    assert!((200..25_000).contains(&began.elapsed().as_millis()), "{:?}", began.elapsed());
}

#[tokio::test]
async fn what_has_closed_its_output_is_ended_all_the_same() {
    let script = "trap '' TERM; exec >/dev/null 2>&1; sleep 30";
    let spec = Spec { grace: Duration::ZERO, timeout: Some(Duration::from_millis(100)), ..shell(script) };
    let (mut running, mut output) = begin(&spec).await;
    assert!(rest(&mut output).await.lines.is_empty());
    assert_eq!(running.ended().await.outcome, Outcome::TimedOut);
    assert!(is_gone(&running));
}

#[tokio::test]
async fn what_is_stopped_can_be_ended() {
    let spec = Spec { grace: Duration::from_secs(30), ..shell("echo ready; kill -STOP $$; sleep 300") };
    let (mut running, mut output) = begin(&spec).await;
    said(&mut output, "ready").await;
    running.cancel();
    let ended = running.ended().await;
    assert_eq!(ended.outcome, Outcome::Cancelled);
    assert!(ended.duration < Duration::from_secs(25), "the grace was not needed: {ended:?}");
}

#[tokio::test]
async fn what_has_ended_cannot_be_cancelled() {
    let (mut running, mut output) = begin(&shell("exit 4")).await;
    rest(&mut output).await;
    while running.identity().is_alive(HOST) == Alive::Yes {
        tokio::task::yield_now().await;
    }
    running.cancel();
    assert_eq!(running.ended().await.outcome, Outcome::Exited(4));
    running.cancel();
    assert_eq!(running.ended().await.outcome, Outcome::Exited(4));
}

#[tokio::test]
async fn a_child_that_holds_the_output_open_is_not_waited_for_long() {
    let began = Moment::now();
    let (mut running, mut output) = begin(&shell("(sleep 0.05; echo late; sleep 30) & echo done")).await;
    let told = rest(&mut output).await;
    let ended = running.ended().await;
    assert_eq!(ended.outcome, Outcome::Exited(0));
    assert_eq!(told.texts(), ["done", "late"]);
    let after = began.elapsed().saturating_sub(ended.duration);
    assert!(after >= Duration::from_millis(900), "what comes after is not its time: {ended:?}");
    assert!((1..25).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
    assert!(!ended.left_behind && is_gone(&running));
}

#[tokio::test]
async fn what_leaves_the_group_is_told_to_have_been_left_behind() {
    let (mut running, mut output) = begin(&shell("setsid sleep 30 & echo $!; sleep 0.1; printf end")).await;
    let told = rest(&mut output).await;
    let ended = running.ended().await;
    let [pid, "end"] = told.texts()[..] else { panic!("{told:?}") };
    kill_process(Pid::from_raw(pid.parse().unwrap()).unwrap(), Signal::KILL).unwrap();
    assert_eq!(ended.outcome, Outcome::Exited(0));
    assert!(ended.left_behind && is_gone(&running));
}

#[tokio::test]
async fn a_command_without_a_waiting_caller_is_killed() {
    let (running, mut output) = begin(&shell("trap '' TERM; sleep 30 & echo ready; sleep 30")).await;
    said(&mut output, "ready").await;
    let pid = running.identity().pid;
    drop(running);
    assert_eq!(output.next().await, None);
    while !members(pid).is_empty() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn many_commands_at_once_are_told_apart() {
    let launcher = launcher();
    let mut all = Vec::new();
    for code in 0..20 {
        let waiting = wait_with(&launcher, &shell(&format!("sleep 0.1; echo {code}; exit {code}"))).await;
        all.push((code, waiting.begin().await.unwrap()));
    }
    for (code, (mut running, mut output)) in all {
        assert_eq!(rest(&mut output).await.texts(), [code.to_string()]);
        assert_eq!(running.ended().await.outcome, Outcome::Exited(code));
    }
}
