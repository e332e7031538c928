# Everything runs in .venv; nothing is installed elsewhere. `make` lists the targets.
.DEFAULT_GOAL := help
PYTHON ?= python3
UV_VERSION := 0.13.9
BIN := .venv/bin
ARGS ?=
# images of containers set it; without stored bytecode each process compiles what it imports, some 3 CPU seconds a worker
unexport PYTHONDONTWRITEBYTECODE

help: ## what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

install: .venv/installed ## the product and its tools into .venv, Kafka's jars into the cache

.venv/installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is older than 3.11: install Python 3.11 or set PYTHON" >&2; exit 2; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "Python's venv is missing: install the package python3-venv" >&2; exit 2; }
	@command -v java >/dev/null || { echo "java is not on the PATH: install a Java 17 runtime (openjdk-17-jre-headless)" >&2; exit 2; }
	@command -v mvn >/dev/null || { echo "mvn is not on the PATH: install Maven (package maven)" >&2; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv==$(UV_VERSION)"
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@$(BIN)/python -m compileall -q app connectors leads sandbox streams tables
	@$(BIN)/python -m app.local.prepare
	@touch $@

lock: ## requirements.lock from pyproject.toml, and the benchmark's, which starts from the same versions
	$(BIN)/uv pip compile --quiet --generate-hashes --no-header --no-annotate --extra dev --output-file requirements.lock pyproject.toml tools.in
	cp requirements.lock bench/requirements.lock
	$(BIN)/uv pip compile --quiet --generate-hashes --no-header --no-annotate --output-file bench/requirements.lock pyproject.toml bench/requirements.in
	$(BIN)/uv pip compile --quiet --generate-hashes --no-header --no-annotate --no-deps --output-file bench/datasets.lock bench/datasets.in

demo: install ## a week's leads through the gates, on this machine (ARGS="--until-done --json")
	@$(BIN)/leadgate demo $(ARGS)

check: install ## lint, types, spelling, and our own checks of documents, docstrings and duplicates
	@$(MAKE) --no-print-directory --jobs 2 lint spelling types own-checks

lint:
	$(BIN)/ruff check .

spelling:
	$(BIN)/codespell

types:
	$(BIN)/mypy

own-checks:
	$(BIN)/python -m checks


pictures: install ## the diagrams of docs/pictures, from their texts
	$(BIN)/python -m pictures

# most tests with Kafka wait most of the time; a group is a file, or one test with a site of its own
JOBS ?= 3
SPREAD := -n $(JOBS) --dist loadfile --no-loadscope-reorder
# these kill two workers that are busy, and wait for them to settle: more at a time than cores take turns
CRASH_JOBS ?= 2
test: install ## all tests but those of the next targets, real Kafka included (JOBS at a time)
	$(BIN)/pytest $(SPREAD) $(ARGS)

test-fast: install ## what needs neither Kafka nor the simulation: two and a half minutes
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not (kafka or crash or brokers or clients or proof or simulation or long)" $(ARGS)

test-crash: install ## kill -9 of workers, poller and broker, lost and damaged state
	$(BIN)/pytest -n $(CRASH_JOBS) --dist loadfile --no-loadscope-reorder -m "crash and not (brokers or long or proof)" $(ARGS)

test-simulation: install ## that the simulation finds each fault it was built for; large weeks over the real connectors
	$(BIN)/pytest $(SPREAD) -m seeds $(ARGS)

test-long: install ## larger runs, and the other CRMs, of what `make test` shows on a real broker
	$(BIN)/pytest $(SPREAD) -m long $(ARGS)

RUNS ?= 1
LEADS ?= 3000
SEED ?= 0
crash: install ## storms of kills and faults, each judged by the auditor (RUNS=3 LEADS=3000 SEED=0, a fresh one)
	$(BIN)/python -m tests.crash --runs $(RUNS) --leads $(LEADS) --seed $(SEED) $(ARGS)

crash-short: install ## one small storm of twelve kills
	$(BIN)/python -m tests.crash --leads 250 --kills 12 --seconds 90 --seed $(SEED) $(ARGS)

crash-brokers: install ## three brokers, failing networks, full and damaged disks, wrong clocks, long outages: some ten minutes
	$(BIN)/pytest -m brokers --override-ini "addopts=--strict-markers --strict-config -ra" -n 2 --dist loadfile --durations=0 $(ARGS)

clients: install ## programs in other languages: a reader of the audit topic, vendors' own clients on the sandbox; needs Node 18 or newer and npm
	$(BIN)/pytest -m clients --override-ini "addopts=--strict-markers --strict-config -raP" $(ARGS)

browser: install ## people at the console's pages, over a running demo; needs Debian's Chromium
	$(BIN)/pytest -m browser --override-ini "addopts=--strict-markers --strict-config -ra" tests/browser $(ARGS)

SECONDS ?= 600
fuzz: install ## random input to the web process, to CSV import and to intake (SECONDS=600 ARGS="--seed 7")
	$(BIN)/python -m tests.fuzz --seconds $(SECONDS) $(ARGS)

SEEDS ?= 3000
simulate: install ## seeds of the whole pipeline in one process, with every fault (SEEDS=100000 ARGS="--first 7")
	$(BIN)/python -m tests.simulation --seeds $(SEEDS) $(ARGS)

.venv-bench/installed: .venv/installed bench/requirements.lock bench/datasets.lock
	@test -x .venv-bench/bin/python || $(PYTHON) -m venv .venv-bench
	@$(BIN)/uv pip install --quiet --python .venv-bench/bin/python --require-hashes -r bench/requirements.lock
	@$(BIN)/uv pip install --quiet --python .venv-bench/bin/python --require-hashes --no-deps -r bench/datasets.lock
	@touch $@

bench: install .venv-bench/installed ## the figures, with their comparisons (ARGS="--quick engines")
	$(BIN)/python -m bench $(ARGS)

bench-titles: install ## how often job titles are read as people labelled them (ARGS=--mistakes)
	$(BIN)/python -m bench.titles $(ARGS)

bench-identity: install ## how often two records are judged as people labelled them (ARGS="--mistakes --weights")
	$(BIN)/python -m bench.identity $(ARGS)

reference: install ## docs/reference/ from the code
	$(BIN)/python -m reference

formats: install ## record what is new in the wire formats; it only adds (ARGS=--state: a site's state too)
	$(BIN)/python -m tests.compatibility $(ARGS)

proof: install ## what Faust's own consumer loses (not part of the pass)
	$(BIN)/pytest -m proof --override-ini addopts=

.PHONY: help install lock demo check lint spelling types own-checks test test-fast test-crash test-simulation test-long simulate crash crash-short crash-brokers browser clients fuzz bench bench-titles bench-identity reference formats proof pictures
