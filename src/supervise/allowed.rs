//! Which programs jobs may run: decided where the console is installed, never on a page.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// The programs that may run. The default allows none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allowed(Vec<Entry>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Entry {
    /// This one.
    Program(PathBuf),
    /// All that lie directly in this directory.
    Directory(PathBuf),
}

/// An entry of the list that names no place.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not an absolute path: the list names programs, and directories that end in `/`, with `:` between them"
)]
pub struct BadEntry(String);

/// Why a program may not run.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    #[error("{0:?} is not an absolute path; name the program by its whole path")]
    NotAbsolute(String),
    #[error("{program} cannot be found: {error}")]
    NotFound { program: String, error: io::Error },
    #[error("{program} ({}) is not among the programs that jobs may run in this environment", real.display())]
    NotListed { program: String, real: PathBuf },
}

impl Allowed {
    /// Parses a list such as `/usr/bin/true:/opt/jobs/`. An entry that ends in `/` allows everything directly below that
    /// directory, and nothing below its subdirectories. Empty text allows nothing.
    pub fn parse(list: &str) -> Result<Self, BadEntry> {
        if list.is_empty() {
            return Ok(Self::default());
        }
        list.split(':').map(Entry::parse).collect::<Result<_, _>>().map(Self)
    }

    /// Where `program` really lies, with every symlink resolved, if it may run.
    ///
    /// What is returned is what must be executed: a link could point elsewhere by then.
    pub fn find(&self, program: &str) -> Result<PathBuf, Refused> {
        if !Path::new(program).is_absolute() {
            return Err(Refused::NotAbsolute(program.to_owned()));
        }
        let real =
            fs::canonicalize(program).map_err(|error| Refused::NotFound { program: program.to_owned(), error })?;
        if self.0.iter().any(|entry| entry.allows(&real)) {
            Ok(real)
        } else {
            Err(Refused::NotListed { program: program.to_owned(), real })
        }
    }
}

impl Entry {
    fn parse(text: &str) -> Result<Self, BadEntry> {
        let path = PathBuf::from(text);
        if !path.is_absolute() {
            return Err(BadEntry(text.to_owned()));
        }
        Ok(if text.ends_with('/') { Self::Directory(path) } else { Self::Program(path) })
    }

    /// The entry is resolved as well, and each time: `/bin` is a link on most systems, and a release of jobs is often
    /// switched by one. A link *inside* an allowed directory leads to where it points, which must be allowed itself.
    fn allows(&self, real: &Path) -> bool {
        match self {
            Self::Program(program) => fs::canonicalize(program).is_ok_and(|program| program == real),
            Self::Directory(directory) => {
                fs::canonicalize(directory).is_ok_and(|directory| real.parent() == Some(&directory))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    /// A directory with `jobs/tidy`, `jobs/deep/tidy` and `other/tidy`.
    fn place() -> (tempfile::TempDir, impl Fn(&str) -> String) {
        let place = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(place.path()).unwrap();
        for directory in ["jobs", "jobs/deep", "other"] {
            fs::create_dir_all(root.join(directory)).unwrap();
            fs::write(root.join(directory).join("tidy"), "").unwrap();
        }
        (place, move |path| format!("{}/{path}", root.display()))
    }

    #[test]
    fn an_empty_list_allows_nothing() {
        for allowed in [Allowed::default(), Allowed::parse("").unwrap()] {
            let refused = allowed.find("/usr/bin/env").unwrap_err();
            assert!(matches!(refused, Refused::NotListed { .. }), "{refused}");
        }
    }

    #[test]
    fn a_list_names_absolute_paths_only() {
        for list in ["jobs/", "/usr/bin/true:", ":/usr/bin/true", "/opt/jobs/::/usr/bin/true", " /opt/jobs/", "."] {
            assert!(Allowed::parse(list).is_err(), "{list}");
        }
    }

    #[test]
    fn a_directory_allows_what_lies_directly_in_it() {
        let (_place, at) = place();
        let allowed = Allowed::parse(&format!("/nowhere/:{}", at("jobs/"))).unwrap();
        assert_eq!(allowed.find(&at("jobs/tidy")).unwrap(), PathBuf::from(at("jobs/tidy")));
        assert!(allowed.find(&at("jobs/deep/tidy")).is_err());
        assert!(allowed.find(&at("other/tidy")).is_err());
        assert!(allowed.find(&at("jobs/../other/tidy")).is_err());
        assert!(allowed.find(&at("other/../jobs/tidy")).is_ok());
    }

    #[test]
    fn a_program_is_allowed_by_itself_and_not_with_its_directory() {
        let (_place, at) = place();
        let allowed = Allowed::parse(&at("jobs/tidy")).unwrap();
        assert!(allowed.find(&at("jobs/tidy")).is_ok());
        // Without the `/` at its end, a directory is taken for a program.
        assert!(Allowed::parse(&at("jobs")).unwrap().find(&at("jobs/tidy")).is_err());
    }

    #[test]
    fn a_link_is_followed_before_it_is_compared() {
        let (_place, at) = place();
        symlink(at("other/tidy"), at("jobs/out")).unwrap();
        symlink(at("jobs/tidy"), at("other/in")).unwrap();
        symlink(at("jobs"), at("current")).unwrap();
        let allowed = Allowed::parse(&at("jobs/")).unwrap();
        let refused = allowed.find(&at("jobs/out")).unwrap_err().to_string();
        assert!(refused.contains(&at("other/tidy")), "{refused}");
        assert_eq!(allowed.find(&at("other/in")).unwrap(), PathBuf::from(at("jobs/tidy")));
        // An entry may be a link itself.
        assert!(Allowed::parse(&at("current/")).unwrap().find(&at("jobs/tidy")).is_ok());
        assert!(Allowed::parse(&at("other/in")).unwrap().find(&at("jobs/tidy")).is_ok());
    }

    #[test]
    fn a_refusal_says_why() {
        let allowed = Allowed::parse("/usr/bin/").unwrap();
        assert!(matches!(allowed.find("env").unwrap_err(), Refused::NotAbsolute(_)));
        assert!(matches!(allowed.find("").unwrap_err(), Refused::NotAbsolute(_)));
        assert!(matches!(allowed.find("/usr/bin/no-such-job").unwrap_err(), Refused::NotFound { .. }));
        assert!(allowed.find("/usr/bin/\0").is_err());
    }
}
