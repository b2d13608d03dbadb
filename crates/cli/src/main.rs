//! opsnn.
fn main() {}
