//! What every page must be, in every state and in both languages, without a server.
//!
//! `INGAM_GALLERY=some/folder cargo test --lib page_samples` also writes the pages there, to be looked at in a browser.

mod approvals;
mod batches;
mod log;
mod maker;
mod networks;
mod order_lists;
mod order_panels;
mod order_parts;
mod orders;
mod people;
mod rest;
mod staff;
mod users;

use crate::{
    profile::Profile,
    web::{assets, shell::Theme, words::Lang},
};
use maker::{Maker, NASTY, Sample};
use scraper::{ElementRef, Html, Selector};
use sha2::{Digest, Sha384};
use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
};

/// The two that differ most; what else there is differs in words and colours only.
const CHECKED: [Maker; 2] = [
    Maker { lang: Lang::Ko, environment: Profile::Prod, theme: Theme::System, nasty: false },
    Maker { lang: Lang::En, environment: Profile::Staging, theme: Theme::Dark, nasty: true },
];

/// What the gallery shows.
const SHOWN: [Maker; 4] = [
    CHECKED[0],
    Maker { lang: Lang::En, ..CHECKED[0] },
    Maker { nasty: false, ..CHECKED[1] },
    Maker { environment: Profile::Dev, theme: Theme::Light, ..CHECKED[0] },
];

/// Looks at every sample; `look` says what is wrong with it.
fn every_page(look: impl Fn(&Sample, &Html, &mut Vec<String>)) {
    let mut wrong = Vec::new();
    for maker in CHECKED {
        for sample in maker.all() {
            let mut found = Vec::new();
            look(&sample, &Html::parse_document(&sample.html), &mut found);
            wrong.extend(found.into_iter().map(|found| {
                format!("{} ({}{}): {found}", sample.name, maker.lang.code(), if maker.nasty { ", nasty" } else { "" })
            }));
        }
    }
    assert!(wrong.is_empty(), "{} things are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

fn select<'a>(page: &'a Html, selector: &str) -> Vec<ElementRef<'a>> {
    page.select(&Selector::parse(selector).unwrap()).collect()
}

fn within<'a>(element: ElementRef<'a>, selector: &str) -> Vec<ElementRef<'a>> {
    element.select(&Selector::parse(selector).unwrap()).collect()
}

fn names(form: ElementRef<'_>) -> Vec<String> {
    within(form, "input, select, textarea, button[name]")
        .iter()
        .filter_map(|field| field.attr("name").map(str::to_owned))
        .collect()
}

#[test]
fn every_sample_has_its_own_name() {
    let samples = CHECKED[0].all();
    let names: HashSet<_> = samples.iter().map(|sample| sample.name).collect();
    assert_eq!(names.len(), samples.len());
    assert!(samples.len() > 130);
}

#[test]
fn every_reference_on_a_page_points_at_something_there() {
    every_page(|_, page, wrong| {
        let ids: Vec<&str> = select(page, "[id]").iter().filter_map(|element| element.attr("id")).collect();
        let unique: HashSet<_> = ids.iter().collect();
        if unique.len() != ids.len() {
            let twice: Vec<_> = ids.iter().filter(|id| ids.iter().filter(|other| other == id).count() > 1).collect();
            wrong.push(format!("ids stand there twice: {twice:?}"));
        }
        let mut points_at = |attribute: &str, targets: &str| {
            for id in targets.split_whitespace().filter(|id| !unique.contains(id)) {
                wrong.push(format!("{attribute} points at {id:?}, which is not there"));
            }
        };
        for attribute in ["for", "aria-describedby", "aria-labelledby", "popovertarget", "list", "data-expand"] {
            for element in select(page, &format!("[{attribute}]")) {
                points_at(attribute, element.attr(attribute).unwrap());
            }
        }
        for attribute in ["href", "hx-target"] {
            for element in select(page, &format!("[{attribute}^='#']")) {
                points_at(attribute, &element.attr(attribute).unwrap()[1..]);
            }
        }
    });
}

