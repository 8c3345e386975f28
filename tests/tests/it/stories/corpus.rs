//! What real documents become, before a real API server that knows the kinds of the add-ons.

use std::collections::BTreeMap;

use ecs_core::config::{Capabilities, Context};
use ecs_kube::detect;
use futures::StreamExt as _;
use futures::stream::iter;
use kube::api::{Patch, PatchParams};
use serde_json::Value;

use super::bed::{Story, story};
use crate::corpus::{cases, equipped};
use crate::examples::folders;

#[test]
fn add_ons_are_detected_by_their_kinds_and_fields_by_what_the_server_keeps() {
    story("detect", async |story| {
        let found = detect(&story.client, &story.namespace).await.unwrap();
        assert_eq!(
            found,
            Capabilities { restart_all_containers: found.restart_all_containers, ..equipped().capabilities }
        );
    });
}

#[test]
fn every_object_that_a_real_document_becomes_is_taken_by_the_api_server() {
    story("corpus", async |story| {
        let capabilities = detect(&story.client, &story.namespace).await.unwrap();
        let mut broken = Vec::new();
        for context in [Context::default(), Context { capabilities, ..equipped() }] {
            let mut objects = Vec::new();
            let mut documents = 0;
            for case in cases(&context) {
                documents += usize::from(!case.objects().is_empty());
                // What is refused may lack what the server requires: a name of a container, an expression
                let converted = case.converted.iter().filter(|_| !case.refused());
                let all = converted.chain(case.objects());
                objects.extend(all.map(|object| (case.file.display().to_string(), object.clone())));
            }
            let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
            for (_, object) in &objects {
                *kinds.entry(kind(object)).or_default() += 1;
            }
            println!("{documents} documents rendered; objects, converted ones included: {kinds:?}");
            broken.extend(refused(story, objects).await);
        }
        assert_eq!(broken, Vec::<String>::new());
    });
}

#[test]
fn every_example_is_taken_by_the_api_server_with_all_that_it_becomes() {
    story("examples", async |story| {
        let mut objects = Vec::new();
        for (folder, given, rendered) in folders() {
            objects.extend(given.into_iter().chain(rendered.objects).map(|object| (folder.clone(), object)));
        }
        assert_eq!(refused(story, objects).await, Vec::<String>::new());
    });
}

/// The objects that the server does not take, each with what it says
async fn refused(story: &Story, objects: Vec<(String, Value)>) -> Vec<String> {
    let answers = iter(objects).map(async |(file, mut object)| {
        // An object without a namespace belongs to the whole cluster, but for ours, which get theirs where they are applied.
        let ours = object["apiVersion"].as_str().is_some_and(|version| version.starts_with(ecs_crds::GROUP));
        if ours || !object["metadata"]["namespace"].is_null() {
            object["metadata"]["namespace"] = story.namespace.as_str().into();
        }
        let name = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        let params = PatchParams {
            dry_run: true,
            force: true,
            field_manager: Some("corpus".to_owned()),
            ..PatchParams::default()
        };
        let answer = story.api_of(&object).patch(&name, &params, &Patch::Apply(&object)).await;
        answer.err().map(|error| format!("{file} {} `{name}`: {error}", kind(&object)))
    });
    answers.buffer_unordered(8).filter_map(async |refused| refused).collect().await
}

fn kind(object: &Value) -> String {
    object["kind"].as_str().unwrap_or_default().to_owned()
}
