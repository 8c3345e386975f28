//! The house rules that a machine can check (../../../CONTRIBUTING.md). A failure lists every place that breaks the rule.

use std::collections::{BTreeMap, BTreeSet};

use crate::repository::{Source, read, sources};

/// Files with more code than [`FILE_LINES`], and why that is right
const LONG_FILES: &[(&str, &str)] = &[];
/// Functions longer than [`FUNCTION_LINES`], as `path:name`, and why that is right
const LONG_FUNCTIONS: &[(&str, &str)] = &[
    (
        "operator/core/src/check/service.rs:model",
        "half of it is the list of a service's fields, taken apart whole in one place",
    ),
    (
        "operator/core/src/check/schedule.rs:model",
        "half of it is the list of a schedule's fields, taken apart whole in one place",
    ),
    ("operator/core/src/reverse/container.rs:container", "a container's fields, taken apart whole in one place"),
    ("operator/core/src/reverse/pod.rs:left_out", "a pod's fields, taken apart whole in one place"),
    ("operator/core/src/reverse/volumes.rs:keep", "half of it is the list of Kubernetes' volumes, taken apart whole"),
];
/// How many lines of code a file has at most
const FILE_LINES: usize = 400;
/// How many lines of code a function has at most
const FUNCTION_LINES: usize = 60;

/// Files that may look at the environment although they are not called args.rs, and why
const ENVIRONMENT: &[(&str, &str)] = &[
    ("hack/", "the test bed finds tools, caches and ports of the machine it runs on"),
    ("operator/cli/benches/", "a benchmark is told how long to run, and with which documents"),
    ("tests/", "tests are told where the test bed is, and whether to rewrite generated files"),
];

/// Packages that may depend on one another: downwards only (house: who imports whom)
const ARROWS: &[(&str, &[&str])] = &[
    ("ecs-crds", &[]),
    ("ecs-core", &["ecs-crds"]),
    ("ecs-kube", &["ecs-core", "ecs-crds"]),
    ("ecs-aws", &["ecs-core", "ecs-crds"]),
    ("xtask", &["ecs-core", "ecs-crds"]),
    ("ecs-operator", &["ecs-aws", "ecs-kube", "ecs-core", "ecs-crds"]),
    ("kubectl-ecs", &["ecs-aws", "ecs-kube", "ecs-core", "ecs-crds"]),
    ("ecs-fuzz", &["ecs-core", "ecs-crds", "kubectl-ecs"]),
    ("ecs-tests", &["ecs-aws", "ecs-kube", "ecs-core", "ecs-crds", "ecs-operator", "kubectl-ecs"]),
];

/// Modules of ecs-core from the bottom to the top: each imports from its own line and those before it
const LAYERS: &[&[&str]] = &[
    &["findings", "names", "config"],
    &["values"],
    &["support", "wire"],
    &["model"],
    &["check"],
    &["revision"],
    &["translate", "task_view"],
    &["deploy"],
    &["plan", "report"],
    &["render", "reverse", "sync"],
    &["ports"],
];

/// Imports that go up nevertheless, and why
const UPWARDS: &[(&str, &str, &str)] =
    &[("wire", "check", "what a lenient reader refuses, it refuses in the words of the vocabulary check")];

/// The manifests of all packages
const MANIFESTS: &[&str] = &[
    "crds/Cargo.toml",
    "hack/Cargo.toml",
    "operator/Cargo.toml",
    "operator/aws/Cargo.toml",
    "operator/cli/Cargo.toml",
    "operator/core/Cargo.toml",
    "operator/kube/Cargo.toml",
    "tests/Cargo.toml",
    "tests/fuzz/Cargo.toml",
];

/// Fails with every place that breaks `rule`
fn check(rule: &str, broken: &[String]) {
    assert!(broken.is_empty(), "{rule}:\n  {}", broken.join("\n  "));
}

/// Lines of code outside tests that hold one of `words`, in files that `judged` picks
fn lines_with(words: &[&str], judged: impl Fn(&Source) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for source in sources().iter().filter(|source| !source.is_test() && judged(source)) {
        for (number, line) in source.code().filter(|(_, line)| words.iter().any(|word| line.contains(word))) {
            found.push(format!("{}:{number}: {}", source.path, line.trim()));
        }
    }
    found
}

