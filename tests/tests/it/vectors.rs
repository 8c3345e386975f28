//! The test vectors of the mapping specification (section 16): V1 to V187, each held by a test that bears its number, or
//! said here to hold later, or not at all.
//!
//! Most stand as data beside the code that they judge, where a case begins with its number. Those that take a whole document
//! stand in `tests/vectors`: documents, what they render to at JSON pointers, and what is found in them.
//!
//! *Not here*: vectors whose behaviour needs time or failing tasks; stories hold those.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use ecs_core::config::{Capabilities, Context, OperatorConfig};
use ecs_core::render::{LoneTask, Options, render};
use ecs_core::wire;
use ecs_crds::status::Severity;
use serde::Deserialize;
use serde_json::Value;

use crate::repository::{root, sources};

/// The numbers of the vectors
const ALL: std::ops::RangeInclusive<u32> = 1..=187;

/// Vectors that no code can hold yet, and the issue that brings it
const LATER: &[(u32, u32, &str)] = &[(149, 5, "step scaling"), (170, 7, "scheduled actions of ECS")];

/// Vectors that hold only as a decision or the API server amends them; tests bear them in that form
const AMENDED: &[(u32, &str)] = &[
    (40, "decisions §6.8: a static hostPort is written only where it is granted, else Warn HostPortNotApplied"),
    (76, "decisions §6.8: an unsafe sysctl is written only where it is granted, else Warn SysctlNotApplied"),
    (88, "decisions §6.1: the server refuses 0% with 0 (422), so 1 is written"),
    (
        166,
        "the SDK's clients send and keep plain JSON, so what its types do not know is read and registered all the same",
    ),
];

/// A vector that takes whole documents
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Whole {
    vector: String,
    given: Vec<Value>,
    #[serde(default)]
    config: OperatorConfig,
    /// What the cluster can do beside its defaults
    #[serde(default)]
    capabilities: Vec<String>,
    /// Whether a lone task definition is a task instead of a service
    #[serde(default)]
    task: bool,
    #[serde(default)]
    accept: BTreeSet<String>,
    /// `Kind/name` → JSON pointer → what stands there; null: nothing
    #[serde(default)]
    shows: BTreeMap<String, BTreeMap<String, Value>>,
    /// `Kind/name` of objects that are not made
    #[serde(default)]
    lacks: Vec<String>,
    /// `Severity Code path`: all Blocks and Warns, and Infos that are looked for
    #[serde(default)]
    finds: BTreeSet<String>,
}

fn whole() -> Vec<Whole> {
    let mut files: Vec<_> =
        fs::read_dir(root().join("tests/vectors")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let read = |path: &std::path::PathBuf| -> Vec<Whole> {
        serde_yaml_ng::from_str(&fs::read_to_string(path).unwrap())
            .unwrap_or_else(|e| panic!("{}: {e}", path.display()))
    };
    files.iter().flat_map(read).collect()
}

#[test]
fn whole_documents_show_what_their_vectors_say() {
    for Whole { vector, given, config, capabilities, task, accept, shows, lacks, finds } in whole() {
        let names = ["podResources", "containerRestartRules", "hostnameOverride"].map(str::to_owned);
        let capabilities = Capabilities::named(&[&names[..], &capabilities].concat()).unwrap();
        let options = Options {
            context: Context { config, capabilities, ..Context::default() },
            lone_task: if task { LoneTask::Task } else { LoneTask::Service },
            accept,
            now: "2026-11-21T12:00:00Z".parse().unwrap(),
            ..Options::default()
        };
        let documents = given.iter().flat_map(|document| wire::read(&document.to_string()).unwrap()).collect();
        let rendered = render(documents, &options);
        let found: BTreeSet<String> = (rendered.findings.iter().map(|located| &located.finding))
            .map(|finding| (finding.severity, format!("{:?} {} {}", finding.severity, finding.code, finding.path)))
            .filter(|(severity, said)| *severity > Severity::Info || finds.contains(said))
            .map(|(_, said)| said)
            .collect();
        assert_eq!(found, finds, "{vector}: {:#?}", rendered.findings);
        let name = |object: &Value| format!("{}/{}", text(&object["kind"]), text(&object["metadata"]["name"]));
        let made: BTreeMap<String, &Value> = rendered.objects.iter().map(|object| (name(object), object)).collect();
        for (object, places) in shows {
            let there = made.get(&object).unwrap_or_else(|| panic!("{vector}: no {object} among {:?}", made.keys()));
            for (pointer, expected) in places {
                let found = there.pointer(&pointer).unwrap_or(&Value::Null);
                assert_eq!(*found, expected, "{vector}: {pointer} of {there:#}");
            }
        }
        for object in lacks {
            assert!(!made.contains_key(&object), "{vector}: {object} is made");
        }
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The numbers in a text that begins with one: `V47`, `V48: nobody waits`, `V137, V183`
fn numbers(text: &str) -> impl Iterator<Item = u32> {
    let words =
        text.split(|c: char| !c.is_ascii_alphanumeric()).take_while(|word| !word.is_empty() || text.contains(','));
    words.filter_map(|word| word.strip_prefix(['V', 'v'])?.parse().ok())
}

/// Every vector that a test bears in a case's name, in its own name, or at the end of a row of its data
fn borne() -> BTreeSet<u32> {
    let mut borne: BTreeSet<u32> =
        whole().iter().flat_map(|whole| numbers(&whole.vector).collect::<Vec<_>>()).collect();
    for source in sources() {
        for line in source.text.lines().map(str::trim) {
            let of_case = line.split('"').skip(1).step_by(2).filter(|literal| literal.starts_with('V'));
            borne.extend(of_case.flat_map(numbers));
            borne.extend(line.strip_prefix("fn v").and_then(|name| name.split_once('(')).into_iter().flat_map(
                |(name, _)| {
                    format!("v{name}")
                        .split('_')
                        .filter_map(|word| word.strip_prefix('v')?.parse().ok())
                        .collect::<Vec<u32>>()
                },
            ));
            borne.extend(
                line.rsplit_once("// V")
                    .into_iter()
                    .flat_map(|(_, rest)| numbers(&format!("V{rest}")).collect::<Vec<_>>()),
            );
        }
    }
    borne.retain(|number| ALL.contains(number));
    borne
}

#[test]
fn every_vector_is_held_by_a_test_or_said_to_hold_later_or_not_at_all() {
    let borne = borne();
    let later: BTreeSet<u32> = LATER.iter().map(|(number, ..)| *number).collect();
    let silent: Vec<u32> = ALL.filter(|number| !borne.contains(number) && !later.contains(number)).collect();
    println!("{} of {} vectors held, {} later", borne.len(), ALL.count(), later.len());
    for (number, issue, why) in LATER {
        println!("V{number}: issue {issue}, {why}");
    }
    assert_eq!(silent, Vec::<u32>::new(), "vectors of which nobody says anything");
    let held: Vec<_> = later.intersection(&borne).collect();
    assert!(held.is_empty(), "these hold now, so strike them off LATER: {held:?}");
    for (number, evidence) in AMENDED {
        println!("V{number} as amended: {evidence}");
        assert!(borne.contains(number), "V{number} is amended, and no test bears it");
    }
}
