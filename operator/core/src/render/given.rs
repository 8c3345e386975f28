//! Documents as the objects that they would be in a cluster: named, in a namespace, each task definition a revision of its
//! family; and what is made up so that there is always something to look at.
//!
//! *Not here*: planning and manifests.

use std::collections::{BTreeMap, BTreeSet};

use ecs_crds::ecs::RunTask;
use ecs_crds::status::Class;
use ecs_crds::{EcsService, EcsServiceSpec, EcsTask, ScheduledTask, TaskDefinition, TaskDefinitionSpec};
use k8s_openapi::api::apps::v1::ControllerRevision;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::stub::Stub;
use super::{ObjectRef, Options, Rendered, launch};
use crate::findings::{Findings, Path};
use crate::names;
use crate::plan::family::{FamilyView, judge};
use crate::revision::TaskRevision;
use crate::values::revision_ref::RevisionRef;
use crate::wire::{Content, Document, LeftOut};

/// An object that was given
pub(super) struct Given<K> {
    pub(super) object: K,
    pub(super) name: ObjectRef,
    pub(super) namespace: String,
    /// What was found while reading
    pub(super) findings: Findings,
    /// What reading left out
    pub(super) left_out: LeftOut,
    /// What it runs
    pub(super) reference: Option<RevisionRef>,
    /// Made up here: nothing is said about it
    pub(super) made_up: bool,
}

impl<K> Given<K> {
    /// The family that it runs
    pub(super) fn family_of<'a>(&self, families: &'a [Family]) -> Option<&'a Family> {
        families.iter().find(|family| self.runs(family))
    }

    fn runs(&self, family: &Family) -> bool {
        family.namespace == self.namespace && self.reference.as_ref().is_some_and(|r| r.family == family.name)
    }
}

/// A family and its revisions
pub(super) struct Family {
    pub(super) namespace: String,
    pub(super) name: String,
    /// The newest task definition
    pub(super) definition: TaskDefinition,
    pub(super) stored: Vec<ControllerRevision>,
    /// The newest revision; none where its document is refused
    pub(super) newest: Option<TaskRevision>,
    /// Made up here: its revisions are not shown
    pub(super) made_up: bool,
}

impl Family {
    /// Its task definition, as findings name it
    pub(super) fn object(&self) -> ObjectRef {
        ObjectRef { kind: "TaskDefinition".to_owned(), name: self.name.clone() }
    }

    /// The family as the plans look at it
    pub(super) fn view(&self) -> FamilyView<'_> {
        FamilyView {
            namespace: &self.namespace,
            family: &self.name,
            definitions: vec![&self.definition],
            stored: self.stored.iter().collect(),
            referenced: BTreeSet::new(),
        }
    }
}

/// Everything that was given
#[derive(Default)]
pub(super) struct Inputs {
    pub(super) families: Vec<Family>,
    pub(super) services: Vec<Given<EcsService>>,
    pub(super) schedules: Vec<Given<ScheduledTask>>,
    pub(super) tasks: Vec<Given<EcsTask>>,
}

impl Inputs {
    /// The families that nothing given runs
    pub(super) fn lone(&self) -> impl Iterator<Item = &Family> {
        self.families.iter().filter(|family| {
            !self.services.iter().any(|given| given.runs(family))
                && !self.schedules.iter().any(|given| given.runs(family))
                && !self.tasks.iter().any(|given| given.runs(family))
        })
    }
}

/// Sorts documents by kind, makes revisions of task definitions, and stubs of those that are missing
pub(super) fn inputs(documents: Vec<Document>, options: &Options, rendered: &mut Rendered) -> Inputs {
    let mut inputs = Inputs::default();
    let mut definitions = Vec::new();
    for (index, document) in documents.into_iter().enumerate() {
        let place = Place::of(&document, index, options);
        let Document { name: _, namespace: _, annotations: _, is_object: _, content, findings, left_out } = document;
        // Of what cannot be read there is nothing to go on with, whatever is accepted
        let unread = matches!(content, Content::Refused);
        let findings = if unread { findings } else { findings.accepting(&options.accept) };
        let read = (findings, left_out);
        match content {
            Content::TaskDefinition(spec) => {
                let object = |metadata| TaskDefinition { metadata, spec: *spec, status: None };
                definitions.push(place.given("TaskDefinition", None, read, object));
            }
            Content::EcsService(spec) => {
                let runs = spec.task_definition.clone();
                let object = |metadata| EcsService { metadata, spec: *spec, status: None };
                inputs.services.push(place.given("EcsService", runs, read, object));
            }
            Content::ScheduledTask(spec) => {
                let runs = spec.task.as_ref().and_then(|task| task.task_definition.clone());
                let object = |metadata| ScheduledTask { metadata, spec: *spec, status: None };
                inputs.schedules.push(place.given("ScheduledTask", runs, read, object));
            }
            Content::EcsTask(spec) => {
                let runs = spec.run.task_definition.clone();
                let object = |metadata| EcsTask { metadata, spec: *spec, status: None };
                inputs.tasks.push(place.given("EcsTask", runs, read, object));
            }
            Content::Refused => {
                let object = ObjectRef { kind: "Document".to_owned(), name: (index + 1).to_string() };
                rendered.found(&object, read.0);
            }
        }
    }
    let pins = pins(&inputs);
    for definition in definitions {
        revision(definition, &pins, &mut inputs.families, options, rendered);
    }
    stubs(&mut inputs, options);
    given_once(&mut inputs.schedules, |schedule| &schedule.metadata);
    given_once(&mut inputs.tasks, |task| &task.metadata);
    inputs
}

