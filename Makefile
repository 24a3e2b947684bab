# `make` alone lists the goals.
# The Python of .python-version deploys and tests. `make run` accepts another one.
PINNED := $(shell cat .python-version)
PYTHON ?= $(shell python$(PINNED) -V >/dev/null 2>&1 && echo python$(PINNED) || echo python3)
OLDEST := 3.11
PORT ?= 8000
BIN := .venv/bin
WORKERS ?= 4
LANDSCAPE := $(BIN)/landscape
SITE ?= site
UNIT := tests/unit tests/contract tests/api
# The tests that run on the oldest supported Python too.
ON_OLDEST := tests/unit tests/api
# The tests of the cold start, the DynamoDB calls and the commands, which the quick gate includes.
GUARDS := $(patsubst %,tests/integration/test_%.py,answer_calls cold_imports dynamodb_calls landscape new_resource openapi read_imports zip)
# These run first, in this order, so that no worker runs one of them alone at the end.
LONGEST := $(patsubst %,tests/e2e/test_%.py,deploy_killed deployed fuzzing_deployed fuzzing_container page fuzzing_local pipeline operators_day make_run closed_until_attached)
# By file: pytest drops a file from its list if a folder that contains it follows.
OTHERS := $(filter-out $(LONGEST),$(wildcard tests/integration/test_*.py tests/e2e/test_*.py))
ONE_DEPLOYMENT := tests/e2e/test_deployed.py::test_the_life_of_a_project

.PHONY: help setup run token openapi docs lock check test soak bench lint deploy rollback
.DEFAULT_GOAL := help

ifeq ($(origin PYTHON)$(shell command -v $(PYTHON)),command line)
  $(error $(PYTHON) is not installed: omit PYTHON=, or pass another, such as PYTHON=python3.13)
endif

# A variable on the command line that no goal's line below names is a typing error.
GIVEN := $(foreach name,$(.VARIABLES),$(if $(filter command,$(origin $(name))),$(name)))
GOALS := $(filter run token deploy rollback,$(MAKECMDGOALS))
ifneq ($(and $(GIVEN),$(GOALS)),)
  TAKEN := $(sort PYTHON $(foreach goal,$(GOALS),$(shell sed -n 's/^$(goal):.*## //p' $(firstword $(MAKEFILE_LIST)) | grep -oE '[A-Z_]+=' | tr -d =)))
  $(foreach name,$(filter-out $(TAKEN),$(GIVEN)),$(error make $(GOALS) does not take $(name)=; it takes $(TAKEN)))
endif

help:  ## list the goals
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "%-10s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: .venv/ready  ## create or update .venv and its dependencies

# .venv/run has the packages to serve, issue tokens and deploy. .venv/ready adds the developers' packages.
.venv/run: requirements/run.txt pyproject.toml .python-version
	@command -v "$(PYTHON)" >/dev/null || { echo "setup: $(PYTHON) is not installed. Install Python 3.11 or newer, or pass its name: PYTHON=python3.13"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "setup: $(PYTHON) is $$($(PYTHON) -V 2>&1). Pass Python 3.11 or newer: PYTHON=python3.13"; exit 1; }
	@echo "setup: creating .venv; once, about a minute"
	@$(PYTHON) -m venv $$(test -e $(BIN)/python$(PINNED) || echo --clear) .venv || { echo "setup: $(PYTHON) cannot create .venv, see above. On Debian and Ubuntu, install the package python3-venv"; exit 1; }
	@$(BIN)/python tools/install.py requirements/run.txt .
	@touch $@

.venv/ready: .venv/run requirements/dev.txt
	@echo "setup: installing the packages for tests and documentation; once, one or two minutes"
	@$(BIN)/python tools/install.py requirements/dev.txt
	@touch $@

.venv-emulator/ready: requirements/emulator.txt .python-version
	@echo "setup: creating .venv-emulator, an emulated AWS for the tests"
	@$(PYTHON) -m venv $$(test -e .venv-emulator/bin/python$(PINNED) || echo --clear) .venv-emulator
	@.venv-emulator/bin/python tools/install.py requirements/emulator.txt
	@touch $@

# pyenv's python3.11 runs only if PYENV_VERSION names it.
.venv-oldest/ready: requirements/dev.txt pyproject.toml
	@echo "setup: creating .venv-oldest, for the tests on Python $(OLDEST), the oldest supported version"
	@PYENV_VERSION=$(OLDEST) python$(OLDEST) -m venv .venv-oldest
	@.venv-oldest/bin/python tools/install.py requirements/dev.txt .
	@touch $@

.PHONY: pinned oldest
pinned: setup
	@test -e $(BIN)/python$(PINNED) || { echo "Python $(PINNED) is missing in .venv: install it (pyenv install $(PINNED), or uv python install $(PINNED)), then run rm -r .venv .venv-emulator"; exit 1; }

