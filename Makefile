# `make demo` and `make test` need Python 3.11 and make, nothing else.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.9
EXTRAS := core pipelines collect tabular evaluate s3 images sign cluster serving tracking-server traces
JOBS ?= 2

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-cluster check fuzz bench-data bench-serving bench-cluster format lock clean

help: ## Show the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.installed ## Make the virtual environment with the locked dependencies
	@:

$(VENV)/.installed: pyproject.toml constraints/dev.txt
	@command -v $(PYTHON) >/dev/null || { echo "Slipway needs Python 3.11: install it or set PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { echo "Slipway needs Python 3.11, got $$($(PYTHON) --version). Set PYTHON=/path/to/python3.11" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -qq --disable-pip-version-check 'uv==$(UV_VERSION)'
	@# Bytecode now, once: each step of a pipeline is a process that imports its libraries anew.
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --editable '.[dev]' --constraint constraints/dev.txt
	@touch $@

demo: ## Real data to a served, proven model: run the flagship pipeline and ask the model
	@started=$$(date +%s); \
	$(MAKE) --no-print-directory setup && \
	$(BIN)/slipway run flight_delay && \
	$(BIN)/slipway predict models:/flight-delay@champion --example && \
	echo "make demo took $$(( $$(date +%s) - started )) s"

test: setup ## Run the whole test suite
	@$(BIN)/pytest --numprocesses $(JOBS) --dist worksteal

TESTS ?= tests/cluster
test-cluster: setup ## Run the tests on a real cluster, the one of KUBECONFIG; some by TESTS
	@$(BIN)/pytest $(TESTS)

check: setup ## Lint, types, import contracts, drift of locks and docs
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy
	@$(BIN)/hadolint $(wildcard components/*/Dockerfile infra/images/*/Dockerfile) serving/Dockerfile
	@$(BIN)/lint-imports --no-logo >$(VENV)/imports.log || { cat $(VENV)/imports.log; exit 1; }
	@$(BIN)/python docs/generate.py --check
	@$(MAKE) --no-print-directory lock LOCKS=$(VENV)/locks
	@diff -r constraints $(VENV)/locks >$(VENV)/locks.diff || { cat $(VENV)/locks.diff; echo "The locks differ from pyproject.toml: run 'make lock' and commit." >&2; exit 1; }

FUZZ_SECONDS ?= 30
fuzz: setup ## Look for bytes that put the server at fault: FUZZ_SECONDS (30) for each HARNESS (all)
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --target $(VENV)/fuzz --requirement tests/fuzz/atheris.txt
	@PYTHONPATH=$(VENV)/fuzz:. $(BIN)/python -m tests.fuzz $(HARNESS) --seconds $(FUZZ_SECONDS)

bench-data: setup ## Stream ten million rows through a dataset: time and peak memory
	@PYTHONPATH=. $(BIN)/python tests/benchmarks/bench_dataset.py

bench-serving: setup ## Measure the server against ONNX Runtime, KServe and MLServer (needs wrk, h2load)
	@$(BIN)/python -m tests.benchmarks.serving --out docs/benchmarks $(BENCH)

bench-cluster: setup ## On the cluster of KUBECONFIG: seconds from an alias to a live endpoint
	@PYTHONPATH=. $(BIN)/python -m tests.benchmarks.cluster

format: setup ## Format the code
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format --quiet .

LOCKS ?= constraints
COMPILE = $(BIN)/uv pip compile --quiet --no-header --no-annotate --no-emit-index-url --no-emit-find-links --python-version 3.11 pyproject.toml

lock: setup ## Write the constraint files anew, keeping versions that still fit
	@mkdir -p $(LOCKS)
	@test $(LOCKS) = constraints || cp constraints/*.txt $(LOCKS)/
	@$(COMPILE) --extra dev --output-file $(LOCKS)/dev.txt
	@for extra in $(EXTRAS); do $(COMPILE) --extra $$extra --constraint $(LOCKS)/dev.txt --output-file $(LOCKS)/$$extra.txt || exit 1; done

clean: ## Remove the virtual environment and everything that runs have left
	@rm -rf $(VENV) .slipway
