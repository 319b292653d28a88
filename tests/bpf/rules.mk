# BPF tests: the real programs, run in the kernel by BPF_PROG_RUN. As root.
BPF_TESTS := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/bpf/test_*.c))

# The skeleton is generated: -isystem keeps our warnings out of it.
$(BPF_TESTS): $(BUILD)/tests/bpf/%: tests/bpf/%.c $(BUILD)/xmgm.skel.h \
		$(OBJ_WIRE) $(OBJ_LIB)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -isystem $(BUILD) $(CFLAGS) $(LDFLAGS) -o $@ $< $(OBJ_WIRE) $(OBJ_LIB) \
		-lcmocka $(LIBS)

test-bpf: $(BPF_TESTS)
	@for t in $(BPF_TESTS); do ./$$t || exit 1; done

.PHONY: test-bpf
