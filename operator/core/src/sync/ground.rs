//! Whether what is on AWS is still what a step was planned on: asked right before the step is carried out, since AWS has no
//! conditional writes.
//!
//! *Guarantees*: a step that was carried out already is known as done, so repeating one does no harm; of a service only the
//! members that the step writes count, for nothing else of it is written.
//!
//! *Not here*: reading (`ports::Ecs`).

use super::compare::canonical;
use super::plan::{EcsAct, EcsStep};
use super::side::{Id, Kind, Remote, Seen};
use serde_json::Value;

/// What a step stands on
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    /// What it was planned on: it can be carried out
    Firm,
    /// It has been carried out
    Done,
    /// Something else: it is to be planned anew
    Changed,
}

/// Compares what a step was planned on with what is there now; what could not be read is taken for changed
#[must_use]
pub fn ground(step: &EcsStep, seen: &Seen) -> Ground {
    let id = &step.id;
    match (&step.act, seen) {
        (_, Seen::Unknown(_)) => Ground::Changed,
        (EcsAct::Create { .. }, Seen::Missing) => Ground::Firm,
        (EcsAct::Delete { .. }, Seen::Missing | Seen::Draining) => Ground::Done,
        (EcsAct::Create { .. } | EcsAct::Update { .. } | EcsAct::Claim { .. }, Seen::Missing | Seen::Draining) => {
            Ground::Changed
        }
        (EcsAct::Create { document, owner }, Seen::There(there)) => {
            let made = there.owner.as_ref() == Some(owner) && same(id, document, there);
            if made { Ground::Done } else { Ground::Changed }
        }
        (EcsAct::Update { before, document, fields, .. }, Seen::There(there)) => {
            let written = |document: &Value| match id.kind {
                Kind::Service => members(fields).all(|member| {
                    canonical(id.kind, document).get(member) == canonical(id.kind, &there.document).get(member)
                }),
                Kind::TaskDefinition | Kind::Schedule => same(id, document, there),
            };
            match (written(before), written(document)) {
                (_, true) => Ground::Done,
                (true, false) => Ground::Firm,
                (false, false) => Ground::Changed,
            }
        }
        (EcsAct::Claim { document, arn, owner }, Seen::There(there)) => match &there.owner {
            Some(already) if already == owner => Ground::Done,
            _ if there.arn.as_ref() != Some(arn) => Ground::Changed,
            // A schedule is sent whole with its tags
            _ if id.kind == Kind::Schedule && !same(id, document, there) => Ground::Changed,
            _ => Ground::Firm,
        },
        (EcsAct::Delete { before, owner, .. }, Seen::There(there)) => {
            let unchanged = same(id, before, there) && there.owner.as_ref() == Some(owner);
            if unchanged { Ground::Firm } else { Ground::Changed }
        }
    }
}

/// The members of a document that fields are of
fn members(fields: &std::collections::BTreeSet<String>) -> impl Iterator<Item = &str> {
    fields.iter().filter_map(|field| field.split('/').nth(1))
}

/// Whether a document says what is there, but for how many tasks run, which changes by itself, and for what was not read
fn same(id: &Id, document: &Value, there: &Remote) -> bool {
    let form = |document: &Value| {
        let mut form = canonical(id.kind, document);
        if let Value::Object(members) = &mut form {
            members.retain(|key, _| key != "desiredCount" && !there.unread.contains(&format!("/{key}")));
        }
        form
    };
    form(document) == form(&there.document)
}

#[cfg(test)]
mod tests {
    use super::super::side::Owner;
    use super::*;
    use serde_json::json;

    fn owner(uid: &str) -> Owner {
        Owner { binding: "b".to_owned(), uid: uid.to_owned() }
    }

    fn there(document: &Value, uid: &str) -> Seen {
        let arn = Some("arn".to_owned());
        Seen::There(Box::new(Remote { arn, document: document.clone(), owner: Some(owner(uid)), ..Remote::default() }))
    }

    #[test]
    fn a_step_is_carried_out_on_what_it_was_planned_on_and_only_once() {
        let service = |count: i64, grace: i64| json!({"serviceName": "web", "taskDefinition": "web:1", "desiredCount": count, "healthCheckGracePeriodSeconds": grace});
        let (was, wanted) = (service(1, 5), service(1, 7));
        let update = EcsAct::Update {
            before: was.clone(),
            document: wanted.clone(),
            fields: ["/healthCheckGracePeriodSeconds".to_owned()].into(),
            owner: owner("u"),
            arn: None,
        };
        let create = EcsAct::Create { document: was.clone(), owner: owner("u") };
        let delete = EcsAct::Delete { before: was.clone(), arn: None, owner: owner("u") };
        let claim = EcsAct::Claim { document: was.clone(), arn: "arn".to_owned(), owner: owner("u") };
        let lost = Seen::Unknown("throttled".to_owned());
        for (act, seen, expected) in [
            (&create, &Seen::Missing, Ground::Firm),
            (&create, &Seen::Draining, Ground::Changed),
            (&create, &there(&was, "u"), Ground::Done),
            (&create, &there(&was, "other"), Ground::Changed),
            (&create, &lost, Ground::Changed),
            (&update, &there(&was, "u"), Ground::Firm),
            (&update, &there(&service(9, 5), "u"), Ground::Firm),
            (&update, &there(&wanted, "u"), Ground::Done),
            (&update, &there(&service(1, 6), "u"), Ground::Changed),
            (&update, &Seen::Missing, Ground::Changed),
            (&delete, &there(&service(9, 5), "u"), Ground::Firm),
            (&delete, &there(&was, "other"), Ground::Changed),
            (&delete, &there(&wanted, "u"), Ground::Changed),
            (&delete, &Seen::Draining, Ground::Done),
            (&delete, &Seen::Missing, Ground::Done),
            (&claim, &there(&wanted, "old"), Ground::Firm),
            (&claim, &there(&was, "u"), Ground::Done),
            (&claim, &Seen::Missing, Ground::Changed),
        ] {
            let id = Id::new(Kind::Service, "web");
            let step = EcsStep { id, act: act.clone(), token: String::new(), attempt: None };
            assert_eq!(ground(&step, seen), expected, "{act:?} on {seen:?}");
        }
    }
}
