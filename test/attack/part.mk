# build/test-tools/hostile-wfd: the whole of wfd, but for its worker, which is an
# attacker (test/attack/hostile_worker.cc).  test/system/30 and the next ones drive it.
HOSTILE_SRC := $(wildcard test/attack/*.cc)

$(B)/obj/test/attack/%.o: test/attack/%.cc Makefile
	@mkdir -p $(@D)
	$(call say,CXX,$<)
	$(Q)$(CXX) $(CXXBASE) $(HOUSE) -Itest -c -o $@ $<

$(B)/test-tools/hostile-wfd: $(patsubst %.cc,$(B)/obj/%.o,$(HOSTILE_SRC) $(WFD_SRC) $(COMMON_SRC))
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CXX) $(LDFLAGS) -o $@ $^ $(WFD_LIBS) $(COMMON_LIBS)

.PHONY: test-tools
test-tools: $(B)/test-tools/hostile-wfd
