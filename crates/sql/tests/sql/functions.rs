//! Each function has one name and one meaning, and says what it does.

use std::sync::Arc;

use datafusion::error::Result;
use datafusion::execution::FunctionRegistry;
use datafusion::logical_expr::Documentation;
use datafusion::prelude::SessionContext;
use ops_nn::{Compute, OpDef, OpDefBuilder, Param, Registry};

use crate::data::only_bits;

/// An op of a host: the negative of its argument.
fn op(name: &'static str) -> OpDefBuilder {
    OpDef::builder(name)
        .params([Param::float("x").doc("Any shape.")])
        .summary("The negative.")
        .formula("-x")
        .compute(Compute::composed(|b, call| {
            b.call("math.negative", &call.args(&["x"]))
        }))
}

/// Registers these ops beside the built-in ones.
fn register(ctx: &SessionContext, ops: impl IntoIterator<Item = OpDefBuilder>) -> Result<()> {
    let mut registry = Registry::with_builtins();
    for op in ops {
        let op = op.build().expect("a definition");
        registry.register(op).expect("a name that is free");
    }
    ops_nn_sql::register(&mut *ctx.state_ref().write(), &Arc::new(registry))
}

#[tokio::test]
async fn ops_of_a_host_are_functions_too_and_may_be_registered_again() {
    let ctx = SessionContext::new();
    ops_nn_sql::register_all(&ctx).expect("built-in ops");
    register(&ctx, [op("acme.minus")]).expect("a new name");
    register(&ctx, [op("acme.minus").loss()]).expect("its own name");
    for sql in ["SELECT acme_minus(2.0)", "SELECT sum_minus(2.0)"] {
        assert_eq!(only_bits(&ctx, sql).await, Some((-2.0_f64).to_bits()));
    }
}

#[test]
fn a_name_that_is_taken_is_refused_and_nothing_is_registered() {
    let weighted = "acme.weighted_cross_entropy_with_logits";
    for (ops, expected) in [
        (
            vec![op("acme.a.minus"), op("acme.a_minus")],
            "two ops are 'acme_a_minus' in SQL: give one of them another name",
        ),
        (
            vec![op("acme.minus").aliases(["acme.MINUS"])],
            "two ops are 'acme_minus' in SQL",
        ),
        (
            vec![op(weighted).loss()],
            "two ops are 'sum_weighted_cross_entropy_with_logits' in SQL",
        ),
        (vec![op("exact.sum")], "two ops are 'exact_sum' in SQL"),
        (
            vec![op("date.trunc")],
            "the engine has a function 'date_trunc': give the op another name",
        ),
        (
            vec![op("array.agg")],
            "the engine has a function 'array_agg'",
        ),
    ] {
        let ctx = SessionContext::new();
        let refused = register(&ctx, ops).expect_err(expected).strip_backtrace();
        assert!(refused.contains(expected), "{refused}");
        assert!(ctx.udf("math_negative").is_err());
    }
}

#[test]
fn every_function_is_documented() {
    let is_whole = |name: &str, documentation: Option<&Documentation>| {
        let documentation = documentation.expect(name);
        let syntax = &documentation.syntax_example;
        assert!(syntax.starts_with(&format!("{name}(")), "{syntax}");
        assert!(documentation.description.ends_with('.'), "{name}");
        for (argument, text) in documentation.arguments.iter().flatten() {
            assert!(syntax.contains(argument), "{argument} in {syntax}");
            assert!(!text.is_empty(), "{argument} of {name}");
        }
    };
    let ops = ops_nn_sql::builtin();
    for function in ops_nn_sql::scalar_functions(&ops) {
        is_whole(function.name(), function.documentation());
    }
    for function in ops_nn_sql::aggregate_functions(&ops) {
        is_whole(function.name(), function.documentation());
    }
}
