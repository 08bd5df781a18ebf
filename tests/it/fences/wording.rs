//! The wording fence: comments, test names, pages and documents name the actor and the amount, in plain English.

use super::lint::{files_under, files_with};
use std::{fs, path::Path};

/// Words that are avoided everywhere: name the person or process, and write a number with its unit or name the limit.
const EVERYWHERE: &[&str] =
    &["whoever", "whomever", "somebody", "nobody", "anew", "of whom", "so many", "wherever", "so far back"];

/// Words that comments and test names avoid beside these.
const IN_CODE: &[&str] =
    &["stands", "stand", "stood", "so much", "of ours", "hurry", "what came of", "as which it waits", "let be"];

/// The words of a text, in lower case and each between two spaces.
fn words(text: &str) -> String {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.fold(" ".to_owned(), |all, word| all + &word.to_lowercase() + " ")
}

/// The comment of a line of Rust and the name of the function it begins. String literals are left to their readers.
fn of_rust(line: &str) -> String {
    let comment = line.trim_start().starts_with("//").then_some(0).or_else(|| line.find(" // "));
    let name = line.split_once("fn ").map(|(_, name)| name.split(['(', '<']).next().unwrap_or_default());
    let comment = comment.map(|at| line.split_at(at).1);
    comment.or(name).unwrap_or_default().replace('_', " ")
}

/// The comment of a line of a template. Its texts are in `en.toml`.
fn of_template(line: &str) -> String {
    let comments = line.split("{#").skip(1).map(|rest| rest.split("#}").next().unwrap_or_default());
    comments.collect::<Vec<_>>().join(" ")
}

/// A line of a document without its code, which may name programs and keys as they are.
fn of_document(line: &str) -> String {
    line.split('`').step_by(2).collect::<Vec<_>>().join(" ")
}

/// The text of an entry, without its key.
fn of_catalogue(line: &str) -> String {
    line.split_once(" = ").map_or(line, |(_, text)| text).to_owned()
}

/// Adds `path:line: word` for each avoided word in these files.
fn look(files: &[(String, String)], of: fn(&str) -> String, avoided: &[&[&str]], hits: &mut Vec<String>) {
    for (path, text) in files {
        for (number, line) in text.lines().enumerate() {
            let words = words(&of(line));
            let found = avoided.concat().into_iter().filter(|word| words.contains(&format!(" {word} ")));
            hits.extend(found.map(|word| format!("{path}:{}: {word}", number + 1)));
        }
    }
}

/// The documents at the top of the repository.
fn documents() -> Vec<(String, String)> {
    let entries = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap().flatten();
    let documents = entries.filter(|entry| entry.path().extension().is_some_and(|extension| extension == "md"));
    let named =
        |entry: fs::DirEntry| (entry.file_name().display().to_string(), fs::read_to_string(entry.path()).unwrap());
    documents.map(named).collect()
}

#[test]
fn comments_and_texts_are_in_plain_english() {
    let mut hits = Vec::new();
    for folder in ["src", "tests", "benches"] {
        look(&files_under(folder), of_rust, &[EVERYWHERE, IN_CODE], &mut hits);
    }
    look(&files_with("templates", "html"), of_template, &[EVERYWHERE, IN_CODE], &mut hits);
    look(&documents(), of_document, &[EVERYWHERE], &mut hits);
    look(&files_with("docs", "md"), of_document, &[EVERYWHERE], &mut hits);
    let mut texts = files_with("src/web/words", "toml");
    texts.retain(|(path, _)| path.ends_with("en.toml"));
    assert_eq!(texts.len(), 1, "the English texts are not where they were");
    look(&texts, of_catalogue, &[EVERYWHERE], &mut hits);
    assert!(hits.is_empty(), "words to replace:\n{}", hits.join("\n"));
}

#[test]
fn comments_names_and_texts_are_told_from_code() {
    assert_eq!(words(&of_rust(r#"let nobody = "whoever"; // A guest's own."#)), " a guest s own ");
    assert_eq!(words(&of_rust("    pub async fn a_name<T>(nobody: T) {")), " a name ");
    assert_eq!(words(&of_rust(r#"get("http://nobody");"#)), " ");
    assert_eq!(words(&of_template(r#"{{ t("a.nobody") }}{#- One. -#}"#)), " one ");
    assert_eq!(words(&of_document("Runs as `nobody`, without a shell.")), " runs as without a shell ");
    assert_eq!(words(&of_catalogue(r#"nobody = "not signed in""#)), " not signed in ");
}
