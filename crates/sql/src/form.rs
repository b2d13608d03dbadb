//! What an op looks like in SQL: its arguments as columns, the types it takes and gives, and its calls.

use std::fmt;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef};
use datafusion::arrow::buffer::NullBuffer;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result, ScalarValue, exec_err, plan_datafusion_err, plan_err};
use datafusion::logical_expr::ColumnarValue;
use ops_nn::{Args, DTypes, Op, OpDef, Param, ParamKind, Presence, Registry, TensorInfo, Value};
use tensor_core::{DType, DynTensor};

use crate::column::{data_type_of, dtype_of, external, tensor};

/// An element-wise op whose arguments can be columns.
#[derive(Clone)]
pub(crate) struct Form {
    ops: Arc<Registry>,
    name: String,
    params: Vec<SqlParam>,
}

/// A parameter, as SQL gives it.
#[derive(Clone, Debug)]
pub(crate) struct SqlParam {
    name: String,
    doc: String,
    kind: SqlKind,
    required: bool,
    /// A weight: it follows the type of the others.
    follows: bool,
}

/// What a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq)]
enum SqlKind {
    Float,
    FloatOrBool,
    Bool,
    /// The name of an element type, as a literal.
    TypeName,
}

/// An argument of one call.
enum Given {
    Column(ArrayRef),
    Number(f64),
    Type(DType),
}

impl Form {
    /// The form of an op, unless it is not element-wise or needs an argument that no column can be.
    pub(crate) fn of(ops: &Arc<Registry>, op: Op<'_>) -> Option<Self> {
        let definition = op.definition();
        let all = definition.parameters();
        let params: Vec<SqlParam> = all.iter().map_while(SqlParam::of).collect();
        let rest_may_be_left_out = all[params.len()..]
            .iter()
            .all(|p| p.default() != Presence::Required);
        (definition.is_elementwise() && rest_may_be_left_out).then(|| Self {
            ops: Arc::clone(ops),
            name: definition.name().to_owned(),
            params,
        })
    }

    /// The op's definition.
    pub(crate) fn definition(&self) -> Result<&OpDef> {
        Ok(self.ops.get(&self.name).map_err(external)?.definition())
    }

    /// The op's names that are names in SQL, its own first.
    pub(crate) fn sql_names(&self) -> Vec<String> {
        let own_order = |name: &&str| {
            let op = self.ops.get(name);
            op.is_ok_and(|op| op.signature().names().any(|n| n == self.name))
        };
        let is_name = |name: &String| {
            let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            name.chars().all(letters)
        };
        let names = self.definition().into_iter().flat_map(OpDef::names);
        names
            .filter(own_order)
            .map(|name| name.replace('.', "_").to_ascii_lowercase())
            .filter(is_name)
            .collect()
    }

    /// How many arguments it takes at most.
    pub(crate) fn arity(&self) -> usize {
        self.params.len()
    }

    /// The arguments as documentation prints them.
    pub(crate) fn arguments(&self) -> String {
        let shown = |p: &SqlParam| {
            if p.required {
                p.name.clone()
            } else {
                format!("[{}]", p.name)
            }
        };
        self.params.iter().map(shown).collect::<Vec<_>>().join(", ")
    }

    /// The names and texts of the arguments.
    pub(crate) fn argument_docs(&self) -> Vec<(String, String)> {
        let doc = |p: &SqlParam| (p.name.clone(), p.doc.clone());
        self.params.iter().map(doc).collect()
    }

    /// The types that arguments of these types are cast to: integers and decimals become doubles, floats stay.
    pub(crate) fn coerce(&self, function: &str, types: &[DataType]) -> Result<Vec<DataType>> {
        let needed = self.params.iter().filter(|p| p.required).count();
        if types.len() < needed || types.len() > self.params.len() {
            let (takes, found) = (self.arguments(), types.len());
            return plan_err!("{function} takes ({takes}), found {found} arguments");
        }
        let coerced = self.params.iter().zip(types);
        let coerced: Vec<DataType> = coerced
            .map(|(param, found)| param.coerce(function, found))
            .collect::<Result<_>>()?;
        self.shared_dtype(function, &coerced)?;
        Ok(coerced)
    }

    /// The element type that coerced arguments share: the widest, weights not counted.
    pub(crate) fn shared_dtype(&self, function: &str, types: &[DataType]) -> Result<DType> {
        let deciding = self.params.iter().zip(types).filter(|(p, _)| p.decides());
        let found: Vec<DType> = deciding.filter_map(|(_, t)| dtype_of(t)).collect();
        let bools = found.iter().filter(|&&d| d == DType::Bool).count();
        if bools > 0 && bools < found.len() {
            return plan_err!(
                "{function} takes booleans or numbers, found both: CAST one to the type of the other"
            );
        }
        let widest = found.into_iter().max_by_key(|dtype| dtype.size_of());
        Ok(widest.unwrap_or(DType::F64))
    }

    /// The type of the result for coerced arguments, of which some are literals.
    pub(crate) fn result_type(
        &self,
        function: &str,
        types: &[DataType],
        literals: &[Option<&ScalarValue>],
    ) -> Result<DataType> {
        let shared = self.shared_dtype(function, types)?;
        let columns = self.params.iter().zip(types).map(|(param, _)| {
            let dtype = match param.kind {
                SqlKind::Bool => DType::Bool,
                _ => shared,
            };
            TensorInfo::new(dtype, [None])
        });
        let columns: Vec<TensorInfo> = columns.collect();
        let mut call = Args::new();
        for ((param, column), literal) in self.params.iter().zip(&columns).zip(literals) {
            call = match (param.kind, literal) {
                (SqlKind::TypeName, Some(name)) => call.arg(type_named(function, name)?),
                (SqlKind::TypeName, None) => {
                    let name = &param.name;
                    return plan_err!("{function} needs '{name}' as a literal such as 'float32'");
                }
                _ => call.arg(column),
            };
        }
        let op = self.ops.get(&self.name).map_err(external)?;
        let dtype = op.infer(call).map_err(external)?.dtype();
        data_type_of(dtype).ok_or_else(|| {
            plan_datafusion_err!("{function} cannot give {dtype}: tables have no column of it")
        })
    }

