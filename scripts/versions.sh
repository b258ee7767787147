#!/bin/sh
# `make test-fast` in environments of their own under .venvs/: for each Python named (3.12, 3.13), or `lowest`: the oldest versions that
# pyproject.toml admits. A Python that is not on this machine is said loudly and left out; one that fails makes this fail, after the others.
set -eu
cd "$(dirname "$0")/.."

path_of() {  # the interpreter of a version: on PATH, else pyenv's newest of that line
    for candidate in "python$1" "$(pyenv prefix "$(pyenv versions --bare 2>/dev/null | grep "^$1\.[0-9]*$" | sort -t. -k3 -n | tail -n 1)" 2>/dev/null)/bin/python"; do
        if "$candidate" -c "import sys; sys.exit('%d.%d' % sys.version_info[:2] != '$1')" >/dev/null 2>&1; then
            echo "$candidate"
            return
        fi
    done
}

failed=""
for version in "$@"; do
    case "$version" in
        lowest) wanted=3.11; lock=requirements-lowest.lock ;;
        *) wanted=$version; lock=requirements-dev.lock ;;
    esac
    python=$(path_of "$wanted")
    if [ -z "$python" ]; then
        echo "========== skipped: $version: no python$wanted on this machine =========="
        continue
    fi
    echo "========== test-fast: $version ($("$python" --version)) =========="
    mkdir -p .venvs
    venv=.venvs/$version
    if [ ! -f "$venv/.ok-dev" ] || [ -n "$(find "$lock" pyproject.toml scripts/setup.sh -newer "$venv/.ok-dev")" ]; then
        PYTHON=$python VENV=$venv sh scripts/setup.sh dev "$lock" || { failed="$failed $version"; continue; }
    fi
    "$venv/bin/python" -m pytest -n "${JOBS:-2}" --dist loadfile --no-loadscope-reorder @tests/fast.txt || failed="$failed $version"
done
[ -z "$failed" ] || { echo "test-fast failed:$failed" >&2; exit 1; }
