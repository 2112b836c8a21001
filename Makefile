# Only relative paths below: the checkout may lie in a folder whose name holds a space.
.DEFAULT_GOAL := help
SHELL := /bin/bash
UV_VERSION := 0.13.8
PYTHON := .venv/bin/python
READY := .venv/.ready

# What may follow a target as NAME=value; handed on through the environment.
export DATASET FILE ROWS EVERY KEEP TIMEOUT FORMAT CUT ID OUT YES LARGE CHUNK REASON AS_IS DAG RUN CHANNEL PATTERN UNTIL BY DRY FROM TO RULE SET PROFILE CURVE PSEUDONYM SUBJECT KIND MODEL SEED NAME EVENT_TIME
export PYTHONDONTWRITEBYTECODE := 1

.PHONY: help
help: ## this list
	@echo "Vigil: finds abusive and noteworthy behaviour in event data. State lives in .vigil, settings in .env."
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' Makefile

$(READY): requirements.txt Makefile
	@set -e; for python in python3.11 python3.12 python3.13 python3 missing; do \
	  if [ $$python = missing ]; then \
	    echo "No Python from 3.11 to 3.13 with its venv module on the PATH;" \
	      "tried python3.11, python3.12, python3.13 and python3." >&2; \
	    exit 1; \
	  fi; \
	  if $$python -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
	    2>/dev/null; then break; fi; \
	done; \
	[ -x $(PYTHON) ] || $$python -m venv .venv
	@$(PYTHON) -c 'import uv' 2>/dev/null || $(PYTHON) -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@echo "Installing the requirements into .venv" >&2
	@# uv does not read pip's settings: hand on the index and the certificates that this machine's pip uses.
	@index="$${UV_DEFAULT_INDEX:-$${PIP_INDEX_URL:-$$($(PYTHON) -m pip config get global.index-url 2>/dev/null)}}"; \
	if [ -n "$$index" ]; then export UV_DEFAULT_INDEX="$$index"; fi; \
	if [ -n "$$PIP_CERT" ] && [ -z "$$SSL_CERT_FILE" ]; then export SSL_CERT_FILE="$$PIP_CERT"; fi; \
	$(PYTHON) -m uv pip sync --quiet --python $(PYTHON) requirements.txt
	@touch $(READY)

.PHONY: up
up: $(READY) ## start every service, wait until each is ready
	@$(PYTHON) -m stack up

.PHONY: down
down: $(READY) ## stop every service, keep the data
	@$(PYTHON) -m stack down

.PHONY: clean
clean: $(READY) ## stop every service and delete the data, after asking (YES=1: without)
	@$(PYTHON) -m stack clean $${YES:+--yes}

.PHONY: demo
demo: $(READY) ## sample data with planted patterns through the whole flow, and what came of it
	@$(PYTHON) -m stack demo

.PHONY: status
status: $(READY) ## services, chunks, detections and alerts (FORMAT=json)
	@$(PYTHON) -m stack status $${FORMAT:+--format "$$FORMAT"}

.PHONY: metrics
metrics: $(READY) ## the platform's measures in Prometheus' text format
	@$(PYTHON) -m stack metrics

.PHONY: env
env: $(READY) ## shell exports for outside tools: eval "$(make env)"
	@$(PYTHON) -m stack env

.PHONY: feed
feed: $(READY) ## feed a file as chunks: DATASET= FILE= [ROWS=10000] [EVERY=1] [KEEP=dir]
	@$(PYTHON) -m stack feed $${DATASET:+--dataset "$$DATASET"} $${FILE:+--file "$$FILE"} \
	  $${ROWS:+--rows "$$ROWS"} $${EVERY:+--every "$$EVERY"} $${KEEP:+--keep "$$KEEP"}

.PHONY: new-dataset
new-dataset: $(READY) ## draft a contract, suite, DAG and test from a sample (FILE= [NAME=] [EVENT_TIME=column])
	@$(PYTHON) -m stack new-dataset $${FILE:+--file "$$FILE"} $${NAME:+--name "$$NAME"} \
	  $${EVENT_TIME:+--event-time "$$EVENT_TIME"}

.PHONY: wait
wait: $(READY) ## wait until everything landed is through to its alerts ([TIMEOUT=900] seconds)
	@$(PYTHON) -m stack wait $${TIMEOUT:+--timeout "$$TIMEOUT"}

.PHONY: digest
digest: $(READY) ## the digest of what holds at a cut ([CUT=YYYY-MM-DD])
	@$(PYTHON) -m stack digest $${CUT:+--cut "$$CUT"}

.PHONY: explain
explain: $(READY) ## a detection in words, its verdict recomputed (ID=)
	@$(PYTHON) -m stack explain $${ID:+--id "$$ID"}

.PHONY: results
results: $(READY) ## the detections as CSV and xlsx (OUT=dir)
	@$(PYTHON) -m stack results $${OUT:+--out "$$OUT"}

.PHONY: quarantine
quarantine: $(READY) ## bad rows by reason and chunk; to a file with OUT= (DATASET= REASON= CHUNK=)
	@$(PYTHON) -m stack quarantine $${DATASET:+--dataset "$$DATASET"} $${REASON:+--reason "$$REASON"} \
	  $${CHUNK:+--chunk "$$CHUNK"} $${OUT:+--out "$$OUT"}

