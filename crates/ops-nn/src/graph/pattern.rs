//! Decompositions as patterns: the same calls, searched for in a graph.
//!
//! A pattern is made from the op's own rule, so every decomposition can be recognised again.

use tensor_core::{DType, DynTensor};

use super::decimals::{candidates, epsilon, is_rounded};
use super::recipe::Recipe;
use super::{Graph, NodeId, NodeKind};
use crate::call::args::Args;
use crate::op::param::{Param, Presence};
use crate::op::rules::Rule;
use crate::op::value::{Value, ValueId};
use crate::registry::{Op, Registry};

/// Two numbers given to the rule. The numbers in its calls show how they depend on the one given.
const PROBES: [f64; 2] = [2.0, 4.0];

/// The calls of a decomposition, as they look in a graph.
pub(super) struct Pattern<'r> {
    op: Op<'r>,
    rule: &'r Rule,
    /// The parameter that is given a number instead of a node, if one is.
    number: Option<usize>,
    steps: Vec<Step<'r>>,
    root: usize,
}

/// A call of the pattern.
struct Step<'r> {
    op: Op<'r>,
    slots: Vec<Slot>,
}

/// An argument of a call of the pattern.
#[derive(Clone)]
enum Slot {
    /// The argument for the op's parameter of that index.
    Argument(usize),
    /// The result of another call.
    Step(usize),
    /// A constant number.
    Number(f64),
    /// A number that depends on the number given, by its values for the probes.
    Dependent([f64; 2]),
    /// Any other constant argument.
    Plain(Value<'static>),
}

/// Where a pattern was found.
pub(super) struct Found {
    /// The arguments of the op, one per parameter.
    pub(super) args: Vec<Value<'static>>,
    /// The nodes of the pattern but the last, constants included.
    pub(super) inner: Vec<NodeId>,
}

/// The state of a search for a pattern.
#[derive(Clone)]
struct Search {
    arguments: Vec<Option<NodeId>>,
    steps: Vec<Option<NodeId>>,
    constants: Vec<NodeId>,
    /// The dependent numbers found: their values for the probes, and in the graph.
    dependent: Vec<([f64; 2], f64)>,
}

impl<'r> Pattern<'r> {
    /// The patterns of all decompositions: each with nodes for all arguments, and with a number for
    /// each parameter that keeps numbers.
    pub(super) fn all(registry: &'r Registry) -> Vec<Self> {
        let mut patterns = Vec::new();
        for op in registry.list("") {
            let definition = op.definition();
            let params = definition.parameters().iter().enumerate();
            let kept = params.filter(|(_, param)| param.keeps_number());
            let numbers: Vec<_> = kept.map(|(index, _)| Some(index)).chain([None]).collect();
            for rule in definition.recognised() {
                let of_rule = numbers.iter().filter_map(|n| Self::of(op, rule, *n));
                patterns.extend(of_rule);
            }
        }
        patterns
    }

    /// None if the rule fails without knowing the arguments.
    fn of(op: Op<'r>, rule: &'r Rule, number: Option<usize>) -> Option<Self> {
        let [low, high] = PROBES.map(|probe| recipe(op, rule, number, probe));
        let (low, high) = (low?, high?);
        if low.calls.len() != high.calls.len() {
            return None;
        }
        let pairs = low.calls.iter().zip(&high.calls);
        let steps = pairs.map(|(call, other)| {
            let op = op.registry().get(&call.op).ok()?;
            let same = call.op == other.op && call.args.len() == other.args.len();
            let args = call.args.iter().zip(&other.args);
            let slots = args.map(|(arg, other)| Slot::of(&low, arg, other));
            let slots = slots.collect::<Option<_>>()?;
            same.then_some(Step { op, slots })
        });
        Some(Self {
            op,
            rule,
            number,
            steps: steps.collect::<Option<_>>()?,
            root: low.result,
        })
    }

    /// The op that the pattern decomposes.
    pub(super) fn op(&self) -> Op<'r> {
        self.op
    }

