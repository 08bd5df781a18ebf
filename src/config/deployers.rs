//! Who may report deployments: `[[deployment]]`.

use super::{
    Check,
    channels::keys::{Keys, check_name},
};
use crate::{
    deployments::{Deployer, Deployers},
    profile::Profile,
    web::bearer::Token,
};
use serde::Deserialize;

/// `[[deployment]]` of the configuration file.
#[derive(Clone, Debug, Deserialize)]
pub struct DeployerConfig {
    service: String,
    #[serde(flatten)]
    keys: Keys,
}

impl DeployerConfig {
    /// Fills in what refers to the environment, or to a mounted file that `NAME_FILE` names.
    ///
    /// # Errors
    /// A variable is not set, or is set twice, or its file cannot be read.
    pub fn resolve(&mut self, env: impl Fn(&str) -> Option<String>) -> Result<(), String> {
        self.keys.resolve(env).map_err(|error| format!("deployment {:?}: {error}", self.service))
    }

    /// What it holds that is secret, for hiding it in the logs of runs.
    pub(super) fn secrets(&self) -> impl Iterator<Item = &str> {
        self.keys.secrets()
    }

    fn token(&self, profile: Profile) -> Result<(Token, &str), String> {
        check_name(&self.service).map_err(|why| why.replace("its name", "its service"))?;
        self.keys.only("a deployment", &["token"], "service")?;
        let text = self.keys.required_secret("token", profile)?;
        let token = Token::parse(text).map_err(|error| format!("its token {error}"))?;
        if text.bytes().any(|byte| b"+/=".contains(&byte)) {
            return Err("its token may not hold + / or =, for it can be a part of an address".to_owned());
        }
        Ok((token, text))
    }
}

/// Those who may report deployments, or what is wrong with them.
///
/// # Errors
/// The first thing that is wrong, in one line that names the service.
pub fn deployers(declared: &[DeployerConfig], profile: Profile) -> Result<Deployers, String> {
    let mut deployers: Vec<Deployer> = Vec::new();
    let mut texts: Vec<&str> = Vec::new();
    for one in declared {
        let service = one.service.as_str();
        if deployers.iter().any(|deployer| deployer.service == service) {
            return Err(format!("deployment {service:?} is declared twice"));
        }
        let (token, text) = one.token(profile).map_err(|error| format!("deployment {service:?}: {error}"))?;
        // The token alone says in an address which service it is.
        if texts.contains(&text) {
            return Err(format!("deployment {service:?}: another service has the same token"));
        }
        texts.push(text);
        deployers.push(Deployer { service: service.to_owned(), token });
    }
    Ok(Deployers::new(deployers))
}

impl Deployers {
    /// The lines of `ingam check`.
    pub(crate) fn check(&self) -> Vec<Check> {
        let said = |deployer: &Deployer| Ok(format!("/deployments takes those of {}", deployer.service));
        self.iter().map(|deployer| Check { name: "deployment", verdict: said(deployer) }).collect()
    }
}

#[cfg(test)]
#[path = "deployers/tests.rs"]
mod tests;
