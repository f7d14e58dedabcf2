WFD_SRC := $(filter-out wfd/main.cc,$(wildcard wfd/*.cc))
WFD_LIBS := -lssl
ifneq ($(wildcard wfd/main.cc),)
$(eval $(call program,wfd,wfd/main.cc $(WFD_SRC) $(COMMON_SRC),$(WFD_LIBS) $(COMMON_LIBS)))
endif
