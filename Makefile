# What one types here. `make` alone lists it.

# A python3.11 that runs, else whatever python3 is: deployment/setup.py then says what it needs.
PYTHON ?= $(shell python3.11 -c 'import sys; print(sys.executable)' 2>/dev/null || echo python3)
BIN := .venv/bin
SETUP = @$(PYTHON) deployment/setup.py
PYTEST := $(BIN)/python -m pytest
COMPILE := $(BIN)/uv pip compile pyproject.toml --generate-hashes --no-emit-index-url --no-header \
	--python-version 3.11 --universal --quiet $(ARGS)

.DEFAULT_GOAL := help
.PHONY: help run up down setup test check fmt lock artifacts bench chaos fuzz mutants parity same-bytes clean gates

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

run:  ## set up, then play a tournament; ARGS="--rounds 3" goes to `erarium play`
	$(SETUP)
	@$(BIN)/erarium play $(ARGS)

up:  ## set up, then start a live home; ARGS="--market-day-s 5" goes to `erarium up`
	$(SETUP)
	@$(BIN)/erarium up $(ARGS)

down:  ## stop the live home that `make up` started; ARGS="--home H" for another one
	@$(BIN)/erarium down $(ARGS)

setup:  ## set up .venv and the local chain's node, with what development takes (forge too)
	$(SETUP) --dev

test: gates  ## set up, then format, lint, types, layers and every test that is not slow
	@echo "== tests"
	@# A file's tests share what is costly to make; more than four homes at once want memory.
	@$(PYTEST) --numprocesses auto --maxprocesses 4 --dist loadfile $(ARGS)

check: gates  ## the same with the unit tests alone; before every commit
	@echo "== unit tests"
	@# Without titanoboa's plugin, which takes 2.5 s to load and serves the contracts' tests.
	@$(PYTEST) -p no:boa_test tests/unit $(ARGS)

gates: setup
	@echo "== format"
	@$(BIN)/ruff format --check --output-format concise .
	@echo "== lint"
	@$(BIN)/ruff check --quiet .
	@echo "== types"
	@$(BIN)/mypy
	@echo "== layers"
	@$(BIN)/lint-imports --no-logo

fmt: setup  ## format, and repair what the linter can
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format .

lock: setup  ## re-make the locks from pyproject.toml and package.json; ARGS=--upgrade for newer ones
	$(COMPILE) --group build --group dev --output-file requirements-dev.lock
	$(COMPILE) --group build --no-annotate --constraints requirements-dev.lock \
		--output-file requirements.lock
	$(COMPILE:pyproject.toml=) --group node --no-annotate --output-file requirements-node.lock
	@for folder in deployment/node/*-*/ deployment/forge/*-*/; do \
		(cd "$$folder" && npm install --package-lock-only --ignore-scripts) || exit 1; done

artifacts: setup  ## compile the contracts anew into contracts/artifacts
	@$(BIN)/python -m deployment.compile_contracts

bench: setup  ## measure and print
	@$(PYTEST) -m bench -s $(ARGS)

chaos: setup  ## kill processes at the worst moments and check that nothing is lost
	@$(PYTEST) -m chaos -s $(ARGS)

fuzz: setup  ## mutated submission files, contracts beside their model, forge's invariants
	@$(PYTEST) -p no:boa_test -m fuzz -s $(ARGS)

mutants: setup  ## try mutants of the contracts against their tests; ARGS="--only 60 --seed 1"
	@$(BIN)/python -m tests.mutation.run $(ARGS)

parity: setup  ## run numerai-tools' own tests on tasks.numerai_compat; PEER=DIR is its checkout
	@$(BIN)/python tests/parity/run.py "$(PEER)"

same-bytes: setup  ## play BASE=DIR, another checkout, and this one; compare all that they publish
	@$(BIN)/python -m tests.same_bytes "$(BASE)" . $(ARGS)

clean:  ## remove all that is made here: .venv, the node, caches; homes stay
	rm -rf .venv deployment/*/bin deployment/*/*/node_modules build dist
	rm -rf .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .forge bench.json
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