/// Refuses what has the name of another before it: applied together, the later would replace the earlier. Services are held
/// apart by their plan, as those of a cluster are
fn given_once<K>(given: &mut [Given<K>], metadata: impl Fn(&K) -> &ObjectMeta) {
    let mut taken = BTreeSet::new();
    for given in given {
        let ObjectMeta { name, namespace, .. } = metadata(&given.object);
        if !taken.insert((namespace.clone(), name.clone())) {
            let message = "another one before it has this name, and applied together this one would replace it; give it \
                           another name";
            given.findings.block(&Path::root(), Class::Exact, "NameTwice", message);
        }
    }
}

/// A service of one task for a family that nothing runs
pub(super) fn service_of(family: &Family) -> Given<EcsService> {
    let metadata = ObjectMeta { uid: Some("made up".to_owned()), ..family.definition.metadata.clone() };
    let spec = EcsServiceSpec {
        service_name: Some(family.name.clone()),
        task_definition: Some(family.name.clone()),
        desired_count: Some(1),
        volume_configurations: launch::configurations(family),
        ..EcsServiceSpec::default()
    };
    Given {
        object: EcsService { metadata, spec, status: None },
        name: ObjectRef { kind: "EcsService".to_owned(), name: family.name.clone() },
        namespace: family.namespace.clone(),
        findings: Findings::default(),
        left_out: LeftOut::default(),
        reference: family.name.parse().ok(),
        made_up: true,
    }
}

/// Where an object stands
struct Place {
    metadata: ObjectMeta,
    ecs_name: Option<String>,
}

impl Place {
    fn of(document: &Document, index: usize, options: &Options) -> Self {
        let mut annotations = document.annotations.clone();
        if !options.accept.is_empty() {
            let own = annotations.get(names::ACCEPT).cloned();
            let codes: Vec<_> = own.into_iter().chain(options.accept.iter().cloned()).collect();
            annotations.insert(names::ACCEPT.to_owned(), codes.join(","));
        }
        // An empty name is as good as none: what fills documents in leaves such behind
        let ecs_name = document.ecs_name().filter(|name| !name.is_empty()).map(str::to_owned);
        let ecs_name = ecs_name.or_else(|| document.name.clone());
        let name = document.name.clone().or_else(|| Some(names::k8s_name(ecs_name.as_ref()?, names::LABEL_MAX)));
        let metadata = ObjectMeta {
            name,
            namespace: document.namespace.clone().or_else(|| Some(options.namespace.clone())),
            annotations: Some(annotations),
            // The order of the documents is the order of age, which decides who holds a name
            uid: Some(format!("{index:06}")),
            ..ObjectMeta::default()
        };
        Self { metadata, ecs_name }
    }

    fn given<K>(
        mut self,
        kind: &str,
        runs: Option<String>,
        (findings, left_out): (Findings, LeftOut),
        object: impl FnOnce(ObjectMeta) -> K,
    ) -> Given<K> {
        let unnamed = match kind {
            "TaskDefinition" => "task",
            "EcsService" => "service",
            "EcsTask" => "run-task",
            _ => "schedule",
        };
        let name = self.ecs_name.unwrap_or_else(|| unnamed.to_owned());
        self.metadata.name.get_or_insert_with(|| unnamed.to_owned());
        let namespace = self.metadata.namespace.clone().unwrap_or_default();
        Given {
            name: ObjectRef { kind: kind.to_owned(), name },
            namespace,
            object: object(self.metadata),
            findings,
            left_out,
            reference: runs.and_then(|runs| runs.parse().ok()),
            made_up: false,
        }
    }
}

/// The revision that services and schedules pin, by namespace and family
type Pins = BTreeMap<(String, String), i64>;

fn pins(inputs: &Inputs) -> Pins {
    let services = inputs.services.iter().map(|given| (&given.namespace, &given.reference));
    let schedules = inputs.schedules.iter().map(|given| (&given.namespace, &given.reference));
    let tasks = inputs.tasks.iter().map(|given| (&given.namespace, &given.reference));
    let pinned = services.chain(schedules).chain(tasks).filter_map(|(namespace, reference)| {
        let RevisionRef { family, revision, arn: _ } = reference.as_ref()?;
        Some(((namespace.clone(), family.clone()), (*revision)?))
    });
    pinned.collect()
}

