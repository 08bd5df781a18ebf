//! Where a job runs, and what follows from that. A new kind answers each question here.

/// Where a job runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// As a process of the console's own machine.
    Command,
    /// Elsewhere, asked to by a signed request.
    Http,
    /// Elsewhere, by itself.
    External,
}

impl Kind {
    pub const ALL: [Self; 3] = [Self::Command, Self::Http, Self::External];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::Http => "http",
            Self::External => "external",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// Whether the console starts its runs: by the schedule, by hand, and again after a failure. Of the others it expects
    /// to hear.
    pub const fn starts_here(self) -> bool {
        match self {
            Self::Command | Self::Http => true,
            Self::External => false,
        }
    }

    /// Whether its runs are processes of the console, which needs the program and sees it end.
    pub const fn is_a_process(self) -> bool {
        match self {
            Self::Command => true,
            Self::Http | Self::External => false,
        }
    }

    /// Whether others report how its runs go.
    pub const fn reports(self) -> bool {
        match self {
            Self::Command => false,
            Self::Http | Self::External => true,
        }
    }

    /// Whether its runs are started by a request that has to be signed.
    pub const fn is_triggered(self) -> bool {
        match self {
            Self::Http => true,
            Self::Command | Self::External => false,
        }
    }
}

impl TryFrom<String> for Kind {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("{text:?} is no kind of job"))
    }
}
