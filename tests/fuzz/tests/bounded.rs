//! Every target over inputs that are the same on every machine: what CI runs of the fuzzing. `cargo xtask fuzz` looks further.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Mutex;
use std::time::Instant;

use ecs_fuzz::mutations::Mutations;
use ecs_fuzz::{TARGETS, Target, seeds};

/// Changing it changes every input
const SEED: u64 = 20_251_121;

#[test]
fn no_input_grown_from_a_seed_breaks_a_target() {
    let waiting = Mutex::new(TARGETS.iter());
    let next = || waiting.lock().ok().and_then(|mut targets| targets.next());
    let broken = Mutex::new(Vec::new());
    let work = || {
        while let Some(target) = next() {
            let started = Instant::now();
            let broke = first_that_breaks(target);
            println!("{:<16} {:>8} inputs {:>8.1?}", target.name, target.runs, started.elapsed());
            if let (Some(input), Ok(mut broken)) = (broke, broken.lock()) {
                let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("breaks-{}", target.name));
                let kept = fs::write(&file, input);
                broken.push(format!("{} {}", file.display(), kept.err().map(|e| e.to_string()).unwrap_or_default()));
            }
        }
    };
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| (0..processors).for_each(|_| drop(scope.spawn(work))));
    let broken = broken.into_inner().unwrap_or_default();
    assert!(
        broken.is_empty(),
        "mend the code and commit each of these as tests/fuzz/regressions/<target>/<what-it-broke>:\n{}",
        broken.join("\n")
    );
}

fn first_that_breaks(target: &Target) -> Option<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let (seeds, words) = (seeds::of(target.seeds, &root, None), seeds::words());
    let breaks = |input: &Vec<u8>| catch_unwind(AssertUnwindSafe(|| (target.check)(input))).is_err();
    Mutations::new(SEED, &seeds, &words).take(target.runs as usize).find(breaks)
}
