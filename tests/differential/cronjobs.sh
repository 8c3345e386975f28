#!/usr/bin/env bash
# Has the parser of the CronJob controller judge the CronJobs that we make: tests/differential/README.md.
#
#   tests/differential/cronjobs.sh [CASES] [SEED]
#
# The judge (hack/tools/cronjudge) is built into target/differential.
set -euo pipefail

cases=${1:-50000} seed=${2:-6}
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
place=${CARGO_TARGET_DIR:-$root/target}/differential
mkdir -p "$place"

cd "$root/hack/tools/cronjudge"
CGO_ENABLED=0 GOWORK=off go build -mod=readonly -buildvcs=false -trimpath -o "$place/cronjudge" .

cd "$root"
ECS_CRONJUDGE=$place/cronjudge ECS_CRONJUDGE_CASES=$cases ECS_CRONJUDGE_SEED=$seed \
  cargo test -p ecs-core --test cronjobs -- --ignored --nocapture
