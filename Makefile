# Each target sets up .venv by itself. Uses uv where it is installed, else pip.
.PHONY: help setup demo real test fast lint docs clean

help:
	@echo "make demo   distil a small student in the offline lab (no key, no download, no GPU)"
	@echo "make test   lint, types and the whole test suite"
	@echo "make fast   the same without the slow tests"
	@echo "make real   distil a real student of 135M parameters from your data sets (hours on two cores; scripts/real.sh)"
	@echo "make docs   write the generated pages under docs/"

setup:
	@scripts/setup.sh

demo: setup
	.venv/bin/akd run recipes/demo.yaml

# Test files side by side, one process for each core, four at most; tests/conftest.py says in which order.
PYTEST = .venv/bin/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

real: setup
	@scripts/real.sh $(ARGS)

test: lint
	$(PYTEST)

fast: lint
	$(PYTEST) -m "not slow"

lint: setup
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy

docs: setup
	.venv/bin/python -m akd_code.recipe.reference > docs/recipe.md

clean:
	rm -rf .venv runs .mypy_cache .ruff_cache .pytest_cache
