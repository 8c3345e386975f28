//! The ways to AWS over the SDK: settings of the process, the role of each EcsCluster, one pace for each account and region.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::sync::{Arc, Mutex, PoisonError};

use ecs_aws::{Aws, Jitter, Pace, Role, Scope, Settings};

use super::{Binding, Remotes};

/// How many characters the name of a session has at most
const SESSION_MAX: usize = 64;

/// Ways to AWS with the settings of this process
pub struct AwsRemotes {
    settings: Settings,
    paces: Mutex<HashMap<(String, String), Arc<Pace>>>,
}

impl AwsRemotes {
    /// With these settings; an EcsCluster adds its region and its role
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self { settings, paces: Mutex::default() }
    }

    /// One pace for who shares AWS's own: a role's account and a region. An endpoint that is not AWS's has none
    fn pace(&self, binding: &Binding) -> Arc<Pace> {
        if self.settings.endpoint.is_some() {
            return Arc::new(Pace::unlimited());
        }
        let account = binding.spec.role_arn.as_deref().and_then(|arn| arn.split(':').nth(4)).unwrap_or("own");
        let key = (account.to_owned(), binding.spec.region.clone());
        Arc::clone(self.paces.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default())
    }

    fn settings(&self, binding: &Binding) -> Settings {
        let Binding { name, uid, spec } = binding;
        let role = spec.role_arn.clone().map(|arn| Role {
            arn,
            external_id: spec.external_id.clone(),
            session: session(name),
            tags: vec![
                ("ecs-operator-cluster".to_owned(), name.clone()),
                ("ecs-operator-namespace".to_owned(), spec.namespace.clone()),
                ("ecs-operator-uid".to_owned(), uid.clone()),
            ],
        });
        Settings { region: Some(spec.region.clone()), role, ..self.settings.clone() }
    }
}

impl Remotes for AwsRemotes {
    type Ecs = Aws;

    async fn open(&self, binding: &Binding) -> Result<Aws, String> {
        let scope =
            Scope { cluster: binding.spec.cluster.clone(), schedule_group: binding.spec.schedule_group.clone() };
        let opened = Aws::new(&self.settings(binding), scope, self.pace(binding), jitter()).await;
        opened.map_err(|error| error.to_string())
    }
}

/// A session's name, as CloudTrail shows it
fn session(name: &str) -> String {
    let mut session = format!("ecs-operator-{name}");
    session.truncate(SESSION_MAX);
    session
}

/// What differs from call to call and from process to process is random enough for a pause
fn jitter() -> Jitter {
    let states = RandomState::new();
    let count = std::sync::atomic::AtomicU64::new(0);
    Arc::new(move || {
        let mut hasher = states.build_hasher();
        hasher.write_u64(count.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
        (hasher.finish() % 1024) as f64 / 1024.0
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ecs_crds::EcsClusterSpec;

    fn binding(name: &str, role: Option<&str>) -> Binding {
        let spec = EcsClusterSpec {
            region: "eu-west-1".to_owned(),
            role_arn: role.map(str::to_owned),
            namespace: name.to_owned(),
            ..EcsClusterSpec::default()
        };
        Binding { name: name.to_owned(), uid: format!("uid-of-{name}"), spec }
    }

    #[test]
    fn each_binding_has_its_own_role_and_those_of_one_account_share_a_pace() {
        let remotes = AwsRemotes::new(Settings::default());
        let [a, b, c] = [("a", "1"), ("b", "1"), ("c", "2")]
            .map(|(name, account)| binding(name, Some(&format!("arn:aws:iam::{account}:role/of-{name}"))));
        assert_eq!(remotes.settings(&a).role.map(|role| role.arn), a.spec.role_arn);
        assert_eq!(remotes.settings(&b).role.map(|role| role.tags[1].1.clone()), Some("b".to_owned()));
        assert_eq!(remotes.settings(&binding("d", None)).role, None);
        assert!(Arc::ptr_eq(&remotes.pace(&a), &remotes.pace(&b)));
        assert!(!Arc::ptr_eq(&remotes.pace(&a), &remotes.pace(&c)));
        assert_eq!(session(&"x".repeat(200)).len(), SESSION_MAX);
    }

    #[test]
    fn jitter_is_a_part_of_one() {
        let jitter = jitter();
        let drawn: Vec<f64> = (0..64).map(|_| jitter()).collect();
        assert!(drawn.iter().all(|part| (0.0..1.0).contains(part)) && drawn.windows(2).any(|pair| pair[0] != pair[1]));
    }
}