#[test]
fn every_field_has_a_label_and_every_control_a_name() {
    every_page(|_, page, wrong| {
        let labelled: HashSet<&str> = select(page, "label[for]").iter().filter_map(|label| label.attr("for")).collect();
        for field in select(page, "input:not([type=hidden]):not([type=radio]), select, textarea") {
            if !field.attr("id").is_some_and(|id| labelled.contains(id)) {
                wrong.push(format!("no label: {}", field.html()));
            }
        }
        for control in
            select(page, "a, button, h1, h2, th, legend, option:not([value='']), title").iter().filter(|one| {
                one.value().name() != "option"
                    || one.parent().and_then(ElementRef::wrap).is_some_and(|list| list.value().name() == "select")
            })
        {
            if control.text().collect::<String>().trim().is_empty() {
                wrong.push(format!("says nothing: {}", control.html()));
            }
        }
        for (selector, count) in [("h1", 1), ("main#main", 1), ("html[lang]", 1), ("title", 1)] {
            if select(page, selector).len() != count {
                wrong.push(format!("{selector} is not there exactly once"));
            }
        }
        for picture in select(page, "svg") {
            if picture.attr("aria-hidden") != Some("true") && picture.attr("aria-label").is_none() {
                wrong.push(format!("an unnamed picture: {}", picture.html()));
            }
        }
    });
}

#[test]
fn every_form_carries_what_its_address_asks_for() {
    every_page(|_, page, wrong| {
        for form in select(page, "form[method=post]") {
            let action = form.attr("action").unwrap_or_default();
            let path = action.split('?').next().unwrap_or_default();
            let path = path.split('#').next().unwrap_or_default();
            let fields = names(form);
            // A refund has a field for every line of the order, and where one may choose, for every payment.
            let numbered = match path.rsplit('/').next() {
                Some("refunds") => refund_fields(page, &fields),
                // A run has a field for every parameter of its job; several runs have one each.
                Some("runs" | "rerun" | "reruns") => {
                    let is_numbered = |name: &&String| name.starts_with("param-") || name.starts_with("run-");
                    fields.iter().filter(is_numbered).cloned().collect()
                }
                // A network that is wide has a box to tick.
                Some("networks") => fields.iter().filter(|name| *name == "wide_confirmed").cloned().collect(),
                _ if path.starts_with("/networks/") => {
                    fields.iter().filter(|name| *name == "wide_confirmed").cloned().collect()
                }
                _ => Vec::new(),
            };
            let expected: &[&str] = match path.rsplit('/').next().unwrap_or_default() {
                _ if path.starts_with("/staff") => staff_fields(path),
                "login" => &["csrf", "email", "password"],
                "code" => &["csrf", "code"],
                "logout" => &["csrf"],
                "searches" if path == "/orders/searches" => &["csrf", "q"],
                "searches" => &["csrf", "q", "status"],
                "runs" | "rerun" => &["code", "csrf", "key", "reason", "seen", "version"],
                "resolution" => &["code", "csrf", "key", "reason", "resolution", "seen"],
                "pause" => &["code", "csrf", "hours", "key", "reason", "seen"],
                "refunds" => &["amount", "code", "csrf", "key", "override_reason", "reason", "reason_kind", "seen"],
                "cancellation" if path.starts_with("/orders") => {
                    &["code", "csrf", "key", "reason", "reason_kind", "seen"]
                }
                "shipping" => &["carrier", "code", "csrf", "key", "reason", "seen", "state", "tracking_number"],
                "contact" => &["csrf", "reason"],
                "preferences" => &["csrf", "key", "lang", "return", "theme", "time_zone"],
                "notes" if path.starts_with("/users") => &["code", "csrf", "key", "reason", "seen", "text"],
                "point-adjustments" => &["amount", "code", "csrf", "direction", "key", "reason", "reason_kind", "seen"],
                "status" => &["code", "csrf", "key", "reason", "seen", "status"],
                "password" => &["code", "csrf", "current", "key", "new", "new_again", "reason", "seen"],
                "authenticator" => &["code", "csrf", "key", "new_code", "reason", "seen"],
                "approval" | "rejection" | "withdrawal" | "removal" => &["code", "csrf", "key", "reason", "seen"],
                "networks" => &["code", "csrf", "expires_at", "key", "net", "note", "reason", "seen"],
                _ if path.starts_with("/networks/") => {
                    &["code", "csrf", "expires_at", "key", "net", "note", "reason", "seen"]
                }
                "cancellation" | "baseline" | "reruns" | "recovery-codes" | "revocation" | "retry" | "dismissal"
                | "notes" => &["code", "csrf", "key", "reason", "seen"],
                _ if path.starts_with("/setup/") => &["code", "csrf", "password", "password_again"],
                _ => &[],
            };
            let unique: HashSet<&str> = fields.iter().map(String::as_str).collect();
            let expected_set: HashSet<&str> =
                expected.iter().copied().chain(numbered.iter().map(String::as_str)).collect();
            if unique != expected_set {
                wrong.push(format!("{action} posts {unique:?}, not {expected_set:?}"));
            }
            // A key that occurs twice is refused, so only radio buttons and the buttons of one choice share a name.
            let single = within(form, "input:not([type=radio]), select, textarea")
                .iter()
                .filter_map(|field| field.attr("name").map(str::to_owned))
                .collect::<Vec<_>>();
            if single.iter().collect::<HashSet<_>>().len() != single.len() {
                wrong.push(format!("{action} posts a key twice"));
            }
        }
        for form in select(page, "form") {
            if !matches!(form.attr("method"), Some("post" | "get" | "dialog")) {
                wrong.push(format!("a form without a method: {}", form.attr("action").unwrap_or_default()));
            }
        }
        for hidden in select(page, "input[type=hidden]") {
            let known = ["csrf", "key", "seen", "status", "reason", "return", "lang", "theme", "time_zone"];
            let name = hidden.attr("name").unwrap_or_default();
            let is_run = name == "version" || name == "panel" || name.starts_with("run-");
            let is_kept = is_run
                || ["q", "needs"].contains(&hidden.attr("name").unwrap_or_default())
                    && within_form(hidden).is_some_and(|form| form.attr("action") == Some("/orders"));
            if !is_kept && !hidden.attr("name").is_some_and(|name| known.contains(&name)) {
                wrong.push(format!("a hidden field: {}", hidden.html()));
            }
        }
    });
}

