//! What becomes of every input path of ECS RunTask: an EcsTask, and `task` of a ScheduledTask.
//!
//! Columns: path, value, class, rule, handling, what becomes of it. Paths and values are those of botocore 1.44.5.

use super::row::*;

rows! { RUN_TASK = RunTask;
    at "" {
        "capacityProviderStrategy[]", structures(),                                Approximate, "R-CPS",      Translated,                                    "Prefers the nodes that stand for the providers, by weight; needs them where it is one provider";
        "cluster",                    text(),                                      Advisory,    "§7",         Translated,                                    "Kept as a label; no namespace is implied";
        "count",                      integer(),                                   Exact,       "R-JOB",      Translated,                                    "How many tasks start: the completions of the Job";
        "enableECSManagedTags",       flag(),                                      Equivalent,  "R-TAG",      Translated,                                    "Cluster and group are always labels of the pods";
        "enableExecuteCommand",       flag(),                                      Equivalent,  "§7",         reported("ExecuteCommandNotDenied", Info).unless("true"), "kubectl exec cannot be denied pod by pod; RBAC of the cluster decides";
        "group",                      text(),                                      Exact,       "R-TAG",      Translated,                                    "A label of the pods; default: family:<family>";
        "launchType",                 text().one_of("EC2|FARGATE|EXTERNAL|MANAGED_INSTANCES"), Approximate, "§7",         Translated,                                    "A label of the pods, and what launchTypeProfiles of the configuration adds";
        "networkConfiguration",       structure(),                                 Approximate, "§7",         Translated,                                    "Pods take the network of their node";
        "overrides",                  structure(),                                 Exact,       "R-OVERRIDE", Translated,                                    "Changes the task definition before it is translated";
        "placementConstraints[]",     structures(),                                Exact,       "§8.1",       Translated,                                    "Node affinity; groups of tasks are pod affinity";
        "placementStrategy[]",        structures(),                                Equivalent,  "§8.2",       Translated,                                    "Topology spread constraints, or a scheduler that packs";
        "platformVersion",            text(),                                      Advisory,    "§7",         Translated,                                    "Fargate's platform; kept as it is";
        "propagateTags",              text().one_of("TASK_DEFINITION|SERVICE|NONE"), Equivalent,  "R-TAG",      Translated,                                    "Which tags the pods carry";
        "referenceId",                text(),                                      Advisory,    "§12A",       Translated,                                    "Kept as an annotation";
        "startedBy",                  text(),                                      Advisory,    "§12A",       Translated,                                    "Kept as an annotation";
        "tags[]",                     structures().range(0, 50),                   Equivalent,  "R-TAG",      Translated,                                    "Labels and annotations";
        "taskDefinition",             text().required(),                           Exact,       "§7",         Translated,                                    "`family` follows the newest revision, `family:n` stays with that one";
        "clientToken",                text(),                                      Exact,       "§7",         Translated,                                    "Nothing to do: the API server makes requests idempotent";
        "volumeConfigurations[]",     structures(),                                Equivalent,  "R-EBS",      pending(Block),                                "a container that mounts one of these volumes could not start";
    }
    at "capacityProviderStrategy[]." {
        "capacityProvider", text().required(),          Approximate, "R-CPS", WithParent, "The capacity provider";
        "weight",           integer().range(0, 1000),   Approximate, "R-CPS", WithParent, "Its share of the tasks";
        "base",             integer().range(0, 100000), Approximate, "R-CPS", WithParent, "How many tasks it runs at least";
    }
    at "networkConfiguration." {
        "awsvpcConfiguration", structure(), Approximate, "§7", Translated, "Pods take the network of their node";
    }
    at "networkConfiguration.awsvpcConfiguration." {
        "subnets[]",        texts().required(),                Advisory,    "§7", reported("SubnetsNotApplied", Info),           "pods take the subnet of their node; place the nodes where the tasks are to run";
        "securityGroups[]", texts(),                           Equivalent,  "§7", Translated,                                    "A SecurityGroupPolicy of the VPC CNI; on a cluster without, the warning `SecurityGroupsNotApplied`";
        "assignPublicIp",   text().one_of("ENABLED|DISABLED"), Unsupported, "§7", reported("PublicIpUnsupported", Warn).unless("DISABLED"), "pods get no public address; reach them through a Service or an Ingress";
    }
    at "overrides." {
        "containerOverrides[]",            structures(), Exact,       "R-OVERRIDE", Translated,                                    "Changes per container";
        "cpu",                             text(),       Exact,       "R-OVERRIDE", Translated,                                    "Replaces the task's CPU";
        "inferenceAcceleratorOverrides[]", structures(), Unsupported, "§2",         reported("InferenceAcceleratorUnsupported", Warn), "Elastic Inference is no longer offered; containers run without an accelerator";
        "executionRoleArn",                text(),       Advisory,    "§2",         reported("ExecutionRoleNotUsed", Info),        "image pulls, secrets and logs use the node's and the operator's own identities instead of this role";
        "memory",                          text(),       Exact,       "R-OVERRIDE", Translated,                                    "Replaces the task's memory";
        "taskRoleArn",                     text(),       Equivalent,  "R-OVERRIDE", Translated,                                    "Replaces the task role, and so the ServiceAccount";
        "ephemeralStorage",                structure(),  Approximate, "R-OVERRIDE", Translated,                                    "Replaces the ephemeral storage";
    }
    at "overrides.containerOverrides[]." {
        "name",                   text(),       Exact,       "R-OVERRIDE", Translated,                           "The container";
        "command[]",              texts(),      Exact,       "R-OVERRIDE", Translated,                           "Replaces the command";
        "environment[]",          structures(), Exact,       "R-OVERRIDE", Translated,                           "Merged by name; the override wins";
        "environmentFiles[]",     structures(), Unsupported, "R-ENVFILE",  reported("EnvFileUnreadable", Block), "the operator does not read S3; put the variables into `environment`";
        "cpu",                    integer(),    Exact,       "R-OVERRIDE", Translated,                           "Replaces the CPU units";
        "memory",                 integer(),    Exact,       "R-OVERRIDE", Translated,                           "Replaces the memory limit";
        "memoryReservation",      integer(),    Exact,       "R-OVERRIDE", Translated,                           "Replaces the memory request";
        "resourceRequirements[]", structures(), Exact,       "R-GPU",      Translated,                           "Replaces the resource requirements";
    }
    at "overrides.containerOverrides[].environment[]." {
        "name",  text(), Exact, "R-OVERRIDE", Translated, "The variable's name";
        "value", text(), Exact, "R-OVERRIDE", Translated, "The variable's value";
    }
    at "overrides.containerOverrides[].environmentFiles[]." {
        "value", text().required(),              Unsupported, "R-ENVFILE", WithParent, "The S3 object that holds the variables";
        "type",  text().required().one_of("s3"), Unsupported, "R-ENVFILE", WithParent, "Where the file lies";
    }
    at "overrides.containerOverrides[].resourceRequirements[]." {
        "value",           text(),                                      Exact,       "R-GPU", Translated, "How many GPUs";
        "type",            text().required().one_of("GPU|InferenceAccelerator|NeuronDevice"), Exact,       "R-GPU", Translated, "GPU becomes nvidia.com/gpu";
        "sharingStrategy", structure(),                                 Approximate, "R-GPU", Translated, "How a GPU is shared";
    }
    at "overrides.containerOverrides[].resourceRequirements[].sharingStrategy." {
        "nvidiaMps", structure(), Approximate, "R-GPU", Translated, "A share of a GPU by NVIDIA MPS";
    }
    at "overrides.containerOverrides[].resourceRequirements[].sharingStrategy.nvidiaMps." {
        "memory",            integer().required().at_least(1), Approximate, "R-GPU", Translated, "The GPU memory of the share";
        "maxComputePercent", integer().range(1, 100),          Approximate, "R-GPU", Translated, "The compute limit of the share";
    }
    at "overrides.inferenceAcceleratorOverrides[]." {
        "deviceName", text(), Unsupported, "§2", WithParent, "The accelerator's name";
        "deviceType", text(), Unsupported, "§2", WithParent, "The accelerator's type";
    }
    at "overrides.ephemeralStorage." {
        "sizeInGiB", integer().required(), Approximate, "R-OVERRIDE", Translated, "Request and limit; over-use evicts the pod instead of failing the write";
    }
    at "placementConstraints[]." {
        "type",       text().one_of("distinctInstance|memberOf"), Exact, "§8.1", WithParent, "The kind of constraint";
        "expression", text(),                                     Exact, "§8.1", WithParent, "The cluster query expression";
    }
    at "placementStrategy[]." {
        "type",  text().one_of("random|spread|binpack"), Equivalent, "§8.2", WithParent, "The kind of strategy";
        "field", text(),                                 Equivalent, "§8.2", WithParent, "What it looks at";
    }
    at "tags[]." {
        "key",   text().range(1, 128).pattern(TAG_TEXT), Equivalent, "R-TAG", Translated, "The tag's key";
        "value", text().range(0, 256).pattern(TAG_TEXT), Equivalent, "R-TAG", Translated, "The tag's value";
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
        "terminationPolicy",        structure(),                         Equivalent,  "R-EBS", WithParent, "What becomes of the volume";
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
    at "volumeConfigurations[].managedEBSVolume.terminationPolicy." {
        "deleteOnTermination", flag().required(), Equivalent, "R-EBS", WithParent, "Whether it goes with the task";
    }
}
