# Everything a newcomer needs. `make up` and `make test` are the two that matter.

PYTHON ?= python3
UV_VERSION := 0.13.9
HELM_VERSION := v3.21.4
GO := $(firstword $(shell command -v go) $(wildcard /usr/local/go/bin/go))
BIN := .venv/bin
INSTALLED := .venv/.installed
COMPILE := $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-annotate --no-header --python-version 3.11

.DEFAULT_GOAL := help
.PHONY: help setup up demo compose compose-down test test-kafka test-compose helm test-helm chaos lint audit soak bench reset lock contract golden docs-tables node

help: ## say what each target does
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(INSTALLED) ## install everything into .venv, from the lock files

$(INSTALLED): requirements-dev.lock pyproject.toml clients/python/pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Loanstream needs Python 3.11 or newer; name one: make setup PYTHON=python3.12"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@$(BIN)/uv pip sync --quiet --compile-bytecode --require-hashes requirements-dev.lock
	@$(BIN)/uv pip install --quiet --no-deps --no-build-isolation --editable . --editable clients/python
	@touch $(INSTALLED)

up: setup ## start every service in one process on loopback; goes on with its data when started again
	@exec $(BIN)/loanstream up

demo: setup ## send 1,000 real applications through the public API until every loan is closed
	@exec $(BIN)/loanstream demo

# Profiles are chosen by variables: `make compose DEMO=1 CLUSTER=1`. Compose leaves .env aside where another file is named.
PROFILES := $(if $(DEMO),demo) $(if $(CLUSTER),cluster) $(if $(UI),ui) $(if $(OBSERVABILITY),observability)
CHOSEN := $(wildcard $(PROFILES:%=deploy/compose/%.env))
COMPOSE := docker compose $(if $(CHOSEN),$$(test ! -e .env || echo --env-file .env) $(CHOSEN:%=--env-file %)) $(PROFILES:%=--profile %)

compose: ## run every service in a container of its own, and wait until all is healthy; DEMO=1, CLUSTER=1, UI=1, OBSERVABILITY=1 add to it
	@deploy/compose/secrets.sh
	@REVISION=$$(git rev-parse HEAD 2>/dev/null || echo unknown) CREATED=$$(git show -s --format=%cI HEAD 2>/dev/null || echo unknown) \
		$(COMPOSE) build --quiet --build-arg SOURCE=$$(git remote get-url origin 2>/dev/null | sed 's|//[^/@]*@|//|' | grep . || echo unknown)
	@$(COMPOSE) up --wait
	@echo "API and console: http://127.0.0.1:$${LOANSTREAM_PORT:-8600}, as operations-officer; the password is in $${LOANSTREAM_SECRETS:-deploy/compose/secrets}/initial-password"

compose-down: ## stop and remove the containers of `make compose`; the data stays in its volumes
	@docker compose --profile '*' down

test: setup lint ## every check and test
# the tests start hundreds of processes: where none of them may write bytecode, each would compile everything anew
	@$(BIN)/python -m compileall -q loanstream services schemas clients/python/loanstream_client
	$(BIN)/python -m pytest -n 3 --dist loadfile -rs

test-kafka: setup ## the tests on a real Kafka (tests/support/kafka_cluster.py says how to give one)
	$(BIN)/python -m pytest -n 2 --dist loadfile -rs -m "kafka and not chaos" tests

helm: setup ## build helm from its Go module into .venv, unless there is one (some minutes); the chart's tests need it
	@command -v helm >/dev/null || test -x $(BIN)/helm || \
		{ test -n "$(GO)" && GOBIN=$(abspath $(BIN)) $(GO) install helm.sh/helm/v3/cmd/helm@$(HELM_VERSION); } || \
		echo "helm is not here and cannot be built: the tests of the chart will be skipped"

test-helm: helm ## the tests of the Helm chart, with a Kafka its pods as processes
	$(BIN)/python -m pytest -rs tests/deploy/test_helm.py tests/deploy/test_helm_pods.py tests/docs/test_kubernetes_page.py

test-compose: setup ## build the image and run the whole system in containers, an upgrade under load included
	LOANSTREAM_DOCKER=1 $(BIN)/python -m pytest -rs -m docker tests/deploy

chaos: setup ## hurt a whole system on Kafka for some minutes
	LOANSTREAM_CHAOS=1 $(BIN)/python -m pytest -s -rs tests/chaos

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports

node: ## install what the tests of TypeScript and AsyncAPI need, from their lock files
	npm ci --prefix clients/typescript
	npm ci --prefix tools/asyncapi

soak: setup ## the seeded and random tests without their time bound
	LOANSTREAM_SOAK=1 $(BIN)/python -m pytest tests/simulation tests/eventlog tests/servicing -n 2
	LOANSTREAM_CHAOS=soak $(BIN)/python -m pytest -s -rs tests/chaos

audit: setup ## look the locked packages up for known vulnerabilities; Error 3 says that no data could be reached
	@$(BIN)/python -m tools.audit

bench: setup ## measure against raw loops in the same run, on Kafka too where there is one; writes docs/performance.md
	$(BIN)/python -m benchmarks

reset: setup ## delete the data of `make up` (asks first)
	@exec $(BIN)/loanstream reset

lock: $(INSTALLED)
	$(COMPILE) pyproject.toml -o requirements.lock
	$(COMPILE) --extra dev pyproject.toml -o requirements-dev.lock
	$(COMPILE) requirements-image.in -o requirements-image.lock

contract: setup ## write schemas, AsyncAPI, OpenAPI, the event catalogue and the kits' typed events anew
	$(BIN)/loanstream schemas generate
	$(BIN)/python -m clients.codegen

golden: setup
	$(BIN)/python -m tests.golden.regenerate

docs-tables: setup
	$(BIN)/python -m tests.docs.tables
