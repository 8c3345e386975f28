//! R-HOOK: the Job that decides, in the place of a Lambda function, whether a deployment goes on.
//!
//! *Guarantees*: it runs once, with no rights in the cluster.

use std::collections::BTreeMap;

use ecs_crds::{HookJob, StagedDeployment};
use jiff::SignedDuration;
use k8s_openapi::api::batch::v1::{Job, JobSpec};
use k8s_openapi::api::core::v1::{
    Container, EnvVar, PodSecurityContext, PodSpec, PodTemplateSpec, SeccompProfile, SecurityContext,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};

use crate::model::service::Service;
use crate::names;
use crate::translate::staged::test_name;
use crate::values::dollar;

/// The Job of a hook: what it runs, the hook's details, and how long it may take
#[must_use]
pub fn gate(
    service: &Service,
    record: &StagedDeployment,
    hook_id: &str,
    (job, details, timeout): (&HookJob, &String, SignedDuration),
    metadata: ObjectMeta,
    owner: &OwnerReference,
) -> Job {
    let HookJob { image, command } = job;
    let labels = BTreeMap::from([
        (names::MANAGED_BY.to_owned(), names::MANAGER.to_owned()),
        (names::SERVICE_REVISION.to_owned(), record.revision.to_string()),
    ]);
    let annotations = BTreeMap::from([(names::HOOK.to_owned(), hook_id.to_owned())]);
    let container = Container {
        name: "hook".to_owned(),
        image: Some(image.clone()),
        command: command.clone(),
        env: Some(environment(service, record, details)),
        security_context: Some(SecurityContext {
            allow_privilege_escalation: Some(false),
            ..SecurityContext::default()
        }),
        ..Container::default()
    };
    let pod = PodSpec {
        containers: vec![container],
        restart_policy: Some("Never".to_owned()),
        automount_service_account_token: Some(false),
        security_context: Some(PodSecurityContext {
            seccomp_profile: Some(SeccompProfile { type_: "RuntimeDefault".to_owned(), localhost_profile: None }),
            ..PodSecurityContext::default()
        }),
        ..PodSpec::default()
    };
    Job {
        metadata: ObjectMeta {
            name: Some(names::k8s_name(&format!("{}-{hook_id}", service.name), names::LABEL_MAX)),
            labels: Some(labels.clone()),
            annotations: Some(annotations.clone()),
            owner_references: Some(vec![owner.clone()]),
            ..metadata
        },
        spec: Some(JobSpec {
            backoff_limit: Some(0),
            active_deadline_seconds: Some(timeout.as_secs()),
            template: PodTemplateSpec {
                metadata: Some(ObjectMeta {
                    labels: Some(labels),
                    annotations: Some(annotations),
                    ..ObjectMeta::default()
                }),
                spec: Some(pod),
            },
            ..JobSpec::default()
        }),
        status: None,
    }
}

/// What the Job is told
fn environment(service: &Service, record: &StagedDeployment, details: &str) -> Vec<EnvVar> {
    let told = [
        ("ECS_LIFECYCLE_STAGE", record.stage.as_str().to_owned()),
        ("ECS_SERVICE_NAME", service.ecs_name.clone()),
        ("ECS_SERVICE_DEPLOYMENT", names::deployment_id(record.revision)),
        ("ECS_TEST_SERVICE", test_name(&service.name)),
        ("ECS_HOOK_DETAILS", details.to_owned()),
    ];
    let variable = |(name, value): (&str, String)| EnvVar {
        name: name.to_owned(),
        value: Some(dollar::escape(&value)),
        value_from: None,
    };
    told.into_iter().map(variable).collect()
}
