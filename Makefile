# Every target has one sentence behind its name; `make help` prints them.
PYTHON ?= python3
LOCK = .venv/bin/uv pip compile pyproject.toml --all-extras --generate-hashes --universal --python-version 3.11 --no-header --quiet

.DEFAULT_GOAL := help
.PHONY: help setup demo test prove pictures wheel lint format lock

help: ## Prints this list.
	@sed -n 's/^\([a-z]*\):.*## /  make \1 \t/p' Makefile | expand -t 16

setup: .venv/set-up ## Makes .venv with everything in it, from the hash-locked requirements; does nothing where that is done.

.venv/set-up: requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
		|| { echo "This needs Python 3.11 or newer with venv. On Debian: apt-get install python3 python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	.venv/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-dev.lock
	.venv/bin/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: setup ## Starts the tool, its worker and a small LMS on this machine, and prints the address to open.
	.venv/bin/diklat-lti demo

test: ## Runs the whole suite as .ci/run does: style, types, tests on both databases, a real browser, the demo's own check.
	.ci/run

prove: setup ## Runs the long proofs (over half an hour on two cores) and writes docs/proofs.md: 10,000 histories, mutations, floods, the package.
	.venv/bin/python tests/prove/prove.py

pictures: setup ## Takes every picture anew: each page per role, state, language and width (docs/pictures), of the guides, of docs/plug.
	PYTHONPATH=tests .venv/bin/python tests/guide_pictures.py
	PYTHONPATH=tests .venv/bin/python tests/pictures_plug.py
	PYTHONPATH=tests .venv/bin/python tests/pictures.py

wheel: setup ## Builds the wheel that a server installs: dist/diklat_lti-….whl.
	.venv/bin/hatchling build --target wheel

lint: setup ## Looks for mistakes of style and of types.
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy

format: setup ## Puts the code into its one form.
	.venv/bin/ruff check --fix-only --quiet .
	.venv/bin/ruff format .

lock: setup ## Writes the requirements files anew: the newest versions that pyproject.toml allows, with their hashes.
	$(LOCK) --upgrade -o requirements.lock
	$(LOCK) --upgrade --group dev -c requirements.lock -o requirements-dev.lock
	$(subst pyproject.toml --all-extras,--group build,$(LOCK)) -c requirements-dev.lock -o requirements-build.lock
