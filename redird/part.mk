REDIRD_SRC := $(filter-out redird/main.cc,$(wildcard redird/*.cc))
ifneq ($(wildcard redird/main.cc),)
$(eval $(call program,redird,redird/main.cc $(REDIRD_SRC) $(COMMON_SRC),$(COMMON_LIBS)))
endif
