//! Finding the installed PostgreSQL programs. What is done with them does not
//! belong here.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::error::ClusterError;

/// The oldest major version that works: the schema and the settings need no
/// newer one, and older ones have had no security fixes for years.
pub(super) const MINIMUM: u32 = 13;

/// Directories that hold one directory per version (with the programs in its `bin`),
/// and how the names of those begin.
const PER_VERSION: &[(&str, &str)] = &[
    // Debian, Ubuntu
    ("/usr/lib/postgresql", ""),
    // Fedora and RHEL, from postgresql.org; their own are in /usr/bin
    ("/usr", "pgsql-"),
    // Homebrew: Apple silicon, Intel, Linux
    ("/opt/homebrew/opt", "postgresql"),
    ("/usr/local/opt", "postgresql"),
    ("/home/linuxbrew/.linuxbrew/opt", "postgresql"),
    // Postgres.app
    ("/Applications/Postgres.app/Contents/Versions", ""),
];

/// One installed PostgreSQL: the directory with its `postgres` and `initdb`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Programs {
    bindir: PathBuf,
    major: u32,
}

impl Programs {
    /// The preferred installed PostgreSQL: first by `PATH`, then by
    /// `pg_config --bindir`, then in the usual places of Debian, Fedora,
    /// Homebrew and Postgres.app, there the newest first.
    ///
    /// # Errors
    /// [`ClusterError::NoPrograms`] or [`ClusterError::ProgramsTooOld`].
    pub fn find() -> Result<Self, ClusterError> {
        preferred(&installed())
    }

    /// The directory that holds `postgres` and `initdb`, without symlinks.
    #[must_use]
    pub fn bindir(&self) -> &Path {
        &self.bindir
    }

    /// The major version, as in `PG_VERSION`.
    #[must_use]
    pub fn major(&self) -> u32 {
        self.major
    }

    pub(super) fn postgres(&self) -> PathBuf {
        self.bindir.join("postgres")
    }

    pub(super) fn initdb(&self) -> PathBuf {
        self.bindir.join("initdb")
    }

    /// Looks into one directory; `None` when it holds no usable programs.
    fn inspect(dir: &Path) -> Option<Self> {
        // Debian links single programs into a directory of PATH: the others
        // are next to the real file.
        let postgres = dir.join("postgres").canonicalize().ok()?;
        let bindir = postgres.parent()?.to_owned();
        if !bindir.join("initdb").is_file() {
            return None;
        }
        let output = Command::new(&postgres).arg("--version").output().ok()?;
        let major = parse_version(&String::from_utf8_lossy(&output.stdout))?;
        Some(Self { bindir, major })
    }
}

/// All installed PostgreSQL versions, the preferred ones first.
pub(super) fn installed() -> Vec<Programs> {
    among(candidates())
}

/// The first of `found` that is new enough.
pub(super) fn preferred(found: &[Programs]) -> Result<Programs, ClusterError> {
    if let Some(programs) = found.iter().find(|programs| programs.major >= MINIMUM) {
        return Ok(programs.clone());
    }
    Err(match found.iter().map(Programs::major).max() {
        Some(newest) => ClusterError::ProgramsTooOld { newest },
        None => ClusterError::NoPrograms,
    })
}

/// The first of `found` with the major version that made `cluster`.
pub(super) fn of_major(
    found: &[Programs],
    made_by: u32,
    cluster: &Path,
) -> Result<Programs, ClusterError> {
    if found.is_empty() {
        return Err(ClusterError::NoPrograms);
    }
    found
        .iter()
        .find(|programs| programs.major == made_by && made_by >= MINIMUM)
        .cloned()
        .ok_or_else(|| {
            let mut installed: Vec<u32> = found.iter().map(Programs::major).collect();
            installed.dedup();
            ClusterError::OtherMajor {
                cluster: cluster.to_owned(),
                made_by,
                installed,
            }
        })
}

fn among(candidates: impl IntoIterator<Item = PathBuf>) -> Vec<Programs> {
    let mut seen = HashSet::new();
    candidates
        .into_iter()
        .filter_map(|dir| Programs::inspect(&dir))
        .filter(|programs| seen.insert(programs.bindir.clone()))
        .collect()
}

fn candidates() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut dirs: Vec<PathBuf> = std::env::split_paths(&path)
        .filter(|dir| dir.is_absolute())
        .collect();
    if let Ok(output) = Command::new("pg_config").arg("--bindir").output() {
        let bindir = String::from_utf8_lossy(&output.stdout);
        dirs.push(PathBuf::from(bindir.trim()));
    }
    dirs.push(PathBuf::from("/usr/bin"));
    for (parent, prefix) in PER_VERSION {
        dirs.extend(
            versions(Path::new(parent), prefix)
                .into_iter()
                .map(|dir| dir.join("bin")),
        );
    }
    dirs
}

