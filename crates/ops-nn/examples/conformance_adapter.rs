//! Brings the registry's ops before the judge as a program of its own, for the
//! scoreboard: JSON lines in, JSON lines out (docs/conformance-protocol.md).
//!
//!     cargo run -p conformance -- judge --command \
//!         "cargo run --quiet --release -p ops-nn --example conformance_adapter"

#[path = "../tests/judged/mod.rs"]
mod judged;
#[path = "../../conformance/adapters/protocol.rs"]
mod protocol;

use conformance::{Implementation, Quantity};
use judged::OpsNn;
use protocol::{Outcome, serve};
use serde_json::{Map, json};

fn main() -> Outcome<()> {
    let dtypes = json!(["f16", "bf16", "f32", "f64"]);
    let ops = Quantity::ALL.map(|quantity| (quantity.op().to_owned(), dtypes.clone()));
    let ops = Map::from_iter(ops).into();
    serve(&OpsNn.name(), &ops, &json!({}), run)
}

fn run(op: &str, dtype: &str, columns: &[Vec<u64>]) -> Outcome<Vec<u64>> {
    let columns: Vec<&[u64]> = columns.iter().map(Vec::as_slice).collect();
    let results = OpsNn.run(op.parse()?, dtype.parse()?, &columns);
    results.map_err(|failure| failure.to_string().into())
}
