//! What real documents become, before a real API server.

use std::collections::BTreeMap;

use futures::StreamExt as _;
use futures::stream::iter;
use kube::api::{Patch, PatchParams};
use serde_json::Value;

use super::bed::story;
use crate::corpus::cases;

#[test]
fn every_object_that_a_real_document_becomes_is_taken_by_the_api_server() {
    story("corpus", async |story| {
        let mut objects = Vec::new();
        let (mut documents, mut accepted) = (0, 0);
        for case in cases() {
            documents += 1;
            if let Some(rendered) = case.objects() {
                accepted += 1;
                objects.extend(rendered.iter().map(|object| (case.file.clone(), object.clone())));
            }
        }
        let total = objects.len();
        let refused: Vec<String> = iter(objects)
            .map(async |(file, mut object)| {
                // An object without a namespace belongs to the whole cluster.
                if !object["metadata"]["namespace"].is_null() {
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
                answer.err().map(|error| format!("{} {} `{name}`: {error}", file.display(), kind(&object)))
            })
            .buffer_unordered(8)
            .filter_map(async |refused| refused)
            .collect()
            .await;
        println!("{documents} documents, {accepted} rendered to {total} objects, {} objects refused", refused.len());
        let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
        for object in cases().filter_map(|c| c.objects().map(<[Value]>::to_vec)).flatten() {
            *kinds.entry(kind(&object)).or_default() += 1;
        }
        for (kind, count) in kinds {
            println!("{count:5}  {kind}");
        }
        assert_eq!(refused, Vec::<String>::new());
    });
}

fn kind(object: &Value) -> String {
    object["kind"].as_str().unwrap_or_default().to_owned()
}
