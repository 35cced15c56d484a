# The few commands that a person needs; `make` alone lists them.
# PYTHON chooses the interpreter when .venv is made, ARGS goes to the command that runs.
PYTHON ?= python3
ARGS ?=
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --disable-pip-version-check --quiet -c constraints.txt
MEASURED := --perf-json=docs/perf
SOURCES := setup.py constraints.txt

# An environment holds absolute paths: in a folder that was moved or copied it is made anew.
MOVED := $(filter-out $(CURDIR),$(shell cat .venv/home 2>/dev/null))

.DEFAULT_GOAL := help
.PHONY: help run test docs lint perf gpu rectools scaling quality rates browser slow clean moved
.DELETE_ON_ERROR:

help: ## This list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16
	@echo 'Options:    PYTHON=python3.12 (when .venv is made), ARGS="..." (for what is run)'

run: .venv/run.stamp ## Run the benchmark: rbench run $(ARGS)
	@$(BIN)/rbench run $(ARGS)

test: docs lint ## All checks: ruff, mypy, pytest $(ARGS)
	$(BIN)/pytest -n auto --dist worksteal $(ARGS)

docs: .venv/dev.stamp ## Write docs/methods.md and docs/victims.md from the methods' modules
	$(BIN)/python docs/methods.py
	$(BIN)/python docs/victims.py

lint: .venv/dev.stamp ## Only ruff and mypy
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy -p rbench

perf: .venv/dev.stamp ## Benchmarks of speed, written to docs/perf and docs/performance.md
	$(BIN)/pytest tests/perf $(MEASURED) $(ARGS)
	@$(BIN)/python tests/perf/page.py

gpu: .venv/dev.stamp ## Compare a GPU with the CPU, in numbers and in speed
	@$(BIN)/python tests/perf/gpu.py

rectools: .venv-rectools/stamp ## The environment of its own in which make perf trains RecTools

scaling: .venv/dev.stamp ## Time against size, 0.1 to 3 times the paper's data: hours
	$(BIN)/pytest tests/perf/test_linear_scaling.py -m slow --benchmark-only $(MEASURED) $(ARGS)
	@$(BIN)/python tests/perf/page.py

quality: .venv/dev.stamp ## Time to the same accuracy as RecBole: hours
	$(BIN)/pytest tests/perf/test_time_to_quality.py -m slow --benchmark-only $(MEASURED) $(ARGS)
	@$(BIN)/python tests/perf/page.py

rates: .venv/dev.stamp ## False alarms and detections of rbench audit, into docs/audit.md: an hour
	$(BIN)/python docs/audit_rates.py measure

browser: .venv/dev.stamp ## The pages' tests in a Chromium, which this installs
	$(INSTALL) -r tests/benchmark/html/browser.txt
	$(BIN)/playwright install chromium || true  # then the system's is taken, if there is one
	$(BIN)/pytest tests/benchmark/html -rs $(ARGS)

slow: .venv/dev.stamp ## The longer tests
	$(BIN)/pytest -m slow $(ARGS)

clean: ## Remove .venv, builds and caches; results stay
	rm -rf .venv .venv-rectools build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .benchmarks
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/run.stamp: $(SOURCES) $(if $(MOVED),moved)
	$(call install,.)
	@touch $@

.venv/dev.stamp: $(SOURCES) $(if $(MOVED),moved)
	$(call install,.[dev])
	@touch .venv/run.stamp $@

.venv-rectools/stamp: tests/perf/rectools.txt
	$(PYTHON) -m venv --clear .venv-rectools
	.venv-rectools/bin/python -m pip install --disable-pip-version-check --quiet -r $<
	@touch $@

# setuptools comes first, so that the build needs nothing from elsewhere. The link lets mypy and
# pyright find the package under its name, whatever this folder is called.
define install
	@echo "Installing $(1) into .venv; the first time takes a few minutes."
	@$(if $(MOVED),,test -x $(BIN)/python ||) $(PYTHON) -m venv --clear .venv
	@mkdir -p .venv/link && ln -sfn ../.. .venv/link/rbench
	@$(INSTALL) setuptools
	@$(INSTALL) --no-build-isolation --editable '$(1)'
	@echo '$(CURDIR)' > .venv/home
endef
