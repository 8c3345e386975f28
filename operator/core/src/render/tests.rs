//! What documents render to, by kind and name of objects and by findings.

mod volumes;

use super::*;
use crate::config::{Capabilities, Context, OperatorConfig, TaskRoles};
use crate::wire;

const TASK: &str = r#"{"family": "web", "containerDefinitions": [
    {"name": "a", "image": "nginx:1", "memory": 128, "portMappings": [{"containerPort": 80, "name": "web"}]}]}"#;

fn options() -> Options {
    Options::default()
}

fn of(texts: &[&str], options: &Options) -> Rendered {
    render(texts.iter().flat_map(|text| wire::read(text).unwrap()).collect(), options)
}

/// `Kind namespace/name` of every object but what comes with each service, and `kind/name path code` of every finding that is not Info
fn check(texts: &[&str], options: &Options, objects: &[&str], findings: &[&str]) {
    let rendered = of(texts, options);
    let shown: Vec<_> = rendered
        .objects
        .iter()
        .filter(|object| object["kind"] != "PodDisruptionBudget")
        .map(|o| {
            let text = |value: &Value| value.as_str().unwrap_or("?").to_owned();
            format!("{} {}/{}", text(&o["kind"]), text(&o["metadata"]["namespace"]), text(&o["metadata"]["name"]))
        })
        .collect();
    assert_eq!(shown, objects, "{texts:?} {:?}", rendered.findings);
    let grave = rendered.findings.iter().filter(|located| located.finding.severity > Severity::Info);
    let shown: Vec<_> =
        grave.map(|l| format!("{}/{} {} {}", l.object.kind, l.object.name, l.finding.path, l.finding.code)).collect();
    assert_eq!(shown, findings, "{texts:?}");
}

#[test]
fn a_lone_task_definition_is_a_service_of_one_task() {
    check(&[TASK], &options(), &["Deployment default/web", "Service default/web"], &[]);
}

#[test]
fn of_two_schedules_of_one_name_the_second_is_refused() {
    let nightly = r#"{"kind": "ScheduledTask", "apiVersion": "ecs-operator.dev/v1alpha1", "metadata": {"name": "nightly"},
        "spec": {"source": "Rule", "scheduleExpression": "cron(0 2 * * ? *)", "task": {"taskDefinition": "web"}}}"#;
    let twice = ["ScheduledTask/nightly  NameTwice"];
    check(&[TASK, nightly, nightly], &options(), &["CronJob default/nightly"], &twice);
}

#[test]
fn a_lone_task_definition_is_a_job_when_that_is_asked_for() {
    let options = Options { lone_task: LoneTask::Task, namespace: "shop".to_owned(), ..options() };
    check(&[TASK], &options, &["Job shop/web"], &[]);
}

#[test]
fn a_lone_service_runs_a_stub_and_says_so() {
    let service = r#"{"serviceName": "shop", "taskDefinition": "web:7", "desiredCount": 2}"#;
    let stub = ["EcsService/shop /taskDefinition TaskDefinitionStub"];
    check(&[service], &options(), &["Deployment default/shop"], &stub);
}

#[test]
fn a_service_runs_the_task_definition_beside_it_whatever_its_number() {
    let service = r#"{"serviceName": "shop", "taskDefinition": "web:7", "desiredCount": 2}"#;
    check(&[service, TASK], &options(), &["Deployment default/shop", "Service default/shop"], &[]);
    let rendered = of(&[service, TASK], &options());
    assert_eq!(rendered.objects[0]["spec"]["template"]["metadata"]["labels"]["ecs-operator.dev/revision"], "7");
    assert_eq!(rendered.objects[0]["metadata"].get("ownerReferences"), None);
}

#[test]
fn what_is_refused_yields_no_object_and_says_where() {
    let refused = TASK.replace("\"memory\": 128", "\"memory\": \"lots\"");
    check(
        &[&refused],
        &options(),
        &[],
        &[
            "TaskDefinition/web /containerDefinitions/0/memory InvalidValue",
            "TaskDefinition/web /containerDefinitions/0/memory MemoryRequired",
        ],
    );
}

