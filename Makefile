# What there is to do here; `make` alone lists it.
# The Python of .python-version, which deploys and tests, if this machine has it; `make run` takes others.
PINNED := $(shell cat .python-version)
PYTHON ?= $(shell python$(PINNED) -V >/dev/null 2>&1 && echo python$(PINNED) || echo python3)
OLDEST := 3.11
PORT ?= 8000
BIN := .venv/bin
WORKERS ?= 4
LANDSCAPE := $(BIN)/landscape
SITE ?= site
UNIT := tests/unit tests/contract tests/api
SLOW := tests/integration tests/e2e
# What is run on the oldest Python that is supported, too.
ON_OLDEST := tests/unit tests/api
# What guards the cold start, the calls to DynamoDB and the commands, in the quick gate too.
GUARDS := $(patsubst %,tests/integration/test_%.py,answer_calls cold_imports dynamodb_calls landscape new_resource openapi read_imports zip)
# In this order, so that the last worker does not run one of them alone.
LONGEST := $(patsubst %,tests/e2e/test_%.py,deploy_killed deployed fuzzing_deployed fuzzing_container page fuzzing_local pipeline operators_day make_run closed_until_attached)
ONE_DEPLOYMENT := tests/e2e/test_deployed.py::test_the_life_of_a_project

.PHONY: help setup run token openapi docs lock check test soak bench lint deploy rollback
.DEFAULT_GOAL := help

ifeq ($(origin PYTHON)$(shell command -v $(PYTHON)),command line)
  $(error there is no $(PYTHON) on this machine: leave PYTHON= out, or name another, like PYTHON=python3.13)
endif

# Of the variables on the command line, those that no goal's line below names are typing errors.
GIVEN := $(foreach name,$(.VARIABLES),$(if $(filter command,$(origin $(name))),$(name)))
GOALS := $(filter run token deploy rollback,$(MAKECMDGOALS))
ifneq ($(and $(GIVEN),$(GOALS)),)
  TAKEN := $(sort PYTHON $(foreach goal,$(GOALS),$(shell sed -n 's/^$(goal):.*## //p' $(firstword $(MAKEFILE_LIST)) | grep -oE '[A-Z_]+=' | tr -d =)))
  $(foreach name,$(filter-out $(TAKEN),$(GIVEN)),$(error make $(GOALS) knows no $(name)=; it takes $(TAKEN)))
endif

help:  ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "%-10s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: .venv/ready  ## .venv and its dependencies; nothing when it is up to date

# What serves, deploys and gives tokens. `make check` and all else of a developer's need .venv/ready.
.venv/run: requirements/run.txt pyproject.toml .python-version
	@command -v "$(PYTHON)" >/dev/null || { echo "setup: there is no $(PYTHON) on this machine. Install Python 3.11 or newer, or name one: PYTHON=python3.13"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "setup: Python 3.11 or newer is needed, $(PYTHON) is $$($(PYTHON) -V 2>&1). Name a newer one: PYTHON=python3.13"; exit 1; }
	@echo "setup: .venv, once; it takes about a minute"
	@$(PYTHON) -m venv $$(test -e $(BIN)/python$(PINNED) || echo --clear) .venv || { echo "setup: $(PYTHON) cannot make .venv, see above; Debian and Ubuntu have that in the package python3-venv"; exit 1; }
	@$(BIN)/python tools/install.py requirements/run.txt .
	@touch $@

.venv/ready: .venv/run requirements/dev.txt
	@echo "setup: what tests and documentation need, once; it takes one or two minutes"
	@$(BIN)/python tools/install.py requirements/dev.txt
	@touch $@

.venv-emulator/ready: requirements/emulator.txt .python-version
	@echo "setup: .venv-emulator, an AWS on loopback for the tests"
	@$(PYTHON) -m venv $$(test -e .venv-emulator/bin/python$(PINNED) || echo --clear) .venv-emulator
	@.venv-emulator/bin/python tools/install.py requirements/emulator.txt
	@touch $@

# pyenv's python3.11 is there only for whom PYENV_VERSION names it.
.venv-oldest/ready: requirements/dev.txt pyproject.toml
	@echo "setup: .venv-oldest, Python $(OLDEST) for the tests on the oldest that is supported"
	@PYENV_VERSION=$(OLDEST) python$(OLDEST) -m venv .venv-oldest
	@.venv-oldest/bin/python tools/install.py requirements/dev.txt .
	@touch $@

.PHONY: pinned oldest
pinned: setup
	@test -e $(BIN)/python$(PINNED) || { echo "Python $(PINNED) is needed, as it deploys: install it (pyenv install $(PINNED), or uv python install $(PINNED)), then rm -r .venv .venv-emulator"; exit 1; }

