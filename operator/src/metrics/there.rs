//! What there is, read from the caches while somebody asks for figures.
//!
//! *Not here*: what happens, which is counted as it happens.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use ecs_core::report::is_true;
use ecs_crds::EcsService;
use ecs_crds::status::{ConditionType, Finding, Severity};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::gauge::ConstGauge;

use super::OfKind;
use crate::world::{Caches, World};

/// Of how many services each has figures of its own, in the order of their names: a scrape of more would cost the reader more
/// than it tells
const SERVICES: usize = 1000;

/// What there is now
pub(super) struct There {
    pub(super) world: Option<Arc<World>>,
    pub(super) leads: bool,
}

impl fmt::Debug for There {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("There").field("leads", &self.leads).finish_non_exhaustive()
    }
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EncodeLabelSet)]
struct Found {
    kind: &'static str,
    severity: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EncodeLabelSet)]
struct OfService {
    namespace: String,
    service: String,
}

impl Collector for There {
    fn encode(&self, mut encoder: DescriptorEncoder) -> fmt::Result {
        one(&mut encoder, "ecs_operator_leads", "Whether this replica may write", i64::from(self.leads))?;
        let Some(world) = &self.world else { return Ok(()) };
        one(&mut encoder, "ecs_operator_queue_due", "Objects that wait to be looked at now", count(world.queue.due()))?;
        objects(&mut encoder, &world.caches)?;
        services(&mut encoder, &world.caches)
    }
}

/// How many objects of each kind there are, and what was found in them
fn objects(encoder: &mut DescriptorEncoder<'_>, caches: &Caches) -> fmt::Result {
    let mut there = BTreeMap::new();
    let mut found = BTreeMap::new();
    let mut take = |kind: &'static str, findings: &[Finding]| {
        *there.entry(kind).or_default() += 1;
        for Finding { severity, .. } in findings {
            *found.entry(Found { kind, severity: word(*severity) }).or_default() += 1;
        }
    };
    for object in caches.definitions.all() {
        take("TaskDefinition", object.status.as_ref().map_or(&[], |s| &s.findings));
    }
    for object in caches.services.all() {
        take("EcsService", object.status.as_ref().map_or(&[], |s| &s.findings));
    }
    for object in caches.schedules.all() {
        take("ScheduledTask", object.status.as_ref().map_or(&[], |s| &s.findings));
    }
    for object in caches.tasks.all() {
        take("EcsTask", object.status.as_ref().map_or(&[], |s| &s.findings));
    }
    let there = there.into_iter().map(|(kind, n)| (OfKind { kind }, n));
    gauge(encoder, "ecs_operator_objects", "Objects that are looked after", there)?;
    gauge(encoder, "ecs_operator_findings", "What their statuses tell of them, by severity", found)
}

/// The counts of each service, as DescribeServices gives them
fn services(encoder: &mut DescriptorEncoder<'_>, caches: &Caches) -> fmt::Result {
    let mut services = caches.services.all();
    services.sort_by(|a, b| name(&a.metadata).cmp(&name(&b.metadata)));
    let left_out = services.len().saturating_sub(SERVICES);
    services.truncate(SERVICES);
    type Figure = fn(&EcsService) -> Option<i64>;
    let figures: [(&str, &str, Figure); 5] = [
        ("ecs_service_desired_tasks", "desiredCount of a service", |s| s.status.as_ref()?.desired_count),
        ("ecs_service_running_tasks", "runningCount of a service", |s| s.status.as_ref()?.running_count),
        ("ecs_service_pending_tasks", "pendingCount of a service", |s| s.status.as_ref()?.pending_count),
        ("ecs_service_deployments", "Deployments of a service under way; 1: at rest", |s| {
            Some(count(s.status.as_ref()?.deployments.len()))
        }),
        ("ecs_service_steady", "Whether a service has reached a steady state", |s| {
            Some(is_true(&s.status.as_ref()?.conditions, ConditionType::Ready).into())
        }),
    ];
    for (metric, help, figure) in figures {
        let of = |service: &Arc<EcsService>| {
            let (namespace, name) = name(&service.metadata);
            Some((OfService { namespace: namespace.to_owned(), service: name.to_owned() }, figure(service)?))
        };
        gauge(encoder, metric, help, services.iter().filter_map(of))?;
    }
    let left_out = count(left_out);
    one(
        encoder,
        "ecs_operator_services_left_out",
        "Services without figures of their own: there are too many",
        left_out,
    )
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "Info",
        Severity::Warn => "Warn",
        Severity::Block => "Block",
    }
}

fn name(metadata: &ObjectMeta) -> (&str, &str) {
    (metadata.namespace.as_deref().unwrap_or_default(), metadata.name.as_deref().unwrap_or_default())
}

fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// A figure of one value
fn one(encoder: &mut DescriptorEncoder<'_>, name: &str, help: &str, value: i64) -> fmt::Result {
    ConstGauge::new(value).encode(encoder.encode_descriptor(name, help, None, MetricType::Gauge)?)
}

/// A figure with a value for each of its labels
fn gauge<L: EncodeLabelSet>(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    values: impl IntoIterator<Item = (L, i64)>,
) -> fmt::Result {
    let mut metric = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
    for (labels, value) in values {
        ConstGauge::new(value).encode(metric.encode_family(&labels)?)?;
    }
    Ok(())
}
