//! Volumes that are left to the launch, and what an administrator grants a namespace, through `render`.

use super::*;

const TASK: &str = r#"{"family": "db", "volumes": [{"name": "data", "configuredAtLaunch": true}], "containerDefinitions": [
    {"name": "a", "image": "i:1", "memory": 128, "mountPoints": [{"sourceVolume": "data", "containerPath": "/d"}]}]}"#;

fn objects(rendered: &Rendered) -> Vec<&str> {
    let kinds = rendered.objects.iter().filter_map(|object| object["kind"].as_str());
    kinds.filter(|kind| *kind != "PodDisruptionBudget").collect()
}

fn blocks(rendered: &Rendered) -> Vec<String> {
    let blocks = rendered.findings.iter().filter(|located| located.finding.severity == Severity::Block);
    blocks.map(|l| format!("{} {} {}", l.object.kind, l.finding.path, l.finding.code)).collect()
}

#[test]
fn a_volume_that_nobody_configures_is_made_up_for_a_look_at_the_task_alone() {
    for lone_task in [LoneTask::Service, LoneTask::Task] {
        let rendered = of(&[TASK], &Options { lone_task, ..options() });
        assert!(rendered.findings.iter().any(|l| l.finding.code == "VolumeConfigurationStub"), "{rendered:#?}");
        assert_eq!(blocks(&rendered), Vec::<String>::new());
        assert!(objects(&rendered).contains(&"StorageClass"), "{:?}", objects(&rendered));
    }
}

#[test]
fn a_service_or_schedule_that_says_nothing_about_the_volume_is_refused() {
    let service = r#"{"serviceName": "db", "taskDefinition": "db", "desiredCount": 1}"#;
    let rendered = of(&[TASK, service], &options());
    assert_eq!(blocks(&rendered), ["EcsService /volumeConfigurations VolumeConfigurationMissing"]);
    assert_eq!(objects(&rendered), Vec::<&str>::new());
    let schedule = "apiVersion: ecs-operator.dev/v1alpha1\nkind: ScheduledTask\nmetadata: {name: nightly}\n\
                    spec: {scheduleExpression: 'cron(0 3 * * ? *)', task: {taskDefinition: db}}";
    let rendered = of(&[TASK, schedule], &options());
    assert_eq!(blocks(&rendered), ["ScheduledTask /task VolumeConfigurationMissing"]);
    assert_eq!(objects(&rendered), Vec::<&str>::new());
}

#[test]
fn a_grant_holds_in_its_namespace_for_services_schedules_and_tasks_alone() {
    let privileged = TASK_PRIVILEGED;
    let service = r#"{"serviceName": "agent", "taskDefinition": "agent", "desiredCount": 1}"#;
    let schedule = "apiVersion: ecs-operator.dev/v1alpha1\nkind: ScheduledTask\nmetadata: {name: nightly}\n\
                    spec: {scheduleExpression: 'cron(0 3 * * ? *)', task: {taskDefinition: agent}}";
    let mut context = Context::default();
    let grant = serde_json::json!({"allow": [{"namespaces": ["trusted"], "grants": {"privileged": true}}]});
    context.config.privileges = serde_json::from_value(grant).unwrap();
    for (documents, lone_task, kind) in [
        (vec![privileged], LoneTask::Service, "Deployment"),
        (vec![privileged], LoneTask::Task, "Job"),
        (vec![privileged, service], LoneTask::Service, "Deployment"),
        (vec![privileged, schedule], LoneTask::Service, "CronJob"),
    ] {
        let options = |namespace: &str| Options {
            lone_task,
            context: context.clone(),
            namespace: namespace.to_owned(),
            accept: BTreeSet::from(["PrivilegeNotAllowed".to_owned()]),
            ..options()
        };
        let granted = of(&documents, &options("trusted"));
        assert_eq!((blocks(&granted), objects(&granted)), (vec![], vec![kind]), "{documents:?}");
        let refused = of(&documents, &options("default"));
        let at = "TaskDefinition /containerDefinitions/0/privileged PrivilegeNotAllowed".to_owned();
        assert!(blocks(&refused).contains(&at), "{:?}", blocks(&refused));
        assert_eq!(objects(&refused), Vec::<&str>::new());
    }
}

const TASK_PRIVILEGED: &str = r#"{"family": "agent", "containerDefinitions": [{"name": "a", "image": "i:1", "memory": 128, "privileged": true}]}"#;
