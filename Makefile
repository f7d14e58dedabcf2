# Postern: one graph, no recursion.  Each folder's part.mk is a list.
#   make            build/bin/{redird,wfd,authd,authctl}
#   make deps       install what is missing from Debian (root, or sudo)
#   make demo       the lab, running;  make demo ONCE=1 for the whole tour
#   make check      all tests;         make check-unit for those without root
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

CXX      := g++
B        := build
PREFIX   ?= /usr/local
DESTDIR  ?=
VERSION  := 0.1

ARCH     := $(shell uname -m)
HARDEN   := -fPIE -O2 -g -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector-strong \
            -fstack-clash-protection -ftrivial-auto-var-init=zero -D_GLIBCXX_ASSERTIONS -ffunction-sections
HARDEN   += $(if $(filter x86_64,$(ARCH)),-fcf-protection=full)
HARDEN   += $(if $(filter aarch64,$(ARCH)),-mbranch-protection=standard)
WARN     := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wold-style-cast -Werror
CXXBASE  := -std=c++23 $(WARN) $(HARDEN) -I. -DPOSTERN_VERSION='"$(VERSION)"' -MMD -MP
HOUSE    := -fno-exceptions -fno-rtti
LDFLAGS  := -pie -Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code -Wl,--as-needed,--gc-sections

# `make V=1` shows the commands whole.
Q        := $(if $(V),,@)
say       = $(if $(V),,@printf '%-5s %s\n' $(1) $(2))

.PHONY: all
all:

# program NAME, sources, libraries, objects behind these: build/bin/NAME
PROGRAMS :=
define program
PROGRAMS += $(B)/bin/$(1)
$(B)/bin/$(1): $$(patsubst %.cc,$(B)/obj/%.o,$(2)) $(4)
	@mkdir -p $$(@D)
	$$(call say,LINK,$$@)
	$$(Q)$$(CXX) $$(LDFLAGS) -o $$@ $$(filter-out $(4),$$^) $(3) $(4)
endef

include $(wildcard common/part.mk redird/part.mk wfd/part.mk authd/part.mk test/part.mk etc/part.mk)

all: $(PROGRAMS)

$(B)/obj/%.o: %.cc Makefile
	@mkdir -p $(@D)
	$(call say,CXX,$<)
	$(Q)$(CXX) $(CXXBASE) $(HOUSE) -c -o $@ $<

-include $(shell find $(B) -name '*.d' 2>/dev/null)

.PHONY: clean
clean:
	rm -rf $(B)
