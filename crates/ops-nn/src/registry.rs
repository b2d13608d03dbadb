//! The registry: definitions by name, alias and versioned signature.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::sync::{Arc, OnceLock};

use rustc_hash::FxBuildHasher;
use tensor_core::{DynSliceMut, DynTensor};

use crate::call::args::Args;
use crate::call::eager::Call;
use crate::error::OpError;
use crate::op::compute::Compute;
use crate::op::definition::{DTypeRule, OpDef, Param, ParamKind, Presence};
use crate::op::rules::Partial;
use crate::op::shapes::{ShapePlan, ShapeRule};
use crate::op::signature::{Role, Signature, SignatureParam};
use crate::op::tf_node::is_node_name;

/// How many names an error suggests.
const SUGGESTIONS: usize = 3;
/// How alike (0 to 1, Jaro-Winkler) a name must be to be suggested.
const SUGGEST_FROM: f64 = 0.75;

/// How many parameters an op may have: binding keeps a bit for each.
const MOST_PARAMETERS: usize = 64;

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
    /// The names are the host's own, so that a hash need not withstand an
    /// adversary, only be quick.
    names: HashMap<Arc<str>, Named, FxBuildHasher>,
    /// Scopes that only the built-in ops may use.
    reserved: BTreeSet<String>,
}

/// What a name stands for.
#[derive(Clone, Debug)]
struct Named {
    name: Arc<str>,
    entry: Arc<Entry>,
    /// The index of the signature that the name chooses.
    signature: usize,
}

struct Entry {
    definition: OpDef,
    compute: Compute,
    shape: ShapePlan,
    /// How many parameters, from the first on, cannot just be left out.
    needed: usize,
    /// The op's own signature first.
    signatures: Vec<Signature>,
}

/// All else follows from the definition.
impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.definition.fmt(f)
    }
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
                registry
                    .insert(definition)
                    .expect("the built-in catalogue registers");
            }
            registry.reserve_scopes();
            registry
        })
    }

    /// Adds an op of the host's, under a scope of the host's own.
    ///
    /// # Errors
    /// [`OpError::ReservedScope`] for a name without a scope or under a scope
    /// of the built-in ops, [`OpError::NameTaken`] if the name or an alias is
    /// registered, [`OpError::InvalidDefinition`] if a part is missing or
    /// contradicts another. The registry is then unchanged.
    pub fn register(&mut self, definition: OpDef) -> Result<(), OpError> {
        validate(&definition)?;
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
        self.names.get(name).map(|named| self.op(named))
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
            .filter(|named| named.name.starts_with(prefix))
            .map(|named| self.op(named))
            .collect();
        found.sort_unstable_by_key(Op::name);
        found.into_iter()
    }

    fn op<'a>(&'a self, named: &'a Named) -> Op<'a> {
        Op {
            registry: self,
            named,
        }
    }

    fn insert(&mut self, definition: OpDef) -> Result<(), OpError> {
        let compute = validate(&definition)?;
        self.check_types_free(&definition)?;
        let mut signatures: Vec<_> = std::iter::once(Signature::canonical(&definition))
            .chain(definition.signatures.iter().cloned())
            .collect();
        for signature in &mut signatures {
            signature.resolve(&definition);
        }
        let mut names = BTreeMap::new();
        for (index, signature) in signatures.iter().enumerate() {
            for name in signature.names() {
                self.check_free(name, &definition)?;
                if names.insert(Arc::from(name), index).is_some() {
                    return Err(OpError::NameTaken {
                        op: definition.name().to_owned(),
                        name: name.to_owned(),
                        owner: definition.name().to_owned(),
                    });
                }
            }
        }
        let entry = Arc::new(Entry {
            shape: ShapePlan::of(&definition),
            needed: definition
                .params
                .iter()
                .rposition(|p| p.presence != Presence::Optional)
                .map_or(0, |last| last + 1),
            definition,
            compute,
            signatures,
        });
        for (name, signature) in names {
            let named = Named {
                name: Arc::clone(&name),
                entry: Arc::clone(&entry),
                signature,
            };
            self.names.insert(name, named);
        }
        Ok(())
    }

    fn check_free(&self, name: &str, definition: &OpDef) -> Result<(), OpError> {
        match self.names.get(name) {
            None => Ok(()),
            Some(owner) => Err(OpError::NameTaken {
                op: definition.name().to_owned(),
                name: name.to_owned(),
                owner: owner.entry.definition.name().to_owned(),
            }),
        }
    }

    /// A TensorFlow op type means one op.
    fn check_types_free(&self, definition: &OpDef) -> Result<(), OpError> {
        let owner_of = |op_type: &str| {
            let mut known = self.names.values().map(|named| &named.entry.definition);
            known.find(|known| known.tf_node().op_types().any(|taken| taken == op_type))
        };
        let mut types = definition.tf_node().op_types();
        match types.find_map(|op_type| Some((op_type, owner_of(op_type)?))) {
            None => Ok(()),
            Some((op_type, owner)) => Err(OpError::NameTaken {
                op: definition.name().to_owned(),
                name: op_type.to_owned(),
                owner: owner.name().to_owned(),
            }),
        }
    }

    /// From here on, the first scopes of all names belong to the ops present.
    fn reserve_scopes(&mut self) {
        let scopes = self.names.keys().filter_map(|name| name.split_once('.'));
        self.reserved = scopes.map(|(scope, _)| scope.to_owned()).collect();
    }
}

