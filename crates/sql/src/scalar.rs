//! Element-wise ops as scalar functions.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, ScalarValue, internal_err};
use datafusion::logical_expr::{
    ColumnarValue, DocSection, Documentation, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDFImpl,
    Signature, Volatility,
};

use crate::column::column;
use crate::form::Form;

/// The scalar function of one op. NULL in any argument gives NULL; what stands under it is not looked at.
#[derive(Debug)]
pub(crate) struct ElementwiseFunction {
    name: String,
    aliases: Vec<String>,
    form: Form,
    signature: Signature,
    documentation: Documentation,
}

impl ElementwiseFunction {
    /// The function of an op, unless none of its names is a name in SQL.
    pub(crate) fn new(form: Form) -> Option<Self> {
        let mut names = form.sql_names().into_iter();
        let name = names.next()?;
        Some(Self {
            documentation: documentation(&name, &form),
            name,
            aliases: names.collect(),
            form,
            signature: Signature::user_defined(Volatility::Immutable),
        })
    }
}

/// What the op's definition says.
fn documentation(name: &str, form: &Form) -> Documentation {
    let section = DocSection {
        include: true,
        label: "Ops",
        description: None,
    };
    let summary = form.definition().map_or("", |op| op.summary());
    let syntax = format!("{name}({})", form.arguments());
    let mut documentation = Documentation::builder(section, summary, syntax).build();
    documentation.arguments = Some(form.argument_docs());
    documentation
}

/// Functions are told apart by their names.
impl PartialEq for ElementwiseFunction {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for ElementwiseFunction {}

impl Hash for ElementwiseFunction {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for ElementwiseFunction {
    fn name(&self) -> &str {
        &self.name
    }

    fn aliases(&self) -> &[String] {
        &self.aliases
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(&self.documentation)
    }

    fn is_strict(&self) -> bool {
        true
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        self.form.coerce(&self.name, types)
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        internal_err!("{}: the type is that of return_field_from_args", self.name)
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        let types: Vec<DataType> = args
            .arg_fields
            .iter()
            .map(|f| f.data_type().clone())
            .collect();
        let result = self
            .form
            .result_type(&self.name, &types, args.scalar_arguments)?;
        Ok(Arc::new(Field::new(&self.name, result, true)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let is_constant = |arg: &ColumnarValue| matches!(arg, ColumnarValue::Scalar(_));
        let all_constant = args.args.iter().all(is_constant);
        let rows = if all_constant { 1 } else { args.number_rows };
        let (values, nulls) = self.form.call(&args.args, rows)?;
        let result = column(values, nulls)?;
        if all_constant {
            return Ok(ScalarValue::try_from_array(&result, 0)?.into());
        }
        Ok(ColumnarValue::Array(result))
    }
}
