# Installing and packaging; included by the Makefile.

SBINDIR := $(PREFIX)/sbin
MANDIR := $(PREFIX)/share/man
UNITDIR := $(PREFIX)/lib/systemd/system
COMPLETIONDIR := $(PREFIX)/share/bash-completion/completions
CONFDIR := /etc/xmgm
MANUALS := $(wildcard man/*.[1-8])
DEB_ARCH = $(shell dpkg --print-architecture)
DEB = $(BUILD)/xmgm_$(VERSION)_$(DEB_ARCH).deb

# Keeps a configuration that is there.
install: all
	install -d $(DESTDIR)$(SBINDIR) $(DESTDIR)$(UNITDIR) \
		$(DESTDIR)$(COMPLETIONDIR) $(DESTDIR)$(CONFDIR)
	install -m 755 $(BUILD)/xmgm $(BUILD)/xmgmd $(DESTDIR)$(SBINDIR)
	for page in $(MANUALS); do \
		dir=$(DESTDIR)$(MANDIR)/man$${page##*.}; \
		install -d $$dir && install -m 644 $$page $$dir || exit 1; \
	done
	sed 's|@sbindir@|$(SBINDIR)|' etc/xmgmd.service \
		>$(DESTDIR)$(UNITDIR)/xmgmd.service
	chmod 644 $(DESTDIR)$(UNITDIR)/xmgmd.service
	install -m 644 etc/xmgm.bash-completion $(DESTDIR)$(COMPLETIONDIR)/xmgm
	test -e $(DESTDIR)$(CONFDIR)/xmgmd.conf || \
		install -m 644 etc/xmgmd.conf $(DESTDIR)$(CONFDIR)

deb: all
	etc/deb.sh $(BUILD) $(VERSION) $(DEB)

.PHONY: install deb