/// An op that was looked up, without the registry.
#[derive(Clone, Debug)]
pub(crate) struct ResolvedOp(Named);

impl ResolvedOp {
    /// The name it was found by.
    pub(crate) fn name(&self) -> &str {
        &self.0.name
    }

    pub(crate) fn definition(&self) -> &OpDef {
        &self.0.entry.definition
    }

    /// The op, back in its registry.
    #[inline]
    pub(crate) fn within<'a>(&'a self, registry: &'a Registry) -> Op<'a> {
        registry.op(&self.0)
    }
}

/// An op, looked up by one of its names.
#[derive(Clone, Copy)]
pub struct Op<'a> {
    registry: &'a Registry,
    named: &'a Named,
}

impl<'a> Op<'a> {
    /// The name it was found by.
    pub fn name(&self) -> &'a str {
        &self.named.name
    }

    /// Its definition.
    pub fn definition(&self) -> &'a OpDef {
        &self.named.entry.definition
    }

    /// The signature that its name chose.
    pub fn signature(&self) -> &'a Signature {
        &self.named.entry.signatures[self.named.signature]
    }

    pub(crate) fn resolved(&self) -> ResolvedOp {
        ResolvedOp(self.named.clone())
    }

    /// The registry it was found in.
    pub fn registry(&self) -> &'a Registry {
        self.registry
    }

    /// Binds arguments, and checks their element types and shapes.
    ///
    /// # Errors
    /// An [`OpError`] that names the argument, what was expected and found.
    pub fn bind(&self, args: Args<'a>) -> Result<Call<'a>, OpError> {
        Call::bind(*self, args, 0)
    }

    /// Binds and runs. Deprecation warnings are those of
    /// [`bind`](Self::bind)'s call; this short form drops them.
    ///
    /// # Errors
    /// As [`bind`](Self::bind) and [`Call::run`].
    pub fn call<'b>(&self, args: Args<'b>) -> Result<DynTensor<'static>, OpError>
    where
        'a: 'b,
    {
        let op: Op<'b> = *self;
        op.bind(args)?.run()
    }

    /// As [`call`](Self::call), into the caller's buffer, row-major. Arguments
    /// that are tensors of the caller's or numbers need no memory of their own.
    ///
    /// ```
    /// use ops_nn::{Args, Registry, tensor_core::Tensor};
    /// let relu = Registry::builtin().get("nn.relu")?;
    /// let x = Tensor::new([3], vec![-1.0_f32, 0.0, 2.0])?;
    /// let mut out = [0.0_f32; 3];
    /// relu.call_into(Args::new().arg(&x), out.as_mut_slice().into())?;
    /// assert_eq!(out, [0.0, 0.0, 2.0]);
    /// # Ok::<(), ops_nn::OpError>(())
    /// ```
    ///
    /// # Errors
    /// As [`bind`](Self::bind) and [`Call::run_into`].
    #[inline]
    pub fn call_into<'b>(&self, args: Args<'b>, out: DynSliceMut<'_>) -> Result<(), OpError>
    where
        'a: 'b,
    {
        Call::run_once(*self, args, out)
    }

    /// The op's parameter by its own name, or by the name that the signature
    /// called gives it.
    pub fn parameter(&self, name: &str) -> Option<&'a Param> {
        let params = self.definition().parameters();
        let alias = self.signature().params.iter().find(|p| p.name == name);
        let own = alias.map_or(name, |p| &p.fills);
        params.iter().find(|p| p.name == own)
    }

    /// What the signature called calls a parameter.
    pub(crate) fn shown_name(&self, param: &'a Param) -> &'a str {
        let shown = self
            .signature()
            .params
            .iter()
            .find(|p| p.fills == param.name);
        shown.map_or(param.name(), SignatureParam::name)
    }

    pub(crate) fn compute(&self) -> &'a Compute {
        &self.named.entry.compute
    }

    /// How many parameters, from the first on, cannot just be left out.
    pub(crate) fn needed(&self) -> usize {
        self.named.entry.needed
    }

    pub(crate) fn shape_plan(&self) -> &'a ShapePlan {
        &self.named.entry.shape
    }
}

