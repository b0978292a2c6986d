# Every target works in a fresh clone: the first one makes .venv, which needs Python >= 3.11 with venv, and a network for pip.
# Nothing is fetched after that. Another Python: make PYTHON=/path/to/python3.12

ifndef PYTHON
PYTHON := $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
endif
BIN := .venv/bin
READY := .venv/ready
SPREAD := -n auto --dist loadfile  # on all cores; the tests of a file share what it sets up

.PHONY: help demo test coverage lint bench figures docs clean

help:
	@echo "make demo    score the sample clips: what was found against what is true"
	@echo "make test    the tests; make test ARGS='-m slow' for the slow ones"
	@echo "make coverage the tests, and what of the package they run"
	@echo "make lint    ruff and mypy"
	@echo "make bench   accuracy and speed, as tables"
	@echo "make figures the accuracy figures of README.md, on clips that it renders"
	@echo "make docs    the documentation as a site, in site/"
	@echo "make clean   remove .venv and what the tools left"

demo: $(READY)
	$(BIN)/python -m benchmarks demo
	@echo
	@echo "What each clip shows: sample_videos/README.md"
	@echo "Your own clip:        $(BIN)/hingecheck analyze CLIP"
	@echo "This computer:        $(BIN)/hingecheck doctor"

test: $(READY)
	$(BIN)/python -m pytest $(SPREAD) $(ARGS)

coverage: $(READY)
	$(BIN)/python -m pytest $(SPREAD) --cov --cov-report=term:skip-covered --cov-fail-under=90

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Ten minutes and more: renders the clips first (extra [render]: torch), and goes on where it stopped.
figures: $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[render]'
	$(BIN)/python -m benchmarks render --suite heldout --seed 1 figures
	$(BIN)/python -m benchmarks accuracy --truth figures

bench: $(READY)
	$(BIN)/python -m benchmarks accuracy --truth sample_videos
	$(BIN)/python -m benchmarks speed

docs: $(READY)
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict
	@echo "open site/index.html"

clean:
	rm -rf .venv .nox .hypothesis .mypy_cache .pytest_cache .ruff_cache .coverage htmlcov build dist site figures
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Made once, and again when pyproject.toml changes. `ready` is written last, so a broken install is not taken for a whole one.
$(READY): pyproject.toml
	@test -n "$(PYTHON)" && $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "python: found none of version 3.11 or later. Install one, or name it: make PYTHON=/path/to/python3.12" >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip' || { \
		echo "python: $(PYTHON) cannot make environments. Install its venv package (Debian: python3-venv)." >&2; exit 2; }
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@
