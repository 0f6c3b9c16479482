# SPDX-License-Identifier: Apache-2.0
# Two commands are enough on a fresh machine with a Swift toolchain: `make demo` and `make test`.

TOOL := .build/release/tce-emu
DEMO := traces/virtio-disable-ddw.tcet

.PHONY: all demo test published bench lint ccases readme sanitize instructions scale peers clean deps

all: deps
	swift build -c release

# zlib's header is the one thing that is neither in the toolchain nor in the packages.
deps:
	@scripts/deps.sh

demo: all
	$(TOOL) info $(DEMO)
	@echo
	$(TOOL) replay --check $(DEMO)
	@echo
	$(TOOL) replay $(DEMO) --profile secure-2019 --interval 5s
	@echo
	$(TOOL) multitce $(DEMO)

# Optimised, the tests take half as long; what they assert is the same.
test: deps ccases
	swift test --disable-xctest -Xswiftc -O

# The time model against every published figure, some minutes; `make test` looks at some of them.
published: deps
	scripts/published.sh

# The C core's cases under gcc and clang with sanitizers, its headers alone, its symbols.
ccases: deps
	scripts/ccases.sh

# Every command and program of the README is run.
readme: all
	scripts/readme.sh

lint:
	scripts/lint.sh

# The Swift tests with the address sanitizer, and with the thread sanitizer.
sanitize: deps
	scripts/sanitize.sh

# Instructions of each operation of the core, under valgrind, against committed ceilings.
instructions: deps
	scripts/instructions.sh

# The rows of docs/performance.md, each against its limit in the same run; build/bench.md has the table. With
# LOGS=DIRECTORY also the file sizes of QEMU logs (*.log.gz) that are there; EVENTS=N: of the synthetic trace.
bench: deps
	bench/run.sh $(or $(EVENTS),20000000) $(LOGS)

# Cost against trace length, windows, window size and requesters.
scale: all
	bench/scale.sh

# Other programs that do a part of the same, where they are installed.
peers: all
	bench/peers/run.sh

clean:
	rm -rf .build bench/.build build
