//! The operator's program, built beside the tests that start and kill it.

use std::process::ExitCode;

fn main() -> ExitCode {
    ecs_operator::main()
}
