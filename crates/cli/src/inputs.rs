//! The arguments of a run, opened: numbers, plain values, and arrays of one dtype.

use ops_nn::tensor_core::{DType, DynTensor};
use ops_nn::{Args, DTypes, Op, OpError, Param, ParamKind, TensorInfo, Value};

use crate::error::CliError;
use crate::source::{self, ArrayFile, Source};
use crate::value::{self, ParsedValue, Place};

/// The dtype of text beside no other array, which is TensorFlow's for Python's numbers.
const DEFAULT_DTYPE: DType = DType::F32;

/// An argument as it was given.
#[derive(Debug)]
pub(crate) struct Input {
    /// The name before the `=`; none for a positional argument.
    pub(crate) name: Option<String>,
    pub(crate) given: Given,
}

impl Input {
    /// Dtype and shape of an array.
    pub(crate) fn info(&self) -> Option<TensorInfo> {
        match &self.given {
            Given::Array(source) => Some(TensorInfo::new(source.dtype(), source.shape())),
            Given::Plain(_) => None,
        }
    }
}

/// What an argument is.
#[derive(Debug)]
pub(crate) enum Given {
    /// An array, or a number that has been given a dtype.
    Array(Box<Source>),
    /// Anything that is passed on as it is.
    Plain(Value<'static>),
}

/// Reads the arguments' texts and opens their files; arrays and numbers are converted to `dtype` if
/// there is one.
pub(crate) fn open(
    op: Op<'_>,
    texts: &[String],
    dtype: Option<DType>,
) -> Result<Vec<Input>, CliError> {
    check_names(op, texts)?;
    let parsed: Vec<Parsed> = texts
        .iter()
        .enumerate()
        .map(|(position, text)| Parsed::new(op, position, text))
        .collect::<Result<_, _>>()?;
    let text_dtype = dtype
        .or_else(|| parsed.iter().find_map(Parsed::float_dtype))
        .unwrap_or(DEFAULT_DTYPE);
    parsed
        .into_iter()
        .map(|parsed| parsed.finish(dtype, text_dtype))
        .collect()
}

/// The paths of the files among the arguments' texts.
pub(crate) fn paths(inputs: &[String]) -> impl Iterator<Item = Place> {
    inputs
        .iter()
        .filter_map(|text| value::place(value::split(text).1))
}

/// Refuses arguments that Python would refuse by their names and order alone, before their texts are
/// read by the kinds of the wrong parameters.
fn check_names(op: Op<'_>, texts: &[String]) -> Result<(), CliError> {
    let mut args = Args::new();
    let mut last_name = None;
    for text in texts {
        match (value::split(text).0, last_name) {
            (Some(name), _) => {
                args = args.kwarg(name, Value::None);
                last_name = Some(name);
            }
            (None, None) => args = args.arg(Value::None),
            (None, Some(name)) => {
                return Err(CliError::PositionalAfterName {
                    found: text.clone(),
                    name: name.to_owned(),
                });
            }
        }
    }
    match op.bind(args) {
        Err(
            error @ (OpError::RepeatedArgument { .. }
            | OpError::UnknownArgument { .. }
            | OpError::TooManyArguments { .. }),
        ) => Err(error.into()),
        // Nothing has been given yet, so something is missing.
        _ => Ok(()),
    }
}

/// The arguments of a call with `tensors` in the arrays' places.
pub(crate) fn arguments<'a>(
    inputs: &'a [Input],
    mut tensor: impl FnMut(usize, &'a Source) -> Value<'a>,
) -> Args<'a> {
    let numbered = inputs.iter().enumerate();
    numbered.fold(Args::new(), |args, (index, input)| {
        let value = match &input.given {
            Given::Array(source) => tensor(index, source),
            Given::Plain(value) => value.clone(),
        };
        match &input.name {
            Some(name) => args.kwarg(name, value),
            None => args.arg(value),
        }
    })
}

/// An argument whose text is read and whose file, unless it is text, is open.
struct Parsed {
    name: Option<String>,
    takes: Takes,
    value: Opened,
}

enum Opened {
    Number(f64),
    Array(ArrayFile),
    Text(Place),
    Plain(Value<'static>),
}

/// Which elements a parameter takes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    Float,
    /// Floats or `bool`.
    Any,
    Bool,
    /// What the file holds, because an alias's signature does not say; `bool` stays `bool`.
    Unknown,
}

impl Parsed {
    fn new(op: Op<'_>, position: usize, text: &str) -> Result<Self, CliError> {
        let (name, text) = value::split(text);
        let kind = kind(op, position, name);
        let shown = name.map_or_else(|| (position + 1).to_string(), str::to_owned);
        let value = match value::parse(&shown, kind, text)? {
            ParsedValue::Number(number) => Opened::Number(number),
            ParsedValue::Plain(value) => Opened::Plain(value),
            ParsedValue::File(place) => match source::open(&place)? {
                Some(file) => Opened::Array(file),
                None => Opened::Text(place),
            },
        };
        Ok(Self {
            name: name.map(str::to_owned),
            takes: takes(op, kind),
            value,
        })
    }

    /// The dtype that this argument sets for text beside it.
    fn float_dtype(&self) -> Option<DType> {
        match &self.value {
            Opened::Array(file) => file.float_dtype(),
            _ => None,
        }
    }

    fn finish(self, dtype: Option<DType>, text_dtype: DType) -> Result<Input, CliError> {
        let source = match (self.value, self.takes, dtype) {
            (Opened::Array(file), Takes::Bool, _) => file.into_bool()?,
            (Opened::Array(file), Takes::Unknown, _) if file.is_bool() => file.into_bool()?,
            (Opened::Array(file), _, Some(dtype)) => file.converted(dtype)?,
            (Opened::Array(file), takes, None) => file.unconverted(takes != Takes::Float)?,
            (Opened::Text(place), Takes::Bool, _) => source::read_text(&place, DType::Bool)?,
            (Opened::Text(place), ..) => source::read_text(&place, text_dtype)?,
            (Opened::Number(number), Takes::Float | Takes::Any, Some(dtype)) => {
                Source::Memory(DynTensor::scalar(dtype, number))
            }
            (Opened::Number(number), ..) => return Ok(plain(self.name, Value::Number(number))),
            (Opened::Plain(value), ..) => return Ok(plain(self.name, value)),
        };
        Ok(Input {
            name: self.name,
            given: Given::Array(Box::new(source)),
        })
    }
}

fn plain(name: Option<String>, value: Value<'static>) -> Input {
    Input {
        name,
        given: Given::Plain(value),
    }
}

/// The kind of the parameter that an argument fills. Positions of an alias's own signature are not the
/// op's; their kind is not known.
fn kind(op: Op<'_>, position: usize, name: Option<&str>) -> Option<ParamKind> {
    let definition = op.definition();
    let mut names = op.signature().names();
    let param = match name {
        Some(name) => op.parameter(name),
        None if names.any(|name| name == definition.name()) => {
            definition.parameters().get(position)
        }
        None => None,
    };
    param.map(Param::kind)
}

fn takes(op: Op<'_>, kind: Option<ParamKind>) -> Takes {
    let is_bool = |kind: ParamKind| kind == ParamKind::Tensor(DTypes::Bool);
    match kind {
        Some(ParamKind::Tensor(DTypes::Float)) => Takes::Float,
        Some(kind) if is_bool(kind) => Takes::Bool,
        Some(_) => Takes::Any,
        None => {
            let mut params = op.definition().parameters().iter();
            if params.any(|param| is_bool(param.kind())) {
                Takes::Unknown
            } else {
                Takes::Any
            }
        }
    }
}
