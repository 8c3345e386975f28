//! What becomes of companions that are there, by owners and content.

use super::*;
use crate::plan::owner;
use serde_json::json;

/// A ConfigMap of this name and content, held by these owners
fn there(name: &str, content: &str, owners: &[&str]) -> (ObjectMeta, Value) {
    let mut made: Option<(ObjectMeta, Value)> = None;
    for uid in owners {
        let (metadata, manifest) = manifest(name, content, uid);
        match &mut made {
            None => made = Some((metadata, manifest)),
            Some((first, _)) => {
                first.owner_references.get_or_insert_default().extend(metadata.owner_references.unwrap());
            }
        }
    }
    made.unwrap()
}

fn manifest(name: &str, content: &str, uid: &str) -> (ObjectMeta, Value) {
    let (metadata, object) = object(&companion(name, content), "default", &reference(uid));
    let child = Child::new(ChildKind::Companion(CompanionKind::ConfigMap), &metadata, &object);
    let mut metadata: ObjectMeta = serde_json::from_value(child.manifest["metadata"].clone()).unwrap();
    metadata.uid = Some("there".to_owned());
    (metadata, json!({"data": child.manifest["data"]}))
}

fn companion(name: &str, content: &str) -> Companion {
    let mut made = Companion::new(CompanionKind::ConfigMap, name.to_owned(), &json!({"data": {"a": content}}));
    made.labels.insert(names::REVISION.to_owned(), name.rsplit('-').next().unwrap().to_owned());
    made
}

fn reference(uid: &str) -> OwnerReference {
    let metadata = ObjectMeta { name: Some(uid.to_owned()), uid: Some(uid.to_owned()), ..ObjectMeta::default() };
    owner("EcsService", &metadata, true)
}

/// What the owner `me` does when it wants `web-1` with content `x`
fn check(owners: &[&str], content: &str, deploys: bool, expected: &str) {
    let (metadata, body) = there("web-1", content, owners);
    let observed = Observed { kind: CompanionKind::ConfigMap, metadata: &metadata, body: &body };
    let mut plan = Plan::default();
    want(&mut plan, [companion("web-1", "x")].iter(), &[observed], ("default", &reference("me")), deploys);
    let shown = match plan.applies.as_slice() {
        [] => "nothing",
        [Step::Update(child, uid)] if child.shared && uid == "there" => "update",
        other => panic!("{other:?}"),
    };
    assert_eq!(shown, expected, "owners {owners:?}, content {content}, deploys {deploys}");
}

#[test]
fn the_only_owner_keeps_its_companion_as_it_wants_it() {
    check(&["me"], "x", false, "nothing");
    check(&["me"], "edited", false, "update");
}

#[test]
fn several_owners_never_undo_each_other_and_the_newest_deployment_wins() {
    check(&["other"], "x", false, "update");
    check(&["other", "me"], "y", false, "nothing");
    check(&["other", "me"], "y", true, "update");
}

#[test]
fn what_nothing_wants_is_deleted_by_its_last_owner() {
    let (alone, shared) = (there("web-1", "x", &["me"]), there("web-2", "x", &["me", "other"]));
    let (foreign, wanted) = (there("web-3", "x", &["other"]), there("web-4", "x", &["me"]));
    let all: Vec<_> = [&alone, &shared, &foreign, &wanted]
        .into_iter()
        .map(|(metadata, body)| Observed { kind: CompanionKind::ConfigMap, metadata, body })
        .collect();
    let steps = superfluous(&all, "me", || vec![companion("web-4", "x")]);
    let shown: Vec<_> = steps
        .iter()
        .map(|step| match step {
            Step::Delete(existing) => format!("delete {}", existing.name),
            Step::Release(existing, owner) => format!("release {} of {owner}", existing.name),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(shown, ["delete web-1", "release web-2 of me"]);
}

#[test]
fn a_schedule_keeps_what_its_latest_runs_may_still_start_with() {
    let all: Vec<_> = (1..=4).map(|number| there(&format!("web-{number}"), "x", &["me"])).collect();
    let observed: Vec<_> =
        all.iter().map(|(metadata, body)| Observed { kind: CompanionKind::ConfigMap, metadata, body }).collect();
    let steps = superfluous_of_schedule(&observed, "me", &[companion("web-4", "x")]);
    assert!(matches!(steps.as_slice(), [Step::Delete(existing)] if existing.name == "web-1"), "{steps:?}");
}

#[test]
fn a_claim_has_no_owner_and_stays_when_nothing_runs_with_it() {
    let claim = Companion::new(CompanionKind::PersistentVolumeClaim, "efs-1".to_owned(), &json!({"spec": {}}));
    let mut plan = Plan::default();
    want(&mut plan, [claim.clone()].iter(), &[], ("default", &reference("me")), true);
    let [Step::Create(child)] = plan.applies.as_slice() else { panic!("{plan:?}") };
    assert_eq!((child.shared, &child.owner), (false, &None));
    let metadata: ObjectMeta = serde_json::from_value(child.manifest["metadata"].clone()).unwrap();
    let body = json!({"spec": {"volumeName": "bound"}});
    let observed = Observed { kind: CompanionKind::PersistentVolumeClaim, metadata: &metadata, body: &body };
    assert_eq!(superfluous(&[observed], "me", Vec::new), []);
    let mut plan = Plan::default();
    want(&mut plan, [claim].iter(), &[observed], ("default", &reference("another")), true);
    assert!(plan.is_empty(), "{plan:?}");
}

#[test]
fn what_belongs_to_the_cluster_is_left_to_an_administrator() {
    let volume = Companion::new(CompanionKind::PersistentVolume, "efs-a-1".to_owned(), &json!({"spec": {}}));
    let mut plan = Plan::default();
    want(&mut plan, [volume].iter(), &[], ("default", &reference("me")), true);
    let [child] = plan.for_administrator.as_slice() else { panic!("{plan:?}") };
    assert!(plan.is_empty());
    assert_eq!(child.manifest["metadata"].get("namespace"), None);
    assert_eq!(child.manifest["metadata"].get("ownerReferences"), None);
}
