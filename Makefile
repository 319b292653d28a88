# xmgm: an IPv4 multicast router with an XDP data plane.
#
#   make            build into build/
#   make demo       two receivers, one router, real packets (installs what is missing)
#   make demo-dvmrp three routers in a row, flood, prune and graft
#   make test       every test (installs what is missing); make test-long: more
#   make bench      measure, write build/bench.json
#   make fmt        format; make fmt-check only checks
#   make install DESTDIR= PREFIX=/usr
#   make deb        Debian packages in build/; make test-deb tries them out

VERSION := 0.1.0
PREFIX ?= /usr/local
BUILD := build

CC ?= gcc
CLANG ?= clang
BPFTOOL ?= $(shell command -v bpftool || echo /usr/sbin/bpftool)
PKG_CONFIG ?= pkg-config

ARCH := $(shell uname -m | sed 's/x86_64/x86/; s/aarch64/arm64/')
WARN := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Wpointer-arith -Wcast-qual -Wvla \
	-Wimplicit-fallthrough
DEFINES ?= # for both sides: tests build the next ABI version
CPPFLAGS += $(DEFINES) -D_GNU_SOURCE -DXMGM_VERSION='"$(VERSION)"' -Iinclude -Iuser -isystem $(BUILD)
CFLAGS ?= -O2 -g
CFLAGS += -std=gnu11 $(WARN) -MMD -MP
# All symbols are bound at start and their table is read-only then.
LDFLAGS += -Wl,-z,relro,-z,now
BPF_CFLAGS := -std=gnu11 -g -O2 -target bpf -mcpu=v3 -Wall -Wextra -Werror -Wshadow \
	-D__TARGET_ARCH_$(ARCH) $(DEFINES) -I. -Iinclude -Ibpf

# Short lines; `make V=1` shows the commands.
ifndef V
.SILENT:
endif
say = @printf '  %-4s %s\n' $(1) $(patsubst $(BUILD)/%,%,$@)

include user/libmgm/rules.mk
include tests/rules.mk
include etc/rules.mk

# Each user-space room becomes a list of objects; programs pick rooms.
LIBS := $(shell $(PKG_CONFIG) --libs libbpf libxdp libuv libmnl json-c libcap-ng 2>/dev/null)
rooms = $(patsubst %.c,$(BUILD)/%.o,$(sort $(foreach r,$(1),$(wildcard user/$(r)/*.c))))

OBJ_LIB := $(call rooms,lib)
OBJ_WIRE := $(call rooms,wire)
OBJ_MGM := $(call rooms,mgm)
OBJ_PROTO := $(call rooms,proto proto/*)
OBJ_PLANE := $(call rooms,plane)
OBJ_DAEMON := $(call rooms,xmgmd xmgmd/config xmgmd/control xmgmd/net xmgmd/remote)
OBJ_CLI := $(call rooms,xmgm xmgm/doctor)
# What the daemon shares with the client library.
OBJ_CODEC := $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard user/libmgm/codec*.c)))

# DVMRP in a process of its own: the protocol's objects, and libmgm's.
OBJ_DVMRPD := $(call rooms,dvmrpd proto/dvmrp wire lib libmgm) \
	$(addprefix $(BUILD)/user/,proto/address.o proto/find.o \
	xmgmd/lock.o xmgmd/net/packet_io.o xmgmd/control/json.o \
	xmgmd/control/row.o)

all: $(BUILD)/xmgmd $(BUILD)/xmgm $(BUILD)/xmgm-dvmrpd

$(BUILD)/xmgmd: $(OBJ_DAEMON) $(OBJ_CODEC) $(OBJ_PROTO) $(OBJ_MGM) $(OBJ_WIRE) $(OBJ_PLANE) $(OBJ_LIB)
	$(call say,LINK)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/xmgm-dvmrpd: $(OBJ_DVMRPD)
	$(call say,LINK)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(shell $(PKG_CONFIG) --libs libuv json-c)

$(BUILD)/xmgm: $(OBJ_CLI) $(OBJ_PLANE) $(OBJ_WIRE) $(OBJ_LIB)
	$(call say,LINK)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC)
	$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$(BUILD)/user/wire/%.o: CFLAGS += -Wconversion
# Not by the .d files: the skeleton is a system header to the compiler.
$(OBJ_PLANE): $(BUILD)/xmgm.skel.h $(BUILD)/xmit.skel.h $(BUILD)/clone.skel.h

# BPF: one object, one skeleton.
$(BUILD)/%.bpf.o: bpf/%.bpf.c $(wildcard bpf/*.h) include/xmgm/abi.h vmlinux.h
	@mkdir -p $(@D)
	$(call say,BPF)
	$(CLANG) $(BPF_CFLAGS) -c -o $@ $<

$(BUILD)/%.skel.h: $(BUILD)/%.bpf.o
	$(BPFTOOL) gen skeleton $< name $*_bpf > $@.tmp
	mv $@.tmp $@

SOURCES := $(shell find bpf include user tests -name '*.[ch]' 2>/dev/null)

fmt:
	clang-format -i $(SOURCES)

fmt-check:
	clang-format --dry-run --Werror $(SOURCES)

clean:
	rm -rf $(BUILD)

.PHONY: all fmt fmt-check clean
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:
-include $(shell find $(BUILD) -name '*.d' -type f 2>/dev/null)
