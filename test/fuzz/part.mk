# make fuzz: each fuzzer for FUZZ_SECONDS, from the tables of the unit tests as seeds.
# Needs clang, which nothing else does.  A finding stays in build/fuzz/findings.
FUZZ_SECONDS ?= 60
FUZZ_CXX     := clang++
FUZZ_FLAGS   := -std=c++2b -g -O1 -fno-omit-frame-pointer -fno-sanitize-recover=all \
                -fsanitize=fuzzer,address,undefined -I. -Itest
HTTP_SRC     := $(wildcard common/http_*.cc)

# fuzzer NAME, sources: build/fuzz/NAME of test/fuzz/NAME_fuzz.cc
define fuzzer
FUZZERS += $(1)
$(B)/fuzz/$(1): test/fuzz/$(1)_fuzz.cc $(2) $(wildcard common/*.h test/unit/common/*.h)
	@mkdir -p $$(@D)
	$(FUZZ_CXX) $(FUZZ_FLAGS) -o $$@ $$(filter %.cc,$$^)
endef
$(eval $(call fuzzer,http_request,$(HTTP_SRC)))
$(eval $(call fuzzer,http_response,$(HTTP_SRC)))
$(eval $(call fuzzer,http_body,$(HTTP_SRC)))

$(B)/fuzz/http_seeds: $(patsubst %.cc,$(B)/obj/%.o,test/fuzz/http_seeds.cc $(HTTP_SRC))
	@mkdir -p $(@D)
	$(CXX) $(LDFLAGS) -o $@ $^

.PHONY: fuzz fuzz-tools
fuzz-tools:
	@command -v $(FUZZ_CXX) >/dev/null || { echo "make fuzz needs clang++ (apt-get install clang)"; exit 1; }

fuzz: fuzz-tools
	@$(MAKE) --no-print-directory $(FUZZERS:%=$(B)/fuzz/%) $(B)/fuzz/http_seeds
	@mkdir -p $(B)/fuzz/findings $(FUZZERS:%=$(B)/fuzz/corpus/%) $(FUZZERS:%=$(B)/fuzz/seeds/%)
	@$(B)/fuzz/http_seeds $(B)/fuzz/seeds
	@set -e; for f in $(FUZZERS); do echo "fuzz: $$f for $(FUZZ_SECONDS) s"; \
	  $(B)/fuzz/$$f -max_total_time=$(FUZZ_SECONDS) -max_len=512 -timeout=5 -rss_limit_mb=1024 \
	    -verbosity=0 -print_final_stats=1 -artifact_prefix=$(B)/fuzz/findings/$$f- \
	    $(B)/fuzz/corpus/$$f $(B)/fuzz/seeds/$$f; done
