# SPDX-License-Identifier: GPL-2.0-or-later
# gabelou: one binary, with the BPF objects embedded by skeleton.

BUILD   ?= build
PREFIX  ?= /usr
CC      ?= gcc
CLANG   ?= clang
BPFTOOL ?= $(firstword $(wildcard /usr/sbin/bpftool) bpftool)
V       ?= 0
Q       := $(if $(filter 1,$(V)),,@)
say      = $(if $(filter 1,$(V)),,@printf '  %-7s %s\n' '$(1)' '$(2)')

VERSION  := 0.1.0
PACKAGES := libbpf libnl-3.0 libnl-route-3.0 libelf jansson yaml-0.1 libzstd libcrypto libcurl zlib libmaxminddb
WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror
CFLAGS   ?= -O2 -g
CPPFLAGS += -D_GNU_SOURCE -I. -I$(BUILD) -DGABELOU_VERSION='"$(VERSION)"' -DGABELOU_PREFIX='"$(PREFIX)"'
CPPFLAGS += $(shell pkg-config --cflags $(PACKAGES) 2>/dev/null)
LIBS      = $(shell pkg-config --libs $(PACKAGES))

sources   = $(wildcard userspace/$(1)/*.c)
PURE     := $(foreach folder,base policy atlas table flow ledger,$(call sources,$(folder)))
SYSTEM   := $(foreach folder,kernel fetch agent cli,$(call sources,$(folder)))
objects   = $(patsubst %.c,$(BUILD)/$(1)/%.o,$(2))
SKELETONS := $(patsubst bpf/%.bpf.c,$(BUILD)/bpf/%.skel.h,$(wildcard bpf/*.bpf.c))

UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(wildcard tests/unit/*_test.c))
PROG_TESTS := $(patsubst tests/prog/%.c,$(BUILD)/tests/prog/%,$(wildcard tests/prog/*_test.c))
LAB_TOOLS  := $(patsubst tests/lab/%.c,$(BUILD)/tests/lab/%,$(wildcard tests/lab/*.c)) $(BUILD)/tests/prog/parser_frames
BENCHES    := $(patsubst tests/bench/%.c,$(BUILD)/tests/bench/%,$(wildcard tests/bench/*_bench.c))
BENCH_SKELETONS := $(patsubst tests/bench/%.bpf.c,$(BUILD)/tests/bench/%.skel.h,$(wildcard tests/bench/*.bpf.c))
FUZZERS    := $(patsubst tests/fuzz/%.c,$(BUILD)/tests/fuzz/%,$(wildcard tests/fuzz/*_fuzz.c))

.PHONY: help all check check-root parser coverage soak fuzz bench lint format install clean packages
.DEFAULT_GOAL := all

help:
	@echo 'make [all]       build $(BUILD)/gabelou'
	@echo 'make check       unit tests (no root), with ASan and UBSan'
	@echo 'make check-root  everything that needs BPF and namespaces'
	@echo 'make kernels     the same under the kernel of Debian 12, in qemu without KVM'
	@echo 'make soak        a thousand swaps and kills under flood'
	@echo 'make flood       answers under a flood of forged SYNs (FLOOD_SECONDS=30)'
	@echo 'make bypass      every known way round the guard, and whether docs/bypass.md says so'
	@echo 'make parser      the parser against two other readers (PARSER_FRAMES=1000000)'
	@echo 'make coverage    lines and branches of the packet path that tests reach'
	@echo 'make fuzz        each fuzzer for a minute (FUZZ_SECONDS=60)'
	@echo 'make lint        clang-format and cppcheck'
	@echo 'make install     into $$DESTDIR$(PREFIX)'

all: $(BUILD)/gabelou

# One line that names the missing package.
packages:
	@for need in $(CC):gcc $(CLANG):clang $(BPFTOOL):bpftool pkg-config:pkg-config; do \
		command -v $${need%%:*} >/dev/null || { echo "missing: apt-get install $${need##*:}"; exit 1; }; done
	@for need in libbpf:libbpf-dev libnl-3.0:libnl-3-dev libnl-route-3.0:libnl-route-3-dev \
		libelf:libelf-dev jansson:libjansson-dev yaml-0.1:libyaml-dev libzstd:libzstd-dev libcrypto:libssl-dev \
		libcurl:libcurl4-openssl-dev zlib:zlib1g-dev libmaxminddb:libmaxminddb-dev; do \
		pkg-config --exists $${need%%:*} || { echo "missing: apt-get install $${need##*:}"; exit 1; }; done

COMPILE_BPF = $(CLANG) -target bpf -mcpu=v3 -O2 -g -Wall -Wextra -Werror -Wno-unused-function -I. \
	-I/usr/include/$(shell uname -m)-linux-gnu -c $< -o $@.full && $(BPFTOOL) gen object $@ $@.full && rm $@.full

$(BUILD)/bpf/%.bpf.o: bpf/%.bpf.c $(wildcard bpf/*.h maps/*.h) | packages
	$(call say,BPF,$<)
	@mkdir -p $(@D)
	$(Q)$(COMPILE_BPF)

$(BUILD)/tests/bench/%.bpf.o: tests/bench/%.bpf.c $(wildcard tests/bench/*.h bpf/*.h maps/*.h) | packages
	$(call say,BPF,$<)
	@mkdir -p $(@D)
	$(Q)$(COMPILE_BPF)

%.skel.h: %.bpf.o
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name $(notdir $*)_bpf > $@.new && mv $@.new $@

# Objects: "plain" for the binary, "san" for the unit tests.
$(BUILD)/plain/%.o: %.c | packages
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -std=gnu11 $(WARNINGS) -MMD -MP -c $< -o $@

$(BUILD)/san/%.o: %.c | packages
	$(call say,CC san,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all \
		-fno-omit-frame-pointer -std=gnu11 $(WARNINGS) -MMD -MP -c $< -o $@

# The kernel side with the steps named at which a test may kill it (userspace/kernel/fault.h).
$(BUILD)/fault/%.o: %.c | packages
	$(call say,CC fault,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -DGABELOU_FAULTS $(CFLAGS) -std=gnu11 $(WARNINGS) -MMD -MP -c $< -o $@

$(call objects,plain,$(SYSTEM)) $(call objects,fault,$(call sources,kernel)): | $(SKELETONS)

$(BUILD)/gabelou: $(call objects,plain,userspace/main.c $(PURE) $(SYSTEM))
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $^ $(LIBS) -o $@

FAULTY := $(BUILD)/gabelou-faults
$(FAULTY): $(call objects,fault,$(call sources,kernel)) \
	$(call objects,plain,userspace/main.c $(PURE) $(call sources,fetch) $(call sources,agent) $(call sources,cli))
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $^ $(LIBS) -o $@

$(BUILD)/tests/unit/%: $(BUILD)/san/tests/unit/%.o $(call objects,san,$(PURE))
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -fsanitize=address,undefined $^ $(LIBS) -lcmocka -o $@

# Compares with what libloc writes and reads.
$(BUILD)/tests/unit/atlas_location_test $(BUILD)/tests/unit/atlas_anycast_test: LIBS += -lloc

$(BUILD)/tests/prog/%: $(BUILD)/plain/tests/prog/%.o $(call objects,plain,$(PURE) $(call sources,kernel))
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $^ $(LIBS) -lcmocka -o $@

$(call objects,plain,$(wildcard tests/bench/*.c)): | $(BENCH_SKELETONS)

$(BUILD)/tests/bench/%: $(BUILD)/plain/tests/bench/%.o $(call objects,plain,$(PURE) $(call sources,kernel))
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $^ $(LIBS) -lm -o $@

$(BUILD)/tests/lab/%: tests/lab/%.c $(wildcard tests/lab/*.h)
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -std=gnu11 $(WARNINGS) $< -o $@

$(BUILD)/tests/fuzz/%: tests/fuzz/%.c $(PURE)
	$(call say,FUZZ,$<)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(CPPFLAGS) -O1 -g -fsanitize=fuzzer,address,undefined -std=gnu11 -w $< $(PURE) $(LIBS) -o $@

.SECONDARY:

tests: $(UNIT_TESTS) $(PROG_TESTS) $(LAB_TOOLS) $(FAULTY)
.PHONY: tests

check: $(UNIT_TESTS)
	@scripts/run-tests $(UNIT_TESTS)

# The packet path compiled for user space: which lines and branches do its tests reach?
COVERAGE := $(BUILD)/coverage
COVERED  := $(COVERAGE)/egress $(COVERAGE)/gateway
COVERAGE_FLAGS = $(filter-out -I.,$(CPPFLAGS)) -Itests/coverage/include -I. -g -O1 -std=gnu11 -Wall -Wextra -Werror \
	-Wno-unused-function -Wno-unknown-attributes -Wno-ignored-attributes -MMD -MP

$(COVERAGE)/%_shim.o: tests/coverage/%_shim.c | packages
	$(call say,CLANG,$<)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(COVERAGE_FLAGS) -fprofile-instr-generate -fcoverage-mapping -c $< -o $@

$(COVERED): $(COVERAGE)/%: $(COVERAGE)/%_shim.o $(addprefix $(BUILD)/plain/tests/coverage/,shim.o coverage_test.o) \
		$(call objects,plain,$(PURE) $(call sources,kernel))
	$(call say,LINK,$@)
	$(Q)$(CLANG) -fprofile-instr-generate $^ $(LIBS) -lcmocka -o $@

coverage: $(COVERED)
	@tests/coverage/report.py $(COVERED)

# Long runs: a thousand swaps under flood; a thousand kills of the agent.
soak: all $(BUILD)/tests/prog/swap_test $(LAB_TOOLS) $(FAULTY)
	GABELOU_SOAK=1 $(BUILD)/tests/prog/swap_test
	GABELOU_SOAK=1 tests/lab/restart.sh

# Replies under a flood of forged SYNs; over a minute.
FLOOD_SECONDS ?= 30
flood: all $(BUILD)/tests/bench/replies_bench $(BUILD)/tests/lab/syns $(BUILD)/tests/lab/namespace-cookie
	tests/bench/replies_flood.sh $(FLOOD_SECONDS)
.PHONY: flood

# Every known way round the guard, against docs/bypass.md; over a minute.
bypass: all tests
	@scripts/run-tests tests/bypass/bypass.sh
.PHONY: bypass

# The parser against two other readers of packets, on a million frames: a quarter of an hour.
PARSER_FRAMES ?= 1000000
PARSER_SEED   ?= 2
parser: $(BUILD)/tests/prog/parser_frames
	tests/lab/parser.sh $(PARSER_FRAMES) $(PARSER_SEED)

check-root: all $(PROG_TESTS) $(LAB_TOOLS) $(FAULTY)
	@scripts/run-tests $(PROG_TESTS) $(sort $(wildcard tests/lab/*.sh))

# Under another kernel than this machine's; some minutes.
kernels:
	@scripts/kernels
.PHONY: kernels

FUZZ_SECONDS ?= 60
fuzz: $(FUZZERS)
	@for fuzzer in $(FUZZERS); do name=$$(basename $$fuzzer); echo "== $$fuzzer"; mkdir -p $(BUILD)/corpus/$$name; \
		$$fuzzer -max_total_time=$(FUZZ_SECONDS) -print_final_stats=1 \
		$$(ls tests/fuzz/$$name.dict 2>/dev/null | sed s/^/-dict=/) $(BUILD)/corpus/$$name \
		$$(ls -d tests/fuzz/seeds/$$name 2>/dev/null) \
		2>&1 | grep -E 'ERROR|SUMMARY|stat::' || exit 1; done

# Everything side by side in one run: build/bench.md, build/bench.json and plots.
bench: all $(BENCHES)
	@scripts/bench

C_FILES = $(wildcard userspace/*.[ch] userspace/*/*.[ch] bpf/*.[ch] maps/*.h tests/*/*.[ch])

