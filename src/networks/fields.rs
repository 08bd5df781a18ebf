//! The fields of a network on the list, in the forms that add one and change one: what was typed, and what it says.

use super::{
    list::{Networks, how_many},
    open::Network,
    rules::{self, NETWORK_HOST_BITS, NETWORK_JUNK, NETWORK_TOO_WIDE, Question},
};
use crate::zone::Zone;
use crate::{
    allowlist::net::{self, Unfit},
    gate::{Fault, Meaning, Rejection},
    networks::rules::NETWORK_EXPIRY,
    text::composed,
    web::{
        Desk,
        form::Form,
        local_time::{self, typed},
        refused::field_errors,
        shell::{
            Frame, Shell,
            field::{FieldErrors, wrong},
            seal::SealForm,
        },
        words::Message,
    },
};
use askama::Template;
use ipnet::IpNet;

pub(super) const NAMES: &[&str] = &["net", "note", "expires_at", "wide_confirmed"];

/// The fields as they were typed.
#[derive(Debug, Default)]
pub(crate) struct Typed {
    pub(crate) net: String,
    pub(crate) note: String,
    pub(crate) expires_at: String,
    pub(crate) confirmation: Option<Confirmation>,
}

/// What a person has to confirm before a network is opened that is wide or overlaps another one.
#[derive(Debug)]
pub(crate) struct Confirmation {
    pub(crate) net: IpNet,
    pub(crate) question: Question,
    pub(crate) is_confirmed: bool,
}

/// The fields where all of them can be read.
pub(super) struct Filled {
    pub(super) net: IpNet,
    pub(super) note: String,
    pub(super) expires_at: Option<String>,
    pub(super) wide_confirmed: bool,
}

impl Typed {
    /// The fields of a row as it is.
    pub(super) fn of(row: &Network, zone: Zone) -> Self {
        Self {
            net: row.net.to_string(),
            note: row.note.clone(),
            expires_at: row.expires_at.map(|at| typed(at, zone)).unwrap_or_default(),
            confirmation: None,
        }
    }

    /// The fields of a form that comes back, and what is to be confirmed in it. `row` is the one that it changes.
    pub(super) fn again(desk: &Desk, on: &Networks, row: Option<&Network>, form: &Form) -> Self {
        Self {
            net: form.get("net").to_owned(),
            note: form.get("note").to_owned(),
            expires_at: form.get("expires_at").to_owned(),
            confirmation: Confirmation::of(desk, on, row, form),
        }
    }
}

impl Confirmation {
    fn of(desk: &Desk, on: &Networks, row: Option<&Network>, form: &Form) -> Option<Self> {
        let net = net::parse(form.trimmed("net")).ok().filter(|net| row.is_none_or(|row| row.net != *net))?;
        let environment = desk.console().gate.networks();
        let open = rules::open_beside(environment, &on.rows, row.map(|row| row.id), desk.now());
        let question = rules::question(net, &open)?;
        Some(Self { net, question, is_confirmed: is_confirmed(form, net) })
    }

    pub(crate) fn say(&self, frame: &Frame) -> String {
        let overlaps: Vec<String> = self.question.overlaps.iter().map(ToString::to_string).collect();
        let (net, n, others) = (self.net, how_many(self.net), overlaps.join(", "));
        match (self.question.is_wide, overlaps.is_empty()) {
            (true, true) => frame.with("networks.ask-wide", &[("net", &net), ("n", &n)]),
            (true, false) => frame.with("networks.ask-wide-overlap", &[("net", &net), ("n", &n), ("others", &others)]),
            _ => frame.with("networks.ask-overlap", &[("net", &net), ("others", &others)]),
        }
    }
}

/// Reads the fields, or says everything that is wrong with them. `row` is the one that the form changes.
pub(super) fn read(desk: &Desk, row: Option<&Network>, form: &Form) -> Result<Filled, FieldErrors> {
    let mut errors = FieldErrors::new();
    let net = match net::parse(form.trimmed("net")) {
        Ok(net) => Some(net),
        Err(unfit) => {
            errors.add("net", net_error(form.trimmed("net"), unfit));
            None
        }
    };
    let note = composed(form.trimmed("note"));
    let expires_at = expiry(desk, form.trimmed("expires_at"), row);
    let until = match &expires_at {
        Ok(at) => rules::read_expiry(at.as_deref(), desk.now()).map(drop),
        Err(rejection) => Err(Fault::Rejected(rejection.clone())),
    };
    for fault in [rules::check_note(&note), until].into_iter().filter_map(Result::err) {
        if let Fault::Rejected(rejection) = fault {
            errors.extend(field_errors(&rejection));
        }
    }
    match (net, expires_at) {
        (Some(net), Ok(expires_at)) if errors.is_empty() => {
            Ok(Filled { net, note, expires_at, wide_confirmed: is_confirmed(form, net) })
        }
        _ => Err(errors),
    }
}

fn net_error(text: &str, unfit: Unfit) -> Message {
    match unfit {
        _ if text.is_empty() => wrong::required(),
        Unfit::NotANetwork => wrong::refused(NETWORK_JUNK),
        Unfit::HostBits { meant } => wrong::refused(NETWORK_HOST_BITS).arg("meant", meant),
        Unfit::TooWide => wrong::refused(NETWORK_TOO_WIDE),
    }
}

/// Whether the box was ticked for this network, and not for another that was typed before it.
fn is_confirmed(form: &Form, net: IpNet) -> bool {
    form.get("wide_confirmed") == net.to_string()
}

/// When the network is to be closed again, as typed in the person's zone. What was left as it was is what it was, to
/// the second.
fn expiry(desk: &Desk, text: &str, row: Option<&Network>) -> Result<Option<String>, Rejection> {
    if text.is_empty() {
        return Ok(None);
    }
    let unchanged = row.and_then(|row| row.expires_at).filter(|at| typed(*at, desk.zone()) == text);
    match unchanged.or_else(|| local_time::read(text, desk.zone())) {
        Some(at) => Ok(Some(at.to_string())),
        None => Err(Rejection {
            word: NETWORK_EXPIRY,
            field: Some("expires_at"),
            meaning: Meaning::Invalid,
            values: Vec::new(),
        }),
    }
}

/// The form with these fields: the one that adds a network, or the one that changes it.
#[derive(Template)]
#[template(path = "networks/entry.html")]
pub(super) struct EntryForm<'a> {
    pub(super) shell: &'a Shell,
    pub(super) title: &'static str,
    pub(super) button: &'static str,
    pub(super) typed: &'a Typed,
    pub(super) seal: &'a SealForm,
}
