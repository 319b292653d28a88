# Installing and packaging; included by the Makefile.

SBINDIR := $(PREFIX)/sbin
MANDIR := $(PREFIX)/share/man
UNITDIR := $(PREFIX)/lib/systemd/system
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR := $(PREFIX)/include
COMPLETIONDIR := $(PREFIX)/share/bash-completion/completions
CONFDIR := /etc/xmgm
MANUALS := $(wildcard man/*.[1-8])
DEB_ARCH = $(shell dpkg --print-architecture)
DEB = $(BUILD)/xmgm_$(VERSION)_$(DEB_ARCH).deb

# Keeps a configuration that is there.
install: all install-lib
	install -d $(DESTDIR)$(SBINDIR) $(DESTDIR)$(UNITDIR) \
		$(DESTDIR)$(COMPLETIONDIR) $(DESTDIR)$(CONFDIR)
	install -m 755 $(BUILD)/xmgm $(BUILD)/xmgmd $(BUILD)/xmgm-dvmrpd \
		$(DESTDIR)$(SBINDIR)
	for page in $(MANUALS); do \
		dir=$(DESTDIR)$(MANDIR)/man$${page##*.}; \
		install -d $$dir && install -m 644 $$page $$dir || exit 1; \
	done
	for unit in xmgmd xmgm-dvmrpd; do \
		sed 's|@sbindir@|$(SBINDIR)|' etc/$$unit.service \
			>$(DESTDIR)$(UNITDIR)/$$unit.service && \
		chmod 644 $(DESTDIR)$(UNITDIR)/$$unit.service || exit 1; \
	done
	install -m 644 etc/xmgm.bash-completion $(DESTDIR)$(COMPLETIONDIR)/xmgm
	test -e $(DESTDIR)$(CONFDIR)/xmgmd.conf || \
		install -m 644 etc/xmgmd.conf $(DESTDIR)$(CONFDIR)

# The client library. Where there is a distribution for a directory of its own
# for each architecture, LIBDIR says so.
install-lib: $(LIBMGM_SO) $(LIBMGM_A)
	install -d $(DESTDIR)$(LIBDIR)/pkgconfig $(DESTDIR)$(INCLUDEDIR)/xmgm
	install -m 644 $(LIBMGM_SO) $(LIBMGM_A) $(DESTDIR)$(LIBDIR)
	ln -sf $(notdir $(LIBMGM_SO)) $(DESTDIR)$(LIBDIR)/$(LIBMGM_SONAME)
	ln -sf $(LIBMGM_SONAME) $(DESTDIR)$(LIBDIR)/libmgm.so
	install -m 644 include/xmgm/address.h include/xmgm/libmgm.h \
		include/xmgm/mgm.h $(DESTDIR)$(INCLUDEDIR)/xmgm
	sed 's|@prefix@|$(PREFIX)|; s|@libdir@|$(LIBDIR)|; s|@version@|$(VERSION)|' \
		user/libmgm/libmgm.pc.in \
		>$(DESTDIR)$(LIBDIR)/pkgconfig/libmgm.pc
	chmod 644 $(DESTDIR)$(LIBDIR)/pkgconfig/libmgm.pc

deb: all
	etc/deb.sh $(BUILD) $(VERSION) $(DEB)

.PHONY: install install-lib deb
