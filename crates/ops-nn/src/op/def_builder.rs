//! The builder of definitions, and the checks that a definition must pass.

use crate::error::OpError;
use crate::op::builder::{CallSite, OpBuilder};
use crate::op::compute::{Compute, Kernel};
use crate::op::definition::{OpDef, Text};
use crate::op::dtypes::DTypeRule;
use crate::op::example::Example;
use crate::op::param::{Param, ParamKind, Presence};
use crate::op::rules::{Gradient, Partial, Rule, Vjp};
use crate::op::shapes::{ShapePlan, ShapeRule};
use crate::op::signature::{Role, Signature};
use crate::op::tf_node::{TfNode, is_node_name};
use crate::op::value::{RuleResult, Value};

/// How many parameters an op may have: binding keeps a bit for each.
const MOST_PARAMETERS: usize = 64;

/// A definition in the making; [`build`](Self::build) checks it.
///
/// ```
/// use ops_nn::{Compute, OpDef, Param};
/// let double = OpDef::builder("acme.double")
///     .param(Param::float("x"))
///     .summary("Twice the number.")
///     .formula("2 * x")
///     .compute(Compute::composed(|b, call| b.mul(2.0, call.arg("x"))))
///     .build()?;
/// assert_eq!(double.formula(), "2 * x");
/// # Ok::<(), ops_nn::OpError>(())
/// ```
#[derive(Clone, Debug)]
pub struct OpDefBuilder {
    def: OpDef,
    aliases: Vec<Text>,
    compute: Option<Compute>,
}

impl OpDefBuilder {
    pub(super) fn new(name: Text) -> Self {
        let def = OpDef {
            name,
            signatures: Vec::new(),
            params: Vec::new(),
            dtype: DTypeRule::Shared,
            shape: ShapeRule::Broadcast,
            compute: Compute::Kernel(Kernel::Copy),
            gradient: Gradient::None,
            second: Vec::new(),
            decomposition: None,
            other_forms: Vec::new(),
            is_commutative: false,
            is_loss: false,
            summary: Text::default(),
            formula: Text::default(),
            special_values: Vec::new(),
            source: Text::default(),
            since: Text::default(),
            example: None,
            tf_node: TfNode::default(),
            shape_plan: ShapePlan::default(),
            needed: 0,
        };
        Self {
            def,
            aliases: Vec::new(),
            compute: None,
        }
    }

