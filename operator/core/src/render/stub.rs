//! What a task definition that nobody gave is made up of: containers with the ports that services name.
//!
//! *Not here*: that it is made up; whoever uses it says so.

use std::collections::{BTreeMap, BTreeSet};

use ecs_crds::EcsServiceSpec;
use serde_json::{Value, json};

/// What a container runs: something small that starts anywhere
const IMAGE: &str = "registry.k8s.io/pause:3.10";
/// The memory of a container, in MiB
const MEMORY: i64 = 64;
/// The port of what is to have one that nobody names
const ANY_PORT: i64 = 80;

/// Containers under construction
#[derive(Default)]
pub(super) struct Stub {
    /// In the order in which they are named
    containers: Vec<String>,
    /// Port → container and name of the mapping
    ports: BTreeMap<i64, (usize, Option<String>)>,
    /// The volumes that services configure at launch
    volumes: BTreeSet<String>,
}

impl Stub {
    /// Adds what a service names of its task
    pub(super) fn add(&mut self, spec: &EcsServiceSpec, family: &str) {
        for balancer in spec.load_balancers.iter().flatten() {
            self.port(balancer.container_name.as_deref(), balancer.container_port, family);
        }
        for registry in spec.service_registries.iter().flatten().filter(|r| r.container_name.is_some()) {
            self.port(registry.container_name.as_deref(), registry.container_port, family);
        }
        let kubernetes = spec.kubernetes.as_ref();
        let rules = kubernetes.and_then(|k| k.ingress.as_ref()).and_then(|i| i.rules.as_ref());
        let rules = rules.into_iter().flatten().map(|rule| rule.container_port);
        let gateway = kubernetes.and_then(|k| k.gateway.as_ref()).map(|gateway| gateway.container_port);
        for port in rules.chain(gateway) {
            let default = self.ports.is_empty().then_some(ANY_PORT);
            self.port(None, port.or(default), family);
        }
        let connect = spec.service_connect_configuration.iter().flat_map(|connect| connect.services.iter().flatten());
        for service in connect {
            let alias = service.client_aliases.iter().flatten().find_map(|alias| alias.port);
            if let Some(name) = &service.port_name {
                self.named(name, alias, family);
            }
        }
        self.volumes.extend(spec.volume_configurations.iter().flatten().filter_map(|volume| volume.name.clone()));
    }

    /// Whether nothing is named
    pub(super) fn is_empty(&self) -> bool {
        self.containers.is_empty()
    }

    /// Adds a container
    pub(super) fn container(&mut self, name: &str) -> usize {
        self.containers.iter().position(|there| there == name).unwrap_or_else(|| {
            self.containers.push(name.to_owned());
            self.containers.len() - 1
        })
    }

    /// Adds a port; without a container's name to the first
    fn port(&mut self, container: Option<&str>, port: Option<i64>, family: &str) {
        let container = match container {
            Some(name) => self.container(name),
            None if self.containers.is_empty() => self.container(family),
            None => 0,
        };
        if let Some(port) = port {
            self.ports.entry(port).or_insert((container, None));
        }
    }

    /// Names a port: the one that clients use where it is free to be named, else the next that is free at all
    fn named(&mut self, name: &str, alias: Option<i64>, family: &str) {
        if self.ports.values().any(|(_, there)| there.as_deref() == Some(name)) {
            return;
        }
        let nameless = |port: &i64| self.ports.get(port).is_none_or(|(_, there)| there.is_none());
        let wanted = alias.filter(nameless).or_else(|| (ANY_PORT..).find(|port| !self.ports.contains_key(port)));
        self.port(None, wanted, family);
        if let Some((_, there)) = wanted.and_then(|port| self.ports.get_mut(&port)) {
            *there = Some(name.to_owned());
        }
    }

    /// The task definition
    pub(super) fn task_definition(&self) -> Value {
        let volumes = self.volumes.iter().map(|name| json!({ "name": name, "configuredAtLaunch": true }));
        json!({ "containerDefinitions": self.definitions(), "volumes": volumes.collect::<Vec<_>>() })
    }

    /// `containerDefinitions`
    fn definitions(&self) -> Value {
        let of = |(index, name): (usize, &String)| {
            let ports = self.ports.iter().filter(|(_, (container, _))| *container == index);
            let ports: Vec<_> = ports.map(|(port, (_, name))| json!({ "containerPort": port, "name": name })).collect();
            json!({ "name": name, "image": IMAGE, "memory": MEMORY, "portMappings": ports })
        };
        self.containers.iter().enumerate().map(of).collect()
    }
}