    /// Searches for the pattern with its last call at `root`.
    pub(super) fn find(&self, graph: &Graph, root: NodeId) -> Option<Found> {
        let search = Search {
            arguments: vec![None; self.op.definition().parameters().len()],
            steps: vec![None; self.steps.len()],
            constants: Vec::new(),
            dependent: Vec::new(),
        };
        let pending = vec![(Slot::Step(self.root), Value::Id(root))];
        self.solve(graph, search, pending)
    }

    /// Matches each pending slot with the argument beside it.
    fn solve(
        &self,
        graph: &Graph,
        mut search: Search,
        mut pending: Vec<(Slot, Value<'static>)>,
    ) -> Option<Found> {
        while let Some((slot, arg)) = pending.pop() {
            let (Slot::Step(index), Value::Id(id)) = (&slot, &arg) else {
                search.accept(graph, &slot, &arg)?;
                continue;
            };
            if let Some(bound) = search.steps[*index] {
                (bound == *id).then_some(())?;
                continue;
            }
            search.steps[*index] = Some(*id);
            let step = &self.steps[*index];
            let args = step.args_of(&graph[*id].kind)?;
            let beside = |args: Vec<Value<'static>>| step.slots.iter().cloned().zip(args);
            if step.op.definition().is_commutative() && args.len() > 1 {
                let mut swapped = args.clone();
                swapped.swap(0, 1);
                let pending = pending.iter().cloned().chain(beside(swapped)).collect();
                let found = self.solve(graph, search.clone(), pending);
                if found.is_some() {
                    return found;
                }
            }
            pending.extend(beside(args));
        }
        self.finish(graph, &search)
    }

    /// The arguments, if the matches are consistent.
    fn finish(&self, graph: &Graph, search: &Search) -> Option<Found> {
        let root = search.steps[self.root]?;
        let dtype = graph[root].dtype()?;
        let params = self.op.definition().parameters().iter().enumerate();
        let args = params.map(|(index, param)| match search.arguments[index] {
            Some(id) => Some(Value::Id(id)),
            None if self.number == Some(index) => {
                self.number(&search.dependent, dtype).map(Value::Number)
            }
            None => (param.default() != Presence::Required).then_some(Value::None),
        });
        let args = args.collect::<Option<_>>()?;
        self.folded_fit(graph, search).then_some(())?;
        let steps = search.steps.iter().flatten().copied();
        let mut inner: Vec<_> = steps.filter(|id| *id != root).collect();
        // A constant may have been imported with constants of its own.
        let is_constant = |id: &&NodeId| matches!(graph[**id].kind, NodeKind::Constant(_));
        let constants = inner.iter().filter(is_constant);
        let of_constants: Vec<_> = constants.flat_map(|id| graph.dependencies(*id)).collect();
        inner.extend(of_constants);
        inner.extend(&search.constants);
        Some(Found { args, inner })
    }

    /// Whether constants in the place of a folded call are scalars or have the shape that the
    /// result of the call would have.
    fn folded_fit(&self, graph: &Graph, search: &Search) -> bool {
        let steps = self.steps.iter().zip(&search.steps);
        let mut folded = steps.filter_map(|(step, id)| {
            let node = &graph[(*id)?];
            matches!(node.kind, NodeKind::Constant(_)).then_some((step, node))
        });
        folded.all(|(step, node)| {
            let like = match step.slots.first() {
                Some(Slot::Argument(index)) => search.arguments[*index],
                Some(Slot::Step(index)) => search.steps[*index],
                _ => None,
            };
            let is_scalar = node.shape().rank() == Some(0);
            is_scalar || like.is_some_and(|like| graph[like].shape() == node.shape())
        })
    }

    /// The number that gives the dependent ones: a short decimal if there is one.
    fn number(&self, dependent: &[([f64; 2], f64)], dtype: DType) -> Option<f64> {
        let &([low, high], value) = dependent.first()?;
        let slope = (high - low) / (PROBES[1] - PROBES[0]);
        let guess = PROBES[0] + (value - low) / slope;
        let resolution = (value / slope).abs() * epsilon(dtype);
        candidates(guess, resolution).find(|number| self.explains(*number, dependent, dtype))
    }

    /// Whether the rule, given this number, has the dependent ones in its calls.
    fn explains(&self, number: f64, dependent: &[([f64; 2], f64)], dtype: DType) -> bool {
        let Some(recipe) = recipe(self.op, self.rule, self.number, number) else {
            return false;
        };
        let calls = self.steps.iter().zip(&recipe.calls);
        let slots = calls.flat_map(|(step, call)| step.slots.iter().zip(&call.args));
        let mut numbers = slots.filter_map(|(slot, term)| match (slot, term) {
            (Slot::Dependent(at_probes), Value::Number(number)) => Some((*at_probes, *number)),
            _ => None,
        });
        numbers.all(|(at_probes, number)| {
            let mut found = dependent.iter().filter(|(at, _)| *at == at_probes);
            found.all(|(_, value)| is_rounded(number, dtype, *value))
        })
    }
}

impl Search {
    /// Records that the argument is in the slot, if it fits.
    fn accept(&mut self, graph: &Graph, slot: &Slot, arg: &Value<'_>) -> Option<()> {
        match (slot, arg) {
            (Slot::Plain(expected), found) => (expected == found).then_some(()),
            (Slot::Argument(index), Value::Id(id)) => {
                let bound = self.arguments[*index].get_or_insert(*id);
                (bound == id).then_some(())
            }
            (Slot::Number(number), Value::Id(id)) => {
                let (value, dtype) = self.scalar(graph, *id)?;
                is_rounded(*number, dtype, value).then_some(())
            }
            (Slot::Dependent(at_probes), Value::Id(id)) => {
                let (value, _) = self.scalar(graph, *id)?;
                self.dependent.push((*at_probes, value));
                Some(())
            }
            _ => None,
        }
    }

