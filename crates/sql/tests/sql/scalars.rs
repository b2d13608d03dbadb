//! Scalar functions give the bits of eager calls.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, BooleanArray, Float16Array, Float32Array, Float64Array, Int64Array,
};
use datafusion::arrow::datatypes::DataType;
use half::f16;
use ops_nn::tensor_core::{DType, DynTensor, Tensor};
use ops_nn::{Args, DTypes, OpDef, ParamKind, Registry};

use crate::data::{Random, bits, context, only_bits, query, refusal, table};

const ROWS: usize = 1000;

/// A column of each element type, with NaN under every seventh NULL.
fn column(dtype: DType, seed: u64) -> (DynTensor<'static>, ArrayRef) {
    let values = Random(seed).numbers(ROWS, 3.0);
    let tensor = DynTensor::from(Tensor::from(values)).cast(dtype);
    let valid = |row: usize| row % 7 != 3;
    let number = |row: usize| tensor.get_f64(row).filter(|_| valid(row));
    let rows = 0..ROWS;
    let column: ArrayRef = match dtype {
        DType::Bool => Arc::new(
            rows.map(|r| number(r).map(|v| v != 0.0))
                .collect::<BooleanArray>(),
        ),
        DType::F16 => Arc::new(
            rows.map(|r| number(r).map(f16::from_f64))
                .collect::<Float16Array>(),
        ),
        DType::F32 => Arc::new(
            rows.map(|r| number(r).map(|v| v as f32))
                .collect::<Float32Array>(),
        ),
        _ => Arc::new(rows.map(number).collect::<Float64Array>()),
    };
    (tensor, column)
}

/// The element type of each argument that is a column.
fn arguments(op: &OpDef, shared: DType) -> Vec<DType> {
    let columns = op
        .parameters()
        .iter()
        .filter_map(|param| match param.kind() {
            ParamKind::Tensor(DTypes::Bool) => Some(DType::Bool),
            ParamKind::Tensor(_) => Some(shared),
            _ => None,
        });
    columns.collect()
}

#[tokio::test]
async fn every_element_wise_op_is_a_function_with_the_bits_of_eager_calls() {
    let mut functions = 0;
    for op in Registry::builtin()
        .list("")
        .filter(|op| op.definition().is_elementwise())
    {
        for shared in [DType::F16, DType::F32, DType::F64] {
            let name = op.name().replace('.', "_");
            let made: Vec<_> = arguments(op.definition(), shared)
                .into_iter()
                .zip(1..)
                .map(|(dtype, seed)| column(dtype, seed))
                .collect();
            let ctx = context(1, 64);
            let names = ["a", "b", "c"];
            let columns = names
                .into_iter()
                .zip(made.iter().map(|(_, c)| Arc::clone(c)));
            table(&ctx, "t", columns.collect(), 1);
            let mut params = op.definition().parameters().iter();
            let needs_type = params
                .any(|p| p.kind() == ParamKind::DType && p.default() == ops_nn::Presence::Required);
            let type_name = if needs_type {
                format!(", '{shared}'")
            } else {
                String::new()
            };
            let given = names[..made.len()].join(", ");
            let sql = format!("SELECT \"{name}\"({given}{type_name}) FROM t");
            let found = query(&ctx, &sql).await.expect(&sql);
            let mut args = Args::new();
            for (tensor, _) in &made {
                args = args.arg(tensor);
            }
            if !type_name.is_empty() {
                args = args.arg(shared);
            }
            let expected = op.call(args).expect("arguments that fit");
            let is_null = |row: usize| row % 7 == 3;
            let expected: Vec<Option<u64>> = (0..ROWS)
                .map(|row| expected.get_bits(row).filter(|_| !is_null(row)))
                .collect();
            assert_eq!(bits(found.column(0)), expected, "{sql} of {shared}");
            functions += 1;
        }
    }
    assert!(functions > 60, "{functions}");
}

