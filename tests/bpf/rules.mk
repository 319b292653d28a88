# BPF tests: the real programs, run in the kernel by BPF_PROG_RUN. As root.
# test_plane* drive user/plane on the real kernel and link with it.
BPF_TESTS := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/bpf/test_*.c))
BPF_TEST_HELPERS := $(addprefix $(BUILD)/tests/bpf/,frame.o run.o lab.o)
BPF_TEST_OBJ := $(patsubst %.c,$(BUILD)/%.o,$(wildcard user/wire/*.c)) \
	$(BPF_TEST_HELPERS)
BPF_PLANE_OBJ := $(patsubst %.c,$(BUILD)/%.o,\
	$(wildcard user/plane/*.c user/lib/*.c))
BPF_TWINS := $(patsubst %.bpf.c,$(BUILD)/%.skel.h,\
	$(wildcard tests/bpf/*.bpf.c))

# The skeleton is generated: -isystem keeps our warnings out of it.
$(BPF_TESTS): $(BUILD)/tests/bpf/%: tests/bpf/%.c $(BUILD)/xmgm.skel.h \
		$(BPF_TWINS) $(BPF_TEST_OBJ)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -isystem $(BUILD)/tests/bpf $(CFLAGS) $(LDFLAGS) \
		-o $@ $< $(filter %.o,$^) -lcmocka -lbpf $(BPF_TEST_LIBS)

$(BPF_TEST_HELPERS): $(BUILD)/xmgm.skel.h

BPF_PLANE_TESTS := $(filter $(BUILD)/tests/bpf/test_plane%,$(BPF_TESTS))
$(BPF_PLANE_TESTS): $(BUILD)/tests/bpf/plane_lab.o $(BPF_PLANE_OBJ)
$(BPF_PLANE_TESTS): BPF_TEST_LIBS = $(LIBS)

# Programs that only tests need, around the production headers.
$(BUILD)/tests/bpf/%.bpf.o: tests/bpf/%.bpf.c $(wildcard bpf/*.h) \
		include/xmgm/abi.h vmlinux.h
	@mkdir -p $(@D)
	$(CLANG) $(BPF_CFLAGS) -c -o $@ $<

$(BUILD)/tests/bpf/%.skel.h: $(BUILD)/tests/bpf/%.bpf.o
	$(BPFTOOL) gen skeleton $< name $*_bpf > $@.tmp
	mv $@.tmp $@

# They mostly wait for the kernel, this one longest.
BPF_LONG := $(BUILD)/tests/bpf/test_plane_counts

test-bpf: $(BPF_TESTS)
	@JOBS=6 tests/each.sh $(BPF_LONG) $(filter-out $(BPF_LONG),$(BPF_TESTS))

.PHONY: test-bpf