#[test]
fn a_service_of_a_refused_task_definition_waits() {
    let service = r#"{"serviceName": "shop", "taskDefinition": "web", "desiredCount": 2}"#;
    let refused = TASK.replace("\"memory\": 128", "\"memoy\": 128");
    let rendered = of(&[service, &refused], &options());
    assert!(rendered.objects.is_empty());
    assert!(rendered.findings.iter().any(|l| l.object.kind == "EcsService" && l.finding.path == "/taskDefinition"));
}

#[test]
fn a_schedule_renders_to_a_cron_job() {
    let schedule = "apiVersion: ecs-operator.dev/v1alpha1\nkind: ScheduledTask\nmetadata: {name: nightly, namespace: n}\n\
                    spec: {scheduleExpression: 'cron(0 3 * * ? *)', task: {taskDefinition: web}}";
    let task = format!(
        "apiVersion: ecs-operator.dev/v1alpha1\nkind: TaskDefinition\nmetadata: {{name: web, namespace: n}}\nspec: {TASK}"
    );
    check(&[schedule, &task], &options(), &["CronJob n/nightly"], &[]);
}

#[test]
fn what_is_found_in_a_task_only_because_of_who_runs_it_is_told_there() {
    let task = r#"{"family": "web", "containerDefinitions": [
        {"name": "a", "image": "nginx:1", "memory": 128, "restartPolicy": {"enabled": true, "restartAttemptPeriod": 60}},
        {"name": "b", "image": "nginx:1", "memory": 128},
        {"name": "c", "image": "nginx:1", "memory": 128, "essential": false,
         "dependsOn": [{"containerName": "a", "condition": "START"}]}]}"#;
    let service = |policy: &str| {
        format!(
            "kind: EcsService\napiVersion: ecs-operator.dev/v1alpha1\nmetadata: {{name: shop}}\n\
             spec: {{taskDefinition: web, desiredCount: 1, kubernetes: {{essentialPolicy: {policy}}}}}"
        )
    };
    let schedule = "kind: ScheduledTask\napiVersion: ecs-operator.dev/v1alpha1\nmetadata: {name: nightly}\n\
                    spec: {scheduleExpression: 'cron(0 3 * * ? *)', task: {taskDefinition: web}}";
    let run =
        "kind: EcsTask\napiVersion: ecs-operator.dev/v1alpha1\nmetadata: {name: once}\nspec: {taskDefinition: web}";
    let in_a_job = ["DependencyOrderRelaxed", "EssentialExitStopsTask", "RestartAttemptPeriodNotApplied"];
    let cases: [(&str, &str, &[&str]); 4] = [
        (&service("ReplaceTask"), "EcsService/shop /taskDefinition", &[]),
        (&service("InPlace"), "EcsService/shop /taskDefinition", &["EssentialExitNotCoupled"]),
        (schedule, "ScheduledTask/nightly /task/taskDefinition", &in_a_job),
        (run, "EcsTask/once /taskDefinition", &in_a_job),
    ];
    for (runs, place, codes) in cases {
        let rendered = of(&[runs, task], &options());
        let there = rendered
            .findings
            .iter()
            .filter(|l| format!("{}/{} {}", l.object.kind, l.object.name, l.finding.path) == place);
        let told: Vec<_> = there.map(|l| l.finding.code.as_str()).collect();
        assert_eq!(told, codes, "{runs}");
    }
    let alone = of(&[task], &Options { lone_task: LoneTask::Task, ..options() });
    let told: Vec<_> = alone.findings.iter().map(|l| l.finding.code.as_str()).collect();
    assert!(in_a_job.iter().all(|code| told.contains(code)), "{told:?}");
}

