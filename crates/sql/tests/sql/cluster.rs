//! A scheduler and two executors as processes of their own give the bits of one process.

use std::path::Path;
use std::thread;
use std::time::Duration;

use crate::process::{Process, Run, Running};
use crate::program::{ask, bits_of, preds};

/// A cluster on this machine.
struct Cluster {
    executors: Vec<Process>,
    scheduler: Process,
    address: String,
}

impl Cluster {
    fn start() -> Self {
        let scheduler = Process::start(&["scheduler", "--port", "0"]);
        let address = scheduler
            .greeting
            .rsplit(' ')
            .next()
            .expect("an address")
            .to_owned();
        let executor = |_| Process::start(&["executor", "--scheduler", &address, "--threads", "2"]);
        Self {
            executors: (0..2).map(executor).collect(),
            scheduler,
            address,
        }
    }

    fn ask(&self, table: &Path, sql: &str) -> Run {
        ask(table, sql, &["--cluster", &self.address])
    }
}

const QUERIES: [(&str, usize); 4] = [
    (
        "SELECT sum_weighted_cross_entropy_with_logits(labels, logits, 2.0), mean_weighted_cross_entropy_with_logits(labels, logits, 2.0), exact_mean(logits) FROM preds",
        0,
    ),
    (
        "SELECT CAST(logits AS INT) AS g, mean_weighted_cross_entropy_with_logits(labels, logits, 2.0), sum_sigmoid_cross_entropy_with_logits(labels, logits) FILTER (WHERE labels = 1) FROM preds GROUP BY g HAVING count(labels) FILTER (WHERE labels = 1) > 0 ORDER BY g",
        1,
    ),
    (
        "SELECT mean_sigmoid_cross_entropy_with_logits(labels, logits, abs(logits)), exact_sum(DISTINCT logits) FROM preds",
        0,
    ),
    (
        "SELECT nn_weighted_cross_entropy_with_logits(labels, logits, 2.0) AS loss FROM preds ORDER BY loss DESC LIMIT 100",
        0,
    ),
];

#[test]
fn a_cluster_gives_the_bits_of_one_process() {
    let folder = tempfile::tempdir().expect("a folder");
    let cluster = Cluster::start();
    let small = preds(folder.path(), "breast_cancer", Some(3));
    let answer = cluster.ask(&small, QUERIES[0].0);
    assert_eq!(
        bits_of(&answer.stdout, 0)[..2],
        [0x4244_c947, 0x3db1_12b2],
        "{answer:?}"
    );
    for files in [1, 7, 64] {
        let table = preds(folder.path(), "digits", Some(files));
        for (sql, keys) in QUERIES {
            let here = ask(&table, sql, &["--threads", "2"]);
            let there = cluster.ask(&table, sql);
            let expected = bits_of(&here.stdout, keys);
            assert!(!expected.is_empty(), "{here:?}");
            assert_eq!(
                there.stdout, here.stdout,
                "{sql} over {files} files: {there:?}"
            );
        }
    }
    let wrong = cluster.ask(&small, "SELECT exact_sum(logit) FROM preds");
    assert_eq!(wrong.code, Some(4), "{wrong:?}");
}

#[test]
fn an_executor_that_dies_costs_time_but_no_bit() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut cluster = Cluster::start();
    let table = preds(folder.path(), "digits", Some(7));
    let sql = "SELECT mean_weighted_cross_entropy_with_logits(a.labels, b.logits, 2.0) FROM preds a, preds b";
    let named = format!("preds={}", table.display());
    let mut query = Running::start(&[
        sql,
        "--table",
        &named,
        "--format",
        "csv",
        "--cluster",
        &cluster.address,
    ]);
    thread::sleep(Duration::from_millis(500));
    assert!(query.goes_on(), "the query is too short to be disturbed");
    cluster.executors[0].kill();
    let disturbed = query.finish();
    if disturbed.code == Some(0) {
        let here = ask(&table, sql, &[]);
        assert_eq!(disturbed.stdout, here.stdout);
    } else {
        assert_eq!(disturbed.code, Some(10), "{disturbed:?}");
        assert!(
            disturbed.stderr.starts_with("error: the cluster gave up: "),
            "{disturbed:?}"
        );
        assert_eq!(disturbed.stdout, "");
    }
    // The one that is left works on.
    let (sql, _) = QUERIES[0];
    assert_eq!(
        cluster.ask(&table, sql).stdout,
        ask(&table, sql, &[]).stdout
    );
}

#[test]
fn the_parts_end_when_asked() {
    let mut cluster = Cluster::start();
    // They watch for signals once they have started.
    thread::sleep(Duration::from_secs(2));
    let mut executors = cluster.executors.drain(..);
    assert_eq!(executors.next().expect("two").terminate().code(), Some(0));
    assert_eq!(cluster.scheduler.terminate().code(), Some(130));
}