/// What the forms of the staff's pages post.
fn staff_fields(path: &str) -> &'static [&'static str] {
    match path.rsplit('/').next().unwrap_or_default() {
        "staff" => &[
            "code",
            "csrf",
            "email",
            "key",
            "name",
            "reason",
            "role-approver",
            "role-auditor",
            "role-oncall",
            "role-operator",
            "role-owner",
            "seen",
        ],
        "roles" => &[
            "code",
            "csrf",
            "key",
            "reason",
            "role-approver",
            "role-auditor",
            "role-oncall",
            "role-operator",
            "role-owner",
            "seen",
        ],
        "status" => &["code", "csrf", "key", "reason", "seen", "status"],
        "networks" => &["code", "csrf", "key", "networks", "reason", "seen"],
        _ => &["code", "csrf", "key", "reason", "seen"],
    }
}

fn within_form(field: ElementRef<'_>) -> Option<ElementRef<'_>> {
    field.ancestors().filter_map(ElementRef::wrap).find(|element| element.value().name() == "form")
}

/// The numbered fields of a refund, by the tables beside its form: one for each line of the order, one for each payment
/// where more than one has something left, and the shipping fee where that can still be refunded.
fn refund_fields(page: &Html, posted: &[String]) -> Vec<String> {
    let lines = select(page, "#lines tbody tr").len();
    assert!(lines > 0, "an order without lines");
    let mut fields: Vec<String> = (1..=lines).map(|n| format!("units-{n}")).collect();
    let has_fee = select(page, "#lines .card-f .tag").is_empty();
    fields.extend(has_fee.then(|| "shipping".to_owned()));
    let refundable = select(page, "#payments tbody tr:has(code) td:last-child");
    let open = refundable.iter().filter(|cell| cell.text().collect::<String>() != "₩0").count();
    if open > 1 {
        let payments: Vec<String> = posted.iter().filter(|name| name.starts_with("payment-")).cloned().collect();
        assert_eq!(payments.len(), refundable.len());
        fields.extend(payments);
    }
    fields
}

#[test]
fn nothing_on_a_page_needs_a_looser_policy() {
    every_page(|_, page, wrong| {
        for script in select(page, "script") {
            if script.attr("src").is_none() || script.attr("nonce").is_none() || script.text().next().is_some() {
                wrong.push(format!("an inline script: {}", script.html()));
            }
        }
        if !select(page, "style, [style], iframe, object, embed, base").is_empty() {
            wrong.push("an inline style or a frame".into());
        }
        for element in select(page, "*") {
            for (name, value) in element.value().attrs() {
                let address = matches!(name, "href" | "src" | "action" | "hx-get" | "hx-post");
                let is_ours = (value.starts_with('/') && !value.starts_with("//"))
                    || value.starts_with('#')
                    || value.starts_with("otpauth://")
                    // What to read before rerunning a job: told by its definition, opened in a window of its own.
                    || (value.starts_with("https://wiki.example.com/")
                        && element.value().attr("rel") == Some("noopener noreferrer"));
                if name.starts_with("on")
                    || name.starts_with("hx-on")
                    || value.starts_with("js:")
                    || value.starts_with("javascript:")
                {
                    wrong.push(format!("{name}={value:?} needs eval"));
                } else if address && !is_ours {
                    wrong.push(format!("{name}={value:?} leads elsewhere"));
                } else if address && value.starts_with("/static/") && !value.split('#').next().is_some_and(is_an_asset)
                {
                    wrong.push(format!("{value:?} is no asset"));
                }
            }
        }
    });
}

fn is_an_asset(url: &str) -> bool {
    let Some((hash, name)) = url.strip_prefix("/static/").and_then(|rest| rest.split_once('/')) else { return false };
    assets::serve(hash, name, None).is_some_and(|asset| asset.immutable)
}

#[test]
fn text_from_outside_stays_text() {
    every_page(|sample, page, wrong| {
        if sample.html.contains("<script>")
            || sample.html.contains("<img")
            || !select(page, "img, td script").is_empty()
        {
            wrong.push("hostile text became markup".into());
        }
    });
    let shown = CHECKED[1]
        .all()
        .iter()
        .filter(|sample| Html::parse_document(&sample.html).root_element().text().collect::<String>().contains(NASTY))
        .count();
    assert!(shown > 50, "the hostile text is shown on {shown} pages only, so the check above looks at too little");
}

#[test]
fn every_sentence_on_a_page_comes_from_the_catalogue() {
    every_page(|_, page, wrong| {
        let text: String = page.root_element().text().collect();
        for word in text.split_whitespace() {
            let is_key = word.split_once('.').is_some_and(|(family, rest)| {
                [
                    "shell", "nav", "users", "user", "seal", "refused", "audit", "access", "table", "filter", "login",
                    "account", "points", "status", "problem", "orders", "order", "refund", "refunds", "cancel",
                    "shipping", "retry", "closed", "done", "note", "needs", "event", "carrier", "field", "action",
                    "refusal", "batches", "run", "runs", "job", "rerun", "resolve", "normal", "pause", "start",
                    "param", "staff", "person", "invite", "reset", "restrict", "networks",
                ]
                .contains(&family)
                    && rest.bytes().all(|b| b.is_ascii_lowercase() || b == b'-' || b == b'.')
                    && !rest.is_empty()
            });
            // Kinds of change are shown as they are, on purpose.
            if is_key && !["points.adjust", "users.status", "orders.refund", "orders.cancel"].contains(&word) {
                wrong.push(format!("a key shows: {word}"));
            }
        }
        // The command of a job is shown as its definition has it.
        if text.replace(NASTY, "").replace("{date}", "").contains(['{', '}']) && !text.contains("\"seq\"") {
            wrong.push("a placeholder was not filled".into());
        }
    });
}

#[test]
fn every_icon_is_in_the_sprite() {
    let sprite = String::from_utf8(assets::serve("", "icons.svg", None).unwrap().bytes.into_owned()).unwrap();
    every_page(|_, page, wrong| {
        for icon in select(page, "use") {
            let name =
                icon.attr("href").and_then(|href| href.split_once('#')).map(|(_, name)| name).unwrap_or_default();
            if !sprite.contains(&format!("<symbol id=\"{name}\"")) {
                wrong.push(format!("no icon is called {name:?}"));
            }
        }
    });
}

/// What must not be on a page is also looked for where it would be written, since no sample may reach it.
#[test]
fn no_template_holds_what_needs_eval_or_goes_unescaped() {
    let mut found = Vec::new();
    for path in files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("templates")) {
        let text = fs::read_to_string(&path).unwrap();
        for forbidden in [
            "hx-on",
            "js:",
            "javascript:",
            "|safe",
            "| safe",
            "|e(",
            "hx-vals",
            "hx-headers",
            "style=",
            "<style",
            "onclick",
            "autoescape",
            "escape=",
            "hx-ext",
        ] {
            if text.contains(forbidden) {
                found.push(format!("{}: {forbidden}", path.display()));
            }
        }
        for (at, _) in text.match_indices("hx-trigger=\"") {
            if text[at + 12..].split('"').next().is_some_and(|value| value.contains('[')) {
                found.push(format!("{}: a trigger filter", path.display()));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn our_script_defines_no_global_and_evaluates_nothing() {
    let script = String::from_utf8(assets::serve("", "ingam.js", None).unwrap().bytes.into_owned()).unwrap();
    for forbidden in [
        "eval(",
        "new Function",
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "window.ingam",
        "setAttribute(\"style",
        "localStorage",
    ] {
        assert!(!script.contains(forbidden), "{forbidden}");
    }
    assert!(script.lines().count() < 200);
}

#[test]
fn vendored_files_are_what_their_makers_published() {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "kebab-case")]
    struct Vendored {
        path: String,
        version: String,
        licence: String,
        licence_text: String,
        source: String,
        sha384: String,
    }
    #[derive(serde::Deserialize)]
    struct Vendor {
        file: Vec<Vendored>,
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("static");
    let vendor: Vendor = toml::from_str(&fs::read_to_string(folder.join("vendor/VENDOR.toml")).unwrap()).unwrap();
    for file in &vendor.file {
        use base64::Engine;
        let sum = Sha384::digest(fs::read(folder.join(&file.path)).unwrap());
        assert_eq!(base64::engine::general_purpose::STANDARD.encode(sum), file.sha384, "{}", file.path);
        assert!(
            folder.join(&file.licence_text).exists() && !file.licence.is_empty() && file.source.contains(&file.version),
            "{}",
            file.path
        );
    }
    let listed: HashSet<String> = vendor
        .file
        .iter()
        .flat_map(|file| [file.path.clone(), file.licence_text.clone()])
        .chain(["vendor/VENDOR.toml".into()])
        .collect();
    for path in files(&folder.join("vendor")) {
        let name = path.strip_prefix(&folder).unwrap().to_str().unwrap().to_owned();
        assert!(listed.contains(&name), "{name} is not listed in VENDOR.toml");
    }
}

/// Not a check: writes the pages for looking at them, where `INGAM_GALLERY` says.
#[test]
fn the_gallery_is_written_where_it_is_asked_for() {
    let Some(folder) = std::env::var_os("INGAM_GALLERY").map(PathBuf::from) else { return };
    let names: Vec<_> = assets::names().collect();
    for maker in SHOWN {
        let look = match maker.environment {
            Profile::Prod => maker.lang.code().to_owned(),
            other => format!("{}-{}", maker.lang.code(), other.as_str()),
        };
        fs::create_dir_all(folder.join(&look)).unwrap();
        for sample in maker.all() {
            let html = names
                .iter()
                .fold(sample.html, |html, name| html.replace(assets::url(name), &format!("../static/{name}")));
            fs::write(folder.join(&look).join(format!("{}.html", sample.name)), html).unwrap();
        }
    }
    for name in names {
        let path = folder.join("static").join(&*name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, assets::serve("", &name, None).unwrap().bytes).unwrap();
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.path().is_dir() {
            found.extend(files(&entry.path()));
        } else {
            found.push(entry.path());
        }
    }
    found
}
