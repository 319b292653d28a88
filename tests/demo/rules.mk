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

.PHONY: traffic demo demo-run
