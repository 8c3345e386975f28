//! What goes over the wire, against a server in this process that answers as it is told and keeps what it was sent.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use ecs_aws::{AccessKey, Aws, Pace, Scope, Settings};
use ecs_core::ports::{Ask, Ecs as _, EcsFault};
use ecs_core::sync::plan::{EcsAct, EcsStep};
use ecs_core::sync::side::{Alive, EcsSide, Id, Kind, Owner, Seen};
use ecs_crds::SyncResource;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What was sent: the operation, the head of the request, its body
type Sent = Arc<Mutex<Vec<(String, String, Value)>>>;
/// What is answered: the status and the body, by the operation and how often it was called
type Answers = Arc<dyn Fn(&str, usize, &Value) -> (u16, Value) + Send + Sync>;

/// Serves on loopback; its address
async fn serve(sent: Sent, answers: Answers) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(connection(stream, Arc::clone(&sent), Arc::clone(&answers)));
        }
    });
    address
}

async fn connection(mut stream: TcpStream, sent: Sent, answers: Answers) {
    let mut buffer = Vec::new();
    while let Some((head, body)) = request(&mut stream, &mut buffer).await {
        let target = head.lines().find_map(|line| line.strip_prefix("x-amz-target: "));
        let line = head.lines().next().unwrap_or_default();
        let operation = target.map_or_else(|| rest(line), |target| target.rsplit('.').next().unwrap().to_owned());
        let before = sent.lock().unwrap().iter().filter(|(known, _, _)| *known == operation).count();
        let (status, answer) = answers(&operation, before, &body);
        sent.lock().unwrap().push((operation, head, body));
        let answer = answer.to_string();
        let head = format!(
            "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            answer.len()
        );
        stream.write_all((head + &answer).as_bytes()).await.unwrap();
    }
}

/// `GET /schedules/n?groupName=g` → `GET /schedules/n`
fn rest(line: &str) -> String {
    line.split(['?']).next().unwrap().trim_end_matches(" HTTP/1.1").to_owned()
}

async fn request(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<(String, Value)> {
    loop {
        let text = String::from_utf8_lossy(buffer).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
            if body.len() >= length {
                let body = serde_json::from_str(&body[..length]).unwrap_or_default();
                let head = head.to_owned();
                buffer.drain(..head.len() + 4 + length);
                return Some((head, body));
            }
        }
        let mut chunk = [0; 16_384];
        let read = stream.read(&mut chunk).await.ok().filter(|read| *read > 0)?;
        buffer.extend_from_slice(&chunk[..read]);
    }
}

/// A way to the server
async fn aws(answers: impl Fn(&str, usize, &Value) -> (u16, Value) + Send + Sync + 'static) -> (Aws, Sent) {
    let sent = Sent::default();
    let endpoint = serve(Arc::clone(&sent), Arc::new(answers)).await;
    let key = AccessKey { id: "AKID".to_owned(), secret: "canary-5f1c".to_owned() };
    let (region, endpoint) = (Some("eu-west-1".to_owned()), Some(endpoint));
    let settings = Settings { region, endpoint, key: Some(key), ..Settings::default() };
    let scope = Scope { cluster: "shop".to_owned(), schedule_group: None };
    (Aws::new(&settings, scope, Arc::new(Pace::unlimited()), Arc::new(|| 0.0)).await.unwrap(), sent)
}

fn ask(names: &[Id]) -> Ask {
    Ask { resources: SyncResource::ALL.into(), names: names.iter().cloned().collect(), known: BTreeMap::new() }
}

fn id(kind: Kind, name: &str) -> Id {
    Id::new(kind, name)
}

