# SPDX-License-Identifier: BSD-3-Clause
#
# Short names for the real tools. Everything goes into .venv and build/, and nothing
# needs root: python3 with headers and venv, make and a C++ compiler are enough.

PYTHON ?= python3
NP ?= 4
ENGINE ?= smp
SHMEM4PY_REQUIRE_ALL ?= 0
export SHMEM4PY_REQUIRE_ALL
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export CMAKE_BUILD_PARALLEL_LEVEL ?= $(shell nproc)
export CMAKE_C_COMPILER_LAUNCHER ?= $(shell command -v ccache)
export CMAKE_CXX_COMPILER_LAUNCHER ?= $(shell command -v ccache)

pip := .venv/bin/python -m pip --disable-pip-version-check
# One tree for package, tests and wheel: what is tested is what is installed.
build := build/python
# mpi4py is for tests alone, and tests without it say so; where all is required it is installed.
mpi := $(if $(filter 1,$(SHMEM4PY_REQUIRE_ALL)),.venv/mpi)
options := --no-build-isolation -Cbuild-dir=$(build) -Ccmake.define.SHMEM4PY_BUILD_OPENMPI
# Verbose: else pip hides what the compilation prints. tools/step leaves out what tells nothing.
install := @tools/step 'Compiling the package and installing it into .venv' $(pip) install -v $(options)=ON
cxx_files = $(shell git ls-files '*.h' '*.hpp' '*.c' '*.cpp')

.PHONY: help demo test sanitize bench bench-instructions lint tidy format docs wheel clean
help:  ## list these targets
	@sed -n 's/^\([a-z-]*\):[^#]*## */\1	/p' $(MAKEFILE_LIST) | expand -t 20

# --group needs pip 25.1; a pip that is new enough stays as it is.
.venv/%: pyproject.toml
	@test -x .venv/bin/python || tools/step 'Making .venv' $(PYTHON) -m venv .venv
	@tools/step 'Checking that pip is 25.1 or newer' $(pip) install 'pip>=25.1'
	@tools/step 'Installing what "$*" needs into .venv' $(pip) install --group $*
	@touch $@

demo: .venv/build  ## a landscape ages on NP=4 PEs of ENGINE=smp; writes landscape.png
	$(install) -e '.[demo]'
	shmem4py run --engine $(ENGINE) -n $(NP) examples/landscape.py

test: .venv/build $(mpi)  ## all tests: C, C++, Python, launcher, examples
	tests/missing
	$(install) -e '.[demo,test]' -Ccmake.define.SHMEM4PY_BUILD_TESTS=ON \
	  -Ccmake.define.SHMEM4PY_REQUIRE_ALL=$(SHMEM4PY_REQUIRE_ALL)
	@tests/run 'ctest --test-dir $(build) --output-on-failure --no-tests=error --timeout 120' pytest
	@tests/missing

sanitize: .venv/build  ## C and C++ tests under asan+ubsan, and under tsan
	cmake --workflow --preset asan
	cmake --workflow --preset tsan

bench: .venv/build  ## measure against peers and targets; 20 minutes
	$(install) -e '.[demo]'
	python bench/run.py

bench-instructions: .venv/build  ## count the instructions of the hot calls
	$(install) -e '.[demo]'
	python bench/instructions/run.py

lint: .venv/build .venv/lint  ## ruff, mypy --strict, pyright, stubtest, clang-format, codespell, floors
	$(install) -e '.[demo,test]'
	ruff check && ruff format --check
	mypy
	basedpyright
	python -m mypy.stubtest --ignore-disjoint-bases shmem4py._core
	clang-format --dry-run -Werror $(cxx_files)
	codespell $(shell git ls-files)
	python tools/check_floors.py

tidy: .venv/build .venv/lint  ## clang-tidy; 17 minutes of processor time
	$(install) -e '.[demo,test]'
	git ls-files 'src/*.cpp' | xargs -n 1 -P $(CMAKE_BUILD_PARALLEL_LEVEL) clang-tidy --quiet -p $(build)

format: .venv/lint  ## let ruff and clang-format rewrite the sources
	ruff check --fix && ruff format
	clang-format -i $(cxx_files)

docs: .venv/build  ## the site, into docs/_build/html; warnings are errors
	$(install) -e '.[docs]'
	sphinx-build -W --keep-going -q -b html docs docs/_build/html

wheel: .venv/build .venv/wheel  ## a portable wheel, into dist/
	rm -rf dist build/wheel
	@tools/step 'Compiling a wheel' $(pip) wheel -v $(options)=OFF --no-deps -w build/wheel .
	auditwheel repair -w dist build/wheel/*.whl

clean:  ## remove everything that was built
	rm -rf .venv build dist docs/_build landscape.png
	find . -name __pycache__ -prune -exec rm -rf {} +
