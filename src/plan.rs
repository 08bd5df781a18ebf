//! How access records are reviewed, as the internal management plan of the business says.

use serde::{Deserialize, Serialize};

/// The plan. A signed report holds the one that it was made by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewPlan {
    /// For how long access records are kept at least: one year, or two with 50,000 persons and more, or with sensitive data.
    pub access_years: i64,
    pub every: Every,
    /// How it is reviewed, in a sentence; where it is empty, the pages say what this console shows.
    pub method: String,
    /// Who processes the data.
    pub processor: String,
    /// The name of the system that processes it.
    pub system: String,
    /// A report is due within this number of days after its period.
    pub within_days: i64,
    /// When work begins and ends on Monday to Friday, in minutes after midnight. What is done outside is counted.
    pub work_from: i64,
    pub work_until: i64,
}

/// How long a period is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Every {
    Month,
    Quarter,
}

impl Every {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Month => "month",
            Self::Quarter => "quarter",
        }
    }
}

impl Default for ReviewPlan {
    fn default() -> Self {
        Self {
            access_years: 2,
            every: Every::Month,
            method: String::new(),
            processor: String::new(),
            system: "Ingam".to_owned(),
            within_days: 10,
            work_from: 9 * 60,
            work_until: 18 * 60,
        }
    }
}

/// `09:30`
pub fn clock(minutes: i64) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}