oldest:
	@if PYENV_VERSION=$(OLDEST) python$(OLDEST) -V >/dev/null 2>&1 || test -n "$$CI"; then \
	  $(MAKE) --no-print-directory .venv-oldest/ready && \
	  .venv-oldest/bin/python -m pytest -q -n $(WORKERS) --dist worksteal $(ON_OLDEST) -m "not soak"; \
	else echo "check: left out: the tests on Python $(OLDEST), which this machine does not have"; fi

# Spectral and TypeScript for the tests of the contract.
NODE_MODULES := tests/support/node/node_modules/.ready
.PHONY: node
node:
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory $(NODE_MODULES); fi

tests/support/node/node_modules/.ready: tests/support/node/package.json
	@echo "setup: tests/support/node"
	@cd tests/support/node && npm install --silent --no-audit --no-fund --no-package-lock --ignore-scripts
	@touch $@

run: .venv/run  ## serve the API on 127.0.0.1:8000 with the shipped data (PORT=)
	@$(LANDSCAPE) serve --port "$(PORT)"

token: .venv/run  ## a development token (SERVICE= EMAIL= GROUPS= HOURS=)
	@$(LANDSCAPE) token --service "$(SERVICE)" --email "$(EMAIL)" --groups "$(GROUPS)" $(if $(HOURS),--hours "$(HOURS)")

openapi: setup  ## write the contract, chalicelib/openapi.json, and the files of its page
	@$(LANDSCAPE) openapi

docs: setup  ## the documentation site, into site/ (SITE=)
	@rm -rf "$(abspath $(SITE))-markdown"
	@$(BIN)/python -m tools.documentation "$(abspath $(SITE))-markdown"
	@PYTHONPATH="$(CURDIR)" $(BIN)/python -m sphinx -q -W --keep-going -E -d "$(abspath $(SITE))-markdown/.doctrees" -c docs "$(abspath $(SITE))-markdown" "$(abspath $(SITE))"
	@echo "docs: $(abspath $(SITE))/index.html"

# What only Chalice's command line needs is not in the container's image.
NOT_IN_IMAGE := click inquirer pip pyyaml setuptools wheel
COMPILE := $(BIN)/uv pip compile --quiet --generate-hashes --no-annotate --custom-compile-command "make lock" $(if $(UPGRADE),--upgrade)

lock: setup  ## write the hashes of all packages from requirements/*.in (UPGRADE=1: the newest of what these do not name)
	@$(COMPILE) --universal --python-version $(OLDEST) requirements/lambda.in -o requirements.txt
	@$(COMPILE) --universal --python-version $(OLDEST) requirements/run.in -o requirements/run.txt
	@$(COMPILE) --universal --python-version $(OLDEST) requirements/dev.in -o requirements/dev.txt
	@$(COMPILE) --universal --python-version $(PINNED) requirements/emulator.in -o requirements/emulator.txt
	@printf '%s; python_version < "0"\n' $(NOT_IN_IMAGE) | $(COMPILE) --python-version $(PINNED) --python-platform linux --override /dev/stdin requirements/container.in -o container/requirements.txt
	@echo "lock: requirements.txt, requirements/*.txt and container/requirements.txt are written"

lint: setup
	@$(BIN)/ruff format --check --quiet . || { echo "lint: $(BIN)/ruff format . makes it so"; exit 1; }
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/python -m tools.prose
	@$(LANDSCAPE) openapi --check

check: pinned lint .venv-emulator/ready node  ## the quick gate: ruff, mypy, unit, contract and API tests
	@$(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal $(UNIT) $(GUARDS) $(ONE_DEPLOYMENT) -m "not soak"
	@$(MAKE) --no-print-directory oldest

test: pinned lint .venv-emulator/ready node  ## everything CI runs
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(LONGEST) $(SLOW) $(UNIT) -m "not soak"

soak: setup .venv-emulator/ready node  ## what takes long: 100,000 rows, thousands of races
	@$(BIN)/python -m pytest -m soak -s

deploy: .venv/run  ## a whole deployment, again and again (STAGE=, ADOPT=1, ANY_REGION=1, URL=, ALARM_TOPIC=, DRY_RUN=1)
	@$(LANDSCAPE) deploy --stage "$(STAGE)" $(if $(ADOPT),--adopt) $(if $(ANY_REGION),--any-region) $(if $(URL),--url "$(URL)") $(if $(ALARM_TOPIC),--alarm-topic "$(ALARM_TOPIC)") $(if $(DRY_RUN),--dry-run)

rollback: .venv/run  ## the code and the gateway deployment of the release before (STAGE=, VERSION=, DRY_RUN=1)
	@$(LANDSCAPE) rollback --stage "$(STAGE)" $(if $(VERSION),--version "$(VERSION)") $(if $(DRY_RUN),--dry-run)

bench: setup .venv-emulator/ready  ## speed and size, beside FastAPI behind Mangum and on uvicorn (OPTIONS="--quick", "--only steady", "--help")
	@$(BIN)/python -m bench $(OPTIONS)
