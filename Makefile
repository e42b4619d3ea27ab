# `make help` lists what there is. Everything runs in .venv, which is set up when it is missing or
# when requirements.lock or pyproject.toml changed.

SHELL := /bin/sh
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: $(READY) ## Run the bot on Telegram if BOT_TOKEN is set (here or in .env), else the sandbox
	@if [ -n "$$BOT_TOKEN" ] || grep -Eqs '^[[:space:]]*(export[[:space:]]+)?BOT_TOKEN[[:space:]]*=[[:space:]]*[^[:space:]#]' .env; \
	then exec $(BIN)/aftercare run; \
	else exec $(BIN)/aftercare sandbox; fi

.PHONY: sandbox
sandbox: $(READY) ## Run the sandbox: Telegram on your desk, a page of phones
	@exec $(BIN)/aftercare sandbox

.PHONY: test
test: $(READY) ## Run the tests (without the browser and fault suites)
	@$(BIN)/python -m pytest -q -n auto

.PHONY: browser
browser: $(READY) ## Run the tests of the page in a headless Chromium
	@$(BIN)/python -m pytest -q -m browser tests/browser

.PHONY: chaos
chaos: $(READY) ## Run the fault suite: kills, power cuts, Telegram's bad days
	@$(BIN)/python -m pytest -q -m fault

.PHONY: chaos-long
chaos-long: $(READY) ## Run the fault suite in its long form: an hour and a half
	@CHAOS=long $(BIN)/python -m pytest -q -m fault tests/faults

.PHONY: lint
lint: $(READY) ## Check style, types and the floors
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

.PHONY: content
content: $(READY) ## Check the protocols and texts
	@$(BIN)/aftercare check

.PHONY: check
check: lint content test ## Lint, check the content and run the tests

.PHONY: ci
ci: ## Run everything that the continuous integration runs
	@bash .ci/run

.PHONY: learn
learn: $(READY) ## Learn the second reading of patients' words anew, after a change of words
	@$(BIN)/python -m messages.learning tests/messages/triage_rounds tests/messages/triage_phrases \
	  --file messages/triage/likeness.bin

.PHONY: format
format: $(READY) ## Format the code
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

.PHONY: lock
lock: $(READY) ## Renew requirements.lock after a change of dependencies (needs uv)
	@uv pip compile pyproject.toml --group dev --universal --generate-hashes --no-header \
	  --python-version 3.11 --quiet --upgrade -o requirements.lock
	@uv pip compile --group ci --constraint requirements.lock --universal --generate-hashes \
	  --no-header --python-version 3.11 --quiet --upgrade -o .ci/requirements.lock

.PHONY: setup
setup: $(READY) ## Set up .venv only

.PHONY: clean
clean: ## Remove .venv and what tools left behind (never data/ or .env)
	@rm -rf $(VENV) build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache *.egg-info

# Only a changed lock starts anew; a changed pyproject.toml installs the project itself again.
$(READY): requirements.lock pyproject.toml
	@set -e; \
	case ' $? ' in *' requirements.lock '*) \
	  python=; \
	  for candidate in "$$PYTHON" python3.14 python3.13 python3.12 python3.11 python3 python; do \
	    if [ -n "$$candidate" ] && "$$candidate" -c \
	      'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; \
	    then python=$$candidate; break; fi; \
	  done; \
	  if [ -z "$$python" ]; then \
	    echo 'No Python 3.11 or newer with venv was found. Install one' >&2; \
	    echo '(on Debian: apt-get install python3 python3-venv),' >&2; \
	    echo 'or name it: make PYTHON=/path/to/python3.11' >&2; \
	    exit 1; \
	  fi; \
	  echo "Setting up $(VENV) with $$("$$python" --version): a minute or two, once."; \
	  "$$python" -m venv --clear $(VENV); \
	  $(PIP) --require-hashes -r requirements.lock;; \
	esac; \
	PYTHONWARNINGS=ignore $(PIP) --no-deps --no-build-isolation -e .; \
	touch $@
