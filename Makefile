# The front door. Every target makes .venv first and installs what it needs.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin

.DEFAULT_GOAL := help
REPOSITORIES ?= .
.PHONY: help demo test quick check soak real fix bench golden schemas clean

help:        ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 14

$(BIN)/.installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "error: Python 3.11 or newer is needed, $$($(PYTHON) --version) was found" >&2; echo "hint: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --editable '.[dev]'
	touch $@

demo: $(BIN)/.installed      ## the whole story on a real Git repository, narrated
	@$(BIN)/python -m sample_repo.demo

test: $(BIN)/.installed      ## all tests, on SQLite and PostgreSQL
	$(BIN)/pytest -n 3 --dist loadscope

quick: $(BIN)/.installed     ## the fast tests
	$(BIN)/pytest -n 2 -m 'not slow'

check: $(BIN)/.installed     ## all that CI runs: format, lint, types, imports, tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(MAKE) --no-print-directory test

soak: $(BIN)/.installed      ## the long form of kill loops, races and random stories
	$(BIN)/pytest --thorough tests/api/test_crash.py tests/api/test_concurrency.py tests/api/test_migration_kills.py tests/integrations tests/property

real: $(BIN)/.installed      ## try every version of every workflow in REPOSITORIES, and damaged ones for a minute each
	$(BIN)/python -m tests.real --fuzz 60 $(REPOSITORIES)

fix: $(BIN)/.installed       ## format and mend what a machine can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(BIN)/.installed     ## measure; prints ratios to a floor in the same run
	$(BIN)/pip install --quiet --editable '.[bench]'
	$(BIN)/python -m tests.benchmarks

golden: $(BIN)/.installed    ## rewrite the golden files of the tests; look at the diff
	$(BIN)/pytest --golden-rewrite tests/render tests/cli tests/rules/test_docs.py tests/rules/test_review_rules.py tests/test_howtos.py

schemas: $(BIN)/.installed   ## generate schemas/ from the models
	$(BIN)/python schemas/generate.py

clean:       ## remove what was built
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist
