//! Who the task is: family, task role and tags.
//!
//! *Not here*: the ServiceAccount's own content (`translate` makes it for a service).

use std::collections::BTreeMap;

use ecs_crds::ecs::Tag;
use ecs_crds::status::Class;

use super::report::{Report, each, said};
use crate::config::{Context, OperatorConfig, TaskRoles};
use crate::findings::Path;
use crate::model::task::TaskRole;
use crate::names::{LABEL_MAX, k8s_name, sha8};

/// The longest family and container name
pub(super) const NAME_MAX: usize = 255;

/// Whether a text is a family or container name of ECS
pub(super) fn is_ecs_name(text: &str) -> bool {
    (1..=NAME_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

/// `family`, else the name of the TaskDefinition
pub(super) fn family(family: Option<&String>, metadata_name: &str, report: &mut Report) -> String {
    let Some(family) = said(family) else { return metadata_name.to_owned() };
    if !is_ecs_name(family) {
        let message = format!("`{family}` is no family; use letters, digits, `-` and `_`, at most {NAME_MAX}");
        report.invalid(&Path::root().key("family"), message);
    }
    family.to_owned()
}

/// The task role, by ARN or by name
pub(super) fn role(path: &Path, written: Option<&String>, context: &Context, report: &mut Report) -> Option<TaskRole> {
    let written = said(written)?;
    let arn = if written.starts_with("arn:") { written.to_owned() } else { role_arn(path, written, context, report)? };
    let Some(name) = role_name(&arn) else {
        report.invalid(
            path,
            format!("`{written}` is no role; write arn:aws:iam::<account>:role/<name>, or the bare name"),
        );
        return None;
    };
    let prefix = k8s_name(&format!("ecs-task-{name}"), LABEL_MAX - 9);
    let service_account = format!("{prefix}-{}", sha8(&arn));
    let taken = context.config.task_roles;
    let provider = match taken {
        TaskRoles::Irsa => "the cluster's identity provider",
        TaskRoles::PodIdentity => {
            let message = format!(
                "pods get the role by an EKS Pod Identity association, which only AWS can make: aws eks \
                 create-pod-identity-association --namespace {} --service-account {service_account} --role-arn {arn} --cluster-name …",
                context.namespace
            );
            report.warn(path, Class::Equivalent, "PodIdentityAssociationNeeded", message);
            "pods.eks.amazonaws.com"
        }
    };
    let message = format!(
        "Pods take the role through their ServiceAccount; see that its trust policy admits {provider} beside \
         ecs-tasks.amazonaws.com"
    );
    report.info(path, Class::Equivalent, "IamTrustNotVerified", message);
    Some(TaskRole { arn, service_account, taken })
}

/// The ARN of a bare role name in the configured account
fn role_arn(path: &Path, name: &str, context: &Context, report: &mut Report) -> Option<String> {
    let OperatorConfig { account, partition, .. } = &context.config;
    let Some(account) = account else {
        let advice = "write the role's ARN, or set `account` in the operator's configuration";
        report.block(path, "RoleNameNotResolvable", format!("the AWS account of role `{name}` is not known; {advice}"));
        return None;
    };
    Some(format!("arn:{partition}:iam::{account}:role/{name}"))
}

/// The name at the end of a role's ARN
fn role_name(arn: &str) -> Option<&str> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", partition, "iam", "", account, resource] = parts[..] else { return None };
    let name = resource.strip_prefix("role/")?.rsplit('/').next()?;
    (!partition.is_empty() && !account.is_empty() && !name.is_empty()).then_some(name)
}

/// R-TAG: the tags, without those that AWS keeps for itself; length and characters are the vocabulary's check's
pub(super) fn tags(path: &Path, tags: Option<&Vec<Tag>>, report: &mut Report) -> BTreeMap<String, String> {
    let mut seen = BTreeMap::new();
    for (path, tag) in each(path, tags) {
        let Tag { key, value, unknown: _ } = tag;
        let Some(key) = said(key.as_ref()) else {
            report.required(&path, "key");
            continue;
        };
        if key.to_lowercase().starts_with("aws:") {
            let message = format!("tag `{key}` begins with `aws:`, which is AWS's own; rename it");
            report.block(&path, "InvalidTag", message);
        } else if seen.insert(key.to_owned(), value.clone().unwrap_or_default()).is_some() {
            report.block(&path, "InvalidTag", format!("tag `{key}` is there twice; keep one"));
        }
    }
    seen
}
