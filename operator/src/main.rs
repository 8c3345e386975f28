//! The operator: controllers and the binary around the pure middle.

fn main() {}
