# `make` alone prints what can be done here.

VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.8
UV := $(BIN)/uv
# New enough is 3.11; from 3.12 on, the library that remembers runs also needs SQLite 3.42 beneath Python.
FITS := import sys, sqlite3; sys.exit(sys.version_info < (3, 11) or sys.version_info >= (3, 12) and \
	sqlite3.sqlite_version_info < (3, 42))
# The first Python of this machine that fits; `make setup PYTHON=…` names another.
PYTHON ?= $(shell for python in python3 python3.11 python3.12 python3.13; do \
	$$python -c '$(FITS)' 2>/dev/null && echo $$python && break; done)
MODELS := src/filiera/warehouse/project/models
COMPILE := $(UV) pip compile --quiet --universal --generate-hashes --no-strip-extras --no-emit-index-url --no-emit-find-links \
	--python-version 3.11 --custom-compile-command "make lock"

.DEFAULT_GOAL := help
.PHONY: help setup run test test-fast test-snowflake check format bench docs picture lock upgrade build clean
.DELETE_ON_ERROR:

help: ## Print what can be done here
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(VENV)/.installed ## Install filiera and what it needs into .venv, at the versions of requirements.lock
	@echo "Ready: $(BIN)/filiera --help"

run: $(VENV)/.installed ## Make example data, run the pipeline, serve the page on http://127.0.0.1:8000
	@$(BIN)/filiera demo

test: $(VENV)/.dev ## Run every test
	@$(BIN)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

test-fast: $(VENV)/.dev ## Run the tests that take no longer than a moment
	@$(BIN)/python -m pytest -q -m "not slow"

test-snowflake: $(UV) ## Install the snowflake extra and its emulator, each by itself, and test one with the other
	@test -d .venv-snowflake || $(UV) venv --quiet --python $(BIN)/python .venv-snowflake
	@test -d .venv-fakesnow || $(UV) venv --quiet --python $(BIN)/python .venv-fakesnow
	@$(UV) pip install --quiet --python .venv-snowflake/bin/python --editable '.[snowflake]' \
		--requirements tests/snowflake/client.txt
	@$(UV) pip install --quiet --python .venv-fakesnow/bin/python --requirements tests/snowflake/emulator.txt
	@FAKESNOW=.venv-fakesnow/bin/fakesnow .venv-snowflake/bin/python -m pytest -m "" tests/snowflake

check: $(VENV)/.dev ## Check format, style, types and SQL
	@echo "· format"; $(BIN)/ruff format --quiet --check --output-format concise .
	@echo "· style"; $(BIN)/ruff check --quiet --output-format concise .
	@echo "· types"; $(BIN)/mypy --no-error-summary
	@echo "· SQL"; $(BIN)/sqlfluff lint --disable-progress-bar --nocolor $(MODELS)

format: $(VENV)/.dev ## Format code and SQL, and mend what can be mended without a human
	@$(BIN)/ruff check --quiet --fix --exit-zero --output-format concise .
	@$(BIN)/ruff format --quiet .
	@$(BIN)/sqlfluff fix --disable-progress-bar --nocolor $(MODELS)

bench: $(VENV)/.dev ## Measure speed beside its limits
	@$(BIN)/python -m benchmarks

docs: $(VENV)/.dev ## Write the generated pages of docs/ anew
	@$(BIN)/python docs/generate.py

picture: $(VENV)/.dev ## Take the picture of the page for the README anew
	@$(BIN)/python docs/picture.py

lock: $(UV) ## Bring the lock files to what pyproject.toml asks for; versions that still fit stay
	@echo "· resolving"
	@$(COMPILE) pyproject.toml --group dev --output-file requirements-dev.lock
	@$(COMPILE) pyproject.toml --constraints requirements-dev.lock --output-file requirements.lock

upgrade: $(UV) ## Like lock, but take the newest versions that fit
	@rm -f requirements.lock requirements-dev.lock
	@$(MAKE) --no-print-directory lock

build: $(VENV)/.dev ## Build the wheel into dist/
	@rm -rf dist
	@$(UV) build --quiet --wheel --no-build-isolation --out-dir dist
	@ls dist/*.whl

clean: ## Remove what was built and installed; data in filiera-home stays
	@rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(UV):
	@test -n "$(PYTHON)" || { echo >&2 "filiera needs Python 3.11 or newer (3.12 and newer with SQLite 3.42), and none is found. \
	Install it, or name it: make setup PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -c '$(FITS)' || { echo >&2 "$(PYTHON) cannot run filiera: it needs Python 3.11 or newer, from 3.12 on with \
	SQLite 3.42. Name another: make setup PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo >&2 "$(PYTHON) cannot make virtual environments. \
	On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@echo "· making $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

$(VENV)/.installed: requirements.lock pyproject.toml | $(UV)
	@echo "· installing $$(grep -c '^[a-z].*==' requirements.lock) packages, each at its version and with its hash checked; about a minute the first time"
	@$(UV) pip install --quiet --python $(BIN)/python --compile-bytecode --require-hashes --requirements requirements.lock
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --build-constraints requirements-dev.lock --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.installed
	@echo "· installing the developers' tools"
	@$(UV) pip install --quiet --python $(BIN)/python --compile-bytecode --require-hashes --requirements requirements-dev.lock
	@touch $@
