# Fuzzing: one libFuzzer target per decoder, FUZZ_SECONDS each; and models.
FUZZ_SECONDS ?= 20
FUZZ_CLANG ?= clang
FUZZ_TARGETS := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_IGMP := $(wildcard user/wire/*.c) $(addprefix user/lib/,hash.c timer.c tree.c) \
	$(filter-out %/igmp.c,$(wildcard user/proto/igmp/*.c))

$(BUILD)/tests/fuzz/fuzz_igmp_%: tests/fuzz/fuzz_igmp_%.c $(FUZZ_IGMP) \
		$(wildcard user/wire/*.h user/proto/igmp/*.h)
	@mkdir -p $(@D)
	$(FUZZ_CLANG) $(CPPFLAGS) -std=gnu11 -g -O1 $(WARN) \
		-fsanitize=fuzzer,address,undefined \
		-fno-sanitize-recover=all -o $@ $< $(FUZZ_IGMP)

$(BUILD)/tests/fuzz/fuzz_dvmrp_message: tests/fuzz/fuzz_dvmrp_message.c \
		$(wildcard user/wire/*.[ch])
	@mkdir -p $(@D)
	$(FUZZ_CLANG) $(CPPFLAGS) -std=gnu11 -g -O1 $(WARN) \
		-fsanitize=fuzzer,address,undefined \
		-fno-sanitize-recover=all -o $@ $< $(wildcard user/wire/*.c)

# The protocols come along: their tables say what may be written.
FUZZ_CONFIG := $(addprefix user/xmgmd/config/,config.c blocks.c routes.c \
	options.c find.c clients.c) user/xmgmd/check.c $(wildcard user/lib/*.c user/wire/*.c \
	user/mgm/*.c user/proto/*.c user/proto/*/*.c)

$(BUILD)/tests/fuzz/fuzz_config: tests/fuzz/fuzz_config.c $(FUZZ_CONFIG) \
		$(wildcard user/xmgmd/config/*.h user/lib/conf*.h)
	@mkdir -p $(@D)
	$(FUZZ_CLANG) $(CPPFLAGS) -std=gnu11 -g -O1 $(WARN) \
		-fsanitize=fuzzer,address,undefined \
		-fno-sanitize-recover=all -o $@ $< $(FUZZ_CONFIG) -ljson-c

$(BUILD)/tests/fuzz/fuzz_said: tests/fuzz/fuzz_said.c $(FUZZ_CONFIG) \
		$(wildcard user/xmgmd/config/*.[ch])
	@mkdir -p $(@D)
	$(FUZZ_CLANG) $(CPPFLAGS) -std=gnu11 -g -O1 $(WARN) \
		-fsanitize=fuzzer,address,undefined \
		-fno-sanitize-recover=all -o $@ $< $(FUZZ_CONFIG) \
		user/xmgmd/config/said.c user/xmgmd/config/said_line.c -ljson-c

# One router among forged ones, as its unit tests have it.
FUZZ_DVMRP := $(addprefix tests/unit/,dvmrp_lab.c mgm_fixture.c) \
	$(wildcard user/lib/*.c user/wire/*.c user/mgm/*.c user/proto/*.c user/proto/*/*.c)

$(BUILD)/tests/fuzz/fuzz_dvmrp_router: tests/fuzz/fuzz_dvmrp_router.c \
		$(FUZZ_DVMRP) $(wildcard user/proto/dvmrp/*.h tests/unit/dvmrp_lab.h)
	@mkdir -p $(@D)
	$(FUZZ_CLANG) $(CPPFLAGS) -std=gnu11 -g -O1 $(WARN) \
		-fsanitize=fuzzer,address,undefined \
		-fno-sanitize-recover=all -o $@ $< $(FUZZ_DVMRP) -lcmocka -ljson-c

# What a run finds stays in build/; what it found worth keeping is a test.
fuzz: $(FUZZ_TARGETS)
	@for t in $(FUZZ_TARGETS); do \
		mkdir -p $$t.corpus && echo "fuzz: $$t" && \
		$$t -max_total_time=$(FUZZ_SECONDS) -print_final_stats=0 \
			-verbosity=0 -artifact_prefix=$$t. $$t.corpus \
			|| exit 1; \
	done

# What `make test` compares with a model, a hundred times as long.
FUZZ_MODEL_STEPS ?= 10000000

fuzz-%-model: $(BUILD)/unit/test_%_model
	XMGM_MODEL_STEPS=$(FUZZ_MODEL_STEPS) $<

fuzz: fuzz-igmp-model fuzz-mgm-model fuzz-host-model

# Calls over the socket and in process, of which `make test` makes 10^6 each.
FUZZ_CALLS ?= 100000000
fuzz-remote: $(BUILD)/unit/test_remote_random
fuzz-calls: $(BUILD)/unit/test_mgm_calls
fuzz-remote fuzz-calls:
	XMGM_FUZZ_CALLS=$(FUZZ_CALLS) XMGM_FUZZ_SEED=$$(date +%s) $<

fuzz: fuzz-remote fuzz-calls

.PHONY: fuzz
