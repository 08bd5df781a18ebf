use super::*;

#[tokio::test]
async fn the_environment_is_what_was_given_and_nothing_else() {
    let env = [("A", "1"), ("SPACES", " a  b "), ("한글", "값"), ("EMPTY", "")];
    let env: Vec<_> = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let (ended, told) = run(Spec { env, ..Spec::new(["/usr/bin/env"]) }).await;
    assert_eq!(ended.outcome, Outcome::Exited(0));
    let mut lines = told.texts();
    lines.sort_unstable();
    assert_eq!(lines, ["A=1", "EMPTY=", "SPACES= a  b ", "한글=값"]);
    let (_, told) = run(Spec::new(["/usr/bin/env"])).await;
    assert!(told.lines.is_empty(), "{told:?}");
}

#[tokio::test]
async fn no_shell_sees_the_arguments() {
    let arguments = ["$HOME", "*", "; echo more", "`id`", "a  b", "", "'\"\\", "2>&1"];
    let (_, told) = run(Spec::new(["/usr/bin/printf", "<%s>\\n"].into_iter().chain(arguments))).await;
    assert_eq!(told.texts(), arguments.map(|argument| format!("<{argument}>")));
}

#[tokio::test]
async fn a_command_runs_under_its_name_at_the_root_or_where_it_is_told_to() {
    let (_, told) = run(shell("echo $0; pwd")).await;
    assert_eq!(told.texts(), ["/bin/sh", "/"]);
    let place = tempfile::tempdir().unwrap();
    let place = std::fs::canonicalize(place.path()).unwrap();
    let (_, told) = run(Spec { directory: Some(place.clone()), ..shell("pwd") }).await;
    assert_eq!(told.texts(), [place.to_str().unwrap()]);
}

#[tokio::test]
async fn there_is_nothing_to_read() {
    let (ended, told) = run(Spec::new(["/bin/cat"])).await;
    assert_eq!(ended.outcome, Outcome::Exited(0));
    assert!(told.lines.is_empty());
}

#[tokio::test]
async fn a_command_that_may_not_or_cannot_run_says_why() {
    let place = tempfile::tempdir().unwrap();
    let place = std::fs::canonicalize(place.path()).unwrap();
    std::fs::write(place.join("text"), "no program").unwrap();
    let text = place.join("text").to_str().unwrap().to_owned();
    let list = format!("/bin/:/usr/bin/:{}/", place.display());
    let sh = || Spec::new(["/bin/sh"]);
    for (list, spec, why) in [
        ("", sh(), "is not among the programs that jobs may run"),
        ("/opt/jobs/", sh(), "is not among the programs that jobs may run"),
        (&*list, Spec::new(["sh"]), "is not an absolute path"),
        (&*list, Spec::new(["/bin/no-such-job"]), "cannot be found"),
        (&*list, Spec::new([text]), "cannot be started: Permission denied"),
        (&*list, Spec::new([""; 0]), "the command is empty"),
        (&*list, Spec::new(["/bin/sh", "\0"]), "cannot be started"),
        (&*list, Spec { masked: vec!["abc".to_owned()], ..sh() }, "shorter than 4 characters"),
        (&*list, Spec { env: vec![("A=B".to_owned(), String::new())], ..sh() }, "\"A=B\" cannot be the name"),
        (&*list, Spec { directory: Some("/no/such/place".into()), ..sh() }, "/no/such/place is not"),
        (&*list, Spec { directory: Some(".".into()), ..sh() }, ". is not the absolute path"),
    ] {
        let waiting = prepare(&spec, &Allowed::parse(list).unwrap(), &clock(), HOST, &launcher()).await;
        let ended = match waiting {
            Ok(waiting) => waiting.begin().await.unwrap_err(),
            Err(ended) => ended,
        };
        assert!(matches!(&ended.outcome, Outcome::NotStarted(said) if said.contains(why)), "{why}: {ended:?}");
    }
}

#[test]
fn a_specification_does_not_show_what_may_be_secret() {
    let mut spec = Spec::new(["/opt/jobs/settle", "--token=hunter22"]);
    spec.env.push(("TOKEN".to_owned(), "hunter22".to_owned()));
    spec.masked.push("hunter22".to_owned());
    let shown = format!("{spec:?}");
    assert!(shown.contains("/opt/jobs/settle") && !shown.contains("hunter22"), "{shown}");
}
