#!/bin/sh
# Writes requirements-lowest.lock: the oldest version that requirements.in admits of each name in it, and test tools as in requirements-dev.lock.
set -eu
cd "$(dirname "$0")/.."
tools=$(mktemp)
trap 'rm -f "$tools"' EXIT
grep -v '^#' requirements-dev.in | sed 's/[^A-Za-z0-9_.-].*//' | while read -r name; do
    sed -n "s/^\($name==[^ ;\\]*\).*/\1/p" requirements-dev.lock | head -n 1
done >"$tools"
"${VENV:-.venv}/bin/uv" pip compile requirements.in "$tools" --resolution lowest-direct --universal --python-version 3.11 --generate-hashes \
    --no-emit-index-url --no-emit-find-links --no-header --no-annotate --quiet -o requirements-lowest.lock
