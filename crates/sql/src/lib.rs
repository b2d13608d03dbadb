//! The registry's ops as SQL functions, exact to the last bit, on one machine or many.
//!
//! [`register_all`] gives DataFusion's [`SessionContext`] a scalar function for every element-wise op and, for
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
//! `docs/sql.md` describes the arguments and results of each function, the treatment of dtypes and
//! NULL, and how to run a cluster.

mod aggregate;
mod column;
mod form;
mod scalar;

use std::collections::BTreeSet;
use std::sync::Arc;

use datafusion::common::{Result, plan_err};
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
/// Functions that came from a registry before are replaced; no other function is.
///
/// # Errors
/// A plan error that names the function, and nothing is registered, if two ops give one name in SQL or an op
/// would take the name of a function that is there already; what the registry of functions refuses.
pub fn register(functions: &mut dyn FunctionRegistry, ops: &Arc<Registry>) -> Result<()> {
    let (scalars, aggregates) = (scalar_functions(ops), aggregate_functions(ops));
    names_are_free(functions, &scalars, &aggregates)?;
    for function in scalars {
        functions.register_udf(Arc::new(function))?;
    }
    for function in aggregates {
        functions.register_udaf(Arc::new(function))?;
    }
    Ok(())
}

/// Checks that each name means one function, of these and of those that are there and do not come from ops.
fn names_are_free(
    functions: &dyn FunctionRegistry,
    scalars: &[ScalarUDF],
    aggregates: &[AggregateUDF],
) -> Result<()> {
    let names = |name, aliases: &[String]| {
        let aliases = aliases.iter().cloned();
        std::iter::once(String::from(name))
            .chain(aliases)
            .collect::<Vec<_>>()
    };
    let of_scalars = scalars.iter().flat_map(|f| names(f.name(), f.aliases()));
    let of_aggregates = aggregates.iter().flat_map(|f| names(f.name(), f.aliases()));
    let mut taken = BTreeSet::new();
    for name in of_scalars.chain(of_aggregates) {
        let scalar = functions.udf(&name);
        let aggregate = functions.udaf(&name);
        let is_foreign = scalar.is_ok_and(|f| !f.inner().is::<scalar::ElementwiseFunction>())
            || aggregate.is_ok_and(|f| !f.inner().is::<aggregate::ExactAggregate>());
        if is_foreign {
            return plan_err!("the engine has a function '{name}': give the op another name");
        }
        if let Some(name) = taken.replace(name) {
            return plan_err!("two ops are '{name}' in SQL: give one of them another name");
        }
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
