# build/test-tools/gate-client: a wfd without TLS and HTTP, that logs in as it is told.
# test/system/41 and the next ones drive it through test/system/lib/gatecrowd.py.
GATE_SRC := $(wildcard test/gate/*.cc)

$(B)/obj/test/gate/%.o: test/gate/%.cc Makefile
	@mkdir -p $(@D)
	$(call say,CXX,$<)
	$(Q)$(CXX) $(CXXBASE) $(HOUSE) -Itest -c -o $@ $<

$(B)/test-tools/gate-client: $(patsubst %.cc,$(B)/obj/%.o,$(GATE_SRC) $(COMMON_SRC))
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CXX) $(LDFLAGS) -o $@ $^ $(COMMON_LIBS)

test-tools: $(B)/test-tools/gate-client
