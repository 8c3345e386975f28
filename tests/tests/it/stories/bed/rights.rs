//! The rights of the operators of stories: those that a chart gives, and nothing more.

use std::time::Duration;

use ecs_operator::rights::{Rule, in_cluster, in_namespaces, of_election};
use k8s_openapi::api::authorization::v1::{ResourceAttributes, SubjectAccessReview, SubjectAccessReviewSpec};
use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding, PolicyRule, RoleRef, Subject};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::api::{Patch, PatchParams, PostParams};
use kube::{Api, Client};

/// The group of the operators of stories
pub(super) const OPERATORS: &str = "operators-of-stories";

/// Gives the operators their rights, and awaits that they have them
pub(super) async fn grant(client: &Client) {
    let rules: Vec<Rule> = [in_namespaces(), in_cluster(), of_election()].concat();
    let metadata = ObjectMeta { name: Some(OPERATORS.to_owned()), ..ObjectMeta::default() };
    let role = ClusterRole {
        metadata: metadata.clone(),
        rules: Some(rules.iter().map(policy).collect()),
        ..ClusterRole::default()
    };
    let binding = ClusterRoleBinding {
        metadata,
        role_ref: RoleRef {
            api_group: Some("rbac.authorization.k8s.io".to_owned()),
            kind: "ClusterRole".to_owned(),
            name: OPERATORS.to_owned(),
        },
        subjects: Some(vec![Subject {
            api_group: Some("rbac.authorization.k8s.io".to_owned()),
            kind: "Group".to_owned(),
            name: OPERATORS.to_owned(),
            namespace: None,
        }]),
    };
    let params = PatchParams::apply("stories").force();
    let roles: Api<ClusterRole> = Api::all(client.clone());
    let bindings: Api<ClusterRoleBinding> = Api::all(client.clone());
    roles.patch(OPERATORS, &params, &Patch::Apply(&role)).await.unwrap();
    bindings.patch(OPERATORS, &params, &Patch::Apply(&binding)).await.unwrap();
    let effective = async { while !allowed(client, rules.last().unwrap()).await {} };
    tokio::time::timeout(Duration::from_secs(30), effective).await.unwrap();
}

fn policy(Rule { group, resource, verbs }: &Rule) -> PolicyRule {
    PolicyRule {
        api_groups: Some(vec![group.clone()]),
        resources: Some(vec![resource.clone()]),
        verbs: verbs.iter().map(|verb| (*verb).to_owned()).collect(),
        ..PolicyRule::default()
    }
}

async fn allowed(client: &Client, Rule { group, resource, verbs }: &Rule) -> bool {
    let attributes = ResourceAttributes {
        group: Some(group.clone()),
        resource: Some(resource.clone()),
        verb: verbs.first().map(|verb| (*verb).to_owned()),
        namespace: Some("default".to_owned()),
        ..ResourceAttributes::default()
    };
    let spec = SubjectAccessReviewSpec {
        user: Some("anybody".to_owned()),
        groups: Some(vec![OPERATORS.to_owned()]),
        resource_attributes: Some(attributes),
        ..SubjectAccessReviewSpec::default()
    };
    let review = SubjectAccessReview { spec, ..SubjectAccessReview::default() };
    let answer = Api::all(client.clone()).create(&PostParams::default(), &review).await.unwrap();
    answer.status.is_some_and(|status| status.allowed)
}