#[tokio::test]
async fn weights_follow_the_type_of_the_columns() {
    let ctx = context(1, 8192);
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("z", Arc::new(Float32Array::from(vec![0.0, 1.0, 0.25]))),
        ("x", Arc::new(Float32Array::from(vec![-17.0, -17.0, 0.5]))),
        ("h", Arc::new(Float16Array::from(vec![f16::ONE; 3]))),
        ("n", Arc::new(Int64Array::from(vec![0, 1, 1]))),
        ("q", Arc::new(Float64Array::from(vec![2.0, 2.0, 2.0]))),
    ];
    table(&ctx, "t", columns, 1);
    let op = "nn_weighted_cross_entropy_with_logits";
    let expected = [4.139_937_5e-8_f32, 34.0, 0.967_596_23].map(|v| Some(u64::from(v.to_bits())));
    for weight in ["2.0", "2", "q", "CAST(2 AS REAL)", "1.0 + 1.0", "q * 1.0"] {
        let found = query(&ctx, &format!("SELECT {op}(z, x, {weight}) FROM t"))
            .await
            .expect(weight);
        assert_eq!(found.column(0).data_type(), &DataType::Float32, "{weight}");
        assert_eq!(bits(found.column(0)), expected, "{weight}");
    }
    for (arguments, expected) in [
        ("h, x, 2.0", DataType::Float32),
        ("n, x, 2.0", DataType::Float64),
        ("z, q, 2.0", DataType::Float64),
        ("h, h, q", DataType::Float16),
        ("0.5, x, 2.0", DataType::Float64),
    ] {
        let found = query(&ctx, &format!("SELECT {op}({arguments}) FROM t"))
            .await
            .expect(arguments);
        assert_eq!(found.column(0).data_type(), &expected, "{arguments}");
    }
}

#[tokio::test]
async fn literals_nulls_and_empty_tables_are_arguments_too() {
    let ctx = context(1, 8192);
    let one = |v: f64| Some(v.to_bits());
    assert_eq!(only_bits(&ctx, "SELECT math_add(1.0, 2)").await, one(3.0));
    assert_eq!(only_bits(&ctx, "SELECT math_add(1.0, NULL)").await, None);
    assert_eq!(only_bits(&ctx, "SELECT math_abs(NULL)").await, None);
    assert_eq!(
        only_bits(&ctx, "SELECT tf_where(true, 1.0, 2.0)").await,
        one(1.0)
    );
    assert_eq!(
        only_bits(
            &ctx,
            "SELECT nn_weighted_cross_entropy_with_logits(1.0, 0.0, NULL)"
        )
        .await,
        None
    );
    let ln_2 = Some(u64::from(f16::from_f64(std::f64::consts::LN_2).to_bits()));
    let sql = "SELECT tf_cast(nn_sigmoid_cross_entropy_with_logits(1.0, 0.0), 'float16')";
    assert_eq!(only_bits(&ctx, sql).await, ln_2);
    table(
        &ctx,
        "none",
        vec![("x", Arc::new(Float32Array::from(Vec::<f32>::new())))],
        1,
    );
    let found = query(&ctx, "SELECT math_exp(x) FROM none")
        .await
        .expect("no rows");
    assert_eq!(found.num_rows(), 0);
}

#[tokio::test]
async fn misuse_is_refused_when_the_query_is_planned() {
    let ctx = context(1, 8192);
    table(
        &ctx,
        "t",
        vec![
            ("x", Arc::new(Float32Array::from(vec![1.0]))),
            ("b", Arc::new(BooleanArray::from(vec![true]))),
        ],
        1,
    );
    for (sql, expected) in [
        (
            "SELECT math_abs('one')",
            "math_abs takes a number as 'x', found Utf8: CAST it if it holds one",
        ),
        (
            "SELECT math_abs(b) FROM t",
            "math_abs takes a number as 'x', found Boolean: CAST it if it holds one",
        ),
        (
            "SELECT math_abs(x, x) FROM t",
            "math_abs takes (x), found 2 arguments",
        ),
        (
            "SELECT nn_weighted_cross_entropy_with_logits(x, x) FROM t",
            "nn_weighted_cross_entropy_with_logits takes (labels, logits, pos_weight), found 2 arguments",
        ),
        (
            "SELECT tf_where(b, b, x) FROM t",
            "where takes booleans or numbers, found both: CAST one to the type of the other",
        ),
        (
            "SELECT tf_cast(x, 'bfloat16') FROM t",
            "cast cannot give bfloat16: tables have no column of it",
        ),
        (
            "SELECT tf_cast(x, 'single precision') FROM t",
            "cast: expected the name of a type such as 'float32', found single precision",
        ),
        (
            "SELECT exact_sum('one')",
            "exact_sum takes a number as 'x', found Utf8: CAST it if it holds one",
        ),
        (
            "SELECT mean_sigmoid_cross_entropy_with_logits(x) FROM t",
            "mean_sigmoid_cross_entropy_with_logits takes (labels, logits [, sample_weight]), found 1 arguments",
        ),
    ] {
        let found = refusal(&ctx, sql).await;
        assert!(found.contains(expected), "{sql}: {found}");
    }
}
