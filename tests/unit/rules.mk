# Unit tests: every tests/unit/test_*.c is a program of its own, run as any
# user, in seconds. The rooms are compiled again with the sanitizers, each into
# an archive, so a test links what it uses and may replace the rest. (ar q: two
# rooms may have files of one name.)
UNIT := $(BUILD)/unit
UNIT_SAN := -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer
UNIT_CFLAGS = $(filter-out -O2,$(CFLAGS)) -O1 $(UNIT_SAN)
UNIT_PKGS := $(shell $(PKG_CONFIG) --libs cmocka json-c libuv \
	libmnl 2>/dev/null)

unit_objects = $(patsubst %.c,$(UNIT)/%.o,$(sort $(filter-out %/main.c,\
	$(foreach r,$(1),$(wildcard user/$(r)/*.c)))))

UNIT_PURE := $(UNIT)/pure.a
UNIT_XMGM := $(UNIT)/xmgm.a
UNIT_XMGMD := $(UNIT)/xmgmd.a
UNIT_FAKE := $(UNIT)/fake.a

$(UNIT_PURE): $(call unit_objects,lib wire mgm proto proto/*) \
	$(patsubst %.c,$(UNIT)/%.o,$(sort $(wildcard user/libmgm/codec*.c)))
$(UNIT_XMGM): $(call unit_objects,xmgm xmgm/doctor)
$(UNIT_XMGMD): $(call unit_objects,xmgmd xmgmd/config xmgmd/control \
	xmgmd/net xmgmd/remote)
$(UNIT_FAKE): $(addprefix $(UNIT)/user/plane/,fake.o fake_routes.o plane.o)

$(UNIT)/%.a:
	@rm -f $@
	ar qcs $@ $^

$(UNIT)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC)
	$(CC) $(CPPFLAGS) $(UNIT_CFLAGS) -c -o $@ $<

# libmgm has the functions of the manager: what is linked with it has it first,
# so that the manager's are not looked for.
UNIT_LIBMGM := $(UNIT)/libmgm.o
$(UNIT_LIBMGM): $(patsubst %.c,$(UNIT)/%.o,$(LIBMGM_SOURCES))
	$(CC) -r -nostdlib -o $@ $^

# Beside the manager in one program: its functions are remote_mgm_* then.
UNIT_REMOTE := $(UNIT)/remote_libmgm.o
$(UNIT_REMOTE): $(UNIT_LIBMGM) $(LIBMGM_MAP)
	sed -n 's/^[[:space:]]*\(mgm_[a-z_0-9]*\);$$/\1 remote_\1/p' \
		$(LIBMGM_MAP) >$@.names
	sed 's/.* //' $@.names >$@.keep
	$(OBJCOPY) --redefine-syms=$@.names $(UNIT_LIBMGM) $@.tmp
	$(OBJCOPY) --keep-global-symbols=$@.keep $@.tmp $@

UNIT_TESTS := $(patsubst tests/unit/%.c,$(UNIT)/%,\
	$(wildcard tests/unit/test_*.c))

# What a test needs beyond the pure rooms stands here, one line each.
$(UNIT)/test_args: $(UNIT_XMGM)
$(UNIT)/test_doctor: $(UNIT_XMGM)
$(UNIT)/test_config: $(UNIT_XMGMD)
$(UNIT)/test_rib: $(UNIT_XMGMD)
$(UNIT)/test_rib_io: $(UNIT_XMGMD)
$(UNIT)/test_links: $(UNIT_XMGMD)
$(UNIT)/test_kernel_mfc: $(UNIT_XMGMD)
$(UNIT)/test_vlans: $(UNIT_XMGMD)
$(UNIT)/test_packet_io: $(UNIT_XMGMD)
$(UNIT)/test_port_list: $(UNIT_XMGMD)
$(UNIT)/test_ports: $(UNIT_XMGMD) $(UNIT_FAKE)
$(UNIT)/test_problem_list: $(UNIT_XMGMD)
$(UNIT)/test_oif_mtu: $(UNIT_XMGMD)
$(UNIT)/test_said: $(UNIT_XMGMD)
$(UNIT)/test_route_memory: $(UNIT_XMGMD)
$(UNIT)/test_commands: $(UNIT_XMGMD)
$(UNIT)/test_reload: $(UNIT_XMGMD)
$(UNIT)/test_protocol_names: $(UNIT_XMGMD)
$(UNIT)/test_problems: $(UNIT_XMGMD) $(UNIT_FAKE)
$(UNIT)/test_control: $(UNIT_XMGMD)
$(UNIT)/test_event_log: $(UNIT_XMGMD)
$(UNIT)/test_listen: $(UNIT_XMGMD)
$(UNIT)/test_remote: $(UNIT_XMGMD)
$(UNIT)/test_remote_random: $(UNIT_XMGMD)
$(UNIT)/test_check: $(UNIT_XMGMD)
$(UNIT)/test_fake: $(UNIT_FAKE)

# control_room.h says who connects, and that memory is short.
$(UNIT)/test_control $(UNIT)/test_listen: UNIT_LDFLAGS = \
	-Wl,--wrap=getsockopt,--wrap=calloc,--wrap=log_write
# And that names of protocols are numbered without a journal.
$(UNIT)/test_remote $(UNIT)/test_remote_random: UNIT_LDFLAGS = \
	-Wl,--wrap=getsockopt,--wrap=calloc,--wrap=log_write \
	-Wl,--wrap=protocol_claim,--wrap=protocol_keep,--wrap=protocol_forget

$(UNIT)/test_mgm_conformance: $(UNIT_XMGMD) $(UNIT_REMOTE)
$(UNIT)/test_mgm_conformance: UNIT_LDFLAGS = $(UNIT_REMOTE) \
	-Wl,--wrap=getsockopt,--wrap=calloc,--wrap=log_write \
	-Wl,--wrap=protocol_claim,--wrap=protocol_keep,--wrap=protocol_forget
$(UNIT)/test_libmgm $(UNIT)/test_parse: $(UNIT_LIBMGM)
$(UNIT)/test_libmgm $(UNIT)/test_parse: UNIT_LDFLAGS = $(UNIT_LIBMGM)

# Every allocation fails in turn, json-c's as well: that is linked in.
$(UNIT)/test_libmgm_memory: $(UNIT_LIBMGM)
$(UNIT)/test_libmgm_memory: UNIT_LDFLAGS = $(UNIT_LIBMGM) \
	-Wl,--whole-archive -l:libjson-c.a -Wl,--no-whole-archive \
	-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup

# These have a disk that is full.
$(UNIT)/test_journal: UNIT_LDFLAGS = \
	-Wl,--wrap=fallocate,--wrap=writev,--wrap=rename
$(UNIT)/test_commands: UNIT_LDFLAGS = -Wl,--wrap=fallocate

# It counts steps through trees.
$(UNIT)/test_mgm_large: UNIT_LDFLAGS = -Wl,--wrap=tree_behind \
	-Wl,--wrap=tree_after

# test_mgm_memory lets every allocation fail in turn.
$(UNIT)/test_mgm_memory: UNIT_LDFLAGS = -Wl,--wrap=malloc,--wrap=calloc \
	-Wl,--wrap=realloc
$(UNIT)/test_route_memory: UNIT_LDFLAGS = -Wl,--wrap=malloc,--wrap=calloc \
	-Wl,--wrap=realloc,--wrap=free

# tests/unit/<name>.c that is no test is a helper all may use.
UNIT_HELPERS := $(patsubst %.c,$(UNIT)/%.o,$(filter-out \
	tests/unit/test_%.c,$(wildcard tests/unit/*.c)))
UNIT_HELPER := $(if $(UNIT_HELPERS),$(UNIT)/helper.a)
$(UNIT)/helper.a: $(UNIT_HELPERS)

$(UNIT_TESTS): $(UNIT)/%: $(UNIT)/tests/unit/%.o $(UNIT_HELPER) $(UNIT_PURE)
	$(call say,LINK)
	$(CC) $(UNIT_SAN) $(LDFLAGS) $(UNIT_LDFLAGS) -o $@ $< \
		-Wl,--start-group $(filter %.a,$^) -Wl,--end-group \
		$(UNIT_PKGS) -lpthread

# The longest first, so that it is not alone at the end.
UNIT_LONG := $(UNIT)/test_remote_random

test-unit: $(UNIT_TESTS)
	@tests/each.sh $(UNIT_LONG) $(filter-out $(UNIT_LONG),$(UNIT_TESTS))

.PHONY: test-unit
