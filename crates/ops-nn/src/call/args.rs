//! The arguments of one call: positional ones, then keywords, as in Python.

use smallvec::SmallVec;

use crate::op::example::Example;
use crate::op::value::Value;

/// The arguments of one call.
///
/// ```
/// use ops_nn::Args;
/// let args = Args::new().arg(1.0).arg(0.0).kwarg("pos_weight", 2.0);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Args<'a> {
    /// The positional ones, then those given by name.
    pub(crate) values: SmallVec<[Value<'a>; 4]>,
    /// The names of the last values.
    pub(crate) names: SmallVec<[&'a str; 4]>,
}

impl<'a> Args<'a> {
    /// No arguments yet.
    #[inline]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the next positional argument.
    #[must_use]
    #[inline]
    pub fn arg(mut self, value: impl Into<Value<'a>>) -> Self {
        let value = value.into();
        if self.names.is_empty() && self.has_room() {
            self.values.push(value);
            self
        } else {
            self.insert(value)
        }
    }

    /// Adds an argument by name.
    #[must_use]
    #[inline]
    pub fn kwarg(mut self, name: &'a str, value: impl Into<Value<'a>>) -> Self {
        let value = value.into();
        if self.has_room() {
            self.names.push(name);
            self.values.push(value);
            self
        } else {
            self.append(name, value)
        }
    }

    /// Whether one more argument, named or not, fits without memory from the
    /// heap. Known to be so, the arguments of most calls are never moved.
    #[inline]
    fn has_room(&self) -> bool {
        !self.values.spilled()
            && self.values.len() < self.values.inline_size()
            && !self.names.spilled()
            && self.names.len() < self.names.inline_size()
    }

    /// [`arg`](Self::arg), in all cases.
    #[cold]
    fn insert(mut self, value: Value<'a>) -> Self {
        let positional = self.values.len() - self.names.len();
        self.values.insert(positional, value);
        self
    }

    /// [`kwarg`](Self::kwarg), in all cases.
    #[cold]
    fn append(mut self, name: &'a str, value: Value<'a>) -> Self {
        self.names.push(name);
        self.values.push(value);
        self
    }
}

impl Example {
    /// The arguments of the call, all by name.
    pub fn call_args(&self) -> Args<'_> {
        let named = self.args.iter();
        named.fold(Args::new(), |args, (name, value)| args.kwarg(name, value))
    }
}