/// The directories `parent/prefix*`, those named by the highest number first.
fn versions(parent: &Path, prefix: &str) -> Vec<PathBuf> {
    let Ok(entries) = parent.read_dir() else {
        return Vec::new();
    };
    let mut found: Vec<(u32, PathBuf)> = entries
        .filter_map(|entry| {
            let name = entry.ok()?.file_name();
            let rest = name.to_str()?.strip_prefix(prefix)?;
            Some((number_in(rest), parent.join(OsStr::new(&name))))
        })
        .collect();
    found.sort_by(|a, b| b.cmp(a));
    found.into_iter().map(|(_, dir)| dir).collect()
}

/// The first number in `text`: 16 of `@16`, 15 of `15.3`, 0 of `latest`.
fn number_in(text: &str) -> u32 {
    let digits = text.trim_start_matches(|c: char| !c.is_ascii_digit());
    let end = digits
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(digits.len());
    digits[..end].parse().unwrap_or(0)
}

/// The major version in `postgres (PostgreSQL) 15.18 (Debian …)`.
fn parse_version(line: &str) -> Option<u32> {
    let (_, version) = line.split_once("(PostgreSQL)")?;
    Some(number_in(version)).filter(|major| *major > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn program(path: &Path, text: &str) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, format!("#!/bin/sh\necho '{text}'\n")).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn install(bindir: &Path, version: &str) {
        program(
            &bindir.join("postgres"),
            &format!("postgres (PostgreSQL) {version}"),
        );
        program(&bindir.join("initdb"), "");
    }

    fn fake(major: u32) -> Programs {
        Programs {
            bindir: PathBuf::from(format!("/pg/{major}/bin")),
            major,
        }
    }

    #[test]
    fn versions_are_read_from_every_form_postgres_prints() {
        for (line, major) in [
            (
                "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n",
                Some(15),
            ),
            ("postgres (PostgreSQL) 9.6.24", Some(9)),
            ("postgres (PostgreSQL) 18beta1", Some(18)),
            ("postgres (PostgreSQL) 19devel", Some(19)),
            ("command not found", None),
            ("postgres (PostgreSQL)", None),
        ] {
            assert_eq!(parse_version(line), major, "{line}");
        }
    }

    #[test]
    fn programs_are_found_behind_symlinks_once_and_in_order() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        install(&root.join("lib/14/bin"), "14.2");
        install(&root.join("lib/9.6/bin"), "9.6.1");
        install(&root.join("lib/16/bin"), "16.1");
        program(&root.join("client/psql"), "psql");
        program(&root.join("half/postgres"), "postgres (PostgreSQL) 17.0");
        fs::create_dir(root.join("links")).unwrap();
        symlink(
            root.join("lib/14/bin/postgres"),
            root.join("links/postgres"),
        )
        .unwrap();

        let mut dirs = vec![root.join("client"), root.join("half"), root.join("links")];
        dirs.extend(
            versions(&root.join("lib"), "")
                .into_iter()
                .map(|dir| dir.join("bin")),
        );
        let found = among(dirs);

        assert_eq!(
            found.iter().map(Programs::major).collect::<Vec<_>>(),
            [14, 16, 9]
        );
        assert_eq!(found[0].bindir(), root.join("lib/14/bin"));
    }

    #[test]
    fn homebrew_names_are_ordered_by_their_number() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["postgresql@9.6", "postgresql", "postgresql@16", "redis"] {
            fs::create_dir(dir.path().join(name)).unwrap();
        }
        let names: Vec<_> = versions(dir.path(), "postgresql")
            .iter()
            .map(|dir| dir.file_name().unwrap().to_str().unwrap().to_owned())
            .collect();
        assert_eq!(names, ["postgresql@16", "postgresql@9.6", "postgresql"]);
    }

    #[test]
    fn the_first_that_is_new_enough_is_preferred() {
        assert_eq!(
            preferred(&[fake(12), fake(15), fake(17)]).unwrap().major(),
            15
        );
        assert!(matches!(
            preferred(&[fake(11), fake(12)]),
            Err(ClusterError::ProgramsTooOld { newest: 12 })
        ));
        let message = preferred(&[]).unwrap_err().to_string();
        for word in [
            "apt-get install postgresql",
            "dnf install",
            "brew install",
            "DATABASE_URL",
        ] {
            assert!(message.contains(word), "{message}");
        }
    }

    #[test]
    fn an_existing_cluster_gets_its_own_major_or_a_refusal() {
        let cluster = Path::new("/data/postgres/data");
        assert_eq!(
            of_major(&[fake(17), fake(15)], 15, cluster)
                .unwrap()
                .major(),
            15
        );

        let newer = of_major(&[fake(15)], 16, cluster).unwrap_err().to_string();
        assert!(newer.contains("made by PostgreSQL 16"), "{newer}");
        assert!(
            newer.contains("postgresql-16") && newer.contains("installed: 15"),
            "{newer}"
        );

        // Installing version 12 would not help: the advice must not say so.
        let ancient = of_major(&[fake(15), fake(12)], 12, cluster)
            .unwrap_err()
            .to_string();
        assert!(
            ancient.contains("pg_dump") && !ancient.contains("postgresql-12"),
            "{ancient}"
        );
    }
}
