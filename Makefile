# Everything you can do here. Needs make and Python 3.11 or newer; the rest is installed into .venv.

PYTHON ?= python3
# The figures in the lessons were measured with this version.
TORCH = 2.13.0
INSTALL = python -m pip install --quiet --disable-pip-version-check -c constraints.txt

# Tools that start other tools by name (nbgrader starts alembic) must find those of this environment.
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: help setup build site demo test gpu-check test-slow test-browser bench bench-speed bench-lessons mutants lab verify constraints clean

help:  ## list these commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-22s %s\n", $$1, $$2 }'

setup: .venv/installed  ## make .venv with everything in it

.venv/installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "This course needs Python 3.11 or newer, and '$(PYTHON)' is: $$($(PYTHON) --version 2>&1)."; \
	  echo "Name a newer one: make setup PYTHON=python3.12"; exit 1; }
	@echo "Installing into .venv. The first time this takes some minutes: torch is large."
	$(PYTHON) -m venv .venv
	$(INSTALL) -e ".[test]"
	@touch $@

build: setup  ## turn solutions/ into the student notebooks in course/
	autograder build

site: setup  ## the lessons as pages to read, with outputs and solutions, in site/
	autograder site

demo: setup  ## make up a small class, grade it, and say where to look
	autograder demo lesson03_reparameterization

lab: setup  ## fill work/ and open JupyterLab on the course
	autograder lab

verify: setup  ## prove the course on its example submissions
	autograder verify

test: setup  ## what continuous integration runs
	ruff check
	ruff format --check
	mypy
	autograder build --check
	pytest -n 2 --dist loadfile

test-slow: setup  ## the tests that take minutes
	$(INSTALL) -e ".[test,cluster,postgres]"
	pytest -n 2 -m "slow or server"

gpu-check: setup  ## lesson 7's checks on a CUDA device
	pytest -m gpu

test-browser: setup  ## the tests that look at the course in a real browser
	@command -v chromium >/dev/null || if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -qq && apt-get install -qq -y chromium; \
	else echo "These tests need Chromium. Install it so that the command 'chromium' is found, then run this again."; exit 1; fi
	$(INSTALL) -e ".[test,browser]"
	pytest -m browser

bench: setup  ## measure what grading costs
	python benchmarks/grading.py

bench-speed: setup  ## measure a start and a submission's calls beside an earlier state, and a large class
	$(INSTALL) -e ".[test,cluster]"
	python benchmarks/start.py --write
	python benchmarks/calls.py --write
	python benchmarks/scale.py --write

bench-lessons: setup  ## measure every lesson, into benchmarks/lessons.md
	python benchmarks/lessons.py --write

mutants: setup  ## judge every small change of the solutions, into benchmarks/mutants.md
	autograder mutants --write

constraints:  ## pin torch and the newest version of all else in constraints.txt
	rm -rf build/constraints && $(PYTHON) -m venv build/constraints
	build/constraints/bin/python -m pip install --quiet torch==$(TORCH) -e ".[test,browser,cluster,postgres,onnx]"
	{ echo "# Every version this project is tested with. Written by 'make constraints' on $$($(PYTHON) --version 2>&1)."; \
	  echo "# Builds for one kind of machine (such as torch's +cpu) are left out of the numbers, so that each of them fits."; \
	  build/constraints/bin/python -m pip freeze --exclude-editable | sed 's/+[A-Za-z0-9.]*$$//'; \
	} > build/constraints.txt
	mv build/constraints.txt constraints.txt && rm -rf build/constraints

clean:  ## remove what can be made again; your work and the gradebook stay
	rm -rf .venv build site .mypy_cache .pytest_cache .ruff_cache *.egg-info
