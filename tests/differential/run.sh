#!/usr/bin/env bash
# Asks other implementations of AWS's cron for fire times and compares them with ours: tests/differential/README.md.
#
#   tests/differential/run.sh [CASES] [SEED]
#
# Everything is installed and written under target/differential.
set -euo pipefail

cases=${1:-120000} seed=${2:-6}
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
place=${CARGO_TARGET_DIR:-$root/target}/differential
mkdir -p "$place/npm"

python3 -m venv "$place/venv"
"$place/venv/bin/pip" install --quiet --requirement "$here/requirements.txt"
cp "$here/package.json" "$place/npm/"
npm install --silent --no-audit --no-fund --prefix "$place/npm"

rm -f "$place"/*.txt
python3 "$here/cases.py" "$cases" "$seed" >"$place/cases.tsv"
for oracle in aws-croniter pyawscron; do
  "$place/venv/bin/python" "$here/oracle.py" "$oracle" <"$place/cases.tsv" >"$place/$oracle.txt"
done
for oracle in aws-cron-parser cronosjs; do
  # aws-cron-parser reckons in the machine's zone.
  TZ=UTC node "$here/oracle.js" "$oracle" "$place/npm" <"$place/cases.tsv" >"$place/$oracle.txt"
done

cd "$root"
ECS_DIFFERENTIAL=$place cargo test --release -p ecs-core every_difference -- --ignored --nocapture
