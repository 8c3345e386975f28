//! The members of our specs that no ECS operation has: `kubernetes`, and those that join several AWS operations in one spec.
//!
//! Columns as in the tables of operations: path, value, class, rule, handling, what becomes of it.

use super::row::*;

const WORKLOADS: &str = "Run|Hold";

rows! { SERVICE = EcsService;
    at "" {
        "autoScaling", structure(), Equivalent, "§12B", Translated,    "A HorizontalPodAutoscaler on the scale subresource; scheduled actions are the operator's";
        "kubernetes",  structure(), Exact,      "§7",   Translated,    "What neither ECS nor another AWS API knows";
    }
    at "autoScaling." {
        "policies[]",         structures(), Equivalent, "§12B", WithParent, "The scaling policies, by name";
        "scheduledActions[]", structures(), Equivalent, "§12B", WithParent, "The scheduled actions, by name";
    }
    at "kubernetes." {
        "workload",        text().one_of(WORKLOADS),                        Exact, "§7",       Translated, "Hold: translated and shown, but no task starts here";
        "service",         text().one_of("ClusterIP|Headless|None"),        Exact, "§10.3",    Translated, "The Service in front of the tasks";
        "essentialPolicy", text().one_of("InPlace|RestartAll|ReplaceTask"), Exact, "R-ESS",    Translated, "What the exit of an essential container does to the others";
        "capacitySplit",   text().one_of("Approximate|Exact"),              Exact, "R-CPS",    Translated, "Exact: one Deployment for each capacity provider, so that base and weight hold";
        "forceDeployment", text(),                                          Exact, "R-SVCREV", Translated, "Any new value starts a new deployment";
        "ingress",          structure(), Equivalent, "R-ING", Translated, "The rules of a listener, as an Ingress, and the health check of the target group";
        "gateway",          structure(), Equivalent, "R-ING", Translated, "An HTTPRoute of the Gateway API";
        "hookTarget",       structure(), Equivalent, "R-HOOK", Translated, "Who decides in the place of Lambda functions";
        "serviceDiscovery", structure(), Equivalent, "§10.3", Translated, "A headless Service under the name of the Cloud Map service";
    }
    at "kubernetes.hookTarget." {
        "job", structure(), Equivalent, "R-HOOK", Translated, "A Job: its end decides";
    }
    at "kubernetes.hookTarget.job." {
        "image",     text().required(), Exact, "R-HOOK", Translated, "The image of its container";
        "command[]", texts(),           Exact, "R-HOOK", Translated, "What it runs";
    }
    at "kubernetes.ingress." {
        "className",     text(),       Exact,      "R-ING",  Translated, "The IngressClass; default: alb";
        "annotations{}", map(),        Exact,      "R-ING",  Translated, "Annotations of the Ingress; they win over the operator's";
        "rules[]",       structures(), Equivalent, "R-ING",  Translated, "The rules of the listener, in their order";
        "healthCheck",   structure(),  Equivalent, "R-LBHC", Translated, "Probes of the container that takes the traffic";
    }
    at "kubernetes.ingress.rules[]." {
        "hosts[]",       texts(), Exact, "R-ING", Translated, "Host names";
        "paths[]",       texts(), Exact, "R-ING", Translated, "Path patterns";
        "pathType",      text().one_of("Exact|Prefix|ImplementationSpecific"), Exact, "R-ING", Translated, "How the Ingress class reads the paths";
        "containerPort", integer().range(1, 65535), Exact, "R-ING", Translated, "The container port that the traffic goes to";
    }
    at "kubernetes.ingress.healthCheck." {
        "protocol",                text().one_of("HTTP|HTTPS|TCP|GRPC"), Equivalent, "R-LBHC", Translated, "httpGet, tcpSocket or grpc";
        "path",                    text().range(1, 1024),     Exact,       "R-LBHC", Translated, "The path of HTTP checks";
        "port",                    integer().range(1, 65535), Exact,       "R-LBHC", Translated, "The port; default: the one that takes the traffic";
        "intervalSeconds",         integer().range(5, 300),   Exact,       "R-LBHC", Translated, "periodSeconds";
        "timeoutSeconds",          integer().range(2, 120),   Exact,       "R-LBHC", Translated, "timeoutSeconds";
        "healthyThresholdCount",   integer().range(2, 10),    Exact,       "R-LBHC", Translated, "successThreshold of the readiness probe";
        "unhealthyThresholdCount", integer().range(2, 10),    Exact,       "R-LBHC", Translated, "failureThreshold";
        "matcher",                 text(),                    Approximate, "R-LBHC", Translated, "A probe takes every code from 200 to 399";
    }
    at "kubernetes.gateway." {
        "parentRefs[]",  structures().required(),   Exact,       "R-ING", Translated, "The Gateways";
        "hostnames[]",   texts(),                   Exact,       "R-ING", Translated, "Host names";
        "paths[]",       texts(),                   Approximate, "R-ING", Translated, "Path patterns; `/p/*` also matches `/p`";
        "containerPort", integer().range(1, 65535), Exact,       "R-ING", Translated, "The container port that the traffic goes to";
    }
    at "kubernetes.gateway.parentRefs[]." {
        "name",        text().required(),         Exact, "R-ING", Translated, "The Gateway's name";
        "namespace",   text(),                    Exact, "R-ING", Translated, "The Gateway's namespace";
        "sectionName", text(),                    Exact, "R-ING", Translated, "The listener";
        "port",        integer().range(1, 65535), Exact, "R-ING", Translated, "The listener's port";
    }
    at "kubernetes.serviceDiscovery." {
        "name", text().required().range(1, 63), Exact, "§10.3", Translated, "The name that resolves to one address per task";
    }
}

