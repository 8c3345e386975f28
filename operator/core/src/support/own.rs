//! The members of our specs that no ECS operation has: `kubernetes`, and those that join several AWS operations in one spec.
//!
//! Columns as in the tables of operations: path, value, class, rule, handling, what becomes of it.

use super::row::*;

const WORKLOADS: &str = "Run|Hold";

rows! { SERVICE = EcsService;
    at "" {
        "autoScaling", structure(), Equivalent, "§12B", pending(Warn), "the number of tasks stays what desiredCount says";
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
        "forceDeployment", text(),                                          Exact, "R-SVCREV", Translated, "Any new value starts a new deployment";
    }
}

rows! { SCHEDULE = ScheduledTask;
    at "" {
        "source",           text().one_of("Scheduler|Rule"), Exact,      "§12A",   Translated,     "Which of AWS's two services this mirrors";
        "task",             structure().required(),          Exact,      "§12A.2", Translated,     "The task to run: what RunTask takes";
        "inputPath",        text().range(0, 256),            Equivalent, "§12A.2", pending(Block), "the task would start without the overrides that this path selects";
        "inputTransformer", structure(),                     Equivalent, "§12A.2", pending(Block), "the task would start without the overrides that this template makes";
        "kubernetes",       structure(),                     Exact,      "§12A",   Translated,     "What neither ECS nor another AWS API knows";
    }
    at "inputTransformer." {
        "inputPathsMap{}", map().range(0, 100),              Equivalent, "§12A.2", WithParent, "Parts of the event, by name";
        "inputTemplate",   text().required().range(1, 8192), Equivalent, "§12A.2", WithParent, "The text that they are put into";
    }
    at "kubernetes." {
        "workload", text().one_of(WORKLOADS), Exact, "§12A", Translated, "Hold: translated and shown, but no run starts here";
    }
}

rows! { RULE_STATES = PutRule;
    at "" {
        "state", text().one_of("ENABLED|DISABLED|ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"), Exact, "§12A.2", Translated, "DISABLED suspends the CronJob; a rule knows a third state, which is ENABLED here";
    }
}
