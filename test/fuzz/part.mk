# make fuzz: each fuzzer for FUZZ_SECONDS, from the tables of the unit tests as seeds, then
# the other parser (llhttp) on as many texts as fit.  make check builds the same programs and
# runs each over its seeds only.  A finding stays in build/fuzz/findings.
FUZZ_SECONDS ?= 60
FUZZ_CXX     := clang++-19
FUZZ_FLAGS   := -std=c++23 -g -O1 -fno-omit-frame-pointer -fno-sanitize-recover=all -D_GLIBCXX_ASSERTIONS \
                -DPOSTERN_VERSION='"$(VERSION)"' -I. -Itest -MMD -MP
SANITIZE     := address,undefined
FUZZERS      := $(patsubst test/fuzz/%_fuzz.cc,%,$(wildcard test/fuzz/*_fuzz.cc))
# Longer than the longest text that tells them something new: libFuzzer cuts longer seeds
# without a word.  Only some of http_request are (the longest takes a second by itself): in make
# check they are not.
FUZZ_LENGTH_http_response := 960
FUZZ_LENGTH_messages := 4096
FUZZ_LENGTH_rebuild := 2688
FUZZ_LENGTH_settings := 2048

$(B)/fuzz/obj/%.o: %.cc Makefile test/fuzz/part.mk
	@mkdir -p $(@D)
	$(call say,FUZZ,$<)
	$(Q)$(FUZZ_CXX) $(FUZZ_FLAGS) -fsanitize=fuzzer-no-link,$(SANITIZE) -c -o $@ $<

$(B)/fuzz/postern.a: $(patsubst %.cc,$(B)/fuzz/obj/%.o,$(COMMON_SRC) $(WFD_SRC))
	@rm -f $@
	$(Q)ar rcs $@ $^

$(B)/fuzz/%: $(B)/fuzz/obj/test/fuzz/%_fuzz.o $(B)/fuzz/postern.a
	$(call say,LINK,$@)
	$(Q)$(FUZZ_CXX) -fsanitize=fuzzer,$(SANITIZE) -o $@ $^ $(WFD_LIBS) $(COMMON_LIBS)

$(B)/fuzz/seeds_of_tables: $(patsubst %.cc,$(B)/obj/%.o,test/fuzz/seeds.cc $(COMMON_SRC))
	@mkdir -p $(@D)
	$(Q)$(CXX) $(LDFLAGS) -o $@ $^ $(COMMON_LIBS)

.PHONY: fuzz fuzz-programs
.SECONDARY: $(FUZZERS:%=$(B)/fuzz/obj/test/fuzz/%_fuzz.o)
fuzz-programs: $(FUZZERS:%=$(B)/fuzz/%) $(B)/fuzz/seeds_of_tables $(B)/test-tools/http_outcomes
	@rm -rf $(B)/fuzz/seeds
	@mkdir -p $(B)/fuzz/findings $(FUZZERS:%=$(B)/fuzz/corpus/%) $(FUZZERS:%=$(B)/fuzz/seeds/%)
	@$(B)/fuzz/seeds_of_tables $(B)/fuzz/seeds

# run_fuzzer NAME
run_fuzzer = echo "fuzz: $(1) for $(FUZZ_SECONDS) s" && \
	$(B)/fuzz/$(1) -max_total_time=$(FUZZ_SECONDS) -max_len=$(or $(FUZZ_LENGTH_$(1)),512) -timeout=5 -rss_limit_mb=1024 \
	  -verbosity=0 -print_final_stats=1 -artifact_prefix=$(B)/fuzz/findings/$(1)- $(B)/fuzz/corpus/$(1) $(B)/fuzz/seeds/$(1)

fuzz:
	@test/deps.sh check
	+@$(MAKE) --no-print-directory fuzz-programs
	@set -e; $(foreach f,$(FUZZERS),$(call run_fuzzer,$(f));) true
	@set -e; for kind in requests answers; do \
	  echo "fuzz: $$kind against llhttp for $(FUZZ_SECONDS) s"; seed=$$(date +%s); end=$$((seed + $(FUZZ_SECONDS))); \
	  while [ $$(date +%s) -lt $$end ]; do seed=$$((seed + 1)); \
	    $(B)/test-tools/http_outcomes $$kind 50000 $$seed | node test/http/llhttp_$$kind.js 1000; done; done
