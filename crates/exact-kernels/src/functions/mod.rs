//! One file for each function: what it returns with its edge cases, both first-stage estimates with
//! the derivation of their error bounds, the exact form, and the tests of all three.
//!
//! A function of one number has its public slice function in its file, and one line here. The
//! weighted loss and its derivatives are functions of logits, labels and weights; their public
//! functions are in `kernels::loss`.
//!
//! No file here uses another one, except
//! - `shared`: terms of the logit, logarithms, tails and coefficients that several functions use;
//!   it uses no function,
//! - `weighted_fused`: the pass that computes loss, gradient and second derivative at once; no
//!   function uses it.

pub(crate) mod shared;
pub(crate) mod weighted_fused;
pub(crate) mod weighted_grad_labels;
pub(crate) mod weighted_grad_logits;
pub(crate) mod weighted_grad_pos_weight;
pub(crate) mod weighted_hess_logits;
pub(crate) mod weighted_loss;

/// Declares the files of the functions of one number, and exports their slice functions, which have
/// the files' names.
macro_rules! functions_of_one_number {
    ($($name:ident),* $(,)?) => {$(
        mod $name;
        pub use self::$name::$name;
    )*};
}

functions_of_one_number! {
    exp,
    expm1,
    log,
    log1p,
    log_sigmoid,
    sigmoid,
    softplus,
}
