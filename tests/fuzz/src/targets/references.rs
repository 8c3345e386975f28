//! Small values: what parses prints as it was written, sizes survive their rounding, and dollars reach the process as they are.

use ecs_core::values::revision_ref::RevisionRef;
use ecs_core::values::secret_ref::SecretRef;
use ecs_core::values::task_size::{task_cpu, task_memory};
use ecs_core::values::{cpu, dollar};

pub(crate) fn check(data: &[u8]) {
    let text = super::text(data);
    if let Ok(reference) = text.parse::<RevisionRef>() {
        assert_eq!(reference.to_string(), text);
        assert!(reference.revision.is_none_or(|revision| revision > 0));
        assert_eq!(reference.local().parse::<RevisionRef>().unwrap().local(), reference.local());
    }
    let (secret, credentials) = (text.parse::<SecretRef>(), SecretRef::of_credentials(&text));
    assert_eq!(secret.is_ok(), credentials.is_ok(), "{text:?}");
    assert!(!text.starts_with("arn:") || secret == credentials, "an ARN says by itself what it names: {text:?}");
    if let Some(units) = task_cpu(&text) {
        assert!(!cpu::cpu_quantity(units.millis()).0.is_empty());
        assert_eq!(task_cpu(&units.get().to_string()), Some(units), "{text:?}");
    }
    if let Some(size) = task_memory(&text) {
        assert_eq!(task_memory(&size.get().to_string()), Some(size), "{text:?}");
    }
    assert_eq!(dollar::unescape(&dollar::escape(&text)), text, "what Kubernetes reads is what ECS meant");
}
