//! Names: R-NAME, and every label and annotation key of ours.

use ecs_crds::GROUP;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

/// The longest name of a container, volume, Service, Deployment, DaemonSet or Job
pub const LABEL_MAX: usize = 63;
/// The longest name of a CronJob, which appends a time to it
pub const CRON_JOB_MAX: usize = 52;

/// `app.kubernetes.io/managed-by`, whose value on our objects is [`MANAGER`]
pub const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
/// The field manager of children and status, and the value of [`MANAGED_BY`]
pub const MANAGER: &str = "ecs-operator";

/// The annotation in which the CronJob controller, and our engine like it, write the time that a Job runs for
pub const SCHEDULED_TIMESTAMP: &str = "batch.kubernetes.io/cronjob-scheduled-timestamp";

/// A label or annotation key of ours
macro_rules! keys {
    ($($(#[$meta:meta])* $name:ident = $key:literal;)*) => {$(
        $(#[$meta])*
        pub const $name: &str = concat!("ecs-operator.dev/", $key);
    )*};
}

keys! {
    /// Label: the service that a child or a pod belongs to (its Kubernetes name)
    SERVICE = "service";
    /// Label: the family of a task definition (sanitised; the exact one is an annotation of the same name)
    FAMILY = "family";
    /// Label: the number of a task definition revision
    REVISION = "revision";
    /// Label: the number of a service revision, on its pods
    SERVICE_REVISION = "service-revision";
    /// Label: `task-definition` or `service`: what a ControllerRevision holds
    REVISION_OF = "revision-of";
    /// Label: the ECS cluster that the spec names
    CLUSTER = "cluster";
    /// Label: the task group, as ECS forms it
    TASK_GROUP = "task-group";
    /// Label: the launch type that the spec names
    LAUNCH_TYPE = "launch-type";
    /// Label: `true` on the pods of a service that wants its tasks moved where zones are out of balance
    AZ_REBALANCE = "az-rebalance";
    /// Label: the ScheduledTask that a child belongs to (its Kubernetes name)
    SCHEDULE = "schedule";
    /// Annotation: from when a rate counts, on a ScheduledTask that was imported and on what a schedule makes
    ANCHOR = "anchor";
    /// Annotation on a CronJob: the times that it was made for
    TIMES = "times";
    /// Label: the EcsTask that a Job or a pod belongs to (its Kubernetes name)
    TASK = "task";
    /// Annotation on a Service: host names of Service Connect that clients know by their host entries, separated by commas
    CONNECT_HOSTS = "connect-hosts";
    /// Label: a digest of the security groups of a pod
    SECURITY_GROUPS = "security-groups";
    /// Label: `none` on pods that are cut off from the network
    NETWORK = "network";
    /// Annotation: the exact ECS name where the Kubernetes name differs
    ECS_NAME = "ecs-name";
    /// Annotation, before a dot and a container's name: its exact CPU units, where rounding to milli-CPUs loses them
    CONTAINER_CPU = "ecs-cpu";
    /// Annotation, before a dot and a container's name: its Docker labels, as JSON
    DOCKER_LABELS = "docker-labels";
    /// Annotation, before a dot and a container's name: what its log driver is told, as JSON
    LOGS = "logs";
    /// Annotation: the containers of a pod with whose end its task ends, separated by commas; absent where a task has one
    /// container
    ESSENTIAL = "essential";
    /// Annotation: the containers of a pod that ECS itself would start again when they end, separated by commas
    RESTARTED = "restarted";
    /// Annotation: the lifecycle hooks that let a deployment continue, by ID, separated by commas
    CONTINUE = "continue";
    /// Annotation: the lifecycle hook, or the deployment, that is to be rolled back
    ROLLBACK = "rollback";
    /// Annotation: the deployment that is not to leave its lifecycle stage
    PAUSE = "pause";
    /// Annotation: the lifecycle hook that a Job decides
    HOOK = "hook";
    /// Annotation: codes of Block findings that the user accepts, separated by commas
    ACCEPT = "accept";
    /// Annotation: a digest of what we applied, so that a field that we no longer set is noticed
    APPLIED = "applied";
    /// Annotation: the exact tags, as JSON
    TAGS = "tags";
    /// Annotation: the description of a schedule
    DESCRIPTION = "description";
    /// Tag on AWS: the UID of the EcsCluster whose sync made or claimed it
    BINDING = "binding";
    /// Tag on AWS: the UID of the object that it is the counterpart of
    OBJECT_UID = "object-uid";
    /// Annotation on an imported object: a digest of what it was imported as
    IMPORTED = "imported";
    /// Annotation: on a ControllerRevision of a family its numbers on ECS, separated by commas; on a TaskDefinition that an import
    /// made or changed, the number of what it says
    AWS_REVISION = "aws-revision";
    /// Annotation on an EcsCluster: the token of the deletions that a person confirms
    CONFIRM_DELETIONS = "confirm-deletions";
    /// Annotation: RunTask's reference ID
    REFERENCE_ID = "reference-id";
    /// Annotation: who or what started a task, as RunTask tells it
    STARTED_BY = "started-by";
    /// Label: the capacity provider on whose nodes a task runs, where the service keeps its shares exactly
    CAPACITY_PROVIDER = "capacity-provider";
    /// Annotation: the Fargate platform that the spec names
    PLATFORM_VERSION = "platform-version";
    /// Annotation on a pod template: the value of `spec.kubernetes.forceDeployment`
    FORCE_DEPLOYMENT = "force-deployment";
}

/// What stands before the key of a tag in its label
pub const TAG_PREFIX: &str = "tags.ecs-operator.dev/";

/// R-NAME: the Kubernetes name of an ECS name, at most `max` characters long
///
/// Lower-case; characters outside `[a-z0-9-]` become `-`; `-` trimmed; what changed or is too long gets the first eight hex
/// digits of the original's SHA-256, so that different ECS names stay different.
#[must_use]
pub fn k8s_name(ecs_name: &str, max: usize) -> String {
    let mapped: String = ecs_name
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' { c } else { '-' })
        .collect();
    let trimmed = match mapped.trim_matches('-') {
        "" => "x",
        name => name,
    };
    if trimmed == ecs_name && trimmed.len() <= max {
        return trimmed.to_owned();
    }
    let kept = &trimmed[..trimmed.len().min(max.saturating_sub(9))];
    format!("{}-{}", kept.trim_end_matches('-'), sha8(ecs_name))
}

/// R-NAME: the CronJob of a schedule; it begins the names of the Jobs of its runs, and is their label
#[must_use]
pub fn of_schedule(ecs_name: &str) -> String {
    k8s_name(ecs_name, CRON_JOB_MAX)
}

/// The Job of the run for a time of a schedule, whose CronJob would be called so: the CronJob controller names its Jobs so too,
/// and that is what keeps a run one
#[must_use]
pub fn of_run(schedule: &str, time: Timestamp) -> String {
    format!("{schedule}-{}", time.as_second().div_euclid(60))
}

/// R-NAME: the Job of an EcsTask, which is the label of its pods too
#[must_use]
pub fn of_task(name: &str) -> String {
    k8s_name(name, LABEL_MAX)
}

/// The first eight hex digits of the SHA-256 of a text
#[must_use]
pub fn sha8(text: &str) -> String {
    sha256(text)[..8].to_owned()
}

/// The SHA-256 of a text in hex
#[must_use]
pub fn sha256(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The annotation key that holds something about one container of a pod
#[must_use]
pub fn of_container(key: &str, container: &str) -> String {
    // The part behind the prefix has at most as many characters as a label
    let room = (LABEL_MAX + key.find('/').map_or(0, |slash| slash + 1)).saturating_sub(key.len() + 1);
    format!("{key}.{}", k8s_name(container, room))
}

/// R-TAG "Lossy": a label value near `text`; where it differs, the exact text belongs into an annotation
#[must_use]
pub fn label_value(text: &str) -> String {
    let mapped: String = text
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '_' })
        .take(LABEL_MAX)
        .collect();
    mapped.trim_matches(|c: char| !c.is_ascii_alphanumeric()).to_owned()
}

/// The short name of an ECS cluster, which is named by that or by its ARN, whose last part it is
#[must_use]
pub fn cluster_name(cluster: &str) -> &str {
    cluster.rsplit('/').next().unwrap_or(cluster)
}

/// The name of revision `n` of a family: `web-3`
#[must_use]
pub fn task_revision_name(family: &str, number: i64) -> String {
    format!("{}-{number}", k8s_name(family, LABEL_MAX))
}

/// The name of revision `n` of a service: `web.service-3` (the dot keeps it apart from every family's)
#[must_use]
pub fn service_revision_name(service: &str, number: i64) -> String {
    format!("{}.service-{number}", k8s_name(service, LABEL_MAX))
}

/// Whether a text can be the key of an annotation: a name, or a DNS name and a name with `/` between
#[must_use]
pub fn is_annotation_key(key: &str) -> bool {
    let (prefix, name) = key.rsplit_once('/').map_or((None, key), |(prefix, name)| (Some(prefix), name));
    let edge = |c: char| c.is_ascii_alphanumeric();
    let inner = |c: char| edge(c) || matches!(c, '-' | '_' | '.');
    let named = (1..=LABEL_MAX).contains(&name.len()) && name.chars().all(inner);
    let label = |label: &str| {
        let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        !label.is_empty() && label.chars().all(legal) && !label.starts_with('-') && !label.ends_with('-')
    };
    named
        && name.starts_with(edge)
        && name.ends_with(edge)
        && prefix.is_none_or(|prefix| prefix.len() <= 253 && prefix.split('.').all(label))
}

/// As ECS names the deployment of revision `n` of a service
#[must_use]
pub fn deployment_id(number: i64) -> String {
    format!("ecs-svc/{number}")
}

/// Whether a label or annotation key is one of ours
#[must_use]
pub fn is_ours(key: &str) -> bool {
    key.strip_prefix(GROUP).is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn v21_v23_names_keep_what_is_legal_and_stay_distinct_otherwise() {
        assert_eq!(k8s_name("web", LABEL_MAX), "web");
        assert_eq!(k8s_name("My_Container", LABEL_MAX), "my-container-468ac221");
        assert_eq!(k8s_name("nightly_report", CRON_JOB_MAX), "nightly-report-622e5384");
        assert_eq!(k8s_name("---", LABEL_MAX).split('-').next(), Some("x"));
        assert_eq!(k8s_name(&"a".repeat(80), LABEL_MAX).len(), LABEL_MAX);
        assert_ne!(k8s_name("a_b", LABEL_MAX), k8s_name("a-b", LABEL_MAX));
    }

    #[test]
    fn a_name_that_ends_in_a_dash_where_it_is_cut_has_none_before_the_hash() {
        let name = k8s_name(&format!("{}-{}", "a".repeat(53), "b".repeat(20)), LABEL_MAX);
        assert!(!name.contains("--"), "{name}");
    }

    #[test]
    fn annotation_keys_are_told() {
        for (key, legal) in [
            ("team", true),
            ("com.example.team", true),
            ("example.com/team", true),
            ("a/b/c", false),
            ("Example.com/team", false),
            ("", false),
            ("-a", false),
            ("/a", false),
            ("a b", false),
        ] {
            assert_eq!(is_annotation_key(key), legal, "{key}");
        }
    }

    #[test]
    fn label_values_are_legal() {
        assert_eq!(label_value("family:web"), "family_web");
        assert_eq!(label_value("arn:aws:ecs:x:1:cluster/c"), "arn_aws_ecs_x_1_cluster_c");
        assert_eq!(label_value("__"), "");
    }
}
