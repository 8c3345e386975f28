//! Vectors of the way back (section 16, Reverse), and whole workloads.

use serde_json::{Value, json};

use super::{Profile, reverse};
use crate::check;
use crate::config::Context;
use crate::wire::{Content, Document};

const ROLE: &str = "arn:aws:iam::123456789012:role/web";

/// A workload of a kind, of one container unless the pod says otherwise
fn workload(kind: &str, spec: Value, pod: Value) -> Value {
    let mut spec = spec;
    let mut whole = json!({"containers": [{"name": "app", "image": "app:1"}]});
    whole.as_object_mut().unwrap().extend(pod.as_object().unwrap().clone());
    let template = json!({"metadata": {"labels": {"app": "web"}}, "spec": whole});
    if kind == "CronJob" {
        spec["jobTemplate"] = json!({"spec": {"template": template}});
    } else {
        spec["selector"] = json!({"matchLabels": {"app": "web"}});
        spec["template"] = template;
    }
    let api_version = if kind == "CronJob" { "batch/v1" } else { "apps/v1" };
    json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": "web"}, "spec": spec})
}

fn deployment(spec: Value) -> Value {
    workload("Deployment", spec, json!({}))
}

fn pod(pod: Value) -> Value {
    workload("Deployment", json!({}), pod)
}

/// The app container with these members
fn app(members: Value) -> Value {
    let mut container = json!({"name": "app", "image": "app:1"});
    container.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    pod(json!({"containers": [container]}))
}

fn spec(document: &Document) -> Value {
    match &document.content {
        Content::TaskDefinition(spec) => serde_json::to_value(spec).unwrap(),
        Content::EcsService(spec) => serde_json::to_value(spec).unwrap(),
        Content::ScheduledTask(spec) => serde_json::to_value(spec).unwrap(),
        _ => Value::Null,
    }
}

/// What is found in all documents, as `Severity Code path`
fn found(documents: &[Document]) -> Vec<String> {
    let all = documents.iter().flat_map(|document| document.findings.iter());
    all.map(|f| format!("{:?} {} {}", f.severity, f.code, f.path)).collect()
}

/// What objects become: JSON pointers into the documents, as `number/pointer`, and the findings
fn check(vector: &str, objects: &[Value], profile: Profile, shows: &[(&str, Value)], finds: &[&str]) {
    let documents = reverse(objects, profile);
    let specs: Value = documents.iter().map(spec).collect();
    for (pointer, expected) in shows {
        let there = specs.pointer(&format!("/{pointer}")).unwrap_or(&Value::Null);
        assert_eq!(there, expected, "{vector}: {pointer} of {specs:#}");
    }
    assert_eq!(found(&documents), finds, "{vector}");
}

#[test]
fn bounds_of_rolling_updates_become_percentages() {
    let rolling = |unavailable: Value, surge: Value, replicas: i32| {
        let strategy =
            json!({"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": unavailable, "maxSurge": surge}});
        deployment(json!({"replicas": replicas, "strategy": strategy}))
    };
    for (vector, object, minimum, maximum) in [
        ("V171", rolling(json!(1), json!(1), 3), 66, 134),
        ("V172", rolling(json!("25%"), json!("25%"), 4), 75, 125),
        ("no strategy", deployment(json!({"replicas": 4})), 75, 125),
        ("recreate", deployment(json!({"strategy": {"type": "Recreate"}})), 0, 100),
        ("no replicas", rolling(json!(0), json!(1), 0), 100, 200),
    ] {
        let shows = [
            ("1/deploymentConfiguration/minimumHealthyPercent", json!(minimum)),
            ("1/deploymentConfiguration/maximumPercent", json!(maximum)),
        ];
        check(vector, &[object], Profile::Fargate, &shows, &[]);
    }
}

#[test]
fn probes_are_clamped_to_what_ecs_takes() {
    let probe = json!({"exec": {"command": ["ok"]}, "periodSeconds": 3, "timeoutSeconds": 1, "failureThreshold": 20});
    let at = "/spec/template/spec/containers/0/livenessProbe";
    let clamped = ["failureThreshold", "periodSeconds", "timeoutSeconds"];
    let finds = clamped.map(|member| format!("Info HealthCheckClamped {at}/{member}"));
    let health = json!({"command": ["CMD", "ok"], "interval": 5, "timeout": 2, "retries": 10, "startPeriod": 0});
    check(
        "V174",
        &[app(json!({ "livenessProbe": probe }))],
        Profile::Fargate,
        &[("0/containerDefinitions/0/healthCheck", health)],
        &finds.each_ref().map(String::as_str),
    );
}