#[test]
fn accepted_codes_let_a_document_through() {
    let task =
        TASK.replace("\"memory\": 128", "\"memory\": 128, \"secrets\": [{\"name\": \"A\", \"valueFrom\": \"x\"}]");
    check(&[&task], &options(), &[], &["TaskDefinition/web /containerDefinitions/0/secrets NoSecretBackend"]);
    let options = Options { accept: BTreeSet::from(["NoSecretBackend".to_owned()]), ..options() };
    let objects = ["Deployment default/web", "Service default/web"];
    check(&[&task], &options, &objects, &["TaskDefinition/web /containerDefinitions/0/secrets NoSecretBackend"]);
}

#[test]
fn consent_to_what_cannot_be_accepted_is_no_silence() {
    let accepting = |code: &str| Options { accept: BTreeSet::from([code.to_owned()]), ..options() };
    let service = r#"{"serviceName": "web", "taskDefinition": "web"}"#;
    let missing = "EcsService/web /desiredCount RequiredField";
    check(&[service, TASK], &options(), &[], &[missing]);
    check(&[service, TASK], &accepting("RequiredField"), &[], &["EcsService/web  NotAcceptable", missing]);
    let nothing = ["Document/1  UnknownDocument"];
    check(&[r#"{"a": 1}"#], &accepting("UnknownDocument"), &[], &nothing);
    assert_eq!(of(&[r#"{"a": 1}"#], &accepting("UnknownDocument")).worst(), Some(Severity::Block));
}

#[test]
fn revisions_are_shown_when_asked_for() {
    let options = Options { revisions: true, ..options() };
    check(
        &[TASK],
        &options,
        &["ControllerRevision default/web-1", "Deployment default/web", "Service default/web"],
        &[],
    );
}

#[test]
fn what_cannot_be_read_is_a_finding_of_its_document() {
    check(&["{\"what\": 1}"], &options(), &[], &["Document/1  UnknownDocument"]);
}

/// A document with many members, none of them refused
const WHOLE: &str = r#"{
    "family": "web", "cpu": "512", "memory": "1024", "networkMode": "bridge", "requiresCompatibilities": ["EC2"],
    "taskRoleArn": "arn:aws:iam::111122223333:role/web", "pidMode": "task", "ephemeralStorage": {"sizeInGiB": 30},
    "runtimePlatform": {"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"},
    "tags": [{"key": "a", "value": "b"}], "volumes": [{"name": "v", "host": {}}],
    "containerDefinitions": [
        {"name": "a", "image": "nginx:1", "cpu": 128, "memory": 128, "essential": true, "command": ["x"], "links": ["b:c"],
         "portMappings": [{"containerPort": 80, "protocol": "tcp", "name": "web"}, {"containerPortRange": "90-92"}],
         "environment": [{"name": "A", "value": "b"}], "mountPoints": [{"sourceVolume": "v", "containerPath": "/v"}],
         "dependsOn": [{"containerName": "b", "condition": "START"}],
         "volumesFrom": [{"sourceContainer": "b", "readOnly": true}], "user": "1:1", "stopTimeout": 10,
         "ulimits": [{"name": "nofile", "softLimit": 1, "hardLimit": 2}], "dockerLabels": {"a": "b"},
         "healthCheck": {"command": ["CMD", "true"], "interval": 10}, "restartPolicy": {"enabled": true},
         "linuxParameters": {"capabilities": {"drop": ["ALL"]}, "tmpfs": [{"containerPath": "/t", "size": 1}]},
         "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "g"}},
         "systemControls": [{"namespace": "net.ipv4.tcp_fin_timeout", "value": "1"}],
         "resourceRequirements": [{"type": "GPU", "value": "1"}], "extraHosts": [{"hostname": "h", "ipAddress": "10.0.0.1"}]},
        {"name": "b", "image": "redis@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "memory": 64,
         "essential": false, "mountPoints": [{"sourceVolume": "v", "containerPath": "/w"}]}]
}"#;

/// The places in a document, as JSON pointers
fn places(value: &Value, at: &str, places: &mut Vec<String>) {
    places.push(at.to_owned());
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                self::places(value, &format!("{at}/{key}"), places);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                self::places(item, &format!("{at}/{index}"), places);
            }
        }
        _ => {}
    }
}

/// A service with many members, none of them refused
const SERVICE: &str = r#"{
    "cluster": "prod", "serviceName": "shop", "taskDefinition": "web:3", "desiredCount": 3, "launchType": "EC2",
    "schedulingStrategy": "REPLICA", "deploymentController": {"type": "ECS"}, "healthCheckGracePeriodSeconds": 30,
    "deploymentConfiguration": {"maximumPercent": 150, "minimumHealthyPercent": 50, "strategy": "ROLLING",
        "deploymentCircuitBreaker": {"enable": true, "rollback": true}, "alarms": {"alarmNames": ["a"], "enable": true, "rollback": false}},
    "loadBalancers": [{"targetGroupArn": "arn:aws:elasticloadbalancing:r:1:targetgroup/a/b", "containerName": "a", "containerPort": 80}],
    "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["s"], "securityGroups": ["g"], "assignPublicIp": "ENABLED"}},
    "placementStrategy": [{"type": "spread", "field": "host"}], "tags": [{"key": "a", "value": "b"}], "propagateTags": "SERVICE",
    "serviceConnectConfiguration": {"enabled": true, "services": [{"portName": "web", "clientAliases": [{"port": 80}]}]},
    "kubernetes": {"workload": "Run", "service": "Headless", "essentialPolicy": "InPlace", "forceDeployment": "1"}
}"#;