impl fmt::Debug for Op<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Op({} as {})", self.definition().name(), self.name())
    }
}

/// The known names nearest to `name`, best first; the part behind the last dot
/// counts as well as the whole.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Vec<String> {
    fn last_part(name: &str) -> &str {
        name.rsplit('.').next().unwrap_or(name)
    }
    let mut scored: Vec<(f64, &str)> = known
        .map(|candidate| {
            let whole = strsim::jaro_winkler(name, candidate);
            let last = strsim::jaro_winkler(last_part(name), last_part(candidate));
            (whole.max(last * 0.99), candidate)
        })
        .filter(|(score, _)| *score >= SUGGEST_FROM)
        .collect();
    scored.sort_by(|a, b| {
        b.0.total_cmp(&a.0)
            .then_with(|| a.1.len().cmp(&b.1.len()))
            .then_with(|| a.1.cmp(b.1))
    });
    scored
        .into_iter()
        .take(SUGGESTIONS)
        .map(|(_, n)| n.to_owned())
        .collect()
}

/// A name's form: scopes and name of letters, digits and `_`, joined by dots;
/// `@version` may follow.
fn is_valid_name(name: &str) -> bool {
    let (path, version) = name.split_once('@').unwrap_or((name, "0"));
    let is_word = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let is_number = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit());
    path.split('.').all(is_word) && version.split('.').all(is_number)
}

/// The computation of a definition that contradicts itself nowhere.
fn validate(definition: &OpDef) -> Result<Compute, OpError> {
    let faults = name_faults(definition)
        .or_else(|| parameter_faults(definition))
        .or_else(|| signature_faults(definition))
        .or_else(|| rule_faults(definition));
    let missing = "it computes nothing; give OpDef::compute";
    match (faults, &definition.compute) {
        (None, Some(compute)) => Ok(compute.clone()),
        (fault, _) => Err(OpError::InvalidDefinition {
            op: definition.name().to_owned(),
            reason: fault.unwrap_or_else(|| missing.to_owned()),
        }),
    }
}

fn name_faults(definition: &OpDef) -> Option<String> {
    if let Some(name) = definition.names().find(|n| !is_valid_name(n)) {
        return Some(format!(
            "'{name}' is not a valid name; use words of letters, digits and _, joined by dots"
        ));
    }
    (definition.summary.is_empty() || definition.formula.is_empty())
        .then(|| "it is undocumented; give OpDef::summary and OpDef::formula".into())
}

