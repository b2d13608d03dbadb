//! Definitions, calls, graphs and their formats.

mod bad_graphs;
mod bench_inputs;
mod binding;
mod catalogue;
mod conformance;
mod derivatives;
mod golden;
mod golden_runs;
mod graph_def;
mod graph_gradients;
mod graph_names;
mod graph_pictures;
mod graph_run;
mod lift;
mod losses;
mod slopes;
mod tensorflow_graphs;
