# One command each; every one of them first makes the set-up that it needs (see docs/setup.md).

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
GRAPHIQL := api/graphiql

.DEFAULT_GOAL := help
.PHONY: help setup demo serve servers test bench bench-engines bench-roads soak lock clean

help: ## list the commands
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 24

setup: $(VENV)/.ready $(GRAPHIQL)/assets/.ready ## make .venv and fetch GraphiQL, if they are missing or stale

demo: setup ## build the demo world, run the main job, print what it did
	@$(BIN)/perfect-order demo

serve: setup ## serve GraphQL and GraphiQL on this machine
	@$(BIN)/perfect-order serve

servers: setup ## fetch the graph servers that tests and benchmarks run (needs Java 17 and Maven)
	@$(BIN)/python -m tests.servers all --fetch

test: setup ## format, lint, types, imports, tests; stops at the first that fails
	@echo "== ruff format" && $(BIN)/ruff format --check .
	@echo "== ruff check" && $(BIN)/ruff check --quiet .
	@echo "== mypy" && $(BIN)/mypy
	@echo "== import-linter" && $(BIN)/lint-imports --no-logo
	@echo "== pytest" && $(BIN)/python -m pytest

bench: setup ## measure, and print the tables of docs/benchmarks.md
	@$(BIN)/python -m tests.benchmarks

bench-engines: setup ## measure each engine beside its anchor (needs Java 17, Maven, Node)
	@$(BIN)/python -m tests.benchmarks.engines

bench-roads: setup ## measure travel times and snapping on a city (peers: pip install pyroutingkit shapely)
	@$(BIN)/python -m tests.benchmarks.roads

soak: setup ## the long fault and race tests
	@$(BIN)/python -m pytest -m soak

lock: ## resolve requirements.lock anew (needs uv; nothing else here does)
	@uv pip compile pyproject.toml --group dev --upgrade --universal --python-version 3.11 --fork-strategy fewest \
		--generate-hashes --no-header --no-annotate --no-emit-index-url --quiet --output-file requirements.lock

clean: ## remove all that set-up and the tests made; keeps .data
	@rm -rf $(VENV) $(GRAPHIQL)/assets *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis \
		.import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.ready: pyproject.toml requirements.lock
	@for python in $(PYTHON) python3.13 python3.12 python3.11; do \
		if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then break; fi; \
		python=; \
	done; \
	if [ -z "$$python" ]; then \
		echo "set-up needs Python 3.11 or newer, and '$(PYTHON)' is not:" \
			"install one, or name it: make PYTHON=/path/to/python3.12" >&2; exit 1; \
	fi; \
	echo "set-up: $(VENV) with $$("$$python" --version), packages from requirements.lock" && \
	"$$python" -m venv $(VENV) && \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock && \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . && \
	echo "set-up: compiling the kernels of roads and routing, once" && \
	$(BIN)/python -m optimizer.warming && \
	touch $@

$(GRAPHIQL)/assets/.ready: $(GRAPHIQL)/package.json $(GRAPHIQL)/package-lock.json | $(VENV)/.ready
	@$(BIN)/python -m api.graphiql.install
