//! `kubectl-ecs`, so `kubectl ecs …`.
//!
//! *Not here*: anything; the library beside it is the program.

use std::process::ExitCode;

fn main() -> ExitCode {
    kubectl_ecs::main()
}
