use super::*;
use crate::gate::REFUSAL_WORDS;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// Families whose keys are put together from a word of the program, so that no test can find them in the source.
const COMPOSED: &[&str] = &[
    "nav.",
    "begin-task.",
    "readiness-line.",
    "readiness-list.",
    "readiness-remedy.",
    "begin-why.",
    "lapse.",
    "lapse-short.",
    "lapse-advice.",
    "report-refused.",
    "lost.",
    "lost-title.",
    "personas.",
    "theme.",
    "lang.",
    "role.",
    "reason-kind.",
    "refund-failure.",
    "ledger-kind.",
    "action.",
    "outcome.",
    "refusal.",
    "field.",
    "task.",
    "looks-kind.",
    "looks-span.",
    "problem.",
    "account.done.",
    "carrier.",
    "order-state.",
    "order-step.",
    "payment-method.",
    "event.",
    "needs.",
    "home-needs.",
    "refund-state.",
    "refund-kind.",
    "cancel-kind.",
    "closed.",
    "done.",
    "batches-show.",
    "batches-empty.",
    "batches-empty-body.",
    "run-state.",
    "run-cause.",
    "run-resolution.",
    "run-failure.",
    "run-panel.",
    "refused-state.",
    "batch-event.",
    "runs-show.",
    "job-kind.",
    "resolve-choice.",
    "approvals-show.",
    "approvals-empty.",
    "approvals-empty-body.",
    "request-state.",
    "request-title.",
    "verdict.",
    "flag.",
    "staff-state.",
    "role-what.",
    "alerts-show.",
    "alerts-empty.",
    "alerts-empty-body.",
    "alert-kind.",
    "alert-state.",
    "audit-span.",
    "reversal-no.",
    "export-format.",
    "export-proves.",
    "export-purpose.",
    "export-stage.",
    "suspicion-outcome.",
    "suspicion-rule.",
    "suspicion-what.",
    "suspicion-ordinary.",
    "suspicion-says.",
    "suspicion-number.",
    "review-every.",
    "review-stage.",
    "review-result.",
    "incidents-show.",
    "incident-severity.",
    "incident-grade.",
    "incident-state.",
    "incident-step.",
    "incident-pass.",
    "incident-needs.",
    "incident-event.",
    "alert-event.",
    "severity.",
    "silence-scope.",
    "oncall.every-",
    "month.",
    "weekday.",
    "rota-unit.",
    "way-state.",
    "call-why.",
    "delivery-state.",
    "shipment-state.",
    "delivery-error.",
    "channel-kind.",
    "send-again.",
    "give-up.",
    "message.",
    "queues.",
    "queue-reject.",
];

fn parsed(text: &str) -> BTreeMap<String, String> {
    let table: toml::Table = text.parse().unwrap();
    let mut entries = Catalogue::new();
    flatten("", &table, &mut entries);
    entries.into_iter().collect()
}

fn both() -> [BTreeMap<String, String>; 2] {
    [parsed(include_str!("en.toml")), parsed(include_str!("ko.toml"))]
}

fn placeholders(sentence: &str) -> BTreeSet<&str> {
    sentence.split('{').skip(1).map(|rest| rest.split_once('}').unwrap().0).collect()
}

/// Every template and source file but the tests.
fn sources(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|kind| kind == "html" || kind == "rs") && !path.ends_with("tests.rs") {
            found.push(fs::read_to_string(&path).unwrap());
        }
    }
}

/// Every string literal that could be a key, and the keys that certainly are: those handed to a catalogue.
fn used() -> (BTreeSet<String>, BTreeSet<String>) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut texts = Vec::new();
    sources(&root.join("templates"), &mut texts);
    sources(&root.join("src"), &mut texts);
    let (mut literals, mut asked) = (BTreeSet::new(), BTreeSet::new());
    for text in texts {
        for (at, _) in text.match_indices('"') {
            let Some((literal, _)) = text[at + 1..].split_once('"') else { continue };
            if literal.is_empty() || !literal.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b)) {
                continue;
            }
            let before = &text[..at];
            if before.ends_with(".count(") {
                asked.extend(["one", "other"].map(|form| format!("{literal}.{form}")));
                literals.extend(["one", "other"].map(|form| format!("{literal}.{form}")));
            } else if [
                ".t(",
                "words.get(",
                ".words.with(",
                "shell.with(",
                "frame.with(",
                "words.with(",
                "Message::new(",
            ]
            .iter()
            .any(|call| before.ends_with(call))
            {
                asked.insert(literal.to_owned());
            }
            literals.insert(literal.to_owned());
        }
    }
    (literals, asked)
}

#[test]
fn both_languages_hold_the_same_keys() {
    let [en, ko] = both();
    let keys = |entries: &BTreeMap<String, String>| entries.keys().cloned().collect::<BTreeSet<_>>();
    let (en, ko) = (keys(&en), keys(&ko));
    assert_eq!(en.symmetric_difference(&ko).collect::<Vec<_>>(), Vec::<&String>::new());
}

#[test]
fn both_languages_fill_the_same_placeholders() {
    let [en, ko] = both();
    for (key, sentence) in &en {
        assert_eq!(placeholders(sentence), placeholders(&ko[key]), "{key}");
    }
}

