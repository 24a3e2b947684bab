# What there is to do here; `make` alone lists it.
PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin
WORKERS ?= 3
LANDSCAPE := $(BIN)/landscape
SITE ?= site
UNIT := tests/unit tests/contract tests/api
SLOW := tests/integration tests/e2e
# What guards the cold start, the calls to DynamoDB and the commands, in the quick gate too.
GUARDS := $(patsubst %,tests/integration/test_%.py,answer_calls cold_imports dynamodb_calls landscape new_resource openapi read_imports zip)
LONGEST := tests/e2e/test_deploy_killed.py tests/e2e/test_deployed.py tests/e2e/test_fuzzing_deployed.py tests/e2e/test_fuzzing_container.py tests/integration/test_dynamodb_rows.py
ONE_DEPLOYMENT := tests/e2e/test_deployed.py::test_the_life_of_a_project

.PHONY: help setup run token openapi docs check test soak bench lint deploy rollback
.DEFAULT_GOAL := help

help:  ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: .venv/ready  ## .venv and its dependencies; nothing when it is up to date

.venv/ready: requirements.txt requirements-dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "setup: Python 3.11 or newer is needed, $(PYTHON) is $$($(PYTHON) -V)"; exit 1; }
	@echo "setup: .venv"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

.venv-emulator/ready: requirements-emulator.txt
	@echo "setup: .venv-emulator, an AWS on loopback for the tests"
	@$(PYTHON) -m venv .venv-emulator
	@.venv-emulator/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-emulator.txt
	@touch $@

# Spectral and TypeScript for the tests of the contract.
NODE_MODULES := tests/support/node/node_modules/.ready
.PHONY: node
node:
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory $(NODE_MODULES); fi

tests/support/node/node_modules/.ready: tests/support/node/package.json
	@echo "setup: tests/support/node"
	@cd tests/support/node && npm install --silent --no-audit --no-fund --no-package-lock --ignore-scripts
	@touch $@

run: setup  ## serve the API on 127.0.0.1:8000 with the shipped data (PORT=)
	@$(LANDSCAPE) serve --port $(PORT)

token: setup  ## a development token (SERVICE= EMAIL= GROUPS=)
	@$(LANDSCAPE) token --service "$(SERVICE)" --email "$(EMAIL)" --groups "$(GROUPS)"

openapi: setup  ## write the contract, chalicelib/openapi.json, and the files of its page
	@$(LANDSCAPE) openapi

docs: setup  ## the documentation site, into site/ (SITE=)
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet --strict --site-dir "$(abspath $(SITE))"
	@echo "docs: $(abspath $(SITE))/index.html"

lint: setup
	@$(BIN)/ruff format --check --quiet . || { echo "lint: $(BIN)/ruff format . makes it so"; exit 1; }
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(LANDSCAPE) openapi --check

check: lint .venv-emulator/ready node  ## the quick gate: ruff, mypy, unit, contract and API tests
	@$(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal $(UNIT) $(GUARDS) $(ONE_DEPLOYMENT) -m "not soak"

test: lint .venv-emulator/ready node  ## everything CI runs
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(LONGEST) $(SLOW) $(UNIT) -m "not soak"

soak: setup .venv-emulator/ready node  ## what takes long: 100,000 rows, thousands of races
	@$(BIN)/python -m pytest -m soak -s

deploy: setup  ## a whole deployment, again and again (STAGE=, ADOPT=1, ANY_REGION=1, URL=, ALARM_TOPIC=, DRY_RUN=1)
	@$(LANDSCAPE) deploy --stage "$(STAGE)" $(if $(ADOPT),--adopt) $(if $(ANY_REGION),--any-region) $(if $(URL),--url "$(URL)") $(if $(ALARM_TOPIC),--alarm-topic "$(ALARM_TOPIC)") $(if $(DRY_RUN),--dry-run)

rollback: setup  ## the code and the gateway deployment of the release before (STAGE=, VERSION=, DRY_RUN=1)
	@$(LANDSCAPE) rollback --stage "$(STAGE)" $(if $(VERSION),--version "$(VERSION)") $(if $(DRY_RUN),--dry-run)

bench: setup .venv-emulator/ready  ## speed and size, beside FastAPI behind Mangum and on uvicorn (OPTIONS="--quick", "--only steady", "--help")
	@$(BIN)/python -m bench $(OPTIONS)
