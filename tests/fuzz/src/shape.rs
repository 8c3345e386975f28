//! Documents shaped like those of ECS, grown from arbitrary bytes along the support table, so that a fuzzer reaches what lies
//! behind the parsers: most members are known and of the right type, some are not.
//!
//! *Not here*: what must hold for them (`targets`).

use arbitrary::Unstructured;
use ecs_core::support::{Entry, Kind, Spec, Vocabulary};
use serde_json::{Map, Value, json};

use crate::canary::{SECRETS, may_be_secret};

/// How deep a document may be nested, and how many members of a structure are drawn
const DEPTH: usize = 9;
const MEMBERS: usize = 14;

/// Texts that mean something somewhere, by the member that they are likely to stand at
const WORDS: &[(&str, &[&str])] = &[
    ("image", &["nginx:1.29", "1.dkr.ecr.eu-west-1.amazonaws.com/a@sha256:0", "a b", "UPPER/case"]),
    (
        "name",
        &["a", "b", "web", "A_b.c", "a-very-long-name-that-goes-on-and-on-until-no-label-of-kubernetes-can-hold-it"],
    ),
    ("family", &["web", "Web_1", "a:b"]),
    ("containerName", &["a", "b", "web", "c"]),
    ("sourceContainer", &["a", "b"]),
    ("sourceVolume", &["v", "w"]),
    ("value", &["1", "512", "/x", "GPU", "$(a)", "$$", "8080"]),
    (
        "valueFrom",
        &["/a/b", "arn:aws:ssm:eu-west-1:1:parameter/a", "arn:aws:secretsmanager:eu-west-1:1:secret:a-b:k::"],
    ),
    ("credentialsParameter", &["registry", "arn:aws:secretsmanager:eu-west-1:1:secret:a-b"]),
    ("taskDefinition", &["web", "web:3", "arn:aws:ecs:eu-west-1:123456789012:task-definition/web:2", "web:latest"]),
    (
        "scheduleExpression",
        &["rate(5 minutes)", "cron(0/15 8-17 ? * 2-6 *)", "cron(0 9 L * ? 2027)", "at(2027-01-01T00:00:00)"],
    ),
    ("schedule", &["rate(1 day)", "cron(0 0 * * ? *)", "at(2027-01-01T00:00:00)"]),
    ("scheduleExpressionTimezone", &["UTC", "Europe/Berlin", "Mars/Base"]),
    ("expression", &["attribute:ecs.instance-type =~ t3.*", "not (task:group == service:a)", "attribute:x in [a, b]"]),
    ("field", &["attribute:ecs.availability-zone", "instanceId", "memory", "host"]),
    ("containerPath", &["/x", "/x/y", "/", "..", "C:\\data"]),
    ("sourcePath", &["/var/run/docker.sock", "/data", "relative"]),
    ("path", &["/", "/health", "/p/*"]),
    ("containerPortRange", &["80-90", "90-80", "1-65535"]),
    ("command", &["CMD-SHELL", "CMD", "exit 1", "$(date)", "$$HOME"]),
    ("user", &["0", "1000:1000", "www"]),
    ("networkMode", &["awsvpc", "bridge", "host", "none"]),
    ("ipAddress", &["10.0.0.1", "::1", "x"]),
    ("hostname", &["h", "H_x"]),
    ("driver", &["local", "rexray/ebs", "amazon-ecs-volume-plugin"]),
    ("fileSystemId", &["fs-12345678"]),
    ("targetGroupArn", &["arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/a/0123456789abcdef"]),
    ("registryArn", &["arn:aws:servicediscovery:eu-west-1:1:service/srv-a"]),
    ("roleArn", &["arn:aws:iam::123456789012:role/path/r", "r"]),
    ("cluster", &["default", "arn:aws:ecs:eu-west-1:1:cluster/c"]),
    ("capacityProvider", &["FARGATE_SPOT", "gold"]),
    ("size", &["1Gi", "10"]),
    ("startDate", &["2027-01-01T00:00:00Z", "1790000000"]),
];

/// Texts for every other member
const ANY: &[&str] = &[
    "",
    "a",
    "x y",
    "0",
    "1",
    "true",
    "/",
    "https://a.example/b?c=d",
    "\u{fc}\u{20ac}",
    "{{ x }}",
    "${X}",
    "no",
    "1e3",
    "a\nb",
];

/// What documents are drawn from
pub(crate) struct Shape<'a> {
    bytes: Unstructured<'a>,
}

impl<'a> Shape<'a> {
    pub(crate) fn new(data: &'a [u8]) -> Self {
        Self { bytes: Unstructured::new(data) }
    }

    /// One of a kind's specs
    pub(crate) fn spec(&mut self, spec: Spec) -> Value {
        self.structure(spec.vocabulary(), "", 0)
    }

    /// An object of ours, or now and then the document as ECS has it
    pub(crate) fn document(&mut self) -> Value {
        let (kind, spec) = self.pick(&[
            ("TaskDefinition", Spec::TaskDefinition),
            ("EcsService", Spec::EcsService),
            ("ScheduledTask", Spec::ScheduledTask),
            ("EcsTask", Spec::EcsTask),
        ]);
        let value = self.spec(spec);
        match self.below(6) {
            4 => value,
            5 if spec == Spec::TaskDefinition => json!({ "taskDefinition": value }),
            5 if spec == Spec::EcsService => json!({ "services": [value] }),
            _ => json!({
                "apiVersion": "ecs-operator.dev/v1alpha1", "kind": kind,
                "metadata": { "name": self.pick(&["a", "web", "b-1"]) }, "spec": value,
            }),
        }
    }

