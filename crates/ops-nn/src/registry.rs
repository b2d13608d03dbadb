//! The registry: definitions by name, alias and versioned signature.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::{Arc, OnceLock};

use rustc_hash::FxBuildHasher;

use crate::error::OpError;
use crate::op::definition::OpDef;
use crate::op::named::NamedOp;
use crate::op::param::Param;
use crate::op::signature::Signature;
use crate::suggest::nearest;

/// The ops that can be looked up by name.
///
/// A registry holds no global state: a host clones nothing and shares nothing
/// unless it wants to. Iteration is in sorted order.
///
/// ```
/// use ops_nn::Registry;
/// let ops = Registry::builtin();
/// assert_eq!(ops.get("tf.nn.relu")?.definition().name(), "nn.relu");
/// let error = ops.get("nn.rellu").unwrap_err();
/// assert!(error.to_string().contains("did you mean"));
/// # Ok::<(), ops_nn::OpError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Registry {
    /// The names come from the host, so that the hash need not withstand an
    /// adversary.
    names: HashMap<Arc<str>, NamedOp, FxBuildHasher>,
    /// Scopes that only the built-in ops may use.
    reserved: BTreeSet<String>,
}

impl Registry {
    /// A registry without any op. Rules that call other ops (gradients,
    /// decompositions) need those ops in it.
    pub fn empty() -> Self {
        Self::default()
    }

    /// A registry that holds the built-in ops, to which a host may add its own.
    pub fn with_builtins() -> Self {
        Self::builtin().clone()
    }

    /// The built-in ops, shared and immutable.
    ///
    /// # Panics
    /// Never: that the catalogue registers is a test of this crate.
    pub fn builtin() -> &'static Self {
        static BUILTIN: OnceLock<Registry> = OnceLock::new();
        BUILTIN.get_or_init(|| {
            let mut registry = Self::empty();
            for definition in crate::ops::catalogue() {
                let inserted = definition.and_then(|definition| registry.insert(definition));
                inserted.expect("the built-in catalogue registers");
            }
            registry.reserve_scopes();
            registry
        })
    }

    /// Adds an op of the host's, under a scope of the host's own.
    ///
    /// # Errors
    /// [`OpError::ReservedScope`] for a name without a scope or under a scope
    /// of the built-in ops, [`OpError::NameTaken`] if the name, an alias
    /// or a TensorFlow op type is registered. The registry is then unchanged.
    pub fn register(&mut self, definition: OpDef) -> Result<(), OpError> {
        for name in definition.names() {
            let path = name.split('@').next().unwrap_or_default();
            let (scope, scoped) = match path.split_once('.') {
                Some((scope, _)) => (scope, true),
                None => (path, false),
            };
            if !scoped || self.reserved.iter().any(|r| r.eq_ignore_ascii_case(scope)) {
                return Err(OpError::ReservedScope {
                    name: name.to_owned(),
                    scope: if scoped {
                        scope.to_owned()
                    } else {
                        String::new()
                    },
                });
            }
        }
        self.insert(definition)
    }

    /// Looks an op up by its name, an alias or a versioned signature.
    ///
    /// # Errors
    /// [`OpError::UnknownOp`], with the nearest names.
    #[inline]
    pub fn get(&self, name: &str) -> Result<Op<'_>, OpError> {
        self.find(name).ok_or_else(|| self.unknown(name))
    }

    fn find(&self, name: &str) -> Option<Op<'_>> {
        self.names.get(name).map(|named| Op::new(self, named))
    }

    #[cold]
    fn unknown(&self, name: &str) -> OpError {
        OpError::UnknownOp {
            name: name.to_owned(),
            nearest: nearest(name, self.names.keys().map(|known| &**known)),
        }
    }

    /// The ops whose own name starts with `prefix` (`nn.`, `math.`, or `""`
    /// for all), sorted by name.
    pub fn list<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = Op<'a>> {
        self.names_with(prefix)
            .filter(|op| op.name() == op.definition().name())
    }

    /// Every registered name that starts with `prefix`, aliases included,
    /// sorted.
    pub fn names_with<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = Op<'a>> {
        let mut found: Vec<_> = self
            .names
            .values()
            .filter(|named| named.name().starts_with(prefix))
            .map(|named| Op::new(self, named))
            .collect();
        found.sort_unstable_by_key(Op::name);
        found.into_iter()
    }

    fn insert(&mut self, definition: OpDef) -> Result<(), OpError> {
        let taken = |name: &str, owner: &str| OpError::NameTaken {
            op: definition.name().to_owned(),
            name: name.to_owned(),
            owner: owner.to_owned(),
        };
        if let Some((op_type, owner)) = self.taken_type(&definition) {
            return Err(taken(op_type, owner));
        }
        let mut own = BTreeSet::new();
        for name in definition.names() {
            if let Some(owner) = self.names.get(name) {
                return Err(taken(name, owner.definition().name()));
            }
            if !own.insert(name) {
                return Err(taken(name, definition.name()));
            }
        }
        for named in NamedOp::all(definition) {
            self.names.insert(named.shared_name(), named);
        }
        Ok(())
    }

    /// A TensorFlow op type of the definition that already means another op, and
    /// that op.
    fn taken_type<'a>(&'a self, definition: &'a OpDef) -> Option<(&'a str, &'a str)> {
        let mut types = definition.tf_node().op_types();
        types.find_map(|op_type| {
            let mut known = self.names.values().map(NamedOp::definition);
            let owner = known.find(|known| known.tf_node().op_types().any(|t| t == op_type))?;
            Some((op_type, owner.name()))
        })
    }

    /// From here on, the first scopes of all names belong to the ops present.
    fn reserve_scopes(&mut self) {
        let scopes = self.names.keys().filter_map(|name| name.split_once('.'));
        self.reserved = scopes.map(|(scope, _)| scope.to_owned()).collect();
    }
}

/// An op, looked up by one of its names.
#[derive(Clone, Copy)]
pub struct Op<'a> {
    registry: &'a Registry,
    named: &'a NamedOp,
}

impl<'a> Op<'a> {
    /// An op that was looked up before, in its registry.
    #[inline]
    pub(crate) fn new(registry: &'a Registry, named: &'a NamedOp) -> Self {
        Self { registry, named }
    }

    pub(crate) fn named(&self) -> &'a NamedOp {
        self.named
    }

    /// The name it was found by.
    pub fn name(&self) -> &'a str {
        self.named.name()
    }

    /// Its definition.
    pub fn definition(&self) -> &'a OpDef {
        self.named.definition()
    }

    /// The signature that its name chose.
    pub fn signature(&self) -> &'a Signature {
        self.named.signature()
    }

    /// The registry it was found in.
    pub fn registry(&self) -> &'a Registry {
        self.registry
    }

    /// The op's parameter by its own name, or by the name that the signature
    /// called gives it.
    pub fn parameter(&self, name: &str) -> Option<&'a Param> {
        self.named.parameter(name)
    }
}

impl fmt::Debug for Op<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.named.fmt(f)
    }
}
