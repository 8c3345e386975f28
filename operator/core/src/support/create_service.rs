//! What becomes of every input path of ECS CreateService.
//!
//! Columns: path, value, class, rule, handling, what becomes of it. Paths and values are those of botocore 1.44.5.

use super::row::*;

const LIFECYCLE_STAGES: &str = "\
    RECONCILE_SERVICE|PRE_SCALE_UP|POST_SCALE_UP|TEST_TRAFFIC_SHIFT|POST_TEST_TRAFFIC_SHIFT|\
    PRE_PRODUCTION_TRAFFIC_SHIFT|PRODUCTION_TRAFFIC_SHIFT|POST_PRODUCTION_TRAFFIC_SHIFT";
const LOG_DRIVERS: &str = "json-file|syslog|journald|gelf|fluentd|awslogs|splunk|awsfirelens";

rows! { CREATE_SERVICE = CreateService;
    at "" {
        "cluster",                       text(),                                      Advisory,    "§7",       Translated,                                    "Kept as a label; no namespace is implied";
        "serviceName",                   text().required(),                           Exact,       "R-NAME",   Translated,                                    "Names the workload; default: the object's name";
        "taskDefinition",                text(),                                      Exact,       "§7",       Translated,                                    "`family` follows the newest revision, `family:n` stays with that one";
        "availabilityZoneRebalancing",   text().one_of("ENABLED|DISABLED"),           Approximate, "§8.2",     Translated,                                    "Tasks are spread over zones when they start; a label of the pods tells a descheduler that it may move them";
        "loadBalancers[]",               structures(),                                Equivalent,  "R-TGB",    Translated,                                    "TargetGroupBindings, or an Ingress in their place";
        "serviceRegistries[]",           structures(),                                Equivalent,  "§10.3",    Translated,                                    "A headless Service, once its name is given";
        "desiredCount",                  integer(),                                   Exact,       "§7",       Translated,                                    "How many tasks run; the scale subresource sets it";
        "clientToken",                   text(),                                      Exact,       "§7",       Translated,                                    "Nothing to do: the API server makes requests idempotent";
        "launchType",                    text().one_of("EC2|FARGATE|EXTERNAL|MANAGED_INSTANCES"), Approximate, "§7",       Translated,                                    "A label of the pods, and what launchTypeProfiles of the configuration adds";
        "capacityProviderStrategy[]",    structures(),                                Approximate, "R-CPS",    Translated,                                    "Prefers the nodes that stand for the providers, by weight; needs them where it is one provider";
        "platformVersion",               text(),                                      Advisory,    "§7",       Translated,                                    "Fargate's platform; kept as it is";
        "role",                          text(),                                      Advisory,    "§7",       reported("ServiceRoleNotUsed", Info),          "nothing here calls a load balancer in the service's name, so this role is not used";
        "deploymentConfiguration",       structure(),                                 Exact,       "§9",       Translated,                                    "How the Deployment rolls";
        "placementConstraints[]",        structures(),                                Exact,       "§8.1",     Translated,                                    "Node affinity; groups of tasks are pod affinity";
        "placementStrategy[]",           structures(),                                Equivalent,  "§8.2",     Translated,                                    "Topology spread constraints, or a scheduler that packs";
        "networkConfiguration",          structure(),                                 Approximate, "§7",       Translated,                                    "Pods take the network of their node";
        "healthCheckGracePeriodSeconds", integer(),                                   Equivalent,  "R-PROBE",  Translated,                                    "The budget of the start-up probe";
        "schedulingStrategy",            text().one_of("REPLICA|DAEMON"),             Exact,       "R-DAEMON", Translated,                                    "REPLICA becomes a Deployment, DAEMON a DaemonSet";
        "deploymentController",          structure(),                                 Exact,       "§9",       Translated,                                    "Who rolls the service";
        "tags[]",                        structures().range(0, 50),                   Equivalent,  "R-TAG",    Translated,                                    "Labels and annotations";
        "enableECSManagedTags",          flag(),                                      Equivalent,  "R-TAG",    Translated,                                    "Cluster and service are always labels of the pods";
        "propagateTags",                 text().one_of("TASK_DEFINITION|SERVICE|NONE"), Equivalent,  "R-TAG",    Translated,                                    "Which tags the pods carry";
        "enableExecuteCommand",          flag(),                                      Equivalent,  "§7",       reported("ExecuteCommandNotDenied", Info).unless("true"), "kubectl exec cannot be denied pod by pod; RBAC of the cluster decides";
        "serviceConnectConfiguration",   structure(),                                 Equivalent,  "§10.2",    Translated,                                    "A Service for each name that clients use";
        "volumeConfigurations[]",        structures(),                                Equivalent,  "R-EBS",    Translated,                                    "A claim of each pod, with a StorageClass that an administrator makes";
        "vpcLatticeConfigurations[]",    structures(),                                Unsupported, "§7",       reported("LatticeTargetGroupUnsupported", Warn), "tasks are not registered with VPC Lattice; reach them through their Service";
        "gatewayConnectors[]",           structures().range(0, 1),                    Approximate, "§7",       reported("GatewayConnectorUnsupported", Warn), "the service is not attached to a gateway by this version; reach the tasks through their Service";
        "monitoring",                    structure(),                                 Advisory,    "§7",       reported("MonitoringNotApplied", Info),        "CloudWatch gets no metrics from here; the cluster's own metrics have their own resolution";
    }
    at "loadBalancers[]." {
        "targetGroupArn",        text(),      Equivalent,  "R-TGB", Translated,                                    "A TargetGroupBinding";
        "loadBalancerName",      text(),      Unsupported, "§10.1", reported("ClassicLoadBalancerUnsupported", Block), "classic Load Balancers cannot reach pods; use a target group, an Ingress or a Service of type LoadBalancer";
        "containerName",         text(),      Exact,       "§10.1", Translated,                                    "The container that receives the traffic";
        "containerPort",         integer(),   Exact,       "§10.1", Translated,                                    "The port that receives the traffic";
        "advancedConfiguration", structure(), Equivalent,  "R-BG",  Translated,                                 "What shifts traffic on AWS; here a Gateway, an Ingress or the Service does";
    }
    at "loadBalancers[].advancedConfiguration." {
        "alternateTargetGroupArn", text(), Equivalent, "R-BG", WithParent, "The other target group";
        "productionListenerRule",  text(), Equivalent, "R-BG", WithParent, "The rule that carries production traffic";
        "testListenerRule",        text(), Equivalent, "R-BG", WithParent, "The rule that carries test traffic";
        "roleArn",                 text(), Advisory,   "R-BG", WithParent, "The role that ECS calls the load balancer with";
    }
    at "serviceRegistries[]." {
        "registryArn",   text(),    Equivalent, "§10.3", Translated, "The Cloud Map service; its name is AWS's to tell, or spec.kubernetes.serviceDiscovery's";
        "port",          integer(), Equivalent, "§10.3", Translated, "SRV records of every named port";
        "containerName", text(),    Equivalent, "§10.3", Translated, "The container of SRV records";
        "containerPort", integer(), Equivalent, "§10.3", Translated, "The container port of SRV records";
    }
    at "capacityProviderStrategy[]." {
        "capacityProvider", text().required(),          Approximate, "R-CPS", WithParent, "The capacity provider";
        "weight",           integer().range(0, 1000),   Approximate, "R-CPS", WithParent, "Its share of the tasks";
        "base",             integer().range(0, 100000), Approximate, "R-CPS", WithParent, "How many tasks it runs at least";
    }
    at "deploymentConfiguration." {
        "deploymentCircuitBreaker", structure(),                                 Equivalent,  "R-CB",    Translated,                           "Failures of a deployment's tasks stop it, and roll it back";
        "maximumPercent",           integer(),                                   Exact,       "R-ROLL",  Translated,                           "maxSurge, with ECS's rounding";
        "minimumHealthyPercent",    integer(),                                   Exact,       "R-ROLL",  Translated,                           "maxUnavailable, with ECS's rounding";
        "alarms",                   structure(),                                 Equivalent,  "R-ALARM", Translated,                           "Alarms with a Prometheus query stop a deployment, and roll it back";
        "strategy",                 text().one_of("ROLLING|BLUE_GREEN|LINEAR|CANARY"), Exact,       "§9",      Translated,                           "ROLLING rolls one Deployment; the others go on in stages, with a Deployment for each revision";
        "bakeTimeInMinutes",        integer(),                                   Equivalent,  "R-BG",    Translated,                           "How long both revisions run after the shift; with ROLLING how long alarms, or early success, are watched";
        "lifecycleHooks[]",         structures(),                                Equivalent,  "R-HOOK",  Translated,                       "PAUSE waits for an annotation, a Lambda function's place takes a Job";
        "linearConfiguration",      structure(),                                 Equivalent,  "R-BG",    Translated,                        "The weights of a route or an Ingress in equal steps; by a Service alone the share of the tasks";
        "canaryConfiguration",      structure(),                                 Equivalent,  "R-BG",    Translated,                        "The weights of a route or an Ingress in two steps; by a Service alone the share of the tasks";
        "earlySuccessCriteria",     structure(),                                 Equivalent,  "R-EARLY", Translated,                           "How many healthy tasks complete a deployment";
    }
    at "deploymentConfiguration.deploymentCircuitBreaker." {
        "enable",                 flag().required(), Equivalent, "R-CB", Translated, "Whether failures stop a deployment";
        "rollback",               flag().required(), Equivalent, "R-CB", Translated, "Whether a failed deployment is rolled back";
        "resetOnHealthyTask",     flag(),            Equivalent, "R-CB", Translated, "Whether a healthy task sets the count to 0";
        "thresholdConfiguration", structure(),       Equivalent, "R-CB", Translated, "How many failures are too many";
    }
    at "deploymentConfiguration.deploymentCircuitBreaker.thresholdConfiguration." {
        "type",  text().required().one_of("COUNT|BOUNDED_PERCENT|UNBOUNDED_PERCENT"), Equivalent, "R-CB", Translated, "How the threshold is computed";
        "value", integer().required(),                        Equivalent, "R-CB", Translated, "What it is computed from";
    }
    at "deploymentConfiguration.alarms." {
        "alarmNames[]", texts().required(), Equivalent, "R-ALARM", Translated, "The CloudWatch alarms";
        "rollback",     flag().required(),  Equivalent, "R-ALARM", Translated, "Whether an alarm rolls back";
        "enable",       flag().required(),  Equivalent, "R-ALARM", Translated, "Whether alarms are watched";
    }
    at "deploymentConfiguration.lifecycleHooks[]." {
        "targetType",           text().one_of("AWS_LAMBDA|PAUSE"), Equivalent,  "R-HOOK", WithParent, "What the hook is";
        "hookTargetArn",        text(),                            Unsupported, "R-HOOK", WithParent, "The Lambda function";
        "roleArn",              text(),                            Unsupported, "R-HOOK", WithParent, "The role that calls it";
        "lifecycleStages[]",    texts().one_of(LIFECYCLE_STAGES),  Exact,       "R-HOOK", WithParent, "When the hook runs";
        "hookDetails",          json(),                            Equivalent,  "R-HOOK", WithParent, "What the hook is given";
        "timeoutConfiguration", structure(),                       Exact,       "R-HOOK", WithParent, "How long it is waited for";
    }
    at "deploymentConfiguration.lifecycleHooks[].timeoutConfiguration." {
        "timeoutInMinutes", integer().range(1, 20160),          Exact, "R-HOOK", WithParent, "The time in minutes";
        "action",           text().one_of("ROLLBACK|CONTINUE"), Exact, "R-HOOK", WithParent, "What happens then";
    }
    at "deploymentConfiguration.linearConfiguration." {
        "stepPercent",           double(),  Equivalent, "R-BG", WithParent, "How much traffic a step shifts";
        "stepBakeTimeInMinutes", integer(), Equivalent, "R-BG", WithParent, "The wait between steps";
    }
    at "deploymentConfiguration.canaryConfiguration." {
        "canaryPercent",           double(),  Equivalent, "R-BG", WithParent, "How much traffic the canary gets";
        "canaryBakeTimeInMinutes", integer(), Equivalent, "R-BG", WithParent, "The wait before the rest follows";
    }
    at "deploymentConfiguration.earlySuccessCriteria." {
        "enable",                       flag().required(),                  Equivalent, "R-EARLY", Translated, "Whether the criteria count";
        "healthyPercent",               integer().range(0, 100),            Equivalent, "R-EARLY", Translated, "How many healthy tasks are enough";
        "sourceServiceRevisionCleanup", text().one_of("BLOCKING|DEFERRED"), Equivalent, "R-EARLY", Translated, "When the old tasks go";
    }
    at "placementConstraints[]." {
        "type",       text().one_of("distinctInstance|memberOf"), Exact, "§8.1", WithParent, "The kind of constraint";
        "expression", text(),                                     Exact, "§8.1", WithParent, "The cluster query expression";
    }
    at "placementStrategy[]." {
        "type",  text().one_of("random|spread|binpack"), Equivalent, "§8.2", WithParent, "The kind of strategy";
        "field", text(),                                 Equivalent, "§8.2", WithParent, "What it looks at";
    }
    at "networkConfiguration." {
        "awsvpcConfiguration", structure(), Approximate, "§7", Translated, "Pods take the network of their node";
    }
    at "networkConfiguration.awsvpcConfiguration." {
        "subnets[]",        texts().required(),                Advisory,    "§7", reported("SubnetsNotApplied", Info),           "pods take the subnet of their node; place the nodes where the tasks are to run";
        "securityGroups[]", texts(),                           Equivalent,  "§7", Translated,                                    "A SecurityGroupPolicy of the VPC CNI; on a cluster without, the warning `SecurityGroupsNotApplied`";
        "assignPublicIp",   text().one_of("ENABLED|DISABLED"), Unsupported, "§7", reported("PublicIpUnsupported", Warn).unless("DISABLED"), "pods get no public address; reach them through a Service or an Ingress";
    }
    at "deploymentController." {
        "type", text().required().one_of("ECS|CODE_DEPLOY|EXTERNAL"), Exact, "§9", Translated, "ECS; others cannot be served here";
    }
    at "tags[]." {
        "key",   text().range(1, 128).pattern(TAG_TEXT), Equivalent, "R-TAG", Translated, "The tag's key";
        "value", text().range(0, 256).pattern(TAG_TEXT), Equivalent, "R-TAG", Translated, "The tag's value";
    }
    at "serviceConnectConfiguration." {
        "enabled",                   flag().required(),         Exact,       "§10.2", Translated, "Whether Service Connect is on";
        "namespace",                 text(),                    Approximate, "§10.2", Translated, "The names hold in the Kubernetes namespace";
        "services[]",                structures(),              Equivalent,  "§10.2", Translated, "What the service offers";
        "logConfiguration",          structure(),               Advisory,    "§10.2", Translated, "Logs of the proxy; there is no proxy";
        "accessLogConfiguration",    structure(),               Advisory,    "§10.2", Translated, "Access logs of the proxy; there is no proxy";
        "containerConfigurations[]", structures().range(0, 10), Advisory,    "§10.2", Translated, "Settings of the proxy; there is no proxy";
    }
    at "serviceConnectConfiguration.services[]." {
        "portName",            text().required(),         Exact,       "§10.2", Translated,                                    "targetPort";
        "discoveryName",       text(),                    Equivalent,  "§10.2", Translated,                                    "The name of a Service";
        "clientAliases[]",     structures(),              Equivalent,  "§10.2", Translated,                                    "The port of the Service, and a second name without a dot";
        "ingressPortOverride", integer().range(0, 65535), Advisory,    "§10.2", Translated,                                    "The proxy's port; there is no proxy";
        "timeout",             structure(),               Advisory,    "§10.2", Translated,                                    "Timeouts of the proxy; there is no proxy";
        "tls",                 structure(),               Unsupported, "§10.2", Translated,                                      "Refused: there is no proxy that encrypts, so traffic would be plain text";
    }
    at "serviceConnectConfiguration.services[].clientAliases[]." {
        "port",             integer().required().range(0, 65535), Exact,      "§10.2", Translated, "The port of the Service";
        "dnsName",          text(),                               Equivalent, "§10.2", Translated, "A second Service; with a dot, host entries of the clients";
        "testTrafficRules", structure(),                          Equivalent, "§10.2", Translated, "A rule of the route or the Ingress for requests with this header, while a deployment is tested";
    }
    at "serviceConnectConfiguration.services[].clientAliases[].testTrafficRules." {
        "header", structure().required(), Equivalent, "§10.2", WithParent, "The header that marks it";
    }
    at "serviceConnectConfiguration.services[].clientAliases[].testTrafficRules.header." {
        "name",  text().required(), Equivalent, "§10.2", WithParent, "The header's name";
        "value", structure(),       Equivalent, "§10.2", WithParent, "The header's value";
    }
    at "serviceConnectConfiguration.services[].clientAliases[].testTrafficRules.header.value." {
        "exact", text().required(), Equivalent, "§10.2", WithParent, "The exact value";
    }
    at "serviceConnectConfiguration.services[].timeout." {
        "idleTimeoutSeconds",       integer().range(0, 2147483647), Advisory, "§10.2", WithParent, "How long an idle connection lives";
        "perRequestTimeoutSeconds", integer().range(0, 2147483647), Advisory, "§10.2", WithParent, "How long a request may take";
    }
    at "serviceConnectConfiguration.services[].tls." {
        "issuerCertificateAuthority", structure().required(), Unsupported, "§10.2", WithParent, "Who signs the certificates";
        "kmsKey",                     text(),                 Unsupported, "§10.2", WithParent, "The key that protects the private key";
        "roleArn",                    text(),                 Unsupported, "§10.2", WithParent, "The role that manages certificates";
    }
    at "serviceConnectConfiguration.services[].tls.issuerCertificateAuthority." {
        "awsPcaAuthorityArn", text(), Unsupported, "§10.2", WithParent, "The private certificate authority";
    }
    at "serviceConnectConfiguration.logConfiguration." {
        "logDriver",       text().required().one_of(LOG_DRIVERS), Advisory, "§10.2", WithParent, "Where ECS sends the proxy's logs";
        "options{}",       map(),                                 Advisory, "§10.2", WithParent, "Options of the log driver";
        "secretOptions[]", structures(),                          Advisory, "§10.2", WithParent, "Secret options of the log driver";
    }
    at "serviceConnectConfiguration.logConfiguration.secretOptions[]." {
        "name",      text().required(), Advisory, "§10.2", WithParent, "The option";
        "valueFrom", text().required(), Advisory, "§10.2", WithParent, "The secret that holds its value";
    }
    at "serviceConnectConfiguration.accessLogConfiguration." {
        "format",                 text().required().one_of("TEXT|JSON"), Advisory, "§10.2", WithParent, "The format of access logs";
        "includeQueryParameters", text().one_of("DISABLED|ENABLED"),     Advisory, "§10.2", WithParent, "Whether queries are logged";
    }
    at "serviceConnectConfiguration.containerConfigurations[]." {
        "logLevel", text().one_of("debug|info"), Advisory, "§10.2", WithParent, "The proxy's log level";
    }
    at "volumeConfigurations[]." {
        "name",             text().required(), Exact,      "R-EBS", WithParent, "The volume of the task definition";
        "managedEBSVolume", structure(),       Equivalent, "R-EBS", WithParent, "The EBS volume that each task gets";
    }
    at "volumeConfigurations[].managedEBSVolume." {
        "encrypted",                flag(),                              Exact,       "R-EBS", WithParent, "Encryption";
        "kmsKeyId",                 text(),                              Exact,       "R-EBS", WithParent, "The key";
        "volumeType",               text(),                              Exact,       "R-EBS", WithParent, "The volume type";
        "sizeInGiB",                integer(),                           Exact,       "R-EBS", WithParent, "The size";
        "snapshotId",               text(),                              Equivalent,  "R-EBS", WithParent, "The snapshot that it starts from";
        "volumeInitializationRate", integer(),                           Approximate, "R-EBS", WithParent, "How fast the snapshot is read";
        "iops",                     integer(),                           Exact,       "R-EBS", WithParent, "Operations per second";
        "throughput",               integer(),                           Exact,       "R-EBS", WithParent, "MiB per second";
        "tagSpecifications[]",      structures(),                        Equivalent,  "R-EBS", WithParent, "Tags of the volume";
        "roleArn",                  text().required(),                   Advisory,    "R-EBS", WithParent, "The role that ECS manages the volume with";
        "filesystemType",           text().one_of("ext3|ext4|xfs|ntfs"), Exact,       "R-EBS", WithParent, "The file system";
    }
    at "volumeConfigurations[].managedEBSVolume.tagSpecifications[]." {
        "resourceType",  text().required().one_of("volume"),          Exact,       "R-EBS", WithParent, "What is tagged";
        "tags[]",        structures().range(0, 50),                   Equivalent,  "R-EBS", WithParent, "The tags";
        "propagateTags", text().one_of("TASK_DEFINITION|SERVICE|NONE"), Approximate, "R-EBS", WithParent, "Where more tags come from";
    }
    at "volumeConfigurations[].managedEBSVolume.tagSpecifications[].tags[]." {
        "key",   text().range(1, 128).pattern(TAG_TEXT), Equivalent, "R-EBS", WithParent, "The tag's key";
        "value", text().range(0, 256).pattern(TAG_TEXT), Equivalent, "R-EBS", WithParent, "The tag's value";
    }
    at "vpcLatticeConfigurations[]." {
        "roleArn",               text().required(), Unsupported, "§7", WithParent, "The role that ECS registers tasks with";
        "targetGroupArn",        text().required(), Unsupported, "§7", WithParent, "The Lattice target group";
        "portName",              text().required(), Unsupported, "§7", WithParent, "The port mapping";
        "advancedConfiguration", structure(),       Unsupported, "§7", WithParent, "What blue/green deployments need";
    }
    at "vpcLatticeConfigurations[].advancedConfiguration." {
        "alternateTargetGroupArn", text(), Unsupported, "§7", WithParent, "The other target group";
        "productionListenerRule",  text(), Unsupported, "§7", WithParent, "The rule that carries production traffic";
        "testListenerRule",        text(), Unsupported, "§7", WithParent, "The rule that carries test traffic";
    }
    at "gatewayConnectors[]." {
        "portName",            text().required(), Approximate, "§7",      WithParent, "The port mapping";
        "healthCheck",         structure(),       Approximate, "R-LBHC",  WithParent, "The gateway's health check";
        "filters",             structure(),       Approximate, "§7",      WithParent, "Which gateways";
        "deregistrationDelay", structure(),       Equivalent,  "R-DRAIN", WithParent, "How a task leaves";
    }
    at "gatewayConnectors[].healthCheck." {
        "healthCheckProtocol",        text().one_of("HTTP|HTTPS"), Approximate, "R-LBHC", WithParent, "Its protocol";
        "healthCheckPort",            integer(),                   Approximate, "R-LBHC", WithParent, "Its port";
        "healthCheckPath",            text(),                      Approximate, "R-LBHC", WithParent, "Its path";
        "healthCheckTimeoutSeconds",  integer(),                   Approximate, "R-LBHC", WithParent, "Its timeout";
        "healthCheckIntervalSeconds", integer(),                   Approximate, "R-LBHC", WithParent, "Its period";
        "healthyThresholdCount",      integer(),                   Approximate, "R-LBHC", WithParent, "How many successes make a task healthy";
        "unhealthyThresholdCount",    integer(),                   Approximate, "R-LBHC", WithParent, "How many failures make it unhealthy";
        "matcher",                    structure(),                 Approximate, "R-LBHC", WithParent, "Which answers are successes";
    }
    at "gatewayConnectors[].healthCheck.matcher." {
        "httpCode", text(), Approximate, "R-LBHC", WithParent, "HTTP codes";
        "grpcCode", text(), Approximate, "R-LBHC", WithParent, "gRPC codes";
    }
    at "gatewayConnectors[].filters." {
        "accessTypes[]", texts().range(0, 2).one_of("PUBLIC|PRIVATE"), Approximate, "§7", WithParent, "Public, private or both";
    }
    at "gatewayConnectors[].deregistrationDelay." {
        "timeoutSeconds", integer().range(0, 3600), Equivalent, "R-DRAIN", WithParent, "How long it drains";
    }
    at "monitoring." {
        "metricConfigurations[]", structures().range(0, 5), Advisory, "§7", WithParent, "The metrics";
    }
    at "monitoring.metricConfigurations[]." {
        "metricNames[]",     texts().required().range(1, 5).each(1, 255), Advisory, "§7", WithParent, "Their names";
        "resolutionSeconds", integer().required().range(20, 60),          Advisory, "§7", WithParent, "Their resolution";
    }
}
