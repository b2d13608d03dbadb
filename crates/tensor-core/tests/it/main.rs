//! Shapes, tensors and casts.

mod casts;
mod partial_shapes;
mod shapes;
mod tensors;