    /// Other names with the same signature.
    #[must_use]
    pub fn aliases<N: Into<Text>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.aliases.extend(names.into_iter().map(Into::into));
        self
    }

    /// Adds a signature of its own for further names.
    #[must_use]
    pub fn signature(mut self, signature: Signature) -> Self {
        self.def.signatures.push(signature);
        self
    }

    /// Adds the next parameter. An optional `name` follows the last one by
    /// itself: it names the node in a graph and changes nothing in a call.
    #[must_use]
    pub fn param(mut self, param: impl Into<Param>) -> Self {
        self.def.params.push(param.into());
        self
    }

    /// Adds several parameters, in positional order.
    #[must_use]
    pub fn params<P: Into<Param>>(self, params: impl IntoIterator<Item = P>) -> Self {
        params.into_iter().fold(self, Self::param)
    }

    /// The element type of the result (default: the shared one).
    #[must_use]
    pub fn dtype(mut self, rule: DTypeRule) -> Self {
        self.def.dtype = rule;
        self
    }

    /// The shape of the result (default: the tensors broadcast together).
    #[must_use]
    pub fn shape(mut self, rule: ShapeRule) -> Self {
        self.def.shape = rule;
        self
    }

    /// The computation.
    #[must_use]
    pub fn compute(mut self, compute: Compute) -> Self {
        self.compute = Some(compute);
        self
    }

    /// The first derivatives.
    #[must_use]
    pub fn gradient(mut self, gradient: Gradient) -> Self {
        self.def.gradient = gradient;
        self
    }

    /// The first derivative of an element-wise op with respect to its only
    /// differentiable argument; [`gradient`](Self::gradient) for several.
    #[must_use]
    pub fn derivative(
        self,
        wrt: &'static str,
        rule: impl Fn(&mut dyn OpBuilder, &CallSite<'_>) -> RuleResult + Send + Sync + 'static,
    ) -> Self {
        self.gradient(Gradient::elementwise([Partial::new(wrt, rule)]))
    }

    /// The gradient of the only differentiable argument of an op that is not
    /// element-wise, by a rule that is given the gradient of the result.
    #[must_use]
    pub fn vjp(
        self,
        wrt: &'static str,
        rule: impl Fn(&mut dyn OpBuilder, &CallSite<'_>, Value<'static>) -> RuleResult
        + Send
        + Sync
        + 'static,
    ) -> Self {
        self.gradient(Gradient::vjp([Vjp::new(wrt, rule)]))
    }

    /// The second derivatives with respect to one argument each (the diagonal
    /// of an element-wise op's Hessian).
    #[must_use]
    pub fn second_derivatives(mut self, partials: impl IntoIterator<Item = Partial>) -> Self {
        self.def.second = partials.into_iter().collect();
        self
    }

    /// The documented formula in primitives.
    #[must_use]
    pub fn decomposition(
        mut self,
        rule: impl Fn(&mut dyn OpBuilder, &CallSite<'_>) -> RuleResult + Send + Sync + 'static,
    ) -> Self {
        self.def.decomposition = Some(Rule::new(rule));
        self
    }

    /// Another way to write the documented formula: recognised in graphs, never
    /// written.
    #[must_use]
    pub fn other_form(
        mut self,
        rule: impl Fn(&mut dyn OpBuilder, &CallSite<'_>) -> RuleResult + Send + Sync + 'static,
    ) -> Self {
        self.def.other_forms.push(Rule::new(rule));
        self
    }

    /// Says that the first two parameters may change places.
    #[must_use]
    pub fn commutative(mut self) -> Self {
        self.def.is_commutative = true;
        self
    }

    /// Says that the op gives the loss of each example, so that its sum and its
    /// mean over many are meaningful.
    #[must_use]
    pub fn loss(mut self) -> Self {
        self.def.is_loss = true;
        self
    }

    /// One sentence that says what the op returns.
    #[must_use]
    pub fn summary(mut self, text: impl Into<Text>) -> Self {
        self.def.summary = text.into();
        self
    }

    /// The formula, in the parameters' names.
    #[must_use]
    pub fn formula(mut self, text: impl Into<Text>) -> Self {
        self.def.formula = text.into();
        self
    }

    /// Adds a row to the table of special values: inputs, result.
    #[must_use]
    pub fn special(mut self, inputs: impl Into<Text>, result: impl Into<Text>) -> Self {
        self.def.special_values.push((inputs.into(), result.into()));
        self
    }

    /// Where the definition comes from.
    #[must_use]
    pub fn source(mut self, text: impl Into<Text>) -> Self {
        self.def.source = text.into();
        self
    }

    /// The version that introduced the op.
    #[must_use]
    pub fn since(mut self, version: impl Into<Text>) -> Self {
        self.def.since = version.into();
        self
    }

    /// A call by these arguments, in float32, and the elements of its result.
    #[must_use]
    pub fn example<const N: usize>(
        mut self,
        args: [(&'static str, Value<'static>); N],
        result: impl Into<Vec<f64>>,
    ) -> Self {
        self.def.example = Some(Example {
            args: args.map(|(name, value)| (name.into(), value)).into(),
            result: result.into(),
        });
        self
    }

    /// How the op's nodes look in a graph (default: named after the last part
    /// of the op's name, unknown to TensorFlow).
    #[must_use]
    pub fn node(mut self, node: TfNode) -> Self {
        self.def.tf_node = node;
        self
    }

    /// The definition.
    ///
    /// # Errors
    /// [`OpError::InvalidDefinition`] if a part is missing or contradicts
    /// another.
    pub fn build(self) -> Result<OpDef, OpError> {
        let Self {
            mut def,
            aliases,
            compute,
        } = self;
        if !def.params.is_empty() {
            def.params.push(Param::name_of_node());
        }
        let own = Signature::canonical(&def, aliases);
        def.signatures.insert(0, own);
        let fault = name_fault(&def)
            .or_else(|| parameter_fault(&def))
            .or_else(|| signature_fault(&def))
            .or_else(|| derivative_fault(&def))
            .or_else(|| node_fault(&def))
            .or_else(|| result_fault(&def))
            .or_else(|| compute_fault(&def, compute.as_ref()))
            .or_else(|| example_fault(&def));
        let missing = "it computes nothing; give OpDefBuilder::compute";
        match (fault, compute) {
            (None, Some(compute)) => def.compute = compute,
            (fault, _) => {
                return Err(OpError::InvalidDefinition {
                    op: def.name.into_owned(),
                    reason: fault.unwrap_or_else(|| missing.to_owned()),
                });
            }
        }
        for signature in &mut def.signatures {
            signature.resolve(&def.params);
        }
        def.shape_plan = ShapePlan::of(&def);
        let last = def
            .params
            .iter()
            .rposition(|p| p.default() != Presence::Optional);
        def.needed = last.map_or(0, |last| last + 1);
        Ok(def)
    }
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

fn name_fault(def: &OpDef) -> Option<String> {
    if let Some(name) = def.names().find(|n| !is_valid_name(n)) {
        return Some(format!(
            "'{name}' is not a valid name; use words of letters, digits and _, joined by dots"
        ));
    }
    (def.summary.is_empty() || def.formula.is_empty()).then(|| {
        "it is undocumented; give OpDefBuilder::summary and OpDefBuilder::formula".to_owned()
    })
}

fn parameter_fault(def: &OpDef) -> Option<String> {
    let params = &def.params;
    if params.is_empty() {
        return Some("it has no parameters; give them with OpDefBuilder::params".to_owned());
    }
    let mut names = params.iter().map(Param::name);
    if let Some(name) = names.find(|name| !is_valid_name(name) || name.contains(['.', '@'])) {
        return Some(format!(
            "'{name}' is not a valid parameter name; use one word"
        ));
    }
    let doubled = |i: &usize| params[..*i].iter().any(|p| p.name == params[*i].name);
    let doubled = (0..params.len()).find(doubled);
    doubled.map(|i| format!("the parameter '{}' is there twice", params[i].name))
}

fn signature_fault(def: &OpDef) -> Option<String> {
    let longest = def.signatures.iter().map(|s| s.params.len()).max();
    if longest.unwrap_or_default() > MOST_PARAMETERS {
        return Some(format!("it has more than {MOST_PARAMETERS} parameters"));
    }
    for signature in &def.signatures {
        if signature.names.is_empty() || signature.params.is_empty() {
            return Some("a signature of it has no names or no parameters".to_owned());
        }
        for (i, param) in signature.params.iter().enumerate() {
            let name = &param.name;
            if signature.params[..i].iter().any(|p| p.name == *name) {
                return Some(format!("a signature's parameter '{name}' is there twice"));
            }
            let known =
                matches!(param.role, Role::Sentinel(_)) || def.param_index(&param.fills).is_some();
            if !known {
                return Some(format!(
                    "a signature's '{name}' fills '{}', which is no parameter of the op",
                    param.fills
                ));
            }
        }
    }
    None
}

fn is_tensor(def: &OpDef, name: &str) -> bool {
    let param = def.params.iter().find(|p| p.name == name);
    param.is_some_and(Param::is_tensor)
}

fn derivative_fault(def: &OpDef) -> Option<String> {
    let first = def.gradient.arguments();
    let second: Vec<&str> = def.second.iter().map(Partial::wrt).collect();
    for list in [&first, &second] {
        for (i, wrt) in list.iter().enumerate() {
            if !is_tensor(def, wrt) || list[..i].contains(wrt) {
                return Some(format!(
                    "its derivatives by '{wrt}' must be one, by a tensor parameter of the op"
                ));
            }
        }
    }
    None
}

fn node_fault(def: &OpDef) -> Option<String> {
    let node = &def.tf_node;
    let named = node.constants.iter().map(|(param, _)| param);
    let named = named.chain(node.attrs.iter().map(|(param, _)| param));
    let is_param = |name: &&str| def.param_index(name).is_some();
    if let Some(name) = node.first.iter().chain(named).find(|n| !is_param(n)) {
        return Some(format!(
            "its node form names '{name}', which is no parameter"
        ));
    }
    let constants = node.constants.iter().map(|(_, name)| &**name);
    let mut given = constants.chain([&*node.name]).filter(|n| !n.is_empty());
    given.find(|name| !is_node_name(name)).map(|name| {
        format!("its node form's '{name}' is not a valid node name; use a letter or a digit first")
    })
}

fn result_fault(def: &OpDef) -> Option<String> {
    if let ShapeRule::Like { argument, same } = &def.shape {
        let mut named = [argument].into_iter().chain(*same);
        if let Some(name) = named.find(|n| !is_tensor(def, n)) {
            return Some(format!(
                "its shape rule names '{name}', which is no tensor parameter"
            ));
        }
    }
    let takes_dtype = def.params.iter().any(|p| p.kind() == ParamKind::DType);
    match def.dtype {
        DTypeRule::Like(name) if !is_tensor(def, name) => Some(format!(
            "its dtype rule names '{name}', which is no tensor parameter"
        )),
        DTypeRule::Argument if !takes_dtype => {
            Some("its dtype is that of an argument, but it has no dtype parameter".to_owned())
        }
        _ => None,
    }
}

/// A kernel takes the op's first parameters, which must be tensors then.
fn compute_fault(def: &OpDef, compute: Option<&Compute>) -> Option<String> {
    let tensors = def.params.iter().take_while(|p| p.is_tensor()).count();
    let needed = match compute {
        Some(Compute::Kernel(Kernel::Unary(_) | Kernel::Copy | Kernel::Cast)) => 1,
        Some(Compute::Kernel(Kernel::Binary(_) | Kernel::Loss(_))) => 2,
        _ => 0,
    };
    if tensors < needed {
        return Some(format!(
            "its kernel takes {needed} tensors, and its parameters begin with {tensors}"
        ));
    }
    (def.is_commutative && tensors < 2)
        .then(|| "it is commutative, and its first two parameters are no tensors".to_owned())
}

fn example_fault(def: &OpDef) -> Option<String> {
    let mut names = def
        .example
        .iter()
        .flat_map(|e| &e.args)
        .map(|(name, _)| name);
    let unknown = names.find(|name| def.param_index(name).is_none())?;
    Some(format!(
        "its example gives '{unknown}', which is no parameter of the op"
    ))
}
