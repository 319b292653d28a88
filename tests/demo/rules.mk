# The demo, and the two traffic programs that the net tests use as well.
TRAFFIC := $(BUILD)/tests/demo/mcast_send $(BUILD)/tests/demo/mcast_recv

$(TRAFFIC): %: %.o
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $<

traffic: $(TRAFFIC)

demo:
	tests/deps.sh
	$(MAKE) --no-print-directory demo-run

demo-run: all traffic
	tests/demo/demo.sh $(BUILD)

demo-dvmrp:
	tests/deps.sh
	$(MAKE) --no-print-directory demo-dvmrp-run

demo-dvmrp-run: all traffic
	tests/demo/dvmrp.sh $(BUILD)

.PHONY: traffic demo demo-run demo-dvmrp demo-dvmrp-run