fn parameter_faults(definition: &OpDef) -> Option<String> {
    let params = &definition.params;
    if params.is_empty() {
        return Some("it has no parameters; give them with OpDef::params".into());
    }
    let mut names = params.iter().map(Param::name);
    if let Some(name) = names.find(|name| !is_valid_name(name) || name.contains(['.', '@'])) {
        return Some(format!(
            "'{name}' is not a valid parameter name; use one word"
        ));
    }
    let doubled = |i: &usize| params[..*i].iter().any(|p| p.name == params[*i].name);
    let doubled = (0..params.len()).find(doubled);
    doubled.map(|i| format!("the parameter '{}' stands twice", params[i].name))
}

fn signature_faults(definition: &OpDef) -> Option<String> {
    let longest = definition.signatures.iter().map(|s| s.params.len()).max();
    if definition.params.len().max(longest.unwrap_or_default()) > MOST_PARAMETERS {
        return Some(format!("it has more than {MOST_PARAMETERS} parameters"));
    }
    for signature in &definition.signatures {
        if signature.names.is_empty() || signature.params.is_empty() {
            return Some("a signature of it has no names or no parameters".into());
        }
        for (i, param) in signature.params.iter().enumerate() {
            if signature.params[..i].iter().any(|p| p.name == param.name) {
                return Some(format!(
                    "a signature's parameter '{}' stands twice",
                    param.name
                ));
            }
            let known = matches!(param.role, Role::Sentinel(_))
                || definition.param_index(&param.fills).is_some();
            if !known {
                return Some(format!(
                    "a signature's '{}' fills '{}', which is no parameter of the op",
                    param.name, param.fills
                ));
            }
        }
    }
    None
}

fn rule_faults(definition: &OpDef) -> Option<String> {
    let is_tensor = |name: &str| {
        let param = definition.params.iter().find(|p| p.name == name);
        param.is_some_and(|p| matches!(p.kind(), ParamKind::Tensor(_)))
    };
    let first = definition.gradient.arguments();
    let second: Vec<&str> = definition.second.iter().map(Partial::wrt).collect();
    for list in [&first, &second] {
        for (i, wrt) in list.iter().enumerate() {
            if !is_tensor(wrt) || list[..i].contains(wrt) {
                return Some(format!(
                    "its derivatives by '{wrt}' must be one, by a tensor parameter of the op"
                ));
            }
        }
    }
    let form = &definition.tf_node;
    let named = form.constants.iter().map(|(param, _)| param);
    let named = named.chain(form.attrs.iter().map(|(param, _)| param));
    let is_param = |name: &&str| definition.param_index(name).is_some();
    if let Some(name) = form.first.iter().chain(named).find(|n| !is_param(n)) {
        return Some(format!(
            "its node form names '{name}', which is no parameter"
        ));
    }
    let constants = form.constants.iter().map(|(_, name)| &**name);
    let mut given = constants.chain([&*form.name]).filter(|n| !n.is_empty());
    if let Some(name) = given.find(|name| !is_node_name(name)) {
        return Some(format!(
            "its node form's '{name}' is not a valid node name; use a letter or a digit first"
        ));
    }
    if let ShapeRule::Like { argument, same } = &definition.shape {
        if let Some(name) = [argument].into_iter().chain(*same).find(|n| !is_tensor(n)) {
            return Some(format!(
                "its shape rule names '{name}', which is no tensor parameter"
            ));
        }
    }
    let takes_dtype = definition
        .params
        .iter()
        .any(|p| p.kind() == ParamKind::DType);
    match definition.dtype {
        DTypeRule::Like(name) if !is_tensor(name) => Some(format!(
            "its dtype rule names '{name}', which is no tensor parameter"
        )),
        DTypeRule::Argument if !takes_dtype => {
            Some("its dtype is that of an argument, but it has no dtype parameter".into())
        }
        _ => None,
    }
}
