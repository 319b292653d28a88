# Net tests: the real daemon and CLI, real packets in network namespaces.
# NET_ARGS is for pytest, as in `make test-net NET_ARGS='-k fragments -x'`.
PYTEST ?= /usr/bin/python3 -m pytest
NET_ARGS ?=
NET_JOBS ?= 3

test-net: all traffic
	cd tests/net && XMGM_BUILD=$(abspath $(BUILD)) PYTHONDONTWRITEBYTECODE=1 \
		$(PYTEST) -n $(NET_JOBS) -q -ra -p no:cacheprovider $(NET_ARGS)

.PHONY: test-net
