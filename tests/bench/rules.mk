# The benchmark, as root: `make bench`, or `make bench BENCH_ARGS="-r 3"` and
# parts by name, as in `make bench-run BENCH_PARTS="forwarding routes"`.
BENCH_ARGS ?=
BENCH_PARTS ?=
BENCH_DIR := $(BUILD)/tests/bench
BENCH_OBJ := $(patsubst %.c,$(BUILD)/%.o,$(filter-out %.bpf.c,\
	$(wildcard tests/bench/*.c)))
BENCH_ROOMS := $(patsubst %.c,$(BUILD)/%.o,$(wildcard user/plane/*.c \
	user/lib/*.c user/mgm/*.c user/wire/*.c user/proto/dvmrp/*.c) \
	user/proto/address.c user/proto/find.c)

$(BENCH_DIR)/%.bpf.o: tests/bench/%.bpf.c tests/bench/gen.h \
		$(wildcard bpf/*.h) include/xmgm/abi.h vmlinux.h
	@mkdir -p $(@D)
	$(CLANG) $(BPF_CFLAGS) -Itests/bench -Wno-unused-parameter -c -o $@ $<

$(BENCH_DIR)/%.skel.h: $(BENCH_DIR)/%.bpf.o
	$(BPFTOOL) gen skeleton $< name $*_bpf >$@.tmp
	mv $@.tmp $@

$(BENCH_OBJ): CPPFLAGS += -isystem $(BENCH_DIR)
$(BENCH_OBJ): | $(BENCH_DIR)/gen.skel.h $(BENCH_DIR)/sink.skel.h
$(BENCH_DIR)/gen.o: $(BENCH_DIR)/gen.skel.h
$(BENCH_DIR)/lab.o: $(BENCH_DIR)/sink.skel.h
$(BENCH_DIR)/programs.o: $(BUILD)/xmgm.skel.h $(BUILD)/clone.skel.h \
	$(BUILD)/xmit.skel.h

$(BENCH_DIR)/bench: $(BENCH_OBJ) $(BENCH_ROOMS)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS) -lm

# A program of its own: libmgm has the functions of the manager, as bench has.
$(BENCH_DIR)/client/client: $(BENCH_DIR)/client/client.o $(LIBMGM_A)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(shell $(PKG_CONFIG) --libs json-c)

bench:
	tests/deps.sh
	$(MAKE) bench-run

bench-run: all $(BENCH_DIR)/bench $(BENCH_DIR)/client/client
	$(BENCH_DIR)/bench -o $(BUILD)/bench.json $(BENCH_ARGS) $(BUILD) \
		$(BENCH_PARTS)
	$(if $(filter-out dvmrp,$(firstword $(BENCH_PARTS))),,\
		chrt -f 2 $(firstword $(PYTEST)) tests/bench/graft.py $(BUILD))

# Two machines back to back, one command on each: doc/nic.md.
#     make bench-nic NIC="router eth2 eth3 eth4"
#     make bench-nic NIC="tester eth2 eth3 eth4" SIZES="60 1400"
NIC ?=
bench-nic: all $(BUILD)/tests/net/blast
	BUILD=$(BUILD) RESULT=$${RESULT:-$(BUILD)/bench-nic.json} \
		tests/bench/nic.sh $(NIC)

.PHONY: bench bench-run bench-nic

# Pictures of the last run.
PYTHON ?= python3

bench-plot:
	$(PYTHON) tests/bench/plot.py $(BUILD)/bench.json $(BUILD)/bench.svg

.PHONY: bench-plot
