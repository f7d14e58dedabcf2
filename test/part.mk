# Unit tests: every test/unit/ROOM/NAME_test.cc is linked, with the room and the
# workshop, into build/test/ROOM.  Catch2 needs exceptions; the house does without.
TEST_ROOMS := common redird wfd authd
TEST_LIBS_wfd := $(WFD_LIBS)
TEST_LIBS_authd := $(AUTHD_LIBS)
TEST_ROOM_common :=
TEST_ROOM_redird := $(REDIRD_SRC)
TEST_ROOM_wfd := $(WFD_SRC)
TEST_ROOM_authd := $(AUTHD_SRC)

# The tests' own code need not be fast, only built fast: not optimised, and so not fortified.
TEST_CXX := -O0 -g1 -U_FORTIFY_SOURCE -Wno-old-style-cast -Itest

$(B)/obj/test/%.o: test/%.cc Makefile
	@mkdir -p $(@D)
	$(call say,CXX,$<)
	$(Q)$(CXX) $(CXXBASE) $(TEST_CXX) -c -o $@ $<

define unit_room
ifneq ($$(wildcard test/unit/$(1)/*_test.cc),)
UNIT_TESTS += $(B)/test/$(1)
$(B)/test/$(1): $$(patsubst %.cc,$(B)/obj/%.o,$$(wildcard test/unit/$(1)/*_test.cc) test/unit/catch_main.cc $$(TEST_ROOM_$(1)) $$(COMMON_SRC))
	@mkdir -p $$(@D)
	$$(call say,LINK,$$@)
	$$(Q)$$(CXX) $$(LDFLAGS) -o $$@ $$^ $$(TEST_LIBS_$(1)) $$(COMMON_LIBS)
endif
endef
$(foreach room,$(TEST_ROOMS),$(eval $(call unit_room,$(room))))

.PHONY: unit-tests
unit-tests: $(UNIT_TESTS)

include test/attack/part.mk
include test/http/part.mk
include test/fuzz/part.mk
include test/gate/part.mk
include test/bench/part.mk
# All processors, unless the caller has said how many.
PARALLEL = $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(shell nproc))

# The building is a second make, so that a package that `deps` has just brought is seen.
.PHONY: deps demo check check-unit audit numbers bench scale
deps:
	@test/deps.sh

demo: deps
	+@$(MAKE) -s $(PARALLEL) --no-print-directory all
	@ONCE=$(ONCE) test/demo.sh

check:
	@test/deps.sh check
	+@$(MAKE) -s $(PARALLEL) --no-print-directory all unit-tests test-tools fuzz-programs
	@test/check.sh

check-unit: unit-tests
	@test/check.sh unit

audit: all
	@test/check.sh audit

# What the gate costs: a table, not a test.
numbers: all
	@test/bench/numbers.sh

# Postern beside other servers, on the same work; QUICK=1 is the short form.
bench:
	@test/deps.sh bench
	+@$(MAKE) -s $(PARALLEL) --no-print-directory all $(B)/test-tools/bench-tool
	@test/bench/bench.sh

# How its costs grow; QUICK=1 is the short form.
scale: deps
	+@$(MAKE) -s $(PARALLEL) --no-print-directory all $(B)/test-tools/bench-tool $(B)/test-tools/gate-client
	@test/bench/scale.sh
