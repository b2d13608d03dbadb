//! The registry's ops as SQL functions, exact to the last bit, on one machine or many.
//!
//! [`register_all`] gives a DataFusion [`SessionContext`] a scalar function for every element-wise op and, for
//! plain columns and for every loss, aggregates whose state is an exact accumulator: it may be cut into any
//! partitions and merged in any order, on any machines, and the result is the same bits.
//!
//! ```
//! use datafusion::prelude::SessionContext;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> datafusion::error::Result<()> {
//! let ctx = SessionContext::new();
//! ops_nn_sql::register_all(&ctx)?;
//! let query = "SELECT mean_weighted_cross_entropy_with_logits(z, x, 2.0) AS loss
//!              FROM (VALUES (0.0, -17.0), (1.0, 0.5)) AS preds(z, x)";
//! ctx.sql(query).await?.show().await?;
//! # Ok(())
//! # }
//! ```
//!
//! What each function takes and gives, how dtypes and NULL are treated, and how to run a cluster stand in
//! `docs/sql.md`.

mod aggregate;
mod column;
mod form;
mod scalar;

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::execution::FunctionRegistry;
use datafusion::logical_expr::{AggregateUDF, ScalarUDF};
use datafusion::prelude::SessionContext;
use ops_nn::Registry;

/// Registers the functions of all built-in ops.
///
/// # Errors
/// What the context's registry refuses.
pub fn register_all(ctx: &SessionContext) -> Result<()> {
    register(&mut *ctx.state_ref().write(), &builtin())
}

/// Registers the functions of all ops of a registry, a host's own among them, with a session's state or another registry
/// of functions.
///
/// # Errors
/// What the registry of functions refuses.
pub fn register(functions: &mut dyn FunctionRegistry, ops: &Arc<Registry>) -> Result<()> {
    for function in scalar_functions(ops) {
        functions.register_udf(Arc::new(function))?;
    }
    for function in aggregate_functions(ops) {
        functions.register_udaf(Arc::new(function))?;
    }
    Ok(())
}

/// The built-in ops.
pub fn builtin() -> Arc<Registry> {
    Arc::new(Registry::with_builtins())
}

/// The scalar functions: one for each element-wise op whose arguments can be columns, under all its
/// names that are names in SQL, with `_` for `.`.
pub fn scalar_functions(ops: &Arc<Registry>) -> Vec<ScalarUDF> {
    let forms = ops.list("").filter_map(|op| form::Form::of(ops, op));
    forms
        .filter_map(scalar::ElementwiseFunction::new)
        .map(ScalarUDF::new_from_impl)
        .collect()
}

/// The aggregates: `exact_sum` and `exact_mean` of a plain column, and `sum_` and `mean_` of each loss.
pub fn aggregate_functions(ops: &Arc<Registry>) -> Vec<AggregateUDF> {
    let losses = ops.list("").filter(|op| op.definition().is_loss());
    let losses = losses.filter_map(|op| form::Form::of(ops, op));
    aggregate::functions(losses)
        .into_iter()
        .map(AggregateUDF::new_from_impl)
        .collect()
}
