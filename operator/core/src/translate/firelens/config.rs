//! The configuration of a log router, section by section in the agent's order: inputs, filters, what is included, outputs.
//!
//! *Not here*: where it is mounted.

use crate::model::task::{Container, LogOption, LogRoute, LogRouter};

/// Where the router sees the log files of its pod
pub(super) const LOGS: &str = "/var/log/ecs-task";
/// How much an input keeps in memory
const BUFFER: &str = "25MB";

/// What a configuration is made of
pub(super) struct Described<'a> {
    /// `family:revision`
    pub(super) task_definition: String,
    /// The containers whose logs are routed
    pub(super) routed: Vec<Routed<'a>>,
    /// The router
    pub(super) router: &'a LogRouter,
    /// Whether the router reads log files
    pub(super) reads_logs: bool,
}

/// A container whose logs are routed
pub(super) struct Routed<'a> {
    pub(super) container: &'a Container,
    pub(super) route: &'a LogRoute,
}

impl Routed<'_> {
    /// The beginning of the tags of its logs
    fn tag(&self) -> String {
        format!("{}-firelens", self.container.ecs_name())
    }
}

/// Sections of keys and values; in Fluentd a section may hold others
#[derive(Default)]
struct Sections(String);

impl Sections {
    /// A section of Fluent Bit
    fn bit<'a>(&mut self, name: &str, members: impl IntoIterator<Item = (&'a str, String)>) {
        self.gap();
        self.line(&format!("[{name}]"));
        self.members(members);
    }

    /// A section of Fluentd; `inner` goes in at its end
    fn fluentd<'a>(
        &mut self,
        name: &str,
        of: &str,
        members: impl IntoIterator<Item = (&'a str, String)>,
        inner: &[&str],
    ) {
        self.gap();
        let of = if of.is_empty() { String::new() } else { format!(" {of}") };
        self.line(&format!("<{name}{of}>"));
        self.members(members);
        inner.iter().for_each(|line| self.line(&format!("    {line}")));
        self.line(&format!("</{name}>"));
    }

    fn members<'a>(&mut self, members: impl IntoIterator<Item = (&'a str, String)>) {
        members.into_iter().for_each(|(key, value)| self.line(&format!("    {key} {value}")));
    }

    fn gap(&mut self) {
        if !self.0.is_empty() {
            self.0.push('\n');
        }
    }

    fn line(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }
}

/// For Fluent Bit
pub(super) fn fluent_bit(described: &Described<'_>) -> String {
    let Described { task_definition, routed, router, reads_logs } = described;
    let text = str::to_owned;
    let mut made = Sections::default();
    let socket = text("/var/run/fluent.sock");
    made.bit("INPUT", [("Name", text("forward")), ("unix_path", socket), ("Mem_Buf_Limit", text(BUFFER))]);
    made.bit("INPUT", [("Name", text("forward")), ("Listen", text("127.0.0.1")), ("Port", text("24224"))]);
    let health = [("Tag", text("firelens-healthcheck")), ("Listen", text("127.0.0.1")), ("Port", text("8877"))];
    made.bit("INPUT", [("Name", text("tcp"))].into_iter().chain(health));
    routed.iter().filter(|_| *reads_logs).for_each(|one| bit_tail(&mut made, one));
    for one in routed {
        let grep = |how: &'static str, pattern: &Option<String>| {
            let what = (how, format!("log {}", pattern.as_ref()?));
            Some([("Name", text("grep")), ("Match", format!("{}*", one.tag())), what])
        };
        let LogRoute { path: _, include, exclude, output: _ } = one.route;
        [grep("Regex", include), grep("Exclude", exclude)].into_iter().flatten().for_each(|f| made.bit("FILTER", f));
    }
    if router.adds_metadata {
        made.bit(
            "FILTER",
            [
                ("Name", text("record_modifier")),
                ("Match", text("*")),
                ("Record", text("ecs_cluster ${ECS_CLUSTER}")),
                ("Record", text("ecs_task_arn k8s:${POD_NAMESPACE}/${POD_UID}")),
                ("Record", format!("ecs_task_definition {task_definition}")),
            ],
        );
    }
    if let Some(file) = &router.included {
        made.gap();
        made.line(&format!("@INCLUDE {file}"));
    }
    made.bit("OUTPUT", [("Name", text("null")), ("Match", text("firelens-healthcheck"))]);
    for (one, output) in routed.iter().filter_map(|one| Some((one, one.route.output.as_ref()?))) {
        let head = [("Name", output.plugin.clone()), ("Match", format!("{}*", one.tag()))];
        let options = output.options.iter().map(|(name, value)| {
            (
                name.as_str(),
                match value {
                    LogOption::Plain(value) => value.clone(),
                    LogOption::Variable(variable) => format!("${{{variable}}}"),
                },
            )
        });
        made.bit("OUTPUT", head.into_iter().chain(options));
    }
    made.0
}