/// A schedule with many members, none of them refused
const SCHEDULE: &str = r#"{
    "apiVersion": "ecs-operator.dev/v1alpha1", "kind": "ScheduledTask", "metadata": {"name": "nightly"},
    "spec": {"scheduleExpression": "cron(0 3 * * ? *)", "scheduleExpressionTimezone": "Europe/Berlin", "state": "ENABLED",
        "flexibleTimeWindow": {"mode": "OFF"}, "retryPolicy": {"maximumEventAgeInSeconds": 3600}, "groupName": "g",
        "task": {"taskDefinition": "web", "count": 2, "group": "g", "launchType": "EC2", "tags": [{"key": "a", "value": "b"}],
            "overrides": {"containerOverrides": [{"name": "a", "command": ["x"], "environment": [{"name": "A", "value": "c"}]}]}},
        "kubernetes": {"workload": "Run"}}
}"#;

/// Puts odd values into every place of a document that renders
fn survives(whole: &str, beside: &[&str]) {
    let render_all = |document: &str| {
        let beside = beside.iter().flat_map(|text| wire::read(text).unwrap());
        render(wire::read(document).unwrap().into_iter().chain(beside).collect(), &options())
    };
    let rendered = render_all(whole);
    assert_ne!(rendered.worst(), Some(Severity::Block), "{:?}", rendered.findings);
    let whole: Value = serde_json::from_str(whole).unwrap();
    let mut all = Vec::new();
    places(&whole, "", &mut all);
    let odd = [
        Value::Null,
        serde_json::json!([]),
        serde_json::json!({}),
        serde_json::json!([null]),
        serde_json::json!({ "": null }),
        "".into(),
        "$(x) \u{0}é".into(),
        "9".repeat(40).into(),
        (-1).into(),
        i64::MAX.into(),
        1e300.into(),
        true.into(),
    ];
    for place in all {
        for value in &odd {
            let mut document = whole.clone();
            *document.pointer_mut(&place).unwrap() = value.clone();
            let rendered = render_all(&document.to_string());
            let refused = rendered.worst() == Some(Severity::Block);
            let nothing_given = place.is_empty() && (value.is_null() || *value == Value::Array(Vec::new()));
            assert!(refused || nothing_given || !rendered.objects.is_empty(), "{place} = {value}");
        }
    }
}

#[test]
fn no_value_in_a_task_definition_makes_render_fall_silent_or_fall_over() {
    survives(WHOLE, &[]);
}