    /// Calls the op for so many rows: its values, those of rows with a NULL among them, and which rows
    /// have none.
    pub(crate) fn call(
        &self,
        args: &[ColumnarValue],
        rows: usize,
    ) -> Result<(DynTensor<'static>, Option<NullBuffer>)> {
        let types: Vec<DataType> = args.iter().map(ColumnarValue::data_type).collect();
        let shared = self.shared_dtype(&self.name, &types)?;
        let given = self.params.iter().zip(args);
        let given: Vec<Given> = given
            .map(|(param, arg)| param.given(&self.name, arg, rows))
            .collect::<Result<_>>()?;
        let nulls = NullBuffer::union_many(given.iter().map(Given::nulls));
        let mut call = Args::new();
        for (param, given) in self.params.iter().zip(&given) {
            call = call.arg(param.argument(given, shared)?);
        }
        let op = self.ops.get(&self.name).map_err(external)?;
        Ok((op.call(call).map_err(external)?, nulls))
    }
}

impl SqlParam {
    fn of(param: &Param) -> Option<Self> {
        let kind = match param.kind() {
            ParamKind::Tensor(DTypes::Float) => SqlKind::Float,
            ParamKind::Tensor(DTypes::Bool) => SqlKind::Bool,
            ParamKind::Tensor(_) => SqlKind::FloatOrBool,
            ParamKind::DType => SqlKind::TypeName,
            _ => return None,
        };
        Some(Self {
            name: param.name().to_owned(),
            doc: param.doc().to_owned(),
            kind,
            required: param.default() == Presence::Required,
            follows: param.keeps_number(),
        })
    }

    /// Whether it has a say in the shared element type.
    fn decides(&self) -> bool {
        matches!(self.kind, SqlKind::Float | SqlKind::FloatOrBool) && !self.follows
    }

    fn coerce(&self, function: &str, found: &DataType) -> Result<DataType> {
        let coerced = match self.kind {
            SqlKind::FloatOrBool if *found == DataType::Boolean => Some(DataType::Boolean),
            SqlKind::Float | SqlKind::FloatOrBool => coerce_to_float(found),
            SqlKind::Bool if matches!(found, DataType::Boolean | DataType::Null) => {
                Some(DataType::Boolean)
            }
            SqlKind::TypeName if found.is_string() => Some(DataType::Utf8),
            SqlKind::Bool | SqlKind::TypeName => None,
        };
        let (kind, name) = (self.kind, &self.name);
        coerced.ok_or_else(|| {
            plan_datafusion_err!(
                "{function} takes {kind} as '{name}', found {found}: CAST it if it holds one"
            )
        })
    }

    fn given(&self, function: &str, arg: &ColumnarValue, rows: usize) -> Result<Given> {
        Ok(match arg {
            ColumnarValue::Scalar(value) if self.kind == SqlKind::TypeName => {
                Given::Type(type_named(function, value)?)
            }
            ColumnarValue::Scalar(value) if self.follows && !value.is_null() => {
                Given::Number(number(value)?)
            }
            value => Given::Column(value.to_array(rows)?),
        })
    }

    /// The argument for the op; a column of another float type than the shared one is converted, each
    /// value rounded once.
    fn argument<'a>(&self, given: &'a Given, shared: DType) -> Result<Value<'a>> {
        Ok(match given {
            Given::Number(value) => (*value).into(),
            Given::Type(dtype) => (*dtype).into(),
            Given::Column(column) => {
                let tensor = tensor(column)?;
                let is_of_type = self.kind == SqlKind::Bool || tensor.dtype() == shared;
                if is_of_type {
                    tensor.into()
                } else {
                    tensor.cast(shared).into()
                }
            }
        })
    }
}

impl Given {
    fn nulls(&self) -> Option<&NullBuffer> {
        match self {
            Self::Column(column) => column.nulls(),
            Self::Number(_) | Self::Type(_) => None,
        }
    }
}

impl fmt::Display for SqlKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Float => "a number",
            Self::FloatOrBool => "a number or a boolean",
            Self::Bool => "a boolean",
            Self::TypeName => "the name of a type such as 'float32'",
        })
    }
}

impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Form({})", self.name)
    }
}

/// The type that a numeric column is cast to.
pub(crate) fn coerce_to_float(found: &DataType) -> Option<DataType> {
    match found {
        DataType::Float16 | DataType::Float32 | DataType::Float64 => Some(found.clone()),
        DataType::Null => Some(DataType::Float64),
        other if other.is_numeric() => Some(DataType::Float64),
        _ => None,
    }
}

/// A float literal as a double, which holds it exactly.
fn number(value: &ScalarValue) -> Result<f64> {
    match value {
        ScalarValue::Float16(Some(v)) => Ok(f64::from(*v)),
        ScalarValue::Float32(Some(v)) => Ok(f64::from(*v)),
        ScalarValue::Float64(Some(v)) => Ok(*v),
        other => exec_err!("expected a number, found {other}"),
    }
}

fn type_named(function: &str, value: &ScalarValue) -> Result<DType> {
    let name = value.try_as_str().flatten().unwrap_or_default();
    match name.parse() {
        Ok(dtype) => Ok(dtype),
        Err(_) => {
            plan_err!("{function}: expected the name of a type such as 'float32', found {value}")
        }
    }
}