format:
	clang-format -i $(C_FILES)

lint: all
	clang-format --dry-run -Werror $(C_FILES)
	cppcheck --quiet --std=c11 --enable=warning,portability --inline-suppr --error-exitcode=1 \
		$(filter-out -I%,$(CPPFLAGS)) -I. -I$(BUILD) "-DLIBBPF_OPTS(type,name,...)=struct type name = {0}" \
		"-Djson_array_foreach(array,index,value)=while (1)" \
		--suppress=ctunullpointer:userspace/table/oracle.c --suppress=uninitvar:userspace/cli/status_text.c \
		--suppress=missingIncludeSystem userspace

install: all
	install -Dm755 $(BUILD)/gabelou $(DESTDIR)$(PREFIX)/sbin/gabelou
	install -d $(DESTDIR)$(PREFIX)/share/gabelou/policies
	install -m644 $(wildcard data/*) $(DESTDIR)$(PREFIX)/share/gabelou
	install -m644 policies/*.yaml $(DESTDIR)$(PREFIX)/share/gabelou/policies
	install -Dm644 -t $(DESTDIR)$(PREFIX)/share/gabelou/policies/snippets policies/snippets/*.yaml
	install -Dm644 -t $(DESTDIR)$(PREFIX)/share/man/man8 $(wildcard docs/*.8)
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/system
	for unit in $(notdir $(wildcard dist/*.service)); do sed 's|@PREFIX@|$(PREFIX)|' dist/$$unit \
		>$(DESTDIR)$(PREFIX)/lib/systemd/system/$$unit || exit 1; done

clean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
