//! kubectl's plugin, built beside the tests that run it.

use std::process::ExitCode;

fn main() -> ExitCode {
    kubectl_ecs::main()
}
