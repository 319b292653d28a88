# The BPF tests once more, in a virtual machine with the oldest kernel that we
# support. Downloads that kernel and qemu, so it is no part of `make test`.
test-kernel:
	$(MAKE) $(patsubst %.c,$(BUILD)/%,$(wildcard tests/bpf/test_*.c))
	tests/kernel/run.sh $(BUILD)/kernel \
		$(patsubst %.c,$(BUILD)/%,$(wildcard tests/bpf/test_*.c))

.PHONY: test-kernel
