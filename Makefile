# `make help` lists what there is. The first `make run` or `make test` installs into .venv.
.DEFAULT_GOAL := help
.PHONY: help run test check format audit lock sbom bench faults screenshots docs translations install clean

PYTHON := $(shell for python in python3.13 python3.12 python3.11 python3; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$python && break; done)
VENV := .venv/bin
RUNTIME := .venv/.runtime-installed
DEVELOPMENT := .venv/.development-installed
PIP := $(VENV)/python -m pip install --quiet --disable-pip-version-check
OURS := $(wildcard *.py) settings api cli data_access metrics components pages tests benchmarks docs

help:  ## list these commands
	@sed -n 's/^\([a-z]*\):.*##/\1\t/p' Makefile | expand -t 14

run: $(RUNTIME)  ## start the demo city (or the one STATROOM_CITY names) on http://127.0.0.1:8050
	@$(VENV)/python serve.py

test: $(DEVELOPMENT)  ## run every test; starts what they need and says what it could not
	@$(VENV)/python -m tests.support.run_all

check: $(DEVELOPMENT)  ## formatting, lint, types and documents, in under a minute
	$(VENV)/ruff format --check $(OURS)
	$(VENV)/ruff check $(OURS)
	$(VENV)/pyright
	$(VENV)/pytest -q -p no:cacheprovider tests/test_docs.py tests/test_metric_docs.py tests/test_imports_direction.py

format: $(DEVELOPMENT)  ## put the code into its one format
	$(VENV)/ruff format $(OURS)
	$(VENV)/ruff check --fix $(OURS)

audit: $(DEVELOPMENT)  ## ask whether a fault of an installed package is known, where a network exists; writes var/sbom.json
	@$(VENV)/python -m tests.support.audit

sbom: $(DEVELOPMENT)  ## write var/sbom.json (CycloneDX) and docs/licences.md from what is installed, without a network
	@$(VENV)/python -m tests.support.bill

lock: $(DEVELOPMENT)  ## write requirements.lock again: ask the package index for the hashes of every file of every package
	@$(VENV)/python -m tests.support.lock

bench: $(DEVELOPMENT)  ## speed with BENCH_CASES (5,000,000) cases, beside the same questions asked of pandas
	@$(VENV)/python -m benchmarks

faults: $(DEVELOPMENT)  ## break the CRM, the disk, the processes and the clock, and write what came of it into docs/operating.md
	@$(VENV)/python -m benchmarks.faults

screenshots: $(DEVELOPMENT)  ## take the README's pictures again
	@$(VENV)/python docs/screenshots.py

translations: $(RUNTIME)  ## bring the catalogues in translations/ up to the texts of the code
	@$(VENV)/python -m components.catalogue

docs: $(RUNTIME)  ## write docs/metrics.md from the definitions, and the settings in docs/operating.md, again
	@$(VENV)/python -m metrics.describe
	@$(VENV)/python -m settings.describe

install: $(DEVELOPMENT)  ## only install

clean:  ## remove the environment; data in var/ stays
	rm -rf .venv .pytest_cache .ruff_cache .hypothesis

$(VENV)/python:
	@test -n "$(PYTHON)" || { echo "Statroom needs Python 3.11 or newer; install it and try again." >&2; exit 1; }
	@echo "Making .venv with $(PYTHON)"
	@$(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }

$(RUNTIME): requirements.txt | $(VENV)/python
	@echo "Installing what Statroom runs on (about two minutes the first time)"
	@$(PIP) -r requirements.txt
	@touch $@

$(DEVELOPMENT): requirements-dev.txt requirements.txt | $(VENV)/python
	@echo "Installing what the tests need"
	@$(PIP) -r requirements-dev.txt
	@touch $@ $(RUNTIME)
