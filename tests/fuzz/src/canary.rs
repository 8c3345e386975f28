//! Values that may be secret, and the search for them where no secret may stand.

use ecs_crds::status::Finding;

/// What stands for a secret; nothing else spells it
pub(crate) const CANARY: &str = "cAnArY_s3cr3t_0x7f";

/// Secrets as people write them: plain, beside a placeholder, in a form that parsers look into
pub(crate) const SECRETS: &[&str] = &[
    CANARY,
    "${cAnArY_s3cr3t_0x7f}",
    "{{ cAnArY_s3cr3t_0x7f }}",
    "$(cAnArY_s3cr3t_0x7f)",
    "<cAnArY_s3cr3t_0x7f>",
    "arn:aws:secretsmanager:eu-west-1:1:secret:cAnArY_s3cr3t_0x7f",
    "postgres://user:cAnArY_s3cr3t_0x7f@db/app",
    "cAnArY_s3cr3t_0x7f\n",
];

/// Whether a member of a document holds what may be secret: a value of the environment, and what a task is given as input
pub(crate) fn may_be_secret(path: &str) -> bool {
    path.ends_with("environment.value") || path == "input" || path.ends_with("inputTemplate")
}

/// No finding tells a secret
pub(crate) fn assert_untold<'a>(findings: impl IntoIterator<Item = &'a Finding>) {
    for finding in findings {
        let told = finding.message.contains(CANARY) || finding.path.contains(CANARY) || finding.code.contains(CANARY);
        assert!(!told, "a finding tells a value that may be secret: {finding:?}");
    }
}
