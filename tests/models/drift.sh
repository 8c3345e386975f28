#!/usr/bin/env bash
# What the newest botocore has that the support table does not, and the other way round: tests/models/README.md.
#
#   tests/models/drift.sh [VERSION]
#
# A difference is news, not a failure. Everything is installed and written under target/models.
set -euo pipefail

version=${1:+==$1}
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
place=${CARGO_TARGET_DIR:-$root/target}/models
mkdir -p "$place"

[ -x "$place/venv/bin/pip" ] || python3 -m venv "$place/venv"
"$place/venv/bin/pip" install --quiet --upgrade "botocore$version"
"$place/venv/bin/python" "$here/paths.py" >"$place/paths.tsv"

plain() { grep -v '^#' "$1" | sort; }
changes=$(diff --unchanged-line-format= --old-line-format='- %L' --new-line-format='+ %L' \
  <(plain "$root/operator/core/tests/data/model-paths.tsv") <(plain "$place/paths.tsv") || true)
echo "$(head -1 "$place/paths.tsv" | cut -c3-): $(plain "$place/paths.tsv" | wc -l) paths, table: $(plain "$root/operator/core/tests/data/model-paths.tsv" | wc -l)"
if [ -z "$changes" ]; then
  echo "no drift"
else
  printf '%s\n' "$changes" | sort -k2
  echo "drift: $(grep -c '^+' <<<"$changes") lines of the models are not in the table, $(grep -c '^-' <<<"$changes") of the table not in the models"
fi