#[test]
fn every_sentence_says_something_and_none_holds_markup() {
    for (key, sentence) in both().iter().flatten() {
        assert!(!sentence.trim().is_empty() && sentence.trim() == sentence, "{key}");
        assert!(!sentence.contains(['<', '>']), "{key}: markup belongs in a template");
    }
}

/// Whether 은 or 는, 이 or 가 follows depends on the last sound, which a placeholder does not tell.
#[test]
fn no_korean_particle_that_varies_follows_a_placeholder() {
    let [_, ko] = both();
    for (key, sentence) in &ko {
        for rest in sentence.split('}').skip(1) {
            let after: String = rest.chars().take(2).collect();
            for particle in ["은 ", "는 ", "이 ", "가 ", "을 ", "를 ", "과 ", "와 ", "으로", "로 "] {
                assert!(!after.starts_with(particle), "{key}: {sentence}");
            }
        }
    }
}

#[test]
fn every_key_asked_for_exists() {
    let [en, _] = both();
    let (_, asked) = used();
    assert!(asked.len() > 200, "the scan found only {} keys", asked.len());
    let missing: Vec<_> = asked.iter().filter(|key| !en.contains_key(*key)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn no_key_is_unused() {
    let [en, _] = both();
    let (literals, _) = used();
    // What a change refuses at a field is said by the word of its refusal.
    let is_refused = |key: &str| {
        let word = key.strip_prefix("field-error.");
        word.is_some_and(|word| REFUSAL_WORDS.iter().any(|declared| declared.word == word))
    };
    let unused: Vec<_> = en
        .keys()
        .filter(|key| !literals.contains(*key) && !COMPOSED.iter().any(|family| key.starts_with(family)))
        .filter(|key| !is_refused(key))
        .collect();
    assert!(unused.is_empty(), "{unused:?}");
}

/// What follows `opening` up to the next quote, anywhere in the source.
fn quoted_after(opening: &str) -> BTreeSet<String> {
    let mut texts = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut texts);
    let found = |text: &String| -> Vec<String> {
        text.split(opening).skip(1).filter_map(|rest| rest.split_once('"')).map(|(word, _)| word.to_owned()).collect()
    };
    texts
        .iter()
        .flat_map(found)
        .filter(|word| word.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b)))
        .collect()
}

#[test]
fn every_kind_of_change_has_a_name_and_no_name_is_without_its_change() {
    let [en, _] = both();
    let kinds = quoted_after("const KIND: &'static str = \"");
    // A panel whose change no rule can hold up names none.
    let kinds: BTreeSet<String> =
        kinds.iter().filter(|kind| !kind.is_empty()).map(|kind| format!("action.{kind}")).collect();
    // A request that was refused before it came to any change has a row too.
    let named: BTreeSet<String> = en
        .keys()
        .filter(|key| {
            key.starts_with("action.") && !["action.request.refused", "action.access.look"].contains(&key.as_str())
        })
        .cloned()
        .collect();
    assert_eq!(kinds.symmetric_difference(&named).collect::<Vec<_>>(), Vec::<&String>::new());
}

#[test]
fn every_refusal_has_a_name() {
    let [en, _] = both();
    let mut words = BTreeSet::new();
    for opening in ["Fault::conflict(\"", "Fault::missing(\"", "Fault::throttled(\"", "=> \"code-"] {
        words.extend(
            quoted_after(opening)
                .into_iter()
                .map(|word| if opening.ends_with("code-") { format!("code-{word}") } else { word }),
        );
    }
    assert!(words.len() > 5, "{words:?}");
    let nameless: Vec<_> = words.iter().filter(|word| !en.contains_key(&format!("refusal.{word}"))).collect();
    assert!(nameless.is_empty(), "{nameless:?}");
}

#[test]
fn placeholders_are_filled_once_and_what_fills_them_is_not_read_again() {
    assert_eq!(fill("{a} and {b}", &[("a", &"{b}"), ("b", &2)]), "{b} and 2");
    assert_eq!(fill("{unknown} stays, and so does { alone", &[]), "{unknown} stays, and so does { alone");
}

#[test]
fn a_missing_key_is_shown_as_itself() {
    let words = Words::of(Lang::Ko);
    assert_eq!(words.get("no.such.key"), "no.such.key");
    assert_eq!(words.name("action", "moon.land"), "moon.land");
    assert_eq!(words.name("role", "oncall"), "당직 엔지니어");
}

#[test]
fn one_is_counted_apart_from_many() {
    let words = Words::of(Lang::En);
    assert_eq!(words.count("ago.hour", 1), "1 hour ago");
    assert_eq!(words.count("audit.sealed-rows", 12_346), "12,346 rows in one unbroken hash tree.");
}

#[test]
fn a_browser_gets_the_language_it_weighs_highest() {
    let cases = [
        ("", Lang::Ko),
        ("en-GB,en;q=0.9", Lang::En),
        ("ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7", Lang::Ko),
        ("fr, en;q=0.3, ko;q=0.2", Lang::En),
        ("en;q=0, ko;q=0", Lang::Ko),
        ("de", Lang::Ko),
        ("en;q=junk,ko;q=0.1", Lang::Ko),
        ("*", Lang::Ko),
    ];
    for (header, lang) in cases {
        assert_eq!(Lang::from_accept_language(header), lang, "{header}");
    }
    assert_eq!("EN".parse(), Ok(Lang::En));
    assert_eq!("english".parse::<Lang>(), Err(UnknownLang));
}
