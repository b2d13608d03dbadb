//! An op as one of its names, which chooses the signature.

use std::fmt;
use std::sync::Arc;

use crate::op::definition::OpDef;
use crate::op::param::Param;
use crate::op::signature::Signature;

/// An op by one of its names.
#[derive(Clone)]
pub(crate) struct NamedOp {
    name: Arc<str>,
    definition: Arc<OpDef>,
    /// The index of the signature that the name chooses.
    signature: usize,
}

impl NamedOp {
    /// The op under each of its names.
    pub(crate) fn all(definition: OpDef) -> impl Iterator<Item = Self> {
        let definition = Arc::new(definition);
        let names: Vec<(Arc<str>, usize)> = definition
            .signatures()
            .iter()
            .enumerate()
            .flat_map(|(index, s)| s.names().map(move |name| (Arc::from(name), index)))
            .collect();
        names.into_iter().map(move |(name, signature)| Self {
            name,
            definition: Arc::clone(&definition),
            signature,
        })
    }

    /// The name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The name, to be shared.
    pub(crate) fn shared_name(&self) -> Arc<str> {
        Arc::clone(&self.name)
    }

    pub(crate) fn definition(&self) -> &OpDef {
        &self.definition
    }

    /// The signature that the name chooses.
    pub(crate) fn signature(&self) -> &Signature {
        &self.definition.signatures()[self.signature]
    }

    /// The op's parameter by its own name, or by the one that the signature
    /// gives it.
    pub(crate) fn parameter(&self, name: &str) -> Option<&Param> {
        let alias = self.signature().params.iter().find(|p| p.name == name);
        let own = alias.map_or(name, |p| &p.fills);
        let params = self.definition.parameters();
        params.iter().find(|p| p.name == own)
    }

    /// What the signature calls a parameter.
    pub(crate) fn shown_name<'a>(&'a self, param: &'a Param) -> &'a str {
        let mut shown = self.signature().params.iter();
        let shown = shown.find(|p| p.fills == param.name);
        shown.map_or(param.name(), |p| &p.name)
    }
}

impl fmt::Debug for NamedOp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Op({} as {})", self.definition.name(), self.name)
    }
}
