#!/bin/sh
# Makes .venv from requirements.lock: uv where it can be had, else pip; both check every hash. Stamp: .venv/.ok
set -eu
cd "$(dirname "$0")/.."

python=""
for candidate in ${PYTHON:-} python3 python3.13 python3.12 python3.11; do
    if command -v "$candidate" >/dev/null 2>&1 &&
       "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    echo "setup: Python 3.11, 3.12 or 3.13 is needed and none was found. Install one, or name it: make PYTHON=/path/to/python3.12 ..." >&2
    exit 2
fi

started=$(date +%s)
echo "setup: $("$python" --version), making .venv (once, under a minute)"
rm -f .venv/.ok
if ! "$python" -m venv --clear .venv >.venv.log 2>&1; then
    # Debian keeps venv in a package of its own.
    if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
        echo "setup: installing Debian's python3-venv"
        { apt-get update && apt-get install -y --no-install-recommends python3-venv; } >>.venv.log 2>&1 || true
    fi
    if ! "$python" -m venv --clear .venv >>.venv.log 2>&1; then
        tail -n 5 .venv.log >&2
        echo "setup: '$python -m venv' does not work. On Debian: sudo apt-get install python3-venv" >&2
        exit 2
    fi
fi
rm -f .venv.log

if .venv/bin/python -m pip install --quiet --disable-pip-version-check uv 2>/dev/null; then
    .venv/bin/uv pip sync --quiet --require-hashes --python .venv/bin/python requirements.lock || uv_failed=1
    # sync takes uv's own package away when the lock does not name it; that is fine, the stamp remembers the set-up.
else
    uv_failed=1
fi
if [ "${uv_failed:-0}" = 1 ]; then
    echo "setup: uv is not to be had here; using pip (slower)"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
fi
if [ -x .venv/bin/uv ]; then
    .venv/bin/uv pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --offline -e . 
else
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
fi
touch .venv/.ok
echo "setup: done in $(( $(date +%s) - started )) s"
