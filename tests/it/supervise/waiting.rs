//! Between starting the process of a command and its first step, and what becomes of it without its launcher.

use super::*;
use ingam::supervise::Identity;
use rustix::process::{Pid, Signal, kill_process};

fn kill(pid: u32) {
    kill_process(Pid::from_raw(pid.try_into().unwrap()).unwrap(), Signal::KILL).unwrap();
}

/// The process that started this one.
fn parent(identity: &Identity) -> u32 {
    let stat = fs::read_to_string(format!("/proc/{}/stat", identity.pid)).unwrap();
    stat.rsplit(')').next().unwrap().split_ascii_whitespace().nth(1).unwrap().parse().unwrap()
}

async fn until_dead(identity: &Identity) {
    while identity.is_alive(HOST) != Alive::No {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_command_does_nothing_before_it_is_told_to_begin() {
    let place = tempfile::tempdir().unwrap();
    let mark = place.path().join("begun");
    let spec = shell(&format!("touch {}; echo done", mark.display()));
    let waiting = wait_with(&launcher(), &spec).await;
    let identity = waiting.identity().clone();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(identity.is_alive(HOST), Alive::Yes);
    assert!(!mark.exists());
    let (mut running, mut output) = waiting.begin().await.unwrap();
    assert_eq!(running.identity(), &identity, "it is the same process");
    assert_eq!(rest(&mut output).await.texts(), ["done"]);
    assert_eq!(running.ended().await.outcome, Outcome::Exited(0));
    assert!(mark.exists());
}

#[tokio::test]
async fn a_command_that_is_not_begun_ends_without_having_done_anything() {
    let place = tempfile::tempdir().unwrap();
    let mark = place.path().join("begun");
    let waiting = wait_with(&launcher(), &shell(&format!("touch {}", mark.display()))).await;
    let identity = waiting.identity().clone();
    drop(waiting);
    until_dead(&identity).await;
    assert!(!mark.exists());
}

#[tokio::test]
async fn without_its_launcher_a_command_is_lost_and_the_next_one_gets_another() {
    let launcher = launcher();
    let (mut running, mut output) =
        wait_with(&launcher, &shell("echo ready; exec sleep 30")).await.begin().await.unwrap();
    said(&mut output, "ready").await;
    let identity = running.identity().clone();
    kill(parent(&identity));
    assert_eq!(running.ended().await.outcome, Outcome::Lost("launcher-gone".to_owned()));
    assert_eq!(identity.is_alive(HOST), Alive::Yes, "it goes on");
    let (mut next, mut output) = wait_with(&launcher, &shell("echo ready")).await.begin().await.unwrap();
    assert_eq!(rest(&mut output).await.texts(), ["ready"]);
    assert_eq!(next.ended().await.outcome, Outcome::Exited(0));
    kill(identity.pid);
    until_dead(&identity).await;
}

#[tokio::test]
async fn a_command_begins_even_where_the_launcher_died_after_starting_its_process() {
    let waiting = wait_with(&launcher(), &shell("sleep 1")).await;
    let identity = waiting.identity().clone();
    kill(parent(&identity));
    let (mut running, _) = waiting.begin().await.unwrap();
    assert_eq!(running.ended().await.outcome, Outcome::Lost("launcher-gone".to_owned()));
    until_dead(&identity).await;
}

#[tokio::test]
async fn the_launcher_ends_with_the_last_who_needs_it_and_hears_of_no_signal_to_end() {
    let launcher = launcher();
    let (mut running, mut output) =
        wait_with(&launcher, &shell("echo ready; read x; sleep 30")).await.begin().await.unwrap();
    said(&mut output, "ready").await;
    let pid = parent(running.identity());
    for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
        kill_process(Pid::from_raw(pid.try_into().unwrap()).unwrap(), signal).unwrap();
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    running.cancel();
    running.ended().await;
    assert!(fs::exists(format!("/proc/{pid}/environ")).unwrap());
    drop((running, output, launcher));
    while fs::exists(format!("/proc/{pid}")).unwrap() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn no_command_inherits_a_file_and_its_parent_knows_nothing() {
    let (_, told) = run(shell("ls /proc/self/fd | wc -l; tr '\\0' ' ' < /proc/$PPID/environ; echo end")).await;
    // Its three and the directory that `ls` reads. Who may not read the environment of the launcher says so elsewhere.
    assert_eq!(told.texts().first(), Some(&"4"), "{told:?}");
    assert!(matches!(told.texts()[1..], ["end"] | [_, "end"]), "{told:?}");
}
