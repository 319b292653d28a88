# BPF tests: the real programs, run in the kernel by BPF_PROG_RUN. As root.
BPF_TESTS := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/bpf/test_*.c))
BPF_TEST_OBJ := $(patsubst %.c,$(BUILD)/%.o,$(wildcard user/wire/*.c))

# The skeleton is generated: -isystem keeps our warnings out of it.
$(BPF_TESTS): $(BUILD)/tests/bpf/%: tests/bpf/%.c $(BUILD)/xmgm.skel.h \
		$(BPF_TEST_OBJ)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -isystem $(BUILD) $(CFLAGS) $(LDFLAGS) -o $@ $< \
		$(BPF_TEST_OBJ) -lcmocka -lbpf

test-bpf: $(BPF_TESTS)
	@for t in $(BPF_TESTS); do ./$$t || exit 1; done

.PHONY: test-bpf
