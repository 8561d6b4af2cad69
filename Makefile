# Pilothouse: every job of this project by one name. `make help` lists them.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
SEED ?= 1
KILLS ?= 25
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help setup browser run compile check check-machine check-control test test-plain \
  test-rooms test-attack test-browser lint docs bench pictures world thread lock clean

help: ## list what can be made
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## /  make \1~/' | column -t -s '~'

setup: $(STAMP) ## make the virtual environment from the locked packages

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Pilothouse needs Python 3.11 or newer; name one: make PYTHON=python3.12 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $(STAMP)

browser: ## install Debian's Chromium, which the browser tests drive, when it is missing
	@sh scripts/browser

run: setup ## start the demonstration: exchange, console and traffic in the folder ./home
	$(BIN)/pilothouse up --demo

compile: setup ## compile the engine and keep its machine code on disk
	@echo "compiling the engine, about a minute unless it was done before"
	@$(BIN)/python -c "from pilothouse.wiring.compiling import compile_once; compile_once()"

# One processor compiles while another lints and runs the tests that need no engine; then attacks and
# the other tests take one each, and browsers, which wait, run beside them.
PLAIN := tests/house tests/language tests/access
check: compile ## check before a commit: lint, and the tests of rules, engine and control
	@$(MAKE) --no-print-directory -j3 lint check-machine check-control

check-machine:
	$(BIN)/python -m pytest tests/rules tests/engine

check-control:
	$(BIN)/python -m pytest tests/control

test: setup browser ## check and test everything
	@$(MAKE) --no-print-directory -j2 compile test-plain
	@$(MAKE) --no-print-directory -j3 test-attack test-rooms \
	  $(if $(filter 1,$(PILOTHOUSE_NO_BROWSER)),,test-browser)

test-plain: lint
	$(BIN)/python -m pytest $(PLAIN)

test-rooms:
	$(BIN)/python -m pytest $(addprefix --ignore=,tests/attack $(PLAIN)) -m "not browser and not world"

test-attack:
	$(BIN)/python -m pytest tests/attack -m "not browser and not world"

test-browser:
	$(BIN)/python -m pytest -m "browser and not world"

lint: setup ## borders between rooms, style, strict types
	$(BIN)/ruff check src tests
	$(BIN)/lint-imports --no-cache
	PILOTHOUSE_HOME=build/lint $(BIN)/mypy

docs: setup ## write again the pages that are made from the definitions
	$(BIN)/python -m scripts.make_docs

bench: setup ## measure
	$(BIN)/pilothouse bench

pictures: setup browser ## take the pictures of the pages anew, in both themes
	$(BIN)/python -m tests.stories.take_pictures

world: setup compile ## live worlds of faults and adversaries, and fuzz the traders' doors: make world SEED=7 KILLS=25
	PILOTHOUSE_SEED=$(SEED) PILOTHOUSE_KILLS=$(KILLS) PILOTHOUSE_FUZZ_SEED=$(SEED) PILOTHOUSE_FUZZ_SECONDS=200 \
	  $(BIN)/python -m pytest -s -o timeout=3600 -m "world or fuzz"
	$(BIN)/python -m pytest --hypothesis-profile=chance --hypothesis-seed=$(SEED) -o timeout=3600 -m hypothesis

thread: ## print every file of a topic, bottom room first: make thread TOPIC=margin
	@sh scripts/thread "$(TOPIC)"

lock: ## resolve the packages anew and write requirements.lock
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header --no-annotate --upgrade -o requirements.lock

clean: ## remove the virtual environment and what tools left behind
	rm -rf $(VENV) build .pytest_cache .ruff_cache .mypy_cache .import_linter_cache .hypothesis
