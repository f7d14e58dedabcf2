AUTHD_SRC := $(filter-out authd/main.cc authd/authctl.cc,$(wildcard authd/*.cc))
AUTHD_LIBS := -lsqlite3 -lqrencode
ifneq ($(wildcard authd/main.cc),)
$(eval $(call program,authd,authd/main.cc $(AUTHD_SRC) $(COMMON_SRC),$(AUTHD_LIBS) $(COMMON_LIBS)))
endif
ifneq ($(wildcard authd/authctl.cc),)
$(eval $(call program,authctl,authd/authctl.cc $(AUTHD_SRC) $(COMMON_SRC),$(AUTHD_LIBS) $(COMMON_LIBS)))
endif
