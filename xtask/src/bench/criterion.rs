//! Criterion's results, read from the files that it leaves.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::record::{Row, rounded};

#[derive(Deserialize)]
struct Benchmark {
    group_id: String,
    function_id: Option<String>,
    value_str: Option<String>,
}

#[derive(Deserialize)]
struct Estimates {
    median: Estimate,
}

#[derive(Deserialize)]
struct Estimate {
    point_estimate: f64,
    confidence_interval: Interval,
}

#[derive(Deserialize)]
struct Interval {
    lower_bound: f64,
    upper_bound: f64,
}

/// All results below criterion's folder, sorted.
///
/// # Errors
/// If there are none, or a file is not what criterion writes.
pub(crate) fn read(folder: &Path) -> Result<Vec<Row>, String> {
    let mut rows = Vec::new();
    for found in results(folder) {
        rows.push(row(&found)?);
    }
    if rows.is_empty() {
        let folder = folder.display();
        return Err(format!(
            "{folder}: no results of criterion; did the benchmarks run?"
        ));
    }
    rows.sort_by(|a, b| (&a.group, &a.what, a.count).cmp(&(&b.group, &b.what, b.count)));
    Ok(rows)
}

/// The folders of the newest results.
fn results(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let folders = entries
        .map(|entry| entry.path())
        .filter(|path| path.is_dir());
    folders
        .flat_map(|path| {
            if path.ends_with("new") {
                vec![path]
            } else {
                results(&path)
            }
        })
        .collect()
}

fn row(folder: &Path) -> Result<Row, String> {
    let benchmark: Benchmark = file(&folder.join("benchmark.json"))?;
    let Estimates { median } = file(&folder.join("estimates.json"))?;
    let value = benchmark.value_str.unwrap_or_default();
    let count = value.parse().map_err(|_| {
        let folder = folder.display();
        format!("{folder}: expected a number of elements, found {value:?}")
    })?;
    Ok(Row {
        group: benchmark.group_id,
        what: benchmark.function_id.unwrap_or_default(),
        count,
        median: rounded(median.point_estimate),
        low: rounded(median.confidence_interval.lower_bound),
        high: rounded(median.confidence_interval.upper_bound),
    })
}

fn file<T: DeserializeOwned>(path: &Path) -> Result<T, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    serde_json::from_str(&text)
        .map_err(|error| format!("{}: not what criterion writes: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Leaves a result as criterion does.
    fn leave(folder: &Path, what: &str, count: &str, median: f64) {
        let folder = folder.join("group").join(what).join(count).join("new");
        fs::create_dir_all(&folder).unwrap();
        let benchmark = serde_json::json!({
            "group_id": "group", "function_id": what, "value_str": count, "throughput": null,
        });
        let interval =
            serde_json::json!({"lower_bound": median - 1.0, "upper_bound": median + 1.0});
        let estimate =
            serde_json::json!({"point_estimate": median, "confidence_interval": interval});
        let estimates = serde_json::json!({"median": estimate, "mean": estimate, "slope": null});
        fs::write(folder.join("benchmark.json"), benchmark.to_string()).unwrap();
        fs::write(folder.join("estimates.json"), estimates.to_string()).unwrap();
    }

    #[test]
    fn results_are_read_in_order() {
        let folder = tempfile::tempdir().unwrap();
        leave(folder.path(), "f32 loss", "64", 100.0);
        leave(folder.path(), "f32 loss", "8", 20.0);
        leave(folder.path(), "f32 add", "8", 10.123456);
        fs::create_dir_all(folder.path().join("report")).unwrap();
        let rows = read(folder.path()).unwrap();
        let found: Vec<_> = rows.iter().map(|r| (&*r.what, r.count, r.median)).collect();
        let expected = [
            ("f32 add", 8, 10.12),
            ("f32 loss", 8, 20.0),
            ("f32 loss", 64, 100.0),
        ];
        assert_eq!(found, expected);
        assert_eq!((rows[1].low, rows[1].high), (19.0, 21.0));
        assert_eq!(rows[1].per_element(), 2.5);
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let message = || read(folder.path()).unwrap_err();
        assert!(message().contains("no results of criterion"));
        leave(folder.path(), "loss", "many", 1.0);
        assert!(message().contains("expected a number of elements, found \"many\""));
        let new = folder.path().join("group/loss/many/new");
        fs::write(new.join("estimates.json"), "{").unwrap();
        assert!(message().contains("estimates.json: not what criterion writes"));
        fs::remove_file(new.join("estimates.json")).unwrap();
        assert!(message().contains("estimates.json: "));
    }
}
