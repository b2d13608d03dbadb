//! Definitions, calls, graphs and their formats.

#[cfg(feature = "tensorflow")]
mod bad_graphs;
mod bench_inputs;
mod binding;
mod catalogue;
mod conformance;
mod derivatives;
#[cfg(feature = "tensorflow")]
mod errors;
#[cfg(feature = "tensorflow")]
mod golden;
#[cfg(feature = "tensorflow")]
mod golden_runs;
#[cfg(feature = "tensorflow")]
mod graph_def;
mod graph_gradients;
mod graph_names;
#[cfg(feature = "tensorflow")]
mod graph_pictures;
mod graph_run;
mod infer;
mod lift;
mod losses;
mod slopes;
#[cfg(feature = "tensorflow")]
mod tensorflow_graphs;
