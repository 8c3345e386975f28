//! Names: whatever ECS calls a thing, Kubernetes takes the name that we give it, and different things stay different.

use ecs_core::names::{cluster_name, k8s_name, label_value, service_revision_name, task_revision_name};
use ecs_core::values::dns::is_label;

use super::is_object_name;

pub(crate) fn check(data: &[u8]) {
    let text = super::text(data);
    for max in [52, 63] {
        let name = k8s_name(&text, max);
        assert!(is_label(&name) && name.len() <= max, "{text:?} is called {name:?}");
        assert_eq!(k8s_name(&name, max), name, "a name of ours is its own name");
    }
    if let Some((one, other)) = text.split_once('\0')
        && one != other
    {
        assert_ne!(k8s_name(one, 63), k8s_name(other, 63), "{one:?} and {other:?}");
    }
    let value = label_value(&text);
    let plain = |c: char| c.is_ascii_alphanumeric();
    let inner = value.chars().all(|c| plain(c) || "-_.".contains(c));
    let ends = value.is_empty() || (value.starts_with(plain) && value.ends_with(plain));
    assert!(inner && ends && value.len() <= 63, "{text:?} is labelled {value:?}");
    for name in [task_revision_name(&text, i64::MAX), service_revision_name(&text, i64::MAX)] {
        assert!(is_object_name(&name), "{text:?} has a revision called {name:?}");
    }
    assert!(text.ends_with(cluster_name(&text)));
}