.PHONY: redrive
redrive: $(READY) ## held chunks (CHUNK=), or corrected rows (FILE= [AS_IS=1]), through the flow again (DATASET=)
	@$(PYTHON) -m stack redrive $${DATASET:+--dataset "$$DATASET"} $${CHUNK:+--chunk "$$CHUNK"} \
	  $${FILE:+--file "$$FILE"} $${AS_IS:+--as-is}

.PHONY: rerun
rerun: $(READY) ## an Airflow run again: what failed of it, or all of one that succeeded (DAG= RUN=)
	@$(PYTHON) -m stack rerun $${DAG:+--dag "$$DAG"} $${RUN:+--run "$$RUN"}

.PHONY: resolve
resolve: $(READY) ## an incident is over, which is announced (ID= [REASON=])
	@$(PYTHON) -m stack resolve $${ID:+--id "$$ID"} $${REASON:+--reason "$$REASON"}

.PHONY: redeliver
redeliver: $(READY) ## alerts that were given up are tried again ([CHANNEL=])
	@$(PYTHON) -m stack redeliver $${CHANNEL:+--channel "$$CHANNEL"}

.PHONY: silence
silence: $(READY) ## known incidents are not delivered for a while (PATTERN= REASON= UNTIL= [BY=]; ID= ends one)
	@$(PYTHON) -m stack silence $${PATTERN:+--pattern "$$PATTERN"} $${REASON:+--reason "$$REASON"} \
	  $${UNTIL:+--until "$$UNTIL"} $${BY:+--by "$$BY"} $${ID:+--id "$$ID"}

.PHONY: reveal
reveal: $(READY) ## what a pseudonym stands for, on record (PSEUDONYM= BY= REASON=)
	@$(PYTHON) -m stack reveal $${PSEUDONYM:+--pseudonym "$$PSEUDONYM"} $${BY:+--by "$$BY"} $${REASON:+--reason "$$REASON"}

.PHONY: erase
erase: $(READY) ## a person's data for good, with a receipt (SUBJECT=value or pseudonym KIND= BY= REASON=)
	@$(PYTHON) -m stack erase $${KIND:+--kind "$$KIND"} $${BY:+--by "$$BY"} $${REASON:+--reason "$$REASON"}

.PHONY: rotate-key
rotate-key: $(READY) ## a new key of pseudonyms from an event day on (FROM=YYYY-MM-DD)
	@$(PYTHON) -m stack rotate-key $${FROM:+--from "$$FROM"}

.PHONY: retention
retention: $(READY) ## delete what is old or was never published ([DRY=1: only say what would go])
	@$(PYTHON) -m stack retention $${DRY:+--dry-run}

.PHONY: backup
backup: $(READY) ## databases, lake, S3, pages and secrets into a new folder (OUT=dir)
	@$(PYTHON) -m stack backup $${OUT:+--out "$$OUT"}

.PHONY: restore
restore: $(READY) ## a backup into an empty home, to be started with `make up` (FROM=dir)
	@$(PYTHON) -m stack restore $${FROM:+--source "$$FROM"}

.PHONY: backfill
backfill: $(READY) ## daily runs of past days (FROM=YYYY-MM-DD [TO=] [DATASET=])
	@$(PYTHON) -m stack backfill $${FROM:+--from "$$FROM"} $${TO:+--to "$$TO"} $${DATASET:+--dataset "$$DATASET"}

.PHONY: train
train: $(READY) ## what is usual, learned from past days (MODEL= FROM= TO= SEED=; without: each model, 28 days)
	@$(PYTHON) -m stack train $${MODEL:+--model "$$MODEL"} $${FROM:+--from "$$FROM"} $${TO:+--to "$$TO"} $${SEED:+--seed "$$SEED"}

.PHONY: replay
replay: $(READY) ## what changed parameters would have found (RULE= SET="child.min_transactions=90" FROM= TO= PROFILE= CURVE=)
	@$(PYTHON) -m stack replay $${DATASET:+--dataset "$$DATASET"} $${RULE:+--rule "$$RULE"} $${SET:+--set "$$SET"} \
	  $${FROM:+--from "$$FROM"} $${TO:+--to "$$TO"} $${PROFILE:+--profile "$$PROFILE"} $${CURVE:+--curve "$$CURVE"}

.PHONY: lint
lint: $(READY) ## ruff and mypy
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check .
	@$(PYTHON) -m mypy

.PHONY: test
test: $(READY) ## every test but the long proofs, on two cores
	@$(PYTHON) -m pytest -m "not prove" -n 2 --dist loadfile --no-loadscope-reorder --durations=20

.PHONY: prove
prove: $(READY) ## the long proofs, with their figures
	@$(PYTHON) -m pytest -m prove
	@$(PYTHON) -m tests.prove

.PHONY: bench
bench: $(READY) ## Spark against DuckDB on generated transactions, as tables ([OUT=file] [LARGE=1: 60M rows too])
	@$(PYTHON) -m bench $${OUT:+--out "$$OUT"} $${LARGE:+--large}

.PHONY: lock
lock: $(READY) ## compile requirements.in to requirements.txt
	@$(PYTHON) -m uv pip compile --quiet --universal --python-version 3.11 --no-header requirements.in -o requirements.txt