#[test]
fn no_value_in_a_service_makes_render_fall_silent_or_fall_over() {
    survives(SERVICE, &[TASK]);
    survives(SERVICE, &[]);
}

#[test]
fn no_value_in_a_schedule_makes_render_fall_silent_or_fall_over() {
    survives(SCHEDULE, &[TASK]);
    survives(SCHEDULE, &[]);
}

#[test]
fn pods_get_the_security_groups_where_the_cluster_gives_pods_such() {
    let network =
        r#""networkConfiguration": {"awsvpcConfiguration": {"subnets": ["s"], "securityGroups": ["sg-2", "sg-1"]}}"#;
    let service = format!(r#"{{"serviceName": "shop", "taskDefinition": "web", "desiredCount": 1, {network}}}"#);
    let run = format!(
        "kind: EcsTask\napiVersion: ecs-operator.dev/v1alpha1\nmetadata: {{name: once}}\nspec: {{taskDefinition: web, {network}}}"
    );
    let told = |place: &str| {
        format!("{place} /networkConfiguration/awsvpcConfiguration/securityGroups SecurityGroupsNotApplied")
    };
    let capable = Capabilities { security_group_policies: true, ..Capabilities::default() };
    let context = |capabilities| Options { context: Context { capabilities, ..Context::default() }, ..options() };
    for (document, kind, place) in [(&service, "Deployment", "EcsService/shop"), (&run, "Job", "EcsTask/once")] {
        let without = of(&[document, TASK], &context(Capabilities::default()));
        let codes: Vec<_> = (without.findings.iter())
            .map(|l| format!("{}/{} {} {}", l.object.kind, l.object.name, l.finding.path, l.finding.code))
            .collect();
        assert!(codes.contains(&told(place)), "{codes:?}");
        assert!(!without.objects.iter().any(|o| o["kind"] == "SecurityGroupPolicy"));
        let with = of(&[document, TASK], &context(capable));
        let policy = with.objects.iter().find(|o| o["kind"] == "SecurityGroupPolicy").unwrap();
        assert_eq!(policy["spec"]["securityGroups"]["groupIds"], serde_json::json!(["sg-1", "sg-2"]));
        let runs = with.objects.iter().find(|o| o["kind"] == kind).unwrap();
        let label = "ecs-operator.dev/security-groups";
        let (selects, has) = (
            &policy["spec"]["podSelector"]["matchLabels"][label],
            &runs["spec"]["template"]["metadata"]["labels"][label],
        );
        assert!(has.is_string() && selects == has, "{selects} {has}");
        assert!(!with.findings.iter().any(|l| l.finding.code == "SecurityGroupsNotApplied"));
    }
}

#[test]
fn pod_identity_leaves_the_role_to_an_association_and_says_which() {
    let task = TASK.replace("\"family\"", "\"taskRoleArn\": \"arn:aws:iam::111122223333:role/web\", \"family\"");
    for (task_roles, annotated, codes) in [
        (TaskRoles::Irsa, true, vec!["IamTrustNotVerified"]),
        (TaskRoles::PodIdentity, false, vec!["IamTrustNotVerified", "PodIdentityAssociationNeeded"]),
    ] {
        let config = OperatorConfig { task_roles, ..OperatorConfig::default() };
        let rendered = of(&[&task], &Options { context: Context { config, ..Context::default() }, ..options() });
        let account = rendered.objects.iter().find(|o| o["kind"] == "ServiceAccount").unwrap();
        assert_eq!(account["metadata"]["annotations"]["eks.amazonaws.com/role-arn"].is_string(), annotated);
        let found = rendered.findings.iter().filter(|l| l.finding.path == "/taskRoleArn");
        assert_eq!(found.map(|l| l.finding.code.as_str()).collect::<Vec<_>>(), codes);
        let name = account["metadata"]["name"].as_str().unwrap();
        let says = |l: &&Located| l.finding.code == "PodIdentityAssociationNeeded" && l.finding.message.contains(name);
        assert_eq!(rendered.findings.iter().any(|l| says(&l)), !annotated);
    }
}
