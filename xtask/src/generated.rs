//! Files that the code writes and nobody edits: written, or compared with what
//! is stored.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Generated texts by their path below the workspace's folder.
#[derive(Debug, Default)]
pub(crate) struct Generated {
    files: BTreeMap<PathBuf, String>,
    /// Folders in which nothing else may lie.
    folders: Vec<PathBuf>,
}

impl Generated {
    /// Adds a file.
    pub(crate) fn file(&mut self, path: impl Into<PathBuf>, text: String) {
        self.files.insert(path.into(), text);
    }

    /// Says that all files of a folder are generated, so that one which is not
    /// is left over from a time when it was.
    pub(crate) fn whole_folder(&mut self, folder: impl Into<PathBuf>) {
        self.folders.push(folder.into());
    }

    /// Writes every file below `root`, and removes what is left over; what went
    /// wrong.
    pub(crate) fn write(&self, root: &Path) -> Vec<String> {
        let mut problems = Vec::new();
        let mut note = |path: &Path, outcome: std::io::Result<()>| {
            if let Err(error) = outcome {
                problems.push(format!("{}: {error}", path.display()));
            }
        };
        for path in self.left_over(root) {
            note(&path, fs::remove_file(root.join(&path)));
        }
        for (path, text) in &self.files {
            let whole = root.join(path);
            let folder = whole.parent().map_or(Ok(()), fs::create_dir_all);
            note(path, folder.and_then(|()| fs::write(&whole, text)));
        }
        problems
    }

    /// Compares every file below `root` with what it should be; `command` is
    /// what writes them.
    pub(crate) fn check(&self, root: &Path, command: &str) -> Vec<String> {
        let differs = |(path, text): (&PathBuf, &String)| {
            let what = match fs::read(root.join(path)) {
                Ok(stored) if stored == text.as_bytes() => return None,
                Ok(_) => "is not what the code gives".to_owned(),
                Err(error) if error.kind() == ErrorKind::NotFound => "is missing".to_owned(),
                Err(error) => format!("cannot be read: {error}"),
            };
            Some(format!("{} {what}; run {command}", path.display()))
        };
        let left_over = self.left_over(root).into_iter().map(|path| {
            let path = path.display();
            format!("{path} belongs to nothing any more; run {command}")
        });
        let changed = self.files.iter().filter_map(differs);
        changed.chain(left_over).collect()
    }

    /// Files in the generated folders that are not generated.
    fn left_over(&self, root: &Path) -> Vec<PathBuf> {
        let names = |folder: &PathBuf| {
            let entries = fs::read_dir(root.join(folder)).into_iter().flatten();
            let names = entries.flatten().map(|entry| entry.file_name());
            names.map(|name| folder.join(name)).collect::<Vec<_>>()
        };
        let found = self.folders.iter().flat_map(names);
        found
            .filter(|path| !self.files.contains_key(path))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_to_drift_is_found_and_mended() {
        let root = tempfile::tempdir().unwrap();
        let mut generated = Generated::default();
        generated.whole_folder("ops");
        generated.file("ops/a.md", "a".into());
        generated.file("ops/b.md", "b".into());
        assert_eq!(generated.write(root.path()), [""; 0]);
        let check = || generated.check(root.path(), "cargo xtask docs");
        assert_eq!(check(), [""; 0]);

        fs::remove_file(root.path().join("ops/a.md")).unwrap();
        fs::write(root.path().join("ops/b.md"), "edited").unwrap();
        fs::write(root.path().join("ops/c.md"), "c").unwrap();
        let found = check();
        let says = ["a.md is missing", "b.md is not what", "c.md belongs to no"];
        assert_eq!(found.len(), says.len(), "{found:?}");
        for (problem, expected) in found.iter().zip(says) {
            assert!(problem.contains(expected), "{problem}");
        }

        assert_eq!(generated.write(root.path()), [""; 0]);
        assert_eq!(check(), [""; 0]);
    }
}
