/// A part of the console that has its own entry in the navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    Home,
    Users,
    Orders,
    Batches,
    Approvals,
    Audit,
    Access,
    Networks,
    Staff,
}

impl Section {
    pub const ALL: [Self; 9] = [
        Self::Home,
        Self::Users,
        Self::Orders,
        Self::Batches,
        Self::Approvals,
        Self::Audit,
        Self::Access,
        Self::Staff,
        Self::Networks,
    ];

    /// The key of its name under `nav.`
    pub fn key(self) -> &'static str {
        match self {
            Self::Home => "home",
            Self::Users => "users",
            Self::Orders => "orders",
            Self::Batches => "batches",
            Self::Approvals => "approvals",
            Self::Audit => "audit",
            Self::Access => "access",
            Self::Staff => "staff",
            Self::Networks => "networks",
        }
    }

    pub fn href(self) -> &'static str {
        match self {
            Self::Home => "/",
            Self::Users => "/users",
            Self::Orders => "/orders",
            Self::Batches => "/batches",
            Self::Approvals => "/approvals",
            Self::Audit => "/audit",
            Self::Access => "/access-records",
            Self::Staff => "/staff",
            Self::Networks => "/networks",
        }
    }

    pub fn icon(self) -> &'static str {
        match self {
            Self::Access => "eye",
            Self::Orders => "order",
            Self::Batches => "batch",
            Self::Approvals => "approve",
            Self::Networks => "shield",
            _ => self.key(),
        }
    }

    /// The letter after `g` that goes there.
    pub fn letter(self) -> &'static str {
        match self {
            Self::Home => "h",
            Self::Users => "u",
            Self::Orders => "o",
            Self::Batches => "b",
            Self::Approvals => "p",
            Self::Audit => "a",
            Self::Access => "r",
            Self::Staff => "t",
            Self::Networks => "n",
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub struct NavItem {
    pub section: Section,
    /// How many things wait there for this person.
    pub waiting: Option<i64>,
}

impl From<Section> for NavItem {
    fn from(section: Section) -> Self {
        Self { section, waiting: None }
    }
}
