//! States that travelled: what is no state is refused, and nothing panics.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, Float32Array, LargeBinaryArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::logical_expr::{AggregateUDF, EmitTo};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::aggregate::{AggregateExprBuilder, AggregateFunctionExpr};
use datafusion::physical_expr::expressions::col;

use crate::data::bits;

fn aggregate(name: &str, distinct: bool) -> AggregateFunctionExpr {
    built(name, &["x"], distinct)
}

fn weighted(name: &str) -> AggregateFunctionExpr {
    built(name, &["x", "x"], false)
}

fn built(name: &str, columns: &[&str], distinct: bool) -> AggregateFunctionExpr {
    let functions = ops_nn_sql::aggregate_functions(&ops_nn_sql::builtin());
    let function = functions
        .into_iter()
        .find(|f: &AggregateUDF| f.name() == name);
    let schema = Arc::new(Schema::new(vec![Field::new("x", DataType::Float32, true)]));
    let columns = columns.iter().map(|c| col(c, &schema).expect("a column"));
    let columns: Vec<Arc<dyn PhysicalExpr>> = columns.collect();
    let builder = AggregateExprBuilder::new(Arc::new(function.expect(name)), columns);
    let builder = builder
        .schema(schema)
        .alias("total")
        .with_distinct(distinct);
    builder.build().expect("arguments that fit")
}

fn values(values: &[f32]) -> Vec<ArrayRef> {
    vec![Arc::new(Float32Array::from(values.to_vec()))]
}

fn column(states: &[&[u8]]) -> Vec<ArrayRef> {
    vec![Arc::new(LargeBinaryArray::from_iter_values(states))]
}

#[test]
fn garbage_is_refused_by_every_accumulator() {
    for distinct in [false, true] {
        let expr = aggregate("exact_sum", distinct);
        let mut whole = expr.create_accumulator().expect("an accumulator");
        whole
            .update_batch(&values(&[1.5, -2.5e30]))
            .expect("floats");
        let state = whole.state().expect("a state")[0]
            .to_array()
            .expect("one row");
        let state = state.as_binary::<i64>().value(0).to_vec();
        for length in 0..state.len() {
            let mut other = expr.create_accumulator().expect("an accumulator");
            let merged = other.merge_batch(&column(&[&state[..length]]));
            // A distinct state is a list of rows, and any number of them is one.
            assert!(merged.is_err() || (distinct && length % 8 == 1), "{length}");
            assert!(other.evaluate().is_ok());
        }
        let mut other = expr.create_accumulator().expect("an accumulator");
        assert!(other.merge_batch(&values(&[1.0])).is_err());
        assert!(other.merge_batch(&[]).is_err());
    }
    let expr = aggregate("exact_mean", false);
    let mut groups = expr.create_groups_accumulator().expect("groups");
    assert!(
        groups
            .merge_batch(&column(&[&[2, 9], &[]]), &[0, 0], 1)
            .is_err()
    );
}

/// The memory of one of so many groups, to each of which these values are added.
fn bytes_a_group(expr: &AggregateFunctionExpr, columns: &[ArrayRef], groups: usize) -> usize {
    let mut accumulator = expr.create_groups_accumulator().expect("groups");
    let rows = columns[0].len();
    for group in 0..groups {
        let added = accumulator.update_batch(columns, &vec![group; rows], None, group + 1);
        added.expect("floats");
    }
    accumulator.size() / groups
}

#[test]
fn a_group_takes_little_memory_and_all_of_it_is_counted() {
    const GROUPS: usize = 1 << 12;
    let alike = values(&[0.1, -3.5e5, 1e-12, 7.0]);
    let far_apart = values(&[f32::MAX, f32::MIN_POSITIVE]);
    let plain = aggregate("exact_mean", false);
    assert_eq!(bytes_a_group(&plain, &alike, GROUPS), 72);
    assert_eq!(bytes_a_group(&plain, &far_apart, GROUPS), 72 + 8 * 34);
    let weighted = weighted("exact_mean");
    let with = |column: &[ArrayRef]| [column, column].concat();
    assert_eq!(bytes_a_group(&weighted, &with(&alike), GROUPS), 136);
    let most = bytes_a_group(&weighted, &with(&far_apart), GROUPS);
    assert_eq!(most, 136 + 8 * 34 + 8 * 67);
    // What leaves is not counted any more.
    let mut groups = plain.create_groups_accumulator().expect("groups");
    let empty = groups.size();
    let added = groups.update_batch(&far_apart, &[0, 0], None, 1);
    added.expect("floats");
    groups.evaluate(EmitTo::All).expect("a group");
    assert_eq!(groups.size(), empty);
}

#[test]
fn groups_leave_in_order_and_come_back_through_states() {
    let expr = aggregate("exact_mean", false);
    let mut groups = expr.create_groups_accumulator().expect("groups");
    groups
        .update_batch(&values(&[1.0, 2.0, 4.0, 8.0]), &[0, 1, 2, 1], None, 4)
        .expect("floats");
    let first = groups.evaluate(EmitTo::First(2)).expect("two groups");
    assert_eq!(
        bits(&first),
        [1.0_f32, 5.0].map(|v| Some(u64::from(v.to_bits())))
    );
    groups
        .update_batch(&values(&[6.0]), &[0], None, 2)
        .expect("floats");
    let states = groups.state(EmitTo::All).expect("states");
    assert_eq!(states[0].len(), 2);
    let mut merged = expr.create_groups_accumulator().expect("groups");
    let alone = merged
        .convert_to_state(&values(&[7.0]), None)
        .expect("a state");
    merged.merge_batch(&states, &[1, 0], 2).expect("own states");
    merged.merge_batch(&alone, &[1], 2).expect("own state");
    let both = merged.evaluate(EmitTo::All).expect("two groups");
    let expected = ((4.0 + 6.0 + 7.0) / 3.0_f32).to_bits();
    assert_eq!(bits(&both), [None, Some(expected.into())]);
}