rows! { SCHEDULE = ScheduledTask;
    at "" {
        "source",           text().one_of("Scheduler|Rule"), Exact,      "§12A",   Translated,     "Which of AWS's two services this mirrors";
        "task",             structure().required(),          Exact,      "§12A.2", Translated,     "The task to run: what RunTask takes";
        "inputPath",        text().range(0, 256),            Equivalent, "§12A.2", Translated,     "Rules: the part of each event that is RunTask's overrides";
        "inputTransformer", structure(),                     Equivalent, "§12A.2", Translated,     "Rules: the template that makes RunTask's overrides of each event";
        "kubernetes",       structure(),                     Exact,      "§12A",   Translated,     "What neither ECS nor another AWS API knows";
    }
    at "inputTransformer." {
        "inputPathsMap{}", map().range(0, 100),              Equivalent, "§12A.2", WithParent, "Parts of the event, by name";
        "inputTemplate",   text().required().range(1, 8192), Equivalent, "§12A.2", WithParent, "The text that they are put into";
    }
    at "kubernetes." {
        "workload", text().one_of(WORKLOADS),               Exact, "§12A",   Translated, "Hold: translated and shown, but no run starts here";
        "executor", text().one_of("Auto|CronJob|Engine"), Exact, "§12A.5", Translated, "What starts the tasks: a CronJob where one can, or the operator's engine";
        "dst",      text().one_of("Lenient|Strict"),      Exact, "§12A.3", Translated, "Strict: no second run where clocks are set back";
        "deleteAfterCompletion", flag(),                  Exact, "§12A.1", Translated, "Whether actionAfterCompletion: DELETE deletes the ScheduledTask";
    }
}

rows! { TASK = EcsTask;
    at "" {
        "kubernetes", structure(), Exact, "§12A", Translated, "What ECS does not know; this alone can change";
    }
    at "kubernetes." {
        "workload",          text().one_of(WORKLOADS), Exact,      "§12A", Translated, "Hold: translated and shown, but the tasks start only when this is Run";
        "stop",              structure(),              Equivalent, "§12A", Translated, "StopTask: the tasks are told to stop";
        "timeToLiveSeconds", integer().at_least(0),    Exact,      "§12A", Translated, "How long the EcsTask is kept after its tasks have stopped; default: for ever";
    }
    at "kubernetes.stop." {
        "reason", text().range(0, 1024), Exact, "§12A", Translated, "Why; it becomes stoppedReason";
    }
}
