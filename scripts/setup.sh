#!/bin/sh
# Makes $VENV (.venv) from a lock: uv where it can be had, else pip; both check every hash.
#   sh scripts/setup.sh use [LOCK]    what `finops` needs: requirements.lock; stamp $VENV/.ok
#   sh scripts/setup.sh dev [LOCK]    that and what tests and tools need, same pins: requirements-dev.lock; stamps .ok and .ok-dev
# An environment for use that is up to date is added to, not made anew.
set -eu
cd "$(dirname "$0")/.."
kind=${1:-use}
venv=${VENV:-.venv}
case "$kind" in
    use) lock=${2:-requirements.lock} ;;
    dev) lock=${2:-requirements-dev.lock} ;;
    *) echo "setup: '$kind' is no kind of environment; allowed: use, dev" >&2; exit 2 ;;
esac
started=$(date +%s)

fresh() {  # the environment for use is there and newer than what made it
    [ -f "$venv/.ok" ] && [ -z "$(find requirements.lock pyproject.toml scripts/setup.sh -newer "$venv/.ok")" ]
}

make_venv() {
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
    echo "setup: $("$python" --version), making $venv (once, under a minute)"
    rm -f "$venv/.ok" "$venv/.ok-dev"
    "$python" -m venv --clear "$venv" >.venv.log 2>&1 && rm -f .venv.log && return
    # Debian keeps venv in a package of its own.
    if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
        echo "setup: installing Debian's python3-venv"
        { apt-get update && apt-get install -y --no-install-recommends python3-venv; } >>.venv.log 2>&1 || true
    fi
    if ! "$python" -m venv --clear "$venv" >>.venv.log 2>&1; then
        tail -n 5 .venv.log >&2
        echo "setup: '$python -m venv' does not work. On Debian: sudo apt-get install python3-venv" >&2
        exit 2
    fi
    rm -f .venv.log
}

if [ "$kind" = dev ] && fresh; then
    echo "setup: adding what tests and tools need to $venv"
else
    make_venv
fi
rm -f "$venv/.ok" "$venv/.ok-dev"

uv_failed=1
if [ -x "$venv/bin/uv" ] || "$venv/bin/python" -m pip install --quiet --disable-pip-version-check uv 2>/dev/null; then
    uv_failed=0
    "$venv/bin/uv" pip sync --quiet --require-hashes --python "$venv/bin/python" "$lock" || uv_failed=1
fi
if [ "$uv_failed" = 1 ]; then
    echo "setup: uv is not to be had here; using pip (slower)"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r "$lock"
fi
if [ -x "$venv/bin/uv" ]; then
    "$venv/bin/uv" pip install --quiet --python "$venv/bin/python" --no-deps --no-build-isolation --offline -e .
else
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
fi
touch "$venv/.ok"
[ "$kind" = use ] || touch "$venv/.ok-dev"
echo "setup: done in $(( $(date +%s) - started )) s"
