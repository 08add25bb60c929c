# The README's two commands, and what they are made of.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo server test quick check style types queries site-docs benchmarks changelog lock release setup

demo: setup
	rm -rf demo
	$(BIN)/essaim demo demo

# Runs what prefect.yaml schedules for the programme folder PROGRAMME, until Ctrl-C; the pages are at 127.0.0.1:4200.
PROGRAMME ?= .
server: setup
	exec $(BIN)/essaim serve --programme $(PROGRAMME)

# In the order of the files: those that take longest come first, and neither of the two waits for the other at the end.
test: setup
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

# For the time between two edits, under two minutes on two cores: the unit tests but for the slow ones, and a whole collection
# on DuckDB. make test includes them.
quick: setup
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not slow" tests/unit \
		tests/integration/test_demo.py::test_the_demo_runs_without_any_server_and_says_where_everything_is

check: style types queries site-docs

style: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/codespell
	$(BIN)/python tests/prose.py

types: setup
	$(BIN)/pyright

queries: setup
	$(BIN)/sqlfluff lint dbt_project/models dbt_project/macros dbt_project/tests

# The documentation site, in site/. A broken link fails, and so does a page that loads anything from another host.
site-docs: setup
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict
	@! grep -rlE '<(script|link|img|iframe)[^>]+(src|href)="(https?:)?//' site --include='*.html'

# Apart from what Essaim needs: what it is compared with.
benchmarks: .venv-benchmarks/ready
	.venv-benchmarks/bin/python -m benchmarks.surveys
	.venv-benchmarks/bin/python -m benchmarks.surveys --database postgresql

.venv-benchmarks/ready: benchmarks/requirements.lock
	@$(PYTHON) -m venv --clear .venv-benchmarks
	@.venv-benchmarks/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r benchmarks/requirements.lock
	@touch $@

setup: .venv/ready

# Everything with its hash: whatever mirror serves a package, it is the package that was tested.
# The lock is whole, so nothing is resolved: a release of tomorrow changes nothing here.
.venv/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Essaim needs Python 3.11 or later; name one with make PYTHON=...") if sys.version_info < (3, 11) else None'
	@echo "Installing what requirements.lock names into .venv: some minutes the first time."
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# What people install: the wheel, and the versions of the lock as pip takes constraints, without extras and hashes.
release: setup
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir dist .
	sed -n '/^[a-z0-9]/{s/ *\\$$//;s/\[[^]]*\]//;p;}' requirements.lock > dist/constraints.txt

# At a release: moves what is in changelog.d into CHANGELOG.md, under the version in pyproject.toml and the day of today.
changelog: setup
	$(BIN)/towncrier build --yes

# Needs uv. The lock names no index, so that any mirror serves. What need not move keeps its version: move a package with
# make lock UPGRADE="--upgrade-package NAME", all of them with make lock UPGRADE=--upgrade.
UPGRADE ?=
lock:
	uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-emit-index-url \
		--custom-compile-command "make lock" $(UPGRADE) --quiet --output-file requirements.lock
	uv pip compile pyproject.toml --group benchmarks --constraints requirements.lock --universal --python-version 3.11 --generate-hashes \
		--no-strip-extras --no-emit-index-url --custom-compile-command "make lock" --quiet --output-file benchmarks/requirements.lock
