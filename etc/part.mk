# Jails, installation and its undoing.  Configuration that is there is never overwritten:
# the new shipped file is laid beside it as NAME.conf.new when it differs.
JAIL     ?= /var/lib/postern/jail
UID_BASE ?=
SHARE     = $(PREFIX)/share/postern
UNITS     = $(PREFIX)/lib/systemd/system
BASH_COMP = $(PREFIX)/share/bash-completion/completions/authctl
ZSH_COMP  = $(PREFIX)/share/zsh/site-functions/_authctl
MANUALS   = $(wildcard man/*.[1-9])
SCRIPTS   = nftables/redirect.nft nftables/tproxy.nft iptables/redirect.sh iptables/tproxy.sh \
            routing/tproxy.sh rsyslog/postern.conf $(patsubst etc/%,%,$(wildcard etc/examples/*))
DAEMONS   = redird wfd authd
# Programs are named where they are installed.
PLACED    = sed 's|/usr/local/|$(PREFIX)/|g'

.PHONY: jails install install-files install-system uninstall
jails:
	etc/make-jails.sh -s chroot-skel '$(JAIL)' $(UID_BASE)

# With DESTDIR this is for packaging: users and jails are left to the machine itself,
# by make-users.sh and make-jails.sh of $(SHARE).
install: install-files $(if $(DESTDIR),,install-system)

install-files: all
	install -d '$(DESTDIR)$(PREFIX)/sbin' '$(DESTDIR)$(SHARE)' '$(DESTDIR)$(UNITS)' '$(DESTDIR)/etc/init.d'
	install -m 755 $(PROGRAMS) '$(DESTDIR)$(PREFIX)/sbin'
	for page in $(MANUALS); do \
	  install -D -m 644 $$page "$(DESTDIR)$(PREFIX)/share/man/man$${page##*.}/$${page##*/}" || exit 1; done
	install -D -m 644 etc/completion/authctl.bash '$(DESTDIR)$(BASH_COMP)'
	install -D -m 644 etc/completion/authctl.zsh '$(DESTDIR)$(ZSH_COMP)'
	install -d -m 755 '$(DESTDIR)/etc/postern'
	for name in $(DAEMONS); do \
	  conf="$(DESTDIR)/etc/postern/$$name.conf"; \
	  if [ ! -e "$$conf" ]; then install -m 644 etc/$$name.conf "$$conf" || exit 1; \
	  elif ! cmp -s etc/$$name.conf "$$conf"; then install -m 644 etc/$$name.conf "$$conf.new" || exit 1; fi; \
	  $(PLACED) etc/init.d/postern-$$name > '$(DESTDIR)/etc/init.d/'postern-$$name && \
	  chmod 755 '$(DESTDIR)/etc/init.d/'postern-$$name && \
	  $(PLACED) etc/systemd/postern-$$name.service > '$(DESTDIR)$(UNITS)/'postern-$$name.service || exit 1; done
	for file in $(SCRIPTS); do \
	  [ -e "$(DESTDIR)/etc/postern/$$file" ] || \
	  install -D -m "$$(stat -c %a etc/$$file)" etc/$$file "$(DESTDIR)/etc/postern/$$file" || exit 1; done
	rm -rf '$(DESTDIR)$(SHARE)/chroot-skel'
	cp -r chroot-skel '$(DESTDIR)$(SHARE)/chroot-skel'
	install -m 755 etc/make-jails.sh etc/make-users.sh '$(DESTDIR)$(SHARE)'

install-system: install-files
	'$(SHARE)/make-users.sh'
	'$(SHARE)/make-jails.sh' '$(JAIL)' $(UID_BASE)

# Leaves what belongs to the site: /etc/postern, the jails with the database, the users.
uninstall:
	rm -f $(foreach p,$(PROGRAMS),'$(DESTDIR)$(PREFIX)/sbin/$(notdir $(p))')
	rm -f $(foreach m,$(MANUALS),'$(DESTDIR)$(PREFIX)/share/man/man$(patsubst .%,%,$(suffix $(m)))/$(notdir $(m))')
	rm -f $(foreach d,$(DAEMONS),'$(DESTDIR)/etc/init.d/postern-$(d)' '$(DESTDIR)$(UNITS)/postern-$(d).service')
	rm -f '$(DESTDIR)$(BASH_COMP)' '$(DESTDIR)$(ZSH_COMP)'
	rm -rf '$(DESTDIR)$(SHARE)'
	@echo "left as they are: $(DESTDIR)/etc/postern, $(JAIL), the users of the roles"