#[test]
fn init_containers_run_one_after_the_other_and_before_the_rest() {
    let container = |name: &str| json!({"name": name, "image": "i"});
    let of = |names: &[&str]| names.iter().map(|name| container(name)).collect::<Vec<_>>();
    let object = pod(json!({"initContainers": of(&["a", "b"]), "containers": of(&["app"])}));
    let after = |name: &str| json!([{"containerName": name, "condition": "SUCCESS"}]);
    let shows = [
        ("0/containerDefinitions/0/essential", json!(false)),
        ("0/containerDefinitions/0/dependsOn", Value::Null),
        ("0/containerDefinitions/1/essential", json!(false)),
        ("0/containerDefinitions/1/dependsOn", after("a")),
        ("0/containerDefinitions/2/essential", json!(true)),
        ("0/containerDefinitions/2/dependsOn", after("b")),
    ];
    check("V175", &[object], Profile::Fargate, &shows, &[]);
}

#[test]
fn what_only_a_pod_knows_is_named() {
    let env = json!([{"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}]);
    let finds = ["Warn LossDynamicValue /spec/template/spec/containers/0/env/0/valueFrom"];
    let shows = [("0/containerDefinitions/0/environment", Value::Null)];
    check("V176", &[app(json!({ "env": env }))], Profile::Fargate, &shows, &finds);
}

#[test]
fn a_pod_gets_the_smallest_size_of_fargate_that_holds_it() {
    let requests = |cpu: &str, memory: &str| app(json!({"resources": {"requests": {"cpu": cpu, "memory": memory}}}));
    for (vector, object, cpu, memory) in [
        ("V177", requests("300m", "700Mi"), "512", "1024"),
        ("smallest", requests("100m", "100Mi"), "256", "512"),
        ("memory decides", requests("100m", "3Gi"), "512", "3072"),
        ("large", requests("9", "70Gi"), "16384", "73728"),
    ] {
        let shows = [("0/cpu", json!(cpu)), ("0/memory", json!(memory))];
        check(vector, &[object], Profile::Fargate, &shows, &[]);
    }
    let finds = ["Block LossSize /spec/template/spec/containers"];
    check("too large", &[requests("64", "1Gi")], Profile::Fargate, &[("0/cpu", Value::Null)], &finds);
}

#[test]
fn what_has_no_counterpart_is_refused() {
    let stateful = workload("StatefulSet", json!({"serviceName": "web"}), json!({}));
    check("V178", &[stateful], Profile::Ec2, &[], &["Block LossController "]);
    let daemon = workload("DaemonSet", json!({}), json!({}));
    check("daemon", std::slice::from_ref(&daemon), Profile::Fargate, &[], &["Block LossOnFargate /spec"]);
    check("daemon", &[daemon], Profile::Ec2, &[("1/schedulingStrategy", json!("DAEMON"))], &[]);
}

#[test]
fn a_cron_job_becomes_a_schedule_or_two() {
    let cron = |schedule: &str| {
        workload("CronJob", json!({"schedule": schedule, "timeZone": "Etc/UTC"}), json!({"restartPolicy": "Never"}))
    };
    let finds = ["Warn LossJob /spec/jobTemplate/spec/backoffLimit"];
    let shows = [
        ("1/scheduleExpression", json!("cron(0 0 13 * ? *)")),
        ("2/scheduleExpression", json!("cron(0 0 ? * 6 *)")),
        ("2/name", json!("web-weekdays")),
        ("1/task", json!({"taskDefinition": "web", "count": 1, "launchType": "FARGATE"})),
    ];
    check("V173", &[cron("0 0 13 * 5")], Profile::Fargate, &shows, &finds);
}

#[test]
fn what_stands_around_a_workload_gives_it_meaning() {
    let env_from = json!([{"configMapRef": {"name": "settings"}, "prefix": "APP_"}]);
    let env = json!([
        {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}},
        {"name": "URL", "value": "http://$(APP_HOST)/$$(x)"},
    ]);
    let container = json!({
        "name": "app", "image": "app:1", "env": env, "envFrom": env_from, "args": ["--url=$(URL)", "$(PASSWORD)"],
        "ports": [{"containerPort": 8080}], "volumeMounts": [{"name": "data", "mountPath": "/data"}],
        "resources": {"requests": {"cpu": "100m", "memory": "100Mi"}},
    });
    let claim = json!([{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]);
    let arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-AbCdEf";
    let objects = [
        pod(json!({"containers": [container], "volumes": claim, "serviceAccountName": "web"})),
        json!({"kind": "ConfigMap", "metadata": {"name": "settings"}, "data": {"HOST": "db"}}),
        json!({"kind": "ExternalSecret", "metadata": {"name": "db"}, "spec": {"data": [
            {"secretKey": "password", "remoteRef": {"key": arn, "property": "password"}},
        ]}}),
        json!({"kind": "ServiceAccount", "metadata": {"name": "web", "annotations": {"eks.amazonaws.com/role-arn": ROLE}}}),
        json!({"kind": "Service", "metadata": {"name": "web"}, "spec": {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080}]}}),
        json!({"kind": "HorizontalPodAutoscaler", "metadata": {"name": "web"}, "spec": {
            "scaleTargetRef": {"kind": "Deployment", "name": "web"}, "minReplicas": 2, "maxReplicas": 9,
            "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 60}}}],
        }}),
        json!({"kind": "PersistentVolumeClaim", "metadata": {"name": "data"}, "spec": {"volumeName": "pv"}}),
        json!({"kind": "PersistentVolume", "metadata": {"name": "pv"}, "spec": {"csi": {"driver": "efs.csi.aws.com", "volumeHandle": "fs-1:/web:fsap-2"}}}),
    ];
    let definition = "0/containerDefinitions/0";
    let at = |member: &str| format!("{definition}/{member}");
    let efs = json!({
        "fileSystemId": "fs-1", "transitEncryption": "ENABLED",
        "authorizationConfig": {"accessPointId": "fsap-2"},
    });
    let offered =
        json!([{"portName": "port-8080", "discoveryName": "web", "clientAliases": [{"port": 80, "dnsName": "web"}]}]);
    let shows = [
        (at("secrets"), json!([{"name": "PASSWORD", "valueFrom": format!("{arn}:password::")}])),
        (at("environment"), json!([{"name": "APP_HOST", "value": "db"}, {"name": "URL", "value": "http://db/$(x)"}])),
        (at("command"), json!(["--url=http://db/$(x)", "$(PASSWORD)"])),
        ("0/volumes/0/efsVolumeConfiguration".to_owned(), efs),
        ("0/taskRoleArn".to_owned(), json!(ROLE)),
        ("1/serviceConnectConfiguration/services".to_owned(), offered),
        ("1/autoScaling/minCapacity".to_owned(), json!(2)),
        ("1/autoScaling/policies/0/targetTrackingScalingPolicyConfiguration/targetValue".to_owned(), json!(60.0)),
    ];
    let shows: Vec<(&str, Value)> = shows.iter().map(|(at, value)| (at.as_str(), value.clone())).collect();
    let finds = [
        "Warn LossExpansion /spec/template/spec/containers/0/args/1",
        "Info ConfigMapSnapshot /spec/template/spec/containers/0/envFrom/0",
        "Info TaskRoleTrust /spec/template/spec/serviceAccountName",
    ];
    check("around", &objects, Profile::Fargate, &shows, &finds);
    for document in reverse(&objects, Profile::Fargate) {
        let Content::TaskDefinition(spec) = &document.content else { continue };
        let checked = check::task_definition(spec, "web", &Default::default(), &Context::default());
        let blocks: Vec<_> =
            checked.findings.iter().filter(|f| f.severity == ecs_crds::status::Severity::Block).collect();
        assert!(blocks.iter().all(|f| f.code == "NoSecretBackend"), "{blocks:?}");
    }
}

#[test]
fn nothing_of_a_pod_is_lost_in_silence() {
    for (member, value) in [
        ("hostname", json!("h")),
        ("subdomain", json!("s")),
        ("nodeName", json!("n")),
        ("priorityClassName", json!("high")),
        ("runtimeClassName", json!("gvisor")),
        ("schedulerName", json!("other")),
        ("tolerations", json!([{"operator": "Exists"}])),
        ("imagePullSecrets", json!([{"name": "pull"}])),
        ("hostAliases", json!([{"ip": "10.0.0.1", "hostnames": ["a"]}])),
        ("activeDeadlineSeconds", json!(5)),
        ("nodeSelector", json!({"disk": "ssd"})),
        ("hostNetwork", json!(true)),
        ("serviceAccountName", json!("robot")),
        ("securityContext", json!({"fsGroup": 5})),
        ("volumes", json!([{"name": "v", "configMap": {"name": "c"}}])),
    ] {
        let documents = reverse(&[pod(json!({ member: value }))], Profile::Fargate);
        let found = found(&documents);
        assert!(found.iter().any(|f| f.contains(member) || member == "volumes"), "{member}: {found:?}");
    }
}
