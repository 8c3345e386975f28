//! Application Auto Scaling of services: targets by name, fifty to a call; policies and scheduled actions of the account, where
//! any of them is scaled.

use std::collections::BTreeMap;

use ecs_core::sync::calls::Api;
use ecs_core::sync::read::Scaling;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::observe::{Aws, by};
use crate::services::last;

/// How many targets DescribeScalableTargets takes by name
const AT_ONCE: usize = 50;

impl Aws {
    /// The scaling of these services, by name; a service that is not named has none
    ///
    /// # Errors
    ///
    /// Where any part of it could not be read: scaling is known whole or not at all.
    pub(crate) async fn scaling(&self, names: &[&str]) -> Result<BTreeMap<String, Scaling>, Failure> {
        let resource = |name: &str| format!("service/{}/{name}", self.scope.cluster);
        let mut found: BTreeMap<String, Scaling> = BTreeMap::new();
        for some in names.chunks(AT_ONCE) {
            let ids: Vec<String> = some.iter().map(|name| resource(name)).collect();
            for target in
                self.scaled("DescribeScalableTargets", json!({ "ResourceIds": ids }), "ScalableTargets").await?
            {
                let name = target["ResourceId"].as_str().filter(|id| ids.iter().any(|known| known == id)).map(last);
                if let Some(name) = name.map(str::to_owned) {
                    found.entry(name).or_default().target = Some(target);
                }
            }
        }
        // Without a target there is neither policy nor action
        let one = match found.keys().next() {
            None => return Ok(found),
            Some(name) if names.len() == 1 => json!({ "ResourceId": resource(name) }),
            Some(_) => json!({}),
        };
        let mut policies =
            by(self.scaled("DescribeScalingPolicies", one.clone(), "ScalingPolicies").await?, "ResourceId");
        let mut actions = by(self.scaled("DescribeScheduledActions", one, "ScheduledActions").await?, "ResourceId");
        for (name, scaling) in &mut found {
            scaling.policies = policies.remove(&resource(name)).unwrap_or_default();
            scaling.actions = actions.remove(&resource(name)).unwrap_or_default();
        }
        Ok(found)
    }

    /// What Application Auto Scaling says of desired counts
    async fn scaled(&self, operation: &str, mut input: Value, list: &str) -> Result<Vec<Value>, Failure> {
        input["ServiceNamespace"] = "ecs".into();
        input["ScalableDimension"] = "ecs:service:DesiredCount".into();
        if input.get("ResourceIds").is_none() && input.get("ResourceId").is_none() {
            // Only together with a resource
            if let Value::Object(members) = &mut input {
                members.remove("ScalableDimension");
            }
        }
        self.pages(Api::AutoScaling, operation, input, (list, "NextToken")).await
    }
}
