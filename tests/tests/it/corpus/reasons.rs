//! Why documents of the corpus are refused: what ECS refuses too, and the Blocks of the mapping specification.
//!
//! A refusal that stands in no row is a mistake of ours. *Not here*: how often each occurs; the test prints that.

use ecs_crds::status::Finding;

/// Configurations of other programs, without a placeholder in them
pub(super) const OTHER_PROGRAMS: &[&str] = &["ecschedule__testdata__sample.json"];

/// Who says that a document is refused
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Who {
    /// ECS refuses it too
    Ecs,
    /// A Block of the mapping specification, by rule or section
    Specification(&'static str),
}

use Who::{Ecs, Specification};

/// Code; the path with `N` for numbers, or its end after `*`; who refuses it; why
#[rustfmt::skip] // a row is a line
const REASONS: &[(&str, &str, Who, &str)] = &[
    ("ClassicLoadBalancerUnsupported", "*/loadBalancerName", Specification("§10.1"), "a classic Load Balancer cannot reach pods"),
    ("ContainerNameRequired", "*", Ecs, "Container.name should not be null or empty"),
    ("DependencyNeedsHealthCheck", "*", Specification("R-ORDER 1"), "HEALTHY needs a health check, and the one that is there is none"),
    ("DeploymentControllerUnsupported", "*", Specification("§7"), "task sets and CodeDeploy are out of scope"),
    ("DeviceUnsupported", "*", Specification("R-PRIV"), "a device is neither mapped nor granted"),
    ("EnvFileUnreadable", "*", Specification("R-ENVFILE"), "the file lies in S3, and no facts are there"),
    ("EventPatternUnsupported", "*", Specification("§12A.2"), "no event reaches the cluster"),
    ("FirelensConfigUnreadable", "*", Specification("R-FIRELENS"), "the file lies in S3, and no facts are there"),
    ("FsxUnsupported", "*", Specification("§5"), "the file system's address is a fact of AWS"),
    ("GmsaLinuxUnsupported", "*", Specification("§3 credentialSpecs"), "a Linux container has no account in Active Directory"),
    ("ImageRequired", "*", Ecs, "Container.image should not be null or empty"),
    ("InvalidEntryPoint", "*", Specification("§3 entryPoint"), "an entry point without a program"),
    ("InvalidHealthCheck", "*", Specification("R-PROBE"), "the command does not begin with CMD or CMD-SHELL"),
    ("InvalidValue", "/capacityProviderStrategy", Ecs, "beside a launch type"),
    ("InvalidValue", "*/dnsSearchDomains/N", Ecs, "an empty text"),
    ("InvalidValue", "*/dnsServers/N", Ecs, "an empty text"),
    ("InvalidValue", "*/environment/N/value", Ecs, "another type than the model's"),
    ("InvalidValue", "*/options/config-file-type", Ecs, "`s3 | file` is neither"),
    ("InvalidValue", "*/image", Ecs, "characters that no image name has"),
    ("InvalidValue", "*/links/N", Ecs, "an empty text"),
    ("InvalidValue", "*/capabilities/add/N", Ecs, "no capability"),
    ("InvalidValue", "*/capabilities/drop/N", Ecs, "no capability"),
    ("InvalidValue", "*/logConfiguration", Ecs, "a list for a structure"),
    ("InvalidValue", "*/memory", Ecs, "another type than the model's"),
    ("InvalidValue", "*/mountPoints/N/containerPath", Specification("§3 mountPoints"), "a Windows path in a task that does not say it runs on Windows"),
    ("InvalidValue", "*/portMappings", Ecs, "a structure for a list"),
    ("InvalidValue", "*/containerPort", Ecs, "0 is no port"),
    ("InvalidValue", "*/hostPort", Ecs, "in awsvpc and host mode the ports must match"),
    ("InvalidValue", "*/protocol", Ecs, "neither tcp nor udp"),
    ("InvalidValue", "/cpu", Ecs, "another type than the model's"),
    ("InvalidValue", "/deploymentConfiguration/maximumPercent", Specification("R-ROLL"), "below 100 no deployment can move"),
    ("InvalidValue", "/ephemeralStorage/sizeInGiB", Ecs, "not from 21 to 200"),
    ("InvalidValue", "/healthCheckGracePeriodSeconds", Ecs, "another type than the model's"),
    ("InvalidValue", "/family", Ecs, "characters that no family has"),
    ("InvalidValue", "*/targetGroupArn", Ecs, "no ARN"),
    ("InvalidValue", "/networkMode", Ecs, "no network mode, or one without ports"),
    ("InvalidValue", "/placementConstraints/N/expression", Ecs, "memberOf without an expression"),
    ("InvalidValue", "/placementStrategy/N/field", Ecs, "an empty field"),
    ("InvalidValue", "/serviceName", Ecs, "an empty name"),
    ("InvalidValue", "*/tags/N/key", Ecs, "an empty key"),
    ("InvalidValue", "/taskDefinition", Ecs, "no family, family:revision or ARN"),
    ("InvalidValue", "*/valueFrom", Specification("R-SECRET"), "no ARN and no name of a secret or parameter"),
    ("InvalidValue", "*/credentialsParameter", Specification("R-SECRET"), "no ARN and no name of a secret"),
    ("MemoryRequired", "*", Ecs, "At least one of memory or memoryReservation must be specified"),
    ("NoSecretBackend", "*", Specification("R-SECRET"), "nothing in the cluster makes Secrets"),
    ("NotAllowedOnFargate", "*", Ecs, "Fargate has no such thing"),
    ("NotAllowedOnWindows", "*", Ecs, "Windows containers have no such thing"),
    ("PrivilegeNotAllowed", "*", Specification("R-PRIV"), "above the baseline, and not granted"),
    ("RequiredField", "/desiredCount", Ecs, "a described revision of a service does not tell it"),
    ("RequiredField", "/taskDefinition", Specification("§7"), "required unless EXTERNAL, which is refused for itself"),
    ("RequiredField", "*", Ecs, "a required member of the model is missing"),
    ("RoleNameNotResolvable", "*", Specification("§2 taskRoleArn"), "a role's name without an account to find it in"),
    ("SecurityOptionUnsupported", "*", Specification("§3 dockerSecurityOptions"), "no counterpart"),
    ("TaskDefinitionNotReady", "*", Specification("R-FIND"), "what it runs is refused for itself"),
    ("TemplateSyntax", "*", Ecs, "a placeholder: not yet a document of ECS"),
    ("UnknownDocument", "", Ecs, "no document of ECS"),
    ("UnknownField", "*", Specification("decisions §1"), "no member of the model"),
    ("UnknownValue", "*", Specification("decisions §1"), "a template that needs a macro or another stack"),
    ("UserNameNotResolvable", "*", Specification("§3 user"), "the numbers of a user stand in the image"),
    ("VolumeUnknown", "*/sourceVolume", Ecs, "a mount point names a volume that is not there"),
    ("WindowsVersionUnsupported", "*", Specification("§2 runtimePlatform"), "no nodes of this Windows"),
];

/// Why a Block stands, and who says so
pub(super) fn of(finding: &Finding) -> Option<(Who, &'static str)> {
    let numbered = |part: &str| part.parse::<usize>().is_ok();
    let path: Vec<&str> = finding.path.split('/').map(|part| if numbered(part) { "N" } else { part }).collect();
    let path = path.join("/");
    let fits = |pattern: &str| pattern.strip_prefix('*').map_or(pattern == path, |end| path.ends_with(end));
    let found = REASONS.iter().find(|(code, pattern, ..)| *code == finding.code && fits(pattern));
    found.map(|(_, _, who, why)| (*who, *why))
}
