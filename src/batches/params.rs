//! The parameters of a run in a form.

use super::{
    definition::{Definition, Parameter, ParameterKind, Values},
    schedule::Schedule,
};
use crate::web::{
    Desk,
    form::Form,
    shell::{
        Shell,
        field::{FieldErrors, wrong},
    },
};

/// One parameter as a field.
#[derive(Clone, Debug)]
pub(crate) struct ParamField {
    pub name: String,
    pub title: String,
    /// As typed.
    pub value: String,
    /// The type of its input.
    pub input: &'static str,
    /// What may be chosen, where it is chosen and not typed.
    pub choices: Vec<String>,
    pub kind: ParameterKind,
    pub pattern: Option<String>,
    /// What may be typed, in the words of its definition.
    pub hint: Option<String>,
    pub is_wrong: bool,
    /// What the run had that is run again.
    pub was: Option<String>,
}

/// `param-date`
pub(crate) fn field_name(parameter: &str) -> String {
    format!("param-{parameter}")
}

/// The names of the fields that a form about this definition may have.
pub(crate) fn field_names(definition: &Definition) -> Vec<String> {
    definition.parameters.iter().map(|parameter| field_name(&parameter.name)).collect()
}

/// The values where nothing else is said, on the day it is where the job runs by its schedule, or where the reader is.
pub(super) fn defaults(desk: &Desk, definition: &Definition) -> Values {
    let zone = definition.schedule.as_ref().and_then(Schedule::zone).unwrap_or_else(|| desk.zone());
    definition.defaults(desk.now().utc().with_timezone(&zone).date_naive())
}

/// The fields with these values; `was` are those of the run that is run again.
pub(crate) fn fields(
    definition: &Definition,
    values: &Values,
    was: Option<&Values>,
    wrong: Option<&str>,
) -> Vec<ParamField> {
    let field = |parameter: &Parameter| {
        let value = values.get(&parameter.name).cloned().unwrap_or_default();
        ParamField {
            was: was.and_then(|was| was.get(&parameter.name)).cloned(),
            name: parameter.name.clone(),
            title: parameter.title.clone(),
            input: if parameter.kind == ParameterKind::Date { "date" } else { "text" },
            choices: match &parameter.kind {
                ParameterKind::Choice { choices } => choices.clone(),
                _ => Vec::new(),
            },
            kind: parameter.kind.clone(),
            pattern: parameter.pattern.clone(),
            hint: parameter.hint.clone(),
            is_wrong: wrong == Some(parameter.name.as_str()),
            value,
        }
    };
    definition.parameters.iter().map(field).collect()
}

/// What was typed, and the first parameter that cannot be taken so. A field that is not there means the default, as
/// where a newer definition is chosen that has more of them.
pub(crate) fn read(definition: &Definition, form: &Form, defaults: &Values) -> (Values, Option<String>) {
    let typed: Values = definition
        .parameters
        .iter()
        .map(|parameter| {
            let default = defaults.get(&parameter.name).map_or("", String::as_str);
            (parameter.name.clone(), form.or(&field_name(&parameter.name), default).trim().to_owned())
        })
        .collect();
    match definition.read(&typed) {
        Ok(values) => (values, None),
        Err(name) => (typed, Some(name)),
    }
}

/// What is said at the head of a form in which a parameter is wrong.
pub(super) fn errors() -> FieldErrors {
    FieldErrors::one("param", wrong::not_a_choice())
}

impl ParamField {
    pub(crate) fn id(&self) -> String {
        field_name(&self.name)
    }

    pub(crate) fn error(&self, shell: &Shell) -> Option<String> {
        self.is_wrong.then(|| match &self.kind {
            ParameterKind::Date => shell.t("param.not-a-date").to_owned(),
            ParameterKind::Integer { min, max } => {
                shell.with("param.not-a-number", &[("min", &shell.group(min)), ("max", &shell.group(max))])
            }
            ParameterKind::Choice { .. } => shell.t("field-error.not-a-choice").to_owned(),
            ParameterKind::Text => match (&self.hint, &self.pattern) {
                (Some(hint), _) => shell.with("param.not-hinted", &[("hint", hint)]),
                (None, Some(pattern)) => shell.with("param.not-matching", &[("pattern", pattern)]),
                (None, None) => shell.t("param.not-plain").to_owned(),
            },
        })
    }

    pub(crate) fn hint(&self, shell: &Shell) -> String {
        let was = self.was.as_ref().map(|was| shell.with("param.was", &[("was", was)]));
        self.hint.clone().into_iter().chain(was).collect::<Vec<_>>().join(" · ")
    }
}
