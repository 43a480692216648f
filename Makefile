# The habits of this repository. `make up` is all that a new user needs; PYTHON=… names an interpreter.
.DEFAULT_GOAL := help
.PHONY: help up demo test check format lock vendor docs bench bench-peers fuzz clean

BIN := .venv/bin
export PYTHON

# Options for pytest, say: make test TESTS="tests/gate -k journal"
TESTS ?=
# A figure of benchmarks/, say: make bench FIGURE=verify ROUNDS=2 SECONDS_A_ROUND=1; all without it.
FIGURE ?=
export ROUNDS SECONDS_A_ROUND
# Two at once suit the smallest machine; the browser and the databases take a core of their own.
JOBS ?= 2

help: ## What can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up: .venv/server.stamp ## Install what is missing and start Freehold (data in ./data)
	@$(BIN)/freehold up

demo: .venv/server.stamp ## Fill ./data with two organizations and 30 days of traffic, to look at
	@$(BIN)/freehold demo

# Each process that a test starts would compile Freehold again where the environment lets none of them keep what it compiled.
test: .venv/dev.stamp ## Run all tests
	@scripts/spreadsheet >/dev/null; chromium=$$(scripts/chromium) && \
	PYTHONDONTWRITEBYTECODE= FREEHOLD_TEST_CHROMIUM="$$chromium" $(BIN)/python -m pytest -n $(JOBS) --dist worksteal --durations=15 $(TESTS)

check: .venv/dev.stamp ## Format, lint, types, directions between rooms
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy --num-workers $(JOBS)
	@$(BIN)/lint-imports --no-logo

format: .venv/dev.stamp ## Write the format and what the linter can mend
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format --quiet .

docs: .venv/dev.stamp ## Write the generated pages of docs/ and the generated modules of the SDK anew
	@$(BIN)/python scripts/reference.py
	@$(BIN)/python -m scripts.sdk

lock: .venv/server.stamp ## Write the locks anew; with UPGRADE=1, to the newest allowed versions
	@scripts/lock

vendor: .venv/dev.stamp ## Fetch the dashboard's vendored files at their pinned versions
	@$(BIN)/python scripts/vendor.py

bench: .venv/dev.stamp ## Measure against nginx and the peers, on a quiet machine; FIGURE=verify for one figure
	@$(BIN)/python -m benchmarks $(FIGURE)

bench-peers: .venv/dev.stamp ## Install what is measured against, under build/bench
	@benchmarks/peers/install

fuzz: .venv/dev.stamp ## Fuzz the gate's way from bytes to bytes, guided by coverage, for FUZZ_S seconds (300)
	@$(BIN)/python -m pip install --quiet --no-deps --require-hashes --target build/fuzz/packages --upgrade -r tests/fuzz/requirements.txt
	@PYTHONPATH=src:build/fuzz/packages $(BIN)/python -m tests.fuzz.campaign -max_total_time=$(or $(FUZZ_S),300) build/fuzz/corpus

clean: ## Remove the environment and all that was built; ./data stays
	@rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

.venv/server.stamp: requirements/server.lock requirements/build.lock pyproject.toml scripts/environment
	@scripts/environment server

.venv/dev.stamp: requirements/dev.lock requirements/build.lock pyproject.toml scripts/environment
	@scripts/environment dev
