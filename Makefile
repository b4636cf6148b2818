# Two commands matter: `make demo` and `make test`. Both need only Python 3.10 or newer and make.
PYTHON ?= python3
BIN := .venv/bin
DEMO ?= demo-out
export UV_INDEX_STRATEGY ?= unsafe-best-match
# Compiled modules are kept: without them every worker process compiles all it imports.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo report test test-fast test-lowest fuzz install docs lock lint clean

install: .venv/.installed

# Of musicnn only the weights are used: its requirements are outdated.
.venv/.packages: requirements.lock setup.cfg
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python -r requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps -e .
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps musicnn==0.1.0
	touch $@

# What the first commands would compile, modules and kernels, and each of their workers again.
.venv/.installed: .venv/.packages
	$(BIN)/python -c "$$COMPILE"
	touch $@

define COMPILE
import numpy, skops.io, stemstack, timm, torchaudio
stemstack.SpectralFeatures(families="all").fit_transform([numpy.ones(22050)])
endef
export COMPILE

demo: install $(DEMO)/data
	rm -rf $(DEMO)/run
	$(BIN)/python cli.py fit --config examples/demo.yaml --data $(DEMO)/data --out $(DEMO)/run \
		--answers $(DEMO)/answers.csv
	@echo "submission: $(DEMO)/run/submission.csv"
	@echo "the whole report, with clips to listen to, takes a minute more: make report"

report: install
	$(BIN)/python cli.py report $(DEMO)/run --data $(DEMO)/data --answers $(DEMO)/answers.csv

$(DEMO)/data: | install
	$(BIN)/python cli.py demo-data $(DEMO)/data --songs-per-genre 12 --seconds 30 --sr 22050 --mono

# These modules of librosa compile as they are imported: once, before two processes do so at a time.
# By name, for EAGER_IMPORT=1 takes them in an order that differs each time and may be circular.
.venv/.librosa: .venv/.packages
	$(BIN)/python -c "import librosa.beat, librosa.core.audio, librosa.core.pitch, librosa.util"
	touch $@

# One thread each keeps two cores free of threads that wait for each other.
test:
	$(MAKE) -j 2 .venv/.installed .venv/.librosa
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist worksteal

test-fast: install
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist worksteal -m "not slow"

# Other damaged files every time, for as long for each kind; `make test` has some, always the same.
FUZZ_MINUTES ?= 10
fuzz: install
	FUZZ_MINUTES=$(FUZZ_MINUTES) OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 \
		$(BIN)/python -m pytest -n 2 --dist worksteal -rfEsP tests/fuzzing

# The lowest versions of the core dependencies that setup.cfg allows, in an environment of their own.
LOWEST := .venv-lowest/bin
test-lowest:
	$(PYTHON) -m venv .venv-lowest
	$(LOWEST)/python -m pip install --quiet uv
	$(LOWEST)/uv pip compile --quiet --python $(LOWEST)/python --resolution lowest-direct setup.cfg \
		-o .venv-lowest/core.txt
	$(LOWEST)/uv pip install --quiet --python $(LOWEST)/python -c .venv-lowest/core.txt \
		-r setup.cfg --extra all
	$(LOWEST)/uv pip install --quiet --python $(LOWEST)/python --no-deps -e . musicnn==0.1.0
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(LOWEST)/python -m pytest -n 2 --dist worksteal

lint: install
	$(BIN)/ruff check . && $(BIN)/ruff format --check .

# Read by no network; a page without a place, or a link that leads nowhere, is an error.
docs: install
	$(BIN)/sphinx-build -q -W --keep-going -d build/doctrees docs build/docs
	@echo "the site: build/docs/index.html"

lock:
	$(BIN)/uv pip compile setup.cfg --extra all --universal --python-version 3.10 \
		--no-python-downloads --no-header --no-emit-package stemstack --upgrade -o requirements.lock

clean:
	rm -rf .venv .venv-lowest $(DEMO) build dist *.egg-info
