//! The program under libFuzzer. `cargo xtask fuzz` builds and runs it; ECS_FUZZ_TARGET names the target.
//!
//! *Not here*: what is tried (`targets`).

#![no_main]

use std::sync::OnceLock;

use ecs_fuzz::Target;

static TARGET: OnceLock<&Target> = OnceLock::new();

fn target() -> &'static Target {
    TARGET.get_or_init(|| {
        let name = std::env::var("ECS_FUZZ_TARGET").unwrap_or_default();
        ecs_fuzz::target(&name).unwrap_or_else(|| {
            let names: Vec<&str> = ecs_fuzz::TARGETS.iter().map(|target| target.name).collect();
            eprintln!("ECS_FUZZ_TARGET names no target; it is one of {}", names.join(", "));
            std::process::exit(64)
        })
    })
}

libfuzzer_sys::fuzz_target!(init: { target(); }, |data: &[u8]| (target().check)(data));
