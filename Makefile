# Two commands do everything: `make report` and `make test`. Both set themselves up. `make help` lists the rest.
SHELL := /bin/sh
VENV ?= .venv
PY := $(VENV)/bin/python
FINOPS := $(VENV)/bin/finops
PORT ?= 8866
MONTH ?=
JOBS ?= 2
USE := $(if $(wildcard $(VENV)/.ok-dev),$(VENV)/.ok-dev,$(VENV)/.ok)     # an environment for development is good for use
DEV := $(VENV)/.ok-dev
PYTEST := $(PY) -m pytest -p no:nbval -n $(JOBS) --dist loadfile --no-loadscope-reorder
COMPILE := --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate --quiet

.PHONY: help setup report test test-fast test-all test-stress test-versions test-lowest fuzz check types format cover audit explore lab dashboard bench sample lock wheel clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

setup: $(DEV)  ## make .venv with everything in requirements-dev.lock (every other target sets up what it needs)

$(VENV)/.ok: requirements.lock pyproject.toml scripts/setup.sh
	@VENV=$(VENV) sh scripts/setup.sh use

$(VENV)/.ok-dev: requirements.lock requirements-dev.lock pyproject.toml scripts/setup.sh
	@VENV=$(VENV) sh scripts/setup.sh dev

report: $(USE)  ## the sample company's monthly budget reports (MONTH=2026-11 for another month)
	@$(FINOPS) report $(if $(MONTH),--month $(MONTH))

check: $(DEV)  ## what CI runs first, two minutes: linter, types, imports, file sizes, notebooks, shelves, locks
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) scripts/typed.py
	@$(PY) -m pytest tests/test_house.py tests/test_house_tools.py

test: $(DEV)  ## the whole test suite, notebooks and browser included (JOBS=1: one file after the other)
	@$(PY) -m pytest tests/browser
	@$(PYTEST) --ignore=tests/browser

test-fast: $(DEV)  ## what a small change needs: the files of tests/fast.txt, under three CPU minutes
	@$(PYTEST) @tests/fast.txt

test-stress: $(DEV)  ## what is long: property tests under more seeds, many short commands, processes at one ledger
	@HYPOTHESIS_SEEDS=$(or $(SEEDS),2) HYPOTHESIS_EXAMPLES=$(or $(EXAMPLES),5) $(PYTEST) -m hypothesis tests
	@FINOPS_STRESS=1 $(PY) -m pytest -m stress tests

test-versions: $(DEV)  ## test-fast under Python 3.12 and 3.13, each in an environment of its own; one that is not there is said and left out
	@sh scripts/versions.sh 3.12 3.13

test-lowest: $(DEV)  ## test-fast with the oldest versions that pyproject.toml admits
	@sh scripts/versions.sh lowest

test-all: check test test-stress test-versions test-lowest fuzz  ## everything CI runs

fuzz: $(DEV)  ## mutated files of every importer through the door of users' files (N=2000; SEED=… ONLY=… repeats one mutation)
	@$(PY) tests/fuzz $(or $(N),2000) --jobs $(JOBS) $(if $(SEED),--seed $(SEED)) $(if $(ONLY),--only $(ONLY))

explore: $(DEV)  ## every property test anew, each under SEEDS=200 seeds of at most EXAMPLES=20 examples (hours: search, not a check)
	@HYPOTHESIS_SEEDS=$(or $(SEEDS),200) HYPOTHESIS_EXAMPLES=$(or $(EXAMPLES),20) $(PYTEST) -m hypothesis tests

types: $(DEV)  ## mypy's findings, all of them
	@$(PY) -m mypy || true

format: $(DEV)  ## sort imports and fold lines at 100 columns
	@$(PY) -m ruff check --quiet --select I --fix .
	@$(PY) -m ruff format .

cover: $(DEV)  ## the suite under coverage; which lines no test reaches: htmlcov/index.html
	@$(PYTEST) --ignore=tests/browser --cov --cov-report=term:skip-covered --cov-report=html

audit: $(DEV)  ## known vulnerabilities of what is installed, where there is a network; never fails
	@sh scripts/audit.sh

lab: $(USE)  ## JupyterLab on notebooks/
	@$(VENV)/bin/jupyter lab notebooks/

dashboard: $(USE)  ## the Voila page for leadership (PORT=8866)
	@test -f reports/index.json || $(FINOPS) report
	@$(FINOPS) dashboard --port $(PORT)

bench: $(DEV)  ## the benchmarks: engine (writes benchmarks/RESULTS.md), settlement, commitments, tokens; some minutes
	@cd benchmarks && ../$(PY) run_all.py
	@for one in settlement commitments tokens contracts capacity sensitivity; do echo "== $$one"; $(PY) benchmarks/$$one.py; done

sample: $(DEV)  ## make both sample companies again (data/samples, data/startup)
	@$(PY) data/samples/make_sample.py
	@$(PY) data/startup/make_sample.py

lock: $(DEV)  ## renew the three locks: for use, for development (the same pins and more), of the oldest versions
	@$(VENV)/bin/uv pip compile requirements.in $(COMPILE) --upgrade -o requirements.lock
	@$(VENV)/bin/uv pip compile requirements.in requirements-dev.in -c requirements.lock $(COMPILE) --upgrade -o requirements-dev.lock
	@VENV=$(VENV) sh scripts/lowest.sh

wheel: $(DEV)  ## sdist and wheel of HEAD in dist/: built twice, the same bytes, and their sha256
	@$(PY) scripts/build_wheel.py dist

clean:  ## take away what was made here (not data, not scenarios)
	@rm -rf .venv .venvs .finops dist reports/20* reports/index.* reports/.published reports/.lock reports/.assets reports/.failed .pytest_cache .hypothesis .mypy_cache .ruff_cache .coverage* htmlcov
