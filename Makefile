# `make` lists what there is. Everything is installed into the folder .venv of this checkout.
PYTHON ?= python3
VENV ?= .venv
JOBS ?= 2
ARGS ?=

BIN := $(VENV)/bin
# Stamps inside the environment: a second call installs nothing unless pyproject.toml changed.
RUN_READY := $(VENV)/.amparo-run
DEV_READY := $(VENV)/.amparo-dev

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo test transcripts check bench rasa-check wheel clean browser

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))
	@echo
	@echo '  PYTHON=python3.12 chooses the interpreter (3.11 or newer); ARGS="..." is handed on to demo and test.'

setup: $(DEV_READY) ## Make the environment for work on Amparo

demo: $(RUN_READY) ## Try everything on this machine, without a token
	@$(BIN)/amparo demo $(ARGS)

test: $(DEV_READY) browser ## Run all tests, on SQLite, on PostgreSQL and in a browser
	@$(BIN)/python -m pytest -n $(JOBS) --dist loadfile $(ARGS)

transcripts: $(DEV_READY) ## Print the long conversations as people see them, to be read aloud
	@$(BIN)/python -m tests.transcripts $(ARGS)

check: $(DEV_READY) ## Check style, types and content
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/amparo check

bench: $(DEV_READY) ## Measure the matcher on held-out messages, how quick it is, and the queue with a million cases
	$(BIN)/amparo evaluate $(sort $(wildcard tests/data/heldout/*.jsonl)) $(ARGS)
	$(BIN)/python -m tests.benchmarks.matcher_speed
	$(BIN)/python -m tests.benchmarks.queue_page

# Rasa needs its own interpreter (3.8 to 3.10) and about 2.7 GB, so it has an environment of its own.
RASA_PYTHON ?= python3.10
RASA_VENV ?= .venv-rasa
RASA_WORK ?= build/rasa
rasa-check: $(DEV_READY) ## Try the exported project on a real Rasa: validate, train, talk, measure
	@if [ ! -x $(RASA_VENV)/bin/rasa ]; then \
	  command -v $(RASA_PYTHON) >/dev/null || \
	    { echo "make: there is no $(RASA_PYTHON); install Python 3.10, or name one with RASA_PYTHON=..." >&2; exit 1; }; \
	  $(RASA_PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 10))' || \
	    { echo "make: $(RASA_PYTHON) is not Python 3.10, the newest that Rasa 3.6 runs on" >&2; exit 1; }; \
	  echo "Installing Rasa into $(RASA_VENV) (about 2.7 GB) ..."; \
	  $(RASA_PYTHON) -m venv $(RASA_VENV) && \
	  $(RASA_VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r deploy/rasa/requirements.txt; \
	fi
	@RASA_TELEMETRY_ENABLED=false $(BIN)/python -m tests.rasa_check $(RASA_VENV)/bin/rasa $(RASA_WORK)

wheel: $(DEV_READY) ## Build the wheel into dist/
	$(BIN)/python -m build --wheel --no-isolation

clean: ## Remove the environment, caches and built files; data folders stay
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find bot tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(RUN_READY): pyproject.toml | $(BIN)/python
	@echo "Installing what Amparo needs into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(DEV_READY): pyproject.toml | $(BIN)/python
	@echo "Installing what Amparo and its tests need into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[dev]"
	@touch $(RUN_READY) $@

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || \
	  { echo "make: there is no $(PYTHON); install Python 3.11 or newer, or call make with PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "make: $(PYTHON) is too old; Amparo needs Python 3.11 or newer, such as make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "make: $(PYTHON) cannot make environments; on Debian: apt-get install python3-venv" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)

# The tests drive a real browser. A Chromium that is there is used; otherwise Debian's package as root
# (it brings its libraries with it), and Playwright's own download everywhere else.
browser: $(DEV_READY)
	@if [ -n "$$AMPARO_CHROMIUM" ]; then test -x "$$AMPARO_CHROMIUM" || \
	    { echo "make: AMPARO_CHROMIUM names no program" >&2; exit 1; }; \
	elif command -v chromium || command -v chromium-browser || command -v google-chrome; then :; \
	elif [ "$$(id -u)" = 0 ] && grep -q '^ID=debian' /etc/os-release; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium; \
	else $(BIN)/python -m playwright install chromium; fi >/dev/null