/// A cluster with one service, one schedule and one rule
fn shop(operation: &str, _: usize, input: &Value) -> (u16, Value) {
    let cluster = "arn:aws:ecs:eu-west-1:123456789012:cluster/shop";
    let definition = "arn:aws:ecs:eu-west-1:123456789012:task-definition/web:7";
    let parameters = json!({"TaskDefinitionArn": definition, "TaskCount": 1});
    let answer = match operation {
        "DescribeClusters" => json!({"clusters": [{"clusterArn": cluster, "status": "ACTIVE"}]}),
        "ListServices" => json!({"serviceArns": ["arn:aws:ecs:eu-west-1:123456789012:service/shop/web"]}),
        "DescribeServices" => json!({
            "services": [{"serviceName": "web", "status": "ACTIVE", "taskDefinition": definition, "desiredCount": 1,
                "fieldOfTomorrow": {"a": [1]}}],
            "failures": input["services"].as_array().unwrap().iter().filter(|name| **name != "web")
                .map(|name| json!({"arn": format!("arn:x:service/shop/{}", name.as_str().unwrap()), "reason": "MISSING"}))
                .collect::<Vec<_>>(),
        }),
        "ListTaskDefinitions" => json!({"taskDefinitionArns": [definition]}),
        "DescribeTaskDefinition" if input["taskDefinition"] == "web:7" => json!({
            "taskDefinition": {"family": "web", "revision": 7, "taskDefinitionArn": definition, "status": "ACTIVE",
                "containerDefinitions": [{"name": "app", "image": "i", "fieldOfTomorrow": true}],
                "trustedExecutionConfiguration": {"type": "ISOLATED"}},
            "tags": []}),
        "DescribeTaskDefinition" => return (400, json!({"__type": "ClientException", "message": "Unable"})),
        "GET /schedules" => json!({"Schedules": [{"Name": "n", "GroupName": "g", "LastModificationDate": 1.5,
            "Target": {"Arn": cluster}}, {"Name": "other", "Target": {"Arn": "arn:aws:lambda:x"}}]}),
        "GET /schedules/n" => json!({"Name": "n", "GroupName": "g", "ScheduleExpression": "rate(5 minutes)",
            "Target": {"Arn": cluster, "RoleArn": "arn:r", "EcsParameters": parameters}}),
        "ListRuleNamesByTarget" => json!({"RuleNames": ["r"]}),
        "DescribeRule" if input["Name"] == "r" => {
            json!({"Name": "r", "ScheduleExpression": "rate(5 minutes)", "State": "ENABLED"})
        }
        "ListTargetsByRule" => {
            json!({"Targets": [{"Id": "1", "Arn": cluster, "RoleArn": "arn:r", "EcsParameters": parameters}]})
        }
        "DescribeScalableTargets" => json!({"ScalableTargets": []}),
        _ => return (404, json!({"__type": "ResourceNotFoundException"})),
    };
    (200, answer)
}

fn words(side: &EcsSide) -> Vec<String> {
    let word = |seen: &Seen| match seen {
        Seen::There(_) => "there".to_owned(),
        Seen::Missing => "missing".to_owned(),
        Seen::Draining => "draining".to_owned(),
        Seen::Unknown(why) => format!("unknown: {why}"),
    };
    side.seen.iter().map(|(id, seen)| format!("{id} {}", word(seen))).collect()
}

#[tokio::test]
async fn v166_what_no_sdk_knows_is_read_and_written_all_the_same() {
    let (aws, sent) = aws(shop).await;
    let side = aws.observe(&ask(&[])).await;
    let Some(Seen::There(service)) = side.seen.get(&id(Kind::Service, "web")) else { panic!("{side:?}") };
    // V166
    assert_eq!(service.document["fieldOfTomorrow"], json!({"a": [1]}));
    assert_eq!(side.revisions["web"][&7]["trustedExecutionConfiguration"]["type"], "ISOLATED");
    assert_eq!(side.revisions["web"][&7]["containerDefinitions"][0]["fieldOfTomorrow"], true);
    let document = json!({"family": "api", "fieldOfTomorrow": [true], "containerDefinitions":
        [{"name": "app", "image": "i", "fieldOfTomorrow": {"a": 1}}]});
    let owner = Owner { binding: "b".to_owned(), uid: "u".to_owned() };
    let act = EcsAct::Create { document, owner };
    let step = EcsStep { id: id(Kind::TaskDefinition, "api"), act, token: "t".to_owned(), attempt: None };
    // The server knows no RegisterTaskDefinition; what counts is what it was sent
    assert!(matches!(aws.execute(&step).await, Err(EcsFault::Refused { .. })));
    let sent = sent.lock().unwrap();
    let (_, head, body) = sent.iter().find(|(operation, _, _)| operation == "RegisterTaskDefinition").unwrap();
    assert_eq!(body["fieldOfTomorrow"], json!([true]));
    assert_eq!(body["containerDefinitions"][0]["fieldOfTomorrow"], json!({"a": 1}));
    assert_eq!(body["tags"].as_array().unwrap().len(), 2);
    assert!(head.contains("authorization: AWS4-HMAC-SHA256 Credential=AKID"), "{head}");
    assert!(head.contains("/eu-west-1/ecs/aws4_request"), "{head}");
}

#[tokio::test]
async fn a_second_sweep_reads_only_what_may_have_changed() {
    let (aws, _) = aws(shop).await;
    let names = [id(Kind::Service, "gone"), id(Kind::Schedule, "g/gone"), id(Kind::Schedule, "rule:gone")];
    let side = aws.observe(&ask(&names)).await;
    assert_eq!((side.cluster, side.account.as_deref()), (Alive::Active, Some("123456789012")));
    assert_eq!(
        words(&side),
        [
            "TaskDefinition/web there",
            "EcsService/gone missing",
            "EcsService/web there",
            "ScheduledTask/g/gone missing",
            "ScheduledTask/g/n there",
            "ScheduledTask/rule:gone missing",
            "ScheduledTask/rule:r there",
        ]
    );
    assert!(side.unreadable.is_empty(), "{:?}", side.unreadable);
    assert_eq!(aws.cost().calls["DescribeTaskDefinition"], 1);
    let side = aws.observe(&ask(&[])).await;
    assert_eq!(side.seen.len(), 4);
    let cost = aws.cost();
    let calls: Vec<String> = cost.calls.iter().map(|(operation, calls)| format!("{operation} {calls}")).collect();
    assert_eq!(
        calls,
        [
            "DescribeClusters 1",
            "DescribeRule 1",
            "DescribeScalableTargets 1",
            "DescribeServices 1",
            "ListRuleNamesByTarget 1",
            "ListSchedules 1",
            "ListServices 1",
            "ListTargetsByRule 1",
            "ListTaskDefinitions 1",
        ]
    );
}

/// The shop to whoever may not call an operation
fn denied(operation: &'static str) -> impl Fn(&str, usize, &Value) -> (u16, Value) {
    move |called, before, input| match called == operation {
        true => (400, json!({"__type": "AccessDeniedException"})),
        false => shop(called, before, input),
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_unknown_and_everything_else_is_read() {
    for (operation, names, expected) in [
        ("DescribeServices", vec![id(Kind::Service, "a")], "EcsService/a unknown: DescribeServices failed"),
        ("ListTaskDefinitions", vec![id(Kind::TaskDefinition, "a")], "TaskDefinition/a unknown: ListTaskDefinitions"),
        ("DescribeTaskDefinition", vec![id(Kind::TaskDefinition, "a")], "TaskDefinition/a unknown"),
        ("GET /schedules", vec![id(Kind::Schedule, "g/n")], "ScheduledTask/g/n unknown: ListSchedules failed"),
        ("DescribeRule", vec![id(Kind::Schedule, "rule:a")], "ScheduledTask/rule:a unknown: DescribeRule failed"),
    ] {
        let (aws, _) = aws(denied(operation)).await;
        let side = aws.observe(&ask(&names)).await;
        assert!(words(&side).iter().any(|word| word.starts_with(expected)), "{operation}: {:?}", words(&side));
        assert!(side.seen.values().any(|seen| matches!(seen, Seen::There(_))), "{operation}");
    }
    let (aws, sent) = aws(denied("DescribeClusters")).await;
    let side = aws.observe(&ask(&[id(Kind::Service, "web")])).await;
    assert_eq!((side.cluster, side.seen.len()), (Alive::Unknown, 0));
    assert_eq!(sent.lock().unwrap().len(), 1, "of a cluster that cannot be read nothing is read");
}

#[tokio::test]
async fn what_is_throttled_is_tried_again_and_a_registration_that_may_have_happened_is_not() {
    let answers = |operation: &str, before: usize, input: &Value| match (operation, before) {
        ("ListServices", 0..2) => (400, json!({"__type": "ThrottlingException"})),
        ("RegisterTaskDefinition", _) => (500, json!({"__type": "ServerException"})),
        _ => shop(operation, before, input),
    };
    let (aws, sent) = aws(answers).await;
    let side = aws.observe(&ask(&[])).await;
    assert!(side.unreadable.is_empty(), "{:?}", side.unreadable);
    let cost = aws.cost();
    assert_eq!((cost.throttles, cost.calls["ListServices"]), (2, 3));
    let owner = Owner { binding: "b".to_owned(), uid: "u".to_owned() };
    let act = EcsAct::Create { document: json!({"family": "api", "containerDefinitions": []}), owner };
    let step = EcsStep { id: id(Kind::TaskDefinition, "api"), act, token: "t".to_owned(), attempt: None };
    assert!(matches!(aws.execute(&step).await, Err(EcsFault::Transient { .. })));
    let registered =
        sent.lock().unwrap().iter().filter(|(operation, _, _)| operation == "RegisterTaskDefinition").count();
    assert_eq!(registered, 1);
}
