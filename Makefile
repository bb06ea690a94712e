# Two commands: `make demo` and `make test`. Both make .venv and install what they need.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test check benchmarks results clean

demo: .venv/demo
	$(BIN)/analoop demo

test: .venv/test check
	$(BIN)/python -m pytest -q -n 2

check: .venv/test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports

# Peers live in environments of their own: make benchmarks BENCH="--rockpool PYTHON --brian PYTHON --slow"
benchmarks: .venv/test
	$(BIN)/python benchmarks/quantizer.py
	$(BIN)/python benchmarks/run.py $(BENCH)

# docs/results.md and its figures, from the studies kept in benchmarks/results
results: .venv/test
	$(BIN)/python benchmarks/results_page.py

# torch comes first and pinned: a later, unpinned install would fetch gigabytes of CUDA builds.
.venv/torch: constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install -q --disable-pip-version-check -c constraints.txt torch
	touch $@

.venv/demo: .venv/torch pyproject.toml
	$(BIN)/pip install -q --disable-pip-version-check -c constraints.txt -e '.[demo]'
	touch $@

.venv/test: .venv/torch pyproject.toml
	$(BIN)/pip install -q --disable-pip-version-check -c constraints.txt -e '.[test]'
	touch $@ .venv/demo

clean:
	rm -rf .venv runs build dist *.egg-info