    /// The value of a constant of rank 0, recorded as part of the pattern.
    fn scalar(&mut self, graph: &Graph, id: NodeId) -> Option<(f64, DType)> {
        match &graph[id].kind {
            NodeKind::Constant(value) if value.rank() == 0 => {
                self.constants.push(id);
                Some((value.get_f64(0)?, value.dtype()))
            }
            _ => None,
        }
    }
}

impl Step<'_> {
    /// The arguments of a node that may be this call; an empty list for a constant that is its
    /// value.
    fn args_of(&self, kind: &NodeKind) -> Option<Vec<Value<'static>>> {
        match kind {
            NodeKind::Constant(value) if self.is_folded_to(value) => Some(Vec::new()),
            NodeKind::Op(op) if op.definition().name() == self.op.definition().name() => {
                let params = op.definition().parameters().iter();
                let mut rest = params.zip(op.args()).skip(self.slots.len());
                rest.all(|(param, arg)| is_left_out(param, arg))
                    .then(|| op.args().to_vec())
            }
            _ => None,
        }
    }

    /// Whether the constant is the result of the call for any tensor of its shape.
    fn is_folded_to(&self, value: &DynTensor<'_>) -> bool {
        let is_folded = self.op.definition().tf_node().is_folded;
        let expected = || self.op.call(Args::new().arg(value));
        is_folded && expected().is_ok_and(|expected| expected == *value)
    }
}

impl Slot {
    fn of(recipe: &Recipe, term: &Value<'static>, other: &Value<'_>) -> Option<Self> {
        Some(match (term, other) {
            (Value::Number(low), Value::Number(high)) if low != high => {
                Self::Dependent([*low, *high])
            }
            (term, other) if term != other => return None,
            (Value::Number(number), _) => Self::Number(*number),
            (Value::Id(id), _) => recipe.call_of(*id).map_or(Self::Argument(id.0), Self::Step),
            (plain, _) => Self::Plain(plain.clone()),
        })
    }
}

/// The calls of a rule, given a number for one parameter and the indices of the others as ids.
fn recipe(op: Op<'_>, rule: &Rule, number: Option<usize>, value: f64) -> Option<Recipe> {
    let count = op.definition().parameters().len();
    let arguments = (0..count).map(|index| match number {
        Some(number) if number == index => Value::Number(value),
        _ => Value::Id(ValueId(index)),
    });
    Recipe::of(op, rule, &arguments.collect::<Vec<_>>(), count).ok()
}

/// Whether an argument equals the default for leaving it out.
fn is_left_out(param: &Param, arg: &Value<'_>) -> bool {
    match arg {
        Value::None => true,
        Value::Flag(value) => param.default() == Presence::Flag(*value),
        _ => false,
    }
}
