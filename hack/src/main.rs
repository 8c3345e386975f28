//! cargo xtask: the test bed, the demo, the tests and the generated files.

fn main() {}
