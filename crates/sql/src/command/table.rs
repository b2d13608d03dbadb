//! Files and folders as tables.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use datafusion::prelude::{CsvReadOptions, ParquetReadOptions, SessionContext};
use url::Url;

use super::error::CliError;

/// The kinds of files that tables are made of.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Parquet,
    Csv,
}

/// Registers a file, or a folder of files of one kind, as a table.
pub(crate) async fn register(
    ctx: &SessionContext,
    name: &str,
    path: &Path,
) -> Result<(), CliError> {
    let refused = |reason: String| CliError::Input {
        path: path.to_owned(),
        reason,
    };
    let whole = path
        .canonicalize()
        .map_err(|e| refused(format!("cannot read: {e}")))?;
    let kind = if whole.is_dir() {
        kind_of_folder(&whole).map_err(refused)?
    } else {
        Kind::of(&whole).ok_or_else(|| refused(EXPECTED.to_owned()))?
    };
    let url = if whole.is_dir() {
        Url::from_directory_path(&whole)
    } else {
        Url::from_file_path(&whole)
    };
    let url = url.map_err(|()| refused("the path is no absolute path".to_owned()))?;
    let registered = match kind {
        Kind::Parquet => {
            let options = ParquetReadOptions::default();
            ctx.register_parquet(name, url.as_str(), options).await
        }
        Kind::Csv => {
            ctx.register_csv(name, url.as_str(), CsvReadOptions::new())
                .await
        }
    };
    registered.map_err(|error| refused(error.strip_backtrace()))
}

const EXPECTED: &str = "expected a name that ends in .parquet or .csv, or a folder of such files";

impl Kind {
    fn of(path: &Path) -> Option<Self> {
        match path.extension().and_then(OsStr::to_str) {
            Some("parquet") => Some(Self::Parquet),
            Some("csv") => Some(Self::Csv),
            _ => None,
        }
    }
}

/// The one kind of the files in a folder. Files of other kinds are left alone, as are folders within.
fn kind_of_folder(folder: &Path) -> Result<Kind, String> {
    let entries = fs::read_dir(folder).map_err(|e| format!("cannot read: {e}"))?;
    let mut kinds = Vec::new();
    for entry in entries {
        let path: PathBuf = entry.map_err(|e| format!("cannot read: {e}"))?.path();
        kinds.extend(Kind::of(&path).filter(|_| path.is_file()));
    }
    match kinds.first() {
        Some(first) if kinds.iter().all(|kind| kind == first) => Ok(*first),
        Some(_) => {
            Err("holds both .parquet and .csv files: give each kind a folder of its own".to_owned())
        }
        None => Err("holds no .parquet or .csv file".to_owned()),
    }
}
