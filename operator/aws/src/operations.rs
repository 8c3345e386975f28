//! Operations of AWS by their names, each through its own client of the SDK.
//!
//! ECS, EventBridge and Application Auto Scaling take everything in the body. EventBridge Scheduler is a REST API: names stand
//! in the path, and what its reads ask for in the query, so these are given to the SDK.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use ecs_core::sync::calls::{Api, Call};
use serde_json::Value;

use crate::exchange::Exchange;
use crate::failure::{Class, Failure};

/// The SDK's clients for one identity in one region
#[derive(Clone, Debug)]
pub(crate) struct Clients {
    pub(crate) ecs: aws_sdk_ecs::Client,
    pub(crate) scheduler: aws_sdk_scheduler::Client,
    pub(crate) events: aws_sdk_eventbridge::Client,
    pub(crate) scaling: aws_sdk_applicationautoscaling::Client,
}

/// Sends one of an API's operations; none where it is not one of them
macro_rules! one_of {
    ($operation:expr, $exchange:expr, $($name:literal => $call:expr),+ $(,)?) => {
        match $operation {
            $($name => Some(unanswered($name, $call.customize().interceptor($exchange.clone()).send().await)),)+
            _ => None,
        }
    };
}

impl Clients {
    /// Makes one call, once
    ///
    /// # Errors
    ///
    /// What AWS answered instead, or that nothing came.
    pub(crate) async fn send(&self, call: &Call) -> Result<Value, Failure> {
        let Call { api, operation, input } = call;
        let input = epochs(input);
        let sent = match api {
            Api::Ecs => self.to_ecs(operation, &input).await,
            Api::EventBridge => self.to_events(operation, &input).await,
            Api::AutoScaling => self.to_scaling(operation, &input).await,
            Api::Scheduler => self.to_scheduler(operation, &input).await,
        };
        let unknown =
            || Failure { operation: operation.clone(), code: "UnknownOperation".to_owned(), class: Class::Refused };
        let (exchange, failure) = sent.ok_or_else(unknown)?;
        let Some(answer) = exchange.answer() else {
            return Err(failure.unwrap_or_else(|| Failure {
                operation: operation.clone(),
                code: "NoAnswer".to_owned(),
                class: Class::Unanswered,
            }));
        };
        // What the SDK's types make of an answer is of no concern here
        Failure::answered(operation, &answer).map_or(Ok(answer.body), Err)
    }

    async fn to_ecs(&self, operation: &str, input: &Value) -> Option<(Exchange, Option<Failure>)> {
        let (ecs, exchange) = (&self.ecs, Exchange::new(Some(input)));
        let failure = one_of!(operation, exchange,
            "CreateService" => ecs.create_service(),
            "DeleteService" => ecs.delete_service(),
            "DeregisterTaskDefinition" => ecs.deregister_task_definition(),
            "DescribeClusters" => ecs.describe_clusters(),
            "DescribeServices" => ecs.describe_services(),
            "DescribeTaskDefinition" => ecs.describe_task_definition(),
            "ListServices" => ecs.list_services(),
            "ListTaskDefinitions" => ecs.list_task_definitions(),
            "RegisterTaskDefinition" => ecs.register_task_definition(),
            "TagResource" => ecs.tag_resource(),
            "UntagResource" => ecs.untag_resource(),
            "UpdateService" => ecs.update_service(),
        );
        failure.map(|failure| (exchange, failure))
    }

    async fn to_events(&self, operation: &str, input: &Value) -> Option<(Exchange, Option<Failure>)> {
        let (events, exchange) = (&self.events, Exchange::new(Some(input)));
        let failure = one_of!(operation, exchange,
            "DeleteRule" => events.delete_rule(),
            "DescribeRule" => events.describe_rule(),
            "ListRuleNamesByTarget" => events.list_rule_names_by_target(),
            "ListTargetsByRule" => events.list_targets_by_rule(),
            "PutRule" => events.put_rule(),
            "PutTargets" => events.put_targets(),
            "RemoveTargets" => events.remove_targets(),
        );
        failure.map(|failure| (exchange, failure))
    }

    async fn to_scaling(&self, operation: &str, input: &Value) -> Option<(Exchange, Option<Failure>)> {
        let (scaling, exchange) = (&self.scaling, Exchange::new(Some(input)));
        let failure = one_of!(operation, exchange,
            "DeleteScalingPolicy" => scaling.delete_scaling_policy(),
            "DeleteScheduledAction" => scaling.delete_scheduled_action(),
            "DeregisterScalableTarget" => scaling.deregister_scalable_target(),
            "DescribeScalableTargets" => scaling.describe_scalable_targets(),
            "DescribeScalingPolicies" => scaling.describe_scaling_policies(),
            "DescribeScheduledActions" => scaling.describe_scheduled_actions(),
            "PutScalingPolicy" => scaling.put_scaling_policy(),
            "PutScheduledAction" => scaling.put_scheduled_action(),
            "RegisterScalableTarget" => scaling.register_scalable_target(),
        );
        failure.map(|failure| (exchange, failure))
    }

    async fn to_scheduler(&self, operation: &str, input: &Value) -> Option<(Exchange, Option<Failure>)> {
        let scheduler = &self.scheduler;
        let text = |key: &str| input[key].as_str().map(str::to_owned);
        let (name, group) = (text("Name"), text("GroupName"));
        let mut body = input.clone();
        if let Value::Object(members) = &mut body {
            members.remove("Name");
        }
        let writes = matches!(operation, "CreateSchedule" | "UpdateSchedule");
        let exchange = Exchange::new(writes.then_some(&body));
        let failure = one_of!(operation, exchange,
            "CreateSchedule" => scheduler.create_schedule().set_name(name),
            "DeleteSchedule" => scheduler.delete_schedule().set_name(name).set_group_name(group),
            "GetSchedule" => scheduler.get_schedule().set_name(name).set_group_name(group),
            "ListSchedules" => scheduler.list_schedules().set_group_name(group).set_next_token(text("NextToken")),
            "UpdateSchedule" => scheduler.update_schedule().set_name(name),
        );
        failure.map(|failure| (exchange, failure))
    }
}

/// What it means where the call brought no answer
fn unanswered<O, E>(operation: &str, sent: Result<O, SdkError<E, HttpResponse>>) -> Option<Failure> {
    sent.err().map(|error| Failure::unanswered(operation, &error))
}

/// Times as these APIs take them in JSON: seconds, where the AWS CLI takes a text
fn epochs(input: &Value) -> Value {
    let mut input = input.clone();
    for key in ["StartDate", "EndDate", "StartTime", "EndTime"] {
        let moment = input[key].as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok());
        if let Some(moment) = moment {
            input[key] = moment.as_second().into();
        }
    }
    input
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn times_are_sent_as_seconds_and_nothing_else_is_touched() {
        let sent = epochs(&json!({"StartDate": "2027-01-15T08:00:00Z", "EndDate": "soon", "Name": "n"}));
        assert_eq!(sent, json!({"StartDate": 1_800_000_000, "EndDate": "soon", "Name": "n"}));
    }
}
