// The parser of the CronJob controller, as a judge of our CronJobs; `tests/differential/cronjobs.sh` builds it.
module ecs-operator.dev/testbed/cronjudge

go 1.26.0

require github.com/robfig/cron/v3 v3.0.1