/// Makes a task definition the next revision of its family; a family's first has the number that ECS gave it or that is
/// pinned, since what is given is what is meant
fn revision(
    given: Given<TaskDefinition>,
    pins: &Pins,
    families: &mut Vec<Family>,
    options: &Options,
    rendered: &mut Rendered,
) {
    let Given { object: definition, name, namespace, findings: read, left_out, .. } = given;
    let spec = &definition.spec;
    let said = spec.family.clone().filter(|family| !family.is_empty());
    let family = said.or_else(|| definition.metadata.name.clone()).unwrap_or_default();
    let (findings, content) = judge(&definition, &family, &options.context);
    let mut findings = left_out.restored(findings);
    findings.add_read(read);
    let findings = findings.without_consequences();
    let known = families.iter_mut().find(|known| known.namespace == namespace && known.name == family);
    let before = known.as_ref().and_then(|known| known.stored.iter().map(|stored| stored.revision).max());
    let given_number = spec.unknown.get("revision").and_then(serde_json::Value::as_i64);
    let pinned = pins.get(&(namespace.clone(), family.clone())).copied().filter(|_| before.is_none());
    let number = given_number.or(pinned).filter(|n| *n > before.unwrap_or(0)).unwrap_or(before.unwrap_or(0) + 1);
    let newest =
        content.filter(|_| !findings.blocked()).map(|content| TaskRevision { family: family.clone(), number, content });
    rendered.found(&name, findings);
    let stored = newest.as_ref().map(|revision| revision.encode(&namespace));
    if let Some(known) = known {
        known.stored.extend(stored);
        known.definition = definition;
        known.newest = newest.or_else(|| known.newest.take());
    } else {
        let stored = stored.into_iter().collect();
        families.push(Family { namespace, name: family, definition, stored, newest, made_up: false });
    }
}

/// Makes up the task definitions that services and schedules name and nobody gave
fn stubs(inputs: &mut Inputs, options: &Options) {
    let mut families = std::mem::take(&mut inputs.families);
    // Services of one family run one stub
    let mut named: BTreeMap<(String, String), Stub> = BTreeMap::new();
    for given in &inputs.services {
        if let Some(RevisionRef { family, .. }) = &given.reference {
            named.entry((given.namespace.clone(), family.clone())).or_default().add(&given.object.spec, family);
        }
    }
    for given in &mut inputs.services {
        let family = given.reference.as_ref().map(|reference| reference.family.clone());
        let stub = family.and_then(|family| named.remove(&(given.namespace.clone(), family)));
        made_up(given, "taskDefinition", stub.unwrap_or_default(), &mut families, options);
    }
    for given in &mut inputs.schedules {
        let stub = given.object.spec.task.as_ref().map(overridden).unwrap_or_default();
        made_up(given, "task", stub, &mut families, options);
    }
    for given in &mut inputs.tasks {
        let stub = overridden(&given.object.spec.run);
        made_up(given, "taskDefinition", stub, &mut families, options);
    }
    inputs.families = families;
}

/// A stub with a container that a run overrides
fn overridden(task: &RunTask) -> Stub {
    let overridden = task.overrides.iter().flat_map(|o| o.container_overrides.iter().flatten());
    let mut stub = Stub::default();
    if let Some(name) = overridden.filter_map(|c| c.name.as_ref()).next() {
        stub.container(name);
    }
    stub
}

/// Adds the stub of what a service or schedule names, where nobody gave it
fn made_up<K>(given: &mut Given<K>, path: &str, mut stub: Stub, families: &mut Vec<Family>, options: &Options) {
    let Some(reference) = given.reference.clone().filter(|_| given.family_of(families).is_none()) else {
        return;
    };
    if stub.is_empty() {
        stub.container(&reference.family);
    }
    let spec: TaskDefinitionSpec = serde_json::from_value(stub.task_definition()).unwrap_or_default();
    let metadata = ObjectMeta {
        name: Some(reference.family.clone()),
        namespace: Some(given.namespace.clone()),
        ..ObjectMeta::default()
    };
    let definition = TaskDefinition { metadata, spec, status: None };
    let (_, content) = judge(&definition, &reference.family, &options.context);
    let number = reference.revision.unwrap_or(1);
    let newest = content.map(|content| TaskRevision { family: reference.family.clone(), number, content });
    let message = format!(
        "the task definition `{}` is not given, so a stub stands for it: the pods here are made up; give the task \
         definition too",
        reference.local()
    );
    given.findings.warn(&Path::root().key(path), Class::Approximate, "TaskDefinitionStub", message);
    families.push(Family {
        namespace: given.namespace.clone(),
        name: reference.family,
        stored: newest.iter().map(|revision| revision.encode(&given.namespace)).collect(),
        definition,
        newest,
        made_up: true,
    });
}