    /// Whether bytes are left to draw from
    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// A number below `bound`; 0 where no bytes are left
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.bytes.int_in_range(0..=bound - 1).unwrap_or_default()
    }

    /// Once in a while; never where no bytes are left
    pub(crate) fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == times - 1
    }

    pub(crate) fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }

    /// A text of any characters
    pub(crate) fn text(&mut self) -> String {
        let length = self.below(24);
        let bytes = self.bytes.bytes(length.min(self.bytes.len())).unwrap_or_default();
        String::from_utf8_lossy(bytes).into_owned()
    }

    /// Any JSON
    pub(crate) fn json(&mut self, depth: usize) -> Value {
        match self.below(if depth > 3 { 5 } else { 8 }) {
            0 => Value::Null,
            1 => json!(self.one_in(2)),
            2 => json!(self.bytes.arbitrary::<i64>().unwrap_or_default()),
            3 => json!(f64::from(self.bytes.arbitrary::<i32>().unwrap_or_default()) / 4.0),
            4 => json!(self.pick(ANY)),
            5 => json!(self.text()),
            6 => (0..self.below(4)).map(|_| self.json(depth + 1)).collect(),
            _ => Value::Object((0..self.below(4)).map(|_| (self.text(), self.json(depth + 1))).collect()),
        }
    }

    fn structure(&mut self, known: &Vocabulary, path: &str, depth: usize) -> Value {
        let mut members = Map::new();
        let inner = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        if depth > DEPTH {
            return members.into();
        }
        // A tag without a key is no tag, though the model lets it pass
        let tag = known.len() == 2 && known.contains_key("value");
        for (name, entry) in known.iter().filter(|(name, entry)| entry.required || (tag && *name == "key")) {
            if tag || !self.one_in(20) {
                members.insert(name.clone(), self.value(entry, entry.row.field.kind, &inner(name), depth));
            }
        }
        for _ in 0..MEMBERS {
            if self.is_empty() || self.one_in(6) {
                break;
            }
            if let Some((name, entry)) = known.iter().nth(self.below(known.len().max(1))) {
                members.insert(name.clone(), self.value(entry, entry.row.field.kind, &inner(name), depth));
            }
        }
        if self.one_in(30) {
            let odd = self.pick(&["x-note", "_comment", "Image", "container_definitions", "nonsense", ""]);
            members.insert(odd.to_owned(), self.json(0));
        }
        members.into()
    }

    fn value(&mut self, entry: &Entry, kind: Kind, path: &str, depth: usize) -> Value {
        if self.one_in(50) {
            return Value::Null;
        }
        if self.one_in(50) {
            // Of the wrong type, and still no less secret
            let secret = json!(self.pick(SECRETS));
            return if may_be_secret(path) { json!([{ "x": secret }]) } else { self.json(0) };
        }
        if let Some(element) = kind.element() {
            return (0..self.below(4)).map(|_| self.value(entry, element, path, depth + 1)).collect();
        }
        match kind {
            Kind::Structure => self.structure(&entry.members, path, depth + 1),
            Kind::Text | Kind::Timestamp => self.word(entry, path).into(),
            Kind::Size => self.pick(&[
                json!("256"),
                json!("512"),
                json!(1024),
                json!("1 vCPU"),
                json!(".5 vcpu"),
                json!("2GB"),
                json!("x"),
            ]),
            Kind::Integer => self.integer(entry),
            Kind::Double => json!(self.pick(&[0.0, 1.5, -1.0, 1e300, 75.0, 0.1 + 0.2])),
            Kind::Boolean => self.pick(&[true, false]).into(),
            Kind::Map => {
                let key = self.pick(&["a", "com.example/x", "awslogs-group", "Name", "type", "o", "A b", ""]);
                json!({ key: self.word(entry, path) })
            }
            _ => self.json(0),
        }
    }

    fn integer(&mut self, entry: &Entry) -> Value {
        let (from, to) = entry.row.field.range.unwrap_or((None, None));
        let from = from.unwrap_or(0);
        let to = to.unwrap_or(from + 4096).clamp(from, from + 70_000);
        match self.below(8) {
            6 => self.pick(&[json!(-1), json!(0), json!(i64::MAX), json!(i64::MIN), json!(1.5), json!(u64::MAX)]),
            7 => json!(self.bytes.int_in_range(from..=to).unwrap_or(from).to_string()),
            _ => json!(self.bytes.int_in_range(from..=to).unwrap_or(from)),
        }
    }

    fn word(&mut self, entry: &Entry, path: &str) -> String {
        if may_be_secret(path) {
            return self.pick(SECRETS).to_owned();
        }
        let allowed: Vec<&str> = entry.row.field.allowed().collect();
        if !allowed.is_empty() && !self.one_in(16) {
            return self.pick(&allowed).to_owned();
        }
        let name = path.rsplit('.').next().unwrap_or_default();
        let words = WORDS.iter().find(|(member, _)| *member == name).map_or(ANY, |(_, words)| *words);
        match self.below(16) {
            14 => self.pick(ANY).to_owned(),
            15 => self.text(),
            _ => self.pick(words).to_owned(),
        }
    }
}