/// For Fluentd
pub(super) fn fluentd(described: &Described<'_>) -> String {
    let Described { task_definition, routed, router, reads_logs } = described;
    let text = str::to_owned;
    let mut made = Sections::default();
    made.fluentd("source", "", [("@type", text("unix")), ("path", text("/var/run/fluent.sock"))], &[]);
    made.fluentd("source", "", [("@type", text("forward")), ("bind", text("127.0.0.1")), ("port", text("24224"))], &[]);
    let health = [("@type", text("http")), ("bind", text("127.0.0.1")), ("port", text("8877"))];
    made.fluentd("source", "", health, &[]);
    routed.iter().filter(|_| *reads_logs).for_each(|one| fluentd_tail(&mut made, one));
    for one in routed {
        grep(&mut made, one);
    }
    if router.adds_metadata {
        let definition = format!("    ecs_task_definition {task_definition}");
        let record = [
            "<record>",
            "    ecs_cluster \"#{ENV['ECS_CLUSTER']}\"",
            "    ecs_task_arn \"k8s:#{ENV['POD_NAMESPACE']}/#{ENV['POD_UID']}\"",
            definition.as_str(),
            "</record>",
        ];
        made.fluentd("filter", "**", [("@type", text("record_transformer"))], &record);
    }
    if let Some(file) = &router.included {
        made.gap();
        made.line(&format!("@include {file}"));
    }
    made.fluentd("match", "firelens-healthcheck", [("@type", text("null"))], &[]);
    for (one, output) in routed.iter().filter_map(|one| Some((one, one.route.output.as_ref()?))) {
        let options = output.options.iter().map(|(name, value)| {
            (
                name.as_str(),
                match value {
                    LogOption::Plain(value) => value.clone(),
                    LogOption::Variable(variable) => format!("\"#{{ENV['{variable}']}}\""),
                },
            )
        });
        let plugin = [("@type", output.plugin.clone())];
        made.fluentd("match", &format!("{}**", one.tag()), plugin.into_iter().chain(options), &[]);
    }
    made.0
}

/// `include-pattern` and `exclude-pattern` for Fluentd
fn grep(made: &mut Sections, one: &Routed<'_>) {
    let LogRoute { path: _, include, exclude, output: _ } = one.route;
    for (section, pattern) in [("regexp", include), ("exclude", exclude)] {
        let Some(pattern) = pattern else { continue };
        let inner = [
            format!("<{section}>"),
            "    key log".to_owned(),
            format!("    pattern {pattern}"),
            format!("</{section}>"),
        ];
        let inner: Vec<_> = inner.iter().map(String::as_str).collect();
        made.fluentd("filter", &format!("{}**", one.tag()), [("@type", "grep".to_owned())], &inner);
    }
}

/// The log files of a container for Fluent Bit, with the members that Docker's records have
fn bit_tail(made: &mut Sections, one: &Routed<'_>) {
    let text = str::to_owned;
    let (tag, name) = (one.tag(), one.container.name());
    made.bit(
        "INPUT",
        [
            ("Name", text("tail")),
            ("Path", format!("{LOGS}/{name}/*.log")),
            ("Tag", format!("{tag}-${{POD_UID}}")),
            ("multiline.parser", text("cri")),
            ("Refresh_Interval", text("5")),
            ("Mem_Buf_Limit", text(BUFFER)),
        ],
    );
    let matching = ("Match", format!("{tag}-${{POD_UID}}"));
    made.bit(
        "FILTER",
        [
            ("Name", text("modify")),
            matching,
            ("Rename", text("message log")),
            ("Rename", text("stream source")),
            ("Add", format!("container_name {}", one.container.ecs_name())),
            ("Add", format!("container_id ${{POD_UID}}/{name}")),
        ],
    );
}

/// The log files of a container for Fluentd, with the members that Docker's records have
fn fluentd_tail(made: &mut Sections, one: &Routed<'_>) {
    let text = str::to_owned;
    let (tag, name) = (format!("{}-#{{ENV['POD_UID']}}", one.tag()), one.container.name());
    let tail = [
        ("@type", text("tail")),
        ("path", format!("{LOGS}/{name}/*.log")),
        ("pos_file", format!("/tmp/{name}.pos")),
        ("tag", format!("\"{tag}\"")),
        ("read_from_head", text("true")),
    ];
    let parse = [
        "<parse>",
        "    @type regexp",
        "    expression /^(?<time>\\S+) (?<source>stdout|stderr) [FP] (?<log>.*)$/",
        "    time_format %Y-%m-%dT%H:%M:%S.%N%:z",
        "</parse>",
    ];
    made.fluentd("source", "", tail, &parse);
    let record = [
        "<record>".to_owned(),
        format!("    container_name {}", one.container.ecs_name()),
        format!("    container_id \"#{{ENV['POD_UID']}}/{name}\""),
        "</record>".to_owned(),
    ];
    let record: Vec<_> = record.iter().map(String::as_str).collect();
    made.fluentd("filter", &format!("\"{tag}\""), [("@type", text("record_transformer"))], &record);
}
