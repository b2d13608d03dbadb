//! Exact sums and means over rows, of plain columns and of losses.
//!
//! | file | subject |
//! |---|---|
//! | `total.rs` | what one group holds |
//! | `terms.rs` | the terms that a batch of rows adds |
//! | `single.rs` | one group |
//! | `groups.rs` | many groups at once |
//! | `sliding.rs` | frames of a window that move on |
//! | `distinct.rs` | each combination of arguments once |

mod distinct;
mod groups;
mod single;
mod sliding;
mod terms;
mod total;

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, plan_datafusion_err, plan_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::{AggregateOrderSensitivity, format_state_name};
use datafusion::logical_expr::{
    Accumulator, AggregateUDFImpl, DocSection, Documentation, GroupsAccumulator, Signature,
    Volatility,
};
use ops_nn::exact_kernels::{ExactSum, WeightedMean};

use crate::form::{Form, coerce_to_float};
use distinct::DistinctAccumulator;
use groups::ExactGroups;
use single::ExactAccumulator;
use sliding::SlidingAccumulator;
use terms::Terms;
use total::Statistic;

/// The aggregates of plain columns and of these losses.
pub(crate) fn functions(losses: impl Iterator<Item = Form>) -> Vec<ExactAggregate> {
    let both = [Statistic::Sum, Statistic::Mean];
    let plain = both.map(|statistic| ExactAggregate::new("exact", statistic, None));
    let of_losses = losses.flat_map(|form| {
        both.map(|statistic| {
            let op = form.definition().map_or("", |op| op.name());
            let last = op
                .rsplit('.')
                .next()
                .unwrap_or_default()
                .to_ascii_lowercase();
            ExactAggregate::new(&last, statistic, Some(form.clone()))
        })
    });
    plain.into_iter().chain(of_losses).collect()
}

/// The exact sum or mean of a column or a loss, rounded once; a last argument beyond those of the loss gives each
/// row a weight.
#[derive(Clone, Debug)]
pub(crate) struct ExactAggregate {
    name: String,
    statistic: Statistic,
    /// The loss of each row; without one, the aggregate is of the plain column.
    loss: Option<Form>,
    signature: Signature,
    documentation: Documentation,
}

impl ExactAggregate {
    fn new(subject: &str, statistic: Statistic, loss: Option<Form>) -> Self {
        let statistic_name = statistic.name();
        let name = match loss {
            Some(_) => format!("{statistic_name}_{subject}"),
            None => format!("{subject}_{statistic_name}"),
        };
        Self {
            documentation: documentation(&name, statistic, loss.as_ref()),
            name,
            statistic,
            loss,
            signature: Signature::user_defined(Volatility::Immutable),
        }
    }

    /// How many arguments the value of a row takes.
    fn arity(&self) -> usize {
        self.loss.as_ref().map_or(1, Form::arity)
    }

    fn arguments(&self) -> String {
        arguments(self.loss.as_ref())
    }

    fn terms(&self, args: &AccumulatorArgs<'_>) -> Result<Terms> {
        Terms::new(self.loss.clone(), self.statistic, self.arity(), args)
    }
}

/// The arguments as documentation prints them.
fn arguments(loss: Option<&Form>) -> String {
    let own = loss.map_or("x".to_owned(), Form::arguments);
    format!("{own} [, sample_weight]")
}

fn documentation(name: &str, statistic: Statistic, loss: Option<&Form>) -> Documentation {
    let section = DocSection {
        include: true,
        label: "Exact sums and means",
        description: None,
    };
    let op = loss.and_then(|form| form.definition().ok());
    let subject = op.map_or("a column", |op| op.name());
    let statistic = statistic.name();
    let text =
        format!("The exact {statistic} of {subject} over the rows without NULL, rounded once.");
    let syntax = format!("{name}({})", arguments(loss));
    let mut documentation = Documentation::builder(section, text, syntax).build();
    let x = || vec![("x".to_owned(), "The values.".to_owned())];
    let mut arguments = loss.map_or_else(x, Form::argument_docs);
    let weight = "How much the row counts; 1 if left out.";
    arguments.push(("sample_weight".to_owned(), weight.to_owned()));
    documentation.arguments = Some(arguments);
    documentation
}

/// Functions are told apart by their names.
impl PartialEq for ExactAggregate {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for ExactAggregate {}

impl Hash for ExactAggregate {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl AggregateUDFImpl for ExactAggregate {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        let (name, arity) = (&self.name, self.arity());
        if types.len() < arity || types.len() > arity + 1 {
            let (takes, found) = (self.arguments(), types.len());
            return plan_err!("{name} takes ({takes}), found {found} arguments");
        }
        let (own, weight) = types.split_at(arity);
        let mut coerced = match &self.loss {
            Some(form) => form.coerce(name, own)?,
            None => vec![float(name, "x", &own[0])?],
        };
        for weight in weight {
            coerced.push(float(name, "sample_weight", weight)?);
        }
        Ok(coerced)
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        let own = &types[..self.arity().min(types.len())];
        match (&self.loss, own) {
            (Some(form), _) => form.result_type(&self.name, own, &vec![None; own.len()]),
            (None, [plain, ..]) => Ok(plain.clone()),
            (None, []) => plan_err!("{} takes ({})", self.name, self.arguments()),
        }
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(&self.documentation)
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        let name = format_state_name(args.name, "exact");
        Ok(vec![Arc::new(Field::new(
            name,
            DataType::LargeBinary,
            true,
        ))])
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        AggregateOrderSensitivity::Insensitive
    }

    fn accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        let terms = self.terms(&args)?;
        Ok(match (args.is_distinct, terms.are_weighted()) {
            (true, _) => Box::new(DistinctAccumulator::new(terms, &args)),
            (false, true) => Box::new(ExactAccumulator::<WeightedMean>::new(terms)),
            (false, false) => Box::new(ExactAccumulator::<ExactSum>::new(terms)),
        })
    }

    fn create_sliding_accumulator(
        &self,
        args: AccumulatorArgs<'_>,
    ) -> Result<Box<dyn Accumulator>> {
        let terms = self.terms(&args)?;
        Ok(match (args.is_distinct, terms.are_weighted()) {
            (true, _) => {
                return plan_err!("{}: DISTINCT is not supported in moving frames", self.name);
            }
            (false, true) => Box::new(SlidingAccumulator::<WeightedMean>::new(terms)),
            (false, false) => Box::new(SlidingAccumulator::<ExactSum>::new(terms)),
        })
    }

    fn groups_accumulator_supported(&self, args: AccumulatorArgs<'_>) -> bool {
        !args.is_distinct
    }

    fn create_groups_accumulator(
        &self,
        args: AccumulatorArgs<'_>,
    ) -> Result<Box<dyn GroupsAccumulator>> {
        let terms = self.terms(&args)?;
        Ok(if terms.are_weighted() {
            Box::new(ExactGroups::<WeightedMean>::new(terms))
        } else {
            Box::new(ExactGroups::<ExactSum>::new(terms))
        })
    }
}

fn float(function: &str, argument: &str, found: &DataType) -> Result<DataType> {
    coerce_to_float(found).ok_or_else(|| {
        plan_datafusion_err!(
            "{function} takes a number as '{argument}', found {found}: CAST it if it holds one"
        )
    })
}
