//! What two independent emulators of AWS answered to the same inputs: read and compared as the sync does. Each list of
//! differences is what that emulator forgets (moto 5.2.5, ministack 1.5.33); against AWS itself it would be empty.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::compare::canonical;
use super::super::fields;
use super::super::read::{self, Scaling};
use super::super::side::{Id, Kind, Owner, Remote, Seen};

/// The fields in which two documents differ
fn differences(kind: Kind, one: &Value, other: &Value) -> Vec<String> {
    let of = |document| fields::fields(kind, &canonical(kind, document));
    let (one, other) = (of(one), of(other));
    let keys: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    keys.into_iter().filter(|key| one.get(*key) != other.get(*key)).cloned().collect()
}

fn service(answered: &Value) -> Remote {
    let target = answered["DescribeScalableTargets"]["ScalableTargets"].get(0).cloned();
    let scaling = Scaling { target, ..Scaling::default() };
    match read::service(&answered["DescribeServices"]["services"][0], Some(&scaling)) {
        Ok(Seen::There(remote)) => *remote,
        other => panic!("{other:?}"),
    }
}

/// Reads what one emulator answered; `forgets` are the fields of the service that it does not give back
fn check(name: &str, text: &str, forgets: &[&str], scaled: bool) {
    let whole: Value = serde_json::from_str(text).unwrap();
    let (sent, answered) = (&whole["sent"], &whole["answered"]);
    let revision = read::task_definition(&answered["DescribeTaskDefinition"]).unwrap();
    assert_eq!(revision.revision, Some(2), "{name}");
    let differs = differences(Kind::TaskDefinition, &sent["RegisterTaskDefinition"], &revision.document);
    assert_eq!(differs, Vec::<String>::new(), "{name}: the task definition");

    let owner = Some(Owner { binding: "b".to_owned(), uid: "u".to_owned() });
    let found = service(answered);
    let mut differs = differences(Kind::Service, &sent["CreateService"], &found.document);
    differs.retain(|field| !field.starts_with("/autoScaling"));
    assert_eq!(differs, forgets, "{name}: the service");
    assert_eq!((found.owner, found.scaled), (owner.clone(), scaled), "{name}");

    let (id, found) = read::schedule(&answered["GetSchedule"], "shop").unwrap().unwrap();
    let (_, wanted) = read::schedule(&sent["CreateSchedule"], "shop").unwrap().unwrap();
    assert_eq!(
        differences(Kind::Schedule, &wanted.document, &found.document),
        Vec::<String>::new(),
        "{name}: the schedule"
    );
    assert_eq!((id, found.owner), (Id::new(Kind::Schedule, "default/nightly"), owner), "{name}");

    let targets = answered["ListTargetsByRule"]["Targets"].as_array().unwrap();
    let (id, found) = read::rule(&answered["ListRules"]["Rules"][0], targets, "shop").unwrap().unwrap();
    assert_eq!((id, found.owner), (Id::new(Kind::Schedule, "rule:nr"), None), "{name}");
    assert_eq!(found.document["task"]["taskDefinition"], "web:1", "{name}");
}

#[test]
fn what_emulators_answer_says_the_same_as_what_was_sent() {
    check("moto", include_str!("answers/moto.json"), &["/healthCheckGracePeriodSeconds"], true);
    check("ministack", include_str!("answers/ministack.json"), &["/platformVersion"], false);
}
