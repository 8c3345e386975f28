//! `ecs-operator`: the binary. The program is in the library, so that tests start the very same one.

use std::process::ExitCode;

fn main() -> ExitCode {
    ecs_operator::main()
}
