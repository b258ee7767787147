# Two commands do everything: `make report` and `make test`. Both set themselves up. `make help` lists the rest.
SHELL := /bin/sh
PY := .venv/bin/python
FINOPS := .venv/bin/finops
PORT ?= 8866
MONTH ?=
JOBS ?= 2

.PHONY: help setup report test explore lab dashboard bench sample lock wheel clean check

help:  ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: .venv/.ok  ## make .venv with everything in requirements.lock (every other target does it for you)

.venv/.ok: requirements.lock pyproject.toml scripts/setup.sh
	@sh scripts/setup.sh

report: .venv/.ok  ## the sample company's monthly budget reports (MONTH=2026-11 for another month)
	@$(FINOPS) report $(if $(MONTH),--month $(MONTH))

test: .venv/.ok  ## the whole test suite, notebooks and browser included (JOBS=1: one file after the other)
	@$(PY) -m pytest tests/browser
	@$(PY) -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder --ignore=tests/browser

explore: .venv/.ok  ## every property test anew, each under SEEDS=200 seeds of at most EXAMPLES=20 examples (hours: search, not a check)
	@HYPOTHESIS_SEEDS=$(or $(SEEDS),200) HYPOTHESIS_EXAMPLES=$(or $(EXAMPLES),20) $(PY) -m pytest -m hypothesis -n $(JOBS) --dist loadfile tests

check: .venv/.ok  ## quick checks of the house only: imports, file sizes, notebooks, shelves
	@$(PY) -m pytest tests/test_house.py

lab: .venv/.ok  ## JupyterLab on notebooks/
	@.venv/bin/jupyter lab notebooks/

dashboard: .venv/.ok  ## the Voila page for leadership (PORT=8866)
	@test -f reports/index.json || $(FINOPS) report
	@$(FINOPS) dashboard --port $(PORT)

bench: .venv/.ok  ## the benchmarks: engine (writes benchmarks/RESULTS.md), settlement, commitments, tokens; some minutes
	@cd benchmarks && ../$(PY) run_all.py
	@for one in settlement commitments tokens contracts capacity sensitivity; do echo "== $$one"; $(PY) benchmarks/$$one.py; done

sample: .venv/.ok  ## make both sample companies again (data/samples, data/startup)
	@$(PY) data/samples/make_sample.py
	@$(PY) data/startup/make_sample.py

lock: .venv/.ok  ## renew requirements.lock from requirements.in
	@.venv/bin/uv pip compile requirements.in --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-emit-find-links --no-header --no-annotate --quiet --upgrade -o requirements.lock

wheel: .venv/.ok  ## sdist and wheel of HEAD in dist/: built twice, the same bytes, and their sha256
	@$(PY) scripts/build_wheel.py dist

clean:  ## take away what was made here (not data, not scenarios)
	@rm -rf .venv .finops dist reports/20* reports/index.* reports/.assets reports/.failed .pytest_cache .hypothesis
