//! Every input that ever broke a target, tried again without libFuzzer: `regressions/<target>/<what it broke>`.

use std::fs;
use std::path::Path;

#[test]
fn nothing_that_broke_once_breaks_again() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("regressions");
    let mut tried = 0;
    for target in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = target.file_name().to_string_lossy().into_owned();
        let found = ecs_fuzz::target(&name);
        let check = found.map(|target| target.check);
        assert!(check.is_some(), "regressions/{name} is no target");
        for input in fs::read_dir(target.path()).into_iter().flatten().flatten() {
            println!("{}", input.path().display());
            if let (Some(check), Ok(data)) = (check, fs::read(input.path())) {
                check(&data);
                tried += 1;
            }
        }
    }
    println!("{tried} inputs");
}

#[test]
fn every_target_takes_what_is_nothing_special() {
    for target in ecs_fuzz::TARGETS {
        println!("{}", target.name);
        for data in [&b""[..], b"\0", b"a", &[0xff; 64], &[0x55; 4096], b"{}", b"cron(0 9 * * ? *)"] {
            (target.check)(data);
        }
    }
}

#[test]
fn every_seed_passes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for target in ecs_fuzz::TARGETS {
        let seeds = ecs_fuzz::seeds::of(target.seeds, &root, None);
        assert!(!seeds.is_empty(), "{}", target.name);
        for (index, seed) in seeds.iter().enumerate() {
            println!("{} {index}", target.name);
            (target.check)(seed);
        }
    }
}

#[test]
fn the_dictionary_is_one_that_libfuzzer_reads() {
    let dictionary = ecs_fuzz::seeds::dictionary();
    assert!(dictionary.lines().count() > 500);
    for line in dictionary.lines() {
        let word = line.trim_matches('"');
        assert!(!word.is_empty() && word.chars().all(|c| c.is_ascii_graphic() && c != '"' && c != '\\'), "{line}");
    }
}
