use crate::id::StaffId;
use serde::{Deserialize, Serialize};
use std::{fmt, net::IpAddr, str::FromStr};

/// What a person may be. A person may hold several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    Operator,
    Oncall,
    Auditor,
    Approver,
    Owner,
}

impl Role {
    pub const ALL: [Self; 5] = [Self::Operator, Self::Oncall, Self::Auditor, Self::Approver, Self::Owner];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Oncall => "oncall",
            Self::Auditor => "auditor",
            Self::Approver => "approver",
            Self::Owner => "owner",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or_else(|| {
            let all: Vec<_> = Self::ALL.iter().map(|role| role.as_str()).collect();
            format!("{text:?} is not a role; the roles are {}", all.join(", "))
        })
    }
}

/// The roles of one person, in order and each once: `auditor operator` at rest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roles(Vec<Role>);

impl Roles {
    pub fn new(roles: impl IntoIterator<Item = Role>) -> Self {
        let mut roles: Vec<_> = roles.into_iter().collect();
        roles.sort();
        roles.dedup();
        Self(roles)
    }

    /// Reads what [`fmt::Display`] writes. Words that are no role give no right, so they are dropped.
    pub fn parse(text: &str) -> Self {
        Self::new(text.split(' ').filter_map(|word| word.parse().ok()))
    }

    pub fn any_of(&self, wanted: &[Role]) -> bool {
        self.0.iter().any(|role| wanted.contains(role))
    }

    pub fn iter(&self) -> impl Iterator<Item = Role> + '_ {
        self.0.iter().copied()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether they put two duties in one hand that check each other: asking for a change and approving it, or checking the
    /// log and being in it.
    pub fn mix_duties(&self) -> bool {
        let holds = |role| self.0.contains(&role);
        (holds(Role::Approver) && (holds(Role::Operator) || holds(Role::Oncall)))
            || (holds(Role::Auditor) && self.0.len() > 1)
    }
}

impl fmt::Display for Roles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<_> = self.0.iter().map(|role| role.as_str()).collect();
        f.write_str(&words.join(" "))
    }
}

/// Who is asking for a change, and from where.
#[derive(Clone, Debug)]
pub struct Actor {
    pub who: Who,
    pub origin: Origin,
}

/// What the log calls the console itself, as an actor and by name.
pub const SYSTEM: &str = "system";

#[derive(Clone, Debug)]
pub enum Who {
    /// A person with a session, be it half way through signing in.
    Staff { id: StaffId, name: String, email: String, roles: Roles },
    /// A person who is not signed in.
    Visitor,
    /// The command line on the host: the way back in when everybody is locked out.
    Console { host: String, user: HostUser },
    /// The console itself, where an outcome of background work matters.
    System,
}

/// Who runs a command on the host, as far as the host knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostUser {
    /// The number and the name of the user that the process runs as; none for actors that are no command of a person.
    pub uid: Option<u32>,
    pub name: String,
    /// The user who signed in on the host, by the kernel, which keeps it through `sudo`; none where the host does not keep it.
    pub login_uid: Option<u32>,
    /// `SUDO_USER`: a claim of the environment, true where the command was run through sudo, and forged by all who like to.
    pub sudo_user: String,
}

impl HostUser {
    /// What the log calls the person; a user without a name, as in containers, by number.
    fn called(&self) -> Option<String> {
        let named = [&self.sudo_user, &self.name].into_iter().find(|name| !name.is_empty()).cloned();
        named.or_else(|| self.uid.map(|uid| format!("uid {uid}")))
    }

    /// What a row of the log holds of them, by field.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&'static str, String)> {
        let number = |number: Option<u32>| number.map(|n| n.to_string()).unwrap_or_default();
        let all = [
            ("host_uid", number(self.uid)),
            ("host_user", self.name.clone()),
            ("host_login_uid", number(self.login_uid)),
            ("host_sudo_user", self.sudo_user.clone()),
        ];
        all.into_iter().filter(|(_, value)| !value.is_empty())
    }
}

/// Where a request came from.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The client, as the trusted proxies report it.
    pub ip: Option<IpAddr>,
    /// The other end of the TCP connection.
    pub peer: Option<IpAddr>,
    pub user_agent: String,
    /// The hash of the session's token; the token itself is nowhere but in the cookie.
    pub session: Option<String>,
    pub request_id: String,
}

impl Actor {
    /// What is done on the host without a command of a person, such as founding a demo.
    pub fn console(host: String, request_id: String) -> Self {
        Self::host(host, HostUser::default(), request_id)
    }

    /// A command that `user` runs on `host`.
    pub fn host(host: String, user: HostUser, request_id: String) -> Self {
        Self { who: Who::Console { host, user }, origin: Origin::inside(request_id) }
    }

    pub fn system(request_id: String) -> Self {
        Self { who: Who::System, origin: Origin::inside(request_id) }
    }

    /// The staff member, where there is one.
    pub fn staff_id(&self) -> Option<StaffId> {
        match self.who {
            Who::Staff { id, .. } => Some(id),
            _ => None,
        }
    }
}

impl Origin {
    fn inside(request_id: String) -> Self {
        Self { ip: None, peer: None, user_agent: String::new(), session: None, request_id }
    }

    /// The client and the peer as a row holds them; empty for none.
    pub(super) fn addresses(&self) -> (String, String) {
        let text = |ip: Option<IpAddr>| ip.map(|ip| ip.to_string()).unwrap_or_default();
        (text(self.ip), text(self.peer))
    }

    /// The beginning of the session's hash: enough to tell sessions apart, too little to look one up by.
    pub(super) fn session_prefix(&self) -> &str {
        self.session.as_deref().and_then(|id| id.get(..16)).unwrap_or_default()
    }
}

impl Who {
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Staff { .. } => "staff",
            Self::Visitor => "visitor",
            Self::Console { .. } => "console",
            Self::System => SYSTEM,
        }
    }

    /// The name in the log.
    pub fn name(&self) -> String {
        match self {
            Self::Staff { name, .. } => name.clone(),
            Self::Visitor => String::new(),
            Self::Console { host, user } => match user.called() {
                Some(name) => format!("console@{host} ({name})"),
                None => format!("console@{host}"),
            },
            Self::System => SYSTEM.to_owned(),
        }
    }
}
