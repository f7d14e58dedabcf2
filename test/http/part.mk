# build/test-tools/http_cases and http_outcomes: the HTTP tables, and what our parsers make
# of texts like them, for tests that are no C++ (test/system/38 and 41, make fuzz).
define http_tool
$(B)/test-tools/$(1): $(patsubst %.cc,$(B)/obj/%.o,test/http/$(1).cc $(WFD_SRC) $(COMMON_SRC))
	@mkdir -p $$(@D)
	$$(call say,LINK,$$@)
	$$(Q)$$(CXX) $$(LDFLAGS) -o $$@ $$^ $$(WFD_LIBS) $$(COMMON_LIBS)
test-tools: $(B)/test-tools/$(1)
endef
$(eval $(call http_tool,http_cases))
$(eval $(call http_tool,http_outcomes))
$(eval $(call http_tool,head_costs))
