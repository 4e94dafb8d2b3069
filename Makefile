# One command from a fresh clone: `make demo`, `make test`. Needs Python 3.11 or newer, git and make.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
OUTSIDE_READY := build/outside/.ready
SCRIPT ?=
ONLY ?=
MINUTES ?= 30
# As many test files at a time as there are processors; each worker has a PostgreSQL of its own.
TOGETHER := --numprocesses auto --dist loadfile

.DEFAULT_GOAL := help
.PHONY: help venv demo test check zones faults bench soak gallery weights mutants outside clean

help: ## show what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

venv: $(READY) ## install everything into .venv, at the versions of constraints.txt

$(READY): pyproject.toml constraints.txt
	@command -v $(PYTHON) >/dev/null || { echo "attune needs Python 3.11 or newer; found no '$(PYTHON)'. Say which: make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "attune needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) --version 2>&1). Say which: make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "'$(PYTHON)' cannot make a virtual environment: on Debian and Ubuntu, apt install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --upgrade pip
	PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--constraint constraints.txt --build-constraint constraints.txt --editable . --group dev
	$(BIN)/python -m compileall -q bot scoring storage
	$(BIN)/python -m bot.keeping
	@touch $@

demo: $(READY) ## a check-in in this terminal, no accounts needed; SCRIPT=file answers from a file
	$(BIN)/attune demo $(if $(SCRIPT),--script "$(SCRIPT)")

test: $(READY) ## every test that needs nothing but Python, on SQLite and PostgreSQL
	$(BIN)/python -m pytest $(TOGETHER)

check: $(READY) ## format, lint, types, who may import whom, and the tests
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m pytest $(TOGETHER)

zones: $(READY) ## look at every change of every zone's clocks from 2026 to 2032, minute by minute
	$(BIN)/python -m pytest tests/zones

faults: $(READY) ## kill the process at every step, workers and databases at random: about an hour
	$(BIN)/python -m tests.faults.steps
	$(BIN)/python -m tests.faults.workers --seconds 300
	$(BIN)/python -m tests.faults.workers --seconds 300 --database
	GONE_FOR=60 $(BIN)/python -m pytest tests/faults/test_database_in_trouble.py

bench: $(READY) ## measure, print a table and write build/bench.json; ONLY="webhook burst" measures these
	$(BIN)/python -m tests.bench $(ONLY)

soak: $(READY) ## attune run under five busy clinics' load for MINUTES (30): does anything creep?
	$(BIN)/python -m tests.soak --minutes $(MINUTES)

gallery: $(READY) ## draw the pictures of docs/gallery anew
	$(BIN)/python -m tests.gallery

weights: $(READY) ## learn anew how much words weigh in the check for danger, from tests/bot/risk/taught
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --group weights
	$(BIN)/python -m tests.bot.risk.training

mutants: $(READY) ## change what judges scores in a thousand places, one at a time: does a test notice? (docs/mutants.md)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --group mutants
	rm -rf build/mutants && mkdir -p build/mutants && cp -R scoring tests pyproject.toml build/mutants
	cd build/mutants && "$(CURDIR)/$(BIN)/mutmut" run && "$(CURDIR)/$(BIN)/mutmut" results

outside: $(OUTSIDE_READY) ## test against servers that nobody here wrote; needs npm and PgBouncer too
	$(BIN)/python -m pytest tests/outside

$(OUTSIDE_READY): $(READY) tests/outside/environment.py tests/outside/package.json
	$(BIN)/python -m tests.outside.environment
	@touch $@

clean: ## remove what was made here, .venv too
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
