# galvasim: `make demo` and `make test` need nothing but Debian 12 and Swift 6.

CHECKED := --explicit-target-dependency-import-check error
SCENARIO ?= Scenarios/runs/llama3-8b-8xh100.yaml
OUT ?= out

.PHONY: demo test bench validate lint format build clean

# Builds release, replays a real iteration, leaves trace and timeline in $(OUT).
demo:
	scripts/install-system-packages build
	swift build -c release --product galvasim $(CHECKED)
	mkdir -p $(OUT)
	.build/release/galvasim simulate $(SCENARIO) --trace $(OUT)/trace.h5 --timeline $(OUT)/timeline.pftrace
	@echo
	@echo "trace:    $(OUT)/trace.h5       h5py, xarray, h5dump (docs/hdf5.md)"
	@echo "timeline: $(OUT)/timeline.pftrace  open it at ui.perfetto.dev (docs/timelines.md)"

# Everything: Swift suites, the built command, and its files in their Python readers.
test: .venv/ready
	scripts/install-system-packages test
	swift build --build-tests $(CHECKED)
	swift test --skip-build
	scripts/test-files

# The tool against plain C++ loops in the same run.
bench:
	scripts/install-system-packages build
	swift build -c release --product galvasim-bench $(CHECKED)
	.build/release/galvasim-bench

# Every published training run beside the checkout, against its bounds; GALVASIM_RECORD=1 rewrites docs/accuracy-runs.md.
validate:
	scripts/install-system-packages build
	swift build -c release --product galvasim $(CHECKED)
	scripts/validate-runs

lint:
	swift format lint --strict --recursive Package.swift Plugins Sources Tests

format:
	swift format --in-place --recursive Package.swift Plugins Sources Tests

build:
	scripts/install-system-packages build
	swift build -c release $(CHECKED)

clean:
	rm -rf .build .venv $(OUT)

.venv/ready: Tests/python/requirements.txt Tests/python/requirements-readers.txt
	scripts/install-system-packages test
	python3 -m venv .venv
	.venv/bin/pip install --quiet --disable-pip-version-check --requirement Tests/python/requirements.txt
	grep -v '^#' Tests/python/requirements-readers.txt | while read -r reader; do \
	  .venv/bin/pip install --quiet --disable-pip-version-check "$$reader" || echo "not installed: $$reader"; done
	touch .venv/ready
