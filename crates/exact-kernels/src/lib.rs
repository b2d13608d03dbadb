//! exact-kernels.