oldest:
	@if PYENV_VERSION=$(OLDEST) python$(OLDEST) -V >/dev/null 2>&1 || test -n "$$CI"; then \
	  $(MAKE) --no-print-directory .venv-oldest/ready && \
	  .venv-oldest/bin/python -m pytest -q -n $(WORKERS) --dist worksteal $(ON_OLDEST) -m "not soak"; \
	else echo "check: skipped the tests on Python $(OLDEST), which is not installed"; fi

# Spectral and TypeScript for the tests of the contract.
NODE_MODULES := tests/support/node/node_modules/.ready
.PHONY: node
node:
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory $(NODE_MODULES); fi

tests/support/node/node_modules/.ready: tests/support/node/package.json
	@echo "setup: installing Spectral and TypeScript for the tests"
	@cd tests/support/node && npm install --silent --no-audit --no-fund --no-package-lock --ignore-scripts
	@touch $@

run: .venv/run  ## serve the API on 127.0.0.1:8000 with the shipped data (PORT=)
	@$(LANDSCAPE) serve --port "$(PORT)"

token: .venv/run  ## print a development token (SERVICE= EMAIL= GROUPS= HOURS=)
	@$(LANDSCAPE) token --service "$(SERVICE)" --email "$(EMAIL)" --groups "$(GROUPS)" $(if $(HOURS),--hours "$(HOURS)")

openapi: setup  ## write the contract, chalicelib/openapi.json, and the files of /docs
	@$(LANDSCAPE) openapi

docs: setup  ## build the documentation site in site/ (SITE=)
	@rm -rf "$(abspath $(SITE))-markdown"
	@$(BIN)/python -m tools.documentation "$(abspath $(SITE))-markdown"
	@PYTHONPATH="$(CURDIR)" $(BIN)/python -m sphinx -q -W --keep-going -E -d "$(abspath $(SITE))-markdown/.doctrees" -c docs "$(abspath $(SITE))-markdown" "$(abspath $(SITE))"
	@echo "docs: $(abspath $(SITE))/index.html"

# The container's image leaves out packages that only Chalice's command line needs.
NOT_IN_IMAGE := click inquirer pip pyyaml setuptools wheel
COMPILE := $(BIN)/uv pip compile --quiet --generate-hashes --no-annotate --custom-compile-command "make lock" $(if $(UPGRADE),--upgrade)

lock: setup  ## lock the packages of requirements/*.in with hashes (UPGRADE=1: also update their dependencies)
	@$(COMPILE) --universal --python-version $(OLDEST) requirements/lambda.in -o requirements.txt
	@$(COMPILE) --universal --python-version $(OLDEST) requirements/run.in -o requirements/run.txt
	@$(COMPILE) --universal --python-version $(OLDEST) requirements/dev.in -o requirements/dev.txt
	@$(COMPILE) --universal --python-version $(PINNED) requirements/emulator.in -o requirements/emulator.txt
	@printf '%s; python_version < "0"\n' $(NOT_IN_IMAGE) | $(COMPILE) --python-version $(PINNED) --python-platform linux --override /dev/stdin requirements/container.in -o container/requirements.txt
	@echo "lock: requirements.txt, requirements/*.txt and container/requirements.txt written"

lint: setup
	@$(BIN)/ruff format --check --quiet . || { echo "lint: run $(BIN)/ruff format ."; exit 1; }
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/python -m tools.prose
	@$(LANDSCAPE) openapi --check

check: pinned lint .venv-emulator/ready node  ## run the quick gate: ruff, mypy, prose, unit, contract and API tests
	@$(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal $(UNIT) $(GUARDS) $(ONE_DEPLOYMENT) -m "not soak"
	@$(MAKE) --no-print-directory oldest

test: pinned lint .venv-emulator/ready node  ## run everything that CI runs
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(LONGEST) $(OTHERS) $(UNIT) -m "not soak"

soak: setup .venv-emulator/ready node  ## run the long tests: 100,000 rows, thousands of races
	@$(BIN)/python -m pytest -m soak -s

deploy: .venv/run  ## deploy or update a stage (STAGE=, ADOPT=1, ANY_REGION=1, URL=, ALARM_TOPIC=, DRY_RUN=1)
	@$(LANDSCAPE) deploy --stage "$(STAGE)" $(if $(ADOPT),--adopt) $(if $(ANY_REGION),--any-region) $(if $(URL),--url "$(URL)") $(if $(ALARM_TOPIC),--alarm-topic "$(ALARM_TOPIC)") $(if $(DRY_RUN),--dry-run)

rollback: .venv/run  ## roll back to the code and the gateway deployment of the previous release (STAGE=, VERSION=, DRY_RUN=1)
	@$(LANDSCAPE) rollback --stage "$(STAGE)" $(if $(VERSION),--version "$(VERSION)") $(if $(DRY_RUN),--dry-run)

bench: setup .venv-emulator/ready  ## measure speed and size, compared with FastAPI behind Mangum and on uvicorn (OPTIONS="--quick", "--only steady", "--help")
	@$(BIN)/python -m bench $(OPTIONS)
