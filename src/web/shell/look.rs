/// What happened just before, told at the top of the next page.
#[derive(Clone, Debug)]
pub struct Flash {
    pub tone: Tone,
    pub title: String,
    pub body: Option<String>,
}

/// How serious something is: a colour, and never the colour alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Ok,
    Warn,
    Bad,
    Info,
    Mute,
}

impl Tone {
    /// As in `data-tone=`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Bad => "bad",
            Self::Info => "info",
            Self::Mute => "mute",
        }
    }

    pub fn icon(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "alert",
            Self::Bad => "fail",
            Self::Info | Self::Mute => "info",
        }
    }
}

/// Light or dark; by default what the person's own system prefers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    #[default]
    System,
    Light,
    Dark,
}

impl Theme {
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// As posted, as stored, and as in `data-theme=`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    pub fn icon(self) -> &'static str {
        match self {
            Self::System => "auto",
            Self::Light => "sun",
            Self::Dark => "moon",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.as_str() == text)
    }
}
