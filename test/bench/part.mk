# build/test-tools/bench-tool: load generator, floors and log sink of `make bench`.
BENCH_SRC := $(wildcard test/bench/*.cc)

$(B)/obj/test/bench/%.o: test/bench/%.cc Makefile
	@mkdir -p $(@D)
	$(call say,CXX,$<)
	$(Q)$(CXX) $(CXXBASE) $(HOUSE) -Wno-old-style-cast -c -o $@ $<

$(B)/test-tools/bench-tool: $(patsubst %.cc,$(B)/obj/%.o,$(BENCH_SRC))
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CXX) $(LDFLAGS) -o $@ $^ -lssl -lcrypto
