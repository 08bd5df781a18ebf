//! Nothing on a page or in our script needs a looser content security policy.

use super::{every_page, files, select};
use crate::web::assets;
use std::{fs, path::Path};

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
                    // What to read before rerunning a job, told by its definition, and where an alert was received from: opened in a
                    // window of its own.
                    || (["https://wiki.example.com/", "https://prometheus.example.com/"].iter().any(|to| value.starts_with(to))
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
fn our_scripts_define_no_global_and_evaluate_nothing() {
    for name in ["ingam.js", "session.js", "lost.js", "demo.js"] {
        let script = String::from_utf8(assets::serve("", name, None).unwrap().bytes.into_owned()).unwrap();
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
            "sessionStorage",
        ] {
            assert!(!script.contains(forbidden), "{name}: {forbidden}");
        }
        assert!(script.lines().count() < 300, "{name}");
    }
}
