//! Signatures by name: the order and names of the arguments that an op takes
//! when it is called by one particular name.

use std::fmt;

use crate::op::definition::{OpDef, Text};
use crate::op::param::Param;

/// How one name of an op takes its arguments, where that differs from the
/// op's own parameters: another order, other argument names, deprecated ones.
///
/// TensorFlow 1.13's `weighted_cross_entropy_with_logits(targets, logits,
/// pos_weight, name=None)` is such a signature of the op of today.
#[derive(Clone, Debug)]
pub struct Signature {
    pub(crate) names: Vec<Text>,
    pub(crate) params: Vec<SignatureParam>,
    pub(crate) shapes_differ: Option<Text>,
    /// How many parameters, from the first on, are the op's own ones in the
    /// op's order; set when the definition is built.
    pub(crate) in_order: usize,
}

impl Signature {
    /// A signature that these names choose.
    pub fn new<N: Into<Text>>(names: impl IntoIterator<Item = N>) -> Self {
        Self {
            names: names.into_iter().map(Into::into).collect(),
            params: Vec::new(),
            shapes_differ: None,
            in_order: 0,
        }
    }

    /// The parameters, in positional order.
    #[must_use]
    pub fn params(mut self, params: impl IntoIterator<Item = SignatureParam>) -> Self {
        self.params = params.into_iter().collect();
        self
    }

    /// The sentence for arguments whose shapes must be the same and are not,
    /// with `{argument}` where the shape of that argument goes.
    #[must_use]
    pub fn shapes_differ(mut self, template: impl Into<Text>) -> Self {
        self.shapes_differ = Some(template.into());
        self
    }

    /// The signature of an op's own parameters, for the op's own name and its
    /// plain aliases.
    pub(super) fn canonical(def: &OpDef, aliases: Vec<Text>) -> Self {
        let names = std::iter::once(def.name.clone()).chain(aliases);
        let params = def.params.iter().map(|p| {
            let param = SignatureParam::new(p.name.clone());
            match p.default().python_default() {
                Some(default) => param.shown_default(default),
                None => param,
            }
        });
        Self::new(names).params(params)
    }

    /// Finds each parameter among the op's, so that no call has to.
    pub(super) fn resolve(&mut self, params: &[Param]) {
        for param in &mut self.params {
            let slot = params.iter().position(|p| p.name == param.fills);
            param.slot = slot.unwrap_or_default();
        }
        let own = |(index, param): &(usize, &SignatureParam)| {
            param.slot == *index && matches!(param.role, Role::Plain)
        };
        self.in_order = self.params.iter().enumerate().take_while(own).count();
    }

    /// Whether so many values, the last of them given by these names, are in the
    /// order of the op's own parameters.
    #[inline]
    pub(crate) fn is_in_order(&self, count: usize, names: &[&str]) -> bool {
        let named = || self.params[count - names.len()..].iter().zip(names);
        count <= self.in_order
            && (names.is_empty() || named().all(|(param, name)| param.name == *name))
    }

    /// The names that choose this signature.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(AsRef::as_ref)
    }

    /// The sentence for shapes that differ, filled in.
    pub(crate) fn fill_shapes_differ(
        template: &str,
        shapes: &[(&str, &dyn fmt::Display)],
    ) -> String {
        shapes
            .iter()
            .fold(template.to_owned(), |text, (name, shape)| {
                text.replace(&format!("{{{name}}}"), &shape.to_string())
            })
    }
}

/// As Python prints it: `(labels, logits, pos_weight, name=None)`.
impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(")?;
        for (i, param) in self.params.iter().enumerate() {
            let comma = if i == 0 { "" } else { ", " };
            write!(f, "{comma}{}", param.name)?;
            if let Some(default) = &param.default {
                write!(f, "={default}")?;
            }
        }
        f.write_str(")")
    }
}

/// One parameter of a [`Signature`].
#[derive(Clone, Debug)]
pub struct SignatureParam {
    pub(crate) name: Text,
    /// The op's own parameter that it fills.
    pub(crate) fills: Text,
    /// Its index among the op's parameters; set when the definition is built.
    pub(crate) slot: usize,
    pub(crate) default: Option<Text>,
    pub(crate) role: Role,
}

/// What giving the argument means.
#[derive(Clone, Debug)]
pub(crate) enum Role {
    Plain,
    /// Gives the warning, and is refused beside the argument it fills.
    Deprecated(Text),
    /// A guard against positional calls: never given; the hint says how to
    /// call instead.
    Sentinel(Text),
}

impl SignatureParam {
    /// A parameter that fills the op's parameter of the same name.
    pub fn new(name: impl Into<Text>) -> Self {
        let name = name.into();
        Self {
            fills: name.clone(),
            slot: 0,
            name,
            default: None,
            role: Role::Plain,
        }
    }

    /// The op's own parameter that this one fills.
    #[must_use]
    pub fn fills(mut self, param: impl Into<Text>) -> Self {
        self.fills = param.into();
        self
    }

    /// The default as the documentation prints it. Whether the argument may
    /// be left out is the op's decision, not the signature's: TensorFlow
    /// prints `labels=None` and fails without labels.
    #[must_use]
    pub fn shown_default(mut self, default: impl Into<Text>) -> Self {
        self.default = Some(default.into());
        self
    }

    /// `name=None`, as printed.
    pub fn none(name: impl Into<Text>) -> Self {
        Self::new(name).shown_default("None")
    }

    /// A deprecated alias of `param`; giving it yields a [`Warning`], giving
    /// both is an error.
    pub fn deprecated_alias(name: impl Into<Text>, param: impl Into<Text>) -> Self {
        let (name, param) = (name.into(), param.into());
        let warning = format!("{name} is deprecated, use {param} instead");
        Self {
            role: Role::Deprecated(warning.into()),
            ..Self::none(name).fills(param)
        }
    }

    /// A leading parameter that only makes positional calls fail, with a hint
    /// how to call instead.
    pub fn sentinel(name: impl Into<Text>, hint: impl Into<Text>) -> Self {
        Self {
            role: Role::Sentinel(hint.into()),
            ..Self::none(name)
        }
    }

    /// The argument's name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// What a call should be told although it succeeds.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{op}: {message}")]
pub struct Warning {
    /// The name the op was called by.
    pub op: String,
    /// What to change.
    pub message: String,
}
