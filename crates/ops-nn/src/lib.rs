//! ops-nn.
