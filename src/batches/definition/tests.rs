use super::*;
use proptest::prelude::*;

fn definition(text: &str) -> Result<Definition, String> {
    let definition: Definition = toml::from_str(text).map_err(|error| error.message().to_owned())?;
    definition.check()?;
    Ok(definition)
}

const SETTLEMENT: &str = r#"
    name = "daily-settlement"
    title = "Daily settlement"
    owner = "settlement"
    command = ["/opt/jobs/settle", "--date", "{date}", "{literal"]
    env = { LANG = "C" }
    schedule = { cron = "30 2 * * *" }
    [[parameters]]
    name = "date"
    title = "Day"
    type = "date"
    default = "yesterday"
"#;

#[test]
fn a_job_is_declared_in_a_few_lines() {
    let job = definition(SETTLEMENT).unwrap();
    assert_eq!((job.timeout_seconds, job.overlap, job.roles.as_slice()), (3600, Overlap::Skip, &[Role::Oncall][..]));
    let day = NaiveDate::from_ymd_opt(2026, 11, 20).unwrap();
    let values = job.defaults(day);
    assert_eq!(values["date"], "2026-11-19");
    assert_eq!(job.argv(&values), ["/opt/jobs/settle", "--date", "2026-11-19", "{literal"]);
    let expected =
        [("LANG", "C"), ("PARAM_DATE", "2026-11-19")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(job.environment(&values), expected);
}

#[test]
fn what_makes_no_sense_is_said_with_the_name_of_the_job() {
    for (from, to, why) in [
        ("daily-settlement", "Daily Settlement", "lower-case"),
        ("/opt/jobs/settle", "settle", "absolute path"),
        ("{date}", "{day}", "not one of its parameters"),
        ("yesterday", "soon", "default of date"),
        ("default = \"yesterday\"", "", "needs a default"),
        ("30 2 * * *", "30 2 * *", "five fields"),
        ("type = \"date\"", "type = \"moon\"", "unknown variant"),
        ("owner = \"settlement\"", "owner = \"\"", "an owner"),
    ] {
        let said = definition(&SETTLEMENT.replace(from, to)).unwrap_err();
        assert!(said.contains(why), "{from} → {to}: {said}");
    }
    assert!(definition(&format!("shell = \"rm -rf /\"\n{SETTLEMENT}")).is_err());
}

#[test]
fn a_value_is_taken_in_its_normal_form_or_not_at_all() {
    let date = ParameterKind::Date;
    assert_eq!(date.read("2026-02-28").as_deref(), Some("2026-02-28"));
    for odd in ["2026-02-30", "2026-2-28", "yesterday", "", "2026-02-28; rm"] {
        assert_eq!(date.read(odd), None, "{odd}");
    }
    let number = ParameterKind::Integer { min: 1, max: 100 };
    assert_eq!(number.read("007").as_deref(), Some("7"));
    assert!(number.read("0").is_none() && number.read("101").is_none() && number.read("1e2").is_none());
    let choice = ParameterKind::Choice { choices: vec!["full".to_owned(), "delta".to_owned()] };
    assert!(choice.read("full").is_some() && choice.read("Full").is_none());
    assert!(ParameterKind::Text.read("--force").is_none() && ParameterKind::Text.read("a b").is_none());
}

proptest! {
    #[test]
    fn any_text_is_a_value_or_none_and_never_an_option(text in ".{0,60}") {
        for kind in [ParameterKind::Date, ParameterKind::Text, ParameterKind::Choice { choices: vec!["a".to_owned()] }] {
            if let Some(value) = kind.read(&text) {
                prop_assert!(!value.starts_with('-') && !value.contains(['\0', '\n', ' ']));
            }
        }
    }
}