#[test]
fn the_core_has_no_io_no_clock_and_no_environment() {
    let words = [
        "std::env",
        "std::fs",
        "std::net::Tcp",
        "std::net::Udp",
        "std::process",
        "std::thread",
        "SystemTime",
        "Instant::now",
        "Timestamp::now",
        "Zoned::now",
        "env::var",
        "tokio",
        "async fn",
        "println!",
        "eprintln!",
    ];
    check("ecs-core is pure", &lines_with(&words, |source| source.path.starts_with("operator/core/")));
}

#[test]
fn the_core_depends_on_nothing_that_does_io() {
    let io = ["tokio", "hyper", "kube", "reqwest", "aws-", "rustix", "tracing", "async-", "futures"];
    let manifest = read("operator/core/Cargo.toml");
    let broken: Vec<String> = dependencies(&manifest)
        .into_iter()
        .filter(|name| io.iter().any(|io| name == io || (io.ends_with('-') && name.starts_with(io))))
        .collect();
    check("ecs-core depends on no runtime, client or AWS crate", &broken);
}

#[test]
fn only_ecs_kube_writes_to_the_api_server() {
    check(
        "PatchParams only in ecs-kube",
        &lines_with(&["PatchParams"], |source| !source.path.starts_with("operator/kube/")),
    );
}

#[test]
fn the_group_is_written_in_one_place() {
    let elsewhere = |source: &Source| {
        !["crds/", "hack/", "operator/core/src/names.rs"].iter().any(|place| source.path.starts_with(place))
    };
    check("the group string only in ecs-crds and names.rs", &lines_with(&["\"ecs-operator.dev"], elsewhere));
}

#[test]
fn stories_of_real_containers_stand_where_their_absence_is_told() {
    let told = |path: &str| {
        path.starts_with("tests/tests/it/stories/real/") || path.starts_with("tests/tests/it/stories/bed/")
    };
    let elsewhere = sources().into_iter().filter(|source| !told(&source.path) && source.text.contains("real_story("));
    // This file names it to look for it.
    let broken: Vec<String> = elsewhere.map(|source| source.path).filter(|path| !path.ends_with("/tidy.rs")).collect();
    check("real_story only in stories/real", &broken);
}

#[test]
fn only_args_looks_at_the_environment() {
    let elsewhere = |source: &Source| {
        !source.path.ends_with("/args.rs") && !ENVIRONMENT.iter().any(|(place, _)| source.path.starts_with(place))
    };
    check("the environment only in args.rs", &lines_with(&["std::env", "env::var", "env::args"], elsewhere));
}

#[test]
fn every_file_opens_with_what_it_does() {
    let opens = |text: &str| text.lines().next().is_some_and(|line| line.starts_with("//! ") && line.len() > 10);
    let broken: Vec<String> =
        sources().into_iter().filter(|source| !opens(&source.text)).map(|source| source.path).collect();
    check("every file opens with `//!` and what it does", &broken);
}

#[test]
fn every_exception_to_a_lint_has_a_reason() {
    let mut broken = Vec::new();
    for source in sources() {
        let text = &source.text;
        for (at, _) in
            ["#[allow(", "#![allow(", "#[expect(", "#![expect("].iter().flat_map(|open| text.match_indices(open))
        {
            let attribute = text[at..].split(")]").next().unwrap_or_default();
            // This file names the attributes to look for them.
            if !attribute.contains("reason = \"") && !source.path.ends_with("/tidy.rs") {
                broken.push(format!("{}:{}", source.path, text[..at].lines().count() + 1));
            }
        }
    }
    check("`allow` and `expect` say why", &broken);
}

#[test]
fn files_and_functions_are_short() {
    let mut broken = Vec::new();
    for source in sources().iter().filter(|source| !source.is_test()) {
        let lines = source.code().count();
        if lines > FILE_LINES && !LONG_FILES.iter().any(|(path, _)| *path == source.path) {
            broken.push(format!("{}: {lines} lines of code", source.path));
        }
        for function in source.functions().iter().filter(|function| function.lines > FUNCTION_LINES) {
            let (line, text, lines) = (function.line, function.text, function.lines);
            let place = format!("{}:{}", source.path, name_of(text));
            if !LONG_FUNCTIONS.iter().any(|(long, _)| *long == place) {
                broken.push(format!("{}:{line}: {lines} lines: {text}", source.path));
            }
        }
    }
    let rule =
        format!("a file has at most {FILE_LINES} lines of code, a function {FUNCTION_LINES}, or a listed reason");
    check(&rule, &broken);
}

