# Two commands are the whole set-up:  make run   and   make test.

PYTHON ?= python3
VENV ?= .venv
PORT ?= 8501
# More arguments for pip, for instance another package index.
PIP_ARGS ?=

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --disable-pip-version-check $(PIP_ARGS)
RUN_READY := $(VENV)/.installed-run
TEST_READY := $(VENV)/.installed-test
# One process a core, four at most: each may hold an encoder, a dashboard and a browser.
PYTEST := $(BIN)/python -m pytest -n logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder

.PHONY: run test test-quick lint style data tables docs benchmark lock matrix wheel-check clean

run: $(RUN_READY)
	$(BIN)/python -m streamlit run app.py --server.port $(PORT)

test: $(TEST_READY) lint
	bash tests/install_chromium.sh
	$(PYTEST)

# Without types, browser and encoders: under two minutes on two cores.
test-quick: $(TEST_READY) style
	$(PYTEST) -m "not browser and not encoder and not slow"

lint: style
	$(BIN)/mypy

style: $(TEST_READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

# Make the shipped files under data/ again from their sources.
data: $(RUN_READY)
	$(BIN)/python data/train_encoder.py
	$(BIN)/python data/build_collection.py
	$(BIN)/python data/build_outlines.py
	$(BIN)/python data/build_layouts.py
	$(BIN)/python data/build_recommended.py
	$(BIN)/python data/build_model_list.py

# Write the tables of the docs, which follow from the code.
tables: $(RUN_READY)
	$(BIN)/python docs/build_tables.py

# Write requirements.txt and requirements-test.txt from pyproject.toml: LOCK_ARGS=--upgrade takes
# the newest of everything.
lock: $(TEST_READY)
	$(BIN)/python -m distribution.lock $(LOCK_ARGS)

# Install the wheel as others do, in fresh environments of Python 3.11 (all of it), 3.12 and 3.13
# (the dashboard), and run its tests there.
wheel-check: $(TEST_READY)
	PIP_ARGS="$(PIP_ARGS)" $(BIN)/python -m distribution.wheel_check $(CHECK_ARGS)

# Resolve, install and run the wheel beside older and newer libraries, on each Python that the
# PATH has as python3.11, python3.12, python3.13; ROWS="streamlit" takes rows by their name.
matrix: $(TEST_READY)
	$(BIN)/python -m distribution.matrix $(ROWS)

# The documentation as a site, in site/: open site/index.html. Nothing is fetched.
docs: $(TEST_READY)
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet

benchmark: $(TEST_READY)
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV)

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(None if (3, 11) <= sys.version_info < (3, 14) else "gapviz needs Python 3.11, 3.12 or 3.13, this is %d.%d: make run PYTHON=python3.12" % sys.version_info[:2])'
	$(PYTHON) -m venv $(VENV)

$(RUN_READY): requirements.txt pyproject.toml | $(BIN)/python
	$(PIP) -r requirements.txt
	$(PIP) --no-deps -e .
	touch $@

$(TEST_READY): requirements-test.txt $(RUN_READY)
	$(PIP) -r requirements-test.txt
	touch $@
