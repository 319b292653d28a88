# The client library, shared and static; included by the Makefile. Its objects
# are its room and what it shares of user/lib (all of its own licence). What is
# not in libmgm.map cannot be seen: neither in the shared library nor, because
# the objects are joined first, in the static one.
LIBMGM_SONAME := libmgm.so.0
LIBMGM_SO := $(BUILD)/libmgm.so.$(VERSION)
LIBMGM_A := $(BUILD)/libmgm.a
LIBMGM_MAP := user/libmgm/libmgm.map
LIBMGM_SOURCES := $(sort $(wildcard user/libmgm/*.c)) user/lib/grown.c \
	user/lib/lines.c
LIBMGM_OBJ := $(patsubst %.c,$(BUILD)/pic/%.o,$(LIBMGM_SOURCES))
OBJCOPY ?= objcopy

$(BUILD)/pic/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC)
	$(CC) $(CPPFLAGS) $(CFLAGS) -fPIC -c -o $@ $<

$(LIBMGM_SO): $(LIBMGM_OBJ) $(LIBMGM_MAP)
	$(call say,LINK)
	$(CC) $(CFLAGS) $(LDFLAGS) -shared -Wl,-z,defs \
		-Wl,-soname,$(LIBMGM_SONAME) \
		-Wl,--version-script=$(LIBMGM_MAP) -o $@ $(LIBMGM_OBJ) \
		$(shell $(PKG_CONFIG) --libs json-c)
	ln -sf $(@F) $(BUILD)/$(LIBMGM_SONAME)
	ln -sf $(@F) $(BUILD)/libmgm.so

# Names in the map's lines that end with a semicolon, but for its last.
$(BUILD)/pic/libmgm.o: $(LIBMGM_OBJ) $(LIBMGM_MAP)
	$(CC) -r -nostdlib -o $@.tmp $(LIBMGM_OBJ)
	sed -n 's/^[[:space:]]*\(mgm_[a-z_0-9]*\);$$/\1/p' $(LIBMGM_MAP) \
		>$@.names
	$(OBJCOPY) --keep-global-symbols=$@.names $@.tmp $@

$(LIBMGM_A): $(BUILD)/pic/libmgm.o
	$(call say,AR)
	rm -f $@
	ar qcs $@ $<

all: $(LIBMGM_SO) $(LIBMGM_A)