#[test]
fn every_listed_exception_is_still_needed() {
    let sources = sources();
    let find = |path: &str| sources.iter().find(|source| source.path == path);
    let mut broken = Vec::new();
    for (path, _) in LONG_FILES {
        if find(path).is_none_or(|source| source.code().count() <= FILE_LINES) {
            broken.push((*path).to_owned());
        }
    }
    for (place, _) in LONG_FUNCTIONS {
        let long = place.rsplit_once(':').and_then(|(path, name)| {
            find(path)?
                .functions()
                .into_iter()
                .find(|f| name_of(f.text) == name && f.lines > FUNCTION_LINES)
                .map(|f| f.line)
        });
        if long.is_none() {
            broken.push((*place).to_owned());
        }
    }
    check("exceptions that nothing needs any more are taken off the list", &broken);
}

#[test]
fn packages_depend_downwards_only() {
    let mut broken = Vec::new();
    for path in MANIFESTS {
        let manifest = read(path);
        let name = manifest.lines().find_map(|line| line.strip_prefix("name = ")).unwrap_or_default().trim_matches('"');
        let Some((_, allowed)) = ARROWS.iter().find(|(package, _)| *package == name) else {
            broken.push(format!("{name} ({path}) has no place in the order of packages"));
            continue;
        };
        let ours = |dependency: &&String| ARROWS.iter().any(|(package, _)| package == dependency);
        for dependency in dependencies(&manifest).iter().filter(ours).filter(|d| !allowed.contains(&d.as_str())) {
            broken.push(format!("{name} depends on {dependency}"));
        }
    }
    let root = read("Cargo.toml");
    let members = root.lines().find_map(|line| line.strip_prefix("members = ")).unwrap_or_default();
    let listed = MANIFESTS.iter().filter_map(|path| path.strip_suffix("/Cargo.toml"));
    let members_listed: BTreeSet<&str> = listed.collect();
    let members_real: BTreeSet<&str> = members.split('"').skip(1).step_by(2).collect();
    if members_listed != members_real {
        broken.push(format!("the workspace's members are {members_real:?}, this test looks at {members_listed:?}"));
    }
    check("packages depend downwards only", &broken);
}

#[test]
fn modules_of_the_core_import_downwards_only() {
    let layer = |module: &str| LAYERS.iter().position(|layer| layer.contains(&module));
    let mut broken = Vec::new();
    for source in sources().iter().filter(|source| !source.is_test()) {
        let Some(path) = source.path.strip_prefix("operator/core/src/") else { continue };
        let module = path.split('/').next().unwrap_or_default().trim_end_matches(".rs");
        if module == "lib" {
            continue;
        }
        let Some(own) = layer(module) else {
            broken.push(format!("{module} has no place in the order of modules"));
            continue;
        };
        for (number, line) in source.code() {
            // Both `use crate::check::…` and a path in the middle of a line.
            for (at, _) in line.match_indices("crate::") {
                let imported: String =
                    line[at + 7..].chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
                let excepted = UPWARDS.iter().any(|(from, to, _)| *from == module && *to == imported);
                if !excepted && layer(&imported).is_some_and(|theirs| theirs > own) {
                    broken.push(format!("{}:{number}: {module} imports {imported}", source.path));
                }
            }
        }
    }
    check("modules of ecs-core import downwards only", &broken);
}

/// The names under `[dependencies]`; what only tests need is free
fn dependencies(manifest: &str) -> Vec<String> {
    let mut sections: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut section = "";
    for line in manifest.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            section = name;
        } else if let Some((name, _)) = line.split_once(['.', '=', ' ']).filter(|_| !line.starts_with('#')) {
            sections.entry(section).or_default().push(name.trim().to_owned());
        }
    }
    sections.remove("dependencies").unwrap_or_default()
}

/// The name in the first line of a function
fn name_of(text: &str) -> &str {
    let after = text.split_once("fn ").map_or(text, |(_, after)| after);
    after.split(['(', '<']).next().unwrap_or(after)
}
