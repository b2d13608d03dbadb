//! Derivatives of a bound call: an op's own rules and the chain rule.

use tensor_core::{DType, DynTensor};

use crate::call::args::Args;
use crate::call::bound::Call;
use crate::error::OpError;
use crate::op::inputs::Inputs;
use crate::op::param::Param;
use crate::op::rules::{Gradient, Partial, Vjp};
use crate::op::value::Value;

impl Call<'_> {
    /// The derivative of each element of an element-wise op's result with
    /// respect to the element of `wrt` that it depends on; the result's shape.
    ///
    /// `wrt` is an argument by the op's own name or by that of the signature
    /// called.
    ///
    /// # Errors
    /// [`OpError::NoDerivative`] if the op has none for this argument, or if
    /// the argument or the result is no float.
    pub fn partial(&self, wrt: &str) -> Result<DynTensor<'static>, OpError> {
        self.evaluate(self.inputs().partial(wrt)?.rule())
    }

    /// The second derivative of each element of an element-wise op's result
    /// with respect to the element of `wrt` that it depends on.
    ///
    /// # Errors
    /// As [`partial`](Self::partial).
    pub fn second_partial(&self, wrt: &str) -> Result<DynTensor<'static>, OpError> {
        self.evaluate(self.inputs().second_partial(wrt)?.rule())
    }

    /// The gradient of `sum(upstream * result)` with respect to `wrt`, in the
    /// shape of that argument; without `upstream`, of `sum(result)`.
    ///
    /// Where `wrt` was broadcast, the exact sum of its elements' derivatives,
    /// rounded once.
    ///
    /// # Errors
    /// As [`partial`](Self::partial); [`OpError::Upstream`] if `upstream` has
    /// not the result's shape and dtype.
    pub fn gradient(
        &self,
        wrt: &str,
        upstream: Option<&DynTensor<'_>>,
    ) -> Result<DynTensor<'static>, OpError> {
        if let Some(upstream) = upstream {
            self.check_upstream(upstream)?;
        }
        if let Some(vjp) = self.inputs().vjp(wrt)? {
            return self.apply_vjp(vjp, upstream);
        }
        let gradient = match upstream {
            None => self.partial(wrt)?,
            Some(upstream) => {
                let partial = self.inputs().partial(wrt)?;
                let gradient = self.evaluate_with(|builder, site| {
                    let upstream = builder.push(upstream.view());
                    partial.times(builder, site, upstream)
                })?;
                self.in_result_shape(gradient)?
            }
        };
        let like = self.task.tensor(self.inputs().own_name(wrt))?;
        if gradient.shape() == like.shape() {
            return Ok(gradient);
        }
        let args = Args::new().arg(&gradient).arg(&like);
        self.registry.get("grad.sum_like")?.call(args)
    }

    fn check_upstream(&self, upstream: &DynTensor<'_>) -> Result<(), OpError> {
        if upstream.shape() == self.shape() && upstream.dtype() == self.dtype() {
            return Ok(());
        }
        Err(OpError::Upstream {
            op: self.op().name().to_owned(),
            expected_dtype: self.dtype(),
            expected: Box::new(self.shape().clone()),
            found_dtype: upstream.dtype(),
            found: Box::new(upstream.shape().clone()),
        })
    }

    /// The rule of an op that is not element-wise.
    fn apply_vjp(
        &self,
        vjp: &Vjp,
        upstream: Option<&DynTensor<'_>>,
    ) -> Result<DynTensor<'static>, OpError> {
        let upstream = match upstream {
            Some(tensor) => tensor.view(),
            None => DynTensor::try_full(self.dtype(), self.shape().clone(), 1.0)
                .map_err(|source| self.task.tensor_error(source))?,
        };
        self.evaluate_with(|builder, site| {
            let upstream = builder.push(upstream.clone());
            vjp.apply(builder, site, upstream)
        })
    }
}

impl<'a> Inputs<'a> {
    /// The op's own name for an argument that the signature may call otherwise.
    pub(super) fn own_name<'n>(&self, wrt: &'n str) -> &'n str
    where
        'a: 'n,
    {
        self.op().parameter(wrt).map_or(wrt, Param::name)
    }

    /// The first derivative of an element-wise op.
    pub(super) fn partial(&self, wrt: &str) -> Result<&'a Partial, OpError> {
        match self.definition().gradient() {
            Gradient::Elementwise(partials) => {
                self.differentiable(partials, Partial::wrt, wrt, "first")
            }
            _ => Err(self.no_derivative(wrt, "element-wise first", "no argument".to_owned())),
        }
    }

    pub(super) fn second_partial(&self, wrt: &str) -> Result<&'a Partial, OpError> {
        let partials = self.definition().second_derivatives();
        self.differentiable(partials, Partial::wrt, wrt, "second")
    }

    /// The rule of an op that is not element-wise.
    pub(super) fn vjp(&self, wrt: &str) -> Result<Option<&'a Vjp>, OpError> {
        match self.definition().gradient() {
            Gradient::Vjp(vjps) => self.differentiable(vjps, Vjp::wrt, wrt, "first").map(Some),
            _ => Ok(None),
        }
    }

    /// The rule for an argument, which must be a float, as must the result.
    fn differentiable<R>(
        &self,
        rules: &'a [R],
        wrt_of: fn(&R) -> &'static str,
        wrt: &str,
        order: &'static str,
    ) -> Result<&'a R, OpError> {
        let own = self.own_name(wrt);
        let dtype = match self.argument(own) {
            Ok(Value::Number(_)) => Some(self.shared_dtype()),
            Ok(value) => value.tensor_dtype(),
            Err(_) => None,
        };
        let are_floats = self.result_dtype().is_float() && dtype.is_some_and(DType::is_float);
        let rule = rules.iter().find(|rule| wrt_of(rule) == own);
        rule.filter(|_| are_floats).ok_or_else(|| {
            let available: Vec<_> = rules.iter().map(wrt_of).collect();
            self.no_derivative(
                wrt,
                order,
                match available[..] {
                    [] => "no argument".to_owned(),
                    ref names => names.join(", "),
                },
            )
        })
    }

    fn no_derivative(&self, wrt: &str, order: &'static str, available: String) -> OpError {
        OpError::NoDerivative {
            op: self.op_name().to_owned(),
            argument: wrt.to_owned(),
            order,
            available,
        }
    }
}
