# The BPF tests once more and a whole router, in a virtual machine with the
# oldest kernel that we support. Downloads that kernel and qemu, so it is no part of `make test`.
# test_rib_io: of VRF devices, which this kernel may lack and that one has.
KERNEL_TESTS := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/bpf/test_*.c)) \
	$(BUILD)/unit/test_rib_io
KERNEL_TOOLS := $(addprefix $(BUILD)/,xmgm xmgmd tests/demo/mcast_send \
	tests/demo/mcast_recv) tests/bench/nic.sh

test-kernel:
	$(MAKE) $(KERNEL_TOOLS) $(KERNEL_TESTS)
	TOOLS="$(KERNEL_TOOLS)" tests/kernel/run.sh $(BUILD)/kernel \
		$(KERNEL_TESTS) tests/kernel/router.sh tests/kernel/bond.sh \
		tests/kernel/vlan.sh tests/kernel/nic.sh

.PHONY: test-kernel
