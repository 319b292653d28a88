# Net tests: the real daemon and CLI, real packets in network namespaces.
# NET_ARGS is for pytest, as in `make test-net NET_ARGS='-k fragments -x'`.
# Tests that count every packet of a fast stream (mark `load`) run alone and
# after the others: a virtual device's queue holds 256 packets, and a machine
# that is busy with other tests lets it overflow.
PYTEST ?= /usr/bin/python3 -m pytest
NET_ARGS ?=
NET_JOBS ?= 3
# Tests that wait for a protocol's timers (mark `seconds`) need no processor.
NET_WAITING_JOBS ?= 16
NET_TEST = cd tests/net && XMGM_BUILD=$(abspath $(BUILD)) \
	PYTHONDONTWRITEBYTECODE=1 $(PYTEST) -q -ra -p no:cacheprovider

TRAFFIC := $(addprefix $(BUILD)/tests/net/,blast flood)

$(TRAFFIC): %: %.o
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $<

traffic: $(TRAFFIC)

# A daemon of the next ABI version: what takes over the pins of this one.
next:
	$(MAKE) BUILD=$(BUILD)/next DEFINES=-DXMGM_ABI_VERSION=99 \
		$(BUILD)/next/xmgmd

# FRR as another router of a LAN: its programs are unpacked, not installed, so
# that none of its services starts. Without them those tests are skipped.
frr: $(BUILD)/frr/usr/lib/frr/pimd

$(BUILD)/frr/usr/lib/frr/pimd:
	mkdir -p $(BUILD)/frr/debs
	cd $(BUILD)/frr/debs && apt-get -q download frr libyang2
	for deb in $(BUILD)/frr/debs/*.deb; do \
		dpkg -x $$deb $(BUILD)/frr || exit; done
	touch $@

# Exit status 5 means that NET_ARGS has selected none of these.
test-net: all traffic next
	@status=0; \
	($(NET_TEST) -m "not load and not seconds and not long" -n $(NET_JOBS) \
		$(NET_ARGS)) || status=$$?; \
	($(NET_TEST) -m "seconds and not long" -n $(NET_WAITING_JOBS) \
		$(NET_ARGS)) || \
		[ $$? -eq 5 ] || status=1; \
	($(NET_TEST) -m load $(NET_ARGS)) || [ $$? -eq 5 ] || status=1; \
	[ $$status -eq 5 ] || exit $$status

# Protocols in every combination of routers: half an hour.
test-long: all traffic
	$(NET_TEST) -m long -n $(NET_WAITING_JOBS) $(NET_ARGS)

# The same on a daemon and a CLI that clang's sanitizers watch; every test ends
# its daemon and wants no word of theirs.
test-net-san:
	CFLAGS="-O1 -g -fsanitize=address,undefined -fno-omit-frame-pointer" \
		$(MAKE) CC=clang BUILD=$(BUILD)/san test-net

.PHONY: test-net test-long test-net-san frr
